# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The services of a host: their state, their start type, and how they are made to run. [ledger: host-start-value]"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .._common.errors import StoreError
from .lines import cmd_line
from .queries import Section
from .registry.query import parse_answer

SERVICES_KEY = r"HKLM\SYSTEM\CurrentControlSet\Services"
AGENT, KEY_EXCHANGE = "PolicyAgent", "IKEEXT"
RUNNING = 4
START_PENDING = 2
AUTOMATIC = 2
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_STATE = re.compile(r":\s*([0-9]{1,9})\s+[A-Z_0-9]+")


@dataclass(frozen=True, slots=True)
class Service:
    """State and start type of a service, in the numbers of the service manager (4 is running, 2 is automatic)."""

    state: int
    start_type: int

    @property
    def running(self) -> bool:
        """Whether the service runs now."""
        return self.state == RUNNING

    @property
    def automatic(self) -> bool:
        """Whether the service starts with the host."""
        return self.start_type == AUTOMATIC


def read_state(query: Section) -> int | None:
    """Return the state that ``sc query`` printed, None where it printed none: there is no such service.

    [ledger: host-sc-state]
    """
    # sc prints TYPE, then STATE; the labels are localised, the numbers are not.
    numbers = _STATE.findall(query.text)
    return int(numbers[1]) if query.code == 0 and len(numbers) > 1 else None


def read_service(name: str, query: Section, start: Section) -> Service:
    """Return a service that must be there; StoreError when its state or its start type was not told.

    [ledger: host-sc-missing-1060]
    """
    state = read_state(query)
    if state is None:
        remedy = "Install or repair the service: IPsec policy works only with it."
        raise StoreError(f"service {name}", "no state", "the state that sc query prints", remedy)
    found = read_number(start, "Start")
    if found is None:
        remedy = "Look at the service's key in the registry."
        raise StoreError(f"service {name}", "no start type", "its value Start in the registry", remedy)
    return Service(state, found)


def read_number(section: Section, name: str) -> int | None:
    """Return a number that was asked for by its name; None when the host has no such value."""
    values = [key.value(name) for key in parse_answer(section.text).values()] if section.code == 0 else []
    found = next((value.data for value in values if value is not None), None)
    return found if isinstance(found, int) else None


def service_commands(enable: Iterable[str], start: Iterable[str]) -> list[str]:
    """Return the commands that make services start with the host, and start them, in this order.

    [ledger: host-sc-config-blank]
    """
    return [
        *(cmd_line(f"sc.exe config {_service_name(name)} start= auto") for name in enable),
        *(cmd_line(f"sc.exe start {_service_name(name)}") for name in start),
    ]


def _service_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise StoreError("service", name, "the name of a service in one word", "Name PolicyAgent or IKEEXT.")
    return name
