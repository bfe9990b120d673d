# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two ends: what becomes of a packet from one host to another, as the first of a conversation, and of its reply.

Read from documents (the table of words after the Windows 2000 Resource Kit, "Filter Actions"; KB 914841), to be
confirmed on Windows:

* The sender's block of the packet or of its reply ends it here.
* A sender that neither negotiates nor blocks sends in clear. The receiver may pass that, block it, or want IPsec: if
  it takes a first packet in clear, its reply starts the negotiation from its side, and only a default response rule
  answers that; a receiver with fallback replies in clear to silence.
* A sender that negotiates holds the packet. The peer answers IKE when its rules negotiate for the packet and for the
  reply, or when nothing matches either and its default response rule works. Silence: fallback, if the peer passes the
  clear packet and its reply. An answer without anything in common: no fallback, except with the update of KB 914841.
* A host that negotiates in one direction of a flow and not in the other has a filter without its mirror.
* Groups and broadcast get no reply and cannot be negotiated for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ..errors import IpsecError
from .endpoint import Endpoint
from .negotiation import Agreement, Disagreement, negotiate, terms
from .partition import Sides, split
from .semantics import Decision, DecisionKind, View, is_group, lets_clear_in
from .space import Box, Packet, Space
from .words import Verdict, verdict


class OutcomeKind(StrEnum):
    """The classes of outcomes."""

    CLEAR = "clear"
    PERMIT = "permit"
    BLOCKED_HERE = "blocked_here"
    BLOCKED_THERE = "blocked_there"
    ESP = "esp"
    AH = "ah"
    AH_ESP = "ah_esp"
    SOFT_CLEAR = "soft_clear"
    NO_ANSWER = "no_answer"
    AUTH_MISMATCH = "auth_mismatch"
    MM_PROPOSAL_MISMATCH = "mm_proposal_mismatch"
    QM_PROPOSAL_MISMATCH = "qm_proposal_mismatch"
    FILTER_NOT_MIRRORED = "filter_not_mirrored"
    ONE_SIDED_DROP = "one_sided_drop"
    TUNNEL = "tunnel"


_MISMATCHES = {
    Disagreement.MAIN_MODE: OutcomeKind.MM_PROPOSAL_MISMATCH,
    Disagreement.AUTHENTICATION: OutcomeKind.AUTH_MISMATCH,
    Disagreement.QUICK_MODE: OutcomeKind.QM_PROPOSAL_MISMATCH,
}
SECURED = frozenset({OutcomeKind.ESP, OutcomeKind.AH, OutcomeKind.AH_ESP})
# The packet and its reply arrive, protected or not.
PASSING = SECURED | {OutcomeKind.CLEAR, OutcomeKind.PERMIT, OutcomeKind.SOFT_CLEAR}
# They arrive in clear text.
PASSING_IN_CLEAR = PASSING - SECURED


@dataclass(frozen=True, slots=True)
class Network:
    """What the network between two hosts lets pass: IKE (UDP 500 and 4500), ESP (protocol 50), AH (protocol 51)."""

    ike: bool = True
    esp: bool = True
    ah: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a packet: its class, each side's deciding part, what both agree on, and why, in one sentence."""

    kind: OutcomeKind
    here: Verdict
    there: Verdict
    why: str
    agreement: Agreement | None = None

    def to_data(self) -> dict[str, object]:
        """Return plain data."""
        return {
            "outcome": self.kind.value,
            "why": self.why,
            "here": self.here.to_data(),
            "there": self.there.to_data(),
            "agreement": str(self.agreement) if self.agreement else "",
        }


Region = tuple[Space, Outcome]


@dataclass(frozen=True, slots=True)
class _Side:
    """A host's decisions about a packet and its reply."""

    view: View
    packet: Decision
    reply: Decision

    @property
    def one_way(self) -> bool:
        kinds = [self.packet.kind, self.reply.kind]
        return kinds.count(DecisionKind.NEGOTIATE) == 1 and (self.packet.in_clear or self.reply.in_clear)

    @property
    def in_clear(self) -> bool:
        return self.packet.in_clear and self.reply.in_clear

    @property
    def falls_back(self) -> bool:
        return bool(self.packet.action and self.packet.action.fallback_to_clear)

    @property
    def answers(self) -> bool:
        """Whether IKE about this flow is answered."""
        kinds = {self.packet.kind, self.reply.kind}
        by_default = kinds == {DecisionKind.NO_MATCH} and self.view.responds_by_default
        return kinds == {DecisionKind.NEGOTIATE} or by_default

    def blocks(self) -> Decision | None:
        return next((one for one in (self.packet, self.reply) if one.kind is DecisionKind.BLOCK), None)

    def turned(self) -> _Side:
        return _Side(self.view, self.reply, self.packet)


class Pair:
    """Two hosts and the network between them, worked out once for many questions about packets from ``a`` to ``b``."""

    def __init__(self, a: Endpoint, b: Endpoint, network: Network | None = None) -> None:
        self.a, self.b = View(a), View(b)
        self.network = network or Network()

    def fate(self, packet: Packet) -> Outcome:
        """Return what becomes of one packet; IpsecError when it does not go from ``a`` to ``b``."""
        here, there = self.a.host, self.b.host
        if not any(packet in box for box in between(here, there)) and not is_group(packet):
            expected = f"a packet from {here.name} to {there.name}"
            raise IpsecError("packet", str(packet), expected, "Use addresses that these hosts have.")
        # A group never sends: there is no reply to judge.
        reply = packet if is_group(packet) else packet.reply
        a = _Side(self.a, self.a.decide(packet), self.a.decide(reply))
        b = _Side(self.b, self.b.decide(packet), self.b.decide(reply))
        if is_group(packet) and DecisionKind.NEGOTIATE in (a.packet.kind, b.packet.kind):
            return _outcome(OutcomeKind.NO_ANSWER, a, b, "nobody negotiates for a group address")
        return self._judge(a, b)

    def regions(self, within: Space | None = None) -> tuple[Region, ...]:
        """Return the packets from ``a`` to ``b`` (those in ``within``), divided by outcome; regions are disjoint.

        Addresses of groups and broadcast are not part of networks; given as addresses of an end they are taken for
        hosts. Growth: see :mod:`.partition`; 500 rules a side take about a second.
        """
        domain = between(self.a.host, self.b.host)
        if within is not None:
            domain = list((Space(tuple(domain)) & within).boxes)
        found: dict[Outcome, list[Box]] = {}
        for box in domain:
            for sides, outcome in self._cells(box):
                found.setdefault(outcome, []).append(Box(box.family, *sides))
        return tuple((Space(tuple(boxes)), outcome) for outcome, boxes in found.items())

    def _cells(self, domain: Box) -> Iterable[tuple[Sides, Outcome]]:
        memo: dict[tuple[int | None, ...], Outcome] = {}
        forward_a, numbers_a = self.a.candidates(domain.family)
        back_a, _ = self.a.candidates(domain.family, replies=True)
        forward_b, numbers_b = self.b.candidates(domain.family)
        back_b, _ = self.b.candidates(domain.family, replies=True)
        for sides, first in split((forward_a, back_a, forward_b, back_b), domain.sides):
            known = memo.get(first)
            if known is None:
                a = _Side(self.a, *(self.a.decision(_at(numbers_a, one)) for one in first[:2]))
                b = _Side(self.b, *(self.b.decision(_at(numbers_b, one)) for one in first[2:]))
                known = memo[first] = self._judge(a, b)
            yield sides, known

    def _judge(self, a: _Side, b: _Side) -> Outcome:
        blocking = a.blocks()
        if blocking is not None:
            detail = "the sender drops " + ("it" if blocking is a.packet else "the reply")
            return _outcome(OutcomeKind.BLOCKED_HERE, a if blocking is a.packet else a.turned(), b, detail)
        kinds = {a.packet.kind, a.reply.kind, b.packet.kind, b.reply.kind}
        if DecisionKind.TUNNEL in kinds:
            return _outcome(OutcomeKind.TUNNEL, _tunnelled(a), _tunnelled(b), "tunnels are not judged here")
        blocking = b.blocks()
        if blocking is not None and a.in_clear:
            detail = "the receiver drops " + ("it" if blocking is b.packet else "the reply")
            return _outcome(OutcomeKind.BLOCKED_THERE, a, b if blocking is b.packet else b.turned(), detail)
        one_way = next((side for side in (a, b) if side.one_way), None)
        if one_way is not None:
            # The verdict of that host shows the direction that it negotiates for.
            a, b = (side.turned() if side is one_way and side.packet.in_clear else side for side in (a, b))
            detail = f"{one_way.view.host.name} negotiates in one direction only"
            return _outcome(OutcomeKind.FILTER_NOT_MIRRORED, a, b, detail)
        return self._from_clear(a, b) if a.in_clear else self._from_negotiation(a, b)

    def _from_clear(self, a: _Side, b: _Side) -> Outcome:
        """The sender sends in clear, and takes replies in clear."""
        if b.in_clear:
            for one, other in ((a, b), (a.turned(), b.turned())):
                if DecisionKind.PERMIT in (one.packet.kind, other.packet.kind):
                    return _outcome(OutcomeKind.PERMIT, one, other, "it passes in clear by a rule")
            return _outcome(OutcomeKind.CLEAR, a, b, "it passes in clear, no rule takes part")
        if b.packet.action is None or not lets_clear_in(b.packet.action):
            return _outcome(OutcomeKind.ONE_SIDED_DROP, a, b, "the receiver drops what comes in clear")
        back = b.turned()
        if self.network.ike and a.answers:
            return self._agree(back, a.turned(), a, b)
        if back.falls_back:
            return _outcome(OutcomeKind.SOFT_CLEAR, a, b, "the receiver gets no answer to IKE and replies in clear")
        return _outcome(OutcomeKind.ONE_SIDED_DROP, a, b, "the receiver holds its reply, IKE gets no answer")

    def _from_negotiation(self, a: _Side, b: _Side) -> Outcome:
        if self.network.ike and b.answers:
            return self._agree(a, b, a, b)
        silence = "IKE gets no answer" if self.network.ike else "the network stops IKE"
        if not a.falls_back:
            return _outcome(OutcomeKind.NO_ANSWER, a, b, silence)
        if not _passes_clear(b):
            return _outcome(OutcomeKind.NO_ANSWER, a, b, f"{silence}, and the receiver stops clear text too")
        return _outcome(OutcomeKind.SOFT_CLEAR, a, b, f"{silence}, the sender falls back to clear")

    def _agree(self, initiator: _Side, responder: _Side, a: _Side, b: _Side) -> Outcome:
        """Negotiate; the initiator may be either end."""
        found = negotiate(terms(initiator.view, initiator.packet), terms(responder.view, responder.packet))
        if isinstance(found, Disagreement):
            soft = initiator.falls_back and initiator.view.host.fallback_on_mismatch
            if soft and (responder.in_clear or (_passes_clear(b) and b.view.host.fallback_on_mismatch)):
                why = f"nothing in common ({found.value}), {initiator.view.host.name} falls back (KB 914841)"
                return _outcome(OutcomeKind.SOFT_CLEAR, a, b, why)
            why = f"{found.value.replace('_', ' ')} finds nothing that both ends have"
            return _outcome(_MISMATCHES[found], a, b, why)
        ah, esp = found.ah_integrity is not None, found.esp_encryption is not None or found.esp_integrity is not None
        for used, passes, name in ((ah, self.network.ah, "AH"), (esp, self.network.esp, "ESP")):
            if used and not passes:
                return _outcome(OutcomeKind.NO_ANSWER, a, b, f"both agree, but the network stops {name}")
        kind = OutcomeKind.AH_ESP if ah and esp else OutcomeKind.AH if ah else OutcomeKind.ESP
        return _outcome(kind, a, b, f"both agree on {found}", found)


def _at(numbers: list[int], index: int | None) -> int | None:
    return None if index is None else numbers[index]


def _tunnelled(side: _Side) -> _Side:
    """Return the side with its tunnel in front, so that its verdict shows it."""
    return side.turned() if side.packet.kind is not side.reply.kind is DecisionKind.TUNNEL else side


def _passes_clear(receiver: _Side) -> bool:
    """Whether a clear packet after a failed negotiation, and the clear reply, get through at the receiver.

    Its own negotiation of the reply fails like the sender's did: it must fall back as well.
    """
    if receiver.in_clear:
        return True
    action = receiver.packet.action
    kinds = {receiver.packet.kind, receiver.reply.kind}
    lets_in = kinds == {DecisionKind.NEGOTIATE} and action is not None and lets_clear_in(action)
    return lets_in and receiver.turned().falls_back


def _outcome(kind: OutcomeKind, a: _Side, b: _Side, detail: str, agreement: Agreement | None = None) -> Outcome:
    here, there = verdict(a.view, a.packet), verdict(b.view, b.packet)
    return Outcome(kind, here, there, f"{here}; {there}: {detail}.", agreement)


def between(a: Endpoint, b: Endpoint) -> list[Box]:
    """Return all packets from ``a`` to ``b``, at most one box a family."""
    boxes = (Box(family, a.where(family), b.where(family)) for family in (4, 6))
    return [box for box in boxes if box.size]


def fate(a: Endpoint, b: Endpoint, packet: Packet, network: Network | None = None) -> Outcome:
    """Return what becomes of one packet from ``a`` to ``b`` and of its reply."""
    return Pair(a, b, network).fate(packet)


def analyse(a: Endpoint, b: Endpoint, network: Network | None = None) -> tuple[Region, ...]:
    """Return all packets from ``a`` to ``b``, divided exactly by outcome: disjoint regions that cover everything."""
    return Pair(a, b, network).regions()
