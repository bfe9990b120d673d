# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Passages as rich rules of firewalld and as access lists of Cisco ASA and IOS: text for review."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from ipaddress import IPv4Network, IPv6Network

from .._common.address_sets import AddressSet
from .._common.errors import IpsecError
from .lines import cisco_text
from .openings import Protocol
from .passages import Passage, distinct

Network = IPv4Network | IPv6Network

_LIST_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,60}")
_ZONE = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_./-]*")
_SUFFIXES = {True: "FROM", False: "TO"}


def rich_rules(passages: Iterable[Passage]) -> list[str]:
    """Return the rich rules, one for each pair of networks, in the form in which firewalld lists them."""
    rules = []
    for item in distinct(passages):
        protocol = item.protocol
        what = f'port port="{protocol.port}" protocol="udp"' if protocol.port else f'protocol value="{protocol.value}"'
        rules += [
            f'rule family="ipv{item.version}" source address="{_short(source)}" '
            f'destination address="{_short(destination)}" {what} accept'
            for source in item.source.networks()
            for destination in item.destination.networks()
        ]
    return list(dict.fromkeys(rules))


def zones(names: Iterable[str], path: str) -> list[str]:
    """Return names of zones, refused where firewalld could not have such a zone."""
    found = list(names)
    for index, name in enumerate(found):
        if not _ZONE.fullmatch(name):
            raise IpsecError(f"{path}[{index}]", name, "letters, digits and _./-", "Correct the name of the zone.")
    return found


def policy_options(what: str, wanted: Iterable[str], listed: Iterable[str]) -> list[str]:
    """Return the options of firewall-cmd that make a list of a policy object equal: what is new first."""
    want, have = list(dict.fromkeys(wanted)), [item.strip() for item in listed if item.strip()]
    return [
        *(f"--add-{what}={item}" for item in want if item not in have),
        *(f"--remove-{what}={item}" for item in have if item not in want),
    ]


def asa(passages: Iterable[Passage], name: str) -> str:
    """Return object groups and two access lists for an ASA: for packets from the first side, and from the second."""
    _check_name(name)
    items = tuple(passages)
    groups: dict[tuple[object, ...], str] = {}
    lines = _heading("!", name)
    for addresses in (side for item in items for side in (item.source, item.destination)):
        if addresses.merged not in groups:
            groups[addresses.merged] = f"{name}-{len(groups) + 1}"
            lines += [f"object-group network {groups[addresses.merged]}", *_members(addresses)]
    for item in items:
        port = f" eq {item.protocol.port}" if item.protocol.port else ""
        lines.append(
            f"access-list {name}-{_SUFFIXES[item.forward]} extended permit {_word(item.protocol, 'ah')} "
            f"object-group {groups[item.source.merged]} object-group {groups[item.destination.merged]}{port}"
        )
    return cisco_text(lines)


def ios(passages: Iterable[Passage], name: str) -> str:
    """Return access lists for IOS: for each family one for packets from the first side, and one from the second."""
    _check_name(name)
    items = tuple(passages)
    lines = _heading("!", name)
    for version, opening in ((4, "ip access-list extended"), (6, "ipv6 access-list")):
        write = _wildcard if version == 4 else _prefix
        for forward, suffix in _SUFFIXES.items():
            entries = [
                entry
                for item in items
                if (item.version, item.forward) == (version, forward)
                for entry in _entries(item, write)
            ]
            if entries:
                lines += [f"{opening} {name}-{suffix}" + ("-V6" if version == 6 else ""), *dict.fromkeys(entries)]
    return cisco_text(lines)


def _entries(item: Passage, write: Callable[[Network], str]) -> list[str]:
    port = f" eq {item.protocol.port}" if item.protocol.port else ""
    return [
        f" permit {_word(item.protocol, 'ahp')} {write(source)} {write(destination)}{port}"
        for source in item.source.networks()
        for destination in item.destination.networks()
    ]


def _heading(mark: str, name: str) -> list[str]:
    return [
        f"{mark} Openings for IPsec, for review. Put the entries before those that deny, and bind or merge the lists:",
        f"{mark} {name}-FROM filters packets of the first side of the flows, {name}-TO those of the second.",
    ]


def _members(addresses: AddressSet) -> list[str]:
    found = []
    for network in addresses.networks():
        if network.prefixlen == network.max_prefixlen:
            found.append(f" network-object host {network.network_address}")
        elif isinstance(network, IPv4Network):
            found.append(f" network-object {network.network_address} {network.netmask}")
        else:
            found.append(f" network-object {network}")
    return found


def _word(protocol: Protocol, ah: str) -> str:
    return "udp" if protocol.port else ah if protocol is Protocol.AH else "esp"


def _wildcard(network: Network) -> str:
    if network.prefixlen == network.max_prefixlen:
        return f"host {network.network_address}"
    return f"{network.network_address} {network.hostmask}"


def _prefix(network: Network) -> str:
    return f"host {network.network_address}" if network.prefixlen == network.max_prefixlen else str(network)


def _short(network: Network) -> str:
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


def _check_name(name: str) -> None:
    if not _LIST_NAME.fullmatch(name):
        raise IpsecError("firewall_acl_name", name, "letters, digits and _.-", "Correct the name of the lists.")
