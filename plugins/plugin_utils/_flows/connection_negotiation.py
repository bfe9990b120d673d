# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What two ends agree on when at least one of them negotiates by a connection security rule.

Read from documents, not confirmed on Windows:

* IKEv1 can do computer Kerberos, certificates and keys; AuthIP Kerberos, certificates, NTLM, anonymous and a second
  authentication; IKEv2 certificates, and no AH. By default a host has IKEv1 and AuthIP, from Windows Server 2025 on
  IKEv1 and IKEv2, and AuthIP where the authentication needs it (NetSecurity cmdlets). A policy of the policy store has
  IKEv1 alone.
* Of several in common IKEv2 comes before AuthIP, and AuthIP before IKEv1 (MS-AIPS; Microsoft Learn).
* Steps come in the order main mode, first authentication, second authentication, quick mode; every step takes the first
  of the initiator's list that the responder has as well (MS-FASP 2.2.65, 2.2.74).
* The authentication of a main-mode rule takes the place of that of the rule.

Documented nowhere, so that every way is tried and only what all of them come to is told: whether a key module uses a
part of an authentication set where the setting for that is not set, and whether another module takes over when the best
one finds nothing in common.

[ledger: cs-key-modules-default, cs-key-modules-can, cs-module-order, cs-with-policy-store]
[ledger: two-initiator-order, two-pfs-must-agree]
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import product

from .._policies.model import Authentication, Certificate, Kerberos, PresharedKey, QuickModeMethod
from .connection_model import Exchange, KeyModule, Proof, Protection, Speech
from .connection_model import Offer as ConnectionOffer
from .negotiation import Disagreement, Terms, spelled

_NONE = "none"
_KERBEROS, _CERTIFICATE, _KEY, _NTLM, _ANONYMOUS = (
    "computerkerb",
    "computercert",
    "computerpsk",
    "computerntlm",
    "anonymous",
)
_ABLE = {
    KeyModule.IKE_V1: frozenset({_KERBEROS, _CERTIFICATE, _KEY}),
    KeyModule.AUTH_IP: frozenset({_KERBEROS, _CERTIFICATE, _NTLM, _ANONYMOUS}),
    KeyModule.IKE_V2: frozenset({_CERTIFICATE}),
}
_GROUPS = {"768": "dhgroup1", "1024": "dhgroup2", "2048": "dhgroup14"}


@dataclass(frozen=True, slots=True)
class Undecided:
    """Why it is not known what comes of a negotiation."""

    why: str


@dataclass(frozen=True, slots=True)
class ConnectionAgreement:
    """What protects a flow. ``authentication`` and ``second`` are words, never a key.

    ``key_assumed``: one end's key is not known here and was taken to be the other's. ``certificate_assumed``: a
    certificate must have something of which nobody knows whether it has. ``open`` says what else may come of it.
    """

    authentication: str
    main_mode: Exchange
    protection: Protection
    key_module: KeyModule
    second: str = ""
    key_assumed: bool = False
    certificate_assumed: bool = False
    open: str = ""

    @property
    def uses_ah(self) -> bool:
        """Whether packets carry AH."""
        return self.protection.uses_ah

    @property
    def uses_esp(self) -> bool:
        """Whether packets carry ESP."""
        return self.protection.uses_esp

    @property
    def algorithms(self) -> tuple[str, str, str]:
        """AH integrity, ESP encryption and ESP integrity, in words; ``none`` for what is not used."""
        return self.protection.ah_integrity, self.protection.esp_encryption, self.protection.esp_integrity

    def __str__(self) -> str:
        main = f"{self.main_mode.encryption}-{self.main_mode.integrity}-{self.main_mode.group}"
        second = f" and {self.second}" if self.second else ""
        key = " (a key that is not known here, taken to be the same)" if self.key_assumed else ""
        fits = " (certificates are taken to have all that the rules ask for)" if self.certificate_assumed else ""
        still = f" ({self.open})" if self.open else ""
        proof = f"{self.authentication}{second}{key}{fits}"
        return f"{spelled(self.algorithms)}, main mode {main}, {proof}, by {self.key_module.value}{still}"


@dataclass(frozen=True, slots=True)
class Party:
    """What one end brings. ``partial`` tells whether a key module takes what it can of a set, None for not known.

    ``modern`` is an end with a rule, the other kind has a policy. ``lists``: its peers must be on a list.
    """

    exchanges: tuple[Exchange, ...]
    offer: ConnectionOffer
    modern: bool
    ikev2_by_default: bool = False
    partial: bool | None = True
    lists: bool = False


def by_rule(speech: Speech, *, ikev2_by_default: bool, partial: bool | None, lists: bool) -> Party:
    """Return what an end brings by a connection security rule."""
    offer = replace(speech.rule.offer, first=speech.first)
    return Party(speech.exchanges, offer, True, ikev2_by_default, partial, lists)


def by_policy(terms: Terms) -> Party:
    """Return what an end brings by a policy of the policy store, in the words of connection security."""
    exchanges = tuple(
        Exchange(_GROUPS[one.dh_group.value], one.encryption.value, one.integrity.value)
        for one in terms.main_mode.methods
    )
    offer = ConnectionOffer(
        first=tuple(map(_proof, terms.authentication)),
        protections=tuple(map(_protection, terms.methods)),
        fresh_keys="mainmode" if terms.perfect_forward_secrecy else _NONE,
        modules=(KeyModule.IKE_V1,),
    )
    return Party(exchanges, offer, False)


def _proof(found: Authentication) -> Proof:
    if isinstance(found, Kerberos):
        return Proof(_KERBEROS)
    if isinstance(found, Certificate):
        return Proof(_CERTIFICATE, found.authority)
    if isinstance(found, PresharedKey):
        return Proof(_KEY, key=found.key)
    raise TypeError(found)


def _protection(found: QuickModeMethod) -> Protection:
    parts = (found.ah_integrity, found.esp_encryption, found.esp_integrity)
    ah, cipher, esp = (one.value if one is not None else _NONE for one in parts)
    return Protection(ah, cipher, esp)


Found = ConnectionAgreement | Disagreement | Undecided


def negotiate_rules(initiator: Party, responder: Party) -> Found:
    """Return what both agree on, the step that fails, or why nobody knows."""
    readings = [
        _negotiated(initiator, responder, mine, its)
        for mine, its in product(
            *((one.partial,) if one.partial is not None else (True, False) for one in (initiator, responder))
        )
    ]
    found = _in_common(
        readings, "whether a key module may use a part of an authentication set is not set on these hosts"
    )
    if not isinstance(found, ConnectionAgreement):
        return found
    if initiator.lists or responder.lists:
        return Undecided("peers must be on a list of computers or users, and who is on it is not known here")
    if found.protection.bare:
        return Undecided("both agree on authentication without encapsulation, and what that does is not judged here")
    return found


def _in_common(readings: Iterable[Found], why: str) -> Found:
    """Return what all readings come to."""
    every = list(dict.fromkeys(readings))
    if len(every) == 1:
        return every[0]
    agreements = [one for one in every if isinstance(one, ConnectionAgreement)]
    if len(agreements) == len(every) and len({one.protection for one in agreements}) == 1:
        ways = dict.fromkeys(f"{one.authentication}, by {one.key_module.value}" for one in agreements[1:])
        return replace(agreements[0], open=f"or {' or '.join(ways)}: {why}")
    undecided = next((one for one in every if isinstance(one, Undecided)), None)
    return undecided or Undecided(why)


def _negotiated(initiator: Party, responder: Party, mine: bool, its: bool) -> Found:
    ours, theirs = _modules(initiator, mine), _modules(responder, its)
    common = [module for module in KeyModule if module in ours and module in theirs]
    if not common:
        return Disagreement.AUTHENTICATION
    tried = [_by_module(module, initiator, responder) for module in common]
    first = tried[0]
    if isinstance(first, ConnectionAgreement) or all(isinstance(one, Disagreement) for one in tried):
        return first
    return Undecided(
        f"whether another key module takes over where {common[0].value} finds nothing is documented nowhere"
    )


def _modules(party: Party, partial: bool) -> list[KeyModule]:
    """Return the key modules that an end can use with what it asks for."""
    return [
        module
        for module in _named(party)
        if _can(module, party.offer.first, partial) and (module is KeyModule.AUTH_IP or _optional(party.offer.second))
    ]


def _named(party: Party) -> tuple[KeyModule, ...]:
    if party.offer.modules:
        return party.offer.modules
    if not party.ikev2_by_default:
        return KeyModule.AUTH_IP, KeyModule.IKE_V1
    others = _ABLE[KeyModule.IKE_V1] | _ABLE[KeyModule.IKE_V2]
    needed = bool(party.offer.second) or any(one.method not in others for one in party.offer.first)
    return KeyModule.IKE_V2, KeyModule.IKE_V1, *((KeyModule.AUTH_IP,) if needed else ())


def _can(module: KeyModule, first: tuple[Proof, ...], partial: bool) -> bool:
    able = [one.method in _ABLE[module] for one in first]
    return any(able) if partial else bool(able) and all(able)


def _optional(second: tuple[Proof, ...]) -> bool:
    """Tell whether nobody must prove a second time: there is no set for it, or one that takes anybody."""
    return not second or any(one.method == _ANONYMOUS for one in second)


def _by_module(module: KeyModule, initiator: Party, responder: Party) -> Found:
    exchange = next((one for one in initiator.exchanges if one in responder.exchanges), None)
    if exchange is None:
        return Disagreement.MAIN_MODE
    proof = _proven([one for one in initiator.offer.first if one.method in _ABLE[module]], responder.offer.first)
    if proof is None:
        return Disagreement.AUTHENTICATION
    second = None
    if module is KeyModule.AUTH_IP and not (_optional(initiator.offer.second) and _optional(responder.offer.second)):
        second = _proven(initiator.offer.second, responder.offer.second)
        if second is None:
            return Disagreement.AUTHENTICATION
    quick = _quick(module, exchange, initiator.offer, responder.offer)
    if quick is None:
        return Disagreement.QUICK_MODE
    used = [one for one in (proof, second) if one is not None]
    return ConnectionAgreement(
        authentication=proof[0].words,
        main_mode=exchange,
        protection=quick,
        key_module=module,
        second=second[0].words if second else "",
        key_assumed=proof[1],
        certificate_assumed=any(one.asks_more for one, _assumed in used),
    )


def _proven(ours: Iterable[Proof], theirs: tuple[Proof, ...]) -> tuple[Proof, bool] | None:
    """Return the first method in common, and whether a key had to be assumed."""
    for mine in ours:
        for its in theirs:
            if (mine.method, mine.authority) != (its.method, its.authority):
                continue
            unknown = mine.method == _KEY and (mine.key is None or its.key is None)
            if unknown or mine.key == its.key:
                return replace(mine, asks_more=mine.asks_more or its.asks_more), unknown
    return None


def _quick(module: KeyModule, exchange: Exchange, ours: ConnectionOffer, theirs: ConnectionOffer) -> Protection | None:
    """Return the first suite in common, if both want fresh keys of the same group; IKEv2 has no AH."""
    if _group(ours.fresh_keys, exchange) != _group(theirs.fresh_keys, exchange):
        return None
    for one in ours.protections:
        if one in theirs.protections and not (module is KeyModule.IKE_V2 and one.uses_ah):
            return one
    return None


def _group(fresh_keys: str, exchange: Exchange) -> str:
    return exchange.group if fresh_keys == "mainmode" else fresh_keys
