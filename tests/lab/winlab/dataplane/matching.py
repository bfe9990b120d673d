# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which rule decides about a packet on one host: exemptions, matching, rank."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address

from ..ipsec.associations import AnyRule
from ..ipsec.connection import ConnectionRule, Treatment
from ..ipsec.packet import RSVP, TCP, UDP, Address, Packet
from ..ipsec.rule import Direction, Rule, is_ipv4
from ..store.model import Action, Side, SideKind
from . import connection_matching
from .inforce import InForce

_KERBEROS_PORT = 88
_IKE_PORT = 500
_NAT_TRAVERSAL_PORT = 4500
_GROUP_LEVELS = (0, 1)
_KERBEROS_LEVELS = (0, 2)


class Choice(StrEnum):
    """What a host does with a packet as far as its own rules go."""

    NOTHING = "no rule"
    PERMIT = "permit"
    BLOCK = "block"
    NEGOTIATE = "negotiate"
    TUNNEL = "tunnel"


@dataclass(frozen=True, slots=True)
class Decision:
    """The choice, the rule that made it and the direction of its filter that matched."""

    choice: Choice
    rule: AnyRule | None = None
    direction: Direction | None = None
    exempt: bool = False

    @property
    def clear(self) -> bool:
        """The packet goes as it is."""
        return self.choice in (Choice.NOTHING, Choice.PERMIT)

    @property
    def lets_clear_in(self) -> bool:
        """An unprotected packet that arrives is accepted."""
        if self.choice is not Choice.NEGOTIATE or self.rule is None:
            return self.clear
        if isinstance(self.rule, ConnectionRule):
            return self.rule.lets_clear_in
        return self.rule.inpass or self.rule.soft

    @property
    def requests(self) -> bool:
        """It goes in clear until a negotiation has succeeded."""
        return self.choice is Choice.NEGOTIATE and isinstance(self.rule, ConnectionRule) and self.rule.requests


def exempt(state: InForce, packet: Packet) -> bool:
    """Tell whether the host's filters leave a packet alone (KB 811832, 810207, 254728).

    [ledger: host-exempt-value, host-exempt-levels]
    """
    ports = (packet.source_port, packet.destination_port)
    if packet.protocol == UDP and (_IKE_PORT in ports or (state.modern and _NAT_TRAVERSAL_PORT in ports)):
        return True
    if state.exempt_level in _KERBEROS_LEVELS:
        if packet.protocol == RSVP:
            return True
        if packet.protocol in (TCP, UDP) and _KERBEROS_PORT in ports:
            return True
    return state.exempt_level in _GROUP_LEVELS and packet.to_group


def decide(state: InForce, packet: Packet) -> Decision:
    """Return what the rules in force on a host say about a packet that it sends or receives.

    A policy of the policy store is asked first, and connection security only about what it leaves alone.
    [ledger: cs-both-engines]
    """
    decision = _by_policy(state, packet)
    if decision.choice is not Choice.NOTHING or not state.connections.rules:
        return decision
    rule = connection_matching.choose(state.connections, packet, state.addresses)
    if rule is None:
        return decision
    choice = Choice.TUNNEL if rule.tunnel else Choice.NEGOTIATE
    if rule.treatment is Treatment.EXEMPT:
        choice = Choice.PERMIT
    return Decision(choice, rule, _narrowed(rule, packet, state.addresses))


def _narrowed(rule: ConnectionRule, packet: Packet, own: frozenset[Address]) -> Direction:
    """Return what a rule says about ports and protocol of a packet, in the direction of the packet."""
    sending = packet.source in own
    source, destination = (rule.local_ports, rule.remote_ports) if sending else (rule.remote_ports, rule.local_ports)
    anybody = Side(SideKind.ANY)
    return Direction(
        anybody,
        anybody,
        rule.protocol or 0,
        packet.source_port if source else 0,
        packet.destination_port if destination else 0,
    )


def _by_policy(state: InForce, packet: Packet) -> Decision:
    if exempt(state, packet):
        return Decision(Choice.NOTHING, exempt=True)
    best: tuple[tuple[int, int, int, int], Rule, Direction] | None = None
    for rule in state.rules:
        for direction in rule.directions:
            if matches(direction, packet, state.addresses):
                key = (*rank(direction), strictness(rule))
                if best is None or key > best[0]:
                    best = (key, rule, direction)
    if best is None:
        return Decision(Choice.NOTHING)
    _key, rule, direction = best
    return Decision(Choice.TUNNEL if rule.tunnel else _CHOICES[rule.action], rule, direction)


_CHOICES = {Action.PERMIT: Choice.PERMIT, Action.BLOCK: Choice.BLOCK, Action.NEGOTIATE: Choice.NEGOTIATE}


def matches(direction: Direction, packet: Packet, own: frozenset[Address]) -> bool:
    """Tell whether one direction of a filter matches a packet; `own` are the addresses that "me" stands for."""
    return (
        is_ipv4(direction) == isinstance(packet.source, IPv4Address)
        and _holds(direction.source, packet.source, own)
        and _holds(direction.destination, packet.destination, own)
        and direction.protocol in (0, packet.protocol)
        and direction.source_port in (0, packet.source_port)
        and direction.destination_port in (0, packet.destination_port)
    )


def _holds(side: Side, address: Address, own: frozenset[Address]) -> bool:
    if side.kind is SideKind.ANY:
        return True
    if side.kind is SideKind.ME:
        return address in own
    if side.first is None or side.first.version != address.version:
        return False
    first, number = int(side.first), int(address)
    if side.kind is SideKind.RANGE:
        return side.last is not None and first <= number <= int(side.last)
    mask = side.mask if address.version == 4 else (1 << 128) - (1 << (128 - side.mask))
    return side.kind is SideKind.ADDRESS and number & mask == first & mask


def rank(direction: Direction) -> tuple[int, int, int]:
    """Return how specific one direction of a filter is: addresses, protocol, ports. More is more specific."""
    bits = 32 if is_ipv4(direction) else 128
    addresses = _length(direction.source, bits) + _length(direction.destination, bits)
    ports = int(direction.source_port != 0) + int(direction.destination_port != 0)
    return addresses, int(direction.protocol != 0), ports


def _length(side: Side, bits: int) -> int:
    """Return the prefix length of one side, -1 for any."""
    if side.kind is SideKind.ANY:
        return -1
    if side.kind is SideKind.ADDRESS:
        return side.mask.bit_count() if bits == 32 else side.mask
    if side.kind is SideKind.RANGE and side.first is not None and side.last is not None:
        # The number of bits of count - 1 is the logarithm of the count, rounded up.
        return bits - (int(side.last) - int(side.first)).bit_length()
    return bits


def strictness(rule: Rule) -> int:
    """Return what decides between equally specific filters: more wins."""
    if rule.tunnel:
        return 3
    if rule.action is Action.BLOCK:
        return 4
    if rule.action is Action.PERMIT:
        return 0
    return 1 if rule.soft else 2
