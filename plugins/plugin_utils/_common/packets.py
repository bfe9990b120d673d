# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What packets are made of: addresses, ports and protocols, each with its reader and its writer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from .errors import IpsecError

HIGHEST_PORT = 65535
HIGHEST_PROTOCOL = 255
HIGHEST_U32 = 0xFFFFFFFF


class Place(StrEnum):
    """Addresses that are words: every host, or all addresses of the host that has the policy."""

    ANY = "any"
    ME = "me"


class ServerRole(StrEnum):
    """Addresses that the host looks up in its own network settings. The other side of the filter is always Me."""

    DNS = "dns"
    WINS = "wins"
    DHCP = "dhcp"
    GATEWAY = "gateway"


@dataclass(frozen=True, slots=True)
class AddressRange:
    """All addresses from ``first`` to ``last``, both included; one family, ``first`` below ``last``."""

    first: IPv4Address | IPv6Address
    last: IPv4Address | IPv6Address


Network = IPv4Network | IPv6Network
Address = Place | ServerRole | Network | AddressRange
PROTOCOLS = {"any": 0, "icmp": 1, "tcp": 6, "udp": 17, "raw": 255}
_PROTOCOL_NAMES = {number: name for name, number in PROTOCOLS.items()}
_WORDS: dict[str, Place | ServerRole] = {each.value: each for words in (Place, ServerRole) for each in words}
_MOST_DIGITS = 20
_WITH_PORTS = frozenset({PROTOCOLS["tcp"], PROTOCOLS["udp"]})


def natural_number(text: str) -> int | None:
    """Return the number that ASCII digits name, None for any other text.

    Up to 20 digits: no number of the store, of a packet or of a counter has more, and Python refuses thousands.
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None


def has_ports(protocol: int) -> bool:
    """Tell whether filters of this IP protocol may name ports (TCP and UDP only)."""
    return protocol in _WITH_PORTS


def parse_protocol(text: str, path: str) -> int:
    """Return the IP protocol number, 0 to 255 (0 is any), of a name or a number."""
    word = text.strip().lower()
    if word in PROTOCOLS:
        return PROTOCOLS[word]
    number = natural_number(word)
    if number is not None and number <= HIGHEST_PROTOCOL:
        return number
    names = ", ".join(PROTOCOLS)
    raise IpsecError(path, text, f"one of {names} or a protocol number from 0 to 255", "Name the IP protocol.")


def format_protocol(number: int) -> str:
    """Return the name of an IP protocol where it has one, else its number."""
    return _PROTOCOL_NAMES.get(number, str(number))


def parse_port(text: str, path: str) -> int:
    """Return a port, 1 to 65535, or 0 for any."""
    word = text.strip().lower()
    if word == "any":
        return 0
    number = natural_number(word)
    if number is not None and number <= HIGHEST_PORT:
        return number
    if re.fullmatch(r"[0-9]+\s*[-,:]\s*[0-9]+.*", word):
        remedy = "A filter has one port a side: write one filter for each port."
    else:
        remedy = "Give the number of the port."
    raise IpsecError(path, text, "one port number from 1 to 65535, or any", remedy)


def format_port(port: int) -> str:
    """Return the port as text, ``any`` for 0."""
    return str(port) if port else "any"


def plain_address(text: str) -> IPv4Address | IPv6Address:
    """Return one address without a scope id; ValueError for any other text.

    The standard library takes any characters at all for a scope id, line ends included.
    """
    if "%" in text:
        raise ValueError(text)
    return ip_address(text)


def single(address: IPv4Address | IPv6Address) -> Network:
    """Return the network of one address; by its number, since the standard library goes by its text once more."""
    if isinstance(address, IPv4Address):
        return IPv4Network((int(address), address.max_prefixlen))
    return IPv6Network((int(address), address.max_prefixlen))


def parse_one_address(text: str, path: str, expected: str, remedy: str) -> IPv4Address | IPv6Address:
    """Return one address; IpsecError with what was ``expected`` for any other text."""
    word = text.strip()
    _refuse_scope(word, path)
    try:
        return plain_address(word)
    except ValueError as error:
        raise IpsecError(path, text, expected, remedy) from error


def _refuse_scope(text: str, path: str) -> None:
    if "%" in text and ":" in text:
        expected = "an address without a scope id, since filters have no scope"
        raise IpsecError(path, text, expected, "Leave out the % and what follows it.")


def parse_address(text: str, path: str) -> Address:
    """Return the address of one side of a filter.

    Forms: ``me``, ``any``, a server role, an IPv4 or IPv6 address, ``address/prefix``, ``address/mask`` (IPv4) and
    ``first-last``. Addresses with bits beyond their mask are refused, since the store would keep them.
    """
    word = text.strip().lower()
    _refuse_scope(word, path)
    if word in _WORDS:
        return _WORDS[word]
    if "-" in word and not re.search(r"[g-z]", word):
        return _parse_range(text, path)
    if "/" in word:
        return _parse_network(text, path)
    try:
        return single(plain_address(word))
    except ValueError as error:
        if re.fullmatch(r"[a-z0-9_.-]*[a-z][a-z0-9_.-]*", word) and ":" not in word:
            remedy = "Names are not resolved, because a filter keeps the addresses of that moment: give addresses."
        else:
            remedy = "Correct the address."
        expected = "me, any, dns, wins, dhcp, gateway, an address, address/prefix, address/mask or first-last"
        raise IpsecError(path, text, expected, remedy) from error


def _parse_network(text: str, path: str) -> Network:
    base, mask = (part.strip() for part in text.strip().split("/", 1))
    try:
        address = plain_address(base)
    except ValueError as error:
        raise IpsecError(path, text, "an IPv4 or IPv6 address before the slash", "Correct the address.") from error
    try:
        network = ip_network(f"{address}/{mask}", strict=False)
    except ValueError as error:
        expected = "a prefix length or a contiguous mask after the slash"
        raise IpsecError(path, text, expected, "Write for example 10.0.1.0/24 or 10.0.1.0/255.255.255.0.") from error
    if "." in mask and str(network.netmask) != mask:
        # The standard library also reads 0.0.0.255 as a host mask, which is never what a filter means.
        raise IpsecError(path, text, "a network mask", f"Write {network.with_prefixlen} if that is what you mean.")
    if network.network_address != address:
        raise IpsecError(path, text, "an address without bits beyond its mask", f"Write {network.with_prefixlen}.")
    if network.prefixlen == 0:
        raise IpsecError(path, text, "a prefix of at least 1", "Write any for every address.")
    return network


def _parse_range(text: str, path: str) -> Address:
    parts = [part.strip() for part in text.strip().split("-")]
    remedy = "Write the first and the last address, as in 10.0.1.20-10.0.1.29."
    try:
        first, last = (plain_address(part) for part in parts)
    except ValueError as error:
        raise IpsecError(path, text, "two addresses joined by a hyphen", remedy) from error
    if first.version != last.version:
        raise IpsecError(path, text, "two addresses of one family", remedy)
    if int(first) > int(last):
        raise IpsecError(path, text, "a first address that is not above the last", f"Write {last}-{first}.")
    if first == last:
        return single(first)
    return AddressRange(first, last)


def format_address(address: Address) -> str:
    """Return the shortest form that :func:`parse_address` reads back as the same address."""
    if isinstance(address, (Place, ServerRole)):
        return address.value
    if isinstance(address, AddressRange):
        return f"{address.first}-{address.last}"
    if address.prefixlen == address.max_prefixlen:
        return str(address.network_address)
    return address.with_prefixlen


def address_order(address: Address) -> tuple[int, int, int, int, str]:
    """Return a key by which addresses are sorted: words, then networks and ranges by their numbers."""
    if isinstance(address, (Place, ServerRole)):
        return 0, 0, 0, 0, address.value
    if isinstance(address, AddressRange):
        return 1, address.first.version, int(address.first), int(address.last), ""
    return 1, address.version, int(address.network_address), int(address.broadcast_address), ""


def family(address: Address) -> int | None:
    """Return 4 or 6, or None for words, which have no family of their own."""
    if isinstance(address, (Place, ServerRole)):
        return None
    return address.first.version if isinstance(address, AddressRange) else address.version
