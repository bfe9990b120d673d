# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policies, filter lists and filter actions that Windows puts into a store by itself, up to Server 2003.

Identifiers and contents are those of the default objects of Active Directory. That a local store of Server 2003 holds
the same ones is an assumption, and so is their English text on other languages. No policy is assigned.

[ledger: data-predefined-guids, force-predefined-2003, force-predefined-names]
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from .action_blob import encode_offers
from .filter_blob import encode_filters
from .identifiers import (
    ACTION_INPASS,
    ACTION_NEGOTIATE,
    ACTION_PERMIT,
    TYPE_DEFAULT_RESPONSE,
    TYPE_STANDARD,
    ObjectClass,
)
from .keeper import Keeper
from .model import HOST_MASK, Algorithm, EspCipher, Filter, Hash, MainMode, Offer, Operation, RuleBody, Side, SideKind
from .objects import FILTERS, ISAKMP, NEGOTIATION, NFAS, OWNERS, Objects
from .policies import DEFAULT_POLLING, OLD_DEFAULT_METHODS
from .policy_blob import encode_main_mode, encode_policy
from .rule_blob import encode_rule
from .rules import KERBEROS, OLD_DEFAULT_OFFERS

_A = "-70FA-11D1-864C-14A300000000"
_B = "-5EE3-11D2-ACE8-0060B0ECCA17"
_C = "-071D-11D3-AD22-0060B0ECCA17"

# The directory defaults carry an instance identifier that is not the object's own; which one does not matter.
_INSTANCE = uuid.UUID("72385234" + _A)

ALL_IP, ALL_ICMP = "7238523A" + _A, "72385235" + _A
PERMIT, REQUEST, REQUIRE = "7238523B" + _A, "72385233" + _A, "7238523F" + _A


@dataclass(frozen=True, slots=True)
class _Rule:
    """A predefined rule: GUIDs of itself, of its filter list (None for the default response) and of its action."""

    guid: str
    filter_list: str | None
    action: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class _Policy:
    """A predefined policy with its rules in the order of its references."""

    name: str
    guid: str
    isakmp: str
    rules: tuple[_Rule, ...]


_POLICIES = (
    _Policy(
        "Client (Respond Only)",
        "72385236" + _A,
        "72385237" + _A,
        (_Rule("59319C04" + _B, None, "59319C01" + _B),),
    ),
    _Policy(
        "Server (Request Security)",
        "72385230" + _A,
        "72385231" + _A,
        (
            _Rule("594272E2" + _C, ALL_ICMP, PERMIT),
            _Rule("59319BE2" + _B, None, "59319BDF" + _B),
            _Rule("72385232" + _A, ALL_IP, REQUEST, "Request Security (Optional) Rule"),
        ),
    ),
    _Policy(
        "Secure Server (Require Security)",
        "7238523C" + _A,
        "7238523D" + _A,
        (
            _Rule("594272FD" + _C, ALL_ICMP, PERMIT),
            _Rule("59319BF3" + _B, None, "59319BF0" + _B),
            _Rule("7238523E" + _A, ALL_IP, REQUIRE, "Require Security"),
        ),
    ),
)


def _esp(cipher: EspCipher, integrity: Hash, seconds: int, kilobytes: int) -> Offer:
    return Offer((Algorithm(Operation.ESP, cipher, integrity),), seconds, kilobytes)


def _ah(integrity: Hash, seconds: int, kilobytes: int) -> Offer:
    return Offer((Algorithm(Operation.AH, integrity),), seconds, kilobytes)


_REQUEST_OFFERS = (
    _esp(EspCipher.TRIPLE_DES, Hash.SHA1, 900, 100000),
    _esp(EspCipher.NONE, Hash.SHA1, 900, 100000),
    _ah(Hash.SHA1, 300, 100000),
    _ah(Hash.MD5, 300, 100000),
    Offer(),
)
_REQUIRE_OFFERS = (
    _esp(EspCipher.TRIPLE_DES, Hash.SHA1, 900, 100000),
    _esp(EspCipher.TRIPLE_DES, Hash.MD5, 900, 100000),
    _esp(EspCipher.NONE, Hash.SHA1, 900, 100000),
    _esp(EspCipher.NONE, Hash.MD5, 900, 100000),
)


class _Planter:
    """Writes the objects and keeps their key names by GUID."""

    def __init__(self, host: Keeper) -> None:
        self.objects = Objects(host)
        self.version = host.version
        self.keys: dict[str, str] = {}

    def create(
        self,
        object_class: ObjectClass,
        guid: str,
        data: bytes,
        name: str | None = None,
        extra: dict[str, str] | None = None,
    ) -> str:
        key = self.objects.create(object_class, data, name=name, guid=uuid.UUID(guid), extra=extra)
        self.keys[guid] = key
        return key

    def action(self, guid: str, name: str | None, identifier: str, kind: str, offers: tuple[Offer, ...]) -> str:
        extra = {"ipsecNegotiationPolicyAction": identifier, "ipsecNegotiationPolicyType": kind}
        return self.create(ObjectClass.NEGOTIATION, guid, encode_offers(offers, self.version), name, extra)

    def filter_list(self, guid: str, name: str, one: Filter) -> str:
        return self.create(ObjectClass.FILTER, guid, encode_filters([one], self.version.frame), name)

    def policy(self, policy: _Policy) -> None:
        key = self.create(ObjectClass.POLICY, policy.guid, encode_policy(DEFAULT_POLLING), policy.name)
        mode = encode_main_mode(MainMode(OLD_DEFAULT_METHODS), _INSTANCE, self.version, old_fill=True)
        isakmp = self.create(ObjectClass.ISAKMP, policy.isakmp, mode)
        self.objects.point(key, ISAKMP, isakmp)
        self.objects.point(isakmp, OWNERS, key)
        # References are put first, so the last rule comes first.
        for rule in reversed(policy.rules):
            self.rule(key, rule)

    def rule(self, policy: str, rule: _Rule) -> None:
        if rule.filter_list is None:
            self.action(rule.action, None, ACTION_NEGOTIATE, TYPE_DEFAULT_RESPONSE, OLD_DEFAULT_OFFERS)
        key = self.create(ObjectClass.NFA, rule.guid, encode_rule(RuleBody(KERBEROS), self.version), rule.name)
        self.objects.point(key, OWNERS, policy)
        self.objects.add_reference(policy, NFAS, key)
        self.objects.point(key, NEGOTIATION, self.keys[rule.action])
        self.objects.add_reference(self.keys[rule.action], OWNERS, key)
        if rule.filter_list is not None:
            self.objects.point(key, FILTERS, self.keys[rule.filter_list])
            self.objects.add_reference(self.keys[rule.filter_list], OWNERS, key)


def plant(host: Keeper) -> None:
    """Write the predefined objects into the store of a host."""
    me, anybody = Side(SideKind.ME, mask=HOST_MASK), Side(SideKind.ANY)
    planter = _Planter(host)
    all_ip = Filter(me, anybody, guid=uuid.UUID("59319BDD" + _B))
    all_icmp = Filter(me, anybody, protocol=1, description="ICMP", guid=uuid.UUID("5119D263" + _C))
    planter.filter_list(ALL_IP, "All IP Traffic", all_ip)
    planter.filter_list(ALL_ICMP, "All ICMP Traffic", all_icmp)
    planter.action(PERMIT, "Permit", ACTION_PERMIT, TYPE_STANDARD, ())
    planter.action(REQUEST, "Request Security (Optional)", ACTION_INPASS, TYPE_STANDARD, _REQUEST_OFFERS)
    planter.action(REQUIRE, "Require Security", ACTION_INPASS, TYPE_STANDARD, _REQUIRE_OFFERS)
    for policy in _POLICIES:
        planter.policy(policy)
