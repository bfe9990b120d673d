# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Seen is not the same as editable: what netsh cannot be told about does to packets what it did before.

Stores are disguised in their bytes: names beyond ASCII, no names, one name for all, names that Windows 2000 lent, bits
beyond masks, offers twice. What is then in force is the same as under the original.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Network, ip_address
from typing import Any

import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.endpoint import Endpoint
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.lockout import (
    CriticalFlow,
    FlowDirection,
    find_lockouts,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.traffic import parse_traffic
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.filter_action import (
    FilterActionData,
    decode_filter_action,
    encode_filter_action,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.filter_list import (
    FilterListData,
    FilterSpec,
    decode_filter_list,
    encode_filter_list,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.form import LEGACY, VISTA, Form
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.main_mode import (
    MainModeData,
    decode_main_mode,
    encode_main_mode,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.policy import decode_policy, encode_policy
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.rule import (
    RuleData,
    decode_rule,
    encode_rule,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.document import read_document, write_document
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.in_force import InForce, in_force
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import (
    FILTER_LIST,
    Filter,
    FilterAction,
    FilterList,
    Rule,
    Store,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.intent import (
    Mode,
    read_request,
    requested_store,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.operations import AddFilter
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.plan import make_plan
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.store import read_store
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.words import ActionKind, ConnectionType
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._policies import strategies
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._policies.damage import Values
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._policies.wire import ROOT, Image, image_of

pytestmark = pytest.mark.slow

FORMS = pytest.mark.parametrize("form", [LEGACY, VISTA], ids=["legacy", "vista"])
NAMED = ("ipsecPolicy", "ipsecFilter", "ipsecNegotiationPolicy")
Disguise = Callable[[Image, st.DataObject, Form], None]
ODD_TEXTS = st.sampled_from(["Büro", "規則", 'a"b', "100%", " x ", "a\tb", "x" * 300, "@@", "All", "default", "\\"])


@st.composite
def assigned_stores(draw: st.DrawFn, modern: bool) -> Store:
    """Stores with a policy in force that has rules."""
    lists = draw(st.lists(strategies.filter_lists(modern), min_size=1, max_size=3, unique_by=_folded_name))
    actions = draw(st.lists(strategies.filter_actions(), min_size=1, max_size=3, unique_by=_folded_name))
    policies = strategies.policies([item.name for item in lists], [item.name for item in actions], modern)
    policy = draw(policies.filter(lambda found: found.rules))
    return Store(
        filter_lists=tuple(sorted(lists, key=_folded_name)),
        filter_actions=tuple(sorted(actions, key=_folded_name)),
        policies=(policy,),
        assigned=policy.name,
    )


def _folded_name(item: FilterList | FilterAction) -> str:
    return item.name.casefold()


def objects(image: Image, name: str) -> list[Values]:
    """Return the objects of one class, the inner action of a default response rule left out."""
    found = (values for path, values in image.keys.items() if f"\\{name}{{" in path)
    return [values for values in found if "ipsecName" in values]


def change(
    values: Values, decode: Callable[..., Any], encode: Callable[..., bytes], form: Form, new: Callable[[Any], Values]
) -> None:
    """Change the data of an object; ``new`` makes the new fields of what was decoded."""
    data = decode(values["ipsecData"][1], "x")
    values["ipsecData"] = ("REG_BINARY", encode(replace(data, **new(data)), form))


def named(image: Image, data: st.DataObject, form: Form) -> None:
    """Give objects names that netsh cannot be given: odd ones, one for all, or none."""
    for name in data.draw(st.sets(st.sampled_from(NAMED), min_size=1), label="classes"):
        _named(image, data, name)


def rules_named(image: Image, data: st.DataObject, form: Form) -> None:
    """Give rules such names."""
    _named(image, data, "ipsecNFA")


def _named(image: Image, data: st.DataObject, name: str) -> None:
    way, text = data.draw(st.sampled_from(["odd", "same", "none", "first"])), data.draw(ODD_TEXTS)
    for number, values in enumerate(objects(image, name)):
        if way == "none":
            del values["ipsecName"]
        elif way != "first" or number == 0:
            values["ipsecName"] = ("REG_SZ", text if way == "same" else f"{text}{number}")


def lent(image: Image, data: st.DataObject, form: Form) -> None:
    """Let what has no name in Windows 2000 have the value that was written just before."""
    for path, values in image.keys.items():
        if "\\ipsecNFA{" in path:
            values["ipsecName"] = values["ipsecNegotiationPolicyReference"]
        if "\\ipsecNegotiationPolicy{" in path and "ipsecName" not in values:
            values["ipsecName"] = values["ipsecNegotiationPolicyAction"]
        if "\\ipsecISAKMPPolicy{" in path:
            values["ipsecName"] = ("REG_SZ", str(values["ipsecID"][1]).upper())


def with_twins(image: Image, data: st.DataObject, form: Form) -> None:
    """Put an object of the same name, that nobody uses, beside every list and every action."""
    for number, (path, values) in enumerate([*image.keys.items()]):
        name = path.rpartition("\\")[2].partition("{")[0]
        if name in ("ipsecFilter", "ipsecNegotiationPolicy") and "ipsecName" in values:
            twin = {key: value for key, value in values.items() if key != "ipsecOwnersReference"}
            image.keys[f"{ROOT}\\{name}{{00000000-0000-0000-0000-{number:012x}}}"] = twin


def described(image: Image, data: st.DataObject, form: Form) -> None:
    """Give everything a description that netsh cannot be given."""
    text = data.draw(ODD_TEXTS)
    for values in image.keys.values():
        if "ipsecData" in values:
            values["description"] = ("REG_SZ", text)


def polled(image: Image, data: st.DataObject, form: Form) -> None:
    """Let policies be looked for at odd times."""
    seconds = data.draw(st.integers(1, 10_000))
    for values in objects(image, "ipsecPolicy"):
        change(values, decode_policy, encode_policy, form, lambda _data: {"polling_seconds": seconds})


def beyond_masks(image: Image, data: st.DataObject, form: Form) -> None:
    """Set bits of addresses beyond their masks."""
    bits = data.draw(st.integers(1, 0xFFFFFFFF))

    def new(found: FilterListData) -> Values:
        return {"specs": tuple(_with_bits(spec, bits) for spec in found.specs)}

    for values in objects(image, "ipsecFilter"):
        change(values, decode_filter_list, encode_filter_list, form, new)


def _with_bits(spec: FilterSpec, bits: int) -> FilterSpec:
    source = spec.source | bits & ~spec.source_mask
    return spec._replace(source=source, destination=spec.destination | bits & ~spec.destination_mask)


def twice(image: Image, data: st.DataObject, form: Form) -> None:
    """Repeat offers and methods of authentication, which changes no preference."""
    for path, values in image.keys.items():
        if "\\ipsecNegotiationPolicy{" in path:
            change(values, decode_filter_action, encode_filter_action, form, _offers_twice)
        if "\\ipsecISAKMPPolicy{" in path:
            change(values, decode_main_mode, encode_main_mode, form, _offers_twice)
        if "\\ipsecNFA{" in path:
            change(values, decode_rule, encode_rule, form, _methods_twice)


def _offers_twice(found: FilterActionData | MainModeData) -> Values:
    return {"offers": (*found.offers[:1], *found.offers)}


def _methods_twice(found: RuleData) -> Values:
    return {"authentication": (*found.authentication, *found.authentication[-1:]), "second_section": None}


ORDERLY = (named, with_twins, described, polled, beyond_masks, twice)
DISGUISES = (*ORDERLY, rules_named, lent)


def disguised(store: Store, form: Form, data: st.DataObject, ways: tuple[Disguise, ...] = DISGUISES) -> Store:
    """Return the store as it is read after its bytes were disguised in one or several ways."""
    image = image_of(store, form)
    chosen = data.draw(st.sets(st.sampled_from([way.__name__ for way in ways]), min_size=1), label="disguises")
    for way in ways:
        if way.__name__ in chosen:
            way(image, data, form)
    return read_store(image.as_keys())


def meaning(found: InForce | None) -> object:
    """Return all that can matter to a packet, or to a peer: no names, no descriptions, no order."""
    assert found is not None
    rules = Counter(
        (_rule(bound.rule, bound.action), _list(bound.filters), _action(bound.action)) for bound in found.rules
    )
    return found.policy.main_mode, found.policy.default_response, rules


def _rule(rule: Rule, action: FilterAction) -> Rule:
    bare = replace(rule, name="", description="", filter_list="", filter_action="")
    return bare if action.action is ActionKind.NEGOTIATE else replace(bare, authentication=())


def _list(filter_list: FilterList) -> frozenset[object]:
    return frozenset(each.selector for each in filter_list.filters)


def _action(action: FilterAction) -> FilterAction:
    return replace(action, name="", description="")


@FORMS
@given(data=st.data())
def test_what_is_in_force_is_the_same_whatever_netsh_can_be_told(form: Form, data: st.DataObject) -> None:
    store = data.draw(assigned_stores(form is VISTA))
    found = disguised(store, form, data)
    assert meaning(in_force(found)) == meaning(in_force(store))
    assert found.opaque == ()


HOST = Endpoint(name="host", addresses=(ip_address("10.0.0.10"),))
EVERYTHING = [
    CriticalFlow(f"{direction} {traffic}", (IPv4Network("0.0.0.0/0"),), direction, parse_traffic(traffic, ""))
    for direction in FlowDirection
    for traffic in ("any", "tcp/80")
]


def busy(store: Store) -> Store:
    """Return the store with a policy that takes part in everything between the host and a network."""
    wide = Filter(destination=IPv4Network("10.0.0.0/8"))
    (policy,) = store.policies
    rules = (replace(rule, enabled=True, connection_type=ConnectionType.ALL) for rule in policy.rules)
    return replace(
        store,
        policies=(replace(policy, rules=tuple(rules)),),
        filter_lists=tuple(replace(item, filters=(wide, *item.filters)) for item in store.filter_lists),
    )


@FORMS
@given(data=st.data())
def test_no_packet_has_another_fate_under_the_disguise(form: Form, data: st.DataObject) -> None:
    """Names of rules stay, since they decide between rules of one rank that are equally strict."""
    store = busy(data.draw(assigned_stores(form is VISTA)))
    found = disguised(store, form, data, ORDERLY)
    assert find_lockouts(in_force(store), in_force(found), HOST, EVERYTHING) == ()
    assert find_lockouts(in_force(found), in_force(store), HOST, EVERYTHING) == ()
    told = [[(one.flow, one.packet, one.outcome.kind) for one in find_lockouts(None, in_force(each), HOST, EVERYTHING)]
            for each in (store, found)]  # fmt: skip
    assert told[0] == told[1]
    event("stops something" if told[0] else "stops nothing")


@FORMS
@given(data=st.data())
def test_a_change_of_what_it_uses_counts(form: Form, data: st.DataObject) -> None:
    """The policy alone cannot be named: lists and actions that change in the desired store change what it does."""
    store = data.draw(assigned_stores(form is VISTA))
    image = image_of(store, form)
    (policy,) = objects(image, "ipsecPolicy")
    policy["ipsecName"] = ("REG_SZ", "Büro")
    found = read_store(image.as_keys())
    new_list = data.draw(strategies.filter_lists(form is VISTA))
    new_action = data.draw(strategies.filter_actions())

    def changed(each: Store) -> Store:
        lists = tuple(replace(new_list, name=item.name) for item in each.filter_lists)
        actions = tuple(replace(new_action, name=item.name) for item in each.filter_actions)
        return replace(each, filter_lists=lists, filter_actions=actions)

    assert meaning(in_force(changed(found))) == meaning(in_force(changed(store)))


def doubtful(store: Store, form: Form, data: st.DataObject) -> Store:
    """Return a store disguised in any ways, with descriptions and objects that nobody can read among it."""
    image = image_of(store, form)
    chosen = data.draw(st.sets(st.sampled_from([way.__name__ for way in (*DISGUISES, cut)])), label="disguises")
    for way in (*DISGUISES, cut):
        if way.__name__ in chosen:
            way(image, data, form)
    return read_store(image.as_keys())


def cut(image: Image, data: st.DataObject, form: Form) -> None:
    """Cut the data of some objects short, so that they cannot be read."""
    for values in image.keys.values():
        if "ipsecData" in values and data.draw(st.sampled_from([False, False, True]), label="cut"):
            values["ipsecData"] = ("REG_BINARY", values["ipsecData"][1][:18])


@FORMS
@given(data=st.data())
def test_what_is_shown_fed_back_changes_nothing(form: Form, data: st.DataObject) -> None:
    found = doubtful(data.draw(assigned_stores(form is VISTA) | strategies.stores(form is VISTA)), form, data)
    document = json.loads(json.dumps(write_document(found)))
    assert write_document(read_document(document)) == document
    for mode in (Mode.MERGED, Mode.REPLACED, Mode.OVERRIDDEN):
        wanted = requested_store(found, read_request(document, mode))
        assert make_plan(found, wanted) == ()
        assert wanted.assigned == found.assigned
    event("odd" if found.unmanaged else "sound")
    event("not all is known" if found.opaque else "all is known")


@FORMS
@given(data=st.data())
def test_one_filter_more_is_one_command_whatever_else_is_odd(form: Form, data: st.DataObject) -> None:
    found = doubtful(data.draw(assigned_stores(form is VISTA)), form, data)
    lists = [item for item in found.filter_lists if not found.mark(FILTER_LIST, item.name).name]
    assume(lists)
    item = data.draw(st.sampled_from(lists))
    new = Filter(destination=IPv4Network("198.18.7.7/32"), protocol=132)
    assume(new.selector not in {each.selector for each in item.filters})
    more = {"name": item.name, "filters": [{"destination": "198.18.7.7", "protocol": 132}]}
    wanted = requested_store(found, read_request({"filter_lists": [more]}, Mode.MERGED))
    assert [step.operation for step in make_plan(found, wanted)] == [AddFilter(item.name, new)]
    # With the GUID that the host shows it is the same.
    shown = next(each for each in write_document(found)["filter_lists"] if each["name"] == item.name)
    again = {**more, **({"guid": shown["guid"]} if "guid" in shown else {})}
    wanted = requested_store(found, read_request({"filter_lists": [again]}, Mode.MERGED))
    assert [step.operation for step in make_plan(found, wanted)] == [AddFilter(item.name, new)]
