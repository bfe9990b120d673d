# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the names of flows to pairs of hosts, in the words of the inventory."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network

from .._common.errors import IpsecError, shown
from .._common.packets import Network, parse_address
from .model import Flow, Host, Intent, IpAddress, Stranger

End = Host | Stranger


@dataclass(frozen=True, slots=True)
class Way:
    """One flow from one end to another; at least one of them is a host."""

    flow: Flow
    source: End
    destination: End


@dataclass
class Ends:
    """The ways of an intent, with the refusals that were met on the way: sentences.

    ``asking`` and ``answering`` are the names of hosts on the two sides of flows.
    """

    intent: Intent
    ways: list[Way] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    asking: set[str] = field(default_factory=set)
    answering: set[str] = field(default_factory=set)

    @cached_property
    def hosts(self) -> Mapping[str, Host]:
        """The hosts by their names."""
        return {host.name: host for host in self.intent.hosts}

    @cached_property
    def owners(self) -> Mapping[IpAddress, Host]:
        """The hosts by their addresses."""
        return {address: host for host in reversed(self.intent.hosts) for address in host.addresses}


def resolve(intent: Intent) -> Ends:
    """Return the ways between the ends of all flows: no host to itself, none twice."""
    ends = Ends(intent)
    known: dict[str, tuple[End, ...]] = {}
    for flow in intent.flows:
        sides = []
        for option, names in (("from", flow.sources), ("to", flow.destinations)):
            found: dict[End, None] = {}
            for name in names:
                if name not in known:
                    known[name] = tuple(_named(ends, flow, option, name))
                found |= dict.fromkeys(known[name])
            sides.append(found)
        for side, names_of_side in zip(sides, (ends.asking, ends.answering), strict=True):
            names_of_side.update(end.name for end in side if isinstance(end, Host))
        ways = [
            Way(flow, source, destination)
            for source in sides[0]
            for destination in sides[1]
            if source is not destination and _pair(flow, source, destination)
        ]
        if not ways and all(sides):
            site = ", of one site," if flow.same_site else ""
            ends.refusals.append(f"The flow {flow.name} has no two different hosts{site} between which it could go.")
        ends.ways += ways
    return ends


def _pair(flow: Flow, source: End, destination: End) -> bool:
    if not isinstance(source, Host) or not isinstance(destination, Host):
        return isinstance(source, Host) or isinstance(destination, Host)
    return not flow.same_site or source.site == destination.site


def _named(ends: Ends, flow: Flow, option: str, name: str) -> Iterator[End]:
    """Yield the ends that a name stands for; what it cannot stand for is a refusal."""
    where = f"The flow {flow.name} goes {option} {name}"
    groups = ends.intent.groups
    if name in groups:
        if not groups[name]:
            ends.refusals.append(f"{where}, a group of the inventory without any host.")
        for member in groups[name]:
            if member in ends.hosts:
                yield ends.hosts[member]
            else:
                ends.refusals.append(f"{where}; nothing is known of {member}, a host of this group. Name it in hosts.")
    elif name in ends.hosts:
        yield ends.hosts[name]
    else:
        yield from _address(ends, where, name)


def _address(ends: Ends, where: str, name: str) -> Iterator[End]:
    try:
        found = parse_address(name, "")
    except IpsecError:
        near = difflib.get_close_matches(name, [*ends.intent.groups, *ends.hosts], n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        groups = ", ".join(sorted(set(ends.intent.groups) - {"all", "ungrouped"})) or "none"
        ends.refusals.append(
            f"{where}, which is no group, no host and no address of this inventory.{hint} Its groups are: {groups}."
        )
        return
    if not isinstance(found, (IPv4Network, IPv6Network)):
        ends.refusals.append(f"{where}: {shown(name)} stands for no host. Give groups, hosts, addresses or networks.")
        return
    if found.prefixlen == found.max_prefixlen and (owner := ends.owners.get(found.network_address)):
        yield owner
        return
    inside = _inside(ends, found)
    if inside:
        ends.refusals.append(
            f"{where}, a network in which {', '.join(inside[:3])} of this inventory stand"
            f"{'s' if len(inside) == 1 else ''}. Name their group, and the rest of the network by its addresses."
        )
        return
    yield Stranger(name, found)


def _inside(ends: Ends, network: Network) -> list[str]:
    return sorted({host.name for address, host in ends.owners.items() if address in network})
