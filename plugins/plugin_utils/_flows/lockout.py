# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Flows that must never stop: found before a policy is changed, with the packet that would no longer pass.

The peers are taken to have no policy: a controller, a DNS server or a domain controller in clear text, as they must
be reachable when IPsec fails.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import combinations

from .._common.packets import Place, ServerRole
from .._policies.in_force import InForce
from .connection_model import Connections
from .endpoint import Addresses, Endpoint
from .outcome import PASSING_IN_CLEAR, Outcome, OutcomeKind
from .pair import Pair
from .partition import Side, side
from .space import Packet, Space
from .traffic import Traffic, parse_traffic
from .words import Verdict

# What a host does that takes a packet in clear by accept_unsecured or by fallback alone.
_NEGOTIATING = ("Request", "Require")


class FlowDirection(StrEnum):
    """Who begins: the peer (``inbound``) or the host that gets the policy (``outbound``)."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


@dataclass(frozen=True, slots=True)
class CriticalFlow:
    """A flow that must pass in clear between the host and peers without policy."""

    name: str
    peers: tuple[Addresses, ...]
    direction: FlowDirection
    traffic: Traffic


@dataclass(frozen=True, slots=True)
class Lockout:
    """A critical flow that stops, with a packet of it and what becomes of that."""

    flow: CriticalFlow
    packet: Packet
    outcome: Outcome

    def __str__(self) -> str:
        return f"{self.flow.name} would stop: {self.packet} is {self.outcome.kind.value}. {self.outcome.why}"

    def to_data(self) -> dict[str, object]:
        """Return plain data."""
        return {"flow": self.flow.name, "packet": str(self.packet), **self.outcome.to_data()}


def management(controllers: Iterable[Addresses], ports: Iterable[int]) -> CriticalFlow:
    """Return the flow by which hosts are managed: TCP from the controllers to the ports really in use."""
    text = "tcp/" + ",".join(map(str, ports))
    return CriticalFlow("management", tuple(controllers), FlowDirection.INBOUND, parse_traffic(text, "management"))


def name_service(servers: Iterable[Addresses]) -> CriticalFlow:
    """Return the flow to DNS servers."""
    return CriticalFlow("dns", tuple(servers), FlowDirection.OUTBOUND, parse_traffic("tcp+udp/53", "dns"))


def domain_controllers(servers: Iterable[Addresses]) -> CriticalFlow:
    """Return the flow to domain controllers: Kerberos and LDAP, without which no IPsec by Kerberos starts."""
    traffic = parse_traffic("tcp+udp/88,389", "domain_controllers")
    return CriticalFlow("domain controllers", tuple(servers), FlowDirection.OUTBOUND, traffic)


def leases(servers: Iterable[Addresses]) -> CriticalFlow:
    """Return the flow by which leases of addresses are renewed: DHCP, from port 68 to port 67 of its servers."""
    return CriticalFlow("dhcp", tuple(servers), FlowDirection.OUTBOUND, parse_traffic("udp/67", "dhcp", "68"))


def some_passes(policy: InForce, host: Endpoint, flow: CriticalFlow) -> bool:
    """Tell whether any packet of a flow may pass in clear under a policy; the policy of ``host`` is not looked at."""
    return any(_passing(each, flow) for each in _readings(host, policy))


def peers_that_pass(policy: InForce, host: Endpoint, flow: CriticalFlow) -> dict[int, Side]:
    """Return the peers of which some packet of an inbound flow may pass in clear under a policy, by address family.

    Worked out for all of them at once: a busy host has thousands of connections.
    """
    boxes = [box for each in _readings(host, policy) for part, _was in _passing(each, flow) for box in part.boxes]
    return {family: side([one for box in boxes if box.family == family for one in box.source]) for family in (4, 6)}


def _passing(host: Endpoint, flow: CriticalFlow) -> tuple[tuple[Space, Outcome], ...]:
    """Return the packets of a flow that may pass in clear: what is in doubt counts, since they may be in use."""
    regions = _pair(host, flow).regions(flow.traffic.space())
    return tuple((part, outcome) for part, outcome in regions if outcome.kind in PASSING_IN_CLEAR)


def _space(parts: Iterable[Space]) -> Space:
    return Space(tuple(box for part in parts for box in part.boxes))


def find_lockouts(
    before: InForce | None, after: InForce | None, host: Endpoint, flows: Iterable[CriticalFlow]
) -> tuple[Lockout, ...]:
    """Return every critical flow of which some packet passes in clear under ``before`` and not under ``after``.

    Under None, no policy or none that acts, everything passes. ``host`` gives addresses, version, exemption level,
    services and servers; its policy is not looked at. Exact: a flow that is not returned keeps every packet.
    Falling back counts as passing ``before``. ``after`` it does so for a first packet from outside only where the rule
    also has accept_unsecured, since it is not confirmed that fallback alone lets it in, or where the same filter asked
    for the same before.

    [ledger: packet-fallback-takes-clear-in]
    """
    pairs = [
        (None if before is None else replace(reading, policy=before), replace(reading, policy=after))
        for reading in _readings(host, before, after)
    ]
    return tuple(found for flow in flows if (found := _first(pairs, flow)) is not None)


def find_rule_lockouts(
    before: Connections | None, after: Connections | None, host: Endpoint, flows: Iterable[CriticalFlow]
) -> tuple[Lockout, ...]:
    """Return every critical flow of which some packet may pass in clear under rules before and may not after.

    ``before`` and ``after`` are connection security rules. What is not known never counts as passing after, unless the
    same was not known before for the same reason.
    """
    ends = [replace(host, policy=None, connections=rules) for rules in (before, after)]
    found = (_rule_lockout(ends[0], ends[1], flow) for flow in flows)
    return tuple(each for each in found if each is not None)


def _rule_lockout(old: Endpoint, new: Endpoint, flow: CriticalFlow) -> Lockout | None:
    traffic = flow.traffic.space()
    stopped = [(part, now) for part, now in _pair(new, flow).regions(traffic) if not _passes(now, flow)]
    had = _pair(old, flow).regions(traffic) if stopped else ()
    for part, now in stopped:
        for space, was in had:
            known = was.kind in PASSING_IN_CLEAR
            in_doubt = was.kind is OutcomeKind.UNKNOWN and (now.kind, now.why) != (was.kind, was.why)
            packet = (part & space).example() if known or in_doubt else None
            if packet is not None:
                return Lockout(flow, packet, now)
    return None


def _readings(host: Endpoint, *policies: InForce | None) -> Iterator[Endpoint]:
    """Yield a host, with the first of the policies, in every way in which what is not known of it can be meant.

    Who a server is, and whether words mean IPv6, does not change with a policy: before and after are compared in one
    reading. A filter that is met may stop a packet, or take it in clear where the filter behind it would not.
    """
    host = replace(host, policy=policies[0])
    rules = [bound for policy in policies if policy is not None for bound in policy.rules] if host.cautious else []
    sides = {(one.source, one.destination) for bound in rules for one in bound.filters.filters}
    roles = {each for pair in sides for each in pair if isinstance(each, ServerRole)}
    unknown = sorted(role for role in roles if not any(host.servers(role, family) for family in (4, 6)))
    words = bool(host.hosts(6)) and any(all(isinstance(each, (Place, ServerRole)) for each in pair) for pair in sides)
    for number in range(len(unknown) + 1):
        for met in combinations(unknown, number):
            for in_ipv6 in (False, True) if words else (False,):
                yield replace(host, met=frozenset(met), words_in_ipv6=in_ipv6)


def _first(pairs: Iterable[tuple[Endpoint | None, Endpoint]], flow: CriticalFlow) -> Lockout | None:
    return next((found for old, new in pairs if (found := _lockout(old, new, flow)) is not None), None)


def _lockout(old: Endpoint | None, new: Endpoint, flow: CriticalFlow) -> Lockout | None:
    regions = _pair(new, flow).regions(flow.traffic.space())
    stopped = [(space, outcome) for space, outcome in regions if not _passes(outcome, flow)]
    passed = _passing(old, flow) if old is not None and stopped else ()
    for space, outcome in stopped:
        if old is not None:
            space &= _space(part for part, was in passed if not _same_doubt(was, outcome, flow))
        packet = space.example()
        if packet is not None:
            return Lockout(flow, packet, outcome)
    return None


def _same_doubt(was: Outcome, now: Outcome, flow: CriticalFlow) -> bool:
    """Tell whether it hangs on the same fallback, under the same filter, whether a packet passes.

    Whatever Windows does with it, it did before.
    """
    if now.kind not in PASSING_IN_CLEAR or _passes(was, flow):
        return False
    return was.kind is now.kind and _what_decides(was, flow) == _what_decides(now, flow)


def _what_decides(outcome: Outcome, flow: CriticalFlow) -> tuple[object, ...]:
    mine = _mine(outcome, flow)
    return mine.word, mine.mirror, mine.filter and mine.filter.selector


def _pair(host: Endpoint, flow: CriticalFlow) -> Pair:
    own = tuple(one for family in (4, 6) for one in host.hosts(family))
    peer = Endpoint(name=f"{flow.name} peer", addresses=flow.peers, excluded=own)
    return Pair(peer, host) if flow.direction is FlowDirection.INBOUND else Pair(host, peer)


def _passes(outcome: Outcome, flow: CriticalFlow) -> bool:
    if outcome.kind not in PASSING_IN_CLEAR:
        return False
    if flow.direction is FlowDirection.OUTBOUND and outcome.kind is OutcomeKind.SOFT_CLEAR:
        return True
    mine = _mine(outcome, flow)
    return mine.accepts_clear or mine.word not in _NEGOTIATING


def _mine(outcome: Outcome, flow: CriticalFlow) -> Verdict:
    return outcome.there if flow.direction is FlowDirection.INBOUND else outcome.here
