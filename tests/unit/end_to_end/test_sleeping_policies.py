# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A policy is assigned and has no effect, because the policy agent does not run: starting it must not wake that one."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from cut_off import CONTROLLER, OWN, PORT, ObeyingConnection, alive, asleep, wait
from lab_runner import Lost, run
from winrm_runner import Controller, Role

from winlab.host import Host
from winlab.lab import HostSpec, Lab
from winlab.netsh.talk import static
from winlab.services import StartType, State
from winlab.store import policy_store

Data = dict[str, Any]
VERSIONS = pytest.mark.parametrize("version", ["2003", "2008R2", "2016", "2025"])
DORMANT = (
    "add filterlist name=Every",
    "add filter filterlist=Every srcaddr=any dstaddr=me",
    "add filteraction name=Blk action=block",
    "add policy name=Dormant activatedefaultrule=no",
    "add rule name=RB policy=Dormant filterlist=Every filteraction=Blk",
    "set policy name=Dormant assign=yes",
)
HARMLESS: Data = {
    "filter_lists": [
        {"name": "Web", "filters": [{"source": "any", "destination": "me", "protocol": "tcp", "destination_port": 81}]}
    ],
    "filter_actions": [{"name": "Prm", "action": "permit"}],
    "policies": [{"name": "Harmless", "rules": [{"name": "R", "filter_list": "Web", "filter_action": "Prm"}]}],
    "assigned": "Harmless",
}
TIMES = pytest.mark.parametrize("window", [{}, {"confirm_timeout": 60}], ids=["at once", "to be confirmed"])


def patient(host: Host) -> Data:
    return {"sleep": lambda seconds: wait(host, seconds), "clock": host.clock.now}


@VERSIONS
@TIMES
def test_a_harmless_policy_does_not_wake_the_sleeping_one(version: str, window: Data) -> None:
    host = asleep(version, *DORMANT)
    args = {"config": HARMLESS, **window}
    predicted = run(ObeyingConnection(host), "policies", args, check_mode=True)
    done = run(ObeyingConnection(host), "policies", args, **patient(host))
    assert alive(host)
    assert policy_store(host).snapshot()["assigned"] == "Harmless"
    assert host.services["PolicyAgent"].state is State.RUNNING
    assert host.tasks == {}
    assert (done["changed"], done["confirmed"]) == (True, bool(window))
    words = [" ".join(line.split()[:2]) for line in done["commands"]]
    assert words == [" ".join(line.split()[:2]) for line in predicted["commands"]]
    # What starts the services comes last, behind the timer if there is one.
    started = next(index for index, line in enumerate(words) if line == "sc.exe start")
    assert not [line for line in words[started:] if line.startswith("ipsec")]
    assert ("schtasks.exe /create" in words[:started]) is bool(window)
    again = run(ObeyingConnection(host), "policies", args)
    assert (again["changed"], again["commands"]) == (False, [])


@VERSIONS
def test_wherever_it_is_cut_off_nobody_wakes_it(version: str) -> None:
    """The controller may die after any command: what sleeps has never been in force alone."""
    whole = ObeyingConnection(asleep(version, *DORMANT))
    run(whole, "policies", {"config": HARMLESS})
    for number in range(len(whole.sent)):
        host = asleep(version, *DORMANT)
        connection = Dying(host, number)
        with pytest.raises((AnsibleConnectionFailure, AnsibleActionFail)):
            run(connection, "policies", {"config": HARMLESS})
        assert alive(host)
        run(ObeyingConnection(host), "policies", {"config": HARMLESS}, **patient(host))
        assert alive(host)
        assert policy_store(host).snapshot()["assigned"] == "Harmless"


class Dying(ObeyingConnection):
    """A connection that loses the answer to one request, and everything after it."""

    def __init__(self, host: Host, number: int) -> None:
        super().__init__(host)
        self._number = number

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        if len(self.sent) > self._number:
            raise AnsibleConnectionFailure("the connection died")
        answer = super().exec_command(cmd, in_data, sudoable)
        if len(self.sent) > self._number:
            raise AnsibleConnectionFailure("the connection died")
        return answer

    def reset(self) -> None:
        raise AnsibleConnectionFailure("the connection died")


@VERSIONS
def test_to_wake_one_that_would_cut_the_controller_off_is_refused(version: str) -> None:
    host = asleep(version, *DORMANT)
    with pytest.raises(AnsibleActionFail, match="critical flow management is 'stopped at"):
        run(ObeyingConnection(host), "assignment", {"name": "Dormant"})
    assert host.services["PolicyAgent"].state is not State.RUNNING


@VERSIONS
def test_to_wake_one_on_purpose_is_undone_without_bringing_it_back(version: str) -> None:
    host = asleep(version, *DORMANT)
    daring = {"name": "Dormant", "allow_lockout": ["management"], "confirm_timeout": 60}
    with pytest.raises(AnsibleActionFail, match="No policy acts on packets, as before") as caught:
        run(ObeyingConnection(host), "assignment", daring, **patient(host))
    assert caught.value._result["reverted"]
    assert alive(host)
    assert policy_store(host).snapshot()["assigned"] is None
    assert "'Dormant', which was assigned but had no effect" in str(caught.value)


@VERSIONS
def test_one_that_replaces_it_and_cuts_the_controller_off_is_undone(version: str) -> None:
    host = asleep(version, *DORMANT)
    static(host, "add policy name=Other", "add rule name=R policy=Other filterlist=Every filteraction=Blk")
    daring = {"name": "Other", "allow_lockout": ["management"], "confirm_timeout": 60}
    with pytest.raises(AnsibleActionFail, match="has reverted by itself"):
        run(ObeyingConnection(host), "assignment", daring, **patient(host))
    assert alive(host)
    assert policy_store(host).snapshot()["assigned"] is None


def test_without_a_sleeping_policy_the_services_come_first() -> None:
    """netsh may need them."""
    host = asleep("2016")
    done = run(ObeyingConnection(host), "policies", {"config": HARMLESS})
    words = [line.split()[0] for line in done["commands"]]
    assert words[0] == "sc.exe"
    assert words[-1] == "ipsec"


def test_what_was_sent_is_told_when_the_host_is_lost() -> None:
    host = asleep("2016", *DORMANT)
    with pytest.raises(Lost) as caught:
        run(Dying(host, 3), "policies", {"config": HARMLESS})
    result = caught.value.result
    assert result["changed"] is True
    assert result["unreachable"] is True
    assert [line for line in result["commands"] if 'add policy name="Harmless"' in line]
    assert "is not known" in result["msg"]


@pytest.mark.parametrize("version", ["2003", "2016", "2025"])
def test_the_role_backend_does_not_wake_it_either(version: str) -> None:
    seen = {"controller_addresses": [CONTROLLER], "management_ports": [PORT]}
    with Lab([HostSpec(name="be1", version=version, addresses=(OWN,))]) as lab:
        host = lab.hosts["be1"].host
        host.services["PolicyAgent"].state = State.STOPPED
        static(host, *DORMANT)
        role = Role("backend", {"backend_frontends": ["10.0.0.77"], "backend_policy_name": "Answer"}, seen)
        role.play(Controller(lab.hosts["be1"]))
        assert policy_store(host).snapshot()["assigned"] == "Answer"
        assert alive(host)


ASKING = (
    "add filterlist name=Ask",
    f"add filter filterlist=Ask srcaddr=any dstaddr=me protocol=TCP dstport={PORT}",
    'add filteraction name=Request action=negotiate qmsecmethods="ESP[3DES,SHA1]" inpass=yes soft=yes',
    "add filteraction name=Prm action=permit",
    "add policy name=Asking activatedefaultrule=no",
    "add rule name=R policy=Asking filterlist=Ask filteraction=Request",
    "add policy name=Old activatedefaultrule=no",
    "add rule name=R policy=Old filterlist=Ask filteraction=Prm",
    "set policy name=Old assign=yes",
)
"""A policy that asks for IPsec and takes clear text: no packet passes while nobody speaks IKE. Another is assigned."""


@pytest.mark.parametrize("version", ["2008R2", "2016", "2025"])
@TIMES
def test_the_agent_is_not_started_where_key_exchange_does_not_start(version: str, window: Data) -> None:
    host = asleep(version, *ASKING)
    # What key exchange depends on does not run and must not.
    host.services["BFE"].state, host.services["BFE"].start_type = State.STOPPED, StartType.DISABLED
    with pytest.raises(AnsibleActionFail, match="The service IKEEXT has state 1") as caught:
        run(ObeyingConnection(host), "assignment", {"name": "Asking", **window}, **patient(host))
    assert alive(host)
    assert host.services["PolicyAgent"].state is State.STOPPED
    assert host.tasks == {}
    assert "sc.exe start IKEEXT" in caught.value._result["commands"]
    assert "sc.exe start PolicyAgent" not in caught.value._result["commands"]


@TIMES
def test_a_copy_that_stands_in_for_what_sleeps_is_predicted_as_it_is_made(window: Data) -> None:
    host = asleep("2016", *ASKING)
    more = {
        "filter_lists": [{"name": "Ask", "filters": [{"source": "10.9.9.9", "destination": "me"}]}],
        "filter_actions": [{"name": "Prm", "action": "block"}],
        "assigned": "Old",
    }
    args = {"config": more, "state": "replaced", **window}
    predicted = run(ObeyingConnection(host), "policies", args, check_mode=True)
    done = run(ObeyingConnection(host), "policies", args, **patient(host))
    assert [line for line in done["commands"] if "~winsec~" in line]
    assert predicted["commands"] == done["commands"]


def test_an_agent_that_already_starts_is_not_waited_for_before_key_exchange() -> None:
    host = asleep("2016", *DORMANT)
    host.services["PolicyAgent"].state = State.START_PENDING
    slept: list[float] = []
    run(ObeyingConnection(host), "policies", {"config": HARMLESS}, sleep=slept.append, clock=host.clock.now)
    assert slept == []
    assert alive(host)
