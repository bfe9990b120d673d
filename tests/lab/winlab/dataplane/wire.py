# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wire between hosts: sends packets one after another and keeps what they set up on the hosts.

[ledger: two-change-counts-for-new]
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from ..host import Host
from ..ipsec import trail
from ..ipsec.associations import AnyRule, MainModeAssociation, QuickModeAssociation, SoftAssociation, Traffic, Way
from ..ipsec.fate import Fate
from ..ipsec.packet import Address, Network, Packet
from ..ipsec.rule import Direction
from .hostfirewall import Filtering, Paths, obstacle, paths
from .inforce import InForce, in_force
from .judge import Attempt, Bargain, Fallback, Judgement, assess, repeated, stopped
from .matching import Choice, decide

FALLBACK_SECONDS = 3.0

# Fates of a packet that came as far as the receiver's filters.
_DROPPED_ON_ARRIVAL = (Fate.BLOCKED_THERE, Fate.ONE_SIDED_DROP)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a packet and its answer.

    `algorithms` is like `AH[SHA1]+ESP[3DES,SHA1]`, empty for clear text; `held_seconds` is how long the packet waited
    before it went on in clear. `arrived_in_clear` is about the packet itself, whatever protects its answer.
    """

    fate: Fate
    sentence: str
    delivered: bool
    replied: bool
    algorithms: str = ""
    held_seconds: float = 0.0
    arrived_in_clear: bool = False


@dataclass(frozen=True, slots=True)
class _End:
    """One host of a conversation, and the packet as that host sees it."""

    host: Host
    state: InForce
    traffic: Traffic


class Wire:
    """Hosts and the network between them. `network` and `filtering` may be replaced between two packets.

    :param filtering: how much the hosts' own firewalls filter.
    """

    def __init__(
        self, hosts: Iterable[Host], network: Network | None = None, *, filtering: Filtering = Filtering.IGNORED
    ) -> None:
        self._owners: dict[Address, Host] = {}
        for host in hosts:
            for address in host.addresses:
                if self._owners.setdefault(address, host) is not host:
                    raise ValueError(f"{address} belongs to {self._owners[address].name} and to {host.name}")
        self.network = network or Network()
        self.filtering = filtering

    def send(self, packet: Packet, answer: int | None = None) -> Delivery:
        """Send a packet and its answer. A size of 0 means that the one or the other is not sent but only judged.

        :param answer: bytes of the answer, as many as the packet has if it is not given.
        :raises ValueError: when one of the addresses belongs to no host, or both belong to the same one.
        """
        sizes = (packet.size, packet.size if answer is None else answer)
        sender, receiver = self._ends(packet)
        between = paths(self.network, sender.host, receiver.host, packet, self.filtering)
        standing = _protected(sender, receiver, packet)
        if standing is not None:
            obstructed = obstacle(sender.host, receiver.host, packet, self.filtering, standing.protection)
            return _over(standing, sender, receiver, sizes, between, obstructed)
        soft = _soft(sender, packet) or _soft(receiver, packet.reply())
        found = assess(sender.state, receiver.state, packet, between.silent() if soft else between)
        found = repeated(found, sender.host, receiver.host, packet, self.filtering)
        obstructed = obstacle(sender.host, receiver.host, packet, self.filtering, found.protection)
        judgement = stopped(found, obstructed)
        for fallback in () if soft else judgement.fallbacks:
            _stand_soft(sender if fallback.by_sender else receiver, fallback)
        for attempt in () if soft else judgement.attempts:
            _note_failure(sender, receiver, attempt)
        algorithms = ""
        bargain = judgement.bargain
        if bargain is not None:
            algorithms = str(bargain.agreement.protection)
            _install(sender, receiver, bargain)
        # What came in clear before the receiver asked for a negotiation stays clear, its answer does not.
        early, early_answer = judgement.clear_first
        protected = (
            bargain is not None and bargain.by_sender and not early,
            bargain is not None and not early_answer,
        )
        _carry(sender, receiver, judgement, sizes, protected)
        dropped = not judgement.delivered and judgement.fate in _DROPPED_ON_ARRIVAL
        if dropped and obstructed is None and sizes[0]:
            receiver.host.counters.inbound_packets_received += 1
            receiver.host.counters.inbound_packets_dropped += 1
        waits = 0.0 if soft else FALLBACK_SECONDS * len(judgement.fallbacks)
        unchanged = soft and judgement is found
        sentence = "a soft association stands, so nobody negotiates" if unchanged else judgement.sentence
        clear = judgement.delivered and not protected[0]
        return Delivery(judgement.fate, sentence, judgement.delivered, judgement.replied, algorithms, waits, clear)

    def _ends(self, packet: Packet) -> tuple[_End, _End]:
        """Return both ends, with nothing left there of what has ended by now."""
        for address in (packet.source, packet.destination):
            if address not in self._owners:
                raise ValueError(f"{address} belongs to no host")
        one, other = self._owners[packet.source], self._owners[packet.destination]
        if one is other:
            raise ValueError(f"{packet.source} and {packet.destination} are the same host")
        ports = (packet.source_port, packet.destination_port)
        traffic = Traffic(packet.source, packet.destination, packet.protocol, *ports)
        ends = _End(one, in_force(one), traffic), _End(other, in_force(other), traffic.swapped())
        for end in ends:
            refresh(end.host, end.state)
        _drop_widows(*ends)
        return ends


def refresh(host: Host, state: InForce | None = None) -> None:
    """Remove the associations that have ended by now: too old, or the rule behind them is gone."""
    if host.live is not None:
        host.live()
        return
    state = state or in_force(host)
    trail.ended(host, host.associations.expire(state.time, state.keyed_rules))


def _over(
    standing: QuickModeAssociation,
    sender: _End,
    receiver: _End,
    sizes: tuple[int, int],
    between: Paths,
    obstructed: tuple[Fate, str] | None,
) -> Delivery:
    """Send over an association that stands."""
    protection, network = standing.protection, between.there
    if protection.passes(network):
        found = Judgement(protection.fate, f"protected by {protection}, standing", True, True)
    else:
        found = Judgement(Fate.NO_ANSWER, f"{protection.dropper(network)} drops {protection}")
    judgement = stopped(found, obstructed)
    _carry(sender, receiver, judgement, sizes, (True, True))
    return Delivery(judgement.fate, judgement.sentence, judgement.delivered, judgement.replied, str(protection))


def _protected(sender: _End, receiver: _End, packet: Packet) -> QuickModeAssociation | None:
    """Return the standing association that the sender puts a packet on, if both ends' rules still mean it."""
    out = sender.host.associations.quick(Way.OUT, sender.traffic)
    into = receiver.host.associations.quick(Way.IN, receiver.traffic)
    if out is None or into is None or out.spi != into.spi:
        return None
    meant = _meant(sender.state, packet, out.rule) and _meant(receiver.state, packet, into.rule)
    return out if meant else None


def _meant(state: InForce, packet: Packet, rule: AnyRule) -> bool:
    """Tell whether a rule still decides about a packet; the default response does where no other rule matches."""
    decision = decide(state, packet)
    if decision.choice is Choice.NOTHING:
        return not decision.exempt and state.default_response == rule
    return decision.choice is Choice.NEGOTIATE and decision.rule == rule


def _drop_widows(one: _End, other: _End) -> None:
    """Remove what the peer has lost: it says so in a delete notification (RFC 2408, 3.15)."""
    for here, there in ((one, other), (other, one)):
        ended = here.host.associations.drop_widows(here.traffic.peer, there.host.associations)
        trail.ended(here.host, ended)


def _soft(end: _End, packet: Packet) -> bool:
    """Tell whether an end has given up on negotiating for a packet that it would send."""
    found = (each for each in end.host.associations.soft if each.traffic.covers(end.traffic))
    return any(_meant(end.state, packet, each.rule) for each in found)


def _leaving(end: _End, direction: Direction) -> Traffic:
    """Return the traffic of a filter direction that leaves an end, narrowed to the two addresses."""
    ports = (direction.source_port, direction.destination_port)
    return Traffic(end.traffic.local, end.traffic.peer, direction.protocol, *ports)


def _stand_soft(end: _End, fallback: Fallback) -> None:
    traffic = _leaving(end, fallback.direction)
    end.host.associations.soft.append(SoftAssociation(traffic, end.host.clock.now(), fallback.rule))


def _install(sender: _End, receiver: _End, bargain: Bargain) -> None:
    """Write both ends' records of a negotiation; a main mode that stands already serves again."""
    initiator, responder = (sender, receiver) if bargain.by_sender else (receiver, sender)
    agreement, traffic = bargain.agreement, _leaving(initiator, bargain.direction)
    pair, forward, backward = (secrets.randbits(32) for _number in range(3))
    known = (
        each.cookie
        for each in initiator.host.associations.main_mode
        if each.peer == responder.traffic.local and each.rule == bargain.initiator_rule
    )
    standing = next(known, None)
    cookie = secrets.randbits(64) if standing is None else standing
    for end, rule, seen, spis in (
        (initiator, bargain.initiator_rule, traffic, {Way.OUT: forward, Way.IN: backward}),
        (responder, bargain.responder_rule, traffic.swapped(), {Way.IN: forward, Way.OUT: backward}),
    ):
        now, associations = end.host.clock.now(), end.host.associations
        if standing is None:
            main = MainModeAssociation(
                cookie=cookie,
                local=seen.local,
                peer=seen.peer,
                initiator=end is initiator,
                method=agreement.method,
                authentication=agreement.authentication,
                created=now,
                lifetime_seconds=agreement.main_lifetime,
                rule=rule,
                module=agreement.module,
                second=agreement.second,
            )
            associations.main_mode.append(main)
            trail.main_mode(end.host, main)
        for way, spi in spis.items():
            associations.quick_mode.append(
                QuickModeAssociation(
                    spi=spi,
                    main=cookie,
                    pair=pair,
                    way=way,
                    traffic=seen,
                    protection=agreement.protection,
                    pfs=agreement.pfs,
                    created=now,
                    lifetime_seconds=agreement.quick_lifetime,
                    rule=rule,
                )
            )
        trail.quick_mode(end.host, *associations.quick_mode[-2:], initiator=end is initiator)


def _note_failure(sender: _End, receiver: _End, attempt: Attempt) -> None:
    """Tell both ends of a failed negotiation; a peer that did not answer knows of nothing."""
    initiator, responder = (sender, receiver) if attempt.by_sender else (receiver, sender)
    trail.failed(initiator.host, initiator.traffic, attempt.fate, attempt.sentence, initiator=True)
    if attempt.fate is not Fate.NO_ANSWER:
        trail.failed(responder.host, responder.traffic, attempt.fate, attempt.sentence, initiator=False)


def _carry(
    sender: _End, receiver: _End, judgement: Judgement, sizes: tuple[int, int], protected: tuple[bool, bool]
) -> None:
    """Count what arrived: the packet and its answer, each with its bytes, in an association or in clear."""
    if judgement.delivered and sizes[0]:
        _count(sender, receiver, sizes[0], protected[0])
    if judgement.replied and sizes[1]:
        _count(receiver, sender, sizes[1], protected[1])


def _count(from_end: _End, to_end: _End, size: int, protected: bool) -> None:
    there = to_end.host.counters
    there.inbound_packets_received += 1
    if not protected:
        there.plaintext_packets_received += 1
        return
    from_end.host.counters.bytes_sent += size
    there.bytes_received += size
    for end, way in ((from_end, Way.OUT), (to_end, Way.IN)):
        used = end.host.associations.quick(way, end.traffic)
        if used is not None:
            used.packets += 1
            used.bytes += size
