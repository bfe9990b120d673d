# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a registry or a directory to the model: what can be managed becomes values, everything else is foreign.

A foreign object carries what it means wherever that is known.

The objects and their references follow MS-GPIPSEC 2.2.1; which anomalies occur was seen in real stores.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from ..._common.errors import StoreError
from ..._windows.registry.keys import Keys
from ..codec.filter_action import decode_filter_action
from ..codec.filter_list import decode_filter_list
from ..codec.guids import DEFAULT_RESPONSE, NEGOTIATE_ACCEPTING_UNSECURED, PREDEFINED, STANDARD
from ..model import FILTER_ACTION, FILTER_LIST, POLICY, FilterAction, FilterList, Foreign, Named, Store, folded
from ..words import ActionKind
from .contents import Contents
from .express import ACTIONS, Inexpressible, Oddities, quick_mode_methods, quick_mode_pfs
from .filters import filters
from .objects import Kind, Stored, StoredObject, from_directory, from_registry
from .policies import Parts, policy
from .readings import Item, Readings
from .wiring import Wiring

LOCAL_STORE = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\IPSec\Policy\Local"

_MODEL_KINDS = {Kind.POLICY: POLICY, Kind.FILTER_LIST: FILTER_LIST, Kind.FILTER_ACTION: FILTER_ACTION}


def read_store(keys: Keys, root: str = LOCAL_STORE) -> Store:
    """Return the policy store below the key ``root``; raise StoreError when there is no such key.

    Single objects never raise: what cannot be read or managed is in ``foreign`` with its reason, and damage that does
    not change the meaning is in ``findings``.
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
    findings = [*stored.findings, *wiring.findings(), *_frame_findings(stored.objects, contents)]
    names = Counter(map(_name_key, stored.objects))

    def readings(kind: Kind, express: Callable[[StoredObject, Oddities], Item]) -> Readings[Item]:
        result: Readings[Item] = Readings()
        for each in wiring.of_kind(kind):
            if not _belongs_to_a_rule(each):
                result.add(each, express, _oddities_of_name(each, names))
        return result

    def express_list(each: StoredObject, oddities: Oddities) -> FilterList:
        items, notes = filters(contents.of(each, decode_filter_list), oddities)
        findings.extend(f"The {each.label} {note}." for note in notes)
        return FilterList(name=each.name, description=each.description, filters=items)

    def express_action(each: StoredObject, oddities: Oddities) -> FilterAction:
        action = _filter_action(each, contents, oddities)
        if action.action is not ActionKind.NEGOTIATE and contents.of(each, decode_filter_action).offers:
            findings.append(f"The {each.label} does not negotiate; its offers have no effect and were left out.")
        return action

    lists = readings(Kind.FILTER_LIST, express_list)
    actions = readings(Kind.FILTER_ACTION, express_action)
    parts = Parts(wiring=wiring, contents=contents, filter_lists=lists, filter_actions=actions)
    policies = readings(Kind.POLICY, lambda each, oddities: policy(each, parts, oddities))
    active = wiring.find(stored.active, Kind.POLICY) if stored.active else None
    if stored.active and active is None:
        findings.append("The store puts a policy in force that does not exist.")
    in_force = policies.managed(active.identity) if active else None
    return Store(
        filter_lists=_managed(lists, lambda each: each),
        filter_actions=_managed(actions, lambda each: each),
        policies=_managed(policies, lambda each: each.policy),
        assigned=in_force.policy.name if in_force else None,
        foreign=(
            *_foreign(Kind.POLICY, policies, active, wiring),
            *_foreign(Kind.FILTER_LIST, lists, active, wiring),
            *_foreign(Kind.FILTER_ACTION, actions, active, wiring),
        ),
        predefined=frozenset(
            (_MODEL_KINDS[each.kind], folded(each.name))
            for each in stored.objects
            if each.identity in PREDEFINED and each.kind in _MODEL_KINDS and each.name
        ),
        findings=tuple(dict.fromkeys(findings)),
        identities={
            folded(item.policy.name): identity
            for identity, item in policies.seen.items()
            if identity not in policies.foreign
        },
    )


def _managed(readings: Readings[Item], value: Callable[[Item], Named]) -> tuple[Named, ...]:
    """Return the objects that can be managed, in order of their names."""
    found = (value(item) for identity, item in readings.seen.items() if identity not in readings.foreign)
    return tuple(sorted(found, key=lambda item: folded(item.name)))


def _name_key(each: StoredObject) -> tuple[Kind, str]:
    return each.kind, folded(each.name)


def _belongs_to_a_rule(each: StoredObject) -> bool:
    """Tell whether a filter action is only the inner part of a default response rule."""
    return each.kind is Kind.FILTER_ACTION and not each.name and each.action_type == DEFAULT_RESPONSE


def _oddities_of_name(each: StoredObject, names: Counter[tuple[Kind, str]]) -> Oddities:
    oddities = Oddities()
    if not each.name:
        oddities.append("has no name")
    elif names[_name_key(each)] > 1:
        oddities.append("has the name of another object of its kind")
    else:
        oddities.name(each.name, "a name")
    return oddities


def _filter_action(each: StoredObject, contents: Contents, oddities: Oddities) -> FilterAction:
    if each.action not in ACTIONS:
        raise Inexpressible("has an unknown action")
    if each.action_type != STANDARD:
        raise Inexpressible("has a type that only the action of a default response rule has, or an unknown one")
    data = contents.of(each, decode_filter_action)
    if ACTIONS[each.action] is not ActionKind.NEGOTIATE:
        return FilterAction(name=each.name, description=each.description, action=ACTIONS[each.action])
    methods = quick_mode_methods(data, oddities)
    if not methods:
        raise Inexpressible("negotiates without any offer")
    return FilterAction(
        name=each.name,
        description=each.description,
        action=ActionKind.NEGOTIATE,
        methods=methods,
        accept_unsecured=each.action == NEGOTIATE_ACCEPTING_UNSECURED,
        fallback_to_clear=data.allows_clear,
        perfect_forward_secrecy=quick_mode_pfs(data),
    )


def _foreign(kind: Kind, readings: Readings[Item], active: StoredObject | None, wiring: Wiring) -> Iterator[Foreign]:
    odd = (each for each in wiring.of_kind(kind) if each.identity in readings.foreign)
    for each in sorted(odd, key=lambda each: (folded(each.name), each.identity)):
        unknown = readings.unknown.get(each.identity)
        yield Foreign(
            kind=_MODEL_KINDS[kind],
            name=each.name,
            identity=each.identity,
            reason=f"It {readings.foreign[each.identity]}.",
            assigned=each is active,
            uses=frozenset(_uses(each, wiring)),
            seen=readings.seen.get(each.identity),
            unknown=f"It {unknown}." if unknown else "",
        )


def _uses(each: StoredObject, wiring: Wiring) -> Iterator[tuple[str, str]]:
    """Yield the named filter lists and filter actions that the rules of a policy refer to."""
    for reference in each.rules:
        rule = wiring.find(reference, Kind.RULE)
        if rule is None:
            continue
        for kind, references in ((Kind.FILTER_LIST, rule.filter_lists), (Kind.FILTER_ACTION, rule.filter_actions)):
            for used in (wiring.find(inner, kind) for inner in references):
                if used is not None and used.name:
                    yield _MODEL_KINDS[kind], folded(used.name)


def _frame_findings(objects: Sequence[StoredObject], contents: Contents) -> Iterator[str]:
    """Yield remarks on the frames of the data: length fields and ends that do not fit and do not matter."""
    for each in objects:
        try:
            notes = contents.notes(each)
        except StoreError as error:
            if each.kind in (Kind.RULE, Kind.MAIN_MODE):  # the others become foreign with this reason
                yield f"The data of the {each.label} is damaged: {error}"
            continue
        yield from (f"The {each.label} {note}." for note in notes)
