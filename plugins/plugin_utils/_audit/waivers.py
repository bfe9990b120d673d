# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dated exceptions from the audit. Each has a reason and a last day; one that does nothing is reported."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from .._common.errors import IpsecError
from .._common.fields import Fields
from .rules import WAIVABLE, Finding, finding

WAIVER_OPTIONS = ("id", "host", "path", "reason", "until")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """An accepted finding. Empty ``host`` and ``path`` mean all; ``until`` is the last day, ``option`` its place."""

    option: str
    id: str
    host: str
    path: str
    reason: str
    until: date

    def covers(self, found: Finding) -> bool:
        """Tell whether the waiver speaks of a finding: its path is that of the finding or one above it."""
        if found.id != self.id or (self.host and found.host != self.host):
            return False
        rest = found.path.removeprefix(self.path)
        return not self.path or found.path == self.path or (rest != found.path and rest[0] in ".[")


def read_waiver(data: object, path: str) -> Waiver:
    """Return the waiver that ``data`` describes."""
    fields = Fields(data, path, WAIVER_OPTIONS)
    for key, expected in (("id", "the id of a finding"), ("reason", "why it is accepted"), ("until", "a last day")):
        fields.require(key, expected)
    name = fields.text("id", "").strip()
    if name not in WAIVABLE:
        raise IpsecError(fields.at("id"), name, f"one of {', '.join(WAIVABLE)}", "Take the id from a finding.")
    reason = fields.text("reason", "").strip()
    if not reason:
        raise IpsecError(fields.at("reason"), reason, "a reason", "Say why the finding is accepted.")
    return Waiver(
        option=path,
        id=name,
        host=fields.text("host", ""),
        path=fields.text("path", ""),
        reason=reason,
        until=_day(fields),
    )


def _day(fields: Fields) -> date:
    given = fields.mapping("until")
    try:
        text = given.isoformat() if isinstance(given, date) else str(given).strip()
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise fields.error("until", given, "a day as in 2027-01-31", "Give the last day on which the waiver counts.")


def apply_waivers(found: Iterable[Finding], waivers: Sequence[Waiver], today: date) -> list[Finding]:
    """Return the findings, waived where a waiver counts, and those about the waivers themselves."""
    findings = list(found)
    used: set[Waiver] = set()
    for index, one in enumerate(findings):
        matching = [waiver for waiver in waivers if waiver.covers(one)]
        used.update(matching)
        counting = next((waiver for waiver in matching if waiver.until >= today), None)
        if counting is not None:
            findings[index] = replace(one, waiver=(counting.reason, counting.until.isoformat()))
    for waiver in waivers:
        if waiver not in used:
            text = f"The waiver of {waiver.id} speaks of nothing that was found: remove it, or correct it."
            findings.append(finding("waiver_unused", "", waiver.option, text))
        elif waiver.until < today:
            text = f"The waiver of {waiver.id} ended with {waiver.until.isoformat()}: what it waived counts again."
            findings.append(finding("waiver_expired", "", f"{waiver.option}.until", text))
    return findings
