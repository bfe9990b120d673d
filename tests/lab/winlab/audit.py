# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Security log of a simulated host, as far as IPsec writes to it.

Windows audits none of this unless somebody configures it ("Audit IPsec Main Mode", default: not configured), so a host
of the lab writes nothing either unless its specification says `auditing`.

[ledger: sa-events-off]
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass

CAPACITY = 2000
"""Events that a log holds; the oldest ones make room."""


@dataclass(frozen=True, slots=True)
class Event:
    """One record. `time` is in Unix seconds of the host's clock, `data` in the order of the manifest."""

    number: int
    record: int
    time: float
    success: bool
    data: Mapping[str, str]


class SecurityLog:
    """A bounded list of events, oldest first."""

    def __init__(self, enabled: bool = False) -> None:
        self.enabled = enabled
        self._events: deque[Event] = deque(maxlen=CAPACITY)
        self._written = 0

    def write(self, number: int, time: float, data: Mapping[str, str], *, success: bool = True) -> None:
        """Add an event, if auditing is on."""
        if self.enabled:
            self._written += 1
            self._events.append(Event(number, self._written, time, success, data))

    def events(self, numbers: Collection[int]) -> list[Event]:
        """Return the events of these numbers, oldest first."""
        return [each for each in self._events if each.number in numbers]
