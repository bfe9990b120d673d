# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses and ports in firewall rules, as text and as spans (MS-GPFAS 2.2.2, forms seen in registry exports).

[ledger: fw-addresses-spelling]
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address

Address = IPv4Address | IPv6Address


class AddressWord(StrEnum):
    """Words that stand for addresses which the host knows."""

    LOCAL_SUBNET = "LocalSubnet"
    DNS = "DNS"
    DHCP = "DHCP"
    WINS = "WINS"
    DEFAULT_GATEWAY = "DefaultGateway"


@dataclass(frozen=True, slots=True)
class AddressSpan:
    """Addresses from `first` to `last`, both of one family; `subnet` remembers how the span was written."""

    first: Address
    last: Address
    subnet: bool = False

    def holds(self, address: Address) -> bool:
        """Tell whether an address lies in the span."""
        return address.version == self.first.version and int(self.first) <= int(address) <= int(self.last)


@dataclass(frozen=True, slots=True)
class PortSpan:
    """Ports from `first` to `last`."""

    first: int
    last: int


AddressItem = AddressSpan | AddressWord
PortItem = PortSpan | str
"""A word such as `RPC` stays a word: the ports behind it are not known before run time."""


def read_number(text: str, top: int) -> int:
    """Return a decimal number up to `top`; ValueError for anything else."""
    if not (text.isascii() and text.isdecimal()) or int(text) > top:
        raise ValueError(f"{text!r} is not a number up to {top}")
    return int(text)


def _prefix(text: str, width: int) -> int:
    """Return the prefix length that a number or a mask without holes stands for."""
    if width == 128 or "." not in text:
        return read_number(text, width)
    mask = int(IPv4Address(text))
    ones = mask.bit_count()
    if mask != ((1 << ones) - 1) << (32 - ones):
        raise ValueError(f"{text!r} is a mask with holes")
    return ones


def read_address(text: str) -> AddressItem:
    """Return what `ip`, `ip-ip`, `ip/prefix`, `ip/mask` or a word stands for; ValueError for anything else."""
    for word in AddressWord:
        if text.lower() == word.lower():
            return word
    if "-" in text:
        first, last = (ip_address(part.strip()) for part in text.split("-", 1))
        if first.version != last.version or int(first) > int(last):
            raise ValueError(f"{text!r} is not a range")
        return AddressSpan(first, last)
    base, slash, length = text.partition("/")
    address = ip_address(base)
    if not slash:
        return AddressSpan(address, address)
    width = address.max_prefixlen
    rest = (1 << (width - _prefix(length, width))) - 1
    number = int(address) & ~rest
    return AddressSpan(type(address)(number), type(address)(number | rest), subnet=rest > 0)


def write_address(item: AddressItem, *, masks: bool) -> str:
    """Return the text of a span or word; `masks`: subnets of IPv4 with a mask instead of a prefix length."""
    if isinstance(item, AddressWord):
        return item.value
    if item.subnet:
        rest = int(item.last) - int(item.first)
        if masks and item.first.version == 4:
            return f"{item.first}/{IPv4Address(0xFFFFFFFF - rest)}"
        return f"{item.first}/{item.first.max_prefixlen - rest.bit_length()}"
    return str(item.first) if item.first == item.last else f"{item.first}-{item.last}"


def read_port(text: str) -> PortItem:
    """Return what a port, a range or a word stands for; ValueError for numbers that are none."""
    first, dash, last = text.partition("-")
    if not first[:1].isdecimal():
        if not text.replace("-", "").isalnum():
            raise ValueError(f"{text!r} is not a port")
        return text
    span = PortSpan(read_number(first, 0xFFFF), read_number(last if dash else first, 0xFFFF))
    if span.first > span.last:
        raise ValueError(f"{text!r} is not a range")
    return span


def write_port(item: PortItem) -> str:
    """Return the text of a port, a range or a word."""
    if isinstance(item, str):
        return item
    return str(item.first) if item.first == item.last else f"{item.first}-{item.last}"
