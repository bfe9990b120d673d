# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Short-lived copies of objects in force: how they are made, and how an interrupted change is taken up again.

A change to what is in force, if it needs several commands, is made behind a copy: the copy is built and assigned, the
original changes while nobody looks, and assigning the original is the moment of the change. A copy in force therefore
always says what its original was, so that a later run can go on from there, whatever happened to the original.

[ledger: force-assign-at-once, force-equal-copy]
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..._common.errors import IpsecError
from ..._windows.netsh.text import trouble
from ..model import (
    FILTER_ACTION,
    FILTER_LIST,
    POLICY,
    FilterAction,
    FilterList,
    Kerberos,
    Key,
    Named,
    Policy,
    Rule,
    Store,
    by_name,
    folded,
    ordered_rules,
)
from ..names import is_guid, is_predecessor, staging_base, staging_name
from .operations import Rename
from .permitted import can_be_told
from .renames import renamed


@dataclass(frozen=True, slots=True)
class Staging:
    """Copies of a policy, and of those filter lists and filter actions that change with it."""

    policy: Policy
    filter_lists: tuple[FilterList, ...]
    filter_actions: tuple[FilterAction, ...]


def free_number(store: Store, first: int = 1) -> int:
    """Return the first number, from ``first`` on, that no copy of anything has."""
    taken = {*by_name(store.policies), *by_name(store.filter_lists), *by_name(store.filter_actions)}
    number = first
    while any(name.endswith(staging_name("", number)) for name in taken):
        number += 1
    return number


def stage(current: Store, policy: str, touched: Iterable[Key]) -> Staging:
    """Return copies of a policy, and of those of its lists and actions that are ``touched`` or cannot be told netsh."""
    number = free_number(current)
    original = by_name(current.policies)[folded(policy)]
    lists, actions = by_name(current.filter_lists), by_name(current.filter_actions)
    changing = set(touched) | {key for key, mark in current.unmanaged.items() if mark.name}
    copied_lists: dict[str, FilterList] = {}
    copied_actions: dict[str, FilterAction] = {}
    rules: list[Rule] = []
    for rule in original.rules:
        list_key, action_key = folded(rule.filter_list), folded(rule.filter_action)
        for key in ((FILTER_LIST, list_key), (FILTER_ACTION, action_key)):
            _refuse_opaque(current, key, rule)
        if (FILTER_LIST, list_key) in changing:
            name = _copy_name(current, FILTER_LIST, rule.filter_list, number)
            copied_lists[list_key] = _sendable_list(replace(lists[list_key], name=name))
            rule = replace(rule, filter_list=name)
        if (FILTER_ACTION, action_key) in changing:
            name = _copy_name(current, FILTER_ACTION, rule.filter_action, number)
            copied_actions[action_key] = _sendable(replace(actions[action_key], name=name))
            rule = replace(rule, filter_action=name)
        if not can_be_told(rule, original):
            # Any name will do, as long as no other rule of the copy has it.
            rule = replace(rule, name=staging_name("", number + len(rules)))
        rules.append(_sendable(replace(rule, authentication=rule.authentication or (Kerberos(),))))
    name = _copy_name(current, POLICY, original.name, number)
    copy = replace(original, name=name, rules=ordered_rules(rules))
    return Staging(_sendable(copy), tuple(copied_lists.values()), tuple(copied_actions.values()))


def _refuse_opaque(store: Store, key: Key, rule: Rule) -> None:
    for item in store.opaque:
        if item.key == key:
            expected = "a rule of which all is known, so that a copy can stand in while the policy in force changes"
            remedy = f"The {item.kind.replace('_', ' ')} {item.name!a} cannot be read: {item.reason}"
            raise IpsecError(f"policy.rules[{rule.name!r}]", item.name, expected, remedy)


def _copy_name(store: Store, kind: str, name: str, number: int) -> str:
    """Return the name of the copy of an object, which may be a copy itself, or have a name that cannot be sent."""
    if store.mark(kind, name).name:
        return staging_name(store.identity(kind, name), number)
    base = staging_base(name)
    return staging_name(name if base is None else base, number)


def _sendable(item: Named) -> Named:
    """Return the object without a description that netsh could not take; descriptions mean nothing to packets."""
    return replace(item, description="") if trouble(item.description) else item


def _sendable_list(item: FilterList) -> FilterList:
    filters = tuple(replace(each, description="") if trouble(each.description) else each for each in item.filters)
    return replace(_sendable(item), filters=tuple(dict.fromkeys(filters)))


def settled(store: Store) -> Store:
    """Return the store as it was before an interrupted change, without any copies.

    A copy in force says what its original was. A policy that was to make room for its successor, and whose successor
    is not there, is as it was. Other copies are not needed, or no longer.
    """
    for item in store.policies:
        base = staging_base(item.name) or ""
        if is_predecessor(item.name) and folded(base) not in store.named(POLICY):
            store = renamed(store, Rename(POLICY, item.name, base))
    before = _Settled(store)
    assigned = store.assigned
    copied = staging_base(assigned) if assigned else None
    if assigned is not None and copied is not None and not store.is_opaque(POLICY, assigned):
        before.restore(by_name(store.policies)[folded(assigned)], copied)
        assigned = before.name(POLICY, copied)
    return replace(
        store,
        filter_lists=tuple(before.lists[key] for key in sorted(before.lists)),
        filter_actions=tuple(before.actions[key] for key in sorted(before.actions)),
        policies=tuple(before.policies[key] for key in sorted(before.policies)),
        assigned=assigned,
        unmanaged={key: mark for key, mark in store.unmanaged.items() if staging_base(key[1]) is None},
    )


class _Settled:
    """The objects of a store that are no copies, to which copies add what their originals were."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._copied_lists, self._copied_actions = by_name(store.filter_lists), by_name(store.filter_actions)
        self.lists = by_name(item for item in store.filter_lists if staging_base(item.name) is None)
        self.actions = by_name(item for item in store.filter_actions if staging_base(item.name) is None)
        self.policies = by_name(item for item in store.policies if staging_base(item.name) is None)
        self._names = {
            (kind, store.identity(kind, item.name)): item.name
            for kind, items in (
                (FILTER_LIST, self.lists),
                (FILTER_ACTION, self.actions),
                (POLICY, self.policies),
            )
            for item in items.values()
        }

    def name(self, kind: str, base: str) -> str:
        """Return the name of the original from what is in front of the ending of a copy: its name, or its GUID."""
        return self._names.get((kind, folded(base)), base) if is_guid(base) else base

    def restore(self, copy: Policy, base: str) -> None:
        """Put the original of a copy where it was, with the originals of what the copy uses."""
        name = self.name(POLICY, base)
        original = self.policies.get(folded(name))
        rules = [self._rule(rule, original) for rule in copy.rules]
        if original is not None and self._store.mark(POLICY, name).name:
            return  # it can only be as it was
        described = copy.description or (original.description if original else "")
        restored = replace(copy, name=name, description=described, rules=ordered_rules(rules))
        self.policies[folded(name)] = restored

    def _rule(self, rule: Rule, original: Policy | None) -> Rule:
        list_base, action_base = staging_base(rule.filter_list), staging_base(rule.filter_action)
        if list_base is not None:
            name = self.name(FILTER_LIST, list_base)
            copied = self._copied_lists[folded(rule.filter_list)]
            if not self._store.mark(FILTER_LIST, name).name:
                self.lists[folded(name)] = replace(copied, name=name)
            rule = replace(rule, filter_list=name)
        if action_base is not None:
            name = self.name(FILTER_ACTION, action_base)
            action = self._copied_actions[folded(rule.filter_action)]
            if not self._store.mark(FILTER_ACTION, name).name:
                self.actions[folded(name)] = replace(action, name=name)
            rule = replace(rule, filter_action=name)
        named = staging_base(rule.name) is None
        rule = rule if named else replace(rule, name="")
        return next((twin for twin in original.rules if _alike(twin, rule, named=named)), rule) if original else rule


def _alike(original: Rule, copy: Rule, *, named: bool) -> bool:
    """Tell whether a rule of a copy stands for this one: netsh could not be told its name or its description."""
    bare = replace(original, description="", authentication=original.authentication or (Kerberos(),))
    bare = bare if named else replace(bare, name="")
    return bare == replace(copy, description="")
