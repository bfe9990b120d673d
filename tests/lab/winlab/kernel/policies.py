# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host's rules are as policies of the Linux kernel (XFRM).

A host is no router: what leaves has one of its own addresses as its source, what arrives as its destination. So every
direction of a filter is narrowed to the own addresses before it becomes a policy, and of two that say the same then,
the one that Windows would ask first is left: the kernel takes no two policies with one selector.

The order is that of `dataplane.matching`, written as priorities. Between two neighbours there is room for one more
policy: the one that lets pass in clear what a rule held and then gave up on.

[ledger: packet-held-while-asked]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, summarize_address_range
from typing import Generic, TypeVar

from ..dataplane.inforce import InForce
from ..dataplane.matching import rank, strictness
from ..dataplane.terms import protection
from ..ipsec.associations import AnyRule
from ..ipsec.packet import RSVP, TCP, UDP
from ..ipsec.protection import Protection
from ..ipsec.rule import Direction, Rule, is_ipv4
from ..store.model import SERVER_KINDS, Action, Offer, Side, SideKind

Asking = TypeVar("Asking")
Made = TypeVar("Made")

EVERYWHERE = IPv4Network("0.0.0.0/0")
SOFT_LIFE = 300
FIRST_PRIORITY = 10_000
EXEMPT_PRIORITY = 1_000
STEP = 10
_SOFT_BEFORE = 5
MOST_PREFIXES = 64
_PORTS = (TCP, UDP)
_KERBEROS_PORT = 88
_KERBEROS_LEVELS = (0, 2)


@dataclass(frozen=True, slots=True, order=True)
class Selector:
    """What a policy is about; protocol and ports 0 stand for any."""

    source: IPv4Network
    destination: IPv4Network
    protocol: int = 0
    source_port: int = 0
    destination_port: int = 0

    def swapped(self) -> Selector:
        """Return what comes back."""
        return Selector(self.destination, self.source, self.protocol, self.destination_port, self.source_port)

    def words(self) -> str:
        """Return it as `ip xfrm` takes it."""
        text = f"src {self.source} dst {self.destination}"
        if self.protocol:
            text += f" proto {self.protocol}"
        for word, port in (("sport", self.source_port), ("dport", self.destination_port)):
            text += f" {word} {port}" if port else ""
        return text


@dataclass(frozen=True, slots=True)
class Template:
    """What protects: `esp` or `ah`, the number that ties it to its associations, and whether it may be missing."""

    protocol: str
    reqid: int
    optional: bool


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy of the kernel. `way` is `in` or `out`; without a template it allows, unless it blocks."""

    way: str
    selector: Selector
    priority: int
    block: bool = False
    template: Template | None = None

    def words(self, verb: str = "add") -> str:
        """Return the line for `ip -batch`."""
        text = f"xfrm policy {verb} {self.selector.words()} dir {self.way} priority {self.priority}"
        text += f" action {'block' if self.block else 'allow'}"
        if self.template is not None:
            level = "use" if self.template.optional else "required"
            text += f" tmpl proto {self.template.protocol} reqid {self.template.reqid} mode transport level {level}"
        return text


@dataclass(frozen=True, slots=True)
class Negotiated:
    """Traffic of one filter that a rule protects, as it leaves the host: what associations are asked for."""

    reqid: int
    rule: AnyRule
    protocol: str
    traffic: Selector
    priority: int


@dataclass(frozen=True, slots=True)
class Policies:
    """All policies of a host, what they negotiate for, what cannot be said in them, and what is said with less."""

    policies: tuple[Policy, ...]
    negotiated: tuple[Negotiated, ...]
    refused: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Candidate(Generic[Asking]):
    """What a rule asks for one selector; of several the one with the greatest `key` is asked first."""

    key: tuple[int, int, int, int]
    order: int
    way: str
    selector: Selector
    rule: Asking


Best = dict[tuple[str, Selector], Candidate[Asking]]
"""The first to be asked, by way and selector: the kernel takes no two policies with one selector."""


def keep(best: Best[Asking], one: Candidate[Asking]) -> None:
    """Add a candidate, unless one with its way and selector comes before it."""
    other = best.get((one.way, one.selector))
    if other is None or one.key > other.key:
        best[one.way, one.selector] = one


def in_order(best: Best[Asking]) -> list[Candidate[Asking]]:
    """Return the candidates in the order in which they are asked."""
    return sorted(best.values(), key=lambda each: (tuple(-part for part in each.key), each.order))


def compile_policies(state: InForce) -> Policies:
    """Return the policies for what is in force on a host."""
    refused: dict[str, None] = {}
    notes: dict[str, None] = {}
    best: Best[Rule] = {}
    order = 0
    for rule in state.rules:
        problem = _problem(rule)
        if problem:
            refused[f"rule {rule.name or rule.key}: {problem}"] = None
            continue
        if rule.action is Action.NEGOTIATE and (left := offered(rule.offers)[2]):
            notes[f"rule {rule.name or rule.key}: its offers of {left} are not made"] = None
        for direction in rule.directions:
            order += 1
            try:
                narrowed = list(_narrowed(direction, state))
            except ValueError as bad:
                refused[f"rule {rule.name or rule.key}: {bad}"] = None
                continue
            for way, selector in narrowed:
                keep(best, Candidate((*rank(direction), strictness(rule)), order, way, selector, rule))
    for connection in state.connections.rules:
        refused[f"rule {connection.name}: connection security beside a policy of the policy store"] = None
    policies, negotiated = _numbered(in_order(best))
    return Policies((*_exemptions(state), *policies), tuple(negotiated), tuple(refused), tuple(notes))


def clear_policies(one: Negotiated) -> list[str]:
    """Return the lines that let pass in clear what a rule gave up on; {own} and {peer} stand for the addresses.

    They need a mark of their own, or the kernel would take them for the policies that hold.
    """
    ports = (one.traffic.source_port, one.traffic.destination_port)
    lines = []
    for way, ends, (first, second) in (("out", ("{own}", "{peer}"), ports), ("in", ("{peer}", "{own}"), ports[::-1])):
        text = f"xfrm policy update src {ends[0]}/32 dst {ends[1]}/32"
        text += f" proto {one.traffic.protocol}" if one.traffic.protocol else ""
        text += f" sport {first}" if first else ""
        text += f" dport {second}" if second else ""
        text += f" dir {way} mark 0 mask 0x80000000 priority {one.priority - _SOFT_BEFORE} action allow"
        lines.append(f"{text} limit time-hard {SOFT_LIFE}")
    return lines


def _problem(rule: Rule) -> str:
    """Return why the kernel cannot do what a rule says, empty if it can."""
    if rule.tunnel:
        return "tunnels are not translated"
    if rule.action is not Action.NEGOTIATE or offered(rule.offers)[1]:
        return ""
    return "it offers nothing but AH and ESP together" if rule.offers else "it negotiates and offers nothing"


def offered(offers: Iterable[Offer]) -> tuple[str, tuple[Offer, ...], str]:
    """Return the protocol of offers, those that are made with it, and what is left out, in words."""
    return of_one_protocol(offers, protection)


def of_one_protocol(
    offers: Iterable[Made], proposed: Callable[[Made], Protection]
) -> tuple[str, tuple[Made, ...], str]:
    """Return the protocol of offers, `esp` or `ah`, those that are made with it, and what is left out, in words.

    A policy of the kernel names its protocol, so the first offer decides; strongSwan negotiates no AH and ESP together.
    """
    kept: list[Made] = []
    left: dict[str, None] = {}
    kind = ""
    for each in offers:
        one = proposed(each)
        both = one.ah_integrity is not None and one.esp_cipher is not None
        word = "ah+esp" if both else "ah" if one.ah_integrity is not None else "esp"
        kind = kind or (word if not both else "")
        if word == kind:
            kept.append(each)
        else:
            left[word.upper().replace("+", " and ")] = None
    return kind, tuple(kept), ", ".join(left)


def _narrowed(direction: Direction, state: InForce) -> Iterable[tuple[str, Selector]]:
    """Yield the policies of one direction of a filter: way and selector.

    :raises ValueError: for a filter that cannot be said in selectors.
    """
    if not is_ipv4(direction):
        raise ValueError("IPv6 is not translated")
    if {direction.source.kind, direction.destination.kind} & set(SERVER_KINDS):
        return
    if (direction.source_port or direction.destination_port) and direction.protocol not in _PORTS:
        raise ValueError(f"ports with protocol {direction.protocol}")
    own = [each for each in sorted(state.addresses) if isinstance(each, IPv4Address)]
    ports = (direction.protocol, direction.source_port, direction.destination_port)
    sources, destinations = _networks(direction.source), _networks(direction.destination)
    hosts = [IPv4Network(each) for each in own]
    for address, host in zip(own, hosts, strict=True):
        # What a host sends to itself does not leave it.
        if _holds(sources, address) and destinations is not None:
            for far in destinations:
                if far not in hosts:
                    yield "out", Selector(host, far, *ports)
        if _holds(destinations, address) and sources is not None:
            for far in sources:
                if far not in hosts:
                    yield "in", Selector(far, host, *ports)


def _holds(networks: tuple[IPv4Network, ...] | None, address: IPv4Address) -> bool:
    return networks is None or any(address in each for each in networks)


def _networks(side: Side) -> tuple[IPv4Network, ...] | None:
    """Return a side as networks, None for the host itself."""
    if side.kind is SideKind.ANY:
        return (EVERYWHERE,)
    if side.kind is SideKind.ME:
        return None
    if not isinstance(side.first, IPv4Address):
        raise ValueError("IPv6 is not translated")
    if side.kind is SideKind.RANGE:
        if not isinstance(side.last, IPv4Address) or side.last < side.first:
            raise ValueError(f"no range: {side.first}-{side.last}")
        found = tuple(summarize_address_range(side.first, side.last))
        if len(found) > MOST_PREFIXES:
            raise ValueError(f"{side.first}-{side.last} takes {len(found)} prefixes")
        return found
    length = side.mask.bit_count()
    if side.mask != (0xFFFFFFFF << (32 - length)) & 0xFFFFFFFF:
        raise ValueError(f"the mask {IPv4Address(side.mask)} has holes")
    return (IPv4Network((int(side.first) & side.mask, length)),)


def _numbered(ordered: list[Candidate[Rule]]) -> tuple[list[Policy], list[Negotiated]]:
    """Give every candidate its priority, and every filter that negotiates its number."""
    policies: list[Policy] = []
    negotiated: list[Negotiated] = []
    numbers: dict[tuple[str, Selector], int] = {}
    for place, one in enumerate(ordered):
        priority = FIRST_PRIORITY + place * STEP
        if one.rule.action is not Action.NEGOTIATE:
            policies.append(Policy(one.way, one.selector, priority, one.rule.action is Action.BLOCK))
            continue
        leaving = one.selector if one.way == "out" else one.selector.swapped()
        reqid = numbers.setdefault((one.rule.key, leaving), len(numbers) + 1)
        kind = offered(one.rule.offers)[0]
        optional = one.way == "in" and (one.rule.inpass or one.rule.soft)
        policies.append(Policy(one.way, one.selector, priority, template=Template(kind, reqid, optional)))
        if one.way == "out":
            negotiated.append(Negotiated(reqid, one.rule, kind, leaving, priority))
    return policies, negotiated


def _exemptions(state: InForce) -> list[Policy]:
    """Return what the filters of a host leave alone by its level. IKE needs none: the daemon's sockets are exempt.

    Groups need none either: nothing in this network sends to one.
    """
    if not state.rules or state.exempt_level not in _KERBEROS_LEVELS:
        return []
    kinds = [(RSVP, 0, 0)]
    for protocol in _PORTS:
        kinds += [(protocol, _KERBEROS_PORT, 0), (protocol, 0, _KERBEROS_PORT)]
    return [
        Policy(way, Selector(EVERYWHERE, EVERYWHERE, *kind), EXEMPT_PRIORITY + place * STEP)
        for way in ("out", "in")
        for place, kind in enumerate(kinds)
    ]
