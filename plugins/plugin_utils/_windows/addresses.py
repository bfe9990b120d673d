# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The IPv4 addresses that a host has, by its registry.

Each interface has a key; ``IPAddress`` are the addresses that somebody set, ``DhcpIPAddress`` is the one of a lease
(cc962469). Keys of adapters that were taken out stay; the list ``Linkage\\Bind`` names those that TCP/IP is bound to.
Whether an adapter is switched off for now stands in neither, and addresses that a cluster or a load balancer lends are
kept elsewhere. No document says where IPv6 addresses are. To be confirmed on Windows.

[ledger: host-addresses-values, host-addresses-bound, host-addresses-no-lease, host-addresses-off]
[ledger: host-addresses-ipv6]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import AddressValueError, IPv4Address

from .._common.errors import StoreError
from .queries import Section
from .registry.query import Key, parse_answer

INTERFACES_KEY = r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters\Interfaces"
LINKAGE_KEY = r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Linkage"
INTERFACES, BOUND = "interfaces", "bound"

QUESTIONS: Mapping[str, str] = {
    INTERFACES: f"reg.exe query {INTERFACES_KEY} /s",
    BOUND: f"reg.exe query {LINKAGE_KEY} /v Bind",
}


def read_addresses(sections: Mapping[str, Section]) -> tuple[IPv4Address, ...] | None:
    """Return the addresses in order, from the answers to ``QUESTIONS``; None when they are not known.

    A host that answers has an address, so a registry without any does not tell. Nothing that fails here is an error:
    all else works without it.
    """
    try:
        return tuple(sorted(set(_addresses(sections)))) or None
    except StoreError:
        return None


def _addresses(sections: Mapping[str, Section]) -> Iterator[IPv4Address]:
    if sections[INTERFACES].code != 0 or sections[BOUND].code != 0:
        return
    bound = {
        name.rpartition("\\")[2].casefold()
        for key in parse_answer(sections[BOUND].text).values()
        for name in _texts(key, "Bind")
    }
    # Below an interface stand the leases of networks without wire that it was in once.
    for key in parse_answer(sections[INTERFACES].text).below(INTERFACES_KEY):
        if key.name.casefold() in bound:
            leases = key.value("EnableDHCP")
            names = ("IPAddress",) if leases is not None and leases.data == 0 else ("IPAddress", "DhcpIPAddress")
            yield from _used(text for name in names for text in _texts(key, name))


def _texts(key: Key, name: str) -> tuple[str, ...]:
    value = key.value(name)
    data = () if value is None else value.data
    return data if isinstance(data, tuple) else (data,) if isinstance(data, str) else ()


def _used(texts: Iterator[str]) -> Iterator[IPv4Address]:
    """Yield what can be the address of a host: 0.0.0.0 says that there is none, and so does 255.255.255.255."""
    for text in texts:
        try:
            address = IPv4Address(text.strip())
        except AddressValueError:
            continue
        if not (address.is_unspecified or address.is_multicast or int(address) == 0xFFFFFFFF):
            yield address
