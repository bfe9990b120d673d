# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host of the inventory as options tell it: its addresses, and what the module policies_info answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from ipaddress import AddressValueError, IPv4Address

from .._common.errors import IpsecError, hidden
from .._common.fields import Fields
from .._common.mappings import mapping
from .._common.packets import parse_one_address
from .._policies.document import read_document
from .._policies.model import folded
from .._windows.versions import parse_version
from .model import Absence, Engine, Host, IpAddress, System

HOST_OPTIONS = (
    "name",
    "addresses",
    "translated_addresses",
    "system",
    "engine",
    "absent",
    "info",
    "own_addresses",
    "keys_differ",
    "site",
)


def read_host(data: object, path: str) -> Host:
    """Return a host; IpsecError with the path of what cannot be read."""
    fields = Fields(data, path, HOST_OPTIONS)
    fields.require("name", "the name of the host in the inventory")
    info = fields.mapping("info")
    if not isinstance(info, Mapping):
        raise IpsecError(fields.at("info"), hidden(info), "the result of policies_info", "Write what it registered.")
    name = fields.text("name", "")
    host = Host(
        name=name,
        path=path,
        addresses=_addresses(fields, "addresses", f" Correct ipsec_address of {name}, or ipsec_addresses."),
        translated=_addresses(fields, "translated_addresses", f" Correct ipsec_translated_addresses of {name}."),
        system=fields.choice("system", System, System.WINDOWS),
        engine=fields.choice("engine", Engine, Engine.POLICY_STORE),
        absent=fields.choice("absent", Absence, Absence.LIMIT) if fields.given("absent") else None,
        own=_addresses(fields, "own_addresses") if fields.given("own_addresses") else None,
        keys_differ=fields.flag("keys_differ", False),
        site=fields.text("site", ""),
    )
    return _with_info(host, info, fields.at("info")) if "config" in info else host


def _addresses(fields: Fields, key: str, where_from: str = "") -> tuple[IpAddress, ...]:
    expected = "an IPv4 or IPv6 address"
    remedy = f"Give single addresses, without a prefix; names are not resolved.{where_from}"
    found = [parse_one_address(text, where, expected, remedy) for where, text in fields.elements(key)]
    return tuple(dict.fromkeys(found))


def _told(host: Host, facts: Mapping[str, object]) -> Host:
    """Return the host with the addresses that it told itself, unless they are given: its registry has IPv4 only."""
    told = facts.get("own_addresses")
    if host.own is not None or not isinstance(told, Sequence) or isinstance(told, str):
        return host
    try:
        own = tuple(IPv4Address(_text(one)) for one in told)
    except AddressValueError:
        return host
    return replace(host, own=own, own_families=frozenset({4}))


def _with_info(host: Host, info: Mapping[str, object], path: str) -> Host:
    facts = mapping(info.get("host"))
    services = mapping(facts.get("services"))
    level = facts.get("exemption_level")
    version = _text(facts.get("version"))
    predefined = mapping(info.get("predefined"))
    domain = _text(facts.get("domain_policy"))
    if not domain and facts.get("local_policy_counts") is False:
        domain = "the setting AllowLocalIPsecPolicyMerge"
    found = replace(
        _told(host, facts),
        store=read_document(info["config"], f"{path}.config"),
        version=version,
        exemption_level=level if isinstance(level, int) and not isinstance(level, bool) else None,
        services_running=_running(services, "PolicyAgent"),
        key_exchange_running=_running(services, "IKEEXT"),
        services_automatic=all(mapping(one).get("automatic") is not False for one in services.values()),
        predefined_actions=_names(predefined, "filter_actions"),
        predefined_policies=_names(predefined, "policies"),
        domain_policy=domain,
    )
    return replace(found, traits=parse_version(version, f"{path}.host.version").traits) if version else found


def _running(services: Mapping[str, object], name: str) -> bool:
    return mapping(services.get(name)).get("running") is not False


def _names(predefined: Mapping[str, object], key: str) -> frozenset[str]:
    return frozenset(folded(_text(name)) for name in _listed(predefined.get(key)))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, (list, tuple)) else ()
