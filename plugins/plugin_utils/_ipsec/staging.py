# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Short-lived copies of objects in force: how they are made, and how an interrupted change is taken up again.

A change to what is in force, if it needs several commands, is first built in copies beside it. Assigning the copy
is the moment of the change: before it nothing in force has changed, after it the copy holds everything that is
needed to finish. So a later run can tell from the store alone where an earlier one stopped.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from .model import (
    FILTER_ACTION,
    FILTER_LIST,
    FilterAction,
    FilterList,
    Policy,
    Store,
    by_name,
    folded,
)
from .naming import staging_base, staging_name

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


def stage(current: Store, desired: Store, policy: str, touched: Iterable[Key]) -> Staging:
    """Return copies of a policy of ``desired`` that use nothing of what is ``touched``."""
    number = _free_number(current)
    changing = set(touched)
    target = by_name(desired.policies)[folded(policy)]
    lists, actions = by_name(desired.filter_lists), by_name(desired.filter_actions)
    copied_lists: dict[str, FilterList] = {}
    copied_actions: dict[str, FilterAction] = {}
    rules = []
    for rule in target.rules:
        list_key, action_key = folded(rule.filter_list), folded(rule.filter_action)
        if (FILTER_LIST, list_key) in changing:
            copy = replace(lists[list_key], name=staging_name(lists[list_key].name, number))
            copied_lists[list_key] = copy
            rule = replace(rule, filter_list=copy.name)
        if (FILTER_ACTION, action_key) in changing:
            twin = replace(actions[action_key], name=staging_name(actions[action_key].name, number))
            copied_actions[action_key] = twin
            rule = replace(rule, filter_action=twin.name)
        rules.append(rule)
    return Staging(
        replace(target, name=staging_name(target.name, number), rules=tuple(rules)),
        tuple(copied_lists.values()),
        tuple(copied_actions.values()),
    )


def settled(store: Store) -> Store:
    """Return the store as an interrupted change meant to leave it, without any copies.

    A copy in force is what its original shall become. Copies that are not in force were never needed.
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
            rules.append(
                replace(
                    rule,
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
