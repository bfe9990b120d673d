# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connection security rules and what must not happen: lock-outs, halves that stay, keys that show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from lab_runner import SERVICES, LabConnection, Lost, run, state_of, tree

from ansible_collections.winsec.ipsec.tests.unit.end_to_end.test_connection_security import (
    DOCUMENT,
    EXEMPT,
    KEY,
    RULES,
    WEB,
    apply,
    names,
    rules_of,
)
from winlab.host import Host
from winlab.registry import Kind, Value

Data = dict[str, Any]
STRICT = {"name": "all", "action": "requireinrequireout"}


def guarded(host: Host, *rules: Data, **options: Any) -> Data:
    """Return the result of a task whose flow must go on."""
    return run(host, "connection_security", {"config": {"rules": list(rules)}, **options})


def managed_by(host: Host) -> tuple[str, str, int]:
    """The address of the controller, that of the host, and the port."""
    found = host.connections[0]
    return str(found.peer), str(found.local), found.local_port


STOPPING = [
    {},
    {"action": "requireinrequestout"},
    {"protocol": "tcp"},
    {"protocol": "tcp", "port1": [5985, 80]},
    {"endpoint2": "localsubnet"},
]


@pytest.mark.parametrize("changes", STOPPING)
def test_a_rule_that_may_stop_the_task_is_refused(changes: Data) -> None:
    host = Host.create("h", "2016")
    before = state_of(host)
    rule = {**STRICT, "name": "every one", **changes}
    with pytest.raises(AnsibleActionFail, match="critical flow management is 'stopped by the rule every one'"):
        guarded(host, rule)
    assert state_of(host) == before
    assert guarded(host, rule, allow_lockout=["management"])["changed"]


PASSING = [
    {"action": "requestinrequestout"},
    {"action": "noauthentication"},
    {"enabled": False},
    {"protocol": "udp"},
    {"protocol": "tcp", "port1": [80]},
    {"endpoint2": "192.0.2.9"},
]


@pytest.mark.parametrize("changes", PASSING)
def test_a_rule_that_lets_the_task_through_is_not(changes: Data) -> None:
    assert guarded(Host.create("h", "2016"), {**STRICT, "name": "every one", **changes})["changed"]


def test_an_exemption_that_wins_for_certain_saves_the_flow() -> None:
    host = Host.create("h", "2016")
    controller, _own, _port = managed_by(host)
    exempt = {"name": "controller", "action": "noauthentication", "endpoint2": controller}
    strict = {**STRICT, "name": "every one"}
    with pytest.raises(AnsibleActionFail, match="critical flow management"):
        guarded(host, {**exempt, "profiles": ["domain"]}, strict)
    with pytest.raises(AnsibleActionFail, match="critical flow management"):
        guarded(host, exempt, {**strict, "endpoint2": controller})
    assert guarded(host, exempt, strict)["changed"]
    with pytest.raises(AnsibleActionFail, match="critical flow management"):
        run(host, "connection_security", {"config": {"rules": [{"name": "controller"}]}, "state": "deleted"})


def test_other_flows_that_must_go_on() -> None:
    host = Host.create("h", "2016")
    strict = {**STRICT, "name": "servers", "endpoint2": "10.7.0.0/16"}
    with pytest.raises(AnsibleActionFail, match="critical flow domain controllers"):
        guarded(host, strict, domain_controllers=["10.7.0.5"])
    assert guarded(host, strict, domain_controllers=["10.8.0.5"])["changed"]


def test_a_flow_that_comes_through_such_a_rule_already_goes_on() -> None:
    host = Host.create("h", "2016")
    strict = {**STRICT, "name": "every one"}
    guarded(host, strict, allow_lockout=["management"])
    assert guarded(host, {**WEB, "endpoint2": "192.0.2.1", "enabled": True})["changed"]


class Dying(LabConnection):
    """A connection that is lost with the command of a number, before or after the host has carried it out."""

    def __init__(self, host: Host, last: int, *, carried_out: bool) -> None:
        super().__init__(host)
        self.last, self.carried_out = last, carried_out

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        if len(self.sent) >= self.last:
            if self.carried_out and len(self.sent) == self.last:
                super().exec_command(cmd, in_data, sudoable)
            raise AnsibleConnectionFailure("gone")
        return super().exec_command(cmd, in_data, sudoable)


@pytest.mark.parametrize("carried_out", [False, True])
@pytest.mark.parametrize("last", range(1, 4))
def test_a_task_that_was_cut_off_between_commands_is_taken_up(last: int, carried_out: bool) -> None:
    host = Host.create("h", "2016")
    apply(host)
    changed = {**WEB, "endpoint2": ["192.0.2.99"], "first_authentication": [{"method": "computerkerb"}]}
    document = {**DOCUMENT, "rules": [changed, {**EXEMPT, "profiles": ["any"]}]}
    try:
        apply(Dying(host, last, carried_out=carried_out), document, state="overridden")
    except (Lost, AnsibleActionFail, AnsibleConnectionFailure) as error:
        assert KEY not in str(error)
    apply(host, document, state="overridden")
    assert names(host) == {"Web to SQL": True, "management": True}
    assert apply(host, document, state="overridden")["commands"] == []


def lines_of(connection: LabConnection) -> list[str]:
    texts = [line for request in connection.sent for line in request.script.decode("ascii").splitlines()]
    return [text for text in texts if text.startswith("advfirewall ")]


def test_a_task_that_was_cut_off_anywhere_is_taken_up() -> None:
    changed = {**WEB, "endpoint2": ["192.0.2.99"], "first_authentication": [{"method": "computerkerb"}]}
    document = {**DOCUMENT, "rules": [changed, {**EXEMPT, "profiles": ["any"]}]}

    def fresh() -> Host:
        host = Host.create("h", "2016")
        apply(host)
        return host

    whole = LabConnection(fresh())
    apply(whole, document, state="overridden")
    lines = lines_of(whole)
    assert len(lines) > 5
    for count in range(len(lines)):
        host = fresh()
        script = "\r\n".join([*lines[:count], "exit", ""]).encode("ascii")
        LabConnection(host).exec_command("netsh.exe", script)
        apply(host, document, state="overridden")
        assert names(host) == {"Web to SQL": True, "management": True}, count
        assert apply(host, document, state="overridden")["commands"] == [], count


def test_the_way_back_is_the_document_that_was_read_before() -> None:
    host = Host.create("h", "2019")
    kept = {**DOCUMENT, "rules": [WEB, EXEMPT]}
    apply(host, kept)
    saved = rules_of(host)
    apply(host, {"rules": [{**WEB, "action": "requestinrequestout"}, {"name": "more", "action": "noauthentication"}]})
    apply(host, {"rules": [{"name": "management"}]}, state="deleted")
    assert apply(host, saved, state="overridden")["changed"]
    assert not apply(host, kept, state="overridden")["changed"]


def test_no_key_is_shown_and_the_file_of_a_script_has_it(tmp_path: Path) -> None:
    target = tmp_path / "script.txt"
    shown = run(
        Host.create("h", "2016"), "connection_security", {"state": "rendered", "config": DOCUMENT, "dest": str(target)}
    )
    assert KEY not in repr(shown)
    assert KEY in target.read_text()
    assert target.stat().st_mode & 0o777 == 0o600
    host = Host.create("h", "2016")
    LabConnection(host).exec_command("netsh.exe", target.read_bytes())
    assert not apply(host)["changed"]


def test_a_saved_registry_becomes_a_document() -> None:
    host = Host.create("h", "2025")
    apply(host)
    text = LabConnection(host).exec_command(f"reg.exe query {RULES} /s")[1].decode("cp437")
    found = run(host, "connection_security", {"state": "parsed", "running_config": text})
    assert KEY not in repr(found)
    assert {each["name"] for each in found["parsed"]["rules"]} == {"Web to SQL", "management", "old peers"}
    assert not apply(host, found["parsed"], state="overridden")["changed"]


def test_no_command_line_has_a_key_or_varies() -> None:
    connection = LabConnection(Host.create("h", "2016"))
    apply(connection)
    assert all(KEY not in request.line for request in connection.sent)
    assert {request.line.split()[0] for request in connection.sent} <= {"cmd.exe", "netsh.exe"}
    assert KEY in repr(tree(connection.host, SERVICES))


ODD = "v2.26|Action=Boundary|Name={}|Desc={}|Active=TRUE|EP2_4=192.0.2.77|{}"
PRIMARY = "Auth1Set={E5A5D32A-4BCE-4e4d-B07F-4AB1BA7E5FE3}|Crypto2Set={E5A5D32A-4BCE-4e4d-B07F-4AB1BA7E5FE2}|"


def with_rule(name: str, description: str) -> Host:
    host = Host.create("h", "2016")
    text = ODD.format(name, description, PRIMARY)
    host.registry.set(rf"{RULES}\ConSecRules", "{0B0F6C1E-6E0C-4F0C-9C56-0B6B1C0F8009}", Value(Kind.SZ, text))
    return host


def test_a_name_that_netsh_cannot_be_told_is_left_alone() -> None:
    host = with_rule("Büro & Lager", "")
    before = state_of(host)
    with pytest.raises(AnsibleActionFail, match="a name that netsh cannot be told"):
        apply(host, {"rules": []}, state="overridden")
    assert state_of(host) == before


def test_a_description_that_netsh_cannot_be_told_hinders_only_what_would_tell_it() -> None:
    host = with_rule("office", "für das Büro")
    assert apply(host, {"rules": [{"name": "office", "action": "requireinrequestout"}]})["changed"]
    before = state_of(host)
    with pytest.raises(AnsibleActionFail, match=r"rules\[0\].description"):
        apply(host, {"rules": [{"name": "office", "endpoint2": "192.0.2.78"}]})
    assert state_of(host) == before
    assert apply(host, {"rules": [{"name": "office", "endpoint2": "192.0.2.78", "description": "office"}]})["changed"]


def test_what_is_shown_of_odd_rules_can_be_given_back() -> None:
    host = with_rule("Büro & Lager", "für alle")
    shown = run(host, "connection_security_info", {})["config"]
    assert apply(host, shown, state="merged")["commands"] == []
    assert apply(host, shown, state="overridden")["commands"] == []
    with pytest.raises(AnsibleActionFail, match=r"rules\[0\].name"):
        apply(Host.create("other", "2016"), shown)
    host = with_rule("office", "für alle")
    shown = run(host, "connection_security_info", {})["config"]
    for state in ("merged", "replaced", "overridden"):
        assert apply(host, shown, state=state)["commands"] == []
    with pytest.raises(AnsibleActionFail, match=r"rules\[0\].description"):
        apply(Host.create("other", "2016"), shown)
