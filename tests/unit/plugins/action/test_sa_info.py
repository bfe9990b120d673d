# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module sa_info as a task, on hosts whose answers about associations are written here."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from lab_runner import LabConnection, run, state_of

from ansible_collections.winsec.ipsec.plugins.action.sa_info import look
from ansible_collections.winsec.ipsec.plugins.plugin_utils._associations.model import (
    MainModeAssociation,
    QuickModeAssociation,
)
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._associations import hosts
from winlab.host import Host

Data = dict[str, Any]
TIME = datetime(2026, 11, 25, 4, 20)
MAIN = MainModeAssociation(
    local="10.0.0.10", peer="10.0.1.20", encryption="3des", integrity="sha1", dh_group=2, key_module="ikev1"
)
QUICK = QuickModeAssociation(
    local="10.0.0.10",
    peer="10.0.1.20",
    protocol="tcp",
    peer_port=80,
    ah_integrity="none",
    esp_encryption="3des",
    esp_integrity="sha1",
    pfs=False,
)
COUNTERS = {"active_main_mode": 1, "active_quick_mode": 1, "active_associations": 1, "bytes_sent": 12044}
MODERN = {"associations": (hosts.cim(TIME, [hosts.main_row(MAIN)], hosts.quick_rows(QUICK, 1), COUNTERS), 0)}
AUDITED = {
    "clock": (hosts.wmic(hosts.clock_row(TIME)), 0),
    "log": (
        hosts.newest_first(
            [
                hosts.main_begins(MAIN, 1, "2026-11-25T04:19:00.000000000Z"),
                hosts.quick_begins(QUICK, 2, "2026-11-25T04:19:01.000000000Z"),
            ]
        ),
        0,
    ),
    "driver_counters": (hosts.wmic(hosts.counter_row(hosts.DRIVER, COUNTERS)), 0),
    "ike_counters": (hosts.wmic(hosts.counter_row(hosts.IKE, COUNTERS)), 0),
}


class ToldConnection(LabConnection):
    """A simulated host that answers some questions with given texts and codes."""

    def __init__(self, host: Host, told: dict[str, tuple[str, int]]) -> None:
        super().__init__(host)
        self.told = told

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        code, stdout, stderr = super().exec_command(cmd, in_data, sudoable)
        text = stdout.decode("utf-8", "surrogateescape")
        for name, (answer, ended) in self.told.items():
            between = re.compile(rf"(@@\w+:\w+ -?\d+[^\n]*\n)(?:(?!@@\w+:)[\s\S])*?(@@\w+:{name}) -?\d+")
            text = between.sub(lambda match, answer=answer, ended=ended: f"{match[1]}{answer}{match[2]} {ended}", text)
        return code, text.encode("utf-8", "surrogateescape"), stderr


def ask(version: str, told: dict[str, tuple[str, int]], **more: Any) -> tuple[Data, LabConnection]:
    connection = ToldConnection(Host.create("fe", version), told)
    return run(connection, "sa_info", {}, **more), connection


@pytest.mark.parametrize(
    ("version", "told", "source", "commands"),
    [("2016", MODERN, "cim", 1), ("2025", MODERN, "cim", 1), ("2008R2", AUDITED, "events", 2)],
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_the_associations(
    version: str, told: dict[str, tuple[str, int]], source: str, commands: int, check_mode: bool
) -> None:
    found, connection = ask(version, told, check_mode=check_mode)
    assert (found["changed"], found["known"], found["reason"], found["source"]) == (False, True, "", source)
    (main,), (quick,) = found["main_mode"], found["quick_mode"]
    assert (main["local"], main["peer"]) == (quick["local"], quick["peer"]) == ("10.0.0.10", "10.0.1.20")
    assert (quick["protocol"], quick["local_port"], quick["peer_port"]) == ("tcp", 0, 80)
    assert quick["esp_encryption"] == ("3des" if source == "cim" else None)
    assert (found["counters"]["bytes_sent"], found["counters"]["packets_dropped"]) == (12044, None)
    assert found["clock"]["utc"] == "2026-11-25T04:20:00Z"
    assert len(connection.sent) == commands
    json.dumps(found)


def test_windows_server_2003() -> None:
    found, connection = ask("2003", {"clock": AUDITED["clock"]})
    assert (found["known"], found["source"], found["quick_mode"]) == (False, "none", [])
    assert "Windows Server 2003" in found["reason"]
    assert found["clock"]["utc"] == "2026-11-25T04:20:00Z"
    assert set(found["counters"].values()) == {None}
    assert len(connection.sent) == 2


@pytest.mark.parametrize("version", ["2003", "2008R2", "2016"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_a_host_without_any_of_these_programs(version: str, language: str) -> None:
    names = ("associations", "clock", "log", "driver_counters", "ike_counters")
    connection = ToldConnection(Host.create("fe", version, language=language), dict.fromkeys(names, ("?", 9009)))
    before = state_of(connection.host)
    found = run(connection, "sa_info", {})
    assert (found["known"], found["main_mode"], found["quick_mode"]) == (False, [], [])
    assert found["reason"]
    assert found["clock"] == {"utc": None, "skew_seconds": None}
    assert state_of(connection.host) == before, "nothing was changed"


def test_an_answer_that_is_cut_short_fails_the_task() -> None:
    connection = ToldConnection(Host.create("fe", "2016"), MODERN)
    whole = connection.exec_command

    def cut(*args: Any, **more: Any) -> tuple[int, bytes, bytes]:
        code, stdout, stderr = whole(*args, **more)
        return code, stdout[: stdout.index(b"@qm")], stderr

    connection.exec_command = cut  # type: ignore[method-assign]
    with pytest.raises(AnsibleActionFail, match="cut short"):
        run(connection, "sa_info", {})


def test_the_clock_beside_ours() -> None:
    connection = ToldConnection(Host.create("fe", "2016"), MODERN)
    ours = iter([datetime(2026, 11, 25, 4, 10, tzinfo=UTC), datetime(2026, 11, 25, 4, 10, 2, tzinfo=UTC)])
    found = look(lambda line, script: connection.exec_command(line, script)[1].decode(), lambda: next(ours))
    assert found["clock"] == {"utc": "2026-11-25T04:20:00Z", "skew_seconds": 598}
    assert timedelta(seconds=found["clock"]["skew_seconds"]) > timedelta(minutes=5), "more than Kerberos bears"


def test_why_a_policy_does_not_work() -> None:
    found, _connection = ask("2016", MODERN)
    assert found["policy"]["store"] == "none"
    assert "No local policy is assigned." in found["policy"]["why_not"]
    assert set(found["host"]) >= {"version", "services", "domain_policy", "local_policy_counts", "exemption_level"}
