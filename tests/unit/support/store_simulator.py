# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host of the planner tests: carries out operations on a store, as strictly as netsh, and judges packets."""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.packets import Place
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import (
    POLICY,
    DefaultResponse,
    Filter,
    FilterAction,
    FilterList,
    Kerberos,
    Policy,
    PresharedKey,
    QuickModeMethod,
    Rule,
    Store,
    folded,
    ordered_rules,
    rules_by_key,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.names import sent_name_trouble, sent_rule_trouble
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning import operations as op
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.renames import renamed
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.words import ActionKind, Encryption, Integrity

HOST_RESPONSE = (QuickModeMethod(esp_encryption=Encryption.TRIPLE_DES, esp_integrity=Integrity.SHA1),)


class Refused(Exception):
    """The command would fail on a host."""


_REWRITES = (op.DeleteFilter, op.ChangeFilterAction, op.ChangePolicy, op.ChangeDefaultResponse, op.ChangeRule)
_ENDS = (op.DeletePolicy, op.DeleteFilterList, op.DeleteFilterAction)


def run(store: Store, operation: op.Operation) -> Store:
    """Return the store after one operation. What netsh would lose of an object is not to be lost."""
    mark = store.mark(*operation.key)
    if mark.kept and not isinstance(operation, op.Rename):
        raise Refused(f"{operation.key} is shared")
    odd = not isinstance(operation, op.DeleteFilter) or operation.filter.selector in mark.filters
    if mark.content and isinstance(operation, _REWRITES) and odd:
        raise Refused(f"{operation.key} holds more than was said")
    after = _run(operation, store)
    if isinstance(operation, _ENDS):
        kept = {key: mark for key, mark in after.unmanaged.items() if key != operation.key}
        identities = {key: identity for key, identity in after.identities.items() if key != operation.key}
        after = replace(after, unmanaged=kept, identities=identities)
    return after


def _find(items, name):
    if sent_name_trouble(name) is not None:
        raise Refused(f"{name} cannot be said")
    return _one(items, name)


def _one(items, name):
    found = [item for item in items if folded(item.name) == folded(name)]
    if len(found) != 1:
        raise Refused(f"{name}: {len(found)} objects")
    return found[0]


def _swap(items, name, new):
    _find(items, name)
    others = tuple(item for item in items if folded(item.name) != folded(name))
    return (*others, *new)


def _create(items, new):
    if any(folded(item.name) == folded(new.name) for item in items):
        raise Refused(f"{new.name} exists")
    return (*items, new)


def _unused(store: Store, attribute: str, name: str) -> None:
    for policy in store.policies:
        for rule in policy.rules:
            if folded(getattr(rule, attribute)) == folded(name):
                raise Refused(f"{name} is in use")
    if any((attribute, folded(name)) in item.uses for item in store.opaque):
        raise Refused(f"{name} is in use by what cannot be read")


@singledispatch
def _run(operation, store):
    raise TypeError(operation)


@_run.register
def _run_create_filter_list(operation: op.CreateFilterList, store):
    new = FilterList(name=operation.name, description=operation.description)
    return replace(store, filter_lists=_create(store.filter_lists, new))


@_run.register
def _run_describe_filter_list(operation: op.DescribeFilterList, store):
    new = replace(_find(store.filter_lists, operation.name), description=operation.description)
    return replace(store, filter_lists=_swap(store.filter_lists, operation.name, (new,)))


@_run.register
def _run_delete_filter_list(operation: op.DeleteFilterList, store):
    _unused(store, "filter_list", operation.name)
    return replace(store, filter_lists=_swap(store.filter_lists, operation.name, ()))


@_run.register
def _run_add_filter(operation: op.AddFilter, store):
    old = _find(store.filter_lists, operation.filter_list)
    new = replace(old, filters=(*old.filters, operation.filter))
    return replace(store, filter_lists=_swap(store.filter_lists, old.name, (new,)))


@_run.register
def _run_delete_filter(operation: op.DeleteFilter, store):
    old = _find(store.filter_lists, operation.filter_list)
    left = tuple(item for item in old.filters if item.selector != operation.filter.selector)
    if left == old.filters:
        raise Refused("no such filter")
    return replace(store, filter_lists=_swap(store.filter_lists, old.name, (replace(old, filters=left),)))


@_run.register
def _run_create_filter_action(operation: op.CreateFilterAction, store):
    return replace(store, filter_actions=_create(store.filter_actions, operation.action))


@_run.register
def _run_change_filter_action(operation: op.ChangeFilterAction, store):
    return replace(store, filter_actions=_swap(store.filter_actions, operation.action.name, (operation.action,)))


@_run.register
def _run_delete_filter_action(operation: op.DeleteFilterAction, store):
    _unused(store, "filter_action", operation.name)
    return replace(store, filter_actions=_swap(store.filter_actions, operation.name, ()))


@_run.register
def _run_create_policy(operation: op.CreatePolicy, store):
    response = DefaultResponse(
        enabled=operation.policy.default_response.enabled,
        authentication=(Kerberos(),),
        methods=HOST_RESPONSE,
        perfect_forward_secrecy=False,
    )
    new = replace(operation.policy, rules=(), default_response=response)
    return replace(store, policies=_create(store.policies, new))


@_run.register
def _run_change_policy(operation: op.ChangePolicy, store):
    old = _find(store.policies, operation.policy.name)
    response = replace(old.default_response, enabled=operation.policy.default_response.enabled)
    new = replace(operation.policy, rules=old.rules, default_response=response)
    return replace(store, policies=_swap(store.policies, old.name, (new,)))


@_run.register
def _run_delete_policy(operation: op.DeletePolicy, store):
    if store.assigned and folded(store.assigned) == folded(operation.name):
        # netsh would do it (KB 4471134), and packets would have another fate in passing: no plan may come to this.
        raise Refused("the policy is in force")
    return replace(store, policies=_swap(store.policies, operation.name, ()))


@_run.register
def _run_change_default_response(operation: op.ChangeDefaultResponse, store):
    old = _find(store.policies, operation.policy)
    new = replace(old, default_response=operation.response)
    return replace(store, policies=_swap(store.policies, old.name, (new,)))


def _with_rules(store, policy, rules):
    new = replace(policy, rules=ordered_rules(rules))
    return replace(store, policies=_swap(store.policies, policy.name, (new,)))


def _check_rule_name(name: str) -> None:
    if sent_rule_trouble(name) is not None:
        raise Refused(f"rule {name} cannot be said")


def _check_rule(store: Store, rule: Rule) -> None:
    _find(store.filter_lists, rule.filter_list)
    _find(store.filter_actions, rule.filter_action)


@_run.register
def _run_add_rule(operation: op.AddRule, store):
    _check_rule(store, operation.rule)
    policy = _find(store.policies, operation.policy)
    _check_rule_name(operation.rule.name)
    return _with_rules(store, policy, _create(policy.rules, operation.rule))


@_run.register
def _run_change_rule(operation: op.ChangeRule, store):
    _check_rule(store, operation.rule)
    policy = _find(store.policies, operation.policy)
    _check_rule_name(operation.rule.name)
    old = _find(policy.rules, operation.rule.name)
    if old.tunnel_endpoint and not operation.rule.tunnel_endpoint:
        raise Refused("a tunnel is not taken away")
    return _with_rules(store, policy, _swap(policy.rules, old.name, (operation.rule,)))


@_run.register
def _run_delete_rule(operation: op.DeleteRule, store):
    policy = _find(store.policies, operation.policy)
    _check_rule_name(operation.name)
    return _with_rules(store, policy, _swap(policy.rules, operation.name, ()))


@_run.register
def _run_rename(operation: op.Rename, store):
    name = _found(store, operation.kind, operation.name, operation.identity)
    if folded(operation.new_name) in store.named(operation.kind):
        raise Refused(f"{operation.new_name} exists")
    return renamed(store, replace(operation, name=name))


@_run.register
def _run_assign(operation: op.Assign, store):
    return replace(store, assigned=_found(store, POLICY, operation.policy, operation.identity))


@_run.register
def _run_unassign(operation: op.Unassign, store):
    name = _found(store, POLICY, operation.policy, operation.identity)
    if not store.assigned or folded(store.assigned) != folded(name):
        raise Refused("another policy is in force")
    return replace(store, assigned=None)


def _found(store: Store, kind: str, name: str, identity: str) -> str:
    """Return the name of an object that is found by its GUID, or by a name that netsh can be given."""
    if not identity and store.mark(kind, name).name:
        raise Refused(f"{name} cannot be said")
    found = store.found(kind, identity) if identity else store.named(kind).get(folded(name))
    if found is None:
        raise Refused(f"{name} is not there")
    return found


def meaning(store: Store) -> object:
    """Return what the store means: without order and without settings that have no effect."""
    return (
        {folded(item.name): (item.name, item.description, frozenset(item.filters)) for item in store.filter_lists},
        {folded(item.name): (item.name, item.description, action_meaning(item)) for item in store.filter_actions},
        {folded(item.name): replace(item, rules=()) for item in store.policies},
        {folded(item.name): rules_by_key(item.rules) for item in store.policies},
        folded(store.assigned) if store.assigned else None,
        frozenset(store.opaque),
    )


def action_meaning(action: FilterAction) -> object:
    """Return what a filter action does, without its name."""
    if action.action is not ActionKind.NEGOTIATE:
        return action.action
    return (
        action.methods,
        action.accept_unsecured,
        action.fallback_to_clear,
        action.perfect_forward_secrecy,
    )


Packet = tuple[object, int, int]  # peer, protocol, port of the peer


def _weight(item: Filter) -> tuple[int, int, int]:
    length = 0 if item.destination is Place.ANY else item.destination.prefixlen + 1
    return length, int(item.protocol != 0), int(item.destination_port != 0)


def _matches(item: Filter, packet: Packet) -> bool:
    peer, protocol, port = packet
    return (
        (item.destination is Place.ANY or peer in item.destination)
        and item.protocol in (0, protocol)
        and item.destination_port in (0, port)
    )


def _keys(rule: Rule) -> str:
    """Return what tells rules apart that differ by their pre-shared keys only, which no text shows."""
    return "".join(method.key.reveal() for method in rule.authentication if isinstance(method, PresharedKey))


def fate(store: Store, packet: Packet) -> object:
    """Return what happens to a packet of the host under the policy in force.

    The most specific filter wins; equals are decided by what they do, never by names or order.
    """
    if store.assigned is None:
        return "clear"
    if store.opaque_in_force is not None:
        return "unknown"
    policy: Policy = _one(store.policies, store.assigned)
    lists = {folded(item.name): item for item in store.filter_lists}
    actions = {folded(item.name): item for item in store.filter_actions}
    found = []
    for rule in policy.rules:
        if not rule.enabled:
            continue
        does = (
            action_meaning(actions[folded(rule.filter_action)]),
            rule.authentication,
            rule.connection_type,
            rule.tunnel_endpoint,
            policy.main_mode,
        )
        found += [
            (_weight(item), repr(does) + _keys(rule), does)
            for item in lists[folded(rule.filter_list)].filters
            if _matches(item, packet)
        ]
    if not found:
        return ("default response", policy.default_response, policy.main_mode)
    return max(found, key=lambda entry: entry[:2])[2]
