# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sets of addresses that compare by what they cover, however they are written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    summarize_address_range,
)

from .errors import IpsecError
from .packets import AddressRange, Place, ServerRole, parse_address, plain_address

EXPECTED = "an address, address/prefix, address/mask or first-last"


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """All addresses from ``first`` to ``last``, both included, of one family (``version`` 4 or 6)."""

    version: int
    first: int
    last: int

    def __str__(self) -> str:
        """Return an address, address/prefix where the interval is a network, else first-last."""
        if self.first == self.last:
            return str(_address(self.version, self.first))
        networks = self.networks()
        if len(networks) > 1:
            return f"{_address(self.version, self.first)}-{_address(self.version, self.last)}"
        network = networks[0]
        return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)

    def networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Return the fewest networks that make up the interval."""
        return tuple(summarize_address_range(_address(self.version, self.first), _address(self.version, self.last)))


def _address(version: int, number: int) -> IPv4Address | IPv6Address:
    return IPv4Address(number) if version == 4 else IPv6Address(number)


@dataclass(frozen=True)
class AddressSet:
    """Intervals as they are written, sorted and each once. ``same`` and ``covers`` look at what they make up."""

    intervals: tuple[Interval, ...]

    def __init__(self, intervals: Iterable[Interval]) -> None:
        object.__setattr__(self, "intervals", tuple(sorted(set(intervals))))

    @cached_property
    def merged(self) -> tuple[Interval, ...]:
        """The same addresses as the fewest intervals."""
        found: list[Interval] = []
        for item in self.intervals:
            last = found[-1] if found else None
            if last is not None and last.version == item.version and item.first <= last.last + 1:
                found[-1] = Interval(last.version, last.first, max(last.last, item.last))
            else:
                found.append(item)
        return tuple(found)

    def same(self, other: AddressSet) -> bool:
        """Whether both hold the same addresses."""
        return self.merged == other.merged

    def covers(self, other: AddressSet) -> bool:
        """Whether every address of ``other`` is in this set."""
        return all(
            any(
                mine.version == item.version and mine.first <= item.first and item.last <= mine.last
                for mine in self.merged
            )
            for item in other.merged
        )

    def meets(self, other: AddressSet) -> bool:
        """Whether an address is in both sets."""
        return any(
            mine.version == item.version and mine.first <= item.last and item.first <= mine.last
            for mine in self.merged
            for item in other.merged
        )

    def of_family(self, version: int) -> AddressSet:
        """Return the addresses of one family."""
        return AddressSet(item for item in self.intervals if item.version == version)

    def networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Return the fewest networks that hold exactly these addresses."""
        return tuple(network for item in self.merged for network in item.networks())

    def as_networks(self) -> AddressSet:
        """Return the same addresses in the form of :meth:`networks`."""
        return AddressSet(
            Interval(network.version, int(network.network_address), int(network.broadcast_address))
            for network in self.networks()
        )

    def texts(self) -> list[str]:
        """Return each interval in its shortest form, in order."""
        return [str(item) for item in self.intervals]

    def __bool__(self) -> bool:
        return bool(self.intervals)


def parse_interval(text: str, path: str) -> Interval:
    """Return one address, network or range; IpsecError with ``path`` for words, names and bits beyond a mask."""
    try:
        found = parse_address(text, path)
    except IpsecError as error:
        # Words are no addresses here, so the refusal must not offer them.
        remedy = "Give the first address of the network." if "beyond" in error.expected else error.remedy
        remedy = (
            "Write two halves, 0.0.0.0/1 and 128.0.0.0/1, if you mean it." if "prefix of" in error.expected else remedy
        )
        expected = EXPECTED if error.expected.startswith("me, any") else error.expected
        raise IpsecError(path, text, expected, remedy) from None
    if isinstance(found, (Place, ServerRole)):
        raise IpsecError(path, text, EXPECTED, "Name the peers by their addresses: others would be let in too.")
    if isinstance(found, AddressRange):
        return Interval(found.first.version, int(found.first), int(found.last))
    return Interval(found.version, int(found.network_address), int(found.broadcast_address))


def parse_addresses(texts: Iterable[str], path: str) -> AddressSet:
    """Return the set of several texts; the path of a refusal names the offending one by its index."""
    return AddressSet(parse_interval(text, f"{path}[{index}]") for index, text in enumerate(texts))


@lru_cache(maxsize=65536)
def read_interval(text: str) -> Interval | None:
    """Return what a firewall has stored: ``ip``, ``ip-ip``, ``ip/prefix`` or ``ip/mask``; None for anything else.

    Bits beyond the mask are ignored, as in a comparison of packets (MS-GPFAS rule grammar).

    [ledger: fw-addresses-spelling]
    """
    first, dash, last = text.strip().partition("-")
    try:
        if dash:
            low, high = plain_address(first.strip()), plain_address(last.strip())
            if low.version != high.version or int(low) > int(high):
                return None
            return Interval(low.version, int(low), int(high))
        base, slash, mask = first.partition("/")
        address = plain_address(base)
        length = address.max_prefixlen if not slash else _prefix(address.version, mask)
    except ValueError:
        return None
    size = 1 << (address.max_prefixlen - length)
    start = int(address) // size * size
    return Interval(address.version, start, start + size - 1)


def _prefix(version: int, mask: str) -> int:
    width = 32 if version == 4 else 128
    if mask.isascii() and mask.isdigit():
        if int(mask) > width:
            raise ValueError(mask)
        return int(mask)
    bits = f"{int(plain_address(mask)):0{width}b}"
    if len(bits) != width or "01" in bits:
        raise ValueError(mask)
    return bits.count("1")
