# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a registry or a directory to the model: what can be read becomes values, everything else is opaque.

Where netsh cannot be told all of an object, it has a mark that says which changes of it are refused.

The objects and their references follow MS-GPIPSEC 2.2.1; which anomalies occur was seen in real stores.

[ledger: store-active-policy, store-damage-occurs]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from ..._common.errors import StoreError
from ..._windows.registry.keys import Keys
from ..codec.filter_action import decode_filter_action
from ..codec.filter_list import decode_filter_list
from ..codec.guids import NEGOTIATE_ACCEPTING_UNSECURED, PREDEFINED, STANDARD
from ..model import (
    FILTER_ACTION,
    FILTER_LIST,
    POLICY,
    FilterAction,
    FilterList,
    Key,
    Named,
    Opaque,
    Store,
    Unmanaged,
    folded,
)
from ..words import ActionKind
from .contents import Contents
from .express import ACTIONS, Inexpressible, Oddities, quick_mode_methods, quick_mode_pfs
from .filters import filters
from .objects import Kind, Stored, StoredObject, from_directory, from_registry
from .policies import Parts, policy
from .readings import Item, Readings
from .store_names import StoreNames
from .wiring import Wiring

LOCAL_STORE = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\IPSec\Policy\Local"

_MODEL_KINDS = {Kind.POLICY: POLICY, Kind.FILTER_LIST: FILTER_LIST, Kind.FILTER_ACTION: FILTER_ACTION}


def read_store(keys: Keys, root: str = LOCAL_STORE) -> Store:
    """Return the policy store below the key ``root``; raise StoreError when there is no such key.

    Single objects never raise: what cannot be read is in ``opaque`` with its reason, what cannot be changed in
    ``unmanaged``, and damage that does not change the meaning in ``findings``.
    """
    return read_objects(from_registry(keys, root))


def read_directory(entries: Iterable[Mapping[str, Sequence[str | bytes]]], assigned: str | None = None) -> Store:
    """Return the policy store in directory entries (attributes with their values, as LDAP gives them).

    ``assigned`` is the distinguished name of the policy that a group policy object puts in force.
    """
    return read_objects(from_directory(entries, assigned))


def read_objects(stored: Stored) -> Store:
    """Return the store that these objects are."""
    wiring = Wiring(stored)
    contents = Contents()
    names = StoreNames(stored.objects)
    findings = [*stored.findings, *wiring.findings(), *_frame_findings(stored.objects, contents)]

    def readings(kind: Kind, express: Callable[[StoredObject, Oddities], Item]) -> Readings[Item]:
        result: Readings[Item] = Readings()
        for each in wiring.of_kind(kind):
            if names.knows(each):
                oddities = Oddities()
                oddities.name = names.trouble(each)
                result.add(each, express, oddities)
        return result

    def express_list(each: StoredObject, oddities: Oddities) -> FilterList:
        items, notes = filters(contents.of(each, decode_filter_list), oddities)
        findings.extend(f"The {each.label} {note}." for note in notes)
        return FilterList(name=names(each), description=each.description, filters=items)

    def express_action(each: StoredObject, oddities: Oddities) -> FilterAction:
        action = _filter_action(each, names(each), contents, oddities)
        if action.action is not ActionKind.NEGOTIATE and contents.of(each, decode_filter_action).offers:
            findings.append(f"The {each.label} does not negotiate; its offers have no effect and were left out.")
        return action

    lists = readings(Kind.FILTER_LIST, express_list)
    actions = readings(Kind.FILTER_ACTION, express_action)
    parts = Parts(wiring=wiring, contents=contents, names=names, filter_actions=actions)
    policies = readings(Kind.POLICY, lambda each, oddities: policy(each, parts, oddities))
    active = wiring.find(stored.active, Kind.POLICY) if stored.active else None
    if stored.active and active is None:
        findings.append("The store puts a policy in force that does not exist.")
    known = {(_MODEL_KINDS[each.kind], folded(names(each))): each for each in stored.objects if names.knows(each)}
    oddities = {Kind.POLICY: policies.oddities, Kind.FILTER_LIST: lists.oddities, Kind.FILTER_ACTION: actions.oddities}
    unknown = {Kind.POLICY: policies.unknown, Kind.FILTER_LIST: lists.unknown, Kind.FILTER_ACTION: actions.unknown}
    marks = {
        key: oddities[each.kind][each.identity].unmanaged()
        for key, each in sorted(known.items(), key=_policies_first)
        if each.identity not in unknown[each.kind]
    }
    return Store(
        filter_lists=_ordered(lists.seen.values()),
        filter_actions=_ordered(actions.seen.values()),
        policies=_ordered(policies.seen.values()),
        assigned=names(active) if active else None,
        opaque=tuple(
            Opaque(
                kind=key[0],
                name=names(each),
                identity=each.identity,
                reason=f"It {unknown[each.kind][each.identity]}.",
                uses=frozenset(_uses(each, wiring, names)),
            )
            for key, each in sorted(known.items(), key=_policies_first)
            if each.identity in unknown[each.kind]
        ),
        unmanaged={key: mark for key, mark in marks.items() if mark != Unmanaged()},
        predefined=frozenset(key for key, each in known.items() if each.identity in PREDEFINED),
        findings=tuple(dict.fromkeys(findings)),
        identities={key: each.identity for key, each in known.items()},
    )


def _ordered(items: Iterable[Named]) -> tuple[Named, ...]:
    return tuple(sorted(items, key=lambda item: folded(item.name)))


def _policies_first(known: tuple[Key, StoredObject]) -> tuple[int, Key]:
    return list(_MODEL_KINDS).index(known[1].kind), known[0]


def _filter_action(each: StoredObject, name: str, contents: Contents, oddities: Oddities) -> FilterAction:
    if each.action not in ACTIONS:
        raise Inexpressible("has an unknown action")
    if each.action_type != STANDARD:
        raise Inexpressible("has a type that only the action of a default response rule has, or an unknown one")
    data = contents.of(each, decode_filter_action)
    if ACTIONS[each.action] is not ActionKind.NEGOTIATE:
        return FilterAction(name=name, description=each.description, action=ACTIONS[each.action])
    methods = quick_mode_methods(data, oddities)
    if not methods:
        raise Inexpressible("negotiates without any offer")
    return FilterAction(
        name=name,
        description=each.description,
        action=ActionKind.NEGOTIATE,
        methods=methods,
        accept_unsecured=each.action == NEGOTIATE_ACCEPTING_UNSECURED,
        fallback_to_clear=data.allows_clear,
        perfect_forward_secrecy=quick_mode_pfs(data),
    )


def _uses(each: StoredObject, wiring: Wiring, names: StoreNames) -> Iterator[Key]:
    """Yield the filter lists and filter actions that the rules of a policy refer to."""
    for reference in each.rules:
        rule = wiring.find(reference, Kind.RULE)
        if rule is None:
            continue
        for kind, references in ((Kind.FILTER_LIST, rule.filter_lists), (Kind.FILTER_ACTION, rule.filter_actions)):
            for used in (wiring.find(inner, kind) for inner in references):
                if used is not None and names.knows(used):
                    yield _MODEL_KINDS[kind], folded(names(used))


def _frame_findings(objects: Sequence[StoredObject], contents: Contents) -> Iterator[str]:
    """Yield remarks on the frames of the data: length fields and ends that do not fit and do not matter."""
    for each in objects:
        try:
            notes = contents.notes(each)
        except StoreError as error:
            if each.kind in (Kind.RULE, Kind.MAIN_MODE):  # the others become opaque with this reason
                yield f"The data of the {each.label} is damaged: {error}"
            continue
        yield from (f"The {each.label} {note}." for note in notes)
