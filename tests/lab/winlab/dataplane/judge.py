# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fate of a conversation between two hosts, from its first packet, without history.

All functions here are pure. What is inference is listed in the docstring of the package.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..host import Host
from .fate import SENTENCES, Fate
from .inforce import Direction, InForce, Rule, in_force
from .matching import Choice, Decision, decide
from .negotiation import Agreement, negotiate
from .packet import Network, Packet


@dataclass(frozen=True, slots=True)
class Bargain:
    """A negotiation that succeeded: who asked, under which rules, and for the traffic of which filter direction.

    `direction` is that of the initiator's filter as it leaves the initiator.
    """

    by_sender: bool
    agreement: Agreement
    initiator_rule: Rule
    responder_rule: Rule
    direction: Direction


@dataclass(frozen=True, slots=True)
class Fallback:
    """One end gave up on IKE and went on in clear text under a rule; `direction` leaves that end."""

    by_sender: bool
    rule: Rule
    direction: Direction


@dataclass(frozen=True, slots=True)
class Judgement:
    """A fate with what led to it: did the packet arrive, did the answer, what was set up on the way."""

    fate: Fate
    sentence: str
    delivered: bool = False
    replied: bool = False
    bargain: Bargain | None = None
    fallbacks: tuple[Fallback, ...] = ()


def judge(host_a: Host, host_b: Host, packet: Packet, network: Network | None = None) -> Fate:
    """Return the fate of a packet from A to B and of its answer, if nothing was ever sent before."""
    return assess(in_force(host_a), in_force(host_b), packet, network or Network()).fate


def assess(sender: InForce, receiver: InForce, packet: Packet, network: Network) -> Judgement:
    """Like `judge`, on what is in force at both ends, and with the circumstances."""
    out = decide(sender, packet)
    match out.choice:
        case Choice.TUNNEL:
            return _plain(Fate.TUNNEL)
        case Choice.BLOCK:
            return Judgement(Fate.BLOCKED_HERE, "a rule of the sender blocks the packet")
        case Choice.NEGOTIATE:
            return _held(sender, receiver, out, packet, network)
        case _:
            return _sent_clear(sender, receiver, out, packet, network)


def _plain(fate: Fate, *, delivered: bool = False) -> Judgement:
    return Judgement(fate, SENTENCES[fate], delivered)


def _held(sender: InForce, receiver: InForce, out: Decision, packet: Packet, network: Network) -> Judgement:
    """The sender holds the packet until IKE has come to an end."""
    if out.rule is None or out.direction is None:
        raise ValueError("a negotiating decision has a rule")
    if not sender.keying:
        return Judgement(Fate.NO_ANSWER, "the sender's keying module does not run, its rule holds the packet")
    arriving = decide(receiver, packet)
    if arriving.choice is Choice.TUNNEL:
        return _plain(Fate.TUNNEL)
    if arriving.choice is Choice.BLOCK:
        return Judgement(Fate.BLOCKED_THERE, "a rule of the receiver blocks the packet")
    answering = _answering_rule(receiver, arriving) if network.ike else None
    if answering is not None:
        agreed = negotiate(sender, out.rule, receiver, answering)
        if isinstance(agreed, Fate):
            return _plain(agreed)
        ends = [decide(sender, packet.reply())]
        if arriving.choice is Choice.NEGOTIATE:
            ends.append(decide(receiver, packet.reply()))
        return _secured(Bargain(True, agreed, out.rule, answering, out.direction), network, ends)
    silence = "the network drops IKE" if not network.ike else "the receiver does not answer IKE"
    if not out.rule.soft:
        return Judgement(Fate.NO_ANSWER, f"{silence}, and the rule does not fall back to clear text")
    if not arriving.lets_clear_in:
        return Judgement(Fate.NO_ANSWER, f"{silence}, and the receiver drops the clear packet that follows")
    reply = _reply(sender, receiver, packet, network)
    if reply.fate is Fate.TUNNEL:
        return reply
    if not reply.replied:
        return Judgement(Fate.NO_ANSWER, f"{silence}, and nothing comes back for the clear packet", delivered=True)
    fallbacks = (Fallback(True, out.rule, out.direction), *reply.fallbacks)
    return Judgement(Fate.SOFT_CLEAR, f"{silence}: clear text", True, True, fallbacks=fallbacks)


def _sent_clear(sender: InForce, receiver: InForce, out: Decision, packet: Packet, network: Network) -> Judgement:
    """The sender sends the packet as it is."""
    arriving = decide(receiver, packet)
    if arriving.choice is Choice.TUNNEL:
        return _plain(Fate.TUNNEL)
    if arriving.choice is Choice.BLOCK:
        return Judgement(Fate.BLOCKED_THERE, "a rule of the receiver blocks the packet")
    if not arriving.lets_clear_in:
        return Judgement(Fate.ONE_SIDED_DROP, "the receiver accepts protected packets only")
    reply = _reply(sender, receiver, packet, network)
    if reply.fate is Fate.TUNNEL:
        return reply
    if arriving.clear:
        permitted = Choice.PERMIT in (out.choice, arriving.choice)
        back = "comes back" if reply.replied else "does not come back"
        sentence = f"a rule permits it; the answer {back}" if permitted else f"no rule minds; the answer {back}"
        return Judgement(Fate.PERMIT if permitted else Fate.CLEAR, sentence, True, reply.replied)
    if reply.fate is Fate.CLEAR and out.choice is Choice.PERMIT:
        return replace(reply, fate=Fate.PERMIT)
    return reply


def _reply(sender: InForce, receiver: InForce, packet: Packet, network: Network) -> Judgement:
    """Return how the receiver's answer to a packet that arrived in clear gets back."""
    reply = packet.reply()
    back, arriving = decide(receiver, reply), decide(sender, reply)
    if Choice.TUNNEL in (back.choice, arriving.choice):
        return _plain(Fate.TUNNEL, delivered=True)
    if back.choice is Choice.BLOCK:
        return Judgement(Fate.BLOCKED_THERE, "a rule of the receiver blocks the answer", delivered=True)
    if back.clear:
        fate = Fate.PERMIT if back.choice is Choice.PERMIT else Fate.CLEAR
        return Judgement(fate, "the answer is clear text", True, arriving.lets_clear_in)
    if back.rule is None or back.direction is None:
        raise ValueError("a negotiating decision has a rule")
    if not receiver.keying:
        return Judgement(
            Fate.ONE_SIDED_DROP, "the receiver's keying module does not run, its rule holds the answer", True
        )
    answering = _answering_rule(sender, arriving) if network.ike else None
    if answering is not None:
        agreed = negotiate(receiver, back.rule, sender, answering)
        if isinstance(agreed, Fate):
            return _plain(agreed, delivered=True)
        ends = [decide(receiver, packet)]
        if arriving.choice is Choice.NEGOTIATE:
            ends.append(decide(sender, packet))
        bargain = Bargain(False, agreed, back.rule, answering, back.direction)
        return replace(_secured(bargain, network, ends), delivered=True)
    if back.rule.soft and arriving.lets_clear_in:
        fallback = Fallback(False, back.rule, back.direction)
        return Judgement(
            Fate.SOFT_CLEAR, "the sender does not answer IKE: clear text", True, True, fallbacks=(fallback,)
        )
    return Judgement(Fate.ONE_SIDED_DROP, "the packet got in, but its answer must be protected", delivered=True)


def _answering_rule(host: InForce, arriving: Decision) -> Rule | None:
    """Return the rule under which a host answers IKE for a flow, None if it keeps silent."""
    if not host.keying:
        return None
    if arriving.choice is Choice.NEGOTIATE:
        return arriving.rule
    return host.default_response if arriving.choice is Choice.NOTHING else None


def _secured(bargain: Bargain, network: Network, opposite: list[Decision]) -> Judgement:
    """Return what an agreement is worth; `opposite`: the other direction at each end that has a rule of its own."""
    protection = bargain.agreement.protection
    if not protection.passes(network):
        return Judgement(Fate.NO_ANSWER, f"agreed on {protection}, which the network drops")
    if any(each.choice is Choice.TUNNEL for each in opposite):
        return _plain(Fate.TUNNEL)
    if any(each.choice is not Choice.NEGOTIATE for each in opposite):
        return _plain(Fate.FILTER_NOT_MIRRORED)
    return Judgement(protection.fate, f"protected by {protection}", True, True, bargain)
