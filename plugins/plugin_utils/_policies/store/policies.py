# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stored policy with its main mode settings and its rules as one value of the model."""

from __future__ import annotations

from dataclasses import dataclass

from ..._common.errors import StoreError
from ..codec.filter_action import decode_filter_action
from ..codec.guids import DEFAULT_RESPONSE, NEGOTIATE
from ..codec.main_mode import decode_main_mode
from ..codec.policy import DEFAULT_POLLING_SECONDS, decode_policy
from ..codec.rule import RuleData, decode_rule
from ..model import (
    Authentication,
    DefaultResponse,
    FilterAction,
    FilterList,
    Policy,
    Rule,
    SeenPolicy,
    SeenRule,
    folded,
)
from ..words import ActionKind, ConnectionType
from .contents import Contents
from .express import (
    Inexpressible,
    Oddities,
    authentication,
    check_flag,
    connection_type,
    main_mode,
    minutes,
    quick_mode_methods,
    quick_mode_pfs,
    tunnel_endpoint,
)
from .objects import KIND_WORDS, Kind, Reference, StoredObject
from .readings import Item, Readings, words
from .wiring import Wiring


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What policies are made of: filter lists and filter actions, which object uses which, and what all hold."""

    wiring: Wiring
    contents: Contents
    filter_lists: Readings[FilterList]
    filter_actions: Readings[FilterAction]


def policy(stored: StoredObject, parts: Parts, oddities: Oddities) -> SeenPolicy:
    """Return a policy; raise Inexpressible for the first part of it that has no words, StoreError for damage."""
    polling = parts.contents.of(stored, decode_policy).polling_seconds or DEFAULT_POLLING_SECONDS
    polling_minutes = minutes(polling, "a polling interval", oddities)
    settings = _only(stored, stored.main_modes, Kind.MAIN_MODE, parts)
    _note_sharing(settings, parts, oddities)
    response: DefaultResponse | None = None
    rules: list[SeenRule] = []
    names: set[str] = set()
    for reference in dict.fromkeys(stored.rules):
        each = _found(reference, Kind.RULE, parts)
        _note_sharing(each, parts, oddities)
        if _is_default_response(each, parts):
            response = _one_of(response, _default_response(each, parts, oddities), oddities)
            continue
        if folded(each.name) in names:
            oddities.append(f"has two rules {f'with the name {each.name!a}' if each.name else 'without a name'}")
        names.add(folded(each.name))
        if (rule := _rule_that_counts(each, parts, oddities)) is not None:
            rules.append(rule)
    rules.sort(key=lambda each: folded(each.rule.name))
    return SeenPolicy(
        policy=Policy(
            name=stored.name,
            description=stored.description,
            polling_interval_minutes=polling_minutes,
            main_mode=main_mode(parts.contents.of(settings, decode_main_mode), oddities),
            default_response=response or DefaultResponse(),
            rules=tuple(each.rule for each in rules),
        ),
        rules=tuple(rules),
    )


def _only(stored: StoredObject, references: tuple[Reference, ...], kind: Kind, parts: Parts) -> StoredObject:
    distinct = tuple(dict.fromkeys(references))
    if len(distinct) != 1:
        count = len(distinct) or "no"
        raise Inexpressible(f"has a {KIND_WORDS[stored.kind]} with {count} {KIND_WORDS[kind]}")
    return _found(distinct[0], kind, parts)


def _found(reference: Reference, kind: Kind, parts: Parts) -> StoredObject:
    found = parts.wiring.find(reference, kind)
    if found is None:
        raise Inexpressible(f"refers to a {KIND_WORDS[kind]} that does not exist")
    return found


def _note_sharing(stored: StoredObject, parts: Parts, oddities: Oddities) -> None:
    if len(parts.wiring.users(stored)) > 1:
        oddities.append(f"shares its {stored.label} with another policy")


def _is_default_response(stored: StoredObject, parts: Parts) -> bool:
    if stored.name or stored.filter_lists:
        return False
    actions = (parts.wiring.find(reference, Kind.FILTER_ACTION) for reference in stored.filter_actions)
    return any(action is not None and action.action_type == DEFAULT_RESPONSE for action in actions)


def _one_of(known: DefaultResponse | None, other: DefaultResponse, oddities: Oddities) -> DefaultResponse:
    """Return the default response rule that counts, where there may be two: the one that is switched on."""
    if known is None:
        return other
    trouble = "has two default response rules"
    if known.enabled and other.enabled:
        raise Inexpressible(trouble)
    oddities.append(trouble)
    return other if other.enabled else known


def _default_response(stored: StoredObject, parts: Parts, oddities: Oddities) -> DefaultResponse:
    data = parts.contents.of(stored, decode_rule)
    enabled = check_flag(data.is_active, "the switch of its default response rule")
    # A rule that is off may have anything in the fields that only matter when it is on.
    if enabled and (tunnel_endpoint(data) is not None or connection_type(data) is not ConnectionType.ALL):
        raise Inexpressible("has a default response rule with a tunnel or for some connections only")
    try:
        return _answer(stored, data, parts, oddities)
    except (Inexpressible, StoreError) as trouble:
        if enabled:
            raise
        oddities.append(words(trouble))
        return DefaultResponse()


def _answer(stored: StoredObject, data: RuleData, parts: Parts, oddities: Oddities) -> DefaultResponse:
    action = _only(stored, stored.filter_actions, Kind.FILTER_ACTION, parts)
    offers = parts.contents.of(action, decode_filter_action)
    if action.action != NEGOTIATE or offers.allows_clear:
        raise Inexpressible("has a default response rule that does more than negotiate")
    methods = quick_mode_methods(offers, oddities)
    if not methods:
        raise Inexpressible("has a default response rule without any offer")
    return DefaultResponse(
        enabled=bool(data.is_active),
        authentication=authentication(data, oddities),
        methods=methods,
        perfect_forward_secrecy=quick_mode_pfs(offers),
    )


def _rule_that_counts(stored: StoredObject, parts: Parts, oddities: Oddities) -> SeenRule | None:
    """Return a rule, None for one that has no words and is switched off."""
    # Predefined policies have rules without names; netsh cannot address those, but they can be shown and kept.
    if stored.name:
        oddities.name(stored.name, "a rule name")
    if stored.name.lower() == "default":
        oddities.append("has a rule named default, netsh's word for another one")
    data = parts.contents.of(stored, decode_rule)
    try:
        return _rule(stored, data, parts, oddities)
    except Inexpressible as trouble:
        if data.is_active:
            raise
        oddities.append(str(trouble))
        return None


def _rule(stored: StoredObject, data: RuleData, parts: Parts, oddities: Oddities) -> SeenRule:
    list_object = _only(stored, stored.filter_lists, Kind.FILTER_LIST, parts)
    action_object = _only(stored, stored.filter_actions, Kind.FILTER_ACTION, parts)
    filter_list, own_list = _part(list_object, parts.filter_lists, oddities)
    filter_action, own_action = _part(action_object, parts.filter_actions, oddities)
    return SeenRule(
        rule=Rule(
            name=stored.name,
            description=stored.description,
            filter_list=filter_list.name,
            filter_action=filter_action.name,
            authentication=_authentication(data, filter_action, oddities),
            connection_type=connection_type(data),
            tunnel_endpoint=tunnel_endpoint(data),
            enabled=check_flag(data.is_active, "the switch of a rule"),
        ),
        filter_list=own_list,
        filter_action=own_action,
    )


def _part(stored: StoredObject, readings: Readings[Item], oddities: Oddities) -> tuple[Item, Item | None]:
    """Return what a rule uses, and once more if no managed object of the store is that."""
    managed = readings.managed(stored.identity)
    if managed is not None:
        return managed, None
    oddities.append(f"uses the {stored.label}, which is foreign itself")
    seen = readings.seen.get(stored.identity)
    if seen is None:
        why = readings.unknown.get(stored.identity, "belongs to a default response rule")
        raise Inexpressible(f"uses the {stored.label}, which {why}")
    return seen, seen


def _authentication(data: RuleData, action: FilterAction, oddities: Oddities) -> tuple[Authentication, ...]:
    try:
        return authentication(data, oddities)
    except Inexpressible as trouble:
        if action.action is ActionKind.NEGOTIATE:
            raise
        oddities.append(str(trouble))  # nobody is asked who he is where nothing is negotiated
        return ()
