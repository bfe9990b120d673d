# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Merging is what reading the joined document is, and reads what is given only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.document import (
    filter_list as reader,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.document import write_document
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import Filter, FilterList, Store, folded
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.intent import (
    Mode,
    read_object,
    read_request,
    requested_store,
    store_with_object,
)
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._policies import strategies

Data = dict[str, Any]
KINDS = {"filter_list": "filter_lists", "filter_action": "filter_actions", "policy": "policies"}
NEGOTIATION = {"security_methods", "accept_unsecured", "fallback_to_clear", "perfect_forward_secrecy"}


@st.composite
def said_of(draw: st.DrawFn, current: Store) -> Data:
    """Documents about new objects and about those of a store, with some of their options."""
    document: Data = write_document(draw(strategies.stores()))
    document.pop("assigned")
    known: Data = write_document(current)
    for key in KINDS.values():
        theirs = [item["name"] for item in known[key]]
        taken: dict[str, str] = {}
        for item in document[key]:
            name = draw(st.sampled_from([item["name"], *theirs]))
            if folded(name) not in map(folded, taken.values()):
                taken[item["name"]] = name
        document[key] = [
            part(draw, {**item, "name": taken[item["name"]]}) for item in document[key] if item["name"] in taken
        ]
        for policy in document["policies"]:
            for rule in policy.get("rules") or ():
                field = key.removesuffix("s")
                if rule.get(field) in taken:
                    rule[field] = taken[rule[field]]
    before = {item["name"]: item for item in known["filter_lists"]}
    for item in document["filter_lists"]:
        again = before.get(item["name"], {"filters": []})["filters"]
        if again and "filters" in item:
            twins = draw(st.lists(st.sampled_from(again), max_size=2))
            item["filters"] += [{**twin, "description": draw(st.sampled_from(["", "anew"]))} for twin in twins]
    had = {item["name"]: [rule["name"] for rule in item["rules"]] for item in known["policies"]}
    for item in document["policies"]:
        # A name twice in one policy is refused, which is not what is asked here.
        others = {folded(rule["name"]) for rule in (item.get("rules") or ())[1:]}
        names = [name for name in had.get(item["name"], ()) if folded(name) not in others]
        if names and item.get("rules"):
            item["rules"][0]["name"] = draw(st.sampled_from(names))
    return document


def part(draw: st.DrawFn, item: Data) -> Data:
    """Return an object with some of its options, or those of its parts, left out."""
    left = {key: value for key, value in item.items() if key == "name" or draw(st.integers(0, 3))}
    for key in ("main_mode", "default_response"):
        if key in left:
            left[key] = part(draw, left[key])
    if "rules" in left:
        left["rules"] = [part(draw, rule) for rule in left["rules"]]
    return left


def joined(before: Data | None, said: Data, *, keep: bool) -> Data:
    """Return one object of the joined document, by what the options are to a reader of the documentation."""
    if before is None:
        return said
    result = {**before, **said}
    for key in ("main_mode", "default_response"):
        if key in said:
            result[key] = {**before[key], **said[key]}
    if result.get("action") in ("permit", "block"):
        result = {key: value for key, value in result.items() if key not in NEGOTIATION or key in said}
    if "rules" in said:
        rules = {folded(rule["name"]): rule for rule in before["rules"]}
        new = {folded(rule["name"]): {**rules.get(folded(rule["name"]), {}), **rule} for rule in said["rules"]}
        result["rules"] = list(({**rules, **new} if keep else new).values())
    if "filters" in said and keep:
        selectors = {item.selector for item in filters_of(said["filters"])}
        kept = [one for one in before["filters"] if next(iter(filters_of([one]))).selector not in selectors]
        result["filters"] = kept + said["filters"]
    return result


def filters_of(items: Iterable[Data]) -> Iterator[Filter]:
    """Yield the filters that user data describe."""
    return (reader.read_filter(item, "") for item in items)


def unordered(store: Store) -> Store:
    """Return a store whose filters have one order, since it means nothing."""
    lists = tuple(replace(item, filters=tuple(sorted(item.filters, key=repr))) for item in store.filter_lists)
    return replace(store, filter_lists=lists)


def outcome(current: Store, document: Data, mode: Mode) -> Store | str:
    """Return what a host shall have, or ``refused``."""
    try:
        return unordered(requested_store(current, read_request(document, mode)))
    except IpsecError:
        return "refused"


@given(current=strategies.stores(), data=st.data())
def test_to_merge_is_to_read_the_joined_document(current: Store, data: st.DataObject) -> None:
    said = data.draw(said_of(current))
    known: Data = write_document(current)
    whole: Data = {}
    for key in KINDS.values():
        before = {folded(item["name"]): item for item in known[key]}
        whole[key] = [joined(before.get(folded(item["name"])), item, keep=True) for item in said[key]]
    found = outcome(current, said, Mode.MERGED)
    event("refused" if found == "refused" else "merged")
    assert found == outcome(current, whole, Mode.REPLACED)


@given(current=strategies.stores(), data=st.data())
def test_one_object_is_read_as_the_joined_one(current: Store, data: st.DataObject) -> None:
    said, known = data.draw(said_of(current)), write_document(current)
    kind, key = data.draw(st.sampled_from(list(KINDS.items())))
    assume(said[key])
    one: Data = said[key][0]
    before: Any = known[key]
    whole = joined(next((item for item in before if item["name"] == one["name"]), None), one, keep=False)
    try:
        found: Store | str = unordered(store_with_object(current, read_object(kind, one)))
    except IpsecError:
        found = "refused"
    event("refused" if found == "refused" else "present")
    assert found == outcome(current, {key: [whole]}, Mode.REPLACED)


def test_only_given_filters_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    counts: Counter[str] = Counter()
    read = reader.read_filter

    def counting(*given: object) -> Filter:
        counts["read"] += 1
        return read(*given)

    there = FilterList(
        name="Peers", filters=tuple(Filter(protocol=6, destination_port=port) for port in range(1, 2001))
    )
    current = Store(filter_lists=(there,))
    monkeypatch.setattr(reader, "read_filter", counting)
    document = {"filter_lists": [{"name": "Peers", "filters": [{"protocol": "udp"}]}]}
    request = read_request(document, Mode.MERGED)
    found = [requested_store(current, request) for _host in range(3)]
    assert counts["read"] == 1
    assert all(len(store.filter_lists[0].filters) == 2001 for store in found)
    (wider,) = store_with_object(
        current, read_object("filter_list", {"name": "Peers", "description": "x"})
    ).filter_lists
    assert (counts["read"], wider.filters) == (1, there.filters)
    (whole,) = requested_store(current, read_request(document, Mode.OVERRIDDEN)).filter_lists
    assert (counts["read"], len(whole.filters)) == (2, 1)
