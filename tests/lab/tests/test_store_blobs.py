# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's blob codec against bytes of real stores, and against itself."""

from __future__ import annotations

import struct
import uuid
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from winlab import Host
from winlab.netsh.talk import static
from winlab.store import policy_store
from winlab.store.action_blob import decode_offers, encode_offers
from winlab.store.filter_blob import append, decode_filters, encode_filters, encode_spec
from winlab.store.filter_blob_v2 import encode_v2
from winlab.store.model import (
    HOST_MASK,
    Algorithm,
    Authentication,
    AuthType,
    Connection,
    Filter,
    MainMode,
    MainModeMethod,
    Offer,
    RuleBody,
    Side,
    SideKind,
)
from winlab.store.policy_blob import decode_main_mode, decode_policy, encode_main_mode, encode_policy
from winlab.store.rule_blob import decode_rule, encode_rule
from winlab.store.text_field import BlobError
from winlab.versions import VERSIONS, Frame, WindowsVersion

OLD, NEW = VERSIONS["2003"], VERSIONS["2016"]
ME = Side(SideKind.ME, mask=HOST_MASK)
ANY = Side(SideKind.ANY)

# Bytes seen in real stores: Active Directory defaults and exports of Windows 10 and 11.
POLICY = "63212022 4c4fd111 863b00a0 248d3021 04000000 302a0000 00"
RULE_HEAD = (
    "00acbb11 8d49d111 863900a0 248d3021 2a000000 01000000 05000000 02000000 0000 fdffffff"
    "02000000 0000 00000000 00000000 01000000 02000000 0000"
)
RULE_EXTENSIONS = (
    "01010101 01010101 01010101 01010101 01000000 05000000 00000000"
    "01010101 01010101 01010101 01010102 01000000 00000000"
)


def test_policy_bytes() -> None:
    assert encode_policy(10800) == bytes.fromhex(POLICY)
    assert decode_policy(bytes.fromhex(POLICY)) == 10800
    assert decode_policy(encode_policy(0)) == 10800


@pytest.mark.parametrize(
    ("version", "text", "size"),
    [(OLD, RULE_HEAD + "00", 63), (NEW, RULE_HEAD + RULE_EXTENSIONS + "00", 115)],
    ids=["without extensions", "with extensions"],
)
def test_rule_bytes(version: WindowsVersion, text: str, size: int) -> None:
    rule = RuleBody((Authentication(AuthType.KERBEROS),))
    blob = encode_rule(rule, version)
    assert len(blob) == size
    assert blob == bytes.fromhex(text)
    assert decode_rule(blob) == rule


def test_pre_shared_key_stands_in_both_sections() -> None:
    rule = RuleBody((Authentication(AuthType.PSK, "geheim"),))
    wide = "geheim\0".encode("utf-16-le")
    assert encode_rule(rule, OLD).count(wide) == 1
    assert encode_rule(rule, NEW).count(wide) == 2
    assert "geheim" not in repr(rule)


def test_ipv6_tunnel_uses_its_own_block() -> None:
    rule = RuleBody((Authentication(AuthType.KERBEROS),), tunnel=IPv6Address("2001:db8::1"))
    blob = encode_rule(rule, NEW)
    assert blob[:-1].endswith(b"\x01" * 15 + b"\x03" + IPv6Address("2001:db8::1").packed)
    assert decode_rule(blob) == rule


def test_frames() -> None:
    one = Filter(ME, ANY)
    spec = encode_spec(one)
    assert len(spec) == 70
    old, new = encode_filters([one, one], Frame.A), encode_filters([one, one], Frame.B)
    assert struct.unpack_from("<II", old, 16) == (144, 2)
    assert struct.unpack_from("<II", new, 16) == (140, 2)
    assert old == new[:16] + struct.pack("<I", 144) + new[20:] + b"\0"
    assert encode_filters([], Frame.B)[16:] == bytes(8)
    assert encode_filters([], Frame.A)[16:] == bytes.fromhex("04000000 00000000 00")


def test_filter_bytes() -> None:
    one = Filter(
        ME, Side(SideKind.ADDRESS, IPv4Address("10.1.2.0"), 0xFFFFFF00), 6, 0, 443, True, guid=uuid.UUID(int=1)
    )
    fixed = encode_spec(one)[18:]
    assert fixed == bytes.fromhex(
        "00000000 0000 0000 00000000 00000001 01000000 00000000 ffffffff 0a010200 ffffff00 00000000 06000000 0000 bb01"
        "00 00 0000"
    )


@pytest.mark.parametrize(
    ("kind", "number"), [(SideKind.DNS, 1), (SideKind.WINS, 2), (SideKind.DHCP, 3), (SideKind.GATEWAY, 4)]
)
def test_server_types(kind: SideKind, number: int) -> None:
    assert encode_spec(Filter(Side(kind), ME))[-3] == number
    assert encode_spec(Filter(ME, Side(kind)))[-3] == number | 0x80


def test_version_2_specification() -> None:
    wide = Side(SideKind.RANGE, IPv4Address("10.0.0.1"), last=IPv4Address("10.0.0.9"))
    one = Filter(ME, wide)
    assert len(encode_v2(one)) == 142
    blob = encode_filters([one], Frame.B)
    assert struct.unpack_from("<II", blob, 16) == (0, 0)
    assert struct.unpack_from("<III", blob, 40) == (8 + 142, 0, 1)
    assert blob[24:40] == uuid.UUID("35FECD3D-AE29-4373-8A6A-C5D8FAB2FB08").bytes_le


def test_group_2048_in_both_forms() -> None:
    mode = MainMode((MainModeMethod(3, 2, 2), MainModeMethod(3, 2, 3)))
    new = encode_main_mode(mode, uuid.UUID(int=0), NEW)
    old = encode_main_mode(mode, uuid.UUID(int=0), OLD)
    second = 84 + 64
    # One byte overrides the three fields, which keep saying 3DES, SHA1 and group 2.
    assert new[84 + 36] == 0
    assert new[second + 36] == 4
    assert struct.unpack_from("<I", new, second + 44) == (2,)
    assert old[second + 36] == 0
    assert struct.unpack_from("<I", old, second + 44) == (0x10000001,)
    assert struct.unpack_from("<I", new, 56) == (28800,)
    assert struct.unpack_from("<I", old, 56) == (0,)
    assert struct.unpack_from("<I", old, second + 56) == (28800,)
    assert len(new) == len(old) == 85 + 128
    assert struct.unpack_from("<6I", new, 88) == (3, 64, 8, 2, 64, 0)
    assert decode_main_mode(new) == decode_main_mode(old) == mode


def test_new_dh_bytes_come_before_the_methods() -> None:
    blob = bytearray(encode_main_mode(MainMode((MainModeMethod(1, 1, 1),)), uuid.UUID(int=0), NEW))
    blob[48:52] = bytes([4, 1, 0, 3])
    methods = decode_main_mode(bytes(blob)).methods
    assert methods == (MainModeMethod(3, 2, 3), MainModeMethod(1, 1, 3), MainModeMethod(1, 1, 1))


def test_key_lengths_of_offers_by_version() -> None:
    offer = Offer((Algorithm(2, 3, 2),), 900, 100000)
    assert struct.unpack_from("<II", encode_offers((offer,), OLD), 24 + 32) == (64, 8)
    assert struct.unpack_from("<II", encode_offers((offer,), NEW), 24 + 32) == (0, 0)
    assert encode_offers((), NEW)[16:] == bytes.fromhex("04000000 00000000 00")


texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
v4 = st.integers(1, 0xFFFFFFFF).map(IPv4Address)
v6 = st.integers(1, (1 << 128) - 1).map(IPv6Address)
masks = st.integers(1, 32).map(lambda prefix: (HOST_MASK << (32 - prefix)) & HOST_MASK)
hosts = st.builds(Side, st.just(SideKind.ADDRESS), v4, masks)
plain = st.one_of(st.just(ME), st.just(ANY), hosts)
servers = st.sampled_from([SideKind.DNS, SideKind.WINS, SideKind.DHCP, SideKind.GATEWAY]).map(Side)
ranges = st.tuples(v4, v4).map(lambda pair: Side(SideKind.RANGE, min(pair), last=max(pair)))
six = st.one_of(
    st.builds(Side, st.just(SideKind.ADDRESS), v6, st.integers(1, 128)),
    st.tuples(v6, v6).map(lambda pair: Side(SideKind.RANGE, min(pair), last=max(pair))),
)
old_sides = st.one_of(st.tuples(plain, plain), st.tuples(servers, st.just(ME)), st.tuples(st.just(ME), servers))
new_sides = st.one_of(old_sides, st.tuples(ranges, plain), st.tuples(plain, ranges), st.tuples(st.just(ANY), six))


def _filters(sides: st.SearchStrategy[tuple[Side, Side]]) -> st.SearchStrategy[list[Filter]]:
    rest = st.tuples(
        st.integers(0, 255),
        st.integers(0, 65535),
        st.integers(0, 65535),
        st.booleans(),
        texts,
        texts,
        texts,
        st.uuids(),
    )
    return st.lists(st.tuples(sides, rest).map(lambda pair: Filter(*pair[0], *pair[1])), max_size=4)


@given(_filters(old_sides), st.sampled_from(Frame))
def test_filters_round_trip(filters: list[Filter], frame: Frame) -> None:
    assert decode_filters(encode_filters(filters, frame)) == tuple(filters)


@given(_filters(new_sides))
def test_filters_of_both_specifications_round_trip(filters: list[Filter]) -> None:
    in_order = [one for one in filters if not one.needs_v2] + [one for one in filters if one.needs_v2]
    assert decode_filters(encode_filters(filters, Frame.B)) == tuple(in_order)


@given(_filters(old_sides), st.sampled_from(Frame))
def test_appending_equals_encoding_at_once(filters: list[Filter], frame: Frame) -> None:
    blob = encode_filters([], frame)
    for one in filters:
        blob = append(blob, encode_spec(one), frame)
    assert blob == encode_filters(filters, frame)


authentications = st.one_of(
    st.just(Authentication(AuthType.KERBEROS)),
    st.builds(Authentication, st.just(int(AuthType.PSK)), texts),
    st.builds(Authentication, st.just(int(AuthType.CERTIFICATE)), texts, st.integers(0, 3)),
)


@given(
    st.lists(authentications, max_size=4).map(tuple),
    st.sampled_from([int(each) for each in Connection]),
    st.one_of(st.none(), v4, v6),
    st.booleans(),
)
def test_rules_round_trip(
    methods: tuple[Authentication, ...], connection: int, tunnel: IPv4Address | IPv6Address | None, active: bool
) -> None:
    rule = RuleBody(methods, connection, tunnel, active)
    assert decode_rule(encode_rule(rule, NEW)) == rule


algorithms = st.builds(Algorithm, st.integers(1, 2), st.integers(1, 3), st.integers(0, 2))
numbers = st.integers(0, 0xFFFFFFFF)
offers = st.builds(Offer, st.lists(algorithms, max_size=3).map(tuple), numbers, numbers, st.booleans())


@given(st.lists(offers, max_size=5).map(tuple), st.sampled_from([OLD, NEW]))
def test_offers_round_trip(some: tuple[Offer, ...], version: WindowsVersion) -> None:
    assert decode_offers(encode_offers(some, version)) == some


main_methods = st.builds(MainModeMethod, st.sampled_from([1, 3]), st.sampled_from([1, 2]), st.sampled_from([1, 2, 3]))
modes = st.builds(
    MainMode,
    st.lists(main_methods, min_size=1, max_size=5).map(tuple),
    st.integers(1, 0xFFFFFFFF),
    numbers,
    st.booleans(),
    st.integers(0, 3),
)


@given(modes, st.sampled_from([OLD, NEW]), st.uuids())
def test_main_mode_round_trip(mode: MainMode, version: WindowsVersion, instance: uuid.UUID) -> None:
    blob = encode_main_mode(mode, instance, version)
    assert decode_main_mode(blob) == mode
    assert blob[20:36] == instance.bytes_le


@given(_filters(old_sides), st.sampled_from(Frame), st.just(0) | st.integers(0, 0xFFFFFFFF))
def test_filters_are_read_by_their_counts(filters: list[Filter], frame: Frame, length: int) -> None:
    """A list that somebody put together by hand had zero in the length field."""
    blob = encode_filters(filters, frame)
    assert decode_filters(blob[:16] + length.to_bytes(4, "little") + blob[20:]) == tuple(filters)


@given(st.sampled_from([OLD, NEW]), st.just(0) | st.integers(0, 0xFFFFFFFF))
def test_rules_are_read_by_their_counts(version: WindowsVersion, length: int) -> None:
    rule = RuleBody((Authentication(AuthType.PSK, "secret"), Authentication(AuthType.KERBEROS)))
    blob = encode_rule(rule, version)
    assert decode_rule(blob[:16] + length.to_bytes(4, "little") + blob[20:]) == rule


@pytest.mark.parametrize("version", ["2003", "2016"])
def test_a_list_with_an_odd_frame_is_shown_and_grows(version: str) -> None:
    host = Host.create("h", version)
    other = Frame.B if host.version.frame is Frame.A else Frame.A
    right = encode_filters([Filter(ME, ANY)], host.version.frame)
    for blob in (right[:16] + bytes(4) + right[20:], encode_filters([Filter(ME, ANY)], other)):
        static(host, "add filterlist L")
        key = policy_store(host).filter_lists.require("L")
        policy_store(host).objects.write(key, blob)
        assert "ERR" not in static(host, "show filterlist L level=verbose")[0]
        assert static(host, "add filter L me 192.0.2.1") == [""]
        data = policy_store(host).objects.data(key)
        assert data is not None
        assert [one.destination.kind for one in decode_filters(data)] == [SideKind.ANY, SideKind.ADDRESS]
        # What netsh wrote itself is as it should be.
        assert data == encode_filters(decode_filters(data), host.version.frame)
        assert static(host, "delete filterlist L") == [""]


@settings(max_examples=3 * settings.default.max_examples)
@given(st.data())
def test_cut_blobs_are_refused(data: st.DataObject) -> None:
    wide = Side(SideKind.RANGE, IPv4Address("10.0.0.1"), last=IPv4Address("10.0.0.9"))
    blob, decode = data.draw(
        st.sampled_from(
            [
                (encode_policy(10800), decode_policy),
                (encode_main_mode(MainMode((MainModeMethod(3, 2, 3),)), uuid.UUID(int=0), NEW), decode_main_mode),
                (encode_offers((Offer((Algorithm(1, 2),)),), NEW), decode_offers),
                (encode_filters([Filter(ME, ANY)], Frame.B), decode_filters),
                (encode_filters([Filter(ME, wide)], Frame.B), decode_filters),
                (encode_rule(RuleBody((Authentication(AuthType.KERBEROS),)), NEW), decode_rule),
            ]
        )
    )
    # 24 bytes of a list without version 1 filters are an empty list, and nothing is wrong with that.
    size = data.draw(st.integers(0, len(blob) - 1).filter(lambda size: size != 24))
    with pytest.raises(BlobError):
        decode(blob[:size])
