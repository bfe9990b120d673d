# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The store as plain data, for tests that check what arrived.

Shape:

```
assigned: name of the policy in force or None
policies: [{name, description, assigned, polling_seconds, changed, main_mode, rules}]
    main_mode: {methods: ["3DES-SHA1-2"], lifetime_seconds, quick_modes, pfs, options} or None
    rules: [{name, description, default_response, filter_list, filter_action, active, connection, tunnel,
             authentication: [{type, psk | root_ca, certificate_mapping, exclude_ca_name}]}]
filter_lists: [{name, description, changed, owners, filters: [{source, destination, protocol, source_port,
                destination_port, mirrored, description}]}]
filter_actions: [{name, description, changed, owners, action, inpass, soft, pfs, default_response, methods}]
unreadable: key names below the store that do not decode
```

`filter_list` and `filter_action` of a rule are display names, None if unnamed or missing; `owners` counts references.
"""

from __future__ import annotations

from typing import Any

from . import wording
from .contents import Contents
from .model import Authentication, AuthType, Connection, Filter, MainMode
from .objects import LOCAL, OWNERS
from .policy_blob import decode_main_mode
from .text_field import BlobError
from .view import FilterActionView, FilterListView, PolicyView, RuleView, read_rule

_CONNECTIONS = {Connection.ALL: "all", Connection.LAN: "lan", Connection.DIALUP: "dialup"}


def take(store: Contents) -> dict[str, Any]:
    """Return the snapshot of a store."""
    policies = store.list_policies()
    lists = store.list_filter_lists()
    actions = store.list_filter_actions()
    keys = {each.key.lower() for each in policies}
    keys |= {each.key.lower() for each in lists} | {each.key.lower() for each in actions}
    return {
        "assigned": store.assigned_policy(),
        "policies": [_policy(each) for each in policies],
        "filter_lists": [_filter_list(store, each) for each in lists],
        "filter_actions": [_filter_action(store, each) for each in actions],
        "unreadable": _unreadable(store, keys),
    }


def _policy(policy: PolicyView) -> dict[str, Any]:
    return {
        "name": policy.name,
        "description": policy.description,
        "assigned": policy.assigned,
        "polling_seconds": policy.polling_seconds,
        "changed": policy.changed,
        "main_mode": None if policy.mode is None else _main_mode(policy.mode),
        "rules": [_rule(each) for each in policy.rules],
    }


def _main_mode(mode: MainMode) -> dict[str, Any]:
    return {
        "methods": [wording.main_mode_method(each) for each in mode.methods],
        "lifetime_seconds": mode.lifetime_seconds,
        "quick_modes": mode.quick_modes,
        "pfs": mode.pfs,
        "options": mode.options,
    }


def _rule(rule: RuleView) -> dict[str, Any]:
    body = rule.body
    known = body.connection in set(Connection)
    return {
        "name": rule.name,
        "description": rule.description,
        "default_response": rule.default_response,
        "filter_list": rule.filter_list.name if rule.filter_list else None,
        "filter_action": rule.filter_action.name if rule.filter_action else None,
        "active": body.active,
        "connection": _CONNECTIONS[Connection(body.connection)] if known else body.connection,
        "tunnel": None if body.tunnel is None else str(body.tunnel),
        "authentication": [_authentication(each) for each in body.authentication],
    }


def _authentication(each: Authentication) -> dict[str, Any]:
    if each.type == AuthType.KERBEROS:
        return {"type": "kerberos"}
    if each.type == AuthType.PSK:
        return {"type": "psk", "psk": each.text}
    if each.type == AuthType.CERTIFICATE:
        return {
            "type": "certificate",
            "root_ca": each.text,
            "certificate_mapping": bool(each.flags & 1),
            "exclude_ca_name": bool(each.flags & 2),
        }
    return {"type": each.type}


def _filter_list(store: Contents, view: FilterListView) -> dict[str, Any]:
    return {
        "name": view.name,
        "description": view.description,
        "changed": view.changed,
        "owners": len(store.objects.references(view.key, OWNERS)),
        "filters": [_filter(each) for each in view.filters],
    }


def _filter(one: Filter) -> dict[str, Any]:
    return {
        "source": wording.side(one.source),
        "destination": wording.side(one.destination),
        "protocol": wording.protocol(one.protocol),
        "source_port": one.source_port,
        "destination_port": one.destination_port,
        "mirrored": one.mirrored,
        "description": one.description,
    }


def _filter_action(store: Contents, view: FilterActionView) -> dict[str, Any]:
    body = view.body
    return {
        "name": view.name,
        "description": view.description,
        "changed": view.changed,
        "owners": len(store.objects.references(view.key, OWNERS)),
        "action": body.action.value,
        "inpass": body.inpass,
        "soft": body.soft,
        "pfs": body.pfs,
        "default_response": body.default_response,
        "methods": [wording.offer(each) for each in body.offers],
    }


def _unreadable(store: Contents, read: set[str]) -> list[str]:
    """Return the keys that neither were read nor hold a rule or main-mode settings that decode."""
    left = []
    for name in store.host.registry.subkeys(LOCAL):
        folded = name.lower()
        if folded in read:
            continue
        if folded.startswith("ipsecnfa{") and read_rule(store.objects, name) is not None:
            continue
        if folded.startswith("ipsecisakmppolicy{"):
            try:
                decode_main_mode(store.objects.data(name) or b"")
            except BlobError:
                left.append(name)
            continue
        left.append(name)
    return left
