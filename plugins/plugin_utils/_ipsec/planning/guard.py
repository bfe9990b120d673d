# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refusal of changes after which a flow that must never stop would stop, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from ..document.fields import Fields
from ..errors import IpsecError
from ..flows.endpoint import Addresses, Endpoint
from ..flows.lockout import CriticalFlow, Direction, domain_controllers, find_lockouts, management, name_service
from ..flows.traffic import parse_traffic
from ..host import Host
from ..model import Store
from ..values import HIGHEST_PORT, AddressRange, Place, ServerRole, natural_number, parse_address
from .plan import part

FLOW_OPTIONS = ("name", "peers", "direction", "traffic")
GUARD_OPTIONS = (
    "host_addresses",
    "controller_addresses",
    "management_ports",
    "dns_servers",
    "domain_controllers",
    "critical_flows",
    "allow_lockout",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """The flows of a host that must pass in clear, and the names of those that may stop all the same."""

    host_addresses: tuple[IPv4Address | IPv6Address, ...]
    flows: tuple[CriticalFlow, ...] = ()
    allowed: frozenset[str] = frozenset()

    def check(self, host: Host, desired: Store) -> None:
        """Raise :class:`IpsecError` with the packet that would no longer pass once ``desired`` is in force."""
        flows = [flow for flow in self.flows if flow.name not in self.allowed]
        if not self.host_addresses or not flows or _keeps_what_is_in_force(host.store, desired):
            return
        endpoint = Endpoint(
            name="host",
            addresses=self.host_addresses,
            version=host.version,
            exemption_level=host.exemption_level,
        )
        # What is in force and is not known, or does not act, is taken to stop nothing.
        foreign = host.store.foreign_in_force
        judged = all(service.running for service in host.services.values())
        judged = judged and (foreign is None or foreign.seen is not None)
        try:
            lockouts = find_lockouts(host.store if judged else None, desired, endpoint, flows)
        except IpsecError as error:
            names = ", ".join(flow.name for flow in flows)
            remedy = f"{error.remedy} To go on all the same, name {names} in allow_lockout."
            raise IpsecError(error.path, error.value, error.expected, remedy) from error
        for found in lockouts:
            expected = "a change after which it still passes in clear"
            remedy = f"{found.outcome.why} Permit the flow, or add {found.flow.name} to allow_lockout if it may stop."
            raise IpsecError(f"critical flow {found.flow.name}", f"stopped at {found.packet}", expected, remedy)


def _keeps_what_is_in_force(store: Store, desired: Store) -> bool:
    """Tell whether nothing will be in force, or the same foreign policy with all that it uses as it is."""
    if desired.assigned is not None:
        return False
    foreign = desired.foreign_in_force
    return foreign is None or (foreign == store.foreign_in_force and part(store, None) == part(desired, None))


def read_guard(
    given: Mapping[str, object], *, host: Iterable[str] = (), controller: Iterable[str] = (), port: int | None = None
) -> Guard:
    """Return the guard that options describe; ``host``, ``controller`` and ``port`` are those of the connection.

    Raises :class:`IpsecError` with the option path for addresses, ports and flows that cannot be read.
    """
    fields = Fields({key: value for key, value in given.items() if key in GUARD_OPTIONS}, "", GUARD_OPTIONS)
    controllers = _peers(fields, "controller_addresses") or tuple(map(ip_address, controller))
    ports = [_port(item, where) for where, item in fields.items("management_ports")] or ([port] if port else [])
    flows = [management(controllers, ports)] if controllers and ports else []
    if servers := _peers(fields, "dns_servers"):
        flows.append(name_service(servers))
    if servers := _peers(fields, "domain_controllers"):
        flows.append(domain_controllers(servers))
    flows += [_flow(item, where) for where, item in fields.items("critical_flows")]
    addresses = [_own(item, where) for where, item in fields.items("host_addresses")]
    return Guard(
        host_addresses=tuple(addresses) or tuple(map(ip_address, host)),
        flows=tuple(flows),
        allowed=frozenset(_known(item, where, flows) for where, item in fields.items("allow_lockout")),
    )


def _flow(data: object, path: str) -> CriticalFlow:
    fields = Fields(data, path, FLOW_OPTIONS)
    for key, expected in (("name", "a name for the flow"), ("peers", "addresses"), ("traffic", "for example tcp/443")):
        fields.require(key, expected)
    peers = _peers(fields, "peers")
    if not peers:
        raise IpsecError(fields.at("peers"), [], "at least one address", "Name the hosts at the other end.")
    return CriticalFlow(
        fields.text("name", ""),
        peers,
        fields.choice("direction", Direction, Direction.INBOUND),
        parse_traffic(fields.text("traffic", ""), fields.at("traffic")),
    )


def _known(item: object, path: str, flows: Iterable[CriticalFlow]) -> str:
    names = {flow.name for flow in flows} | {"management"}
    if str(item) not in names:
        raise IpsecError(path, item, f"one of {', '.join(sorted(names))}", "Name a flow that is guarded.")
    return str(item)


def _peers(fields: Fields, key: str) -> tuple[Addresses, ...]:
    found: list[Addresses] = []
    for where, item in fields.items(key):
        address = parse_address(str(item), where)
        if isinstance(address, (Place, ServerRole)):
            raise IpsecError(where, item, "an address, a network or a range", "Words do not say which hosts these are.")
        single = not isinstance(address, AddressRange) and address.num_addresses == 1
        found.append(address.network_address if single and not isinstance(address, AddressRange) else address)
    return tuple(found)


def _own(item: object, path: str) -> IPv4Address | IPv6Address:
    try:
        return ip_address(str(item).strip())
    except ValueError as error:
        raise IpsecError(path, item, "one address of the host", "Give an IPv4 or IPv6 address.") from error


def _port(item: object, path: str) -> int:
    number = natural_number(str(item).strip())
    if number is None or not 1 <= number <= HIGHEST_PORT:
        raise IpsecError(path, item, f"a port from 1 to {HIGHEST_PORT}", "Give the number of the port.")
    return number
