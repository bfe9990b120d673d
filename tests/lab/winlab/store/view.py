# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decoded objects of the store, each with what it refers to. An object that does not decode is left out."""

from __future__ import annotations

from dataclasses import dataclass

from .action_blob import decode_offers
from .filter_blob import decode_filters
from .identifiers import TYPE_DEFAULT_RESPONSE, action_meaning
from .model import Action, ActionBody, Filter, MainMode, RuleBody
from .objects import FILTERS, ISAKMP, NEGOTIATION, NFAS, Objects
from .policy_blob import decode_main_mode, decode_policy
from .rule_blob import decode_rule
from .text_field import BlobError


@dataclass(frozen=True, slots=True)
class FilterListView:
    """A filter list; `key` is the name of its registry key, `changed` a Unix second."""

    key: str
    name: str | None
    description: str
    changed: int
    filters: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class FilterActionView:
    """A filter action."""

    key: str
    name: str | None
    description: str
    changed: int
    body: ActionBody


@dataclass(frozen=True, slots=True)
class RuleView:
    """A rule; `filter_list` and `filter_action` are None where they are missing or unreadable."""

    key: str
    name: str | None
    description: str
    changed: int
    body: RuleBody
    default_response: bool
    filter_list: FilterListView | None
    filter_action: FilterActionView | None


@dataclass(frozen=True, slots=True)
class PolicyView:
    """A policy with its readable rules in stored order; `mode` is None if its settings are unreadable."""

    key: str
    name: str | None
    description: str
    changed: int
    polling_seconds: int
    mode: MainMode | None
    rules: tuple[RuleView, ...]
    assigned: bool


def _head(objects: Objects, key: str) -> tuple[str, str | None, str, int]:
    return key, objects.text(key, "ipsecName"), objects.text(key, "description") or "", objects.changed(key)


def read_list(objects: Objects, key: str) -> FilterListView | None:
    """Return a filter list, None if it does not decode."""
    try:
        return FilterListView(*_head(objects, key), decode_filters(objects.data(key) or b""))
    except BlobError:
        return None


def read_action(objects: Objects, key: str) -> FilterActionView | None:
    """Return a filter action, None if it does not decode or its identifier is unknown."""
    meaning = action_meaning(objects.text(key, "ipsecNegotiationPolicyAction") or "")
    try:
        stored = decode_offers(objects.data(key) or b"")
    except BlobError:
        return None
    if meaning is None:
        return None
    action, inpass = meaning
    offers = tuple(each for each in stored if each.algorithms)
    kind = objects.text(key, "ipsecNegotiationPolicyType") or ""
    body = ActionBody(
        action,
        offers,
        pfs=bool(offers and offers[0].pfs),
        inpass=inpass,
        soft=action is Action.NEGOTIATE and len(offers) < len(stored),
        default_response=kind.lower() == TYPE_DEFAULT_RESPONSE.lower(),
    )
    return FilterActionView(*_head(objects, key), body)


def read_rule(objects: Objects, key: str) -> RuleView | None:
    """Return a rule, None if it does not decode."""
    try:
        body = decode_rule(objects.data(key) or b"")
    except BlobError:
        return None
    head = _head(objects, key)
    filter_list = objects.target(key, FILTERS)
    action = objects.target(key, NEGOTIATION)
    return RuleView(
        *head,
        body,
        head[1] is None and not objects.references(key, FILTERS),
        read_list(objects, filter_list) if filter_list else None,
        read_action(objects, action) if action else None,
    )


def read_policy(objects: Objects, key: str) -> PolicyView | None:
    """Return a policy, None if its own blob does not decode."""
    try:
        polling = decode_policy(objects.data(key) or b"")
    except BlobError:
        return None
    isakmp = objects.target(key, ISAKMP)
    try:
        mode = decode_main_mode((objects.data(isakmp) if isakmp else None) or b"")
    except BlobError:
        mode = None
    rules = tuple(rule for name in objects.targets(key, NFAS) if (rule := read_rule(objects, name)) is not None)
    assigned = (objects.assigned() or "").lower() == key.lower()
    return PolicyView(*_head(objects, key), polling, mode, rules, assigned)
