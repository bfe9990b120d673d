# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stored policy with its main mode settings and its rules as one value of the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from ..codec.filter_action import FilterActionData, decode_filter_action
from ..codec.guids import DEFAULT_RESPONSE, NEGOTIATE
from ..codec.main_mode import decode_main_mode
from ..codec.policy import DEFAULT_POLLING_SECONDS, decode_policy
from ..codec.rule import RuleData, decode_rule
from ..model import DefaultResponse, FilterAction, FilterList, Policy, Rule, folded
from ..values import ConnectionType
from .express import (
    Inexpressible,
    authentication,
    check_flag,
    check_name,
    connection_type,
    main_mode,
    quick_mode_methods,
    quick_mode_pfs,
    tunnel_endpoint,
)
from .objects import KIND_WORDS, Kind, Reference, StoredObject
from .wiring import Wiring

Data = TypeVar("Data")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What policies are made of: filter lists and filter actions that could be read, by identity."""

    wiring: Wiring
    filter_lists: Mapping[str, FilterList]
    filter_actions: Mapping[str, FilterAction]


def data_of(stored: StoredObject, decode: Callable[[bytes, str], Data]) -> Data:
    """Return the decoded data of an object; raise Inexpressible for a half-written one."""
    if stored.data is None:
        raise Inexpressible(f"has no data in its {stored.label}")
    return decode(stored.data, stored.path)


def policy(stored: StoredObject, parts: Parts) -> Policy:
    """Return a policy; raise Inexpressible for the first part of it that has no words, StoreError for damage."""
    polling = data_of(stored, decode_policy).polling_seconds or DEFAULT_POLLING_SECONDS
    if polling % 60:
        raise Inexpressible("has a polling interval that is not a whole number of minutes")
    settings = _only(stored, stored.main_modes, Kind.MAIN_MODE, parts)
    _check_one_owner(settings, parts)
    response: DefaultResponse | None = None
    rules: dict[str, Rule] = {}
    for reference in dict.fromkeys(stored.rules):
        each = _found(reference, Kind.RULE, parts)
        _check_one_owner(each, parts)
        if _is_default_response(each, parts):
            if response is not None:
                raise Inexpressible("has two default response rules")
            response = _default_response(each, parts)
        else:
            rule = _rule(each, parts)
            if folded(rule.name) in rules:
                raise Inexpressible(f"has two rules {f'with the name {rule.name}' if rule.name else 'without a name'}")
            rules[folded(rule.name)] = rule
    return Policy(
        name=stored.name,
        description=stored.description,
        polling_interval_minutes=polling // 60,
        main_mode=main_mode(data_of(settings, decode_main_mode)),
        default_response=response or DefaultResponse(),
        rules=tuple(rules[key] for key in sorted(rules)),
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


def _check_one_owner(stored: StoredObject, parts: Parts) -> None:
    if len(parts.wiring.users(stored)) > 1:
        raise Inexpressible(f"shares its {stored.label} with another policy")


def _is_default_response(stored: StoredObject, parts: Parts) -> bool:
    if stored.name or stored.filter_lists:
        return False
    actions = (parts.wiring.find(reference, Kind.FILTER_ACTION) for reference in stored.filter_actions)
    return any(action is not None and action.action_type == DEFAULT_RESPONSE for action in actions)


def _default_response(stored: StoredObject, parts: Parts) -> DefaultResponse:
    data = data_of(stored, decode_rule)
    action = _only(stored, stored.filter_actions, Kind.FILTER_ACTION, parts)
    enabled = check_flag(data.is_active, "the switch of its default response rule")
    # A rule that is off may have anything in the fields that only matter when it is on.
    if enabled and (tunnel_endpoint(data) is not None or connection_type(data) is not ConnectionType.ALL):
        raise Inexpressible("has a default response rule with a tunnel or for some connections only")
    offers: FilterActionData = data_of(action, decode_filter_action)
    if action.action != NEGOTIATE or offers.allows_clear:
        raise Inexpressible("has a default response rule that does more than negotiate")
    methods = quick_mode_methods(offers)
    if not methods:
        raise Inexpressible("has a default response rule without any offer")
    return DefaultResponse(
        enabled=enabled,
        authentication=authentication(data),
        methods=methods,
        perfect_forward_secrecy=quick_mode_pfs(offers),
    )


def _rule(stored: StoredObject, parts: Parts) -> Rule:
    # Predefined policies have rules without names; netsh cannot address those, but they can be shown and kept.
    if stored.name:
        check_name(stored.name, "a rule name")
    if stored.name.lower() == "default":
        raise Inexpressible("has a rule named default, netsh's word for another one")
    data: RuleData = data_of(stored, decode_rule)
    list_object = _only(stored, stored.filter_lists, Kind.FILTER_LIST, parts)
    action_object = _only(stored, stored.filter_actions, Kind.FILTER_ACTION, parts)
    filter_list = parts.filter_lists.get(list_object.identity)
    filter_action = parts.filter_actions.get(action_object.identity)
    if filter_list is None:
        raise Inexpressible(f"uses the {list_object.label}, which is foreign itself")
    if filter_action is None:
        raise Inexpressible(f"uses the {action_object.label}, which is foreign itself")
    return Rule(
        name=stored.name,
        description=stored.description,
        filter_list=filter_list.name,
        filter_action=filter_action.name,
        authentication=authentication(data),
        connection_type=connection_type(data),
        tunnel_endpoint=tunnel_endpoint(data),
        enabled=check_flag(data.is_active, "the switch of a rule"),
    )
