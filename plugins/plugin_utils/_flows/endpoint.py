# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One end of a conversation: addresses, the policy in force and the facts that decide how it is applied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from .._common.errors import IpsecError
from .._common.packets import AddressRange, ServerRole
from .._common.traits import TODAY, Traits
from .._policies.in_force import InForce
from .connection_model import Connections
from .partition import Interval, Side, side, without
from .space import IpAddress

Addresses = IPv4Address | IPv6Address | IPv4Network | IPv6Network | AddressRange

EXEMPTION_LEVELS = range(4)
# Groups and the broadcast address belong to no host.
MULTICAST: dict[int, Side] = {4: ((0xE0000000, 0xEFFFFFFF),), 6: ((0xFF << 120, 2**128 - 1),)}
BROADCAST: dict[int, Side] = {4: ((0xFFFFFFFF, 0xFFFFFFFF),), 6: ()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A host, or a set of hosts without policy (networks and ranges in ``addresses``).

    ``exemption_level`` is the value NoDefaultExempt, None for the default of the host. ``services_running``: the
    policy agent works; without it no policy is in force (start-up and fail-safe states are not modelled).
    ``key_exchange_running``: IKEEXT works, which is a service of its own from Vista on; without it rules that
    negotiate hold packets and nobody answers IKE.
    ``fallback_on_mismatch``: the host has the update of KB 914841, which also falls back when IKE answers and
    nothing is in common. ``dns`` to ``gateway`` are what the server roles of filters stand for on this host.
    A guard is ``cautious``: it asks for every reading of what is not known (:mod:`.lockout`). In one of them the
    filters of server roles without addresses stand for anybody if the role is in ``met``, else for nobody, and filters
    of words alone mean IPv6 as well with ``words_in_ipv6``.
    ``excluded`` are addresses that networks in ``addresses`` do not stand for.
    ``connections`` are the connection security rules in force, for which ``subnets`` are what ``localsubnet`` stands
    for. A host with rules and a policy in force is judged only with ``both_engines``.

    [ledger: packet-fallback-update, packet-server-roles-unknown]
    """

    name: str
    addresses: tuple[Addresses, ...]
    policy: InForce | None = None
    traits: Traits = TODAY
    exemption_level: int | None = None
    services_running: bool = True
    key_exchange_running: bool = True
    fallback_on_mismatch: bool = False
    dns: tuple[IpAddress, ...] = ()
    wins: tuple[IpAddress, ...] = ()
    dhcp: tuple[IpAddress, ...] = ()
    gateway: tuple[IpAddress, ...] = ()
    cautious: bool = False
    met: frozenset[ServerRole] = frozenset()
    words_in_ipv6: bool = False
    excluded: tuple[Addresses, ...] = ()
    connections: Connections | None = None
    subnets: tuple[Addresses, ...] = ()
    both_engines: bool = False

    def __post_init__(self) -> None:
        if not self.addresses:
            raise IpsecError(f"{self.name}.addresses", [], "at least one address", "Give the addresses of the host.")
        if self.exemption_level is not None and self.exemption_level not in EXEMPTION_LEVELS:
            path = f"{self.name}.exemption_level"
            raise IpsecError(path, self.exemption_level, "0, 1, 2 or 3", "Give the value of NoDefaultExempt.")
        if (self.policy is not None or self.connections is not None) and not all(
            isinstance(one, (IPv4Address, IPv6Address)) for one in self.addresses
        ):
            expected = "single addresses, since the host has a policy or rules"
            shown = ", ".join(map(str, self.addresses))
            raise IpsecError(f"{self.name}.addresses", shown, expected, "Give one endpoint for each host.")

    @property
    def policy_in_force(self) -> InForce | None:
        """The policy that acts on packets; None without the policy agent. [ledger: force-no-agent-no-policy]"""
        return self.policy if self.services_running else None

    @property
    def rules_in_force(self) -> Connections | None:
        """The connection security rules that act on packets, None for none."""
        return self.connections if self.connections is not None and self.connections.rules else None

    def meant(self, word: str) -> tuple[str, ...] | None:
        """Return the addresses that a word of connection security stands for, None where they are not known."""
        known: dict[str, tuple[Addresses, ...]] = {
            "localsubnet": self.subnets,
            "dns": self.dns,
            "dhcp": self.dhcp,
            "wins": self.wins,
            "defaultgateway": self.gateway,
        }
        return tuple(map(str, known[word])) or None

    @property
    def level(self) -> int:
        """The exemption level in use."""
        return self.traits.exemption_level if self.exemption_level is None else self.exemption_level

    def hosts(self, family: int) -> tuple[IpAddress, ...]:
        """Return the single addresses of a family."""
        return tuple(
            one for one in self.addresses if isinstance(one, (IPv4Address, IPv6Address)) and one.version == family
        )

    def servers(self, role: ServerRole, family: int) -> tuple[IpAddress, ...]:
        """Return what a server role stands for on this host."""
        known = {
            ServerRole.DNS: self.dns,
            ServerRole.WINS: self.wins,
            ServerRole.DHCP: self.dhcp,
            ServerRole.GATEWAY: self.gateway,
        }
        return tuple(one for one in known[role] if one.version == family)

    def where(self, family: int) -> Side:
        """Return the addresses of a family as integers; networks without groups and broadcast."""
        single = side([(int(one), int(one)) for one in self.hosts(family)])
        wide = side(list(bounds(self.addresses, family)))
        wide = without(without(wide, MULTICAST[family]), BROADCAST[family])
        wide = without(wide, side(list(bounds(self.excluded, family))))
        return side([*single, *wide])


def bounds(addresses: Iterable[Addresses], family: int) -> Iterator[Interval]:
    """Yield the first and the last of the addresses of a family that each stands for, as integers."""
    for one in addresses:
        if isinstance(one, AddressRange):
            if one.first.version == family:
                yield int(one.first), int(one.last)
        elif one.version == family:
            if isinstance(one, (IPv4Network, IPv6Network)):
                yield int(one.network_address), int(one.broadcast_address)
            else:
                yield int(one), int(one)
