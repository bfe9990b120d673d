# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trouble on demand: what shall go wrong with which request."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum


class Effect(StrEnum):
    """Kinds of trouble.

    DROP_BEFORE cuts the connection before anything is executed, DROP_AFTER after it (a lost answer). DELAY holds the
    request back. FAULT answers with a WS-Management fault and executes nothing. SLOW lets a command take its time: its
    output is there only later, so Receives may time out. HALF_SCRIPT cuts standard input off at a line.
    """

    DROP_BEFORE = "drop_before"
    DROP_AFTER = "drop_after"
    DELAY = "delay"
    FAULT = "fault"
    SLOW = "slow"
    HALF_SCRIPT = "half_script"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One planted fault. Conditions that are None hold for everything.

    :param host: name of the host.
    :param request: number of the request in the host's log, from 1.
    :param operation: name of the operation ("Send", "Auth"...). HALF_SCRIPT and SLOW wait for Send or Command.
    :param skip: matching requests to let pass first.
    :param times: how many requests it hits, None for all.
    :param code: FAULT only, the number in the answer.
    :param seconds: DELAY and SLOW only.
    :param lines: HALF_SCRIPT only, the lines to keep; None for half of them.
    """

    effect: Effect
    host: str | None = None
    request: int | None = None
    operation: str | None = None
    skip: int = 0
    times: int | None = 1
    code: int = 0
    seconds: float = 0.0
    lines: int | None = None

    def matches(self, host: str, number: int, operation: str) -> bool:
        """Tell whether a request fulfils the conditions."""
        return (
            self.host in (None, host)
            and self.request in (None, number)
            and (self.operation is None or self.operation.lower() == operation.lower())
        )

    def plain(self) -> dict[str, object]:
        """Return the fault as plain data; `from_plain` reads it back."""
        return {**asdict(self), "effect": str(self.effect)}

    @classmethod
    def from_plain(cls, data: Mapping[str, object]) -> Fault:
        """Build a fault from plain data.

        :raises ValueError: for unknown fields, an unknown effect or a missing one.
        """
        unknown = set(data) - {field.name for field in fields(cls)}
        if unknown or "effect" not in data:
            raise ValueError(f"a fault needs an effect and has no {', '.join(sorted(unknown)) or 'such'} field")
        return cls(**{**data, "effect": Effect(str(data["effect"]))})  # type: ignore[arg-type]


@dataclass(slots=True)
class _Planted:
    fault: Fault
    skip: int
    left: int | None


class FaultPlan:
    """All planted faults of a lab; safe for use by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planted: list[_Planted] = []

    def add(self, *faults: Fault) -> None:
        """Plant faults."""
        with self._lock:
            self._planted.extend(_Planted(fault, fault.skip, fault.times) for fault in faults)

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._planted.clear()

    def pending(self) -> list[Fault]:
        """Return the faults that have not hit as often as they should."""
        with self._lock:
            return [each.fault for each in self._planted]

    def take(self, host: str, number: int, operation: str) -> list[Fault]:
        """Return the faults that hit this request, and count them as used."""
        hit = []
        with self._lock:
            for each in self._planted:
                if not each.fault.matches(host, number, operation):
                    continue
                if each.skip:
                    each.skip -= 1
                    continue
                hit.append(each.fault)
                if each.left is not None:
                    each.left -= 1
            self._planted = [each for each in self._planted if each.left != 0]
        return hit
