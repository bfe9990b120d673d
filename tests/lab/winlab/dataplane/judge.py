# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fate of a conversation between two hosts, from its first packet, without history.

All functions here are pure. What is inference is listed in the docstring of the package.

[ledger: two-no-fallback-after-answer, two-soft-outlives]
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeGuard

from ..host import Host
from ..ipsec.associations import AnyRule
from ..ipsec.connection import ConnectionRule
from ..ipsec.fate import SENTENCES, Fate
from ..ipsec.packet import Network, Packet
from ..ipsec.protection import Protection
from ..ipsec.rule import Direction, Rule
from .hostfirewall import Filtering, Paths, obstacle, paths
from .inforce import InForce, in_force
from .matching import Choice, Decision, decide
from .negotiation import Agreement, Refusal, negotiate


@dataclass(frozen=True, slots=True)
class Bargain:
    """A negotiation that succeeded: who asked, under which rules, and for the traffic of which filter direction.

    `direction` is that of the initiator's filter as it leaves the initiator.
    """

    by_sender: bool
    agreement: Agreement
    initiator_rule: AnyRule
    responder_rule: AnyRule
    direction: Direction


@dataclass(frozen=True, slots=True)
class Fallback:
    """One end gave up on IKE and went on in clear text under a rule; `direction` leaves that end."""

    by_sender: bool
    rule: Rule
    direction: Direction


@dataclass(frozen=True, slots=True)
class Attempt:
    """A negotiation that came to nothing: who asked, under which rule, what the end of it was."""

    by_sender: bool
    rule: AnyRule
    fate: Fate
    sentence: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """A fate with what led to it: did the packet arrive, did the answer, what was set up or tried on the way.

    `clear_first`: an association comes about, but the packet itself, or its answer, goes in clear before it stands.
    """

    fate: Fate
    sentence: str
    delivered: bool = False
    replied: bool = False
    bargain: Bargain | None = None
    fallbacks: tuple[Fallback, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    clear_first: tuple[bool, bool] = (False, False)

    @property
    def protection(self) -> Protection | None:
        """What the packet itself travels in. Of a request that is what it travels in once it is repeated."""
        return self.bargain.agreement.protection if self.bargain and self.bargain.by_sender else None


def judge(
    host_a: Host,
    host_b: Host,
    packet: Packet,
    network: Network | None = None,
    *,
    filtering: Filtering = Filtering.IGNORED,
) -> Fate:
    """Return the fate of a packet from A to B and of its answer, if nothing was ever sent before.

    :param filtering: how much the hosts' own firewalls filter.
    """
    return weigh(host_a, host_b, packet, network, filtering=filtering).fate


def weigh(
    host_a: Host,
    host_b: Host,
    packet: Packet,
    network: Network | None = None,
    *,
    filtering: Filtering = Filtering.IGNORED,
) -> Judgement:
    """Like `judge`, with the circumstances."""
    between = paths(network or Network(), host_a, host_b, packet, filtering)
    judgement = assess(in_force(host_a), in_force(host_b), packet, between)
    judgement = repeated(judgement, host_a, host_b, packet, filtering)
    return stopped(judgement, obstacle(host_a, host_b, packet, filtering, judgement.protection))


def repeated(judgement: Judgement, sender: Host, receiver: Host, packet: Packet, filtering: Filtering) -> Judgement:
    """Return a judgement without first packets in clear where a firewall takes this one protected only."""
    if judgement.clear_first[0] and obstacle(sender, receiver, packet, filtering) is not None:
        return replace(judgement, clear_first=(False, False))
    return judgement


def stopped(judgement: Judgement, obstructed: tuple[Fate, str] | None) -> Judgement:
    """Return what a firewall that drops the packet itself leaves of a judgement.

    What would not arrive anyway keeps its fate, unless it does not even leave the sender. An association that the
    sender set up stands, although the packet in it is dropped.
    """
    if obstructed is None:
        return judgement
    fate, sentence = obstructed
    if fate is Fate.BLOCKED_HERE:
        return Judgement(fate, sentence)
    if not judgement.delivered:
        return judgement
    bargain = judgement.bargain if judgement.bargain and judgement.bargain.by_sender else None
    fallbacks = tuple(each for each in judgement.fallbacks if each.by_sender)
    attempts = tuple(each for each in judgement.attempts if each.by_sender)
    return Judgement(fate, sentence, bargain=bargain, fallbacks=fallbacks, attempts=attempts)


def assess(sender: InForce, receiver: InForce, packet: Packet, network: Network | Paths) -> Judgement:
    """Like `judge`, on what is in force at both ends, and with the circumstances."""
    between = network if isinstance(network, Paths) else Paths(network, network)
    out, arriving = decide(sender, packet), decide(receiver, packet)
    if out.choice is Choice.BLOCK:
        return Judgement(Fate.BLOCKED_HERE, "a rule of the sender blocks the packet")
    met = [out, arriving]
    if not packet.to_group:
        met += [decide(sender, packet.reply()), decide(receiver, packet.reply())]
    if any(each.choice is Choice.TUNNEL for each in met):
        return _plain(Fate.TUNNEL)
    held = out.choice is Choice.NEGOTIATE and not out.requests
    if held and not _keys(sender, out):
        return Judgement(Fate.NO_ANSWER, "the sender's keying module does not run, its rule holds the packet")
    if arriving.choice is Choice.BLOCK:
        return Judgement(Fate.BLOCKED_THERE, "a rule of the receiver blocks the packet")
    if packet.to_group:
        return _one_way_to_group(out, arriving)
    if out.requests:
        return _requested(sender, receiver, packet, between)
    if held:
        return _held(sender, receiver, packet, between)
    return _sent_clear(sender, receiver, packet, between.back)


def _plain(fate: Fate, *, delivered: bool = False) -> Judgement:
    return Judgement(fate, SENTENCES[fate], delivered)


def _one_way_to_group(out: Decision, arriving: Decision) -> Judgement:
    # What a connection security rule asks for in clear it lets go to groups as well.
    leaves = out.clear or out.requests
    enters = arriving.clear or (isinstance(arriving.rule, ConnectionRule) and arriving.lets_clear_in)
    if not (leaves and enters):
        return Judgement(Fate.NO_ANSWER, "a group answers no IKE, so a negotiating rule lets nothing through")
    permitted = Choice.PERMIT in (out.choice, arriving.choice)
    return Judgement(Fate.PERMIT if permitted else Fate.CLEAR, "a group gets it and does not answer", delivered=True)


def _keys(state: InForce, decision: Decision) -> bool:
    """Tell whether what negotiates for the rule of a decision runs."""
    return decision.rule is not None and state.negotiates_for(decision.rule)


def _falls_back(rule: AnyRule | None) -> TypeGuard[Rule]:
    """Tell whether a rule goes on in clear text after waiting in vain, as those of the policy store may."""
    return isinstance(rule, Rule) and rule.soft


def _requested(sender: InForce, receiver: InForce, packet: Packet, between: Paths) -> Judgement:
    """The sender sends the packet in clear at once, and negotiates meanwhile for those that follow."""
    network = between.there
    out, arriving = decide(sender, packet), decide(receiver, packet)
    if out.rule is None or out.direction is None:
        raise ValueError("a negotiating decision has a rule")
    answering = _answering_rule(receiver, packet) if network.ike and _keys(sender, out) else None
    if answering is None:
        why = f"{network.ike_dropped_by} drops IKE" if not network.ike else "the receiver does not answer IKE"
        failed = Refusal(Fate.NO_ANSWER, why if _keys(sender, out) else "the sender's keying module does not run")
    else:
        agreed = negotiate(sender, out.rule, receiver, answering, packet)
        if isinstance(agreed, Agreement):
            bargain = Bargain(True, agreed, out.rule, answering, out.direction)
            return _upgraded(bargain, sender, receiver, packet, between)
        failed = agreed
    tried = (Attempt(True, out.rule, failed.fate, failed.sentence),)
    if not arriving.lets_clear_in:
        sentence = f"{failed.sentence}, and the receiver drops the clear packet"
        return Judgement(failed.fate, sentence, attempts=tried)
    reply = _reply(sender, receiver, packet, between.back)
    if reply.fate is Fate.CLEAR:
        reply = replace(reply, fate=Fate.SOFT_CLEAR, sentence=f"{failed.sentence}: clear text")
    return replace(reply, attempts=(*tried, *reply.attempts))


def _upgraded(bargain: Bargain, sender: InForce, receiver: InForce, packet: Packet, between: Paths) -> Judgement:
    """Return a negotiation that succeeded while the first packets went in clear, where the other end takes those."""
    secured = _secured(bargain, between.there, sender, receiver, packet)
    if secured.bargain is None or not decide(receiver, packet).lets_clear_in:
        return secured
    back, home = decide(receiver, packet.reply()), decide(sender, packet.reply())
    sentence = f"the first packets in clear, then {secured.sentence}"
    return replace(secured, sentence=sentence, clear_first=(True, back.requests and home.lets_clear_in))


def _held(sender: InForce, receiver: InForce, packet: Packet, between: Paths) -> Judgement:
    """The sender holds the packet until IKE has come to an end."""
    network = between.there
    out, arriving = decide(sender, packet), decide(receiver, packet)
    if out.rule is None or out.direction is None:
        raise ValueError("a negotiating decision has a rule")
    answering = _answering_rule(receiver, packet) if network.ike else None
    if answering is not None:
        agreed = negotiate(sender, out.rule, receiver, answering, packet)
        if isinstance(agreed, Refusal):
            return _refused(agreed, out.rule, by_sender=True)
        bargain = Bargain(True, agreed, out.rule, answering, out.direction)
        return _secured(bargain, network, sender, receiver, packet)
    silence = f"{network.ike_dropped_by} drops IKE" if not network.ike else "the receiver does not answer IKE"
    tried: tuple[Attempt, ...] = (Attempt(True, out.rule, Fate.NO_ANSWER, silence),)
    if not _falls_back(out.rule):
        sentence = f"{silence}, and the rule does not fall back to clear text"
        return Judgement(Fate.NO_ANSWER, sentence, attempts=tried)
    if not arriving.lets_clear_in:
        sentence = f"{silence}, and the receiver drops the clear packet that follows"
        return Judgement(Fate.NO_ANSWER, sentence, attempts=tried)
    # The sender's soft association stands by now, and while it does that end does not negotiate.
    reply = _reply(sender, receiver, packet, between.silent().back)
    tried = (*tried, *reply.attempts)
    if reply.fate in (Fate.BLOCKED_HERE, Fate.BLOCKED_THERE):
        return replace(reply, attempts=tried)
    if not reply.replied:
        sentence = f"{silence}, and nothing comes back for the clear packet"
        return Judgement(Fate.NO_ANSWER, sentence, delivered=True, attempts=tried)
    fallbacks = (Fallback(True, out.rule, out.direction), *reply.fallbacks)
    return Judgement(Fate.SOFT_CLEAR, f"{silence}: clear text", True, True, fallbacks=fallbacks, attempts=tried)


def _refused(refusal: Refusal, rule: AnyRule, *, by_sender: bool) -> Judgement:
    """Return what a disagreement leads to. Where the receiver asked, the packet had arrived in clear before."""
    attempt = Attempt(by_sender, rule, refusal.fate, refusal.sentence)
    return Judgement(refusal.fate, refusal.sentence, delivered=not by_sender, attempts=(attempt,))


def _sent_clear(sender: InForce, receiver: InForce, packet: Packet, network: Network) -> Judgement:
    """The sender sends the packet as it is; `network` is what passes when the receiver opens a negotiation."""
    out, arriving = decide(sender, packet), decide(receiver, packet)
    if not arriving.lets_clear_in:
        return Judgement(Fate.ONE_SIDED_DROP, "the receiver accepts protected packets only")
    reply = _reply(sender, receiver, packet, network)
    if reply.fate is Fate.CLEAR and Choice.PERMIT in (out.choice, arriving.choice):
        return replace(reply, fate=Fate.PERMIT, sentence="a rule permits it")
    return reply


def _reply(sender: InForce, receiver: InForce, packet: Packet, network: Network) -> Judgement:
    """Return how the receiver's answer to a packet that arrived in clear gets back over a network."""
    reply = packet.reply()
    back, home = decide(receiver, reply), decide(sender, reply)
    if back.choice is Choice.BLOCK:
        return Judgement(Fate.BLOCKED_THERE, "a rule of the receiver blocks the answer", delivered=True)
    if back.clear:
        return _home(home) or Judgement(Fate.CLEAR, "no rule minds", True, True)
    if back.rule is None or back.direction is None:
        raise ValueError("a negotiating decision has a rule")
    if back.requests:
        return _reply_requested(sender, receiver, packet, network)
    if not _keys(receiver, back):
        return Judgement(
            Fate.ONE_SIDED_DROP, "the receiver's keying module does not run, its rule holds the answer", True
        )
    answering = _answering_rule(sender, reply) if network.ike else None
    if answering is not None:
        agreed = negotiate(receiver, back.rule, sender, answering, reply)
        if isinstance(agreed, Refusal):
            return _refused(agreed, back.rule, by_sender=False)
        bargain = Bargain(False, agreed, back.rule, answering, back.direction)
        return replace(_secured(bargain, network, receiver, sender, reply), delivered=True)
    silence = f"{network.ike_dropped_by} drops IKE" if not network.ike else "the sender does not answer IKE"
    tried = (Attempt(False, back.rule, Fate.NO_ANSWER, silence),)
    if not _falls_back(back.rule):
        sentence = f"the packet got in, but its answer must be protected, and {silence}"
        return Judgement(Fate.ONE_SIDED_DROP, sentence, delivered=True, attempts=tried)
    fallbacks = (Fallback(False, back.rule, back.direction),)
    clear = Judgement(Fate.SOFT_CLEAR, f"{silence}: clear text", True, True, fallbacks=fallbacks)
    return replace(_home(home) or clear, attempts=tried)


def _reply_requested(sender: InForce, receiver: InForce, packet: Packet, network: Network) -> Judgement:
    """The receiver answers in clear at once, and negotiates meanwhile: here for a sender that did not succeed."""
    reply = packet.reply()
    back, home = decide(receiver, reply), decide(sender, reply)
    if back.rule is None or back.direction is None:
        raise ValueError("a negotiating decision has a rule")
    answering = _answering_rule(sender, reply) if network.ike and _keys(receiver, back) else None
    silence = f"{network.ike_dropped_by} drops IKE" if not network.ike else "the sender does not answer IKE"
    failed = Refusal(Fate.NO_ANSWER, silence)
    if answering is not None:
        agreed = negotiate(receiver, back.rule, sender, answering, reply)
        if isinstance(agreed, Agreement):
            bargain = Bargain(False, agreed, back.rule, answering, back.direction)
            secured = _secured(bargain, network, receiver, sender, reply)
            if secured.bargain is None:
                return replace(secured, delivered=True)
            return replace(secured, clear_first=(True, home.lets_clear_in))
        failed = agreed
    tried = (Attempt(False, back.rule, failed.fate, failed.sentence),)
    clear = Judgement(Fate.SOFT_CLEAR, f"{failed.sentence}: clear text", True, True)
    return replace(_home(home) or clear, attempts=tried)


def _home(decision: Decision) -> Judgement | None:
    """Return what stops a clear answer at the sender of the packet, None when nothing does."""
    if decision.choice is Choice.BLOCK:
        return Judgement(Fate.BLOCKED_HERE, "a rule of the sender blocks the answer", delivered=True)
    if not decision.lets_clear_in:
        return Judgement(Fate.ONE_SIDED_DROP, "the sender accepts protected answers only", delivered=True)
    return None


def _answering_rule(host: InForce, packet: Packet) -> AnyRule | None:
    """Return the rule under which a host answers IKE about a packet that comes to it, None if it keeps silent.

    The default response is for peers that no rule speaks of, in neither direction; exempt packets are nobody's.
    """
    arriving, leaving = decide(host, packet), decide(host, packet.reply())
    if arriving.choice is Choice.NEGOTIATE:
        return arriving.rule if _keys(host, arriving) else None
    if not host.keying or any(each.choice is not Choice.NOTHING or each.exempt for each in (arriving, leaving)):
        return None
    return host.default_response


def _secured(bargain: Bargain, network: Network, initiator: InForce, responder: InForce, packet: Packet) -> Judgement:
    """Return what an agreement about the initiator's packet is worth to the two of them.

    Where a rule of its own made an end negotiate, the opposite direction needs one too.
    """
    protection = bargain.agreement.protection
    if not protection.passes(network):
        return Judgement(Fate.NO_ANSWER, f"agreed on {protection}, which {protection.dropper(network)} drops")
    for end in (responder, initiator):
        if decide(end, packet).choice is not Choice.NEGOTIATE:
            continue
        opposite = decide(end, packet.reply()).choice
        if opposite is Choice.BLOCK:
            at_sender = (end is initiator) is bargain.by_sender
            fate, who = (Fate.BLOCKED_HERE, "sender") if at_sender else (Fate.BLOCKED_THERE, "receiver")
            return Judgement(fate, f"a rule of the {who} blocks the opposite direction")
        if opposite is not Choice.NEGOTIATE:
            return _plain(Fate.FILTER_NOT_MIRRORED)
    return Judgement(protection.fate, f"protected by {protection}", True, True, bargain)
