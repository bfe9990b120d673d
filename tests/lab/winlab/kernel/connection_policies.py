# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What connection security rules are as policies of the Linux kernel (XFRM).

Narrowed to the own addresses and ordered as `dataplane.connection_matching` has it. Who requests leaves in clear until
an association stands: that is what an optional template does, and the kernel asks for one meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, summarize_address_range
from itertools import product

from ..consec.settings import DHCP, ICMP
from ..dataplane.inforce import InForce
from ..ipsec.connection import ConnectionRule, KeyModule, Offered, Span, Spans, Treatment, longest
from ..ipsec.packet import UDP
from .policies import (
    EVERYWHERE,
    EXEMPT_PRIORITY,
    FIRST_PRIORITY,
    MOST_PREFIXES,
    STEP,
    Best,
    Candidate,
    Negotiated,
    Policies,
    Policy,
    Selector,
    Template,
    in_order,
    keep,
    of_one_protocol,
)

_MOST_PORTS = 64
_DHCP_PORTS = (67, 68)
_ICMP = 1


def compile_connection_policies(state: InForce) -> Policies:
    """Return the policies for the connection security rules in force on a host."""
    refused: dict[str, None] = {}
    notes: dict[str, None] = {}
    best: Best[ConnectionRule] = {}
    for order, rule in enumerate(state.connections.rules):
        try:
            found = list(_narrowed(rule, state))
        except ValueError as bad:
            refused[f"rule {rule.name}: {bad}"] = None
            continue
        if rule.treatment is not Treatment.EXEMPT and (left := offered(rule.offers)[2]):
            notes[f"rule {rule.name}: its offers of {left} are not made"] = None
        for addresses, ports, selector in found:
            key = (addresses, int(rule.protocol is not None), ports, int(rule.treatment))
            for way, one in (("out", selector), ("in", selector.swapped())):
                keep(best, Candidate(key, order, way, one, rule))
    policies, negotiated = _numbered(in_order(best))
    return Policies((*_exemptions(state), *policies), tuple(negotiated), tuple(refused), tuple(notes))


def _narrowed(rule: ConnectionRule, state: InForce) -> Iterator[tuple[int, int, Selector]]:
    """Yield what leaves under a rule: the rank of its addresses and of its ports, and the selector.

    :raises ValueError: for a rule that cannot be said in selectors.
    """
    if rule.tunnel:
        raise ValueError("tunnels are not translated")
    if rule.treatment is not Treatment.EXEMPT and not offered(rule.offers)[1]:
        raise ValueError("it offers nothing that can be made")
    local_ports, remote_ports = _ports(rule.local_ports), _ports(rule.remote_ports)
    ports = bool(rule.local_ports) + bool(rule.remote_ports)
    own = [each for each in sorted(state.addresses) if isinstance(each, IPv4Address)]
    for address in own:
        here = longest(rule.local, address)
        if here is None:
            continue
        for there, network in _networks(rule.remote):
            if network.prefixlen == 32 and network.network_address in own:
                continue
            for source, destination in product(local_ports, remote_ports):
                what = Selector(IPv4Network(address), network, rule.protocol or 0, source, destination)
                yield here + there, ports, what


def _ports(spans: tuple[tuple[int, int], ...]) -> list[int]:
    """Return ports one by one, 0 for any."""
    found = [port for first, last in spans for port in range(first, last + 1)]
    if len(found) > _MOST_PORTS:
        raise ValueError(f"{len(found)} ports")
    return found or [0]


def _networks(spans: Spans) -> Iterator[tuple[int, IPv4Network]]:
    """Yield the addresses of the other end as networks, each with the length that it ranks by."""
    if spans is None:
        yield -1, EVERYWHERE
        return
    for span in spans:
        for network in _prefixes(span):
            yield span.length, network


def _prefixes(span: Span) -> tuple[IPv4Network, ...]:
    if not isinstance(span.first, IPv4Address) or not isinstance(span.last, IPv4Address):
        raise ValueError("IPv6 is not translated")
    found = tuple(summarize_address_range(span.first, span.last))
    if len(found) > MOST_PREFIXES:
        raise ValueError(f"{span.first}-{span.last} takes {len(found)} prefixes")
    return found


def offered(offers: Iterable[Offered]) -> tuple[str, tuple[Offered, ...], str]:
    """Return the protocol of offers, those that are made with it, and what is left out, in words."""
    return of_one_protocol(offers, lambda each: each.protection)


def _numbered(ordered: list[Candidate[ConnectionRule]]) -> tuple[list[Policy], list[Negotiated]]:
    """Give every candidate its priority, and all traffic that is negotiated for its number."""
    policies: list[Policy] = []
    negotiated: list[Negotiated] = []
    numbers: dict[tuple[str, Selector], int] = {}
    for place, one in enumerate(ordered):
        priority = FIRST_PRIORITY + place * STEP
        if one.rule.treatment is Treatment.EXEMPT:
            policies.append(Policy(one.way, one.selector, priority))
            continue
        leaving = one.selector if one.way == "out" else one.selector.swapped()
        reqid = numbers.setdefault((one.rule.key, leaving), len(numbers) + 1)
        optional = one.rule.requests if one.way == "out" else one.rule.lets_clear_in
        kind = offered(one.rule.offers)[0]
        policies.append(Policy(one.way, one.selector, priority, template=Template(kind, reqid, optional)))
        if one.way == "out":
            negotiated.append(Negotiated(reqid, one.rule, kind, leaving, priority))
    return policies, negotiated


def _exemptions(state: InForce) -> list[Policy]:
    """Return the default exemptions. IKE needs none: the daemon's sockets are exempt."""
    kinds = [(_ICMP, 0, 0)] if state.connections.exemptions & ICMP else []
    if state.connections.exemptions & DHCP:
        kinds += [(UDP, one, other) for one, other in product(_DHCP_PORTS, _DHCP_PORTS)]
    return [
        Policy(way, Selector(EVERYWHERE, EVERYWHERE, *kind), EXEMPT_PRIORITY + place * STEP)
        for way in ("out", "in")
        for place, kind in enumerate(kinds)
    ]


def versions(modules: Iterable[KeyModule]) -> tuple[int, ...]:
    """Return the versions of IKE that stand for key modules; AuthIP is stood in for by version 1."""
    return tuple(dict.fromkeys(2 if each is KeyModule.IKE_V2 else 1 for each in modules))
