# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Words and signs: the same on the drawing, in the tables and in the legend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .markup import Element, tag
from .proof import Fate, Outcome, Proven, Role, Severity

# Each fate has a sign of its own, so that nothing depends on colour.
SIGNS: Mapping[Fate, str] = {
    Fate.PROTECTED: "\u25cf",
    Fate.PERMITTED: "\u25c7",
    Fate.CLEAR: "\u25cb",
    Fate.BLOCKED: "\u25a0",
    Fate.FALLS_BACK: "\u25b2",
    Fate.FAILS: "\u2715",
    Fate.UNKNOWN: "?",
}
MEANINGS: Mapping[Fate, str] = {
    Fate.PROTECTED: "The packets are protected by AH or ESP.",
    Fate.PERMITTED: "A rule lets the packets pass in clear text.",
    Fate.CLEAR: "No rule speaks of the packets; they travel in clear text.",
    Fate.BLOCKED: "A policy drops the packets, as it says.",
    Fate.FALLS_BACK: "IPsec was asked for, nobody answered, and the packets travel in clear text.",
    Fate.FAILS: "The ends do not come together; the packets do not arrive.",
    Fate.UNKNOWN: "What becomes of the packets is not known.",
}
MARKS: Mapping[Outcome, str] = {Outcome.PASSED: "\u2713", Outcome.FAILED: "\u2715", Outcome.UNPROVEN: "?"}
GROUNDS: Mapping[Proven, str] = {
    Proven.ASSOCIATIONS: "Both ends, or one of them, had a security association for the flow.",
    Proven.SESSION: "A session over the flow was opened and worked.",
    Proven.ANALYSIS: "The policies of both ends were analysed; no packet was seen.",
    Proven.UNPROVEN: "Nothing shows it.",
}
ROLES: Mapping[Role, str] = {role: f"{role}s" for role in Role} | {Role.OTHER: "other hosts"}
# The fate of a flow, the outcome of a check and the severity of a finding by the class that gives the colour.
_SEVERITY_CLASS = {
    Severity.HIGH: "fails",
    Severity.MEDIUM: "falls-back",
    Severity.LOW: "permitted",
    Severity.INFO: "clear",
}
_OUTCOME_CLASS = {Outcome.PASSED: "protected", Outcome.FAILED: "fails", Outcome.UNPROVEN: "falls-back"}
EM_DASH = "\u2014"


def fate_class(fate: Fate) -> str:
    """Return the name of the style of a fate."""
    return fate.value.replace(" ", "-")


def fate(found: Fate, more: str = "") -> Element:
    """Return the word for a fate with its sign."""
    return _badge(SIGNS[found], f"{found.value}{more}", fate_class(found))


def outcome(found: Outcome) -> Element:
    """Return the word for the outcome of a check with its mark."""
    return _badge(MARKS[found], found.value, _OUTCOME_CLASS[found])


def outcome_class(found: Outcome) -> str:
    """Return the name of the style of an outcome."""
    return _OUTCOME_CLASS[found]


def severity(found: Severity) -> Element:
    """Return the word for a severity."""
    return _badge("", found.value, _SEVERITY_CLASS[found])


def _badge(sign: str, text: str, style: str) -> Element:
    mark = tag("span", sign, aria_hidden="true") if sign else None
    return tag("span", mark, " " if sign else None, text, class_=f"badge {style}")


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


def more(count: int, noun: str) -> Element | None:
    """Return the line that says what is not shown; nothing when all is."""
    if count <= 0:
        return None
    return tag("p", f"{number(count)} more {noun} in report.json.", class_="more")


def or_dash(text: str | int | None) -> str | Element:
    """Return a text, a dash with its meaning for nothing."""
    if text in ("", None):
        return tag("span", EM_DASH, aria_label="none")
    return str(text)


def or_unknown(value: str | int | bool | None) -> str:
    """Return a value that a host may not tell."""
    if value is None:
        return "not told"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
