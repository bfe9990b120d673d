# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts and policies for the tests of flows: a front-end, a back-end and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.packets import Place, parse_address, parse_protocol
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.endpoint import Endpoint
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.space import Packet
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.in_force import in_force
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import (
    Authentication,
    DefaultResponse,
    Filter,
    FilterAction,
    FilterList,
    Kerberos,
    MainMode,
    Policy,
    QuickModeMethod,
    Rule,
    Store,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.words import ActionKind, Encryption, Integrity
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.versions import WindowsVersion

FE, BE, DC, CONTROLLER, OUTSIDE = "10.0.0.10", "10.0.1.20", "10.0.0.2", "10.0.9.9", "203.0.113.7"
XP = WindowsVersion(5, 1, 2600)
SERVER_2003 = WindowsVersion(5, 2, 3790)
SERVER_2008 = WindowsVersion(6, 0, 6002)
SERVER_2016 = WindowsVersion(10, 0, 14393)

ESP = QuickModeMethod(esp_encryption=Encryption.TRIPLE_DES, esp_integrity=Integrity.SHA1)
ESP_MD5 = QuickModeMethod(esp_encryption=Encryption.TRIPLE_DES, esp_integrity=Integrity.MD5)
AH = QuickModeMethod(ah_integrity=Integrity.SHA1)
AH_ESP = QuickModeMethod(
    ah_integrity=Integrity.SHA1, esp_encryption=Encryption.TRIPLE_DES, esp_integrity=Integrity.SHA1
)

PERMIT = FilterAction(name="Permit", action=ActionKind.PERMIT)
BLOCK = FilterAction(name="Block", action=ActionKind.BLOCK)
REQUEST = FilterAction(name="Request", methods=(ESP,), accept_unsecured=True, fallback_to_clear=True)
REQUIRE_IN = FilterAction(name="Require, clear in", methods=(ESP,), accept_unsecured=True)
REQUIRE = FilterAction(name="Require", methods=(ESP,))


def filter_of(
    source: str, destination: str, protocol: str = "any", source_port: int = 0, port: int = 0, *, mirrored: bool = True
) -> Filter:
    """Return a filter from the words of a document."""
    return Filter(
        source=parse_address(source, "source"),
        destination=parse_address(destination, "destination"),
        protocol=parse_protocol(protocol, "protocol"),
        source_port=source_port,
        destination_port=port,
        mirrored=mirrored,
    )


@dataclass(frozen=True)
class Does:
    """A rule of a scene: filters, an action, and what else the rule says."""

    action: FilterAction
    filters: tuple[Filter, ...]
    name: str = ""
    authentication: tuple[Authentication, ...] = (Kerberos(),)
    more: tuple[tuple[str, Any], ...] = ()


def does(action: FilterAction, *filters: Filter, name: str = "", **more: Any) -> Does:
    """Return a rule of a scene."""
    authentication = more.pop("authentication", (Kerberos(),))
    return Does(action, filters or (filter_of("me", "any"),), name, authentication, tuple(more.items()))


def store_of(*rules: Does, main_mode: MainMode | None = None, default_response: DefaultResponse | None = None) -> Store:
    """Return a store whose only policy has these rules and is assigned."""
    found = []
    lists = []
    actions: dict[str, FilterAction] = {}
    for number, one in enumerate(rules):
        name = one.name or f"rule {number}"
        # Actions of one name may differ between rules here: each rule gets its own.
        action_name = f"{one.action.name} of {name}"
        actions[action_name] = FilterAction(
            name=action_name,
            action=one.action.action,
            methods=one.action.methods,
            accept_unsecured=one.action.accept_unsecured,
            fallback_to_clear=one.action.fallback_to_clear,
            perfect_forward_secrecy=one.action.perfect_forward_secrecy,
        )
        lists.append(FilterList(name=f"list of {name}", filters=one.filters))
        found.append(
            Rule(
                name=name,
                filter_list=f"list of {name}",
                filter_action=action_name,
                authentication=one.authentication,
                **dict(one.more),
            )
        )
    policy = Policy(
        name="policy",
        rules=tuple(found),
        main_mode=main_mode or MainMode(),
        default_response=default_response or DefaultResponse(),
    )
    return Store(
        filter_lists=tuple(lists), filter_actions=tuple(actions.values()), policies=(policy,), assigned="policy"
    )


def host(
    name: str,
    address: str,
    *rules: Does,
    main_mode: MainMode | None = None,
    default_response: DefaultResponse | None = None,
    version: WindowsVersion = SERVER_2016,
    **facts: Any,
) -> Endpoint:
    """Return a host; without rules and default response it has no policy. ``address`` may be several."""
    addresses = tuple(ip_address(one) for one in address.split())
    policy = None
    if rules or default_response or main_mode:
        policy = in_force(store_of(*rules, main_mode=main_mode, default_response=default_response))
    return Endpoint(name=name, addresses=addresses, policy=policy, traits=version.traits, **facts)


def responding(name: str, address: str, version: WindowsVersion = SERVER_2003) -> Endpoint:
    """Return a host with nothing but an active default response rule."""
    return host(name, address, default_response=DefaultResponse(enabled=True), version=version)


def packet(source: str, destination: str, protocol: str = "tcp", port: int = 80, source_port: int = 50_000) -> Packet:
    """Return a packet; ports only with TCP and UDP."""
    number = parse_protocol(protocol, "protocol")
    if protocol not in ("tcp", "udp"):
        port = source_port = 0
    return Packet(ip_address(source), ip_address(destination), number, source_port, port)


WEB = packet(FE, BE)
ANY, ME = Place.ANY, Place.ME
