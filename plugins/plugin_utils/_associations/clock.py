# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The clock of a host, and how far it is from ours."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

CLOCK_CLASS = "Win32_UTCTime"
CLOCK_FIELDS = ("Year", "Month", "Day", "Hour", "Minute", "Second")
MOMENT = "a moment in UTC such as 2026-11-25T04:20:00Z"
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", re.ASCII)
_STEP = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Clock:
    """The time of a host in UTC, to the second, and by how many seconds it is ahead of us; None is what is not told."""

    utc: datetime | None = None
    skew_seconds: int | None = None

    def compared(self, before: datetime, after: datetime) -> Clock:
        """Return the clock beside ours, of which ``before`` and ``after`` are the times of question and answer."""
        return self if self.utc is None else Clock(self.utc, skew_seconds(self.utc, before, after))

    def to_data(self) -> dict[str, object]:
        """Return plain data."""
        utc = None if self.utc is None else f"{self.utc.replace(tzinfo=None).isoformat(timespec='seconds')}Z"
        return {"utc": utc, "skew_seconds": self.skew_seconds}


def read_moment(text: str) -> datetime | None:
    """Return the moment that a text of data names; None when it is of another form or no such moment exists."""
    try:
        return datetime.fromisoformat(text) if _MOMENT.fullmatch(text) else None
    except ValueError:
        return None


def read_clock(found: Mapping[str, int]) -> datetime | None:
    """Return the time that the fields name; None when one is missing or they are no time. [ledger: sa-clock-class]"""
    try:
        year, month, day, hour, minute, second = (found[name] for name in CLOCK_FIELDS)
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except (KeyError, ValueError, OverflowError):
        return None


def skew_seconds(found: datetime, before: datetime, after: datetime) -> int:
    """Return by how many seconds the host is ahead of us, negative for behind.

    It read its clock at some moment between ``before`` and ``after`` and told whole seconds. Within what this leaves
    open the difference is 0.
    """
    if found > after:
        return math.ceil((found - after).total_seconds())
    if found + _STEP <= before:
        return -math.ceil((before - found - _STEP).total_seconds() or 1)
    return 0
