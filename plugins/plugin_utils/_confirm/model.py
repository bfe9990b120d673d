# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a confirmation run finds: points, each a claim of the ledger that a host was asked about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

_LONGEST_SHOWN = 300


class State(StrEnum):
    """What became of a point or a check."""

    CONFIRMED = "confirmed"
    DIFFERS = "differs"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One thing that was asked. ``about`` are the ids of the statements in the ledger that it bears on.

    ``reason`` says why it was not asked; it is empty where it was.
    """

    about: tuple[str, ...]
    what: str
    expected: str = ""
    seen: str = ""
    reason: str = ""

    @property
    def state(self) -> State:
        """Confirmed where what was seen is what was expected."""
        if self.reason:
            return State.NOT_ASKED
        return State.CONFIRMED if self.expected == self.seen else State.DIFFERS


def point(about: str, what: str, expected: object, seen: object) -> Point:
    """Return a point that was asked; ``about`` are ids with blanks between them."""
    return Point(about=tuple(about.split()), what=what, expected=_text(expected), seen=_text(seen))


def unasked(about: str, what: str, reason: str) -> Point:
    """Return a point that was not asked."""
    return Point(about=tuple(about.split()), what=what, reason=reason)


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex().upper()
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What became of one check: its points, or the reason why it was not asked at all."""

    name: str
    points: tuple[Point, ...] = ()
    reason: str = ""

    @property
    def state(self) -> State:
        """Differs where one point differs; not asked where no point was."""
        states = {each.state for each in self.points}
        return next((each for each in (State.DIFFERS, State.CONFIRMED) if each in states), State.NOT_ASKED)

    @property
    def why(self) -> str:
        """Why it was not asked; empty where it was."""
        if self.state is not State.NOT_ASKED:
            return ""
        return self.reason or next((each.reason for each in self.points), "")

    def to_data(self) -> dict[str, object]:
        """Return it as plain data."""
        return {
            "check": self.name,
            "state": self.state.value,
            "reason": self.why,
            "points": [
                {
                    "about": list(each.about),
                    "what": each.what,
                    "state": each.state.value,
                    "expected": each.expected,
                    "seen": each.seen,
                    "reason": each.reason,
                }
                for each in self.points
            ],
        }


def short(text: str) -> str:
    """Return a text for a table: cut where it is long."""
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 3]}..."


def counted(checks: Iterable[Check]) -> dict[str, int]:
    """Return the number of checks by state."""
    states = [each.state for each in checks]
    return {state.value: states.count(state) for state in State}
