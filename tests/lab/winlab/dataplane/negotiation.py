# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What two hosts agree on in a negotiation: key module, main mode, authentication, quick mode, in this order.

[ledger: two-initiator-order, two-lifetimes-agree, two-pfs-must-agree]

[ledger: cs-responder-needs-rule]
"""

from __future__ import annotations

from dataclasses import dataclass

from ..ipsec.connection import KeyModule, Proof, ProofKind
from ..ipsec.fate import SENTENCES, Fate
from ..ipsec.packet import Packet
from ..ipsec.protection import Protection
from ..store.model import MainModeMethod
from .inforce import InForce
from .terms import METHODS, AnyRule, Terms, terms

KERBEROS_TOLERANCE = 300.0
"""Seconds by which two clocks may differ: the usual value for Kerberos (RFC 4120) and the default of Windows."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """What came of a negotiation; lifetimes in seconds, the shorter of both ends'. `authentication`: see `METHODS`.

    `second` names the second authentication, empty if there was none.
    """

    method: MainModeMethod
    authentication: int
    protection: Protection
    pfs: bool
    main_lifetime: int
    quick_lifetime: int
    module: KeyModule = KeyModule.IKE_V1
    second: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The two ends do not agree, and why."""

    fate: Fate
    sentence: str


def negotiate(
    initiator: InForce, rule: AnyRule, responder: InForce, answering: AnyRule, packet: Packet
) -> Agreement | Refusal:
    """Return what the two ends agree on about the initiator's packet, or what keeps them from it.

    Key modules are tried one after another, the best one first. Each end names the modules that it can use with the
    authentication that it asks for.

    [ledger: cs-module-order]
    """
    ours = terms(initiator, rule, packet.source, packet.destination)
    theirs = terms(responder, answering, packet.destination, packet.source)
    common = [module for module in KeyModule if module in ours.modules and module in theirs.modules]
    common.sort(key=(KeyModule.IKE_V2, KeyModule.AUTH_IP, KeyModule.IKE_V1).index)
    refusal = Refusal(Fate.AUTH_MISMATCH, "no key module in common")
    skew = abs(initiator.time - responder.time)
    for number, module in enumerate(common):
        found = _by_module(module, ours, theirs, skew)
        if isinstance(found, Agreement):
            return found
        # The refusal that is told is that of the first module.
        refusal = refusal if number else found
    return refusal


def _by_module(module: KeyModule, ours: Terms, theirs: Terms, skew: float) -> Agreement | Refusal:
    method = next((each for each in ours.methods if each in theirs.methods), None)
    if method is None:
        return _refusal(Fate.MM_PROPOSAL_MISMATCH)
    first = _proven(module, ours.first_by(module), theirs.first_by(module), skew)
    if isinstance(first, Refusal):
        return first
    second = ""
    if module is KeyModule.AUTH_IP and not (ours.second_optional and theirs.second_optional):
        proof = _proven(module, ours.second, theirs.second, skew)
        if isinstance(proof, Refusal):
            return proof
        second = proof.kind.value
    for offer in ours.offers_by(module):
        for other in theirs.offers_by(module):
            pfs = offer.group(method.group)
            if offer.protection == other.protection and pfs == other.group(method.group):
                return Agreement(
                    method,
                    METHODS[first.kind],
                    offer.protection,
                    bool(pfs),
                    min(ours.main_lifetime, theirs.main_lifetime),
                    min(offer.seconds, other.seconds),
                    module,
                    second,
                )
    return _refusal(Fate.QM_PROPOSAL_MISMATCH)


def _refusal(fate: Fate) -> Refusal:
    return Refusal(fate, SENTENCES[fate])


def _proven(module: KeyModule, ours: tuple[Proof, ...], theirs: tuple[Proof, ...], skew: float) -> Proof | Refusal:
    """Return the first way to prove it that both ends have and that works.

    IKE version 1 settles the method first: if it fails no other one is tried. AuthIP goes on to the next.

    [ledger: cs-authip-tries-next]
    """
    refusal = _refusal(Fate.AUTH_MISMATCH)
    for each in ours:
        if each not in theirs:
            continue
        if each.kind is not ProofKind.KERBEROS or skew <= KERBEROS_TOLERANCE:
            return each
        refusal = Refusal(Fate.AUTH_MISMATCH, f"Kerberos fails: the clocks differ by {skew:.0f} s")
        if module is not KeyModule.AUTH_IP:
            break
    return refusal
