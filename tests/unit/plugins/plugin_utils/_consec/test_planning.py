# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans as a property: hitless, told once, and arriving from wherever they were cut off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.address_sets import read_interval
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.definitions import RuleDefinition
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.kinds import Kind
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.netsh import (
    AddRule,
    DeleteRule,
    Operation,
    RenameRule,
    SetRule,
    render,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.planning import make_plan, missing
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.request import Mode, Request, read_request
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.stock import Held, Inventory, sorted_by_name
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.wanted import what_is_wanted
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.engine import Step

SCHEMA = (2, 26)
Data = dict[str, Any]
Rules = tuple[RuleDefinition, ...]
ACTIONS = ("requireinrequireout", "requireinrequestout", "requestinrequestout", "noauthentication")
MIXED = (["192.0.2.7", "198.51.100.0/24"], ["192.0.2.0/24", "198.51.100.1"], ["198.51.100.1", "192.0.2.8"])
ENDS = ([], ["192.0.2.0/24"], ["192.0.2.7"], ["198.51.100.1"], ["192.0.2.8"])
QUICK = ("default", {"suites": [{"esp_encryption": "aesgcm256"}]}, {"suites": [{"esp_integrity": "sha1"}]})
FIRST = ("default", [{"method": "computerkerb"}], [{"method": "anonymous"}])


@st.composite
def rule(draw: st.DrawFn, name: str, ends: tuple[list[str], ...] = ENDS) -> Data:
    action = draw(st.sampled_from(ACTIONS))
    found: Data = {
        "name": name,
        "action": action,
        "enabled": draw(st.booleans()),
        "endpoint2": draw(st.sampled_from(ends)),
        "description": draw(st.sampled_from(["", "x"])),
    }
    if draw(st.booleans()):
        found |= {"protocol": "tcp", "port1": draw(st.sampled_from([[], [80]]))}
    if action != "noauthentication":
        found |= {"quick_mode": draw(st.sampled_from(QUICK)), "first_authentication": draw(st.sampled_from(FIRST))}
    return found


def documents(ends: tuple[list[str], ...] = ENDS) -> st.SearchStrategy[list[Data]]:
    names = st.lists(st.sampled_from("abcd"), unique=True, max_size=4)
    return names.flatmap(lambda found: st.tuples(*(rule(name, ends) for name in found)).map(list))


def request(rules: list[Data], mode: Mode = Mode.OVERRIDDEN) -> Request:
    return read_request({"rules": rules}, mode)


def stock(rules: Iterable[RuleDefinition]) -> Inventory:
    return sorted_by_name(Held(Kind.RULE, each.name, None, {}, each) for each in rules)


def plan(rules: Iterable[RuleDefinition], wanted: Request) -> tuple[Step[Operation], ...]:
    return make_plan(what_is_wanted(stock(rules), wanted, SCHEMA))


def carry_out(rules: Rules, operation: Operation) -> Rules:
    """What netsh does, as far as its documents say: all rules of a name are reached."""
    match operation:
        case AddRule(definition):
            assert isinstance(definition, RuleDefinition)
            return (*rules, definition)
        case SetRule(definition, options, found_as):
            values: Data = {name: getattr(definition, name) for name in options}
            assert any(each.name == found_as for each in rules)
            return tuple(replace(each, **values) if each.name == found_as else each for each in rules)
        case RenameRule(_kind, name, new):
            assert any(each.name == name for each in rules)
            return tuple(replace(each, name=new) if each.name == name else each for each in rules)
        case DeleteRule(_kind, name):
            assert any(each.name == name for each in rules)
            return tuple(each for each in rules if each.name != name)
    raise AssertionError(operation)


def made(rules: list[Data]) -> Rules:
    """The rules of a document on a host that had none, by their names alone."""
    found: Rules = ()
    for step in plan((), request(rules)):
        found = carry_out(found, step.operation)
    return found


PACKETS = [
    (peer, protocol, port)
    for peer in ("192.0.2.7", "192.0.2.8", "192.0.2.9", "198.51.100.1", "203.0.113.1")
    for protocol, port in (("6", "80"), ("6", "81"), ("17", "80"))
]


def matches(found: RuleDefinition, packet: tuple[str, str, str]) -> bool:
    peer, protocol, port = packet
    number = read_interval(peer)
    assert number is not None
    spans = [read_interval(text) for text in found.endpoint2]
    if spans and not any(each is not None and each.first <= number.first <= each.last for each in spans):
        return False
    return found.protocol in ("any", protocol) and (not found.port1 or port in found.port1)


def width(found: RuleDefinition, peer: str) -> int:
    """How specific the part of an end is that matches: written anew here, from the words of the documents."""
    if not found.endpoint2:
        return 0
    return 2 if peer in found.endpoint2 else 1


def rank(found: RuleDefinition, packet: tuple[str, str, str]) -> tuple[int, bool, bool]:
    return width(found, packet[0]), found.protocol != "any", bool(found.port1)


def has_circle(rules: Rules) -> bool:
    """Tell whether rules win packets of each other in a circle."""
    wins = {
        (one.name, other.name)
        for one in rules
        for other in rules
        for packet in PACKETS
        if matches(one, packet) and matches(other, packet) and rank(one, packet) > rank(other, packet)
    }
    left = {each.name for each in rules}
    while free := {name for name in left if not any((other, name) in wins for other in left)}:
        left -= free
    return bool(left)


def fates(rules: Rules, packet: tuple[str, str, str]) -> frozenset[Any]:
    """What may become of a packet: of rules that are equally specific any may decide."""
    there = [each for each in rules if each.enabled and matches(each, packet)]
    if not there:
        return frozenset([None])
    best = max(rank(each, packet) for each in there)
    return frozenset(
        (each.action, each.first_authentication, each.quick_mode) for each in there if rank(each, packet) == best
    )


def bare(rules: Rules) -> Mapping[str, RuleDefinition]:
    found = {each.name: each for each in rules}
    assert len(found) == len(rules)
    return found


def check_every_prefix(before: list[Data], after: list[Data]) -> None:
    start, wanted = made(before), request(after)
    end, rules = made(after), start
    for step in plan(start, wanted):
        rules = carry_out(rules, step.operation)
        for packet in PACKETS:
            assert fates(rules, packet) <= fates(start, packet) | fates(end, packet), (step, packet)
    assert bare(rules) == bare(end)
    assert plan(rules, wanted) == ()


@given(documents(), documents())
@settings(max_examples=120, deadline=None)
def test_every_prefix_leaves_each_packet_its_old_fate_or_its_new_one(before: list[Data], after: list[Data]) -> None:
    check_every_prefix(before, after)


@pytest.mark.slow
@given(documents(), documents())
@settings(max_examples=5000, deadline=None)
def test_so_does_every_prefix_of_thousands(before: list[Data], after: list[Data]) -> None:
    check_every_prefix(before, after)


@given(documents(ENDS + MIXED), documents(ENDS + MIXED))
@settings(max_examples=100, deadline=None)
def test_so_it_is_with_addresses_of_several_widths_unless_rules_win_in_a_circle(
    before: list[Data], after: list[Data]
) -> None:
    start, end, wanted = made(before), made(after), request(after)
    assume(not has_circle(start))
    assume(not has_circle(end))
    rules = start
    for step in plan(start, wanted):
        rules = carry_out(rules, step.operation)
        for packet in PACKETS:
            assert fates(rules, packet) <= fates(start, packet) | fates(end, packet), (step, packet)
    assert bare(rules) == bare(end)


@given(documents(), documents(), st.integers(0, 40))
@settings(max_examples=100, deadline=None)
def test_a_run_that_was_cut_off_is_taken_up_by_the_next(before: list[Data], after: list[Data], cut: int) -> None:
    wanted, rules, end = request(after), made(before), made(after)
    for step in plan(rules, wanted)[:cut]:
        rules = carry_out(rules, step.operation)
    for step in plan(rules, wanted):
        rules = carry_out(rules, step.operation)
    assert bare(rules) == bare(end)
    assert plan(rules, wanted) == ()


@given(documents(), documents(), documents(), st.integers(0, 40))
@settings(max_examples=80, deadline=None)
def test_another_document_leaves_nothing_of_one_that_was_cut_off(
    before: list[Data], first: list[Data], second: list[Data], cut: int
) -> None:
    rules, end = made(before), made(second)
    for step in plan(rules, request(first))[:cut]:
        rules = carry_out(rules, step.operation)
    for step in plan(rules, request(second)):
        rules = carry_out(rules, step.operation)
    assert bare(rules) == bare(end)


@given(documents(), documents(), st.sampled_from([Mode.MERGED, Mode.REPLACED]))
@settings(max_examples=80, deadline=None)
def test_rules_that_a_document_does_not_name_are_not_touched(before: list[Data], after: list[Data], mode: Mode) -> None:
    rules = made(before)
    others = {each for each in rules if each.name not in {each["name"] for each in after}}
    for step in plan(rules, request(after, mode)):
        rules = carry_out(rules, step.operation)
    assert others <= set(rules)
    assert plan(rules, request(after, mode)) == ()


@given(documents(), documents())
@settings(max_examples=80, deadline=None)
def test_what_comes_into_force_was_read_before_and_no_step_is_silent(before: list[Data], after: list[Data]) -> None:
    rules = made(before)
    steps = plan(rules, request(after))
    assert sum(step.barrier for step in steps) <= 1
    for step in steps:
        assert step.reason
        render(step.operation)
        if step.barrier:
            required: Any = step.requires
            assert list(missing(stock(rules), required)) == []
        rules = carry_out(rules, step.operation)


def test_what_asks_for_less_comes_into_force_first_and_responders_before_those_who_ask() -> None:
    rules = [
        {"name": "client", "action": ACTIONS[0], "protocol": "tcp", "port2": 80, "endpoint2": "192.0.2.1"},
        {"name": "server", "action": ACTIONS[0], "protocol": "tcp", "port1": 80, "endpoint2": "192.0.2.2"},
        {"name": "soft", "action": ACTIONS[2], "protocol": "tcp", "port2": 81, "endpoint2": "192.0.2.3"},
    ]
    enabled = [step.operation.found_as for step in plan((), request(rules)) if isinstance(step.operation, SetRule)]
    assert enabled == ["soft", "server", "client"]


@pytest.mark.parametrize("count", [1, 3])
def test_deleting(count: int) -> None:
    rules = [{"name": f"r{number}", "action": ACTIONS[0]} for number in range(3)]
    gone = request([{"name": f"R{number}"} for number in range(count)], Mode.DELETED)
    assert [type(step.operation) for step in plan(made(rules), gone)] == [DeleteRule] * count
