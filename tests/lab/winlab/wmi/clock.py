# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Win32_UTCTime, and Win32_LocalTime, which is the same: hosts of the lab have the time zone UTC.

[ledger: sa-clock-class]
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from ..host import Host

TIME = (
    "Day",
    "DayOfWeek",
    "Hour",
    "Milliseconds",
    "Minute",
    "Month",
    "Quarter",
    "Second",
    "WeekInMonth",
    "Year",
)


def utc(host: Host) -> list[Mapping[str, object]]:
    """Return what the host's clock shows. Milliseconds hold nothing, as the reference says."""
    now = datetime.fromtimestamp(host.clock.now(), UTC)
    first = now.replace(day=1).isoweekday() % 7
    return [
        {
            "Day": now.day,
            "DayOfWeek": now.isoweekday() % 7,
            "Hour": now.hour,
            "Minute": now.minute,
            "Month": now.month,
            "Quarter": (now.month + 2) // 3,
            "Second": now.second,
            "WeekInMonth": (now.day + first - 1) // 7 + 1,
            "Year": now.year,
        }
    ]
