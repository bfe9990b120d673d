# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What two hosts agree on in IKE: main mode, authentication, quick mode, in this order.

[ledger: two-initiator-order, two-lifetimes-agree, two-pfs-must-agree]
"""

from __future__ import annotations

from dataclasses import dataclass

from ..ipsec.fate import SENTENCES, Fate
from ..ipsec.protection import Protection
from ..ipsec.rule import Rule
from ..store.model import Authentication, AuthType, MainModeMethod, Offer, Operation
from .inforce import InForce

_QUICK_LIFETIME = 3600
_MAIN_LIFETIME = 28800
KERBEROS_TOLERANCE = 300.0
"""Seconds by which two clocks may differ: the usual value for Kerberos (RFC 4120) and the default of Windows."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """What came of a negotiation; lifetimes in seconds, the shorter of both ends'. `authentication` is an AuthType."""

    method: MainModeMethod
    authentication: int
    protection: Protection
    pfs: bool
    main_lifetime: int
    quick_lifetime: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """The two ends do not agree, and why."""

    fate: Fate
    sentence: str


def negotiate(initiator: InForce, rule: Rule, responder: InForce, answering: Rule) -> Agreement | Refusal:
    """Return what the two ends agree on, or what keeps them from it."""
    ours = initiator.main_mode.methods if initiator.main_mode else ()
    theirs = responder.main_mode.methods if responder.main_mode else ()
    method = next((each for each in ours if each in theirs), None)
    if method is None or initiator.main_mode is None or responder.main_mode is None:
        return _refusal(Fate.MM_PROPOSAL_MISMATCH)
    authentication = next((each for each in rule.authentication if _shared(each, answering.authentication)), None)
    if authentication is None:
        return _refusal(Fate.AUTH_MISMATCH)
    skew = abs(initiator.time - responder.time)
    if authentication.type == AuthType.KERBEROS and skew > KERBEROS_TOLERANCE:
        # The method is settled by then: no other one is tried.
        return Refusal(Fate.AUTH_MISMATCH, f"Kerberos fails: the clocks differ by {skew:.0f} s")
    for offer in rule.offers:
        for other in answering.offers:
            if protection(offer) == protection(other) and offer.pfs == other.pfs:
                return Agreement(
                    method,
                    authentication.type,
                    protection(offer),
                    offer.pfs,
                    _shorter(
                        initiator.main_mode.lifetime_seconds, responder.main_mode.lifetime_seconds, _MAIN_LIFETIME
                    ),
                    _shorter(offer.lifetime_seconds, other.lifetime_seconds, _QUICK_LIFETIME),
                )
    return _refusal(Fate.QM_PROPOSAL_MISMATCH)


def _refusal(fate: Fate) -> Refusal:
    return Refusal(fate, SENTENCES[fate])


def _shorter(one: int, other: int, default: int) -> int:
    return min(one or default, other or default)


def _shared(one: Authentication, others: tuple[Authentication, ...]) -> bool:
    """Kerberos goes with Kerberos, keys and authorities with their equals; unknown types never succeed."""
    if one.type == AuthType.KERBEROS:
        return any(each.type == AuthType.KERBEROS for each in others)
    if one.type in (AuthType.PSK, AuthType.CERTIFICATE):
        return any(each.type == one.type and each.text == one.text for each in others)
    return False


def protection(offer: Offer) -> Protection:
    """Return what an offer proposes."""
    ah = next((each.algorithm for each in offer.algorithms if each.operation == Operation.AH), None)
    esp = next((each for each in offer.algorithms if each.operation == Operation.ESP), None)
    return Protection(ah, esp.algorithm if esp else None, esp.integrity if esp else None)
