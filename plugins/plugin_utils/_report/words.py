# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Words and signs: the same on the drawing, in the tables and in the legend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .._audit.rules import Severity
from .._flows.outcome_words import Fate
from .._proof.model import CheckOutcome, Proven, Role


@dataclass(frozen=True, slots=True)
class CheckWords:
    """What is said of the outcome of a check: a mark, the name of the style, the meaning."""

    mark: str
    style: str
    meaning: str


# The worst first.
CHECKS: Mapping[CheckOutcome, CheckWords] = {
    CheckOutcome.FAILED: CheckWords(
        "\u2715", Fate.FAILS.style, "The opposite was shown; causes and remedies stand with the check."
    ),
    CheckOutcome.UNPROVEN: CheckWords(
        "?", Fate.FALLS_BACK.style, "It could not be shown either way. That is neither good nor bad news."
    ),
    CheckOutcome.PASSED: CheckWords("\u2713", Fate.PROTECTED.style, "What was to be shown was shown."),
}
GROUNDS: Mapping[Proven, str] = {
    Proven.ASSOCIATIONS: "Both ends, or one of them, had a security association for the flow.",
    Proven.SESSION: "A session over the flow was opened and worked.",
    Proven.ANALYSIS: "The policies of both ends were analysed; no packet was seen.",
    Proven.UNPROVEN: "Nothing shows it.",
}
ROLES: Mapping[Role, str] = {role: f"{role}s" for role in Role} | {Role.OTHER: "other hosts"}
# The styles, which give the colours, are those of fates.
SEVERITY_STYLES = {
    Severity.HIGH: Fate.FAILS.style,
    Severity.MEDIUM: Fate.FALLS_BACK.style,
    Severity.LOW: Fate.PERMITTED.style,
    Severity.INFO: Fate.CLEAR.style,
}


def number(count: int) -> str:
    """Return a number with its thousands apart."""
    return f"{count:,}".replace(",", "\u202f")


def counted(count: int, one: str, many: str = "") -> str:
    """Return "1 flow", "2 flows"."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def listed(names: Sequence[str], most: int = 3) -> str:
    """Return the first names and how many there are beside them."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {number(len(names) - most)} more"


def span(names: Sequence[str]) -> str:
    """Return the names of a group in short: both when there are two, else the first and the last."""
    if len(names) <= 2:
        return ", ".join(names)
    return f"{names[0]} \u2026 {names[-1]}"


def told(value: str | int | bool | None) -> str:
    """Return a value that a host may not tell."""
    if value is None:
        return "not told"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
