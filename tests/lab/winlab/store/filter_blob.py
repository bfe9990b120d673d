# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blobs of filter lists: the frame around the specifications and version 1 specifications (MS-GPIPSEC 2.2.1.5).

Addresses and masks are in network order, everything else is little-endian. The frame comes in two forms, see
`winlab.versions.Frame`. Version 2 specifications follow in the same blob, see `filter_blob_v2`.

[ledger: data-network-order, data-filter-v1, data-filter-me-any, data-filter-frame]
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address

from ..versions import Frame
from .filter_blob_v2 import decode_v2, encode_v2, encode_v2_part
from .identifiers import BLOB_IDS, FILTER_V2_ID, ObjectClass
from .model import HOST_MASK, Filter, Side, SideKind
from .text_field import BlobError, pack_text, unpack_text

_ID = BLOB_IDS[ObjectClass.FILTER]
_HEAD = struct.Struct("<II")
HEAD_SIZE = 24
_SPEC = struct.Struct("<16sI4s4s4s4s4sIHHBBH")

_SPECIAL_SOURCE = {SideKind.DNS: 0x01, SideKind.WINS: 0x02, SideKind.DHCP: 0x03, SideKind.GATEWAY: 0x04}
_SPECIALS = {number: (kind, True) for kind, number in _SPECIAL_SOURCE.items()}
_SPECIALS |= {number | 0x80: (kind, False) for kind, number in _SPECIAL_SOURCE.items()}

_ME = (bytes(4), b"\xff" * 4)
_ANY = (bytes(4), bytes(4))


def _side_bytes(side: Side) -> tuple[bytes, bytes]:
    if side.kind is SideKind.ANY:
        return _ANY
    if side.kind is not SideKind.ADDRESS or side.first is None:
        # Lab's choice: a server type has no address of its own, so its side looks like Me; the special byte decides.
        # [ledger: data-server-roles]
        return _ME
    return side.first.packed, side.mask.to_bytes(4, "big")


def _special(one: Filter) -> int:
    if one.source.kind in _SPECIAL_SOURCE:
        return _SPECIAL_SOURCE[one.source.kind]
    if one.destination.kind in _SPECIAL_SOURCE:
        return _SPECIAL_SOURCE[one.destination.kind] | 0x80
    return 0


def encode_spec(one: Filter) -> bytes:
    """Return a version 1 specification, 70 bytes if its three texts are empty."""
    texts = pack_text(one.source_dns) + pack_text(one.destination_dns) + pack_text(one.description)
    return texts + _SPEC.pack(
        one.guid.bytes_le,
        int(one.mirrored),
        *_side_bytes(one.source),
        *_side_bytes(one.destination),
        bytes(4),
        one.protocol,
        one.source_port,
        one.destination_port,
        0,
        _special(one),
        0,
    )


def _side(address: bytes, mask: bytes, server: SideKind | None) -> Side:
    if server is not None:
        return Side(server)
    if (address, mask) == _ANY:
        return Side(SideKind.ANY)
    if (address, mask) == _ME:
        return Side(SideKind.ME, mask=HOST_MASK)
    return Side(SideKind.ADDRESS, IPv4Address(address), int.from_bytes(mask, "big"))


def decode_spec(blob: bytes, offset: int) -> tuple[Filter, int]:
    """Return the version 1 specification at the offset and the offset behind it."""
    source_dns, offset = unpack_text(blob, offset)
    destination_dns, offset = unpack_text(blob, offset)
    description, offset = unpack_text(blob, offset)
    if offset + _SPEC.size > len(blob):
        raise BlobError(f"filter at {offset} runs past the end")
    guid, mirrored, src, smask, dst, dmask, _tunnel, protocol, sport, dport, _is_tunnel, special, _options = (
        _SPEC.unpack_from(blob, offset)
    )
    if special and special not in _SPECIALS:
        raise BlobError(f"{special:#x} is no server type")
    kind, at_source = _SPECIALS.get(special, (None, True))
    one = Filter(
        _side(src, smask, kind if at_source else None),
        _side(dst, dmask, None if at_source else kind),
        protocol,
        sport,
        dport,
        bool(mirrored),
        description,
        source_dns,
        destination_dns,
        uuid.UUID(bytes_le=guid),
    )
    return one, offset + _SPEC.size


def assemble(specs: Iterable[bytes], v2_specs: Iterable[bytes], frame: Frame) -> bytes:
    """Return a whole blob out of encoded specifications. [ledger: data-filter-length-v2]"""
    parts, v2_parts = list(specs), list(v2_specs)
    body = b"".join(parts)
    extra = 4 if frame is Frame.A else 0
    tail = b"\0" if frame is Frame.A else b""
    v2 = encode_v2_part(v2_parts) if v2_parts else b""
    return _ID + _HEAD.pack(len(body) + extra, len(parts)) + body + v2 + tail


def can_grow(blob: bytes, frame: Frame) -> bool:
    """Tell whether a blob is as `assemble` makes it for this frame without a version 2 part, its length included."""
    length = int(_HEAD.unpack_from(blob, 16)[0])
    if frame is Frame.A:
        return length == len(blob) - HEAD_SIZE - 1 + 4 and blob.endswith(b"\0")
    return length == len(blob) - HEAD_SIZE


def append(blob: bytes, spec: bytes, frame: Frame) -> bytes:
    """Return the blob, which `can_grow`, with one more version 1 specification at its end."""
    length, count = _HEAD.unpack_from(blob, 16)
    tail = len(blob) - 1 if frame is Frame.A else len(blob)
    head = _ID + _HEAD.pack(length + len(spec), count + 1)
    return b"".join((head, memoryview(blob)[HEAD_SIZE:tail], spec, memoryview(blob)[tail:]))


def encode_filters(filters: Iterable[Filter], frame: Frame) -> bytes:
    """Return the blob of a list of filters."""
    kept = list(filters)
    specs = [encode_spec(one) for one in kept if not one.needs_v2]
    return assemble(specs, [encode_v2(one) for one in kept if one.needs_v2], frame)


@lru_cache(maxsize=256)
def decode_filters(blob: bytes) -> tuple[Filter, ...]:
    """Return the filters of either frame, going by the counts; BlobError if the bytes do not decode.

    What the length says is not looked at: a list that somebody put together by hand had zero there.
    """
    if len(blob) < HEAD_SIZE or blob[:16] != _ID:
        raise BlobError("filter list: not a filter list blob")
    _length, count = _HEAD.unpack_from(blob, 16)
    offset = HEAD_SIZE
    filters: list[Filter] = []
    for _number in range(count):
        one, offset = decode_spec(blob, offset)
        filters.append(one)
    if blob[offset : offset + 16] == FILTER_V2_ID:
        more, offset = decode_v2(blob, offset + 16)
        filters.extend(more)
    if blob[offset:] not in (b"", b"\0"):
        raise BlobError(f"filter list: {len(blob) - offset} bytes left over")
    return tuple(filters)
