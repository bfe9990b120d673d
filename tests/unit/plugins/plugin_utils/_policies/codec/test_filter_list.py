# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter lists: both frames, every field at its offset, the second part, and speed; ``construct`` as the oracle."""

from __future__ import annotations

import struct
import time
from ipaddress import IPv4Address
from typing import Any

import construct as c
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError, StoreError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.filter_list import (
    FilterListData,
    FilterSpec,
    decode_filter_list,
    encode_filter_list,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.filter_range import (
    AddressData,
    PortData,
    RangeSpec,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.form import LEGACY, VISTA
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.rule import decode_rule, encode_rule
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import FilterList, Store
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._policies import strategies
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._policies.wire import image_of

pytestmark = pytest.mark.slow

HEAD = bytes.fromhex("b520dc80c82ed111a89e00a0248d3021")
SECOND = bytes.fromhex("3dcdfe3529ae73438a6ac5d8fab2fb08")
EMPTY = bytes.fromhex("020000000000")
IDENTITY = bytes(range(1, 17))

# Declared from MS-GPIPSEC 2.2.1.5.1 and 2.2.1.3 for the oracle; shares nothing with the codec.
TEXT = c.Prefixed(c.Int32ul, c.GreedyBytes)
REST: Any = c.GreedyBytes
END: Any = c.Terminated
SPEC = c.Struct(
    "source_name" / TEXT,
    "destination_name" / TEXT,
    "description" / TEXT,
    "identity" / c.Bytes(16),
    "mirrored" / c.Int32ul,
    "source" / c.Int32ub,
    "source_mask" / c.Int32ub,
    "destination" / c.Int32ub,
    "destination_mask" / c.Int32ub,
    "tunnel" / c.Int32ub,
    "protocol" / c.Int32ul,
    "source_port" / c.Int16ul,
    "destination_port" / c.Int16ul,
    "is_tunnel" / c.Int8ul,
    "special" / c.Int8ul,
    "options" / c.Int16ul,
)
LIST = c.Struct("class_id" / c.Bytes(16), "length" / c.Int32ul, "specs" / c.PrefixedArray(c.Int32ul, SPEC))
METHODS = c.PrefixedArray(c.Int32ul, c.Struct("kind" / c.Int32ul, "data" / c.Prefixed(c.Int32ul, c.GreedyBytes)))
RULE = c.Struct(
    "class_id" / c.Bytes(16),
    "counted"
    / c.Prefixed(
        c.Int32ul,
        c.Struct(
            "methods" / METHODS,
            "interface_type" / c.Int32ul,
            "interface_name" / TEXT,
            "tunnel_address" / c.Int32ub,
            "is_tunnel" / c.Int32ul,
            "is_active" / c.Int32ul,
            "tunnel_name" / TEXT,
            "end" / END,
        ),
    ),
    "rest" / REST,
)


def u32(*numbers: int) -> bytes:
    return struct.pack(f"<{len(numbers)}I", *numbers)


def spec_bytes() -> bytes:
    """One filter of 70 bytes with another value in every field."""
    return (
        EMPTY * 3
        + IDENTITY
        + u32(1)
        + bytes([10, 1, 2, 0, 255, 255, 255, 0, 192, 0, 2, 7, 255, 255, 255, 255, 10, 9, 8, 7])
        + u32(6)
        + struct.pack("<HH", 1025, 443)
        + bytes([0, 0x81, 3, 0])
    )


SPEC_RECORD = FilterSpec(
    identity=IDENTITY,
    mirrored=1,
    source=int(IPv4Address("10.1.2.0")),
    source_mask=0xFFFFFF00,
    destination=int(IPv4Address("192.0.2.7")),
    destination_mask=0xFFFFFFFF,
    tunnel=int(IPv4Address("10.9.8.7")),
    protocol=6,
    source_port=1025,
    destination_port=443,
    special=0x81,
    options=3,
)


def test_both_frames() -> None:
    spec = spec_bytes()
    assert len(spec) == 70
    counted = HEAD + u32(4 + 70, 1) + spec + b"\0"
    uncounted = HEAD + u32(70, 1) + spec
    for data, form in ((counted, LEGACY), (uncounted, VISTA)):
        assert decode_filter_list(data, "f") == FilterListData(specs=(SPEC_RECORD,))
        assert decode_filter_list(data, "f").notes == ()
        assert encode_filter_list(FilterListData(specs=(SPEC_RECORD,)), form) == data


def test_empty_lists() -> None:
    assert encode_filter_list(FilterListData(), VISTA) == HEAD + u32(0, 0)
    assert encode_filter_list(FilterListData(), LEGACY) == HEAD + u32(4, 0) + b"\0"
    for form in (LEGACY, VISTA):
        assert decode_filter_list(encode_filter_list(FilterListData(), form), "f").notes == ()


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (HEAD + u32(0, 1) + spec_bytes(), "has a length field that does not fit its contents"),
        (HEAD + u32(70, 1) + spec_bytes() + b"\0", "does not end behind its last filter"),
        (HEAD + u32(74, 1) + spec_bytes(), "does not end in one zero byte"),
    ],
)
def test_odd_frames_are_read_by_their_count(data: bytes, note: str) -> None:
    found = decode_filter_list(data, "f")
    assert found == FilterListData(specs=(SPEC_RECORD,))
    assert found.notes == (note,)


def range_bytes() -> bytes:
    return (
        EMPTY * 3
        + IDENTITY
        + u32(1, 8, 3)
        + bytes(32)
        + u32(2, 1)
        + bytes([10, 0, 0, 20]).ljust(16, b"\0")
        + bytes([10, 0, 0, 29]).ljust(16, b"\0")
        + struct.pack("<IHH", 2, 1024, 2048)
        + struct.pack("<IHH", 1, 443, 0)
        + u32(6, 8)
    )


RANGE_RECORD = RangeSpec(
    identity=IDENTITY,
    source=AddressData(kind=8, version=3),
    destination=AddressData(
        kind=2, version=1, first=bytes([10, 0, 0, 20]).ljust(16, b"\0"), second=bytes([10, 0, 0, 29]).ljust(16, b"\0")
    ),
    source_ports=PortData(kind=2, first=1024, last=2048),
    destination_ports=PortData(kind=1, first=443),
    protocol=6,
    flags=8,
)


def test_second_part() -> None:
    item = range_bytes()
    assert len(item) == 142
    data = HEAD + u32(70, 1) + spec_bytes() + SECOND + u32(8 + 142, 1, 1) + item
    expected = FilterListData(specs=(SPEC_RECORD,), ranges=(RANGE_RECORD,), count_override=1)
    assert decode_filter_list(data, "f") == expected
    assert decode_filter_list(data, "f").notes == ()
    assert encode_filter_list(expected, VISTA) == data
    assert decode_filter_list(data + b"\0", "f").notes == ("does not end behind its last filter",)
    # One stray byte before the mark is tolerated.
    assert decode_filter_list(data.replace(SECOND, b"\0" + SECOND), "f") == expected
    with pytest.raises(IpsecError, match="without address ranges"):
        encode_filter_list(expected, LEGACY)


def test_count_override_limits_the_first_part() -> None:
    spec = spec_bytes()
    data = HEAD + u32(140, 2) + spec + spec + SECOND + u32(8, 1, 0)
    found = decode_filter_list(data, "f")
    assert len(found.specs) == 2
    assert found.counting == (SPEC_RECORD,)
    assert FilterListData(specs=found.specs).counting == found.specs


def test_count_override_may_exceed_the_count() -> None:
    spec = spec_bytes()
    data = HEAD + u32(140, 1) + spec + spec + SECOND + u32(8, 2, 0)
    assert decode_filter_list(data, "f").counting == (SPEC_RECORD, SPEC_RECORD)
    with pytest.raises(StoreError, match="at most 2"):
        decode_filter_list(data[:-8] + u32(3, 0), "f")


@pytest.mark.parametrize("count", [2, 1000, 0xFFFFFFFF])
def test_counts_beyond_the_data_are_refused(count: int) -> None:
    with pytest.raises(StoreError, match=r"number of filters|filter 1"):
        decode_filter_list(HEAD + u32(70, count) + spec_bytes(), "f")


def test_ten_thousand_filters_in_linear_time() -> None:
    spec = spec_bytes()

    def seconds(count: int) -> float:
        data = HEAD + u32(70 * count, count) + spec * count
        start = time.perf_counter()
        assert len(decode_filter_list(data, "f").specs) == count
        return time.perf_counter() - start

    small, large = min(seconds(2_000) for _run in range(3)), min(seconds(10_000) for _run in range(3))
    assert large < 1
    assert large < 5 * small * 3


@given(found=strategies.filter_lists(modern=False))
def test_construct_reads_filter_lists_alike(found: FilterList) -> None:
    image = image_of(Store(filter_lists=(found,)), VISTA)
    data = image.key("ipsecFilter")["ipsecData"][1]
    assert isinstance(data, bytes)
    oracle = LIST.parse(data)
    ours = decode_filter_list(data, "f")
    assert oracle.class_id == HEAD
    assert oracle.length == len(data) - 24
    for theirs, spec in zip(oracle.specs, ours.specs, strict=True):
        for name in ("source_name", "destination_name", "description"):
            assert theirs[name].decode("utf-16-le").rstrip("\0") == getattr(spec, name)
        for field in SPEC.subcons[3:]:
            assert theirs[field.name] == getattr(spec, field.name), field.name
    assert LIST.build(oracle) == data == encode_filter_list(ours, VISTA)


@given(found=strategies.stores(modern=False), legacy=st.booleans())
def test_construct_reads_rules_alike(found: Store, legacy: bool) -> None:
    form = LEGACY if legacy else VISTA
    for path, values in image_of(found, form).keys.items():
        data = values.get("ipsecData", ("", b""))[1]
        if "ipsecNFA" not in path or not isinstance(data, bytes):
            continue
        oracle = RULE.parse(data)
        ours = decode_rule(data, "r")
        inner = oracle.counted
        assert [each.kind for each in inner.methods] == [each.kind for each in ours.authentication]
        for name in ("interface_type", "is_tunnel", "is_active"):
            assert inner[name] == getattr(ours, name)
        assert IPv4Address(inner.tunnel_address) == ours.tunnel_address
        assert (oracle.rest == b"\0") == legacy
        assert RULE.build(oracle) == data == encode_rule(ours, form)
