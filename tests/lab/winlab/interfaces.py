# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network interfaces as a registry has them: IPv4 addresses, set by hand or leased, and which adapters are still there.

Value names and their meaning are those of the registry reference (cc962469 and its neighbours). That the key of an
adapter that was taken out stays, and that `Linkage` names those that are bound, is common knowledge of administrators;
so is 0.0.0.0 for no lease. IPv6 addresses are not shown: no document says where Windows keeps them.

[ledger: host-addresses-values, host-addresses-bound, host-addresses-no-lease, host-addresses-ipv6]
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from ipaddress import IPv4Address
from typing import Any

from .registry import Kind, Registry, Value

TCPIP = r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip"
NO_ADDRESS = "0.0.0.0"


@dataclass(frozen=True, slots=True)
class Interface:
    """One interface. With `dhcp` its first address is leased; `bound` is false for an adapter that was taken out."""

    addresses: tuple[str, ...] = ()
    dhcp: bool = False
    bound: bool = True

    @classmethod
    def from_plain(cls, data: Mapping[str, Any], where: str) -> Interface:
        """Build an interface from plain data; ValueError for what does not fit."""
        unknown = set(data) - {each.name for each in fields(cls)}
        if unknown:
            raise ValueError(f"{where}: unknown field {', '.join(sorted(unknown))}")
        addresses = tuple(str(IPv4Address(each)) for each in data.get("addresses", ()))
        if any(not isinstance(data.get(name, False), bool) for name in ("dhcp", "bound")):
            raise ValueError(f"{where}: dhcp and bound are true or false")
        return cls(addresses, data.get("dhcp", False), data.get("bound", True))


def plant(registry: Registry, host: str, interfaces: Iterable[Interface], *, old: bool) -> None:
    """Write the interfaces of a host that has none yet; `old` is Server 2003, which says 0.0.0.0 for nothing."""
    bound = []
    for number, one in enumerate(interfaces):
        name = f"{{{str(uuid.uuid5(uuid.NAMESPACE_DNS, f'{number}.{host}')).upper()}}}"
        key = rf"{TCPIP}\Parameters\Interfaces\{name}"
        leased, fixed = (one.addresses[:1], one.addresses[1:]) if one.dhcp else ((), one.addresses)
        registry.set(key, "EnableDHCP", Value(Kind.DWORD, int(one.dhcp)))
        if fixed or old:
            registry.set(key, "IPAddress", Value(Kind.MULTI_SZ, fixed or (NO_ADDRESS,)))
            registry.set(key, "SubnetMask", Value(Kind.MULTI_SZ, ("255.255.255.0",) * len(fixed) or (NO_ADDRESS,)))
        if one.dhcp:
            registry.set(key, "DhcpIPAddress", Value(Kind.SZ, leased[0] if leased else NO_ADDRESS))
            registry.set(key, "DhcpSubnetMask", Value(Kind.SZ, "255.255.255.0"))
            registry.set(key, "DhcpServer", Value(Kind.SZ, "255.255.255.255"))
        if one.bound:
            bound.append(rf"\Device\{name}")
    registry.set(rf"{TCPIP}\Linkage", "Bind", Value(Kind.MULTI_SZ, (*bound, r"\Device\NdisWanIp")))
