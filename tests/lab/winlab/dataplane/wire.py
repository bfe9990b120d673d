# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wire between hosts: sends packets one after another and keeps what they set up on the hosts."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from ..host import Host
from .associations import MainModeAssociation, QuickModeAssociation, SoftAssociation, Traffic, Way
from .fate import Fate
from .hostfirewall import Filtering, Paths, obstacle, paths
from .inforce import Direction, InForce, Rule, in_force
from .judge import Bargain, Fallback, Judgement, assess, stopped
from .matching import Choice, decide
from .packet import Address, Network, Packet

FALLBACK_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a packet and its answer.

    `algorithms` is like `AH[SHA1]+ESP[3DES,SHA1]`, empty for clear text; `held_seconds` is how long the packet waited
    before it went on in clear.
    """

    fate: Fate
    sentence: str
    delivered: bool
    replied: bool
    algorithms: str = ""
    held_seconds: float = 0.0


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

    def send(self, packet: Packet) -> Delivery:
        """Send a packet and its answer.

        :raises ValueError: when one of the addresses belongs to no host, or both belong to the same one.
        """
        sender, receiver = self._ends(packet)
        between = paths(self.network, sender.host, receiver.host, packet, self.filtering)
        obstructed = obstacle(sender.host, receiver.host, packet, self.filtering)
        standing = _protected(sender, receiver, packet)
        if standing is not None:
            return _over(standing, sender, receiver, packet, between, obstructed)
        soft = _soft(sender, packet) or _soft(receiver, packet.reply())
        found = assess(sender.state, receiver.state, packet, between.silent() if soft else between)
        judgement = stopped(found, obstructed)
        for fallback in () if soft else judgement.fallbacks:
            _stand_soft(sender if fallback.by_sender else receiver, fallback)
        algorithms = ""
        if judgement.bargain is not None:
            algorithms = str(judgement.bargain.agreement.protection)
            _install(sender, receiver, judgement.bargain)
            # What came in clear before the negotiation does not count, its answer does.
            if judgement.delivered:
                _count(sender, receiver, packet.size, there=judgement.bargain.by_sender)
        waits = 0.0 if soft else FALLBACK_SECONDS * len(judgement.fallbacks)
        unchanged = soft and judgement is found
        sentence = "a soft association stands, so nobody negotiates" if unchanged else judgement.sentence
        return Delivery(judgement.fate, sentence, judgement.delivered, judgement.replied, algorithms, waits)

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
            default = end.state.default_response
            rules = (*end.state.rules, default) if default else end.state.rules
            end.host.associations.expire(end.host.clock.now(), rules if end.state.keying else ())
        _drop_widows(*ends)
        return ends


def _over(
    standing: QuickModeAssociation,
    sender: _End,
    receiver: _End,
    packet: Packet,
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
    if judgement.delivered:
        _count(sender, receiver, packet.size)
    return Delivery(judgement.fate, judgement.sentence, judgement.delivered, judgement.replied, str(protection))


def _protected(sender: _End, receiver: _End, packet: Packet) -> QuickModeAssociation | None:
    """Return the standing association that the sender puts a packet on, if both ends' rules still mean it."""
    out = sender.host.associations.quick(Way.OUT, sender.traffic)
    into = receiver.host.associations.quick(Way.IN, receiver.traffic)
    if out is None or into is None or out.spi != into.spi:
        return None
    meant = _meant(sender.state, packet, out.rule) and _meant(receiver.state, packet, into.rule)
    return out if meant else None


def _meant(state: InForce, packet: Packet, rule: Rule) -> bool:
    """Tell whether a rule still decides about a packet; the default response does where no other rule matches."""
    decision = decide(state, packet)
    if decision.choice is Choice.NOTHING:
        return not decision.exempt and state.default_response == rule
    return decision.choice is Choice.NEGOTIATE and decision.rule == rule


def _drop_widows(one: _End, other: _End) -> None:
    """Remove what the peer has lost: it says so in a delete notification (RFC 2408, 3.15)."""
    for here, there in ((one, other), (other, one)):
        mine, theirs = here.host.associations, there.host.associations
        spis, cookies = {each.spi for each in theirs.quick_mode}, {each.cookie for each in theirs.main_mode}
        peer = here.traffic.peer
        mine.quick_mode[:] = [each for each in mine.quick_mode if each.traffic.peer != peer or each.spi in spis]
        mine.main_mode[:] = [each for each in mine.main_mode if each.peer != peer or each.cookie in cookies]


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
    cookie, forward, backward = secrets.randbits(64), secrets.randbits(32), secrets.randbits(32)
    known = any(
        each.peer == responder.traffic.local and each.rule == bargain.initiator_rule
        for each in initiator.host.associations.main_mode
    )
    for end, rule, seen, spis in (
        (initiator, bargain.initiator_rule, traffic, {Way.OUT: forward, Way.IN: backward}),
        (responder, bargain.responder_rule, traffic.swapped(), {Way.IN: forward, Way.OUT: backward}),
    ):
        now, associations = end.host.clock.now(), end.host.associations
        if not known:
            associations.main_mode.append(
                MainModeAssociation(
                    cookie=cookie,
                    local=seen.local,
                    peer=seen.peer,
                    initiator=end is initiator,
                    method=agreement.method,
                    authentication=agreement.authentication,
                    created=now,
                    lifetime_seconds=agreement.main_lifetime,
                    rule=rule,
                )
            )
        for way, spi in spis.items():
            associations.quick_mode.append(
                QuickModeAssociation(
                    spi=spi,
                    way=way,
                    traffic=seen,
                    protection=agreement.protection,
                    pfs=agreement.pfs,
                    created=now,
                    lifetime_seconds=agreement.quick_lifetime,
                    rule=rule,
                )
            )


def _count(sender: _End, receiver: _End, size: int, *, there: bool = True) -> None:
    """Count the answer, and before it the packet on its way there, at both ends."""
    for from_end, to_end in ((sender, receiver), (receiver, sender)) if there else ((receiver, sender),):
        for end, way in ((from_end, Way.OUT), (to_end, Way.IN)):
            used = end.host.associations.quick(way, end.traffic)
            if used is not None:
                used.packets += 1
                used.bytes += size
