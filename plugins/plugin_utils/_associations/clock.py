# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The clock of a host, and how far it is from ours."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

CLOCK_CLASS = "Win32_UTCTime"
CLOCK_FIELDS = ("Year", "Month", "Day", "Hour", "Minute", "Second")
_STEP = timedelta(seconds=1)


def read_clock(found: Mapping[str, int]) -> datetime | None:
    """Return the time that the fields name; None when one is missing or they are no time."""
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


def clock_data(found: datetime | None, before: datetime, after: datetime) -> dict[str, object]:
    """Return the clock of a host as plain data."""
    if found is None:
        return {"utc": None, "skew_seconds": None}
    return {"utc": found.strftime("%Y-%m-%dT%H:%M:%SZ"), "skew_seconds": skew_seconds(found, before, after)}
