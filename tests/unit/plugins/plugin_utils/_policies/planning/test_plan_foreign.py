# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans while a foreign policy is in force: what it uses is changed in one command, and it is replaced in one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from store_simulator import fate, meaning

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.in_force import in_force
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import (
    POLICY,
    Foreign,
    SeenPolicy,
    SeenRule,
    Store,
    by_name,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.intent import assigned_store
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.plan import Step, make_plan
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.references import (
    complete,
    keep_needed,
    uses,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.way_back import way_back
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._policies.planning.test_plan import (
    PACKETS,
    pairs,
    states,
    stores,
)

pytestmark = pytest.mark.slow

MANY = settings(max_examples=4 * settings.default.max_examples)
IDENTITY = "{00000000-0000-0000-0000-000000000001}"


def with_foreign(store: Store) -> Store:
    """Return the store with its policy in force as one that netsh cannot be told about."""
    policy = by_name(store.policies)[(store.assigned or "").lower()]
    foreign = Foreign(
        kind=POLICY,
        name="B\u00fcro",
        identity=IDENTITY,
        reason="It has a name that netsh cannot be given: expected ASCII characters only.",
        assigned=True,
        uses=uses(policy),
        seen=SeenPolicy(policy=policy, rules=tuple(SeenRule(rule=rule) for rule in policy.rules)),
    )
    others = tuple(item for item in store.policies if item is not policy)
    return replace(store, policies=others, assigned=None, foreign=(foreign,))


def assigned(store: Store) -> Store:
    """Return the store with one of its policies in force."""
    assume(store.policies)
    return store if store.assigned else replace(store, assigned=store.policies[0].name)


def planned(current: Store, desired: Store) -> tuple[Store, tuple[Step, ...]] | None:
    """Return what ``desired`` comes to on a host with a foreign policy in force, and the steps; None for a refusal."""
    others = tuple(item for item in desired.policies if item.name in {each.name for each in current.policies})
    wanted = keep_needed(current, replace(desired, policies=others, assigned=None, foreign=current.foreign))
    if desired.assigned in {each.name for each in others}:
        wanted = wanted.with_assigned(desired.assigned or "")
    try:
        wanted = complete(current, wanted, "config")
        return wanted, make_plan(current, wanted)
    except IpsecError:
        return None


@MANY
@given(pairs())
def test_no_packet_ever_has_a_third_fate(pair: tuple[Store, Store]) -> None:
    before, desired = assigned(pair[0]), pair[1]
    current = with_foreign(before)
    assert all(fate(current, packet) == fate(before, packet) for packet in PACKETS)
    found = planned(current, desired)
    assume(found)
    wanted, steps = found  # type: ignore[misc]
    seen = states(current, steps)
    assert meaning(seen[-1]) == meaning(wanted)
    for packet in PACKETS:
        allowed = (fate(current, packet), fate(wanted, packet))
        assert all(fate(store, packet) in allowed for store in seen)
    assert make_plan(seen[-1], wanted) == ()


@given(stores(), st.data())
def test_the_policy_that_replaces_it_is_the_one_in_force(store: Store, data: st.DataObject) -> None:
    assume(len(store.policies) > 1)
    current = with_foreign(assigned(store))
    target = data.draw(st.sampled_from([policy.name for policy in current.policies]))
    wanted = assigned_store(current, target, assign=True)
    assert (wanted.assigned, wanted.foreign_in_force) == (target, None)
    assert in_force(wanted) == in_force(replace(store, assigned=target))
    (step,) = make_plan(current, wanted)
    assert meaning(states(current, [step])[-1]) == meaning(wanted)
    # The host's own way back names what it had, by its identity.
    assert way_back(replace(current, identities={target.lower(): "{2}"}), target).endswith(
        f"guid={IDENTITY} assign=yes"
    )


@given(stores())
def test_what_is_in_force_by_either_reading_is_the_same(store: Store) -> None:
    before = assigned(store)
    assert in_force(with_foreign(before)) == in_force(before)
