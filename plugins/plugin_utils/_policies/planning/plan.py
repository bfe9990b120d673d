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

[ledger: netsh-duplicate-names-refused, force-delete-in-use]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from ..._common.errors import IpsecError
from ..._windows.engine import Step
from ..model import FILTER_ACTION, FILTER_LIST, POLICY, Key, Policy, Store, by_name, folded
from ..names import garbage_name, is_garbage, is_predecessor, staging_base, staging_name
from . import operations as op
from .changes import filter_action_changes, filter_list_changes, policy_changes
from .permitted import check_permitted, refused, to_be_made_anew
from .references import reachable
from .renames import renamed, renames
from .staging import free_number, stage

Steps = Iterator[Step[op.Operation]]


@dataclass(frozen=True, slots=True)
class _Edits:
    """Operations of all objects that differ, in the order in which they are possible.

    ``made_anew`` are the policies that are not changed rule by rule, since netsh cannot be told a rule or all of them.
    """

    build: tuple[op.Operation, ...]
    remove: tuple[op.Operation, ...]
    made_anew: tuple[Policy, ...] = ()

    def touched(self, current: Store) -> frozenset[Key]:
        """Return the objects that exist and change or go."""
        groups = (
            (FILTER_LIST, current.filter_lists),
            (FILTER_ACTION, current.filter_actions),
            (POLICY, current.policies),
        )
        there = {(kind, folded(item.name)) for kind, items in groups for item in items}
        changed = {item.key for item in (*self.build, *self.remove)}
        changed |= {(POLICY, folded(policy.name)) for policy in self.made_anew}
        return frozenset(changed & there)


def _edits(current: Store, desired: Store) -> _Edits:
    lists, actions, policies = (
        by_name(current.filter_lists),
        by_name(current.filter_actions),
        by_name(current.policies),
    )
    build: list[op.Operation] = []
    anew: list[Policy] = []
    for filter_list in desired.filter_lists:
        build += filter_list_changes(lists.get(folded(filter_list.name)), filter_list)
    for action in desired.filter_actions:
        build += filter_action_changes(actions.get(folded(action.name)), action)
    for policy in desired.policies:
        have = policies.get(folded(policy.name))
        if have is not None and have != policy and to_be_made_anew(current, desired, have, policy):
            anew.append(policy)
        else:
            build += policy_changes(have, policy)
    check_permitted(build, current)
    wanted = (by_name(desired.policies), by_name(desired.filter_lists), by_name(desired.filter_actions))
    remove: list[op.Operation] = []
    for kind, items, kept, delete in (
        (POLICY, policies, wanted[0], op.DeletePolicy),
        (FILTER_LIST, lists, wanted[1], op.DeleteFilterList),
        (FILTER_ACTION, actions, wanted[2], op.DeleteFilterAction),
    ):
        for key, item in items.items():
            if key not in kept:
                remove += _removal(kind, item.name, delete, current)
    return _Edits(tuple(build), tuple(remove), tuple(anew))


def _removal(kind: str, name: str, delete: Callable[[str], op.Operation], current: Store) -> Iterator[op.Operation]:
    """Yield what removes an object; one that netsh cannot be told by name gets another name first, by its GUID.

    [ledger: force-delete-assigned]
    """
    mark = current.mark(kind, name)
    if mark.kept:
        raise refused((kind, folded(name)), current, f"no removal of it: it {mark.kept}", "Keep it.")
    if mark.name:
        garbage = _garbage(current, kind, name)
        yield op.Rename(kind, name, garbage, current.identity(kind, name))
        name = garbage
    yield delete(name)


def _garbage(current: Store, kind: str, name: str) -> str:
    """Return a name under which an object can be removed, and that nothing has from an earlier run."""
    base = current.identity(kind, name) if current.mark(kind, name).name else name
    while folded(garbage_name(base)) in current.named(kind):
        base += "-"
    return garbage_name(base)


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
    op.Rename: "the name differs",
    op.Assign: "the policy shall be in force",
    op.Unassign: "no policy shall be in force",
}


def _steps(operations: Iterable[op.Operation], reason: str = "") -> Steps:
    for item in operations:
        words = _WORDS[type(item)]
        if isinstance(item, op.Rename) and is_garbage(item.new_name):
            words = "it is removed under a name that netsh can be given"
        elif isinstance(item, _DELETIONS) and is_garbage(item.key[1]):
            words = "it shall not be there"
        elif isinstance(item, _DELETIONS) and staging_base(item.key[1]) is not None:
            words = "the copy is no longer needed"
        yield Step(item, reason or words)


_DELETIONS = (op.DeletePolicy, op.DeleteFilterList, op.DeleteFilterAction)


def _switch(current: Store, desired: Store) -> list[Step[op.Operation]]:
    """Return the step that changes which policy is in force; a policy must be seen whole before it is assigned.

    [ledger: force-assign-replaces]
    """
    in_force, target = current.assigned, desired.assigned
    if target is None:
        return [_off(current, in_force)] if in_force else []
    if in_force and folded(in_force) == folded(target):
        return []
    return [_on(current, target, _WORDS[op.Assign], part(desired, target), decides=True)]


def _on(store: Store, policy: str, words: str, needed: Store, *, decides: bool = False) -> Step[op.Operation]:
    operation = op.Assign(policy, _by_identity(store, policy))
    return Step(operation, words, barrier=True, requires=needed, decides=decides)


def _off(store: Store, policy: str) -> Step[op.Operation]:
    operation = op.Unassign(policy, _by_identity(store, policy))
    return Step(operation, _WORDS[op.Unassign], barrier=True, decides=True)


def _by_identity(store: Store, policy: str) -> str:
    """Return the GUID of a policy that netsh cannot be told by name, empty for any other."""
    nameless = store.mark(POLICY, policy).name or store.is_opaque(POLICY, policy)
    return store.identity(POLICY, policy) if nameless else ""


def part(store: Store, policy: str | None) -> Store:
    """Return the part of a store that one policy needs; nothing for None."""
    return _only(store, reachable(store, policy))


def shortfall(current: Store, required: Store) -> tuple[op.Operation, ...]:
    """Return what would still have to be done to the objects of ``required``; nothing when they are as they must be."""
    edits = _edits(current, required)
    return (*edits.build, *(item for policy in edits.made_anew for item in policy_changes(None, policy)))


def _after_switch(steps: Iterable[Step[op.Operation]]) -> Steps:
    """Yield the steps, the first of them as a barrier: what follows a switch relies on it."""
    for number, step in enumerate(steps):
        yield replace(step, barrier=True) if number == 0 else step


def make_plan(current: Store, desired: Store, *, revertible: bool = False) -> tuple[Step[op.Operation], ...]:
    """Return the steps from ``current`` to ``desired``; none when both mean the same.

    ``desired`` must be complete (:func:`.references.complete`). With ``revertible`` what is in force is never changed
    directly, so that assigning what was in force before the deciding step restores it. Raises :class:`IpsecError` for
    changes that netsh cannot be told (:mod:`.permitted`), and when a policy is in force of which it is not known what
    it does, and its filter lists or filter actions would change in several commands.
    """
    changes = tuple(renames(current, desired))
    for change in changes:
        current = renamed(current, change)
    try:
        steps = _planned(current, desired, revertible=revertible)
    except IpsecError as error:
        left = next((item.name for item in current.policies if is_predecessor(item.name)), None)
        if left is None:
            raise
        remedy = f"A task was interrupted while it made {staging_base(left)!a} anew: run that task again first."
        raise IpsecError(error.path, error.value, error.expected, remedy) from None
    return (*_steps(changes), *_after_switch(steps)) if changes else steps


def _planned(current: Store, desired: Store, *, revertible: bool) -> tuple[Step[op.Operation], ...]:
    edits = _edits(current, desired)
    switch = _switch(current, desired)
    live = reachable(current, current.assigned)
    touched = edits.touched(current) & live
    remove = list(_steps(edits.remove))
    if current.assigned and desired.assigned is None:
        # Unassigning is one command; afterwards nothing is in force that could be half-built.
        anew = _made_anew(current, desired, edits.made_anew)
        return (*switch, *_after_switch([*_steps(edits.build), *anew, *remove]))
    if not touched:
        anew = _made_anew(current, desired, edits.made_anew)
        return (*_steps(edits.build), *anew, *switch, *(_after_switch(remove) if switch else remove))
    in_force = [policy for policy in edits.made_anew if (POLICY, folded(policy.name)) in touched]
    others = [policy for policy in edits.made_anew if policy not in in_force]
    # One that is made anew beside what is in force waits for those of its lists and actions that are in force.
    late = [policy for policy in others if reachable(desired, policy.name) & touched]
    beside = list(_steps(item for item in edits.build if item.key not in touched))
    beside += _made_anew(current, desired, [policy for policy in others if policy not in late])
    inside = list(_steps(item for item in edits.build if item.key in touched))
    after = tuple(_made_anew(current, desired, [*in_force, *late]))
    if switch and not reachable(desired, desired.assigned) & touched:
        return (*beside, *switch, *_after_switch([*inside, *after, *remove]))
    if not switch and not revertible and not in_force and _safe_in_place(current, inside):
        return (*beside, *_in_place(current, desired, beside, inside), *after, *remove)
    if current.opaque_in_force is not None:
        _refuse_opaque(current, touched)
    return (*beside, *_staged(current, desired, [*inside, *after], touched), *remove)


def _made_anew(current: Store, desired: Store, policies: Iterable[Policy]) -> Steps:
    """Yield what puts policies in the place of their predecessors, which stay until that is seen; none is in force."""
    # The first free number is for what stands in meanwhile.
    number = free_number(current, free_number(current) + 1)
    for policy in policies:
        copy = replace(policy, name=staging_name(policy.name, number))
        garbage = _garbage(current, POLICY, policy.name)
        yield from _steps(policy_changes(None, copy), "the policy is made anew, since netsh cannot be told the change")
        # The lists and actions that it uses are there by then, or go on being there.
        needed = part(desired, policy.name)
        words = "the new policy takes its place"
        first = op.Rename(POLICY, policy.name, garbage)
        yield Step(first, words, barrier=True, requires=replace(needed, policies=(copy,)))
        yield Step(op.Rename(POLICY, copy.name, policy.name), words)
        words = "its predecessor is no longer needed"
        yield Step(op.DeletePolicy(garbage), words, barrier=True, requires=needed)


def _in_place(
    current: Store, desired: Store, beside: list[Step[op.Operation]], steps: list[Step[op.Operation]]
) -> Steps:
    """Yield the steps; what they rely on must have been seen, and filters go only when their successors have been.

    [ledger: force-set-acts]
    """
    inside = [step.operation for step in steps]
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
        unmanaged={key: mark for key, mark in store.unmanaged.items() if key in keys},
        filter_lists=tuple(item for item in store.filter_lists if (FILTER_LIST, folded(item.name)) in keys),
        filter_actions=tuple(item for item in store.filter_actions if (FILTER_ACTION, folded(item.name)) in keys),
        policies=tuple(item for item in store.policies if (POLICY, folded(item.name)) in keys),
    )


def _safe_in_place(current: Store, steps: list[Step[op.Operation]]) -> bool:
    """Tell whether every prefix of the steps leaves each packet its old or its new fate."""
    # A description means nothing to packets. A filter's own is another matter: it takes a new filter to change it.
    operations = (step.operation for step in steps)
    inside = [item for item in operations if not isinstance(item, op.DescribeFilterList)]
    if len(inside) <= 1:
        return True
    keys = {item.key for item in inside}
    if len(keys) != 1 or not all(isinstance(item, (op.AddFilter, op.DeleteFilter)) for item in inside):
        return False
    added = {item.filter.selector for item in inside if isinstance(item, op.AddFilter)}
    deleted = {item.filter.selector for item in inside if isinstance(item, op.DeleteFilter)}
    if added & deleted or current.assigned is None or current.opaque_in_force is not None:
        return False
    policy = by_name(current.policies)[folded(current.assigned)]
    users = [rule for rule in policy.rules if (FILTER_LIST, folded(rule.filter_list)) in keys]
    return len(users) == 1


def _refuse_opaque(current: Store, touched: Iterable[Key]) -> None:
    kind, name = min(touched)
    expected = f"a change of one command, while the policy {current.assigned!a} that uses it is in force and not known"
    remedy = "Assign a policy that can be read first, or unassign that one."
    raise IpsecError(kind, name, expected, remedy)


def _staged(current: Store, desired: Store, inside: list[Step[op.Operation]], touched: frozenset[Key]) -> Steps:
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
    yield _on(current, name, "the copy stands in", part(with_copies, name))
    yield from _after_switch(inside)
    target = desired.assigned or ""
    yield _on(current, target, "the change takes effect in one command", part(desired, target), decides=True)
    yield from _after_switch(_steps(remove))
