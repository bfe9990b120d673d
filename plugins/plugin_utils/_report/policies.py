# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policies in the words of the snap-in "IP Security Policies", one block for all hosts that have the same ones."""

from __future__ import annotations

import json
from collections.abc import Sequence

from .._common.packets import Address, Place, format_address, format_port, format_protocol
from .._policies.document import write_document
from .._policies.model import (
    Authentication,
    Certificate,
    Filter,
    FilterAction,
    FilterList,
    Kerberos,
    MainMode,
    Policy,
    QuickModeMethod,
    Rule,
    Store,
    folded,
)
from .._policies.words import ActionKind, ConnectionType, DhGroup, Encryption, Integrity
from .._proof.model import Proof
from .words import counted, number

# A term of the dialog with what is set there, a list in the order of preference.
Pairs = list[tuple[str, str | list[str]]]

_MOST_STORES = 20
_MOST_FILTERS = 20
_MOST_RULES = 60
_KINDS = {ActionKind.PERMIT: "Permit", ActionKind.BLOCK: "Block", ActionKind.NEGOTIATE: "Negotiate security"}
_PLACES = {Place.ME: "My IP Address", Place.ANY: "Any IP Address"}
_CONNECTIONS = {
    ConnectionType.ALL: "All network connections",
    ConnectionType.LAN: "Local area network (LAN)",
    ConnectionType.DIALUP: "Remote access",
}
_CIPHERS = {Encryption.NONE: "none", Encryption.DES: "DES", Encryption.TRIPLE_DES: "3DES"}
_HASHES = {Integrity.NONE: "none", Integrity.MD5: "MD5", Integrity.SHA1: "SHA1"}
_GROUPS = {DhGroup.LOW: "Low (1)", DhGroup.MEDIUM: "Medium (2)", DhGroup.HIGH: "High (2048)"}


def view(proof: Proof) -> dict[str, object]:
    """Return the hosts, those first whose policy is assigned and does nothing, and the different sets of policies."""
    same: dict[str, tuple[Store, list[str]]] = {}
    for host in proof.hosts:
        if host.config is not None:
            same.setdefault(json.dumps(write_document(host.config)), (host.config, []))[1].append(host.name)
    return {
        "hosts": sorted(proof.hosts, key=lambda host: not (host.assigned and not host.effective)),
        "stores": [_store(store, names) for store, names in list(same.values())[:_MOST_STORES]],
        "more_stores": len(same) - _MOST_STORES,
    }


def _store(store: Store, names: Sequence[str]) -> dict[str, object]:
    return {
        "hosts": names,
        "assigned": store.assigned,
        "shown": [_policy(policy, store) for policy in store.policies if policy.name == store.assigned],
        "others": [policy.name for policy in store.policies if policy.name != store.assigned],
    }


def _policy(policy: Policy, store: Store) -> dict[str, object]:
    lists = {folded(one.name): one for one in store.filter_lists}
    actions = {folded(one.name): one for one in store.filter_actions}
    rules = [
        _rule(rule, lists.get(folded(rule.filter_list)), actions.get(folded(rule.filter_action)))
        for rule in policy.rules[:_MOST_RULES]
    ]
    used = {folded(rule.filter_action) for rule in policy.rules}
    return {
        "name": policy.name,
        "description": policy.description,
        "rules": [*rules, _default_response(policy)] if policy.default_response.enabled else rules,
        "more_rules": len(policy.rules) - _MOST_RULES,
        "actions": [
            {"name": one.name, "pairs": _action(one)}
            for one in store.filter_actions
            if folded(one.name) in used and one.action is ActionKind.NEGOTIATE
        ],
        "key_exchange": _key_exchange(policy),
    }


def _rule(rule: Rule, filters: FilterList | None, action: FilterAction | None) -> dict[str, object]:
    found = filters.filters if filters else ()
    endpoint = rule.tunnel_endpoint
    return {
        "name": rule.name or "(without a name)",
        "enabled": rule.enabled,
        "filter_list": rule.filter_list,
        "filters": [_filter(one) for one in found[:_MOST_FILTERS]],
        "more_filters": len(found) - _MOST_FILTERS,
        "filter_action": rule.filter_action,
        "action": _KINDS[action.action] if action else "",
        "methods": (),
        "authentication": [_method_of(one) for one in rule.authentication],
        "tunnel": f"The tunnel endpoint is {endpoint}" if endpoint else "This rule does not specify an IPSec tunnel",
        "connections": _CONNECTIONS[rule.connection_type],
    }


def _default_response(policy: Policy) -> dict[str, object]:
    found = policy.default_response
    return {
        "name": "<Dynamic> Default Response",
        "enabled": True,
        "filter_list": "",
        "filters": (),
        "filter_action": "",
        "action": "",
        "methods": [_method(method) for method in found.methods],
        "authentication": [_method_of(one) for one in found.authentication],
        "tunnel": "",
        "connections": _CONNECTIONS[ConnectionType.ALL],
    }


def _filter(found: Filter) -> str:
    source, destination = (
        f"{_place(address)}{f', port {format_port(port)}' if port else ''}"
        for address, port in ((found.source, found.source_port), (found.destination, found.destination_port))
    )
    mirrored = "mirrored" if found.mirrored else "not mirrored"
    return f"{source} \u2192 {destination}, {format_protocol(found.protocol)}, {mirrored}"


def _place(address: Address) -> str:
    known = _PLACES.get(address) if isinstance(address, Place) else None
    return known or format_address(address)


def _method_of(found: Authentication) -> str:
    if isinstance(found, Kerberos):
        return "Kerberos V5 protocol"
    if isinstance(found, Certificate):
        more_ = [word for word, said in (("certificate to account mapping", found.map_to_account),) if said]
        more_ += ["CA name excluded from the request"] if found.exclude_authority_name else []
        return ", ".join([f"Certificate of {found.authority}", *more_])
    return "Preshared key (not shown)"


def _action(action: FilterAction) -> Pairs:
    return [
        ("Security method preference order", [_method(method) for method in action.methods]),
        ("Accept unsecured communication, but always respond using IPSec", _yes(action.accept_unsecured)),
        ("Allow unsecured communication with non-IPSec-aware computers", _yes(action.fallback_to_clear)),
        ("Use session key perfect forward secrecy (PFS)", _yes(action.perfect_forward_secrecy)),
    ]


def _method(method: QuickModeMethod) -> str:
    parts = []
    if method.ah_integrity is not None:
        parts.append(f"AH: integrity {_HASHES[method.ah_integrity]}")
    if method.esp_encryption is not None and method.esp_integrity is not None:
        parts.append(f"ESP: encryption {_CIPHERS[method.esp_encryption]}, integrity {_HASHES[method.esp_integrity]}")
    limits = [
        f"{number(value)} {unit}"
        for value, unit in ((method.lifetime_kilobytes, "Kbytes"), (method.lifetime_seconds, "seconds"))
        if value
    ]
    key = f"; new key every {' / '.join(limits)}" if limits else ""
    return f"{' and '.join(parts)}{key}"


def _key_exchange(policy: Policy) -> Pairs:
    found: MainMode = policy.main_mode
    methods = [
        f"{_CIPHERS[one.encryption]}, {_HASHES[one.integrity]}, Diffie-Hellman group {_GROUPS[one.dh_group]}"
        for one in found.methods
    ]
    sessions = counted(found.quick_modes, "session") if found.quick_modes else "no limit of sessions"
    return [
        ("Security methods", methods),
        ("Generate a new key after", f"{counted(found.lifetime_minutes, 'minute')}, {sessions}"),
        ("Master key perfect forward secrecy (PFS)", _yes(found.perfect_forward_secrecy)),
        ("Check for policy changes every", counted(policy.polling_interval_minutes, "minute")),
    ]


def _yes(said: bool) -> str:
    return "yes" if said else "no"
