# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""However a task ends after its first command, its result says what was sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from cut_off import CLOSED, ObeyingConnection, alive, asleep, obeying, wait
from lab_runner import MARK, Lost, run, state_of
from meaning import Meaning, differences, seen

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import StoreError
from winlab.host import Host
from winlab.netsh.talk import static

pytestmark = pytest.mark.slow

Data = dict[str, Any]
WIDER: Data = {
    "name": "Mgmt",
    "filters": [{"source": source, "destination": "me"} for source in ("10.0.0.0/24", "10.0.0.250")],
}


class OutOfTime(BaseException):
    """Ends a task as its keyword ``timeout`` does: no Exception, so that nobody takes it for an error of his own."""


TASKS: dict[str, tuple[Callable[[], Host], str, Data]] = {
    "services": (lambda: asleep("2016"), "assignment", {"name": "Guarded"}),
    "one list": (lambda: obeying("2016"), "filter_list", WIDER),
    "in force": (lambda: obeying("2003"), "filter_list", WIDER),
    "confirmed": (lambda: obeying("2016"), "filter_list", {**WIDER, "confirm_timeout": 60}),
    "unassigned": (lambda: obeying("2016"), "assignment", {"state": "unassigned", "confirm_timeout": 60}),
    "sleeping": (lambda: asleep("2016", "add policy name=Old assign=yes"), "assignment", {"name": "Guarded"}),
}
ENDS = [OSError("x"), StoreError("a", "b", "c", "d"), OutOfTime("x")]
CASES = pytest.mark.parametrize("case", TASKS)


class Ending(ObeyingConnection):
    """A connection on which something goes wrong at one request: before it is carried out, or after."""

    def __init__(self, host: Host, request: int, error: BaseException | None = None, *, after: bool = True) -> None:
        super().__init__(host)
        self._request, self._error, self._after = request, error, after

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        now = len(self.sent) == self._request
        if now and not self._after and self._error is not None:
            self._request = -1
            raise self._error
        answer = super().exec_command(cmd, in_data, sudoable)
        if not now:
            return answer
        if self._error is not None:
            raise self._error
        return 0, b"", b""


def prepared(case: str) -> Host:
    host = TASKS[case][0]()
    static(host, *CLOSED)
    if case in ("in force", "confirmed", "unassigned"):
        static(host, "set policy name=Guarded assign=yes")
    return host


def play(connection: ObeyingConnection, case: str) -> Data:
    """Return what the task says in the end; None where it says nothing because nothing had been sent."""
    _make, module, args = TASKS[case]
    host = connection.host
    try:
        return run(connection, module, args, sleep=lambda seconds: wait(host, seconds), clock=host.clock.now)
    except Lost as lost:
        return lost.result
    except AnsibleActionFail as failure:
        return dict(failure._result)
    except (AnsibleConnectionFailure, OSError, OutOfTime):
        return {}


def requests(case: str) -> Iterator[int]:
    whole = ObeyingConnection(prepared(case))
    assert play(whole, case)["changed"]
    yield from range(len(whole.sent))


@cache
def before(case: str) -> tuple[Any, Meaning]:
    """Return the services and policies that the host of a case begins with."""
    host = prepared(case)
    return state_of(host)[2], seen(host)


def changed(host: Host, case: str) -> bool:
    """Tell whether the host differs from what it was; marks of runs have no filters and mean nothing."""
    services, was = before(case)
    if host.tasks or state_of(host)[2] != services:
        return True
    found = seen(host)
    kept = {name: item for name, item in found.filter_lists.items() if MARK not in name}
    return differences(was, replace(found, filter_lists=kept)) != []


def check(host: Host, case: str, result: Data) -> None:
    assert alive(host)
    if changed(host, case):
        assert result.get("commands")
        assert result["changed"] or result["reverted"]


@CASES
@pytest.mark.parametrize("error", ENDS, ids=lambda error: type(error).__name__)
def test_after_any_exception_the_result_says_what_was_sent(case: str, error: BaseException) -> None:
    for number in requests(case):
        for after in (False, True):
            host = prepared(case)
            check(host, case, play(Ending(host, number, error, after=after), case))


@CASES
def test_after_an_answer_without_a_word_too(case: str) -> None:
    """The host carried everything out, and nothing came back of what it printed."""
    for number in requests(case):
        host = prepared(case)
        check(host, case, play(Ending(host, number), case))


def test_whoever_interrupts_a_run_is_not_held_up() -> None:
    host = prepared("in force")
    with pytest.raises(KeyboardInterrupt):
        run(Ending(host, 3, KeyboardInterrupt()), "filter_list", WIDER)
