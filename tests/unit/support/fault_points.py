# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where and how a run over HTTP can be hit: at every request, at every line of a script, at every line of netsh."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from unittest import mock

from winlab.netsh import static
from winlab.netsh.context import Process
from winlab.netsh.words import Word
from winlab.requestlog import Entry
from winlab.store import Code, StoreError
from winlab.wsman import Effect, Fault

NETSH_LINE = b"ipsec static "
ARM = b"schtasks.exe /create"
DISARM = b"schtasks.exe /delete"


class Kind(StrEnum):
    """What happens.

    DROP: one request is cut off, before or after its execution. HALF: half of a script arrives. LINE: a script arrives
    up to a line. LINE_DARK: the same, and nothing passes any more until the run has ended. REFUSED: netsh refuses one
    line. DARK: nothing passes from a request on, while the controller tries on. DEATH: so does a controller that dies
    as soon as it would wait.
    """

    DROP_BEFORE = "drop_before"
    DROP_AFTER = "drop_after"
    HALF = "half_script"
    LINE = "script_to_line"
    LINE_DARK = "script_to_line_then_dark"
    REFUSED = "netsh_refuses_line"
    DARK_BEFORE = "dark_before"
    DARK_AFTER = "dark_after"
    DEATH_BEFORE = "controller_dies_before"
    DEATH_AFTER = "controller_dies_after"


BEFORE = (Kind.DROP_BEFORE, Kind.DARK_BEFORE, Kind.DEATH_BEFORE)
DARK = (Kind.DARK_BEFORE, Kind.DARK_AFTER, Kind.DEATH_BEFORE, Kind.DEATH_AFTER, Kind.LINE_DARK)
DEATH = (Kind.DEATH_BEFORE, Kind.DEATH_AFTER)


@dataclass(frozen=True, slots=True)
class Point:
    """One fault.

    ``request`` counts the requests of a run from 1, and is 0 for REFUSED. ``line`` is how many lines of the script
    arrive; for REFUSED it counts the netsh lines of the run from 0.
    """

    kind: Kind
    request: int = 0
    line: int | None = None

    def faults(self, host: str) -> list[Fault]:
        """Return what has to be planted in the lab."""
        match self.kind:
            case Kind.REFUSED:
                return []
            case Kind.DROP_BEFORE | Kind.DROP_AFTER:
                return [Fault(effect=Effect(self.kind), host=host, request=self.request)]
            case Kind.HALF | Kind.LINE:
                return [self._half(host)]
            case Kind.DARK_BEFORE | Kind.DEATH_BEFORE:
                return [_night(host, self.request - 1)]
            case _:
                lost = Fault(effect=Effect.DROP_AFTER, host=host, request=self.request)
                half = [self._half(host)] if self.kind is Kind.LINE_DARK else []
                return [*half, lost, _night(host, self.request)]

    def _half(self, host: str) -> Fault:
        return Fault(effect=Effect.HALF_SCRIPT, host=host, request=self.request, lines=self.line)

    def executed(self, request: int) -> bool:
        """Tell whether a host that went dark at this point has executed a request (its script from line 1 on)."""
        if self.kind is Kind.LINE_DARK and request == self.request:
            return bool(self.line)
        return request < self.request or (request == self.request and self.kind not in BEFORE)


def _night(host: str, passed: int) -> Fault:
    return Fault(effect=Effect.DROP_BEFORE, host=host, skip=passed, times=None)


def points(entries: Sequence[Entry], *, dark: bool) -> list[Point]:
    """Return all fault points of a run, kind by kind, from the requests of one that nothing hit.

    ``dark`` adds the points from which on nothing passes. Before the timer is set the three kinds but the first one are
    what they are without a timer: cut off, the run ends at once.
    """
    numbers = [entry.number for entry in entries]
    found = [Point(kind, number) for kind in (Kind.DROP_BEFORE, Kind.DROP_AFTER) for number in numbers]
    sends = [entry for entry in entries if entry.stdin]
    found += [Point(Kind.HALF, entry.number) for entry in sends]
    lines = [(entry.number, line) for entry in sends for line in range(_changing_lines(entry.stdin))]
    found += [Point(kind, number, line) for kind in (Kind.LINE, Kind.LINE_DARK) for number, line in lines]
    commands = sum(line.startswith(NETSH_LINE) for entry in sends for line in entry.stdin.splitlines())
    found += [Point(Kind.REFUSED, line=line) for line in range(commands)]
    if dark:
        found += [Point(Kind.DARK_BEFORE, number) for number in numbers]
        armed = [number for number in numbers if number >= arming(entries)]
        found += [Point(kind, number) for kind in (Kind.DARK_AFTER, *DEATH) for number in armed]
    return found


def _changing_lines(script: bytes) -> int:
    """Return how many lines a script has in all if it goes to netsh, else up to where it only asks."""
    lines = script.splitlines()
    if any(line.startswith(NETSH_LINE) for line in lines):
        return len(lines)
    asking = next((number for number, line in enumerate(lines) if line.startswith(b"echo @@")), len(lines))
    return asking + 1 if asking else 0


def spread(found: Sequence[Point], turn: int, every: int) -> list[Point]:
    """Return a few of the points: one of every ``every``-th kind, by turns, from all over the run."""
    kinds = list(dict.fromkeys(point.kind for point in found))
    chosen = []
    for number, kind in enumerate(kinds):
        if (number + turn) % every:
            continue
        members = [point for point in found if point.kind is kind]
        # Steps of a fraction that is not rational never gather in one place.
        chosen.append(members[int(len(members) * ((turn * 5 + number) * 0.618 % 1))])
    return chosen


@contextmanager
def refusing(point: Point) -> Iterator[None]:
    """Let netsh refuse the line of a point of the kind REFUSED; for others nothing happens."""
    if point.kind is not Kind.REFUSED:
        yield
        return
    genuine = static.run
    done = 0

    def run(process: Process, words: list[Word]) -> int:
        nonlocal done
        done += 1
        if done - 1 != point.line:
            return genuine(process, words)
        process.report(StoreError(Code.STORE_NOT_OPEN))
        return 1

    with mock.patch.object(static, "run", run):
        yield
    if done <= (point.line or 0):
        raise LookupError(f"{point} was never reached")


def arming(entries: Iterable[Entry]) -> int:
    """Return the number of the request that sets the timer, 0 when there is none."""
    return next((entry.number for entry in entries if entry.stdin.startswith(ARM)), 0)


def confirmation(entries: Sequence[Entry]) -> int:
    """Return the number of the request that takes the timer away after it was set, 0 when there is none."""
    set_at = arming(entries)
    taken = (entry.number for entry in entries if entry.stdin.startswith(DISARM) and 0 < set_at < entry.number)
    return next(taken, 0)
