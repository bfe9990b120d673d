# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What two ends agree on once IKE is answered."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .._policies.model import (
    Authentication,
    Certificate,
    DefaultResponse,
    Kerberos,
    MainMode,
    MainModeMethod,
    PresharedKey,
    QuickModeMethod,
)
from .._policies.words import Encryption, Integrity
from .semantics import Decision, View


class Disagreement(StrEnum):
    """The step of a negotiation that finds nothing in common."""

    MAIN_MODE = "main_mode"
    AUTHENTICATION = "authentication"
    QUICK_MODE = "quick_mode"


@dataclass(frozen=True, slots=True)
class Agreement:
    """What protects a flow. ``authentication`` is a word, for certificates with the authority, never a key.

    ``key_assumed``: one end's pre-shared key is not known here and was taken to be the other's.
    """

    authentication: str
    main_mode: MainModeMethod
    ah_integrity: Integrity | None
    esp_encryption: Encryption | None
    esp_integrity: Integrity | None
    key_assumed: bool = False

    @property
    def uses_ah(self) -> bool:
        """Whether packets carry AH."""
        return self.ah_integrity is not None

    @property
    def uses_esp(self) -> bool:
        """Whether packets carry ESP."""
        return self.esp_encryption is not None or self.esp_integrity is not None

    @property
    def algorithms(self) -> tuple[str, str, str]:
        """AH integrity, ESP encryption and ESP integrity, in words; ``none`` for what is not used."""
        encryption, integrity = self.esp_encryption or Encryption.NONE, self.esp_integrity or Integrity.NONE
        return (self.ah_integrity or Integrity.NONE).value, encryption.value, integrity.value

    def __str__(self) -> str:
        main = f"{self.main_mode.encryption.value}-{self.main_mode.integrity.value}-{self.main_mode.dh_group.value}"
        key = " (a key that is not known here, taken to be the same)" if self.key_assumed else ""
        return f"{spelled(self.algorithms)}, main mode {main}, {self.authentication}{key}"


def spelled(algorithms: tuple[str, str, str]) -> str:
    """Return algorithms in words as ``AH[sha1]+ESP[3des,sha1]``."""
    ah, *esp = algorithms
    parts = [f"AH[{ah}]"] if ah != Integrity.NONE else []
    # A cipher that has its own integrity is named once.
    parts += [f"ESP[{','.join(dict.fromkeys(esp))}]"] if any(word != Encryption.NONE for word in esp) else []
    return "+".join(parts) or "no protection"


@dataclass(frozen=True, slots=True)
class Terms:
    """What one end brings to a negotiation."""

    main_mode: MainMode
    authentication: tuple[Authentication, ...]
    methods: tuple[QuickModeMethod, ...]
    perfect_forward_secrecy: bool


def terms(view: View, decision: Decision) -> Terms:
    """Return what a host offers or accepts for a packet: by the deciding rule, or by its default response rule."""
    if decision.bound is not None:
        bound = decision.bound
        methods, pfs = bound.action.methods, bound.action.perfect_forward_secrecy
        return Terms(view.main_mode, bound.rule.authentication, methods, pfs)
    response = view.policy.default_response if view.policy else DefaultResponse()
    return Terms(view.main_mode, response.authentication, response.methods, response.perfect_forward_secrecy)


def negotiate(initiator: Terms, responder: Terms) -> Agreement | Disagreement:
    """Return what both agree on, or the step that fails.

    Read from documents, not confirmed on Windows: every step takes the first of the initiator's list that the
    responder has as well. Main mode compares encryption, integrity and group; quick mode the algorithms of AH and
    ESP and perfect forward secrecy; lifetimes do not count. Steps come in the order main mode, authentication,
    quick mode.

    [ledger: two-first-in-common, two-initiator-order, two-lifetimes-agree, two-pfs-must-agree]
    """
    main = next((one for one in initiator.main_mode.methods if one in responder.main_mode.methods), None)
    if main is None:
        return Disagreement.MAIN_MODE
    authentication = _authentication(initiator.authentication, responder.authentication)
    if authentication is None:
        return Disagreement.AUTHENTICATION
    theirs = {algorithms(one) for one in responder.methods}
    quick = next((one for one in map(algorithms, initiator.methods) if one in theirs), None)
    if quick is None or initiator.perfect_forward_secrecy is not responder.perfect_forward_secrecy:
        return Disagreement.QUICK_MODE
    word, assumed = authentication
    return Agreement(word, main, *quick, assumed)


Algorithms = tuple[Integrity | None, Encryption | None, Integrity | None]


def algorithms(method: QuickModeMethod) -> Algorithms:
    """Return what two ends must have in common of a method: all but its lifetimes."""
    return method.ah_integrity, method.esp_encryption, method.esp_integrity


def _authentication(
    initiator: tuple[Authentication, ...], responder: tuple[Authentication, ...]
) -> tuple[str, bool] | None:
    """Return the word of the first method in common, and whether a key had to be assumed."""
    for mine in initiator:
        for its in responder:
            if isinstance(mine, Kerberos) and isinstance(its, Kerberos):
                return "Kerberos", False
            if isinstance(mine, PresharedKey) and isinstance(its, PresharedKey):
                unknown = mine.key is None or its.key is None
                if unknown or mine.key == its.key:
                    return "pre-shared key", unknown
            if isinstance(mine, Certificate) and isinstance(its, Certificate) and mine.authority == its.authority:
                return f"certificate of {mine.authority}", False
    return None
