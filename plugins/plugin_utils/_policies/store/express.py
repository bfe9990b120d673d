# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records of the store in the terms of the model: filter actions, main mode, and the contents of rules.

What the model cannot say raises :class:`Inexpressible`, whose text completes "This object ...". What the model can say,
and netsh cannot be told, goes to ``oddities`` in the same words: the object is seen, but not changed.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from ipaddress import IPv4Address, IPv6Address
from typing import TypeVar

from ..._common.packets import HIGHEST_U32
from ..._common.secret import Secret
from ..._windows.netsh.text import LONGEST_TEXT, trouble
from ..codec import filter_action as action_codes
from ..codec import main_mode as main_mode_codes
from ..codec import rule as rule_codes
from ..codec.filter_action import Algorithm, FilterActionData, Offer
from ..codec.guids import BLOCK, NEGOTIATE, NEGOTIATE_ACCEPTING_UNSECURED, PERMIT
from ..codec.main_mode import OVERRIDES, MainModeData
from ..codec.rule import AuthenticationData, RuleData
from ..model import (
    DEFAULT_MAIN_MODE_LIFETIME_MINUTES,
    Authentication,
    Certificate,
    Kerberos,
    MainMode,
    MainModeMethod,
    PresharedKey,
    QuickModeMethod,
    Selector,
    Unmanaged,
)
from ..words import ActionKind, ConnectionType, DhGroup, Encryption, Integrity, effective_quick_modes

ACTIONS = {
    BLOCK: ActionKind.BLOCK,
    PERMIT: ActionKind.PERMIT,
    NEGOTIATE: ActionKind.NEGOTIATE,
    NEGOTIATE_ACCEPTING_UNSECURED: ActionKind.NEGOTIATE,
}
CONNECTION_TYPES = {
    rule_codes.INTERFACES_ALL: ConnectionType.ALL,
    rule_codes.INTERFACES_LAN: ConnectionType.LAN,
    rule_codes.INTERFACES_DIALUP: ConnectionType.DIALUP,
}
AH_INTEGRITIES = {action_codes.AH_MD5: Integrity.MD5, action_codes.AH_SHA1: Integrity.SHA1}
ESP_ENCRYPTIONS = {
    action_codes.ESP_NONE: Encryption.NONE,
    action_codes.ESP_DES: Encryption.DES,
    action_codes.ESP_3DES: Encryption.TRIPLE_DES,
}
ESP_INTEGRITIES = {
    action_codes.ESP_HASH_NONE: Integrity.NONE,
    action_codes.ESP_HASH_MD5: Integrity.MD5,
    action_codes.ESP_HASH_SHA1: Integrity.SHA1,
}
MAIN_MODE_ENCRYPTIONS = {
    main_mode_codes.ENCRYPTION_DES: Encryption.DES,
    main_mode_codes.ENCRYPTION_3DES_TOO: Encryption.TRIPLE_DES,
    main_mode_codes.ENCRYPTION_3DES: Encryption.TRIPLE_DES,
}
MAIN_MODE_INTEGRITIES = {main_mode_codes.HASH_MD5: Integrity.MD5, main_mode_codes.HASH_SHA1: Integrity.SHA1}
DH_GROUPS = {
    main_mode_codes.GROUP_1: DhGroup.LOW,
    main_mode_codes.GROUP_2: DhGroup.MEDIUM,
    main_mode_codes.GROUP_14: DhGroup.HIGH,
}
_CERTIFICATE_FLAGS = rule_codes.FLAG_MAP_TO_ACCOUNT | rule_codes.FLAG_EXCLUDE_AUTHORITY_NAME


Item = TypeVar("Item", bound=Hashable)


class Inexpressible(Exception):
    """Something that the model has no words for; the text completes a sentence that begins with the object."""


class Oddities(list[str]):
    """What an object holds that netsh cannot be told; each text completes "This object ...".

    ``filters`` are the selectors of such filters. ``name``, ``rules`` and ``kept`` are the other reasons for which
    something of it cannot be changed, as in
    :class:`.model.Unmanaged`.
    """

    name: str = ""
    kept: str = ""

    def __init__(self) -> None:
        super().__init__()
        self.rules: list[str] = []
        self.filters: set[Selector] = set()

    def unmanaged(self) -> Unmanaged:
        """Return the first reason of each kind."""
        content, rules = (next(iter(texts), "") for texts in (self, self.rules))
        return Unmanaged(name=self.name, content=content, rules=rules, kept=self.kept, filters=frozenset(self.filters))

    def text(self, text: str, what: str) -> None:
        """Note a text that netsh cannot be given."""
        if len(text) > LONGEST_TEXT:
            self.append(f"has {what} of more than {LONGEST_TEXT} characters")
        elif found := trouble(text):
            self.append(f"has {what} that netsh cannot be given: expected {found[0]}")

    def distinct(self, items: Iterable[Item], what: str) -> tuple[Item, ...]:
        """Return each item once, which is what a list of preferences means; note that some came twice."""
        found = tuple(items)
        kept = tuple(dict.fromkeys(found))
        if len(kept) != len(found):
            self.append(f"has {what} that are alike")
        return kept


def check_flag(value: int, what: str) -> bool:
    """Return a stored 0 or 1 as a truth value; raise Inexpressible for anything else."""
    if value not in (0, 1):
        raise Inexpressible(f"has an unknown value for {what}")
    return bool(value)


def quick_mode_methods(data: FilterActionData, oddities: Oddities) -> tuple[QuickModeMethod, ...]:
    """Return the offers of a filter action without the mark for falling back to clear."""
    return oddities.distinct((_quick_mode_method(offer) for offer in data.offers if offer.algorithms), "offers")


def quick_mode_pfs(data: FilterActionData) -> bool:
    """Return whether quick mode has perfect forward secrecy: the flag of the first real offer decides."""
    first = next((offer for offer in data.offers if offer.algorithms), Offer())
    return check_flag(first.pfs, "perfect forward secrecy")


def _quick_mode_method(offer: Offer) -> QuickModeMethod:
    if offer.flags:
        raise Inexpressible("has an offer with unknown flags")
    authentications = [each for each in offer.algorithms if each.operation == action_codes.OPERATION_AH]
    encryptions = [each for each in offer.algorithms if each.operation == action_codes.OPERATION_ESP]
    if len(authentications) + len(encryptions) != len(offer.algorithms):
        raise Inexpressible("has an offer with an operation other than AH and ESP")
    if len(authentications) > 1 or len(encryptions) > 1:
        raise Inexpressible("has an offer that applies AH or ESP twice")
    encryption, integrity = _esp(encryptions[0]) if encryptions else (None, None)
    return QuickModeMethod(
        ah_integrity=_ah(authentications[0]) if authentications else None,
        esp_encryption=encryption,
        esp_integrity=integrity,
        lifetime_kilobytes=offer.lifetime_kilobytes,
        lifetime_seconds=offer.lifetime_seconds,
    )


def _ah(algorithm: Algorithm) -> Integrity:
    if algorithm.algorithm not in AH_INTEGRITIES:
        raise Inexpressible("has an AH offer with an unknown hash")
    return AH_INTEGRITIES[algorithm.algorithm]


def _esp(algorithm: Algorithm) -> tuple[Encryption, Integrity]:
    encryption = ESP_ENCRYPTIONS.get(algorithm.algorithm)
    integrity = ESP_INTEGRITIES.get(algorithm.integrity)
    if encryption is None or integrity is None:
        raise Inexpressible("has an ESP offer with an unknown algorithm")
    if encryption is Encryption.NONE and integrity is Integrity.NONE:
        raise Inexpressible("has an ESP offer that neither encrypts nor authenticates")
    return encryption, integrity


def main_mode(data: MainModeData, oddities: Oddities) -> MainMode:
    """Return the key exchange settings of a policy, with New-DH bytes and random functions applied."""
    if data.options:
        raise Inexpressible("has certificate options for all of its main mode")
    if any(code not in OVERRIDES for code in data.leading):
        raise Inexpressible("has an unknown first main mode offer")
    methods = [_main_mode_method(OVERRIDES[code]) for code in data.leading]
    own = [offer for offer in data.offers if offer.random_function not in OVERRIDES]
    for offer in data.offers:
        if offer.random_function and offer.random_function not in OVERRIDES:
            raise Inexpressible("has a main mode offer with an unknown random function")
        methods.append(_main_mode_method(offer.algorithms))
    if not methods:
        raise Inexpressible("has no main mode offer")
    # Lifetimes and limits say how long a main mode lasts, not whether there is one.
    methods = list(oddities.distinct(methods, "main mode offers"))
    if any(offer.lifetime_kilobytes for offer in own):
        oddities.append("has a main mode offer with a limit in kilobytes")
    seconds = data.lifetime_seconds or _common([offer.lifetime_seconds for offer in own], "lifetimes", oddities)
    limits = [offer.quick_modes for offer in own]
    quick_modes = data.quick_modes or _common(limits, "limits of quick modes", oddities)
    fresh_keys = check_flag(data.master_pfs, "perfect forward secrecy of main mode")
    return MainMode(
        methods=tuple(methods),
        lifetime_minutes=minutes(seconds, "a main mode lifetime", oddities) or DEFAULT_MAIN_MODE_LIFETIME_MINUTES,
        quick_modes=effective_quick_modes(quick_modes, fresh_keys),
        perfect_forward_secrecy=fresh_keys,
    )


def minutes(seconds: int, what: str, oddities: Oddities) -> int:
    """Return a length of time in minutes, begun ones included."""
    if seconds % 60:
        oddities.append(f"has {what} that is not a whole number of minutes")
    return min(-(-seconds // 60), HIGHEST_U32 // 60)


def _common(numbers: list[int], what: str, oddities: Oddities) -> int:
    """Return the nonzero number that offers state, the smallest where they differ, 0 where none does."""
    stated = {number for number in numbers if number}
    if len(stated) > 1:
        oddities.append(f"has main mode offers with different {what}")
    return min(stated, default=0)


def _main_mode_method(codes: tuple[int, int, int]) -> MainModeMethod:
    encryption, integrity, group = codes
    known = (
        MAIN_MODE_ENCRYPTIONS.get(encryption),
        MAIN_MODE_INTEGRITIES.get(integrity),
        DH_GROUPS.get(group),
    )
    match known:
        case (Encryption() as cipher, Integrity() as hashing, DhGroup() as dh_group):
            return MainModeMethod(encryption=cipher, integrity=hashing, dh_group=dh_group)
    raise Inexpressible("has a main mode offer with an algorithm or a group that netsh has no word for")


def authentication(data: RuleData, oddities: Oddities) -> tuple[Authentication, ...]:
    """Return the authentication methods of a rule in order of preference."""
    if data.second_section is not None and not _same_methods(data):
        raise Inexpressible("has two sections of authentication methods that disagree")
    methods = oddities.distinct(
        (_authentication(each, oddities) for each in data.authentication), "authentication methods"
    )
    if not methods:
        raise Inexpressible("has no authentication method")
    if sum(isinstance(method, PresharedKey) for method in methods) > 1:
        # Which of two keys is used is not known: the peers only agree that there is one.
        raise Inexpressible("has authentication methods that are alike")
    return methods


def _same_methods(data: RuleData) -> bool:
    # How the second section names an authority is not known, so that is not compared.
    def comparable(methods: tuple[AuthenticationData, ...]) -> list[tuple[int, Secret | None]]:
        return [(each.kind, each.credential if isinstance(each.credential, Secret) else None) for each in methods]

    return comparable(data.authentication) == comparable(data.second_section or ())


def _authentication(data: AuthenticationData, oddities: Oddities) -> Authentication:
    match data:
        case AuthenticationData(kind=rule_codes.KERBEROS, flags=0):
            return Kerberos()
        case AuthenticationData(kind=rule_codes.PRESHARED_KEY, credential=Secret() as key, flags=0):
            return PresharedKey(key)
        case AuthenticationData(kind=rule_codes.CERTIFICATE, credential=str() as authority, flags=flags):
            # A double quote can be sent, written as \', which therefore nothing else may contain.
            oddities.text(authority.replace('"', ""), "a certificate authority")
            if not authority:
                raise Inexpressible("has a certificate method without an authority")
            if authority != authority.strip() or "'" in authority:
                oddities.append("has a certificate authority that netsh cannot be given")
            if flags & ~_CERTIFICATE_FLAGS:
                raise Inexpressible("has a certificate method with unknown flags")
            return Certificate(
                authority,
                map_to_account=bool(flags & rule_codes.FLAG_MAP_TO_ACCOUNT),
                exclude_authority_name=bool(flags & rule_codes.FLAG_EXCLUDE_AUTHORITY_NAME),
            )
    raise Inexpressible("has an authentication method of an unknown type or with unknown flags")


def connection_type(data: RuleData) -> ConnectionType:
    """Return the connections to which a rule applies."""
    if data.interface_type not in CONNECTION_TYPES or data.interface_name:
        raise Inexpressible("applies to an interface that is not a connection type")
    return CONNECTION_TYPES[data.interface_type]


def tunnel_endpoint(data: RuleData) -> IPv4Address | IPv6Address | None:
    """Return the far end of a tunnel, None in transport mode."""
    if not check_flag(data.is_tunnel, "tunnel mode"):
        return None
    if data.tunnel_name:
        raise Inexpressible("has a tunnel endpoint by name")
    endpoint = data.tunnel_ipv6 or data.tunnel_address
    if not int(endpoint):
        raise Inexpressible("has a tunnel without an address")
    return endpoint
