# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects under other names: what is the same by its GUID, and what a store is after a change of names.

[ledger: force-rename-harmless, force-rename-keeps-uses]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from ..model import FILTER_ACTION, FILTER_LIST, POLICY, Key, Named, Policy, Rule, Store, Unmanaged, folded
from .operations import Rename

Value = TypeVar("Value")


def renames(current: Store, desired: Store) -> Iterator[Rename]:
    """Yield the changes of names: objects that are wanted under other names than they have, told by their GUIDs."""
    for kind in (FILTER_LIST, FILTER_ACTION, POLICY):
        have, want = current.named(kind), desired.named(kind)
        new_keys = {identity: key for (each, key), identity in desired.identities.items() if each == kind}
        for key, name in have.items():
            identity = current.identity(kind, name)
            new = new_keys.get(identity, key)
            if identity and new != key and new in want and key not in want:
                yield Rename(kind, name, want[new], identity if current.mark(kind, name).name else "")


def renamed(store: Store, change: Rename) -> Store:
    """Return the store after one change of a name; the rules follow, since they hold GUIDs."""
    kind, old = change.key
    new = folded(change.new_name)

    def moved(items: Mapping[Key, Value]) -> dict[Key, Value]:
        return {(key if key != change.key else (kind, new)): value for key, value in items.items()}

    def given(items: tuple[Named, ...]) -> tuple[Named, ...]:
        found = (replace(item, name=change.new_name) if folded(item.name) == old else item for item in items)
        return tuple(sorted(found, key=lambda item: folded(item.name)))

    def used(policy: Policy) -> Policy:
        return replace(policy, rules=tuple(map(follow, policy.rules)))

    def follow(rule: Rule) -> Rule:
        if kind == FILTER_LIST:
            return replace(rule, filter_list=change.new_name) if folded(rule.filter_list) == old else rule
        return replace(rule, filter_action=change.new_name) if folded(rule.filter_action) == old else rule

    marks = moved(store.unmanaged)
    if (kind, new) in marks:
        mark = replace(marks.pop((kind, new)), name="")
        marks |= {(kind, new): mark} if mark != Unmanaged() else {}
    store = replace(
        store,
        unmanaged=marks,
        identities=moved(store.identities),
        predefined=frozenset((kind, new) if key == change.key else key for key in store.predefined),
    )
    if kind == FILTER_LIST:
        return replace(store, filter_lists=given(store.filter_lists), policies=tuple(map(used, store.policies)))
    if kind == FILTER_ACTION:
        return replace(store, filter_actions=given(store.filter_actions), policies=tuple(map(used, store.policies)))
    assigned = change.new_name if store.assigned and folded(store.assigned) == old else store.assigned
    return replace(store, policies=given(store.policies), assigned=assigned)
