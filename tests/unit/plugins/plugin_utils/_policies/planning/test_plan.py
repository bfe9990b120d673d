# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The planner's promises, over generated pairs of stores: it arrives, it stays, it never half-builds, it recovers."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from functools import cache
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_simulator import HOST_RESPONSE, Refused, fate, meaning, run

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.packets import Place
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.secret import Secret
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import (
    FILTER_LIST,
    DefaultResponse,
    Filter,
    FilterAction,
    FilterList,
    Kerberos,
    MainMode,
    Opaque,
    Policy,
    PresharedKey,
    QuickModeMethod,
    Rule,
    Store,
    folded,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.names import staging_base
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.netsh import render
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning import operations as op
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.plan import make_plan, shortfall
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.references import complete
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.staging import settled
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.words import (
    ActionKind,
    ConnectionType,
    Encryption,
    Integrity,
)

NET = ip_network("10.0.1.0/24")
HOSTS = [ip_network(f"10.0.1.{number}") for number in (20, 21)]
PACKETS = [
    (ip_address(peer), protocol, port)
    for peer in ("10.0.1.20", "10.0.1.21", "10.0.1.99", "192.0.2.1")
    for protocol, port in ((6, 80), (6, 443), (17, 53))
]
ESP = QuickModeMethod(esp_encryption=Encryption.TRIPLE_DES, esp_integrity=Integrity.SHA1)
AH = QuickModeMethod(ah_integrity=Integrity.SHA1)
MANY = settings(max_examples=4 * settings.default.max_examples)
KEY, OTHER_KEY = (PresharedKey(Secret("k1")),), (PresharedKey(Secret("k2")),)

filters = st.one_of(
    st.builds(
        Filter,
        destination=st.sampled_from([Place.ANY, NET, *HOSTS]),
        protocol=st.just(6),
        destination_port=st.sampled_from([0, 80, 443]),
        description=st.sampled_from(["", "", "other"]),
    ),
    st.builds(Filter, destination=st.sampled_from([Place.ANY, NET, *HOSTS])),
)
negotiation = st.builds(
    FilterAction,
    name=st.just(""),
    methods=st.lists(st.sampled_from([ESP, AH]), min_size=1, unique=True).map(tuple),
    accept_unsecured=st.booleans(),
    fallback_to_clear=st.booleans(),
)
plain = st.builds(FilterAction, name=st.just(""), action=st.sampled_from([ActionKind.PERMIT, ActionKind.BLOCK]))


# Strategies stand outside of the function that draws from them: to make one costs more than to draw from it.
booleans = st.booleans()
list_name_sets = st.sets(st.sampled_from(["L1", "L2", "L3"]), min_size=1).map(sorted)
action_name_sets = st.sets(st.sampled_from(["A1", "A2"]), min_size=1).map(sorted)
policy_name_sets = st.sets(st.sampled_from(["P1", "P2"])).map(sorted)
rule_name_sets = st.sets(st.sampled_from(["R1", "R2", "R3"]), min_size=1).map(sorted)
descriptions = st.sampled_from(["", "web"])
filter_tuples = st.lists(filters, max_size=4, unique=True).map(tuple)
any_action = st.one_of(negotiation, plain)
authentications = st.sampled_from([(Kerberos(),), KEY, OTHER_KEY])
connections = st.sampled_from([ConnectionType.ALL, ConnectionType.LAN])
tunnels = st.sampled_from([None, None, ip_address("192.0.2.9")])
mostly = st.sampled_from([True, True, True, False])
responses = st.builds(
    DefaultResponse,
    enabled=booleans,
    authentication=st.just((Kerberos(),)),
    methods=st.sampled_from([HOST_RESPONSE, (AH,)]),
    perfect_forward_secrecy=st.just(False),
)
lifetimes = st.sampled_from([60, 480])


@cache
def one_of(*values):
    return st.sampled_from(values)


@st.composite
def stores(draw):
    """A store over few names, so that two of them share, change and lack objects."""
    list_names = draw(list_name_sets)
    action_names = draw(action_name_sets)
    lists = [FilterList(name=name, description=draw(descriptions), filters=draw(filter_tuples)) for name in list_names]
    actions = [replace(draw(any_action), name=name) for name in action_names]
    policies = []
    for name in draw(policy_name_sets):
        rules = [
            Rule(
                name=rule_name,
                filter_list=draw(one_of(*list_names)),
                filter_action=draw(one_of(*action_names)),
                authentication=draw(authentications),
                connection_type=draw(connections),
                tunnel_endpoint=draw(tunnels),
                enabled=draw(mostly),
            )
            for rule_name in draw(rule_name_sets)
        ]
        policies.append(
            Policy(
                name=name,
                main_mode=MainMode(lifetime_minutes=draw(lifetimes)),
                default_response=draw(responses),
                rules=tuple(rules),
            )
        )
    names = [policy.name for policy in policies]
    return Store(
        filter_lists=tuple(lists),
        filter_actions=tuple(actions),
        policies=tuple(policies),
        assigned=draw(one_of(*names, *names, None)),
    )


quarters = st.integers(0, 3)


@st.composite
def pairs(draw):
    """Two stores: unrelated, or such that the second differs from the first in a few objects."""
    current, other = draw(stores()), draw(stores())
    if draw(quarters) == 0:
        return current, other
    mixed = current
    for field in ("filter_lists", "filter_actions", "policies"):
        known = {item.name: item for item in getattr(current, field)}
        known |= {item.name: item for item in getattr(other, field) if draw(booleans)}
        mixed = replace(mixed, **{field: tuple(known.values())})
    if draw(booleans):
        mixed = replace(mixed, assigned=other.assigned)
    try:
        return current, complete(current, mixed, "config")
    except IpsecError:
        return current, other


def states(current, steps):
    """Return the stores after every prefix of the steps."""
    found = [current]
    for step in steps:
        found.append(run(found[-1], step.operation))
    return found


@MANY
@given(pairs())
def test_plan_arrives(pair):
    current, desired = pair
    assert meaning(states(current, make_plan(current, desired))[-1]) == meaning(desired)


@given(stores())
def test_equal_stores_need_nothing(store):
    shuffled = replace(
        store,
        filter_lists=tuple(replace(item, filters=item.filters[::-1]) for item in store.filter_lists[::-1]),
        policies=store.policies[::-1],
    )
    assert make_plan(store, shuffled) == ()


@MANY
@given(pairs())
def test_no_packet_ever_has_a_third_fate(pair):
    current, desired = pair
    seen = states(current, make_plan(current, desired))
    for packet in PACKETS:
        allowed = (fate(current, packet), fate(desired, packet))
        for store in seen:
            assert fate(store, packet) in allowed


@MANY
@given(pairs(), st.data())
def test_interrupted_anywhere_a_second_run_converges(pair, data):
    current, desired = pair
    steps = make_plan(current, desired)
    seen = states(current, steps)
    stopped = seen[data.draw(st.integers(0, len(steps)))]
    again = make_plan(stopped, complete(settled(stopped), desired, "config"))
    after = states(stopped, again)
    assert meaning(after[-1]) == meaning(desired)
    assert not any(staging_base(item.name) for item in (*after[-1].policies, *after[-1].filter_lists))
    for packet in PACKETS:
        allowed = (fate(stopped, packet), fate(desired, packet))
        assert all(fate(store, packet) in allowed for store in after)


@MANY
@given(pairs(), st.data())
def test_interrupted_change_is_cleaned_up_by_any_other_task(pair, data):
    """Settling alone, without the document, keeps what is in force and leaves no copy."""
    current, desired = pair
    steps = make_plan(current, desired)
    stopped = states(current, steps)[data.draw(st.integers(0, len(steps)))]
    wanted = settled(stopped)
    after = states(stopped, make_plan(stopped, wanted))[-1]
    assert not any(staging_base(item.name) for item in (*after.policies, *after.filter_lists, *after.filter_actions))
    for packet in PACKETS:
        assert fate(after, packet) == fate(stopped, packet)


def phases(steps):
    """Return the steps in the groups that are sent together."""
    groups = [[]]
    for step in steps:
        if step.barrier and groups[-1]:
            groups.append([])
        groups[-1].append(step)
    return groups


@MANY
@given(pairs(), st.data())
def test_netsh_may_refuse_any_command_and_go_on(pair, data):
    """netsh does not stop at an error: the rest of what was sent together is still carried out, nothing after it."""
    current, desired = pair
    groups = phases(make_plan(current, desired))
    last = data.draw(st.integers(0, len(groups) - 1))
    store = states(current, [step for group in groups[:last] for step in group])[-1]
    seen = [store]
    for step in groups[last]:
        if data.draw(booleans):
            with contextlib.suppress(Refused):
                store = run(store, step.operation)
                seen.append(store)
    for packet in PACKETS:
        allowed = (fate(current, packet), fate(desired, packet))
        assert all(fate(store, packet) in allowed for store in seen)


@MANY
@given(pairs())
def test_what_a_step_requires_is_there_when_all_went_well(pair):
    current, desired = pair
    steps = make_plan(current, desired)
    for store, step in zip(states(current, steps), steps, strict=False):
        if step.requires is not None:
            assert step.barrier
            assert shortfall(store, step.requires) == (), step.operation


@MANY
@given(pairs())
def test_nothing_is_assigned_before_it_is_whole(pair):
    current, desired = pair
    store = current
    for step in make_plan(current, desired):
        store = run(store, step.operation)
        if isinstance(step.operation, op.Assign):
            policy = next(item for item in store.policies if folded(item.name) == folded(step.operation.policy))
            base = staging_base(policy.name)
            # A copy stands for what was in force, everything else for what is wanted.
            source, name = (desired, policy.name) if base is None else (current, current.assigned)
            target = next(item for item in source.policies if folded(item.name) == folded(name))
            assert len(policy.rules) == len(target.rules)
            assert policy.main_mode == target.main_mode


ONE_FILTER = (Filter(destination=HOSTS[0]),)


@MANY
@given(pairs())
def test_a_revertible_change_changes_nothing_before_its_deciding_step(pair):
    """What was in force before that step is all that a host needs in order to go back."""
    current, desired = pair
    steps = make_plan(current, desired, revertible=True)
    seen = states(current, steps)
    assert meaning(seen[-1]) == meaning(desired)
    deciding = [index for index, step in enumerate(steps) if step.decides]
    assert len(deciding) <= 1
    last = deciding[0] if deciding else len(steps)
    for packet in PACKETS:
        assert all(fate(store, packet) == fate(current, packet) for store in seen[: last + 1])
        assert all(fate(store, packet) == fate(desired, packet) for store in seen[last + 1 :])


def small(description="", filters_=ONE_FILTER, **action):
    return Store(
        filter_lists=(FilterList(name="L1", description=description, filters=tuple(filters_)),),
        filter_actions=(FilterAction(name="A1", methods=(ESP,), **action),),
        policies=(Policy(name="P1", rules=(Rule(name="R1", filter_list="L1", filter_action="A1"),)),),
        assigned="P1",
    )


def kinds(current, desired):
    return [type(step.operation) for step in make_plan(current, desired)]


def test_one_command_is_taken_directly():
    assert kinds(small(), small(accept_unsecured=True)) == [op.ChangeFilterAction]


def test_filters_of_one_list_are_taken_directly():
    new = (Filter(destination=HOSTS[1]), Filter(destination=HOSTS[1], protocol=6))
    assert kinds(small(), small(filters_=new)) == [op.AddFilter, op.AddFilter, op.DeleteFilter]


def test_filters_go_only_when_their_successors_have_been_seen():
    changed = small("new", filters_=(Filter(destination=HOSTS[1]),))
    steps = make_plan(small(), changed)
    assert [(type(step.operation), step.barrier) for step in steps] == [
        (op.DescribeFilterList, False),
        (op.AddFilter, False),
        (op.DeleteFilter, True),
    ]
    before_last = states(small(), steps)[-2]
    assert shortfall(before_last, steps[-1].requires) == ()
    assert shortfall(small(), steps[-1].requires) != ()


def test_a_filter_that_must_be_made_anew_is_staged():
    changed = small(filters_=(Filter(destination=HOSTS[0], description="x"),))
    assert kinds(small(), changed) == [
        op.CreateFilterList,
        op.AddFilter,
        op.CreatePolicy,
        op.ChangeDefaultResponse,
        op.AddRule,
        op.Assign,
        op.DeleteFilter,
        op.AddFilter,
        op.Assign,
        op.DeletePolicy,
        op.DeleteFilterList,
    ]


def test_filters_of_a_list_that_two_rules_use_are_staged():
    def twice(*filters_):
        store = small(filters_=filters_)
        rules = (*store.policies[0].rules, Rule(name="R2", filter_list="L1", filter_action="A1"))
        return replace(store, policies=(replace(store.policies[0], rules=rules),))

    found = kinds(twice(Filter(destination=HOSTS[0])), twice(Filter(destination=HOSTS[1])))
    assert found.count(op.Assign) == 2


def test_every_step_says_why():
    changed = small(filters_=(), accept_unsecured=True)
    steps = make_plan(small(), changed)
    assert all(step.reason for step in steps)
    assert [step.reason for step in steps if isinstance(step.operation, op.Assign)] == [
        "the copy stands in",
        "the change takes effect in one command",
    ]
    assert steps[-1].reason == "the copy is no longer needed"


def test_a_description_alone_is_taken_directly():
    assert kinds(small(), small("new")) == [op.DescribeFilterList]


def test_a_copy_names_rules_and_leaves_out_descriptions_that_cannot_be_sent():
    policy = replace(small().policies[0], description="Büro", rules=(replace(small().policies[0].rules[0], name=""),))
    current = replace(small(), policies=(policy,))
    desired = replace(
        current,
        filter_lists=small(filters_=()).filter_lists,
        filter_actions=small(accept_unsecured=True).filter_actions,
    )
    steps = make_plan(current, desired)
    rule = next(render(step.operation).clear() for step in steps if isinstance(step.operation, op.AddRule))
    assert rule.startswith('ipsec static add rule name="~winsec~1" policy="P1~winsec~1"')
    behind_copy = next(
        store
        for store, step in zip(states(current, steps), steps, strict=False)
        if isinstance(step.operation, op.DeleteFilter)
    )
    assert meaning(settled(behind_copy))[3] == meaning(current)[3]


def test_what_a_policy_in_force_uses_that_cannot_be_read_changes_only_in_one_command():
    opaque = Opaque(
        kind="policy",
        name="Büro",
        identity="{1}",
        reason="It has no data in its rule 'x'.",
        uses=frozenset({(FILTER_LIST, "l1")}),
    )
    current = replace(small(), policies=(), assigned="Büro", opaque=(opaque,))
    one = replace(current, filter_lists=small(filters_=()).filter_lists)
    assert [type(step.operation) for step in make_plan(current, one)] == [op.DeleteFilter]
    two = replace(current, filter_lists=small(filters_=(replace(ONE_FILTER[0], description="x"),)).filter_lists)
    with pytest.raises(IpsecError, match="in force and not known"):
        make_plan(current, two)
