# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a document says and what the lab finds in a registry, in one form, worked out without the collection.

Documents are read with the documented defaults, snapshots are those of the lab's own decoder. Names compare without
regard to case, filters and rules without order, methods and authentication with order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from winlab.host import Host
from winlab.store import policy_store

Data = dict[str, Any]

_ENCRYPTION = {"none": "None", "des": "DES", "3des": "3DES"}
_INTEGRITY = {"none": "None", "md5": "MD5", "sha1": "SHA1"}
_GROUPS = {"768": 1, "1024": 2, "2048": 3}
_MAIN_METHODS = ("3DES-SHA1-3", "3DES-SHA1-2")


@dataclass(frozen=True, slots=True)
class Meaning:
    """A whole store; the keys of the mappings are names in lower case."""

    filter_lists: dict[str, tuple[object, ...]]
    filter_actions: dict[str, tuple[object, ...]]
    policies: dict[str, tuple[object, ...]]
    rules: dict[str, dict[str, tuple[object, ...]]]
    responses: dict[str, tuple[object, ...]]
    assigned: str | None


def said(document: Data) -> Meaning:
    """Return what a document says on its own."""
    policies = document.get("policies", [])
    assigned = document.get("assigned") or None
    return Meaning(
        {item["name"].lower(): _said_list(item) for item in document.get("filter_lists", [])},
        {item["name"].lower(): _said_action(item) for item in document.get("filter_actions", [])},
        {item["name"].lower(): _said_policy(item) for item in policies},
        {item["name"].lower(): {r["name"].lower(): _said_rule(r) for r in item.get("rules", [])} for item in policies},
        {item["name"].lower(): _said_response(item.get("default_response", {})) for item in policies},
        assigned.lower() if assigned else None,
    )


def _said_list(item: Data) -> tuple[object, ...]:
    return item["name"], item.get("description", ""), frozenset(map(_said_filter, item.get("filters", [])))


def _said_filter(item: Data) -> tuple[object, ...]:
    ports = (item.get("source_port", "any"), item.get("destination_port", "any"))
    return (
        item.get("source", "me"),
        item.get("destination", "any"),
        str(item.get("protocol", "any")).upper(),
        *(0 if port == "any" else int(port) for port in ports),
        item.get("mirrored", True),
        item.get("description", ""),
    )


def _said_method(item: Data) -> str:
    words = [f"AH[{_INTEGRITY[item['ah_integrity']]}]"] if "ah_integrity" in item else []
    if "esp_encryption" in item:
        words.append(f"ESP[{_ENCRYPTION[item['esp_encryption']]},{_INTEGRITY[item['esp_integrity']]}]")
    kilobytes, seconds = item.get("lifetime_kilobytes", 100000), item.get("lifetime_seconds", 3600)
    return f"{'+'.join(words)}:{kilobytes}k/{seconds}s"


def _said_action(item: Data) -> tuple[object, ...]:
    flags = ("accept_unsecured", "fallback_to_clear", "perfect_forward_secrecy")
    return (
        item["name"],
        item.get("description", ""),
        item["action"],
        *(item.get(flag, False) for flag in flags),
        tuple(_said_method(method) for method in item.get("security_methods", [])),
    )


def _said_policy(item: Data) -> tuple[object, ...]:
    mode = item.get("main_mode", {})
    methods = tuple(
        f"{_ENCRYPTION[m['encryption']]}-{_INTEGRITY[m['integrity']]}-{_GROUPS[str(m['dh_group'])]}"
        for m in mode.get("security_methods", [])
    )
    return (
        item["name"],
        item.get("description", ""),
        item.get("polling_interval_minutes", 180) * 60,
        methods or _MAIN_METHODS,
        mode.get("lifetime_minutes", 480) * 60,
        mode.get("quick_modes", 0) or int(mode.get("perfect_forward_secrecy", False)),
        mode.get("perfect_forward_secrecy", False),
    )


def _said_authentication(methods: Iterable[Data]) -> Iterator[tuple[object, ...]]:
    for one in methods:
        if one["method"] == "kerberos":
            yield ("kerberos",)
        elif one["method"] == "preshared_key":
            yield ("psk", one["preshared_key"])
        else:
            flags = (one.get("map_to_account", False), one.get("exclude_authority_name", False))
            yield ("certificate", one["authority"], *flags)


def _said_rule(item: Data) -> tuple[object, ...]:
    tunnel = item.get("tunnel_endpoint", "none")
    return (
        item["name"],
        item.get("description", ""),
        item["filter_list"].lower(),
        item["filter_action"].lower(),
        item.get("enabled", True),
        item.get("connection_type", "all"),
        None if tunnel == "none" else tunnel,
        tuple(_said_authentication(item.get("authentication", [{"method": "kerberos"}]))),
    )


def _said_response(item: Data) -> tuple[object, ...]:
    given = item.get("authentication", [{"method": "kerberos"}])
    return item.get("enabled", False), tuple(_said_authentication(given))


def seen(host: Host) -> Meaning:
    """Return what the lab finds in the registry of a host."""
    found = policy_store(host).snapshot()
    lists = [item for item in found["filter_lists"] if item["name"]]
    actions = [item for item in found["filter_actions"] if item["name"]]
    policies = found["policies"]
    return Meaning(
        {item["name"].lower(): _seen_list(item) for item in lists},
        {item["name"].lower(): _seen_action(item) for item in actions},
        {item["name"].lower(): _seen_policy(item) for item in policies},
        {
            item["name"].lower(): {
                str(rule["name"]).lower(): _seen_rule(rule) for rule in item["rules"] if not rule["default_response"]
            }
            for item in policies
        },
        {item["name"].lower(): _seen_response(item) for item in policies},
        found["assigned"].lower() if found["assigned"] else None,
    )


def offered_by_default(host: Host) -> list[tuple[str, ...]]:
    """Return the methods of all default response rules of a host, one element for each rule."""
    actions = policy_store(host).snapshot()["filter_actions"]
    return [tuple(item["methods"]) for item in actions if item["default_response"]]


def offers_said(document: Data) -> list[tuple[str, ...]]:
    """Return the methods that a document gives to default response rules."""
    responses = [policy.get("default_response", {}) for policy in document.get("policies", [])]
    return [tuple(map(_said_method, item["security_methods"])) for item in responses if "security_methods" in item]


def _seen_list(item: Data) -> tuple[object, ...]:
    filters = [
        tuple(
            one[key]
            for key in (
                "source",
                "destination",
                "protocol",
                "source_port",
                "destination_port",
                "mirrored",
                "description",
            )
        )
        for one in item["filters"]
    ]
    unique = frozenset(filters)
    # A filter twice is not what any document says: it must not be lost in the set.
    return (item["name"], item["description"], unique if len(unique) == len(filters) else tuple(filters))


def _seen_action(item: Data) -> tuple[object, ...]:
    flags = ("inpass", "soft", "pfs")
    name = (item["name"], item["description"], item["action"])
    return (*name, *(item[flag] for flag in flags), tuple(item["methods"]))


def _seen_policy(item: Data) -> tuple[object, ...]:
    mode = item["main_mode"]
    name = (item["name"], item["description"], item["polling_seconds"])
    return (*name, tuple(mode["methods"]), mode["lifetime_seconds"], mode["quick_modes"], mode["pfs"])


def _seen_authentication(methods: Iterable[Data]) -> tuple[tuple[object, ...], ...]:
    return tuple(tuple(one.values()) for one in methods)


def _seen_rule(item: Data) -> tuple[object, ...]:
    return (
        item["name"],
        item["description"],
        (item["filter_list"] or "").lower(),
        (item["filter_action"] or "").lower(),
        item["active"],
        item["connection"],
        item["tunnel"],
        _seen_authentication(item["authentication"]),
    )


def _seen_response(item: Data) -> tuple[object, ...]:
    found = (
        (rule["active"], _seen_authentication(rule["authentication"]))
        for rule in item["rules"]
        if rule["default_response"]
    )
    return next(found, ())


def in_force(found: Meaning) -> object:
    """Return what the policy in force does, whatever the names of its parts."""
    name = found.assigned
    if name is None:
        return None
    rules = [
        (found.filter_lists[str(rule[2])][2], found.filter_actions[str(rule[3])][2:], rule[4:])
        for rule in found.rules[name].values()
    ]
    return frozenset(rules), found.policies[name][2:]


def overridden(before: Meaning, document: Data, kept: Meaning) -> Meaning:
    """Return what state overridden shall make of a host. ``kept`` names the objects that Windows brought along."""
    new = said(document)
    policies = {**{name: before.policies[name] for name in kept.policies}, **new.policies}
    rules = {name: new.rules.get(name, before.rules.get(name, {})) for name in policies}
    used = [rule for name in policies for rule in rules[name].values()]
    lists = {name: before.filter_lists[name] for name in kept.filter_lists}
    lists |= {str(rule[2]): before.filter_lists[str(rule[2])] for rule in used if rule[2] in before.filter_lists}
    actions = {name: before.filter_actions[name] for name in kept.filter_actions}
    actions |= {str(rule[3]): before.filter_actions[str(rule[3])] for rule in used if rule[3] in before.filter_actions}
    assigned = new.assigned
    if "assigned" not in document and before.assigned in policies:
        assigned = before.assigned
    return Meaning(
        lists | new.filter_lists,
        actions | new.filter_actions,
        policies,
        rules,
        {name: new.responses.get(name, before.responses.get(name, ())) for name in policies},
        assigned,
    )


def differences(expected: Meaning, found: Meaning) -> list[str]:
    """Return a sentence for each object that is not as expected."""
    wrong = []
    for field in ("filter_lists", "filter_actions", "policies", "rules", "responses"):
        want, have = getattr(expected, field), getattr(found, field)
        for name in sorted(want.keys() | have.keys()):
            left, right = want.get(name), have.get(name)
            if left != right:
                wrong.append(f"{field}[{name!r}]: expected {left!r}, found {right!r}")
    if expected.assigned != found.assigned:
        wrong.append(f"assigned: expected {expected.assigned!r}, found {found.assigned!r}")
    return wrong
