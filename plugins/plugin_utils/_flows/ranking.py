# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters as one host sees them: expanded, in both directions, ranked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .._common.packets import PROTOCOLS, Address, AddressRange, Place, ServerRole, family, has_ports
from .._policies.in_force import BoundRule
from .._policies.model import Filter, folded
from .._policies.words import ActionKind, ConnectionType
from .endpoint import Endpoint
from .partition import Side
from .space import ALL_ADDRESSES, ALL_PORTS, ALL_PROTOCOLS, Box

_BITS = {4: 32, 6: 128}
_ANY = -1
_PORT_PROTOCOLS: Side = ((PROTOCOLS["tcp"], PROTOCOLS["tcp"]), (PROTOCOLS["udp"], PROTOCOLS["udp"]))

Rank = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Extent:
    """What one side of a filter stands for: addresses, and how specific it is (bits; any is less than none)."""

    addresses: Side
    bits: int


@dataclass(frozen=True, slots=True)
class Directed:
    """One direction of an expanded filter. ``mirror`` tells that it is the direction that the filter implies."""

    box: Box
    rank: Rank
    bound: BoundRule
    filter: Filter
    mirror: bool

    @property
    def strictness(self) -> int:
        """What wins between equal ranks: block, tunnel, negotiate, negotiate with fallback, permit."""
        action = self.bound.action
        if self.bound.rule.tunnel_endpoint is not None:
            return 3
        if action.action is ActionKind.NEGOTIATE:
            return 1 if action.fallback_to_clear else 2
        return 4 if action.action is ActionKind.BLOCK else 0


def rank(source: Extent, destination: Extent, found: Filter) -> Rank:
    """Return how specific one direction of a filter is; the greater one wins.

    The only place that knows the order. Inference from "the most specific filter wins" (TechNet cc736792, cc753008;
    The Cable Guy, February 2005), not confirmed on Windows: addresses first (the sum of both sides in bits of
    prefix: a host, an address of Me and a server have all bits of the family, any has -1), then a protocol before
    none, then the number of ports.

    [ledger: packet-most-specific, packet-exact-ranking]
    """
    ports = (found.source_port != 0) + (found.destination_port != 0)
    return source.bits + destination.bits, int(found.protocol != 0), ports


def extents(address: Address, host: Endpoint, version: int) -> list[Extent]:
    """Return what an address of a filter stands for on a host in a family (4 or 6).

    A range counts as the longest prefix that has room for as many addresses.
    """
    bits = _BITS[version]
    if address is Place.ANY:
        return [Extent(ALL_ADDRESSES[version], _ANY)]
    if address is Place.ME:
        return [Extent(((int(one), int(one)),), bits) for one in host.hosts(version)]
    if isinstance(address, ServerRole):
        if address in host.met and not any(host.servers(address, each) for each in _BITS):
            return [Extent(ALL_ADDRESSES[version], bits)]
        return [Extent(((int(one), int(one)),), bits) for one in host.servers(address, version)]
    if family(address) != version:
        return []
    if isinstance(address, AddressRange):
        first, last = int(address.first), int(address.last)
        return [Extent(((first, last),), bits - (last - first).bit_length())]
    return [Extent(((int(address.network_address), int(address.broadcast_address)),), address.prefixlen)]


def expand(bound: BoundRule, found: Filter, host: Endpoint) -> Iterator[Directed]:
    """Yield every direction of a filter on a host.

    IPv6 only from Vista on (MS-GPIPSEC notes 8, 18-19), and only where the filter names an IPv6 address: words alone
    (Me, Any, server roles) are stored as IPv4 addresses and masks (MS-GPIPSEC 2.2.1.5.1). The range form could store
    words for both families; no such filter was ever seen, and it is read as IPv4 too, which predicts clear text. A
    guard does not rely on that.

    [ledger: data-words-are-ipv4, packet-words-ipv4-only]
    """
    named = {family(one) for one in (found.source, found.destination) if not isinstance(one, (Place, ServerRole))}
    spoken_of = named or ({4, 6} if host.words_in_ipv6 else {4})
    for version in (4, 6) if host.traits.ranges_and_ipv6 else (4,):
        if version not in spoken_of:
            continue
        for source in extents(found.source, host, version):
            for destination in extents(found.destination, host, version):
                box = Box(
                    version,
                    source.addresses,
                    destination.addresses,
                    _protocols(found),
                    _ports(found, found.destination_port),
                    _ports(found, found.source_port),
                )
                place = rank(source, destination, found)
                yield Directed(box, place, bound, found, False)
                if found.mirrored and box.reply != box:
                    yield Directed(box.reply, place, bound, found, True)


def _protocols(found: Filter) -> Side:
    if found.protocol:
        return ((found.protocol, found.protocol),)
    return _PORT_PROTOCOLS if found.source_port or found.destination_port else ALL_PROTOCOLS


def _ports(found: Filter, port: int) -> Side:
    ignored = found.protocol and not has_ports(found.protocol)
    return ((port, port),) if port and not ignored else ALL_PORTS


def ranked(host: Endpoint) -> tuple[Directed, ...]:
    """Return the directions of all filters in force on a host, the winner first.

    Hosts are taken to have LAN connections only: rules for dial-up never apply. Between equal ranks the stricter
    action wins (see :attr:`Directed.strictness`), then the name of the rule, so that the answer is stable; lint
    reports equal ranks whose actions differ.
    """
    policy = host.policy_in_force
    if policy is None:
        return ()
    found = [
        direction
        for bound in policy.rules
        if bound.rule.enabled and bound.rule.connection_type is not ConnectionType.DIALUP
        for item in bound.filters.filters
        for direction in expand(bound, item, host)
    ]
    found.sort(key=lambda one: folded(one.bound.rule.name))
    found.sort(key=lambda one: (one.rank, one.strictness), reverse=True)
    return tuple(found)
