# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The data of ``ipsecFilter`` (MS-GPIPSEC 2.2.1.5): filters of IPv4 blocks, then filters of ranges and IPv6.

[ledger: data-network-order, data-filter-v1]
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from struct import Struct
from typing import NamedTuple

from ..._common.errors import IpsecError
from .cursor import EMPTY_TEXT, U32, Cursor, length_notes, packed_text
from .filter_range import SMALLEST_RANGE_SPEC, RangeSpec, packed_range_spec, read_range_spec
from .form import Form
from .guids import FILTER_LIST_CLASS, SECOND_PART

SPECIAL_DNS, SPECIAL_WINS, SPECIAL_DHCP, SPECIAL_GATEWAY = 1, 2, 3, 4
SPECIAL_ON_DESTINATION = 0x80

_SPEC_HEAD = Struct("<16sI")  # the filter's own identifier, mirrored
_SPEC_ADDRESSES = Struct(">5I")  # source, mask, destination, mask, tunnel: network order
_SPEC_REST = Struct("<IHHBBH")  # protocol, source port, destination port, is a tunnel, special, options
# A filter without texts, as nearly all are, in two views of the same bytes: the two orders of bytes need two.
_NO_TEXTS = 3 * EMPTY_TEXT
_PLAIN = Struct(f"<{len(_NO_TEXTS)}x16sI{_SPEC_ADDRESSES.size}xIHHBBH")
_PLAIN_ADDRESSES = Struct(f">{len(_NO_TEXTS) + _SPEC_HEAD.size}x5I{_SPEC_REST.size}x")
_SMALLEST_TEXT = U32.size
_SMALLEST_SPEC = 3 * _SMALLEST_TEXT + _SPEC_HEAD.size + _SPEC_ADDRESSES.size + _SPEC_REST.size


class FilterSpec(NamedTuple):
    """One filter of the first part. A tuple, since there may be thousands; the order is that of :data:`_PLAIN`.

    Addresses and masks are numbers: 0 with mask 0 is any address, 0 with a full mask is the host itself.
    ``special`` names a server by its role, with the high bit for the destination side.
    """

    identity: bytes
    mirrored: int = 1
    protocol: int = 0
    source_port: int = 0
    destination_port: int = 0
    is_tunnel: int = 0
    special: int = 0
    options: int = 0
    source: int = 0
    source_mask: int = 0
    destination: int = 0
    destination_mask: int = 0
    tunnel: int = 0
    source_name: str = ""
    destination_name: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterListData:
    """A filter list. ``count_override``, if not 0, is how many of ``specs`` count where ranges are understood."""

    specs: tuple[FilterSpec, ...] = ()
    ranges: tuple[RangeSpec, ...] = ()
    count_override: int = 0
    notes: tuple[str, ...] = field(default=(), compare=False)

    @property
    def counting(self) -> tuple[FilterSpec, ...]:
        """The filters of the first part that count."""
        return self.specs[: self.count_override] if self.count_override else self.specs


def decode_filter_list(data: bytes, path: str) -> FilterListData:
    """Return the filters in ``data``; raise StoreError where the bytes cannot be a filter list.

    Time grows linearly with the number of filters.
    """
    cursor = Cursor(data, path)
    stated = cursor.open(FILTER_LIST_CLASS)
    count = cursor.count("number of filters", _SMALLEST_SPEC)
    start = cursor.position
    specs = _read_specs(cursor, count)
    size = cursor.position - start
    if cursor.remaining < len(SECOND_PART):
        return FilterListData(specs=tuple(specs), notes=_frame_notes(cursor, stated, size))
    # Whether the length also covers the second part is not documented, so it is not judged.
    # [ledger: data-filter-length-v2]
    return _with_second_part(cursor, specs)


def _frame_notes(cursor: Cursor, stated: int, size: int) -> tuple[str, ...]:
    """Remark on neither of the two frames: length with the count and a zero byte, or without both."""
    if stated == U32.size + size:
        return cursor.close()
    notes = length_notes(stated, size)
    if notes and cursor.remaining:
        return notes + cursor.close()
    return notes + (("does not end behind its last filter",) if cursor.remaining else ())


def _with_second_part(cursor: Cursor, specs: list[FilterSpec]) -> FilterListData:
    while not (cursor.sees(SECOND_PART) or cursor.sees(SECOND_PART, 1)):
        # The count before the filters may be smaller than the one that overrides it.
        specs.append(_read_spec(cursor, len(specs)))
    if not cursor.sees(SECOND_PART):
        cursor.take(1, "byte before the second part")
    cursor.take(len(SECOND_PART), "mark of the second part")
    second_length = cursor.u32("length of the second part")
    second_start = cursor.position
    override = cursor.u32("number of filters in the first part")
    if override > len(specs):
        raise cursor.refusal("number of filters in the first part", "too large", f"at most {len(specs)}")
    count = cursor.count("number of filters in the second part", SMALLEST_RANGE_SPEC)
    ranges = tuple(read_range_spec(cursor, f"filter {index} of the second part") for index in range(count))
    notes = length_notes(second_length, cursor.position - second_start)
    if cursor.remaining:
        notes += ("does not end behind its last filter",)
    return FilterListData(specs=tuple(specs), ranges=ranges, count_override=override, notes=notes)


def _read_specs(cursor: Cursor, count: int) -> list[FilterSpec]:
    specs: list[FilterSpec] = []
    while len(specs) < count:
        plain = cursor.run(_NO_TEXTS, _PLAIN.size, count - len(specs))
        views = zip(_PLAIN.iter_unpack(plain), _PLAIN_ADDRESSES.iter_unpack(plain), strict=True)
        specs += [FilterSpec(*rest, *addresses) for rest, addresses in views]
        if len(specs) < count:
            specs.append(_read_spec(cursor, len(specs)))
    return specs


def _read_spec(cursor: Cursor, index: int) -> FilterSpec:
    name = f"filter {index}"
    texts = [cursor.text(name) for _text in range(3)]
    head = cursor.read(_SPEC_HEAD, name)
    addresses = cursor.read(_SPEC_ADDRESSES, name)
    return FilterSpec(*head, *cursor.read(_SPEC_REST, name), *addresses, *texts)


def encode_filter_list(filter_list: FilterListData, form: Form) -> bytes:
    """Return the bytes of the list; raise IpsecError for a second part in the older form."""
    specs = b"".join(map(_packed_spec, filter_list.specs))
    count = U32.pack(len(filter_list.specs))
    if form.counted:
        if filter_list.ranges:
            expected = "a filter list without address ranges, port ranges and IPv6"
            raise IpsecError("filter list", form.name, expected, "Choose the form of Windows Vista and later.")
        return FILTER_LIST_CLASS + U32.pack(len(specs) + U32.size) + count + specs + b"\0"
    return FILTER_LIST_CLASS + U32.pack(len(specs)) + count + specs + _packed_second_part(filter_list)


def _packed_second_part(filter_list: FilterListData) -> bytes:
    if not filter_list.ranges:
        return b""
    body = U32.pack(filter_list.count_override) + U32.pack(len(filter_list.ranges))
    body += b"".join(map(packed_range_spec, filter_list.ranges))
    return SECOND_PART + U32.pack(len(body)) + body


def _packed_spec(spec: FilterSpec) -> bytes:
    names: Iterable[str] = (spec.source_name, spec.destination_name, spec.description)
    addresses = (spec.source, spec.source_mask, spec.destination, spec.destination_mask, spec.tunnel)
    rest = (spec.protocol, spec.source_port, spec.destination_port, spec.is_tunnel, spec.special, spec.options)
    return (
        b"".join(map(packed_text, names))
        + _SPEC_HEAD.pack(spec.identity, spec.mirrored)
        + _SPEC_ADDRESSES.pack(*addresses)
        + _SPEC_REST.pack(*rest)
    )
