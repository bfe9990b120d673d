# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing the rules of a policy, the default response rule among them."""

from __future__ import annotations

from .errors import Code, StoreError
from .filter_actions import FilterActions
from .identifiers import ObjectClass
from .model import (
    Action,
    ActionBody,
    Algorithm,
    Authentication,
    AuthType,
    EspCipher,
    Hash,
    Offer,
    Operation,
    RuleBody,
)
from .objects import FILTERS, NEGOTIATION, NFAS, OWNERS, Objects
from .rule_blob import decode_rule, encode_rule
from .text_field import BlobError

KERBEROS = (Authentication(AuthType.KERBEROS),)


def _esp(cipher: EspCipher, integrity: Hash) -> Offer:
    return Offer((Algorithm(Operation.ESP, cipher, integrity),))


def _ah(integrity: Hash) -> Offer:
    return Offer((Algorithm(Operation.AH, integrity),))


# Both lists as seen: the first in the directory defaults and in Windows 2000, the second in Windows 10 and 11.
# [ledger: data-default-response-offers]
OLD_DEFAULT_OFFERS = (
    _esp(EspCipher.TRIPLE_DES, Hash.SHA1),
    _esp(EspCipher.TRIPLE_DES, Hash.MD5),
    _esp(EspCipher.NONE, Hash.SHA1),
    _esp(EspCipher.NONE, Hash.MD5),
    _ah(Hash.SHA1),
    _ah(Hash.MD5),
)
NEW_DEFAULT_OFFERS = (_esp(EspCipher.TRIPLE_DES, Hash.SHA1), _ah(Hash.SHA1))


class Rules:
    """The rules of a store."""

    def __init__(self, objects: Objects, actions: FilterActions) -> None:
        self._objects = objects
        self._actions = actions
        self._version = objects.host.version

    def of(self, policy: str) -> list[str]:
        """Return the rules of a policy in their stored order."""
        return self._objects.targets(policy, NFAS)

    def is_default(self, rule: str) -> bool:
        """The default response rule has neither a name nor a filter list. [ledger: data-default-response]"""
        return self._objects.text(rule, "ipsecName") is None and not self._objects.references(rule, FILTERS)

    def default(self, policy: str) -> str:
        """Return the default response rule of a policy."""
        for rule in self.of(policy):
            if self.is_default(rule):
                return rule
        raise StoreError(Code.NO_SUCH_RULE, name="<default>")

    def find(self, policy: str, name: str) -> str | None:
        """Return the rule of that display name in a policy, whatever the case."""
        wanted = name.lower()
        for rule in self.of(policy):
            shown = self._objects.text(rule, "ipsecName")
            if shown is not None and shown.lower() == wanted:
                return rule
        return None

    def require(self, policy: str, name: str) -> str:
        """Return the rule of that display name."""
        found = self.find(policy, name)
        if found is None:
            raise StoreError(Code.NO_SUCH_RULE, name=name)
        return found

    def numbered(self, policy: str, text: str) -> str:
        """Return a rule by its place in the policy, counted from 1 (lab's choice), or by its GUID.

        [ledger: netsh-rule-id-counting]
        """
        rules = self.of(policy)
        if text.isdecimal() and 1 <= int(text) <= len(rules):
            return rules[int(text) - 1]
        found = self._objects.find_guid(ObjectClass.NFA, text)
        if found is None or found not in rules:
            raise StoreError(Code.NO_SUCH_RULE, name=text)
        return found

    def create(
        self, policy: str, name: str, filter_list: str, filter_action: str, body: RuleBody, description: str = ""
    ) -> str:
        """Make a rule and wire it up. It stamps policy and filter list, but not a shared filter action."""
        if self.find(policy, name) is not None:
            raise StoreError(Code.RULE_EXISTS, name=name)
        rule = self._objects.create(
            ObjectClass.NFA, encode_rule(body, self._version), name=name, description=description
        )
        self._wire(policy, rule, filter_action)
        self._objects.point(rule, FILTERS, filter_list)
        self._objects.add_reference(filter_list, OWNERS, rule)
        self._objects.stamp(filter_list)
        return rule

    def create_default(self, policy: str, *, active: bool) -> str:
        """Make the default response rule with a filter action of its own."""
        old = self._version.default_response_works
        offers = OLD_DEFAULT_OFFERS if old else NEW_DEFAULT_OFFERS
        action = self._actions.create(ActionBody(Action.NEGOTIATE, offers, default_response=True))
        rule = self._objects.create(ObjectClass.NFA, encode_rule(RuleBody(KERBEROS, active=active), self._version))
        self._wire(policy, rule, action)
        return rule

    def _wire(self, policy: str, rule: str, action: str) -> None:
        self._objects.point(rule, OWNERS, policy)
        self._objects.point(rule, NEGOTIATION, action)
        self._objects.add_reference(action, OWNERS, rule)
        self._objects.add_reference(policy, NFAS, rule)
        self._objects.stamp(policy)

    def read(self, rule: str) -> RuleBody:
        """Return what the blob of a rule says."""
        blob = self._objects.data(rule)
        try:
            return decode_rule(blob or b"")
        except BlobError as err:
            raise StoreError(Code.UNREADABLE, name=rule) from err

    def write(self, policy: str, rule: str, body: RuleBody) -> None:
        """Replace what the blob of a rule says."""
        self._objects.write(rule, encode_rule(body, self._version))
        self._objects.stamp(policy)

    def rename(self, policy: str, rule: str, new_name: str) -> None:
        """Give a rule another display name; refuses one that another rule of the policy has."""
        other = self.find(policy, new_name)
        if other is not None and other != rule:
            raise StoreError(Code.RULE_EXISTS, name=new_name)
        self._objects.put(rule, "ipsecName", new_name)
        self._objects.stamp(rule)

    def describe(self, rule: str, description: str) -> None:
        """Change the description of a rule."""
        self._objects.put(rule, "description", description)
        self._objects.stamp(rule)

    def use(self, policy: str, rule: str, attribute: str, target: str) -> None:
        """Point a rule at another filter list or filter action."""
        for old in self._objects.targets(rule, attribute):
            self._objects.drop_reference(old, OWNERS, rule)
        self._objects.point(rule, attribute, target)
        self._objects.add_reference(target, OWNERS, rule)
        self._objects.stamp(rule)
        self._objects.stamp(policy)

    def delete(self, policy: str, rule: str) -> None:
        """Delete a rule in the order of MS-GPIPSEC 3.1.5.7, and a filter action that was its own.

        [ledger: store-deleted-in-order]
        """
        self._objects.drop_reference(policy, NFAS, rule)
        self._objects.stamp(policy)
        actions = self._objects.targets(rule, NEGOTIATION)
        for target in (*actions, *self._objects.targets(rule, FILTERS)):
            self._objects.drop_reference(target, OWNERS, rule)
        self._objects.delete(rule)
        for action in actions:
            if self._objects.text(action, "ipsecName") is None and not self._objects.users(action, NEGOTIATION):
                self._objects.delete(action)
