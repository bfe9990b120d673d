# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects that a host wrote for us, compared byte for byte with what our codec says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from .._common.errors import StoreError
from .._policies.codec import guids
from .._policies.codec.filter_list import FilterListData, decode_filter_list
from .._policies.codec.form import Form
from .._policies.codec.main_mode import decode_main_mode
from .._policies.model import FilterAction, FilterList, Policy, Rule
from .._policies.netsh import render
from .._policies.store.objects import Kind, Reference, StoredObject
from . import predict
from .model import Point, point
from .objects import Wanted, filter_actions, filter_lists, operations, policies, tunnelled
from .talk import Answer, Talk

_MISSING = "no such object"


def wanted(talk: Talk, key: str) -> list[Wanted]:
    """Return all objects that are made on the host, in the order in which they are made."""
    version = talk.version
    lists = [*filter_lists(talk.name, version), tunnelled(talk.name)]
    return [*lists, *filter_actions(talk.name), *policies(talk.name, version, key)]


def make(talk: Talk, things: Sequence[Wanted]) -> list[tuple[Wanted, Answer]]:
    """Make the objects; return for each the first answer that was not silence, or an empty one."""
    lines = [(each, render(step)) for each in things for step in operations(each)]
    answers = talk.netsh(*(line for _each, line in lines))
    found: dict[int, tuple[Wanted, Answer]] = {id(each): (each, Answer("")) for each in things}
    for (each, _line), answer in zip(lines, answers, strict=True):
        if answer.text and not found[id(each)][1].text:
            found[id(each)] = each, answer
    return list(found.values())


@dataclass(slots=True)
class Found:
    """The objects of a host, looked up by class and name, and by reference."""

    objects: Sequence[StoredObject]

    def named(self, kind: Kind, name: str) -> StoredObject | None:
        """Return the object of a name, None where there is none or more than one."""
        found = [each for each in self.objects if each.kind is kind and each.name.casefold() == name.casefold()]
        return found[0] if len(found) == 1 else None

    def at(self, references: Sequence[Reference], kind: Kind) -> list[StoredObject]:
        """Return the objects of a class that are referred to, in that order."""
        by = {each.reference: each for each in self.objects}
        return [by[each] for each in references if each in by and each.kind is kind]


def compared(talk: Talk, things: Sequence[Wanted]) -> dict[str, list[Point]]:
    """Return points by check: the bytes, descriptions and references of every object."""
    found = Found(talk.stored())
    points: dict[str, list[Point]] = {}
    for each in things:
        points.setdefault(each.check, []).extend(_points(each, found, talk.form))
    return points


def _points(wanted: Wanted, found: Found, form: Form) -> Iterator[Point]:
    thing = wanted.found
    match thing:
        case FilterList():
            stored = found.named(Kind.FILTER_LIST, thing.name)
            yield _data(wanted, stored, lambda data: predict.filter_list(thing.filters, _list(data), form))
        case FilterAction():
            stored = found.named(Kind.FILTER_ACTION, thing.name)
            yield _data(wanted, stored, lambda _data: predict.filter_action(thing, form))
            seen = (stored.action, stored.action_type) if stored else _MISSING
            yield point(
                wanted.about, f"{_label(thing.name)}: what it does", (predict.action_guid(thing), guids.STANDARD), seen
            )
        case Policy():
            stored = found.named(Kind.POLICY, thing.name)
            yield _data(wanted, stored, lambda _data: predict.policy(thing, form))
            yield from _parts(wanted, thing, stored, found, form)
    if stored is not None:
        about = "store-attributes store-five-classes"
        yield point(about, f"{_label(thing.name)}: its description", thing.description, stored.description)


def _parts(wanted: Wanted, thing: Policy, stored: StoredObject | None, found: Found, form: Form) -> Iterator[Point]:
    if stored is None:
        return
    label, about = _label(thing.name), wanted.about
    mode = _first(found.at(stored.main_modes, Kind.MAIN_MODE))
    yield _bytes(
        about,
        f"{label}: main mode",
        mode,
        lambda data: predict.main_mode(thing.main_mode, decode_main_mode(data, ""), form),
    )
    rules = found.at(stored.rules, Kind.RULE)
    named = {each.name: each for each in rules if each.name}
    response = _first([each for each in rules if not each.name and not each.filter_lists])
    yield _bytes(
        about,
        f"{label}: default response rule",
        response,
        lambda _data: predict.response_rule(thing.default_response, form),
    )
    if response is not None and wanted.check == "object.default-response" and wanted.found.name.endswith("2"):
        action = _first(found.at(response.filter_actions, Kind.FILTER_ACTION))
        yield _bytes(
            about,
            f"{label}: action of the default response",
            action,
            lambda _data: predict.response_action(thing.default_response, form),
        )
        yield point(about, f"{label}: its type", guids.DEFAULT_RESPONSE, action.action_type if action else _MISSING)
    for rule in thing.rules:
        seen = named.get(rule.name)
        yield _bytes(about, f"{_label(rule.name)}: data", seen, _rule(rule, form))
        if seen is not None:
            lists = [each.name for each in found.at(seen.filter_lists, Kind.FILTER_LIST)]
            actions = [each.name for each in found.at(seen.filter_actions, Kind.FILTER_ACTION)]
            owners = [each.name for each in found.at(seen.owners, Kind.POLICY)]
            expected = [rule.filter_list, rule.filter_action, thing.name]
            yield point("store-attributes", f"{_label(rule.name)}: references", expected, [*lists, *actions, *owners])


def _data(wanted: Wanted, stored: StoredObject | None, predicted: Callable[[bytes], bytes]) -> Point:
    return _bytes(wanted.about, f"{_label(wanted.found.name)}: data", stored, predicted)


def _bytes(about: str, what: str, stored: StoredObject | None, predicted: Callable[[bytes], bytes]) -> Point:
    if stored is None or stored.data is None:
        return point(about, what, "an object with data", _MISSING)
    try:
        return point(about, what, predicted(stored.data), stored.data)
    except StoreError:
        return point(about, what, "data that can be read", stored.data)


def _rule(rule: Rule, form: Form) -> Callable[[bytes], bytes]:
    return lambda _data: predict.rule(rule, form)


def _first(found: Sequence[StoredObject]) -> StoredObject | None:
    return found[0] if found else None


def _list(data: bytes) -> FilterListData:
    return decode_filter_list(data, "")


def _label(name: str) -> str:
    return name.split(" ", 1)[1]
