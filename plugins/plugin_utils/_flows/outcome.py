# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two ends: what becomes of a packet from one host to another, as the first of a conversation, and of its reply.

Read from documents (the table of words after the Windows 2000 Resource Kit, "Filter Actions"; TechNet cc782190 on
mirrors; KB 313236, KB 914841), to be confirmed on Windows. A conversation is followed the way its packets go; the
first thing that stops it names the outcome:

* The sender drops the packet, or holds it to negotiate, or sends it in clear.
* Held packets: without the key exchange service they stay held. A receiver that blocks the packet ends it there,
  whether or not the sender could fall back. Else IKE is asked. The peer answers by the rule that negotiates for the
  packet, or by its default response rule when no rule at all meets packet or reply. Silence: fallback, if the peer
  lets the clear packet in and its reply gets back; anything but a block on that way is no answer. An answer without
  anything in common: no fallback, except with the update of KB 914841.
* Clear packets: the receiver drops them, lets them in, or insists on IPsec. One that lets them in and negotiates for
  the reply asks IKE from its side; in silence it replies in clear or not at all.
* A reply in clear must get past the sender as well.
* Once both agree, an end whose rule met the packet must negotiate for the opposite direction too, else the filter is
  not mirrored. A block of that direction is a block: blocks may go one way.

Connection security rules (Windows Filtering Platform, negotiation discovery; MS-IKEE 1.3.5):

* A rule that requests sends in clear at once and asks for IPsec beside that, whether or not the peer takes what comes
  in clear. Once both agree, what follows is protected: the outcome is upgraded. Without agreement it goes on in clear.
* A rule that requires for what comes in drops clear packets, replies included.
* A peer without a rule does not answer.
* Where nobody knows what a host does, or what comes of a negotiation, the outcome is unknown.

Inference where the documents are silent, each the reading that predicts the failure or is the simpler one:

* A tunnel in either direction at either end is not judged, unless the sender drops the packet first.
* A packet is permitted when a rule of either end permits the packet itself; what permits the reply does not count.
* While an end falls back it does not answer IKE for the same flow (its soft association stands, KB 313236).
* Exempt packets are met by no rule and are answered by no default response.
* The rule that meets the packet has the terms of the association, also where another one meets the reply.
* Groups and broadcast get no reply; what a rule would negotiate for does not arrive.

[ledger: packet-mirror, packet-fallback-on-silence, packet-held-while-asked, packet-receiver-block]
[ledger: cs-request-in-clear, cs-responder-needs-rule, cs-groups]
[ledger: packet-default-response-when-none, packet-tunnels-unjudged, two-no-fallback-after-answer, two-soft-outlives]

[ledger: packet-exempt-met-by-none, packet-permit-of-packet]
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from .connection_negotiation import ConnectionAgreement, Undecided
from .meeting import meet_in_ike
from .negotiation import Agreement, Disagreement
from .semantics import Decision, DecisionKind
from .views import Looking, connection_view
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
    UPGRADED = "upgraded"
    UNKNOWN = "unknown"


_MISMATCHES = {
    Disagreement.MAIN_MODE: OutcomeKind.MM_PROPOSAL_MISMATCH,
    Disagreement.AUTHENTICATION: OutcomeKind.AUTH_MISMATCH,
    Disagreement.QUICK_MODE: OutcomeKind.QM_PROPOSAL_MISMATCH,
}
_FAILED = frozenset(_MISMATCHES.values())
SECURED = frozenset({OutcomeKind.ESP, OutcomeKind.AH, OutcomeKind.AH_ESP})
# The packet and its reply arrive in clear text.
PASSING_IN_CLEAR = frozenset({OutcomeKind.CLEAR, OutcomeKind.PERMIT, OutcomeKind.SOFT_CLEAR})
# They arrive, protected or not. Upgraded: what is sent first goes in clear, what follows is protected.
PASSING = SECURED | PASSING_IN_CLEAR | {OutcomeKind.UPGRADED}


@dataclass(frozen=True, slots=True)
class Network:
    """What the network between two hosts lets pass: IKE (UDP 500 and 4500), ESP (protocol 50), AH (protocol 51)."""

    ike: bool = True
    esp: bool = True
    ah: bool = True


# To hosts that do not answer, it is all the same whether the network asked them.
_SILENT = Network(ike=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a packet: its class, each side's deciding part, what both agree on, and why, in one sentence."""

    kind: OutcomeKind
    here: Verdict
    there: Verdict
    why: str
    agreement: Agreement | ConnectionAgreement | None = None

    def to_data(self) -> dict[str, object]:
        """Return plain data."""
        return {
            "outcome": self.kind.value,
            "why": self.why,
            "here": self.here.to_data(),
            "there": self.there.to_data(),
            "agreement": str(self.agreement) if self.agreement else "",
        }


class Side(NamedTuple):
    """A host's decisions about a packet and its reply; a tuple, since every question makes two."""

    view: Looking
    packet: Decision
    reply: Decision

    @property
    def falls_back(self) -> bool:
        """Whether the rule that meets the packet goes on in clear when IKE gets no answer."""
        return bool(self.packet.action and self.packet.action.fallback_to_clear)

    @property
    def negotiates(self) -> bool:
        """Whether what negotiates for the rule that meets the packet runs."""
        rules = connection_view(self.view) if self.packet.speech is not None else None
        return (rules or self.view).keying

    @property
    def answers(self) -> bool:
        """Whether IKE about this flow is answered; the packet is the one that comes in."""
        if not self.negotiates:
            return False
        untouched = {self.packet.kind, self.reply.kind} == {DecisionKind.NO_MATCH}
        return self.packet.kind is DecisionKind.NEGOTIATE or (untouched and self.view.responds_by_default)

    def turned(self) -> Side:
        """Return the same host's part in the reply."""
        return Side(self.view, self.reply, self.packet)


def judge(a: Side, b: Side, network: Network) -> Outcome:
    """Return what becomes of a packet from ``a`` to ``b`` and of its reply."""
    stopped = _stopped_at_once(a, b)
    if stopped is not None:
        return stopped
    if a.packet.requests:
        return _requested(a, b, network)
    if a.packet.kind is DecisionKind.NEGOTIATE:
        return _held(a, b, network)
    if not b.packet.lets_clear_in:
        return _outcome(OutcomeKind.ONE_SIDED_DROP, a, b, "the receiver drops what comes in clear")
    return _replied(a, b, network)


def judge_group(a: Side, b: Side) -> Outcome:
    """Return what becomes of a packet to a group, of which ``b`` may be one; nothing comes back."""
    stopped = _stopped_at_once(a, b)
    if stopped is not None:
        return stopped
    leaves = a.packet.in_clear or a.packet.requests
    enters = b.packet.in_clear or (b.packet.speech is not None and b.packet.lets_clear_in)
    if not (leaves and enters):
        return _outcome(OutcomeKind.NO_ANSWER, a, b, "nobody negotiates for a group address")
    return _in_clear(a, b)


def unknown(a: Looking, b: Looking, why: str) -> Outcome:
    """Return that it is not known what becomes of a packet between two hosts."""
    nobody = Decision(DecisionKind.UNKNOWN, reason=why)
    return _outcome(OutcomeKind.UNKNOWN, Side(a, nobody, nobody), Side(b, nobody, nobody), why)


def _requested(a: Side, b: Side, network: Network) -> Outcome:
    """The sender sends the packet in clear at once and asks for IPsec beside that."""
    failed: Outcome | None = None
    if network.ike and a.negotiates and b.answers:
        failed = _agree(a, b, a, b, network)
        if failed.kind not in _FAILED:
            return failed
    silence = "IKE gets no answer" if network.ike else "the network stops IKE"
    if not b.packet.lets_clear_in:
        return failed or _outcome(OutcomeKind.NO_ANSWER, a, b, f"{silence}, and the receiver drops what comes in clear")
    found = _replied(a, b, network)
    if found.kind not in (OutcomeKind.CLEAR, OutcomeKind.PERMIT):
        return found
    reason = "nothing is in common" if failed is not None else silence
    return _outcome(OutcomeKind.SOFT_CLEAR, a, b, f"{reason}, and it goes on in clear")


def _held(a: Side, b: Side, network: Network) -> Outcome:
    """The sender holds the packet until IKE has come to an end."""
    if network.ike and b.answers:
        return _agree(a, b, a, b, network)
    silence = "IKE gets no answer" if network.ike else "the network stops IKE"
    if not a.falls_back:
        return _outcome(OutcomeKind.NO_ANSWER, a, b, silence)
    if not b.packet.lets_clear_in:
        return _outcome(OutcomeKind.NO_ANSWER, a, b, f"{silence}, and the receiver stops clear text too")
    found = _replied(a, b, _SILENT)
    if found.kind in (OutcomeKind.BLOCKED_HERE, OutcomeKind.BLOCKED_THERE):
        return found
    if found.kind not in PASSING:
        return _outcome(OutcomeKind.NO_ANSWER, a, b, f"{silence}, and the reply in clear is stopped too")
    return _outcome(OutcomeKind.SOFT_CLEAR, a, b, f"{silence}, the sender falls back to clear")


def _replied(a: Side, b: Side, network: Network) -> Outcome:
    """The packet came in in clear: return what becomes of the reply."""
    back, home = b.turned(), a.turned()
    if back.packet.kind is DecisionKind.BLOCK:
        return _outcome(OutcomeKind.BLOCKED_THERE, a, back, "the receiver drops the reply")
    asked = back.packet.kind is DecisionKind.NEGOTIATE and network.ike and back.negotiates and home.answers
    if back.packet.requests:
        found = _agree(back, home, a, b, network) if asked else None
        if found is not None and found.kind not in _FAILED:
            return found
    elif back.packet.kind is DecisionKind.NEGOTIATE:
        if not back.negotiates:
            detail = "the receiver holds its reply, since its key exchange does not run"
            return _outcome(OutcomeKind.ONE_SIDED_DROP, a, back, detail)
        if asked:
            return _agree(back, home, a, b, network)
        if not back.falls_back:
            detail = "the receiver holds its reply, IKE gets no answer"
            return _outcome(OutcomeKind.ONE_SIDED_DROP, a, back, detail)
    if home.packet.kind is DecisionKind.BLOCK:
        return _outcome(OutcomeKind.BLOCKED_HERE, home, b, "the sender drops the reply")
    if not home.packet.lets_clear_in:
        return _outcome(OutcomeKind.ONE_SIDED_DROP, home, b, "the sender drops a reply in clear")
    if back.packet.kind is DecisionKind.NEGOTIATE:
        shown = b if b.packet.kind is DecisionKind.NEGOTIATE else back
        return _outcome(OutcomeKind.SOFT_CLEAR, a, shown, "the receiver gets no answer to IKE and replies in clear")
    return _in_clear(a if home.packet.in_clear else home, b, permitted=DecisionKind.PERMIT is a.packet.kind)


def _agree(initiator: Side, responder: Side, a: Side, b: Side, network: Network) -> Outcome:
    """Negotiate; the initiator may be either end."""
    found = meet_in_ike(initiator.view, initiator.packet, responder.view, responder.packet)
    if isinstance(found, Undecided):
        return _outcome(OutcomeKind.UNKNOWN, a, b, found.why)
    if isinstance(found, Disagreement):
        if _falls_back_in_spite(initiator, responder, a, b):
            why = f"nothing in common ({found.value}), {initiator.view.host.name} falls back (KB 914841)"
            return _outcome(OutcomeKind.SOFT_CLEAR, a, b, why)
        why = f"{found.value.replace('_', ' ')} finds nothing that both ends have"
        return _outcome(_MISMATCHES[found], a, b, why)
    for used, passes, name in ((found.uses_ah, network.ah, "AH"), (found.uses_esp, network.esp, "ESP")):
        if used and not passes:
            return _outcome(OutcomeKind.NO_ANSWER, a, b, f"both agree, but the network stops {name}")
    half = _half(initiator, responder, a)
    if half is not None or not initiator.packet.requests:
        return half or _secured(found, a, b)
    first = "what is sent first goes in clear, and what follows is protected"
    return _outcome(OutcomeKind.UPGRADED, a, b, f"{first}: {found}", found)


def _falls_back_in_spite(initiator: Side, responder: Side, a: Side, b: Side) -> bool:
    """Whether the update of KB 914841 lets the conversation go on in clear; the reply needs it as well.

    [ledger: packet-fallback-update]
    """
    if not (initiator.falls_back and initiator.view.host.fallback_on_mismatch):
        return False
    if initiator is not a:
        return responder.packet.lets_clear_in
    reply_fails = b.reply.kind is DecisionKind.NEGOTIATE and not (b.reply.requests or b.view.host.fallback_on_mismatch)
    clear = b.packet.lets_clear_in and _replied(a, b, _SILENT).kind in PASSING
    return clear and not reply_fails


def _stopped_at_once(a: Side, b: Side) -> Outcome | None:
    """Return what stops the packet before anything is asked or sent, None when nothing does."""
    if a.packet.kind is DecisionKind.BLOCK:
        return _outcome(OutcomeKind.BLOCKED_HERE, a, b, "the sender drops it")
    doubt = next((one.reason for one in (a.packet, b.packet, a.reply, b.reply) if one.kind is DecisionKind.UNKNOWN), "")
    if doubt:
        return _outcome(OutcomeKind.UNKNOWN, a, b, doubt)
    if DecisionKind.TUNNEL in (a.packet.kind, a.reply.kind, b.packet.kind, b.reply.kind):
        return _outcome(OutcomeKind.TUNNEL, _tunnelled(a), _tunnelled(b), "tunnels are not judged here")
    if a.packet.kind is DecisionKind.NEGOTIATE and not (a.packet.requests or a.negotiates):
        return _outcome(OutcomeKind.NO_ANSWER, a, b, "the sender's key exchange does not run, so the packet stays held")
    if b.packet.kind is DecisionKind.BLOCK:
        return _outcome(OutcomeKind.BLOCKED_THERE, a, b, "the receiver drops it")
    return None


def _half(initiator: Side, responder: Side, a: Side) -> Outcome | None:
    """Return what becomes of an agreement when an end's rules do not protect the opposite direction as well."""
    here, there = (initiator, responder) if initiator.view is a.view else (responder, initiator)
    for side in (responder, initiator):
        if side.packet.kind is not DecisionKind.NEGOTIATE or side.reply.kind is DecisionKind.NEGOTIATE:
            continue
        name = side.view.host.name
        if side.reply.kind is not DecisionKind.BLOCK:
            detail = f"{name} negotiates in one direction only"
            return _outcome(OutcomeKind.FILTER_NOT_MIRRORED, here, there, detail)
        if side is here:
            return _outcome(OutcomeKind.BLOCKED_HERE, here.turned(), there, "the sender drops the reply")
        return _outcome(OutcomeKind.BLOCKED_THERE, here, there.turned(), "the receiver drops the reply")
    return None


def _secured(found: Agreement | ConnectionAgreement, a: Side, b: Side) -> Outcome:
    alone = OutcomeKind.AH if found.uses_ah else OutcomeKind.ESP
    kind = OutcomeKind.AH_ESP if found.uses_ah and found.uses_esp else alone
    return _outcome(kind, a, b, f"both agree on {found}", found)


def _in_clear(a: Side, b: Side, *, permitted: bool = False) -> Outcome:
    if permitted or DecisionKind.PERMIT in (a.packet.kind, b.packet.kind):
        return _outcome(OutcomeKind.PERMIT, a, b, "it passes in clear by a rule")
    nobody = a.packet.in_clear and b.packet.in_clear
    return _outcome(OutcomeKind.CLEAR, a, b, "it passes in clear" + (", no rule takes part" if nobody else ""))


def _tunnelled(side: Side) -> Side:
    """Return the side with its tunnel in front, so that its verdict shows it."""
    return side.turned() if side.packet.kind is not side.reply.kind is DecisionKind.TUNNEL else side


def _outcome(
    kind: OutcomeKind, a: Side, b: Side, detail: str, agreement: Agreement | ConnectionAgreement | None = None
) -> Outcome:
    here, there = verdict(a.view, a.packet), verdict(b.view, b.packet)
    return Outcome(kind, here, there, f"{here}; {there}: {detail}.", agreement)
