# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policies in the words of the snap-in "IP Security Policies", one block for all hosts that have the same ones."""

from __future__ import annotations

import json
from collections.abc import Sequence

from .._common.packets import Place, format_address, format_port, format_protocol
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
from .._proof.model import Host, Proof
from .markup import Child, Element, fold, join, table, tag
from .words import counted, listed, more, number, or_dash

_MOST_HOSTS = 60
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


def section(proof: Proof) -> Element:
    """Return the part of the page on hosts and their policies."""
    content: list[Child] = [tag("p", "There are no hosts.")]
    if proof.hosts:
        content = [_facts(proof.hosts), _stores(proof.hosts)]
    return tag("section", tag("h2", "Hosts and their policies", id="policies"), content, aria_labelledby="policies")


def _facts(hosts: Sequence[Host]) -> Element:
    # A policy that is assigned and does nothing comes first.
    ordered = sorted(hosts, key=lambda host: not (host.assigned and not host.effective))
    rows = [_fact(host) for host in ordered[:_MOST_HOSTS]]
    heads = ("Host", "Role", "Addresses", "Windows", "Assigned policy", "In force", "Services", "Exemption level")
    drawn = table("Hosts", heads, rows)
    return join(drawn, more(len(hosts) - _MOST_HOSTS, "hosts"))


def _fact(host: Host) -> tuple[Child, ...]:
    services = [
        tag("div", f"{name}: {'running' if one.running else 'stopped'}{'' if one.automatic else ', not automatic'}")
        for name, one in host.services.items()
    ]
    windows = [host.product or None, tag("div", host.version, class_="muted") if host.version else None]
    level = "default" if host.exemption_level is None else str(host.exemption_level)
    return (
        host.name,
        host.role.value,
        listed(host.addresses) or or_dash(""),
        windows if host.product or host.version else or_dash(""),
        or_dash(host.assigned),
        _in_force(host),
        services or or_dash(""),
        level if host.services else or_dash(""),
    )


def _in_force(host: Host) -> Child:
    domain = tag("div", f"Domain policy: {host.domain_policy}") if host.domain_policy else None
    if host.effective:
        return ["yes", domain]
    why = tag("div", host.why_not) if host.why_not else None
    if not host.assigned and not host.why_not and domain is None:
        return or_dash("")
    return ["no", why, domain]


def _stores(hosts: Sequence[Host]) -> list[Element | None]:
    """Return the policies; hosts that have equal ones share a block."""
    same: dict[str, tuple[Store, list[str]]] = {}
    for host in hosts:
        if host.config is not None:
            same.setdefault(json.dumps(write_document(host.config)), (host.config, []))[1].append(host.name)
    blocks = [_store(store, names, opened=len(same) == 1) for store, names in list(same.values())[:_MOST_STORES]]
    return [*blocks, more(len(same) - _MOST_STORES, "different sets of policies")]


def _store(store: Store, names: Sequence[str], *, opened: bool) -> Element:
    who = listed(names, 4)
    shown = [policy for policy in store.policies if policy.name == store.assigned]
    others = [policy.name for policy in store.policies if policy.name != store.assigned]
    return fold(
        f"{who}: {store.assigned or 'no policy assigned'}",
        [_policy(policy, store) for policy in shown],
        None if shown else tag("p", "No policy of the local store is assigned."),
        tag("p", f"Policies that are not assigned: {listed(others, 20)}.", class_="muted") if others else None,
        opened=opened,
    )


def _policy(policy: Policy, store: Store) -> Element:
    lists = {folded(one.name): one for one in store.filter_lists}
    actions = {folded(one.name): one for one in store.filter_actions}
    rows = [
        _rule(rule, lists.get(folded(rule.filter_list)), actions.get(folded(rule.filter_action)))
        for rule in policy.rules[:_MOST_RULES]
    ]
    if policy.default_response.enabled:
        rows.append(_default_response(policy))
    heads = ("Rule", "IP Filter List", "Filter Action", "Authentication Methods", "Tunnel Setting", "Connection Type")
    used = {folded(rule.filter_action) for rule in policy.rules}
    return tag(
        "div",
        tag("h3", f"Policy {policy.name}"),
        tag("p", policy.description, class_="muted") if policy.description else None,
        table(f"IP security rules of {policy.name}", heads, rows) if rows else tag("p", "The policy has no rules."),
        more(len(policy.rules) - _MOST_RULES, "rules"),
        [
            _action(one)
            for one in store.filter_actions
            if folded(one.name) in used and one.action is ActionKind.NEGOTIATE
        ],
        _key_exchange(policy),
    )


def _rule(rule: Rule, filters: FilterList | None, action: FilterAction | None) -> tuple[Child, ...]:
    off = tag("div", "not active", class_="muted") if not rule.enabled else None
    return (
        [rule.name or "(without a name)", off],
        [rule.filter_list, _filters(filters)],
        [rule.filter_action, tag("div", _KINDS[action.action], class_="muted") if action else None],
        _authentication(rule.authentication),
        _tunnel(rule),
        _CONNECTIONS[rule.connection_type],
    )


def _tunnel(rule: Rule) -> str:
    if rule.tunnel_endpoint is None:
        return "This rule does not specify an IPSec tunnel"
    return f"The tunnel endpoint is {rule.tunnel_endpoint}"


def _default_response(policy: Policy) -> tuple[Child, ...]:
    found = policy.default_response
    return (
        "<Dynamic> Default Response",
        or_dash(""),
        tag("ul", [tag("li", _method(method)) for method in found.methods]),
        _authentication(found.authentication),
        or_dash(""),
        _CONNECTIONS[ConnectionType.ALL],
    )


def _filters(found: FilterList | None) -> list[Element | None]:
    if found is None:
        return []
    lines = [tag("li", _filter(one)) for one in found.filters[:_MOST_FILTERS]]
    return [tag("ul", lines), more(len(found.filters) - _MOST_FILTERS, "filters")]


def _filter(found: Filter) -> str:
    source, destination = (
        f"{_place(address)}{f', port {format_port(port)}' if port else ''}"
        for address, port in ((found.source, found.source_port), (found.destination, found.destination_port))
    )
    mirrored = "mirrored" if found.mirrored else "not mirrored"
    return f"{source} \u2192 {destination}, {format_protocol(found.protocol)}, {mirrored}"


def _place(address: object) -> str:
    known = _PLACES.get(address) if isinstance(address, Place) else None
    return known or format_address(address)  # type: ignore[arg-type]  # what is no Place is the rest of Address


def _authentication(found: Sequence[Authentication]) -> Element:
    return tag("ol", [tag("li", _method_of(one)) for one in found], class_="causes")


def _method_of(found: Authentication) -> str:
    if isinstance(found, Kerberos):
        return "Kerberos V5 protocol"
    if isinstance(found, Certificate):
        more_ = [word for word, said in (("certificate to account mapping", found.map_to_account),) if said]
        more_ += ["CA name excluded from the request"] if found.exclude_authority_name else []
        return ", ".join([f"Certificate of {found.authority}", *more_])
    return "Preshared key (not shown)"


def _action(action: FilterAction) -> Element:
    flags = (
        ("Accept unsecured communication, but always respond using IPSec", action.accept_unsecured),
        ("Allow unsecured communication with non-IPSec-aware computers", action.fallback_to_clear),
        ("Use session key perfect forward secrecy (PFS)", action.perfect_forward_secrecy),
    )
    methods = tag("ol", [tag("li", _method(method)) for method in action.methods], class_="causes")
    pairs = [("Security method preference order", methods), *((word, "yes" if said else "no") for word, said in flags)]
    return tag("div", tag("h3", f"Filter action {action.name}: Negotiate security"), _pairs(pairs))


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


def _key_exchange(policy: Policy) -> Element:
    found: MainMode = policy.main_mode
    methods = [
        tag("li", f"{_CIPHERS[one.encryption]}, {_HASHES[one.integrity]}, Diffie-Hellman group {_GROUPS[one.dh_group]}")
        for one in found.methods
    ]
    sessions = counted(found.quick_modes, "session") if found.quick_modes else "no limit of sessions"
    pairs: list[tuple[str, Child]] = [
        ("Security methods", tag("ol", methods, class_="causes")),
        ("Generate a new key after", f"{counted(found.lifetime_minutes, 'minute')}, {sessions}"),
        ("Master key perfect forward secrecy (PFS)", "yes" if found.perfect_forward_secrecy else "no"),
        ("Check for policy changes every", counted(policy.polling_interval_minutes, "minute")),
    ]
    return tag("div", tag("h3", "Key exchange settings"), _pairs(pairs))


def _pairs(pairs: Sequence[tuple[str, Child]]) -> Element:
    return tag("dl", [[tag("dt", term), tag("dd", said)] for term, said in pairs])
