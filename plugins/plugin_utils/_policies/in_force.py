# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policy in force: its rules, each with the objects that it names.

[ledger: force-domain-wins, force-local-merge-off]
"""

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

    Raises IpsecError when it is not known what the assigned policy does: it could not be read, it is not part of the
    store, or an enabled rule of it uses a filter list or filter action that could not be read or is not there.
    """
    if store.assigned is None:
        return None
    opaque = store.opaque_in_force
    if opaque is not None:
        expected = f"a policy that can be judged, but what it does is not known: {opaque.reason.rstrip('.')}"
        raise IpsecError(path, opaque.name, expected, "Check what it does by hand.")
    policy = by_name(store.policies).get(folded(store.assigned))
    if policy is None:
        expected = "the name of a policy of the store, so that it can be judged"
        raise IpsecError(
            path, store.assigned, expected, "Define it, assign another one, or check by hand what it does."
        )
    return _bound(store, policy, path)


def _bound(store: Store, policy: Policy, path: str) -> InForce:
    lists, actions = by_name(store.filter_lists), by_name(store.filter_actions)
    rules: list[BoundRule] = []
    for rule in policy.rules:
        if not rule.enabled:
            continue
        where = f"{path.removesuffix('assigned')}policies[{policy.name!a}].rules[{rule.name!a}]"
        found = lists.get(folded(rule.filter_list))
        action = actions.get(folded(rule.filter_action))
        if found is None:
            raise _unknown(store, f"{where}.{FILTER_LIST}", rule.filter_list, FILTER_LIST)
        if action is None:
            raise _unknown(store, f"{where}.{FILTER_ACTION}", rule.filter_action, FILTER_ACTION)
        rules.append(BoundRule(rule, found, action))
    return InForce(policy, tuple(rules))


def _unknown(store: Store, path: str, name: str, kind: str) -> IpsecError:
    words = kind.replace("_", " ")
    for item in store.opaque:
        if item.key == (kind, folded(name)):
            expected = f"a {words} that can be judged, but what it does is not known: {item.reason.rstrip('.')}"
            return IpsecError(path, name, expected, "Check what it does by hand.")
    return IpsecError(path, name, f"the name of a {words} of the store", f"Define the {words}, or correct the name.")
