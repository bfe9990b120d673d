# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The openings of a host's own firewall as an engine. What is new is there before anything old goes.

[ledger: fw-ok-is-success]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from .._windows.engine import Engine, Step
from .._windows.netsh.line import Line
from .._windows.queries import Section
from .plan import Plan, make_plan
from .request import OpeningsRequest
from .state import QUESTIONS, Firewall, read_firewall


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request, and the way to it from what a host has."""

    request: OpeningsRequest
    plan: Plan


class Openings(Engine[Firewall, OpeningsRequest, Wanted, Line]):
    """All openings of one name prefix."""

    questions = QUESTIONS
    # Its words are in the language of the host, and even success is not silent.
    heeds_answers = False

    def __init__(self) -> None:
        """Begin without a plan: there is one for each reading."""
        self._latest: tuple[Firewall, OpeningsRequest, Plan] | None = None

    def read(self, sections: Mapping[str, Section]) -> Firewall:
        """Return the firewall with everything in it."""
        return read_firewall(sections)

    def desired(self, have: Firewall, want: OpeningsRequest) -> Wanted:
        """Return the request with the way to it."""
        return Wanted(want, self._way(have, want))

    def plan(self, have: Firewall, desired: Wanted, *, revertible: bool = False) -> tuple[Step[Line], ...]:
        """Return the lines that open, then those that close, which wait until what was opened has been read."""
        opening = [Step(line, "the opening is missing") for line in desired.plan.add]
        closing = [Step(line, "the opening shall not be there") for line in desired.plan.delete]
        if opening and closing:
            closing[0] = replace(closing[0], barrier=True, requires=desired.request)
        return (*opening, *closing)

    def render(self, operation: Line) -> Line:
        """Return the line itself."""
        return operation

    def missing(self, have: Firewall, requires: object) -> tuple[Line, ...]:
        """Return what opens those openings of a request that are not there."""
        return self._way(have, requires).add if isinstance(requires, OpeningsRequest) else ()

    def again(self, have: Firewall, want: OpeningsRequest) -> tuple[Line, ...]:
        """Return the lines for a host on which exceptions are not written over."""
        plan = self._way(have, want)
        return plan.again if plan.add else ()

    def left(self, have: Firewall, want: OpeningsRequest, done: Iterable[Step[Line]]) -> tuple[Line, ...]:
        """Return what still opens and what still closes."""
        plan = self._way(have, want)
        return (*plan.add, *plan.delete)

    def unmet(self, operations: Sequence[Line], *, sent: bool) -> str:
        """Return which of the two it is: what is to be opened comes first."""
        opens = " add " in operations[0].redacted()
        what = "the openings are not there" if opens else "the old openings are still there"
        return f"Reading the host again shows that {what}."

    def remarks(self, have: Firewall, desired: Wanted) -> list[str]:
        """Return why openings may have no effect."""
        return list(desired.plan.warnings)

    def _way(self, have: Firewall, want: OpeningsRequest) -> Plan:
        """Return the plan for a reading, made once: what is missing, again and left are questions to the same one."""
        if self._latest is None or self._latest[0] is not have or self._latest[1] is not want:
            self._latest = have, want, make_plan(have, want.prefix, want.openings)
        return self._latest[2]
