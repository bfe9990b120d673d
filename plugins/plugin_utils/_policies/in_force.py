# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policy in force: its rules, each with the objects that it names."""

from __future__ import annotations

from dataclasses import dataclass

from .._common.errors import IpsecError
from .model import (
    FILTER_ACTION,
    FILTER_LIST,
    FilterAction,
    FilterList,
    Policy,
    Rule,
    SeenPolicy,
    SeenRule,
    Store,
    by_name,
    folded,
)


@dataclass(frozen=True, slots=True)
class BoundRule:
    """A rule together with the filter list and the filter action that it names."""

    rule: Rule
    filters: FilterList
    action: FilterAction


@dataclass(frozen=True, slots=True)
class InForce:
    """The assigned policy with its rules, each with the objects that it names."""

    policy: Policy
    rules: tuple[BoundRule, ...]


def in_force(store: Store, path: str = "assigned") -> InForce | None:
    """Return the assigned policy of a store, None when none is assigned.

    A foreign policy counts like any other as far as it can be read. Raises IpsecError when it is not known what the
    assigned policy does: it could not be read, it is not part of the store, or an enabled rule of it names a filter
    list or filter action that the store lacks.
    """
    foreign = store.foreign_in_force
    if foreign is not None:
        if not isinstance(foreign.seen, SeenPolicy):
            why = foreign.unknown or foreign.reason
            expected = f"a policy that can be judged, but what it does is not known: {why.rstrip('.')}"
            raise IpsecError(path, foreign.name or foreign.identity, expected, "Check what it does by hand.")
        return _bound(store, foreign.seen, path)
    if store.assigned is None:
        return None
    policy = by_name(store.policies).get(folded(store.assigned))
    if policy is None:
        raise IpsecError(path, store.assigned, "the name of a policy of the store", "Define it or assign another one.")
    return _bound(store, SeenPolicy(policy=policy, rules=tuple(SeenRule(rule=rule) for rule in policy.rules)), path)


def _bound(store: Store, seen: SeenPolicy, path: str) -> InForce:
    """Return a policy whose rules have what they use: what they carry, or else what the store has of that name."""
    lists, actions = by_name(store.filter_lists), by_name(store.filter_actions)
    rules: list[BoundRule] = []
    for each in seen.rules:
        rule = each.rule
        if not rule.enabled:
            continue
        where = f"{path.removesuffix('assigned')}policies[{seen.policy.name!a}].rules[{rule.name!a}]"
        found = each.filter_list or lists.get(folded(rule.filter_list))
        action = each.filter_action or actions.get(folded(rule.filter_action))
        if found is None:
            raise _unknown(f"{where}.{FILTER_LIST}", rule.filter_list, "filter list")
        if action is None:
            raise _unknown(f"{where}.{FILTER_ACTION}", rule.filter_action, "filter action")
        rules.append(BoundRule(rule, found, action))
    return InForce(seen.policy, tuple(rules))


def _unknown(path: str, name: str, kind: str) -> IpsecError:
    return IpsecError(path, name, f"the name of a {kind} that can be read", f"Define the {kind}, or correct the name.")
