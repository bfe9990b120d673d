# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What two hosts agree on in IKE: main mode, authentication, quick mode, in this order."""

from __future__ import annotations

from dataclasses import dataclass

from ..store.model import Authentication, AuthType, MainModeMethod, Offer, Operation
from ..store.wording import ESP_CIPHERS, HASHES
from .fate import SENTENCES, Fate
from .inforce import InForce, Rule
from .packet import Network

_QUICK_LIFETIME = 3600
_MAIN_LIFETIME = 28800
KERBEROS_TOLERANCE = 300.0
"""Seconds by which two clocks may differ: the usual value for Kerberos (RFC 4120) and the default of Windows."""


@dataclass(frozen=True, slots=True)
class Protection:
    """The algorithms of a quick mode, numbered as in the store; None where the protocol is not used."""

    ah_integrity: int | None = None
    esp_cipher: int | None = None
    esp_integrity: int | None = None

    @property
    def fate(self) -> Fate:
        """The fate of what this protects."""
        if self.ah_integrity is not None and self.esp_cipher is not None:
            return Fate.AH_ESP
        return Fate.AH if self.ah_integrity is not None else Fate.ESP

    def passes(self, network: Network) -> bool:
        """Tell whether the network lets packets of this kind through."""
        return (self.ah_integrity is None or network.ah) and (self.esp_cipher is None or network.esp)

    def dropper(self, network: Network) -> str:
        """Return who drops packets of this kind, in a network that does not let them through."""
        ah_passes = self.ah_integrity is None or network.ah
        return network.esp_dropped_by if ah_passes else network.ah_dropped_by

    def __str__(self) -> str:
        words = []
        if self.ah_integrity is not None:
            words.append(f"AH[{HASHES.get(self.ah_integrity, self.ah_integrity)}]")
        if self.esp_cipher is not None and self.esp_integrity is not None:
            cipher = ESP_CIPHERS.get(self.esp_cipher, self.esp_cipher)
            words.append(f"ESP[{cipher},{HASHES.get(self.esp_integrity, self.esp_integrity)}]")
        return "+".join(words)


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
