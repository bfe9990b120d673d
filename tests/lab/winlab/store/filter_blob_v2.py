# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Version 2 filter specifications: ranges and IPv6, Vista and later (MS-GPIPSEC 2.2.1.5.1).

No real bytes of this part were ever seen; it is written from the specification alone.

[ledger: data-filter-v2]
"""

from __future__ import annotations

import struct
import uuid
from ipaddress import IPv4Address, IPv6Address

from .identifiers import FILTER_V2_ID
from .model import HOST_MASK, Address, Filter, Side, SideKind
from .text_field import BlobError, pack_text, unpack_text

_SIDE = struct.Struct("<II16s16s")
_PORT = struct.Struct("<IHH")
_HEAD = struct.Struct("<III")
_FIXED = 16 + 4 + 2 * _SIDE.size + 2 * _PORT.size + 4 + 4

_TYPES = {
    SideKind.ANY: 0,
    SideKind.RANGE: 2,
    SideKind.ME: 8,
    SideKind.DNS: 0x10,
    SideKind.WINS: 0x20,
    SideKind.DHCP: 0x40,
    SideKind.GATEWAY: 0x80,
}
_KINDS = {number: kind for kind, number in _TYPES.items()}
_SINGLE, _SUBNET = 1, 4
_IPV4, _IPV6, _BOTH = 1, 2, 3
_USE_RANGE = 8


def _family(one: Filter) -> int:
    sides = (one.source.first, one.destination.first)
    return _IPV6 if any(isinstance(each, IPv6Address) for each in sides) else _IPV4


def _side_bytes(side: Side, family: int) -> bytes:
    if side.first is None:
        return _SIDE.pack(_TYPES[side.kind], family if side.kind is SideKind.ANY else _BOTH, bytes(16), bytes(16))
    if side.kind is SideKind.RANGE and side.last is not None:
        return _SIDE.pack(_TYPES[side.kind], family, side.first.packed, side.last.packed)
    if isinstance(side.first, IPv6Address):
        if side.mask == 128:
            return _SIDE.pack(_SINGLE, family, side.first.packed, bytes(16))
        return _SIDE.pack(_SUBNET, family, side.first.packed, bytes([side.mask]))
    if side.mask == HOST_MASK:
        return _SIDE.pack(_SINGLE, family, side.first.packed, bytes(16))
    return _SIDE.pack(_SUBNET, family, side.first.packed, side.mask.to_bytes(4, "big"))


def _port_bytes(port: int) -> bytes:
    return _PORT.pack(1 if port else 0, port, 0)


def encode_v2(one: Filter) -> bytes:
    """Return a version 2 specification, 142 bytes if its three texts are empty."""
    family = _family(one)
    ranged = SideKind.RANGE in (one.source.kind, one.destination.kind)
    return b"".join(
        (
            pack_text(one.source_dns) + pack_text(one.destination_dns) + pack_text(one.description),
            one.guid.bytes_le + int(one.mirrored).to_bytes(4, "little"),
            _side_bytes(one.source, family) + _side_bytes(one.destination, family),
            _port_bytes(one.source_port) + _port_bytes(one.destination_port),
            # Lab's choice: the flag goes with every IPv4 range, although no subnets are written beside it.
            # [ledger: data-range-flag]
            struct.pack("<II", one.protocol, _USE_RANGE if ranged and family == _IPV4 else 0),
        )
    )


def encode_v2_part(specs: list[bytes]) -> bytes:
    """Return marker, length, counts and specifications; the first count is 0, so the count in front stays valid."""
    body = b"".join(specs)
    return FILTER_V2_ID + _HEAD.pack(8 + len(body), 0, len(specs)) + body


def _address(version: int, data: bytes) -> Address:
    return IPv6Address(data) if version == _IPV6 else IPv4Address(data[:4])


def _decode_side(data: bytes) -> Side:
    number, version, first, second = _SIDE.unpack(data)
    if number in (_SINGLE, _SUBNET, _TYPES[SideKind.RANGE]) and version not in (_IPV4, _IPV6):
        raise BlobError(f"{version} is no IP version for an address")
    if number == _SINGLE:
        return Side(SideKind.ADDRESS, _address(version, first), 128 if version == _IPV6 else HOST_MASK)
    if number == _SUBNET:
        mask = second[0] if version == _IPV6 else int.from_bytes(second[:4], "big")
        return Side(SideKind.ADDRESS, _address(version, first), mask)
    if number == _TYPES[SideKind.RANGE]:
        return Side(SideKind.RANGE, _address(version, first), last=_address(version, second))
    if number not in _KINDS:
        raise BlobError(f"{number} is no address type")
    return Side(_KINDS[number], mask=HOST_MASK if number == _TYPES[SideKind.ME] else 0)


def _decode_port(data: bytes) -> int:
    kind, port, _end = _PORT.unpack(data)
    if kind not in (0, 1):
        raise BlobError("port ranges cannot be made through netsh")
    return int(port) if kind else 0


def decode_v2(blob: bytes, offset: int) -> tuple[list[Filter], int]:
    """Return the specifications behind the marker and the offset behind them; BlobError if they do not decode."""
    if offset + _HEAD.size > len(blob):
        raise BlobError("the version 2 part is cut off")
    _length, _count_v1, count = _HEAD.unpack_from(blob, offset)
    offset += _HEAD.size
    filters = []
    for _number in range(count):
        source_dns, offset = unpack_text(blob, offset)
        destination_dns, offset = unpack_text(blob, offset)
        description, offset = unpack_text(blob, offset)
        end = offset + _FIXED
        if end > len(blob):
            raise BlobError(f"version 2 filter at {offset} runs past the end")
        at = offset + 20
        (mirrored,) = struct.unpack_from("<I", blob, offset + 16)
        (protocol, _flags) = struct.unpack_from("<II", blob, end - 8)
        filters.append(
            Filter(
                _decode_side(blob[at : at + 40]),
                _decode_side(blob[at + 40 : at + 80]),
                protocol,
                _decode_port(blob[at + 80 : at + 88]),
                _decode_port(blob[at + 88 : at + 96]),
                bool(mirrored),
                description,
                source_dns,
                destination_dns,
                uuid.UUID(bytes_le=blob[offset : offset + 16]),
            )
        )
        offset = end
    return filters, offset
