# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever ends a task in the middle of its change: the result says what the host had been told."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from lab_runner import LabConnection, Lost, run

from winlab.host import Host
from winlab.netsh.talk import static

Data = dict[str, Any]
KEY = "Quiet-Harbour-41"
DOCUMENT: Data = {
    "filter_lists": [{"name": "L", "filters": [{"destination": "10.0.0.1"}]}],
    "filter_actions": [{"name": "A", "action": "permit"}],
    "policies": [
        {
            "name": "P",
            "rules": [
                {
                    "name": "R",
                    "filter_list": "L",
                    "filter_action": "A",
                    "authentication": [{"method": "preshared_key", "preshared_key": KEY}],
                }
            ],
        }
    ],
    "assigned": "P",
}
ERRORS = (ValueError("boom"), KeyError("boom"), OSError("boom"), AnsibleError("boom"), AnsibleActionFail("boom"))


class Failing(LabConnection):
    """A connection on which one request ends with an error of any kind, after the host has carried it out."""

    def __init__(self, host: Host, number: int, error: BaseException) -> None:
        super().__init__(host)
        self._number, self._error = number, error

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        answer = super().exec_command(cmd, in_data, sudoable)
        if len(self.sent) == self._number + 1:
            raise self._error
        return answer

    def close(self) -> None:
        """Nothing is held."""

    reset = close


class Garbled(Failing):
    """A connection on which the answer to one request cannot be understood."""

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        try:
            return super().exec_command(cmd, in_data, sudoable)
        except type(self._error):
            return 0, b"garbage\r\n", b""


def changing(requests: list[Any]) -> int:
    """Return the number of the first request that changes something that is told."""
    words = (b"ipsec static add", b"sc.exe config", b"sc.exe start", b"schtasks.exe /create")
    hidden = b"winsec-ipsec-run-"
    return next(
        number
        for number, request in enumerate(requests)
        if any(word in request.script for word in words) and hidden not in request.script.splitlines()[0]
    )


@pytest.mark.parametrize("version", ["2003", "2016"])
@pytest.mark.parametrize("window", [{}, {"confirm_timeout": 60}], ids=["at once", "to be confirmed"])
def test_an_error_after_the_first_command_says_what_was_sent(version: str, window: Data) -> None:
    args = {"config": DOCUMENT, **window}
    whole = LabConnection(Host.create("host", version))
    whole.close = whole.reset = lambda: None  # type: ignore[attr-defined]
    run(whole, "policies", args)
    first = changing(whole.sent)
    for number in range(len(whole.sent)):
        connections = [(Failing, error) for error in ERRORS] + [(Garbled, ValueError())]
        for kind, error in connections:
            host = Host.create("host", version)
            try:
                done = run(kind(host, number, error), "policies", args)
            except Exception as caught:
                check(caught, told=number >= first)
            else:
                # The answer to the command that decides may be lost: the confirmation tells what became of it.
                assert window
                assert done["confirmed"]
                assert done["commands"]


def check(error: BaseException, *, told: bool) -> None:
    assert KEY not in str(error)
    if isinstance(error, Lost):
        assert told
        assert error.result["changed"] is True
        assert error.result["commands"]
        assert KEY not in str(error.result)
        return
    result = getattr(error, "_result", None) or {}
    assert bool(result.get("commands")) == told, (error, result)
    if told:
        assert isinstance(error, AnsibleActionFail)
        assert result["changed"] is True
        assert KEY not in str(result)


def test_a_host_that_is_lost_before_anything_was_sent_is_just_unreachable() -> None:
    with pytest.raises(AnsibleConnectionFailure) as caught:
        run(Failing(Host.create("host"), 0, AnsibleConnectionFailure("gone")), "policies", {"config": DOCUMENT})
    assert not isinstance(caught.value, Lost)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_the_firewall_says_it_too(error: Exception) -> None:
    host = Host.create("host")
    with pytest.raises((AnsibleActionFail, Lost)) as caught:
        run(Failing(host, 1, error), "firewall", {"peers": ["10.0.0.1"]})
    result = caught.value.result if isinstance(caught.value, Lost) else caught.value._result
    assert result["changed"] is True
    assert any("add rule" in line for line in result["commands"])


def test_what_netsh_carried_out_behind_a_refusal_is_told() -> None:
    host = Host.create("host")

    class Meddled(LabConnection):
        def exec_command(
            self, cmd: str, in_data: bytes | None = None, sudoable: bool = True
        ) -> tuple[int, bytes, bytes]:
            if b"add filteraction" in (in_data or b""):
                static(host, "add filteraction name=A action=block")
            return super().exec_command(cmd, in_data, sudoable)

    with pytest.raises(AnsibleActionFail, match="a filter action of that name exists already") as caught:
        run(Meddled(host), "policies", {"config": {**DOCUMENT, "assigned": ""}})
    commands = caught.value._result["commands"]
    assert [line for line in commands if "add filterlist" in line]
    assert [line for line in commands if "add policy" in line]
    assert not [line for line in commands if "add filteraction" in line]
