# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What hosts limit, and what goes wrong on the way: the request log shows what was sent again and what was not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from winrm_runner import WINRS, Controller, connect

from winlab.lab import HostSpec, Lab, LabHost
from winlab.store import policy_store
from winlab.wsman import Effect, Fault, FaultCode, Limits

pytestmark = pytest.mark.slow

Data = dict[str, Any]
STOCK = "winrm"


@pytest.fixture(name="lab", scope="module", params=[STOCK, WINRS])
def fixture_lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    specs = [
        HostSpec(name="modern"),
        HostSpec(name="old", version="2008R2"),
        HostSpec(name="tight", limits=Limits(max_operations=1, max_shells=1)),
        HostSpec(name="trickling", limits=Limits(receive_bytes=700)),
    ]
    with Lab(specs, connection=request.param, transport="ntlm") as lab:
        yield lab


@pytest.fixture(autouse=True)
def fixture_clean(lab: Lab) -> None:
    lab.faults.clear()
    for host in lab.hosts.values():
        host.log.clear()


def controller(lab: Lab, name: str, **variables: object) -> Controller:
    return Controller(lab.hosts[name], variables={**lab.variables(name), **variables})


def filters(count: int, network: int = 1) -> Data:
    destinations = [f"10.{network}.{number // 250}.{number % 250 + 1}" for number in range(count)]
    return {"filter_lists": [{"name": "L", "filters": [{"destination": each} for each in destinations]}]}


def bring(lab: Lab, name: str, config: Data, **variables: object) -> Data:
    return controller(lab, name, **variables).run("policies", {"config": config, "state": "overridden"})


def count_of(host: LabHost) -> int:
    return len(policy_store(host.host).snapshot()["filter_lists"][-1]["filters"])


def changes(host: LabHost) -> list[bytes]:
    return [entry.stdin for entry in host.log.entries() if b"add filter " in entry.stdin]


def own(lab: Lab) -> bool:
    return lab.variables("modern")["ansible_connection"] == WINRS


def test_no_message_is_larger_than_an_old_host_takes(lab: Lab) -> None:
    host = lab.hosts["old"]
    assert bring(lab, "old", filters(1600))["changed"] is True
    assert count_of(host) == 1600
    sent = [entry for entry in host.log.entries() if entry.operation == "Send"]
    assert max(len(entry.stdin) for entry in sent) <= 96 * 1024
    assert max(entry.received for entry in sent) > 100_000
    assert not [entry for entry in host.log.entries() if entry.fault]


def test_a_large_change_of_a_newer_host_is_one_command(lab: Lab) -> None:
    host = lab.hosts["modern"]
    bring(lab, "modern", filters(1000, network=2))
    assert len([line for line in host.log.commands() if "netsh.exe" in line]) <= 1
    sizes = [len(script) for script in changes(host)]
    assert sum(sizes) > 96 * 1024
    assert (len(sizes) > 1) is own(lab)


def test_a_quota_of_one_command_and_one_shell_is_enough(lab: Lab) -> None:
    host = lab.hosts["tight"]
    assert bring(lab, "tight", filters(3))["changed"] is True
    assert not [entry for entry in host.log.entries() if entry.fault]


def test_a_command_refused_for_a_quota_runs_in_a_new_shell(lab: Lab) -> None:
    host = lab.hosts["modern"]
    lab.faults.add(Fault(effect=Effect.FAULT, operation="Command", code=FaultCode.QUOTA))
    assert bring(lab, "modern", filters(2, network=3))["changed"] is True
    operations = host.log.operations()
    assert operations.count("Create") == 2
    assert operations.count("Delete") == 2
    assert len(changes(host)) == 1


def test_output_in_small_pieces_is_put_together(lab: Lab) -> None:
    host = lab.hosts["trickling"]
    assert bring(lab, "trickling", filters(20))["changed"] is True
    assert host.log.count()["Receive"] > 4
    assert bring(lab, "trickling", filters(20))["changed"] is False


def test_a_slow_answer_is_waited_for(lab: Lab) -> None:
    host = lab.hosts["modern"]
    lab.faults.add(Fault(effect=Effect.SLOW, operation="Send", seconds=1.3))
    variables = {"ansible_winrm_operation_timeout_sec": 1, "ansible_winrm_read_timeout_sec": 20}
    controller(lab, "modern", **variables).run("policies_info", {})
    timed_out = [entry for entry in host.log.entries() if entry.fault == FaultCode.TIMED_OUT]
    assert timed_out
    assert {entry.operation for entry in timed_out} == {"Receive"}
    assert host.log.count()["Command"] == 1


@pytest.mark.parametrize("operation", ["Command", "Send", "Receive"])
def test_a_shell_that_vanishes_while_reading_is_replaced(lab: Lab, operation: str) -> None:
    host = lab.hosts["modern"]
    lab.faults.add(Fault(effect=Effect.FAULT, operation=operation, code=FaultCode.INVALID_SHELL))
    try:
        controller(lab, "modern").run("policies_info", {})
    except AnsibleConnectionFailure:
        pytest.fail("the question was not asked again")
    assert host.log.count()["Create"] == 2


@pytest.mark.parametrize(
    ("operation", "effect"),
    [
        ("Command", Effect.DROP_AFTER),
        ("Send", Effect.DROP_BEFORE),
        ("Send", Effect.DROP_AFTER),
        ("Receive", Effect.DROP_AFTER),
        ("Receive", Effect.FAULT),
    ],
)
def test_a_change_whose_answer_is_lost_is_not_repeated(lab: Lab, operation: str, effect: Effect) -> None:
    host = lab.hosts["modern"]
    bring(lab, "modern", filters(1, network=4))
    host.log.clear()
    # The first two of each kind belong to the question before the change, and to the mark by which runs take turns.
    lab.faults.add(Fault(effect=effect, operation=operation, skip=2, code=FaultCode.INVALID_SHELL))
    with pytest.raises((AnsibleConnectionFailure, AnsibleActionFail)):
        bring(lab, "modern", filters(3, network=4))
    assert len(changes(host)) <= 1
    assert len([line for line in host.log.commands() if "netsh.exe" in line]) <= 1
    bring(lab, "modern", filters(3, network=4))
    assert count_of(host) == 3


@pytest.mark.parametrize("number", range(1, 10))
def test_a_question_survives_one_cut_anywhere_behind_the_login(lab: Lab, number: int) -> None:
    host = lab.hosts["modern"]
    lab.faults.add(Fault(effect=Effect.DROP_AFTER, request=number))
    try:
        found = controller(lab, "modern").run("policies_info", {})
    except AnsibleConnectionFailure:
        # Before there is a connection nobody knows whether the host minds being asked again.
        assert number <= 4
    else:
        assert found["host"]
    assert host.log.count()["Command"] <= 2


def test_steady_requests(lab: Lab) -> None:
    host = lab.hosts["modern"]
    bring(lab, "modern", filters(500, network=5))
    host.log.clear()
    assert bring(lab, "modern", filters(500, network=5))["changed"] is False
    assert len(host.log.entries()) <= (8 if own(lab) else 9)
    host.log.clear()
    assert bring(lab, "modern", filters(500, network=6))["changed"] is True
    assert len(host.log.entries()) <= 18


def test_our_own_connection_refuses_what_it_cannot_do(lab: Lab) -> None:
    if not own(lab):
        pytest.skip("this is about winrs")
    connection = connect(lab.variables("modern"))
    with pytest.raises(AnsibleError, match="8192 characters"):
        connection.exec_command("x" * 8192)
    with pytest.raises(AnsibleError, match="carries no files"):
        connection.put_file("a", "b")
    with pytest.raises(AnsibleError, match="carries no files"):
        connection.fetch_file("a", "b")
    assert connection.exec_command("hostname") == (0, b"modern\r\n", b"")
    connection.reset()
    assert connection.exec_command("cmd.exe /d /q", in_data=b"exit 7\r\n")[0] == 7
    connection.close()
    assert lab.hosts["modern"].log.count()["Create"] == lab.hosts["modern"].log.count()["Delete"] == 2
    assert "x" * 8192 not in lab.hosts["modern"].log.commands()


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"ansible_winrm_transport": "smoke"}, "this pywinrm knows"),
        ({"ansible_winrm_transport": "certificate"}, "pywinrm does not take the options"),
        ({"ansible_winrm_operation_timeout_sec": 30, "ansible_winrm_read_timeout_sec": 3}, "reading must wait longer"),
    ],
)
def test_options_that_cannot_work_are_told_before_anything_is_sent(lab: Lab, variables: Data, words: str) -> None:
    if not own(lab):
        pytest.skip("this is about winrs")
    with pytest.raises(AnsibleError, match=words):
        controller(lab, "modern", **variables).run("policies_info", {})
    assert lab.hosts["modern"].log.entries() == []


def test_several_ways_to_log_in_are_tried_in_order(lab: Lab) -> None:
    if not own(lab):
        pytest.skip("this is about winrs")
    variables = {"ansible_winrm_transport": ["kerberos", "ntlm"], "ansible_winrm_kinit_cmd": "/nonexistent/kinit"}
    assert controller(lab, "modern", **variables).run("policies_info", {})["host"]
    wrong = {**variables, "ansible_password": "wrong"}
    with pytest.raises(AnsibleConnectionFailure, match=r"kerberos: .*; ntlm: .*rejected"):
        controller(lab, "modern", **wrong).run("policies_info", {})
