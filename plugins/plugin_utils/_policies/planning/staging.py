# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Short-lived copies of objects in force: how they are made, and how an interrupted change is taken up again.

A change to what is in force, if it needs several commands, is made behind a copy: the copy is built and assigned, the
original changes while nobody looks, and assigning the original is the moment of the change. A copy in force therefore
always says what its original was, so that a later run can go on from there, whatever happened to the original.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..._windows.netsh.text import trouble
from ..model import FILTER_ACTION, FILTER_LIST, FilterAction, FilterList, Named, Policy, Store, by_name, folded
from ..names import staging_base, staging_name

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Staging:
    """Copies of a policy, and of those filter lists and filter actions that change with it."""

    policy: Policy
    filter_lists: tuple[FilterList, ...]
    filter_actions: tuple[FilterAction, ...]


def _free_number(store: Store) -> int:
    taken = {*by_name(store.policies), *by_name(store.filter_lists), *by_name(store.filter_actions)}
    number = 1
    while any(name.endswith(staging_name("", number)) for name in taken):
        number += 1
    return number


def stage(current: Store, policy: str, touched: Iterable[Key]) -> Staging:
    """Return copies of a policy and of those of its filter lists and filter actions that are ``touched``."""
    number = _free_number(current)
    changing = set(touched)
    original = by_name(current.policies)[folded(policy)]
    lists, actions = by_name(current.filter_lists), by_name(current.filter_actions)
    copied_lists: dict[str, FilterList] = {}
    copied_actions: dict[str, FilterAction] = {}
    rules = []
    for rule in original.rules:
        list_key, action_key = folded(rule.filter_list), folded(rule.filter_action)
        if (FILTER_LIST, list_key) in changing:
            copied_list = _sendable_list(replace(lists[list_key], name=_copy_name(rule.filter_list, number)))
            copied_lists[list_key] = copied_list
            rule = replace(rule, filter_list=copied_list.name)
        if (FILTER_ACTION, action_key) in changing:
            copied_action = _sendable(replace(actions[action_key], name=_copy_name(rule.filter_action, number)))
            copied_actions[action_key] = copied_action
            rule = replace(rule, filter_action=copied_action.name)
        rules.append(_sendable(rule if rule.name else replace(rule, name=_copy_name("", number))))
    copy = replace(original, name=_copy_name(original.name, number), rules=tuple(rules))
    return Staging(_sendable(copy), tuple(copied_lists.values()), tuple(copied_actions.values()))


def _copy_name(name: str, number: int) -> str:
    """Return the name of the copy of an object, which may be a copy itself."""
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

    A copy in force says what its original was. Copies that are not in force are not needed, or no longer.
    """
    assigned = store.assigned
    base = staging_base(assigned) if assigned else None
    lists = by_name(item for item in store.filter_lists if staging_base(item.name) is None)
    actions = by_name(item for item in store.filter_actions if staging_base(item.name) is None)
    policies = by_name(item for item in store.policies if staging_base(item.name) is None)
    if assigned is not None and base is not None:
        copy = by_name(store.policies)[folded(assigned)]
        copied_lists, copied_actions = by_name(store.filter_lists), by_name(store.filter_actions)
        rules = []
        for rule in copy.rules:
            list_base, action_base = staging_base(rule.filter_list), staging_base(rule.filter_action)
            if list_base is not None:
                lists[folded(list_base)] = replace(copied_lists[folded(rule.filter_list)], name=list_base)
            if action_base is not None:
                actions[folded(action_base)] = replace(copied_actions[folded(rule.filter_action)], name=action_base)
            rule_base = staging_base(rule.name)
            rules.append(
                replace(
                    rule,
                    name=rule.name if rule_base is None else rule_base,
                    filter_list=list_base or rule.filter_list,
                    filter_action=action_base or rule.filter_action,
                )
            )
        policies[folded(base)] = replace(copy, name=base, rules=tuple(rules))
        assigned = base
    return replace(
        store,
        filter_lists=tuple(lists[key] for key in sorted(lists)),
        filter_actions=tuple(actions[key] for key in sorted(actions)),
        policies=tuple(policies[key] for key in sorted(policies)),
        assigned=assigned,
    )
