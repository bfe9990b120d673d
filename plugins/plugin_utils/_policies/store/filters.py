# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters of the store in the terms of the model (MS-GPIPSEC 2.2.1.5.1).

[ledger: data-filter-me-any, data-server-roles, packet-odd-mask]
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeVar

from ..._common.packets import HIGHEST_PROTOCOL, Address, AddressRange, Network, Place, ServerRole, has_ports
from ..._common.said import fit
from ..codec import filter_list as codes
from ..codec import filter_range as range_codes
from ..codec.filter_list import FilterListData, FilterSpec
from ..codec.filter_range import AddressData, PortData, RangeSpec
from ..model import Filter
from .express import Inexpressible, Oddities, check_flag

Spec = TypeVar("Spec", FilterSpec, RangeSpec)

FULL_MASK = 0xFFFFFFFF
SPECIALS = {
    codes.SPECIAL_DNS: ServerRole.DNS,
    codes.SPECIAL_WINS: ServerRole.WINS,
    codes.SPECIAL_DHCP: ServerRole.DHCP,
    codes.SPECIAL_GATEWAY: ServerRole.GATEWAY,
}
_WORDS: dict[int, Place | ServerRole] = {
    range_codes.ADDRESS_ANY: Place.ANY,
    range_codes.ADDRESS_ME: Place.ME,
    range_codes.ADDRESS_DNS: ServerRole.DNS,
    range_codes.ADDRESS_WINS: ServerRole.WINS,
    range_codes.ADDRESS_DHCP: ServerRole.DHCP,
    range_codes.ADDRESS_GATEWAY: ServerRole.GATEWAY,
}


def filters(data: FilterListData, oddities: Oddities) -> tuple[tuple[Filter, ...], tuple[str, ...]]:
    """Return the filters in stored order, and remarks; filters that repeat another one exactly are kept once."""
    counting = data.counting
    ranges = [
        _noted(_range_filter, spec, number, oddities) for number, spec in enumerate(data.ranges, len(counting) + 1)
    ]
    expansions = _Expansions(data.ranges, ranges)
    blocks = (
        (spec, _plain_filter(spec) or _noted(_block_filter, spec, number, oddities))
        for number, spec in enumerate(counting, 1)
    )
    stored = [block for spec, block in blocks if not expansions.include(spec, block)]
    stored.extend(ranges)
    kept = tuple(dict.fromkeys(stored))
    repeated = len(stored) - len(kept)
    return kept, (f"holds {repeated} filters that repeat others exactly; they were read once",) if repeated else ()


def _noted(read: Callable[[Spec, int, Oddities], Filter], spec: Spec, number: int, oddities: Oddities) -> Filter:
    """Return the filter of a record, and note its selector if anything is odd about it."""
    told = len(oddities)
    found = read(spec, number, oddities)
    if len(oddities) > told:
        oddities.filters.add(found.selector)
    return found


class _Expansions:
    """The blocks that stand for a range where ranges are not understood, and do not count where they are.

    The specification does not say how a block is matched with its range: here by the filter's identifier, else by
    lying inside the range with everything else equal.

    [ledger: data-range-blocks]
    """

    def __init__(self, specs: tuple[RangeSpec, ...], ranges: list[Filter]) -> None:
        self._identities: set[bytes] = set()
        self._ranges: dict[tuple[object, ...], list[Filter]] = {}
        for spec, whole in zip(specs, ranges, strict=True):
            if spec.flags & range_codes.FLAG_REPLACES_BLOCKS:
                self._identities.add(spec.identity)
                self._ranges.setdefault(self._key(whole), []).append(whole)

    @staticmethod
    def _key(item: Filter) -> tuple[object, ...]:
        return item.protocol, item.source_port, item.destination_port, item.mirrored, item.description

    def include(self, spec: FilterSpec, block: Filter) -> bool:
        """Tell whether the block is part of a range that replaces it."""
        if not self._identities:
            return False
        return spec.identity in self._identities or any(
            _lies_inside(block.source, whole.source) and _lies_inside(block.destination, whole.destination)
            for whole in self._ranges.get(self._key(block), ())
        )


def _lies_inside(part: Address, whole: Address) -> bool:
    if isinstance(part, IPv4Network) and isinstance(whole, AddressRange) and whole.first.version == part.version:
        return int(whole.first) <= int(part[0]) and int(part[-1]) <= int(whole.last)
    return part == whole


def _plain_filter(spec: FilterSpec) -> Filter | None:
    """Return the filter of a record about which there is nothing to say, as nearly all are: the short way.

    None for any other, which :func:`_block_filter` reads or refuses.
    """
    # fmt: off
    (_identity, mirrored, protocol, source_port, destination_port, is_tunnel, special, options,
     near, near_mask, far, far_mask, _tunnel, near_name, far_name, description) = spec
    # fmt: on
    if is_tunnel or special or options or near_name or far_name or mirrored > 1 or protocol > HIGHEST_PROTOCOL:
        return None
    if (source_port or destination_port) and not has_ports(protocol):
        return None
    source, trouble_near = _known_block(near, near_mask)
    destination, trouble_far = _known_block(far, far_mask)
    if source is None or destination is None or trouble_near or trouble_far or source is destination is Place.ME:
        return None
    return Filter(
        source=source,
        destination=destination,
        protocol=protocol,
        source_port=source_port,
        destination_port=destination_port,
        mirrored=mirrored == 1,
        description=fit(description),
    )


def _block_filter(spec: FilterSpec, number: int, oddities: Oddities) -> Filter:
    where = f"filter {number}"
    _check_common(spec, where)
    if spec.is_tunnel:
        raise Inexpressible(f"has a tunnel in {where}")
    if spec.options:
        raise Inexpressible(f"has unknown options in {where}")
    source = destination = None
    if spec.special:
        role = SPECIALS.get(spec.special & ~codes.SPECIAL_ON_DESTINATION)
        if role is None:
            raise Inexpressible(f"has an unknown kind of server in {where}")
        if spec.special & codes.SPECIAL_ON_DESTINATION:
            destination = role
        else:
            source = role
    return _filter(
        where,
        source if source else _block(spec.source, spec.source_mask, where, oddities),
        destination if destination else _block(spec.destination, spec.destination_mask, where, oddities),
        spec,
        (spec.source_port, spec.destination_port),
        oddities,
    )


def _check_common(spec: FilterSpec | RangeSpec, where: str) -> None:
    if spec.source_name or spec.destination_name:
        raise Inexpressible(f"has a host by its DNS name in {where}")
    if spec.protocol > HIGHEST_PROTOCOL:
        raise Inexpressible(f"has an unknown protocol in {where}")


def _filter(
    where: str,
    source: Address,
    destination: Address,
    spec: FilterSpec | RangeSpec,
    ports: tuple[int, int],
    oddities: Oddities,
) -> Filter:
    source_port, destination_port = ports
    if (source_port or destination_port) and not has_ports(spec.protocol):
        raise Inexpressible(f"has a port without TCP or UDP in {where}")
    for one, other in ((source, destination), (destination, source)):
        if isinstance(one, ServerRole) and other is not Place.ME:
            raise Inexpressible(f"has a kind of server whose other side is not the host itself in {where}")
    if source is Place.ME and destination is Place.ME:
        oddities.append(f"has the host itself on both sides of {where}")
    return Filter(
        source=source,
        destination=destination,
        protocol=spec.protocol,
        source_port=source_port,
        destination_port=destination_port,
        mirrored=check_flag(spec.mirrored, f"mirroring in {where}"),
        description=fit(spec.description),
    )


@lru_cache(maxsize=65536)
def _known_block(address: int, mask: int) -> tuple[Address | None, str]:
    """Return the address of one side, None where there is none, and what is odd about it ('' for nothing)."""
    if (address, mask) == (0, FULL_MASK):
        return Place.ME, ""
    inverted = mask ^ FULL_MASK
    if inverted & (inverted + 1):
        return None, "a mask that is not contiguous"
    # Packets are compared under the mask, so bits beyond it have no meaning.
    trouble = "an address with bits beyond its mask" if address & inverted else ""
    return IPv4Network((address & mask, 32 - inverted.bit_length())) if mask else Place.ANY, trouble


def _block(address: int, mask: int, where: str, oddities: Oddities) -> Address:
    known, trouble = _known_block(address, mask)
    if known is None:
        raise Inexpressible(f"has {trouble} in {where}")
    if trouble:
        oddities.append(f"has {trouble} in {where}")
    return known


def _range_filter(spec: RangeSpec, number: int, oddities: Oddities) -> Filter:
    where = f"filter {number}"
    _check_common(spec, where)
    if spec.flags & ~range_codes.FLAG_REPLACES_BLOCKS:
        raise Inexpressible(f"has unknown flags in {where}")
    source, destination = (_address(side, where, oddities) for side in (spec.source, spec.destination))
    _check_families(spec, source, destination, where)
    ports = _port(spec.source_ports, where), _port(spec.destination_ports, where)
    return _filter(where, source, destination, spec, ports, oddities)


def _check_families(spec: RangeSpec, source: Address, destination: Address, where: str) -> None:
    """Words have no family in the model: it must follow from the other side, or be one that covers IPv4."""
    versions = {data.version for data in (spec.source, spec.destination)} - {range_codes.BOTH_FAMILIES}
    if len(versions) > 1:
        raise Inexpressible(f"has two families of addresses in {where}")
    both_words = all(isinstance(side, (Place, ServerRole)) for side in (source, destination))
    if both_words and range_codes.IPV6 in versions:
        raise Inexpressible(f"has words for IPv6 addresses only in {where}")


def _address(data: AddressData, where: str, oddities: Oddities) -> Address:
    if data.kind in _WORDS and data.version in (range_codes.IPV4, range_codes.IPV6, range_codes.BOTH_FAMILIES):
        return _WORDS[data.kind]
    if data.version not in (range_codes.IPV4, range_codes.IPV6):
        raise Inexpressible(f"has an unknown form of address in {where}")
    size = 4 if data.version == range_codes.IPV4 else 16
    first = ip_address(data.first[:size])
    if data.kind == range_codes.ADDRESS_SINGLE:
        return _single(first, where)
    if data.kind == range_codes.ADDRESS_RANGE:
        return _range(first, ip_address(data.second[:size]), where)
    if data.kind == range_codes.ADDRESS_SUBNET:
        return _subnet(first, data.second, where, oddities)
    raise Inexpressible(f"has an unknown form of address in {where}")


def _single(address: IPv4Address | IPv6Address, where: str) -> Network:
    if not int(address):
        raise Inexpressible(f"has the address of no host in {where}")
    return ip_network(address)


def _range(first: IPv4Address | IPv6Address, last: IPv4Address | IPv6Address, where: str) -> Address:
    if int(first) > int(last):
        raise Inexpressible(f"has a range of addresses that runs backwards in {where}")
    return _single(first, where) if first == last else AddressRange(first, last)


def _subnet(first: IPv4Address | IPv6Address, second: bytes, where: str, oddities: Oddities) -> Address:
    if isinstance(first, IPv4Address):
        mask = int.from_bytes(second[:4])
        return _single(first, where) if mask == FULL_MASK else _block(int(first), mask, where, oddities)
    trouble = f"has an address with bits beyond its prefix, or no prefix, in {where}"
    if second[0] > first.max_prefixlen:
        raise Inexpressible(trouble)
    network = IPv6Network((int(first), second[0]), strict=False)
    if network.network_address != first:
        oddities.append(trouble)
    return network if network.prefixlen else Place.ANY


def _port(data: PortData, where: str) -> int:
    if data.kind == range_codes.PORT_ANY:
        return 0
    if data.kind == range_codes.PORT_SINGLE:
        return data.first
    raise Inexpressible(f"has a range of ports in {where}")
