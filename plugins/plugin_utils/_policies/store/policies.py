# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stored policy with its main mode settings and its rules as one value of the model.

[ledger: data-default-response]
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ..._common.errors import StoreError
from ..codec.filter_action import decode_filter_action
from ..codec.guids import DEFAULT_RESPONSE, NEGOTIATE
from ..codec.main_mode import decode_main_mode
from ..codec.policy import DEFAULT_POLLING_SECONDS, decode_policy
from ..codec.rule import RuleData, decode_rule
from ..model import Authentication, DefaultResponse, FilterAction, Policy, Rule, folded, ordered_rules
from ..names import sent_rule_trouble
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
from .readings import Readings, words
from .store_names import StoreNames
from .wiring import Wiring


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What policies are made of: filter actions, which object uses which, what all hold, and what they go by."""

    wiring: Wiring
    contents: Contents
    names: StoreNames
    filter_actions: Readings[FilterAction]


def policy(stored: StoredObject, parts: Parts, oddities: Oddities) -> Policy:
    """Return a policy; raise Inexpressible for the first part of it that has no words, StoreError for damage."""
    polling = parts.contents.of(stored, decode_policy).polling_seconds or DEFAULT_POLLING_SECONDS
    polling_minutes = minutes(polling, "a polling interval", oddities)
    settings = _only(stored, stored.main_modes, Kind.MAIN_MODE, parts)
    _note_sharing(settings, parts, oddities)
    response: DefaultResponse | None = None
    rules: list[Rule] = []
    for reference in dict.fromkeys(stored.rules):
        each = _found(reference, Kind.RULE, parts)
        _note_sharing(each, parts, oddities)
        if _is_default_response(each, parts):
            response = _one_of(response, _default_response(each, parts, oddities), oddities)
            continue
        if (rule := _rule_that_counts(each, parts, oddities)) is not None:
            rules.append(rule)
    _note_names(rules, oddities)
    return Policy(
        name=parts.names(stored),
        description=stored.description,
        polling_interval_minutes=polling_minutes,
        main_mode=main_mode(parts.contents.of(settings, decode_main_mode), oddities),
        default_response=response or DefaultResponse(),
        rules=ordered_rules(rules),
    )


def _note_names(rules: list[Rule], oddities: Oddities) -> None:
    """Note names that stand in the way; rules without names are what the snap-in itself makes."""
    counts = Counter(folded(rule.name) for rule in rules)
    for rule in rules:
        found = sent_rule_trouble(rule.name)
        if found is not None and rule.name:
            oddities.rules.append(f"has a rule name that netsh cannot be given: expected {found[0]}")
        elif rule.name and counts[folded(rule.name)] > 1:
            oddities.rules.append(f"has {counts[folded(rule.name)]} rules with the name {rule.name!a}")


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
        oddities.kept = oddities.kept or f"shares its {stored.label} with another policy"


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


def _rule_that_counts(stored: StoredObject, parts: Parts, oddities: Oddities) -> Rule | None:
    """Return a rule, None for one that has no words and is switched off."""
    data = parts.contents.of(stored, decode_rule)
    try:
        return _rule(stored, data, parts, oddities)
    except Inexpressible as trouble:
        if data.is_active:
            raise
        oddities.append(str(trouble))
        return None


def _rule(stored: StoredObject, data: RuleData, parts: Parts, oddities: Oddities) -> Rule:
    list_object = _only(stored, stored.filter_lists, Kind.FILTER_LIST, parts)
    action_object = _only(stored, stored.filter_actions, Kind.FILTER_ACTION, parts)
    for used in (list_object, action_object):
        if not parts.names.knows(used):
            raise Inexpressible(f"uses the {used.label}, which belongs to a default response rule")
        if parts.names.trouble(used):
            oddities.rules.append(f"has a rule that uses the {used.label}, which netsh cannot be told by name")
    return Rule(
        name=stored.name,
        description=stored.description,
        filter_list=parts.names(list_object),
        filter_action=parts.names(action_object),
        authentication=_authentication(data, parts.filter_actions.seen.get(action_object.identity), oddities),
        connection_type=connection_type(data),
        tunnel_endpoint=tunnel_endpoint(data),
        enabled=check_flag(data.is_active, "the switch of a rule"),
    )


def _authentication(data: RuleData, action: FilterAction | None, oddities: Oddities) -> tuple[Authentication, ...]:
    try:
        return authentication(data, oddities)
    except Inexpressible as trouble:
        if action is None or action.action is ActionKind.NEGOTIATE:
            raise
        oddities.append(str(trouble))  # nobody is asked who he is where nothing is negotiated
        return ()
