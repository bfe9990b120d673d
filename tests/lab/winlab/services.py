# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services of a simulated host, and what the service control manager answers.

The start type lives in the registry (`HKLM\\SYSTEM\\CurrentControlSet\\Services\\<name>`, value `Start`), so that
`reg` and `sc` see the same thing. Everything else that is kept here is run time state.

[ledger: host-start-value]
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from .registry import Kind, Registry, Value

ROOT = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services"

SUCCESS = 0
DEPENDENT_SERVICES_RUNNING = 1051
ALREADY_RUNNING = 1056
DISABLED = 1058
DOES_NOT_EXIST = 1060
NOT_ACTIVE = 1062
DEPENDENCY_FAIL = 1068
NEVER_STARTED = 1077


class State(IntEnum):
    """Service states as `sc query` numbers them."""

    STOPPED = 1
    START_PENDING = 2
    STOP_PENDING = 3
    RUNNING = 4


class StartType(IntEnum):
    """Start types as `sc qc` and the registry number them."""

    AUTO = 2
    DEMAND = 3
    DISABLED = 4


@dataclass(slots=True)
class Service:
    """One service. `type` is the documented bit field (0x20 = shares a process)."""

    name: str
    registry: Registry
    state: State = State.STOPPED
    exit_code: int = NEVER_STARTED
    type: int = 0x20
    depends_on: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The registry key of the service."""
        return f"{ROOT}\\{self.name}"

    @property
    def start_type(self) -> StartType:
        """The start type out of the registry; a missing or odd number counts as demand."""
        value = self.registry.get(self.key, "Start")
        if value is None or value.data not in {2, 3, 4}:
            return StartType.DEMAND
        return StartType(value.data)

    @start_type.setter
    def start_type(self, start_type: int) -> None:
        self.registry.set(self.key, "Start", Value(Kind.DWORD, int(StartType(start_type))))


def install(
    registry: Registry,
    name: str,
    start_type: StartType,
    *,
    display: str,
    running: bool,
    depends_on: tuple[str, ...] = (),
) -> Service:
    """Register a service and return it, in the state a fresh boot would leave it in."""
    service = Service(name, registry, depends_on=depends_on)
    service.start_type = start_type
    registry.set(service.key, "Type", Value(Kind.DWORD, service.type))
    registry.set(service.key, "ErrorControl", Value(Kind.DWORD, 1))
    registry.set(service.key, "DisplayName", Value(Kind.SZ, display))
    if depends_on:
        registry.set(service.key, "DependOnService", Value(Kind.MULTI_SZ, depends_on))
    if running:
        service.state, service.exit_code = State.RUNNING, SUCCESS
    return service


class Serving(Protocol):
    """What has services, and is told when one of them has stopped."""

    services: dict[str, Service]

    def ended(self, stopped: str) -> None:
        """Give up what was held by the service that has stopped."""


def find(host: Serving, name: str) -> Service | None:
    """Return the service of that name, whatever the case."""
    return next((each for key, each in host.services.items() if key.lower() == name.lower()), None)


def start(host: Serving, name: str) -> int:
    """Start a service and what it depends on; returns the Windows error number, 0 for success."""
    service = find(host, name)
    if service is None:
        return DOES_NOT_EXIST
    if service.state == State.RUNNING:
        return ALREADY_RUNNING
    if service.start_type == StartType.DISABLED:
        return DISABLED
    for needed in service.depends_on:
        if start(host, needed) not in (SUCCESS, ALREADY_RUNNING):
            return DEPENDENCY_FAIL
    service.state, service.exit_code = State.RUNNING, SUCCESS
    return SUCCESS


def stop(host: Serving, name: str) -> int:
    """Stop a service; returns the Windows error number, 0 for success."""
    service = find(host, name)
    if service is None:
        return DOES_NOT_EXIST
    if service.state == State.STOPPED:
        return NOT_ACTIVE
    for other in host.services.values():
        needs = {each.lower() for each in other.depends_on}
        if other.state == State.RUNNING and service.name.lower() in needs:
            return DEPENDENT_SERVICES_RUNNING
    service.state, service.exit_code = State.STOPPED, SUCCESS
    host.ended(service.name)
    return SUCCESS
