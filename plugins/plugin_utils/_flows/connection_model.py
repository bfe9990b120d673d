# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What connection security rules in force on a host say, in a form that does not depend on where they were read."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from .._common.secret import Secret


class Treatment(StrEnum):
    """What a rule asks of its packets, coming in and going out."""

    EXEMPT = "noauthentication"
    REQUEST = "requestinrequestout"
    REQUIRE_IN = "requireinrequestout"
    REQUIRE_BOTH = "requireinrequireout"


class KeyModule(StrEnum):
    """The protocols that negotiate, in words."""

    IKE_V2 = "IKEv2"
    AUTH_IP = "AuthIP"
    IKE_V1 = "IKEv1"


@dataclass(frozen=True, slots=True)
class Proof:
    """A way to prove who one is: the word of netsh, the authority for certificates, the key for keys.

    ``asks_more``: the certificate must have something that documents do not tell whether it has.
    """

    method: str
    authority: str = ""
    key: Secret | None = None
    asks_more: bool = False

    @property
    def words(self) -> str:
        """The method for people, never the key."""
        return f"certificate of {self.authority}" if self.authority else _METHODS.get(self.method, self.method)


_METHODS = {
    "computerkerb": "Kerberos",
    "userkerb": "Kerberos of the user",
    "computerpsk": "pre-shared key",
    "computerntlm": "NTLM",
    "userntlm": "NTLM of the user",
}


@dataclass(frozen=True, slots=True)
class Protection:
    """What one suite of quick mode does to packets, in the words of netsh; ``none`` for what it does not do.

    ``bare``: authentication without encapsulation, which leaves the packets as they are.
    """

    ah_integrity: str
    esp_encryption: str
    esp_integrity: str
    bare: bool = False

    @property
    def uses_ah(self) -> bool:
        """Whether packets carry AH."""
        return self.ah_integrity != "none"

    @property
    def uses_esp(self) -> bool:
        """Whether packets carry ESP."""
        return not self.bare and (self.esp_encryption, self.esp_integrity) != ("none", "none")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One suite of main mode, in the words of netsh."""

    group: str
    encryption: str
    integrity: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What a rule negotiates with. ``fresh_keys`` is none, mainmode or a group; no modules are those by default."""

    first: tuple[Proof, ...] = ()
    second: tuple[Proof, ...] = ()
    protections: tuple[Protection, ...] = ()
    fresh_keys: str = "none"
    modules: tuple[KeyModule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Which packets something is about: endpoint 1 is the host, endpoint 2 the other side. Nothing is any."""

    endpoint1: tuple[str, ...] = ()
    endpoint2: tuple[str, ...] = ()
    protocol: str = "any"
    port1: tuple[str, ...] = ()
    port2: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRule:
    """A rule that is in force or may be. ``doubt`` says why it is not known what it does, or whether it applies.

    ``where`` is then all that it may be about.
    """

    name: str
    where: Where
    treatment: Treatment = Treatment.EXEMPT
    offer: Offer = field(default_factory=Offer)
    doubt: str = ""
    from_group_policy: bool = False

    @property
    def requests(self) -> bool:
        """Whether it sends in clear at once and negotiates beside that."""
        return self.treatment in (Treatment.REQUEST, Treatment.REQUIRE_IN)

    @property
    def effect(self) -> tuple[object, ...]:
        """What rules have in common that do the same to the same packets."""
        return self.treatment, self.offer, self.doubt


@dataclass(frozen=True, slots=True, kw_only=True)
class MainModeRule:
    """How main mode runs between two sets of addresses; ``first`` None leaves the authentication to the rule."""

    name: str
    where: Where
    exchanges: tuple[Exchange, ...] = ()
    first: tuple[Proof, ...] | None = None
    doubt: str = ""

    @property
    def effect(self) -> tuple[object, ...]:
        """What rules have in common that do the same."""
        return self.exchanges, self.first, self.doubt


@dataclass(frozen=True, slots=True)
class Speech:
    """What a host says of some packets: the deciding rule, and the main mode that goes with it."""

    rule: ConnectionRule
    exchanges: tuple[Exchange, ...] = ()
    first: tuple[Proof, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """All of connection security on a host, as far as it may be in force.

    ``exchanges`` are those of main mode where no rule for it applies. ``exemptions`` are words of netsh.
    ``uses_part_of_sets`` tells whether a key module takes what it can of an authentication set, None for not known.
    ``lists``: computers or users must be on a list. ``ikev2_by_default``: since Windows Server 2025.
    """

    rules: tuple[ConnectionRule, ...] = ()
    main_modes: tuple[MainModeRule, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    exemptions: frozenset[str] = frozenset()
    uses_part_of_sets: bool | None = None
    lists: bool = False
    ikev2_by_default: bool = True
