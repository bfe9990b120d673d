# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ordered steps from what a host has to what it shall have, such that no half-built policy is ever in force.

Three ways to change what is in force, the first that is safe is taken:

1. directly, when one command does it, or when only filters of one list come and go (the winner of the most
   specific match is then always the old or the new one);
2. by switching, when another policy shall be in force and needs nothing that changes meanwhile;
3. by staging (:mod:`.staging`): build a copy of what is in force, assign it, change the original, assign that, remove
   the copy. Until the last assignment nothing has changed for any packet.

Everything that is not in force is changed directly. Objects go last, when nothing uses them any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ..._common.errors import IpsecError
from ..._windows.engine import Step
from ..model import FILTER_ACTION, FILTER_LIST, POLICY, Store, by_name, folded
from ..names import staging_base
from . import operations as op
from .changes import filter_action_changes, filter_list_changes, policy_changes
from .references import reachable
from .staging import stage

Key = tuple[str, str]
Steps = Iterator[Step[op.Operation]]


@dataclass(frozen=True, slots=True)
class _Edits:
    """Operations of all objects that differ, in the order in which they are possible."""

    build: tuple[op.Operation, ...]
    remove: tuple[op.Operation, ...]

    @property
    def touched(self) -> frozenset[Key]:
        """Objects that exist and change or go."""
        created = {
            item.key
            for item in self.build
            if isinstance(item, (op.CreateFilterList, op.CreateFilterAction, op.CreatePolicy))
        }
        return frozenset({item.key for item in (*self.build, *self.remove)} - created)


def _edits(current: Store, desired: Store) -> _Edits:
    lists, actions, policies = (
        by_name(current.filter_lists),
        by_name(current.filter_actions),
        by_name(current.policies),
    )
    build: list[op.Operation] = []
    for filter_list in desired.filter_lists:
        build += filter_list_changes(lists.get(folded(filter_list.name)), filter_list)
    for action in desired.filter_actions:
        build += filter_action_changes(actions.get(folded(action.name)), action)
    for policy in desired.policies:
        build += policy_changes(policies.get(folded(policy.name)), policy)
    wanted = (by_name(desired.policies), by_name(desired.filter_lists), by_name(desired.filter_actions))
    remove: list[op.Operation] = []
    remove += (op.DeletePolicy(item.name) for key, item in policies.items() if key not in wanted[0])
    remove += (op.DeleteFilterList(item.name) for key, item in lists.items() if key not in wanted[1])
    remove += (op.DeleteFilterAction(item.name) for key, item in actions.items() if key not in wanted[2])
    return _Edits(tuple(build), tuple(remove))


_WORDS = {
    op.CreateFilterList: "the filter list is missing",
    op.DescribeFilterList: "the description differs",
    op.DeleteFilterList: "the filter list shall not be there",
    op.AddFilter: "the filter is missing",
    op.DeleteFilter: "the filter shall not be there",
    op.CreateFilterAction: "the filter action is missing",
    op.ChangeFilterAction: "the filter action differs",
    op.DeleteFilterAction: "the filter action shall not be there",
    op.CreatePolicy: "the policy is missing",
    op.ChangePolicy: "the settings of the policy differ",
    op.DeletePolicy: "the policy shall not be there",
    op.ChangeDefaultResponse: "the default response rule differs",
    op.AddRule: "the rule is missing",
    op.ChangeRule: "the rule differs",
    op.DeleteRule: "the rule shall not be there",
    op.Assign: "the policy shall be in force",
    op.Unassign: "no policy shall be in force",
}


def _steps(operations: Iterable[op.Operation], reason: str = "") -> Steps:
    for item in operations:
        words = _WORDS[type(item)]
        leftover = isinstance(item, (op.DeletePolicy, op.DeleteFilterList, op.DeleteFilterAction))
        if leftover and staging_base(item.key[1]) is not None:
            words = "the copy is no longer needed"
        yield Step(item, reason or words)


def _switch(current: Store, desired: Store) -> list[Step[op.Operation]]:
    """Return the step that changes which policy is in force; a policy must be seen whole before it is assigned."""
    in_force, target = current.assigned, desired.assigned
    if target is None:
        return [Step(op.Unassign(in_force), _WORDS[op.Unassign], barrier=True, decides=True)] if in_force else []
    if in_force and folded(in_force) == folded(target):
        return []
    return [Step(op.Assign(target), _WORDS[op.Assign], barrier=True, requires=part(desired, target), decides=True)]


def part(store: Store, policy: str | None) -> Store:
    """Return the part of a store that one policy needs; for None what the foreign policy in force needs."""
    return _only(store, reachable(store, policy))


def shortfall(current: Store, required: Store) -> tuple[op.Operation, ...]:
    """Return what would still have to be done to the objects of ``required``; nothing when they are as they must be."""
    return _edits(current, required).build


def _after_switch(steps: Iterable[Step[op.Operation]]) -> Steps:
    """Yield the steps, the first of them as a barrier: what follows a switch relies on it."""
    for number, step in enumerate(steps):
        yield replace(step, barrier=True) if number == 0 else step


def make_plan(current: Store, desired: Store, *, revertible: bool = False) -> tuple[Step[op.Operation], ...]:
    """Return the steps from ``current`` to ``desired``; none when both mean the same.

    ``desired`` must be complete (:func:`.references.complete`). With ``revertible`` what is in force is never changed
    directly, so that assigning what was in force before the deciding step restores it. Raises :class:`IpsecError` when
    a foreign policy is in force whose filter lists or filter actions would change in several commands.
    """
    edits = _edits(current, desired)
    switch = _switch(current, desired)
    live = reachable(current, current.assigned)
    touched = edits.touched & live
    remove = list(_steps(edits.remove))
    if current.assigned and desired.assigned is None:
        # Unassigning is one command; afterwards nothing is in force that could be half-built.
        return (*switch, *_after_switch([*_steps(edits.build), *remove]))
    if not touched:
        return (*_steps(edits.build), *switch, *(_after_switch(remove) if switch else remove))
    beside = list(_steps(item for item in edits.build if item.key not in touched))
    inside = [item for item in edits.build if item.key in touched]
    if switch and not reachable(desired, desired.assigned) & touched:
        return (*beside, *switch, *_after_switch([*_steps(inside), *remove]))
    if not switch and not revertible and _safe_in_place(current, inside):
        return (*beside, *_in_place(current, desired, beside, inside), *remove)
    if current.assigned is None:
        _refuse_foreign(current, touched)
    return (*beside, *_staged(current, desired, inside, touched), *remove)


def _in_place(current: Store, desired: Store, beside: list[Step[op.Operation]], inside: list[op.Operation]) -> Steps:
    """Yield the steps; what they rely on must have been seen, and filters go only when their successors have been."""
    steps = list(_steps(inside))
    if beside:
        relied_on = _only(desired, reachable(desired, desired.assigned) - {item.key for item in inside})
        steps[0] = replace(steps[0], barrier=True, requires=relied_on)
    added = [item for item in inside if isinstance(item, op.AddFilter)]
    deleted = [item for item in inside if isinstance(item, op.DeleteFilter)]
    if added and deleted:
        old, new = (by_name(store.filter_lists)[added[0].key[1]] for store in (current, desired))
        both = replace(new, filters=(*old.filters, *(item.filter for item in added)))
        first = len(inside) - len(deleted)
        steps[first] = replace(steps[first], barrier=True, requires=Store(filter_lists=(both,)))
    yield from steps


def _only(store: Store, keys: frozenset[Key]) -> Store:
    """Return some of the objects of a store."""
    return Store(
        filter_lists=tuple(item for item in store.filter_lists if (FILTER_LIST, folded(item.name)) in keys),
        filter_actions=tuple(item for item in store.filter_actions if (FILTER_ACTION, folded(item.name)) in keys),
        policies=tuple(item for item in store.policies if (POLICY, folded(item.name)) in keys),
    )


def _safe_in_place(current: Store, inside: list[op.Operation]) -> bool:
    """Tell whether every prefix of the operations leaves each packet its old or its new fate."""
    # A description means nothing to packets. A filter's own is another matter: it takes a new filter to change it.
    inside = [item for item in inside if not isinstance(item, op.DescribeFilterList)]
    if len(inside) <= 1:
        return True
    keys = {item.key for item in inside}
    if len(keys) != 1 or not all(isinstance(item, (op.AddFilter, op.DeleteFilter)) for item in inside):
        return False
    added = {item.filter.selector for item in inside if isinstance(item, op.AddFilter)}
    deleted = {item.filter.selector for item in inside if isinstance(item, op.DeleteFilter)}
    if added & deleted or current.assigned is None:
        return False
    policy = by_name(current.policies)[folded(current.assigned)]
    users = [rule for rule in policy.rules if (FILTER_LIST, folded(rule.filter_list)) in keys]
    return len(users) == 1


def _refuse_foreign(current: Store, touched: Iterable[Key]) -> None:
    foreign = current.foreign_in_force
    kind, name = min(touched)
    shown_name = ascii(foreign.name or foreign.identity) if foreign else ""
    expected = f"a change of one command, while the foreign policy {shown_name} that uses it is in force"
    remedy = "Assign a policy that can be managed first, or unassign the foreign one."
    raise IpsecError(kind, name, expected, remedy)


def _staged(current: Store, desired: Store, inside: list[op.Operation], touched: frozenset[Key]) -> Steps:
    copies = stage(current, current.assigned or "", touched)
    build: list[op.Operation] = []
    for filter_list in copies.filter_lists:
        build += filter_list_changes(None, filter_list)
    for action in copies.filter_actions:
        build += filter_action_changes(None, action)
    build += policy_changes(None, copies.policy)
    remove: list[op.Operation] = [op.DeletePolicy(copies.policy.name)]
    remove += (op.DeleteFilterList(item.name) for item in copies.filter_lists)
    remove += (op.DeleteFilterAction(item.name) for item in copies.filter_actions)
    with_copies = replace(
        current,
        filter_lists=(*current.filter_lists, *copies.filter_lists),
        filter_actions=(*current.filter_actions, *copies.filter_actions),
        policies=(*current.policies, copies.policy),
    )
    yield from _steps(build, "a copy stands in while the original, which is in force, changes")
    name = copies.policy.name
    yield Step(op.Assign(name), "the copy stands in", barrier=True, requires=part(with_copies, name))
    yield from _after_switch(_steps(inside))
    target = desired.assigned or ""
    words, needed = "the change takes effect in one command", part(desired, target)
    yield Step(op.Assign(target), words, barrier=True, requires=needed, decides=True)
    yield from _after_switch(_steps(remove))
