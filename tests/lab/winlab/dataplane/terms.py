# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one end of a negotiation has to offer under a rule, the same for both engines.

[ledger: cs-with-policy-store]
"""

from __future__ import annotations

from dataclasses import dataclass

from ..ipsec.associations import AnyRule
from ..ipsec.connection import SAME_AS_MAIN_MODE, ConnectionRule, KeyModule, Proof, ProofKind
from ..ipsec.packet import Address
from ..ipsec.protection import Protection
from ..ipsec.rule import Rule
from ..store.model import Authentication, AuthType, MainModeMethod, Offer, Operation
from .connection_matching import main_mode
from .inforce import InForce

__all__ = ["IKE_V2_BY_DEFAULT", "METHODS", "AnyRule", "Proposal", "Terms", "protection", "terms"]

_QUICK_LIFETIME = 3600
_MAIN_LIFETIME = 28800
IKE_V2_BY_DEFAULT = (2, 33)
"""The schema from which on version 2 of IKE is a default, and AuthIP none."""

METHODS = {
    ProofKind.KEY: int(AuthType.PSK),
    ProofKind.CERTIFICATE: int(AuthType.CERTIFICATE),
    ProofKind.KERBEROS: int(AuthType.KERBEROS),
    ProofKind.NTLM: 101,
    ProofKind.ANONYMOUS: 102,
}
"""Numbers of authentication methods: those of the policy store, and two that it does not have."""

_KINDS = {METHODS[kind]: kind for kind in (ProofKind.KEY, ProofKind.CERTIFICATE, ProofKind.KERBEROS)}
_ABLE = {
    KeyModule.IKE_V1: (ProofKind.KERBEROS, ProofKind.CERTIFICATE, ProofKind.KEY),
    KeyModule.AUTH_IP: (ProofKind.KERBEROS, ProofKind.CERTIFICATE, ProofKind.NTLM, ProofKind.ANONYMOUS),
    KeyModule.IKE_V2: (ProofKind.CERTIFICATE,),
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """One proposal of quick mode; `pfs` as in a ConnectionRule."""

    protection: Protection
    pfs: int
    seconds: int

    def group(self, main: int) -> int:
        """Return the group of its forward secrecy under a main mode with a group; 0 for none."""
        return main if self.pfs == SAME_AS_MAIN_MODE else self.pfs


@dataclass(frozen=True, slots=True)
class Terms:
    """What an end offers; lists go from most to least wanted."""

    modules: tuple[KeyModule, ...]
    methods: tuple[MainModeMethod, ...]
    main_lifetime: int
    first: tuple[Proof, ...]
    second: tuple[Proof, ...]
    offers: tuple[Proposal, ...]

    @property
    def second_optional(self) -> bool:
        """Nobody needs a second authentication: there is none, or one where nobody needs to prove anything."""
        return not self.second or any(each.kind is ProofKind.ANONYMOUS for each in self.second)

    def first_by(self, module: KeyModule) -> tuple[Proof, ...]:
        """Return what a key module can do of the first authentication. [ledger: cs-key-modules-can]"""
        return tuple(each for each in self.first if each.kind in _ABLE[module])

    def offers_by(self, module: KeyModule) -> tuple[Proposal, ...]:
        """Return what a key module can do of the proposals: version 2 of IKE has no AH.

        [ledger: cs-key-modules-can]
        """
        if module is not KeyModule.IKE_V2:
            return self.offers
        return tuple(each for each in self.offers if each.protection.ah_integrity is None)


def terms(state: InForce, rule: AnyRule, here: Address, there: Address) -> Terms:
    """Return what an end offers to another address under a rule."""
    if isinstance(rule, ConnectionRule):
        return _of_connection(state, rule, here, there)
    return _of_policy(state, rule)


def _of_policy(state: InForce, rule: Rule) -> Terms:
    main = state.main_mode
    return Terms(
        (KeyModule.IKE_V1,),
        main.methods if main else (),
        (main.lifetime_seconds if main else 0) or _MAIN_LIFETIME,
        tuple(proof for each in rule.authentication if (proof := _proof(each)) is not None),
        (),
        tuple(
            Proposal(protection(each), SAME_AS_MAIN_MODE if each.pfs else 0, each.lifetime_seconds or _QUICK_LIFETIME)
            for each in rule.offers
        ),
    )


def _proof(one: Authentication) -> Proof | None:
    """Return a method of the policy store; unknown types never succeed."""
    kind = _KINDS.get(int(one.type))
    return None if kind is None else Proof(kind, "" if kind is ProofKind.KERBEROS else one.text)


def protection(offer: Offer) -> Protection:
    """Return what an offer of the policy store proposes."""
    ah = next((each.algorithm for each in offer.algorithms if each.operation == Operation.AH), None)
    esp = next((each for each in offer.algorithms if each.operation == Operation.ESP), None)
    return Protection(ah, esp.algorithm if esp else None, esp.integrity if esp else None)


def _of_connection(state: InForce, rule: ConnectionRule, here: Address, there: Address) -> Terms:
    main = main_mode(state.connections, here, there)
    first = rule.first if main is None or main.first is None else main.first
    return Terms(
        tuple(module for module in _modules(state, rule, first) if _can(module, first, rule.second)),
        main.methods if main else (),
        main.seconds if main else _MAIN_LIFETIME,
        first,
        rule.second,
        tuple(Proposal(each.protection, rule.pfs, each.seconds) for each in rule.offers),
    )


def _modules(state: InForce, rule: ConnectionRule, first: tuple[Proof, ...]) -> tuple[KeyModule, ...]:
    """Return the modules that a rule names, or those by default: since Server 2025 AuthIP only where it is needed.

    [ledger: cs-key-modules-default]
    """
    if rule.modules:
        return rule.modules
    if state.schema < IKE_V2_BY_DEFAULT:
        return (KeyModule.IKE_V1, KeyModule.AUTH_IP)
    others = {kind for module in (KeyModule.IKE_V1, KeyModule.IKE_V2) for kind in _ABLE[module]}
    needed = bool(rule.second) or any(each.kind not in others for each in first)
    return (KeyModule.IKE_V1, KeyModule.IKE_V2, *((KeyModule.AUTH_IP,) if needed else ()))


def _can(module: KeyModule, first: tuple[Proof, ...], second: tuple[Proof, ...]) -> bool:
    """Tell whether a module can do something of the first authentication, and the second one if that is not optional.

    It is optional where nobody needs to prove anything.
    """
    if not any(each.kind in _ABLE[module] for each in first):
        return False
    optional = not second or any(each.kind is ProofKind.ANONYMOUS for each in second)
    return module is KeyModule.AUTH_IP or optional
