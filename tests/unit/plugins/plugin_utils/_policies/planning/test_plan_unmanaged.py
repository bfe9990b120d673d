# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans for stores that hold what netsh cannot be told: the promises of the planner are the same.

Objects have names beyond ASCII or none, rules have no names or one name, and some objects hold more than can be said.
What stays as it is keeps all that; what changes is wanted under names that can be told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from store_simulator import Refused, fate, meaning, run

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import (
    FILTER_ACTION,
    FILTER_LIST,
    POLICY,
    Filter,
    FilterAction,
    FilterList,
    Key,
    Policy,
    Rule,
    Store,
    Unmanaged,
    by_name,
    folded,
    ordered_rules,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.names import is_predecessor, staging_base
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning import operations as op
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.intent import assigned_store
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.plan import make_plan, shortfall
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.references import complete
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.staging import settled
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.way_back import way_back
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.words import ActionKind
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.engine import Step
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._policies.planning.test_plan import (
    PACKETS,
    pairs,
    states,
    stores,
)

pytestmark = pytest.mark.slow

MANY = settings(max_examples=4 * settings.default.max_examples)
booleans = st.booleans()
rule_names = st.sampled_from(["", "", "same", "B\u00fcro", "default", None, None])
KINDS = (FILTER_LIST, FILTER_ACTION, POLICY)


def guid(number: int) -> str:
    return f"{{00000000-0000-0000-0000-{number:012x}}}"


def identified(store: Store) -> Store:
    """Return the store with a GUID for each of its objects."""
    keys = [(kind, name) for kind in KINDS for name in store.named(kind)]
    return replace(store, identities={key: guid(number) for number, key in enumerate(keys)})


def called(store: Store, names: dict[Key, str]) -> Store:
    """Return the store with other names for its objects, by kind and folded name."""

    def new(kind: str, name: str) -> str:
        return names.get((kind, folded(name)), name)

    def rule(item: Rule) -> Rule:
        used = new(FILTER_LIST, item.filter_list), new(FILTER_ACTION, item.filter_action)
        return replace(item, filter_list=used[0], filter_action=used[1])

    return replace(
        store,
        filter_lists=tuple(replace(item, name=new(FILTER_LIST, item.name)) for item in store.filter_lists),
        filter_actions=tuple(replace(item, name=new(FILTER_ACTION, item.name)) for item in store.filter_actions),
        policies=tuple(
            replace(item, name=new(POLICY, item.name), rules=tuple(map(rule, item.rules))) for item in store.policies
        ),
        assigned=new(POLICY, store.assigned) if store.assigned else None,
        identities={(kind, folded(new(kind, name))): identity for (kind, name), identity in store.identities.items()},
    )


@st.composite
def disguises(draw: st.DrawFn, store: Store) -> tuple[dict[Key, str], dict[Key, Unmanaged]]:
    """Names for some objects of a store that netsh cannot be given, and marks for some that hold more than is said."""
    names: dict[Key, str] = {}
    marks: dict[Key, Unmanaged] = {}
    for key, identity in store.identities.items():
        if draw(booleans):
            names[key] = identity if draw(booleans) else f"B\u00fcro {key[1]}"
            marks[key[0], folded(names[key])] = Unmanaged(name="has a name that netsh cannot be given")
        elif draw(booleans):
            lists = by_name(store.filter_lists)
            filters = lists[key[1]].filters if key[0] == FILTER_LIST else ()
            odd = frozenset(item.selector for item in filters if draw(booleans))
            marks[key] = Unmanaged(content="holds more", filters=odd)
    return names, marks


def with_odd_rules(draw: st.DrawFn, policy: Policy) -> Policy:
    """Return a policy of which some rules have no name, the same one, or one that netsh cannot be given."""
    rules = []
    for rule in policy.rules:
        name = draw(rule_names)
        rules.append(rule if name is None else replace(rule, name=name))
    return replace(policy, rules=ordered_rules(rules))


@st.composite
def odd_pairs(draw: st.DrawFn) -> tuple[Store, Store]:
    """Two stores of which the first has what netsh cannot be told; the second has the same wherever it is equal."""
    plain, wanted = draw(pairs())
    plain = identified(plain)
    names, marks = draw(disguises(plain))
    same = {
        (kind, folded(item.name))
        for kind, field in ((FILTER_LIST, "filter_lists"), (FILTER_ACTION, "filter_actions"), (POLICY, "policies"))
        for item in getattr(plain, field)
        if item == by_name(getattr(wanted, field)).get(folded(item.name))
    }
    # A policy of which an object has another name in the end is not the same.
    moved = {key for key in names if key not in same}
    for policy in plain.policies:
        uses = {(FILTER_LIST, folded(rule.filter_list)) for rule in policy.rules}
        uses |= {(FILTER_ACTION, folded(rule.filter_action)) for rule in policy.rules}
        if uses & moved:
            same -= {(POLICY, folded(policy.name))}
    kept = {key: name for key, name in names.items() if key in same}
    current = called(plain, names)
    odd = {folded(policy.name): with_odd_rules(draw, policy) for policy in current.policies}
    current = replace(current, policies=tuple(odd.values()), unmanaged=marks)
    desired = called(replace(wanted, identities=plain.identities), kept)
    stays = {folded(names.get((POLICY, name), name)) for kind, name in same if kind == POLICY}
    desired = replace(
        desired,
        identities=current.identities,
        policies=tuple(
            odd[folded(item.name)] if folded(item.name) in stays & odd.keys() else item for item in desired.policies
        ),
        # All of what changes is said.
        unmanaged={key: mark for key, mark in marks.items() if key[0] != POLICY or key[1] in stays},
    )
    return current, desired


def planned(current: Store, desired: Store) -> tuple[Store, tuple[op.Operation, ...], list[Store]] | None:
    """Return what is wanted, the operations and the stores after each; None for a refusal."""
    try:
        wanted = complete(settled(current), desired, "config")
        steps = make_plan(current, wanted)
    except IpsecError as error:
        event(f"refused: {error.expected[:40]}")
        return None
    event("planned" if steps else "nothing to do")
    return wanted, tuple(step.operation for step in steps), walked(current, steps)


def walked(current: Store, steps: Sequence[Step[op.Operation]]) -> list[Store]:
    """Return the store before the first step and after each; what is looked for before a step is there."""
    seen = states(current, steps)
    for step, before in zip(steps, seen, strict=False):
        assert step.requires is None or shortfall(before, step.requires) == (), step
    return seen


@MANY
@given(odd_pairs())
def test_a_plan_arrives_and_no_packet_has_a_third_fate(pair: tuple[Store, Store]) -> None:
    current, desired = pair
    found = planned(current, desired)
    assume(found)
    wanted, operations, seen = found  # type: ignore[misc]
    assert meaning(seen[-1]) == meaning(wanted)
    assert make_plan(seen[-1], wanted) == ()
    for packet in PACKETS:
        allowed = (fate(current, packet), fate(wanted, packet))
        assert all(fate(store, packet) in allowed for store in seen)
    for kind in {type(operation) for operation in operations}:
        event(kind.__name__)


@MANY
@given(odd_pairs(), st.data())
def test_interrupted_anywhere_the_next_run_arrives(pair: tuple[Store, Store], data: st.DataObject) -> None:
    current, desired = pair
    found = planned(current, desired)
    assume(found)
    wanted, operations, seen = found  # type: ignore[misc]
    number = data.draw(st.integers(0, len(operations)))
    stopped = seen[number]
    # What the host made has a GUID by now, and what was said whole is so again.
    again = planned(stopped, replace(desired, identities=stopped.identities))
    assert again is not None, operations[:number]
    assert meaning(again[2][-1]) == meaning(wanted)
    for packet in PACKETS:
        allowed = (fate(stopped, packet), fate(wanted, packet))
        assert all(fate(store, packet) in allowed for store in again[2])


@MANY
@given(odd_pairs(), st.data())
def test_interrupted_anywhere_another_task_loses_nothing(pair: tuple[Store, Store], data: st.DataObject) -> None:
    current, desired = pair
    found = planned(current, desired)
    assume(found)
    wanted, operations, seen = found  # type: ignore[misc]
    stopped = seen[data.draw(st.integers(0, len(operations)))]
    left = settled(stopped)
    try:
        steps = make_plan(stopped, left)
    except IpsecError as error:
        # Behind a copy that is in force: what netsh could not be told before cannot be told back.
        predecessor = any(is_predecessor(policy.name) for policy in stopped.policies)
        assert ("run that task again" if predecessor else "by its GUID") in error.remedy, error
        assert staging_base(stopped.assigned or "")
        event("left to the task that was interrupted")
        return
    after = states(stopped, steps)
    assert meaning(after[-1]) == meaning(left)
    for packet in PACKETS:
        assert {fate(store, packet) for store in after} == {fate(stopped, packet)}
    assert not any(staging_base(name) for kind in KINDS for name in after[-1].named(kind))
    # Each policy is the old one, the new one, or on the way by changes that netsh can be told.
    for key, mark in current.unmanaged.items():
        if key[0] == POLICY and mark.name and key[1] in by_name(wanted.policies):
            assert key[1] in by_name(left.policies)


def test_rules_get_names_wherever_a_run_was_cut_off() -> None:
    """A policy is made anew behind its copy in force; after a cut it is so beside that copy, before it is assigned."""
    action, filters = FilterAction(name="A", action=ActionKind.BLOCK), (Filter(protocol=6, destination_port=80),)
    lists = (FilterList(name="L", filters=filters), FilterList(name="M"))
    nameless = tuple(Rule(name="", filter_list=item.name, filter_action="A") for item in lists)
    rules = tuple(replace(rule, name=f"R {rule.filter_list}") for rule in nameless)
    current = identified(
        Store(
            filter_lists=lists,
            filter_actions=(action,),
            policies=(Policy(name="P", rules=nameless),),
            assigned="P",
        )
    )
    desired = replace(current, policies=(Policy(name="P", rules=rules),))
    for stopped in walked(current, make_plan(current, desired)):
        wanted = complete(settled(stopped), replace(desired, identities=stopped.identities), "config")
        seen = walked(stopped, make_plan(stopped, wanted))
        assert meaning(seen[-1]) == meaning(desired)
        for packet in PACKETS:
            assert {fate(store, packet) for store in seen} == {fate(current, packet)}


@given(stores(), st.data())
def test_a_policy_of_any_name_is_assigned_and_its_way_back_names_its_guid(store: Store, data: st.DataObject) -> None:
    assume(len(store.policies) > 1 and store.assigned)
    plain = identified(store)
    names = {(POLICY, name): "B\u00fcro" + name for name in plain.named(POLICY)}
    current = replace(
        called(plain, names), unmanaged={(POLICY, folded(name)): Unmanaged(name="x") for name in names.values()}
    )
    target = data.draw(st.sampled_from([policy.name for policy in current.policies]))
    wanted = assigned_store(current, target, assign=True)
    steps = make_plan(current, wanted)
    assert meaning(states(current, steps)[-1]) == meaning(wanted)
    assert len(steps) == (target != current.assigned)
    identity = current.identity(POLICY, current.assigned or "")
    assert way_back(current, target) == f"netsh.exe ipsec static set policy guid={identity} assign=yes"


def test_the_simulator_is_as_strict_as_netsh() -> None:
    store = Store(policies=(Policy(name="P"),), unmanaged={(POLICY, "p"): Unmanaged(content="holds more")})
    with pytest.raises(Refused):
        run(store, op.ChangePolicy(Policy(name="P")))
    with pytest.raises(Refused):
        run(store, op.Assign("B\u00fcro"))
