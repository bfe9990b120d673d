# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The binary values against bytes of real stores (directory defaults, Windows 10 and 11) and documented offsets."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address
from uuid import UUID

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError, StoreError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.secret import Secret
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.cursor import Cursor
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.filter_action import (
    Algorithm,
    FilterActionData,
    Offer,
    decode_filter_action,
    encode_filter_action,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.form import LEGACY, VISTA
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.main_mode import (
    MainModeData,
    MainModeOffer,
    decode_main_mode,
    encode_main_mode,
    offer_for,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.policy import (
    PolicyData,
    decode_policy,
    encode_policy,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.rule import (
    AuthenticationData,
    RuleData,
    decode_rule,
    encode_rule,
    is_version_object,
)

POLICY = bytes.fromhex("632120224c4fd111863b00a0248d302104000000302a000000")
RULE = bytes.fromhex(
    "00acbb118d49d111863900a0248d3021"
    "2a000000"
    "01000000"
    "05000000"
    "02000000"
    "0000"
    "fdffffff"
    "02000000"
    "0000"
    "00000000"
    "00000000"
    "01000000"
    "02000000"
    "0000"
    "00"
)
RULE_EXTENDED = RULE[:-1] + bytes.fromhex(
    "0101010101010101010101010101010101000000050000000000000001010101010101010101010101010102010000000000000000"
)
ACTION_HEAD = bytes.fromhex("b920dc80c82ed111a89e00a0248d3021")
MAIN_MODE_HEAD = bytes.fromhex("b820dc80c82ed111a89e00a0248d3021")


def u32(*numbers: int) -> bytes:
    return struct.pack(f"<{len(numbers)}I", *numbers)


def test_policy_vector() -> None:
    assert decode_policy(POLICY, "p") == PolicyData(polling_seconds=10800)
    assert decode_policy(POLICY, "p").notes == ()
    assert encode_policy(PolicyData(polling_seconds=10800), LEGACY) == POLICY
    assert encode_policy(PolicyData(polling_seconds=10800), VISTA) == POLICY


def test_rule_vectors() -> None:
    kerberos = RuleData(authentication=(AuthenticationData(kind=5),))
    assert len(RULE) == 63
    assert len(RULE_EXTENDED) == 115
    for data, form in ((RULE, LEGACY), (RULE_EXTENDED, VISTA)):
        assert decode_rule(data, "r") == kerberos
        assert decode_rule(data, "r").notes == ()
        assert encode_rule(kerberos, form) == data


def patched(data: bytes, offset: int, part: bytes) -> bytes:
    return data[:offset] + part + data[offset + len(part) :]


@pytest.mark.parametrize(
    ("offset", "name", "value"),
    [(34, "interface_type", 0xFFFFFFFE), (48, "is_tunnel", 1), (52, "is_active", 7)],
)
def test_rule_offsets(offset: int, name: str, value: int) -> None:
    assert getattr(decode_rule(patched(RULE, offset, u32(value)), "r"), name) == value


def test_rule_tunnel_address_is_in_network_order() -> None:
    rule = decode_rule(patched(RULE, 44, bytes([10, 1, 2, 3])), "r")
    assert rule.tunnel_address == IPv4Address("10.1.2.3")
    assert encode_rule(rule, LEGACY) == patched(RULE, 44, bytes([10, 1, 2, 3]))


def test_rule_key_is_clear_text_in_both_sections_and_hidden_in_the_record() -> None:
    text = "Opal".encode("utf-16-le") + b"\0\0"
    main = u32(1, 1, 10) + text
    body = main + bytes.fromhex("fdffffff020000000000") + bytes(4) + u32(0, 1) + bytes.fromhex("020000000000")
    second = b"\1" * 16 + u32(1, 1, 10) + text
    flags = b"\1" * 15 + b"\2" + u32(1, 0)
    data = RULE[:16] + u32(len(body)) + body + second + flags + b"\0"
    rule = decode_rule(data, "r")
    assert rule == RuleData(authentication=(AuthenticationData(kind=1, credential=Secret("Opal")),))
    assert "Opal" not in repr(rule)
    assert encode_rule(rule, VISTA) == data


def test_rule_certificate_flags_and_ipv6_tunnel() -> None:
    rule = RuleData(
        authentication=(
            AuthenticationData(kind=5),
            AuthenticationData(kind=3, credential="OU=Trust, CN=Root", flags=2),
        ),
        tunnel_ipv6=IPv6Address("2001:db8::1"),
        is_tunnel=1,
    )
    data = encode_rule(rule, VISTA)
    assert data[-33:-17] == b"\1" * 15 + b"\3"
    assert data[-17:-1] == IPv6Address("2001:db8::1").packed
    assert data[-45:-33] == u32(2, 0, 2)
    assert decode_rule(data, "r") == rule
    for part in (
        RuleData(authentication=rule.authentication),
        RuleData(authentication=(), tunnel_ipv6=rule.tunnel_ipv6),
    ):
        with pytest.raises(IpsecError, match="expected a rule without certificate options"):
            encode_rule(part, LEGACY)


def test_rule_keeps_a_second_section_that_differs() -> None:
    data = patched(RULE_EXTENDED, 62 + 16 + 4, u32(1))  # Kerberos becomes an empty key
    rule = decode_rule(data, "r")
    assert rule.second_section == (AuthenticationData(kind=1, credential=Secret("")),)
    assert decode_rule(RULE_EXTENDED, "r").second_section is None


def test_rule_remarks_on_flags_for_another_number_of_methods() -> None:
    data = RULE_EXTENDED[:-9] + u32(2, 0, 1) + b"\0"
    assert decode_rule(data, "r").notes == ("has flags for another number of authentication methods",)


def test_rule_with_the_first_block_only() -> None:
    assert decode_rule(RULE_EXTENDED[:-25] + b"\0", "r") == decode_rule(RULE, "r")


def test_version_object_is_no_rule() -> None:
    version = UUID("6A1F5C6F-72B7-11D2-ACF0-0060B0ECCA17").bytes_le + u32(80, 0x10000, 0x36A66006)
    assert is_version_object(version)
    assert not is_version_object(RULE)
    assert not is_version_object(b"")


def method(
    encryption: int, hashing: int, group: int, random: int = 0, limits: tuple[int, int, int] = (0, 0, 0)
) -> bytes:
    return (
        bytes(4)
        + u32(encryption, 64, 8, hashing, 64, 0)
        + bytes(8)
        + bytes([random])
        + bytes(7)
        + u32(group, *limits)
        + bytes(4)
    )


def main_mode_bytes(*methods: bytes, header: bytes = bytes(60)) -> bytes:
    body = header + u32(len(methods)) + b"".join(methods)
    return MAIN_MODE_HEAD + u32(64 + 64 * len(methods)) + body + b"\0"


def test_main_mode_layout() -> None:
    instance = UUID("72385231-70FA-11D1-864C-14A300000000")
    header = instance.bytes_le + u32(0, 1, 3) + bytes([4, 1, 0, 2]) + u32(9, 28800) + bytes(20)
    data = main_mode_bytes(method(3, 2, 2, limits=(5, 6, 7)), method(1, 1, 1), header=header)
    expected = MainModeData(
        instance=instance,
        master_pfs=1,
        options=3,
        first_offers=(4, 1, 0, 2),
        quick_modes=9,
        lifetime_seconds=28800,
        offers=(
            MainModeOffer(encryption=3, integrity=2, group=2, quick_modes=5, lifetime_kilobytes=6, lifetime_seconds=7),
            MainModeOffer(encryption=1, integrity=1, group=1),
        ),
    )
    assert len(data) == 85 + 64 * 2
    assert decode_main_mode(data, "m") == expected
    assert decode_main_mode(data, "m").leading == (4, 1)
    for form in (LEGACY, VISTA):
        assert encode_main_mode(expected, form) == data


def test_main_mode_random_function_overrides_the_method() -> None:
    # netsh writes 3DES-SHA1-3 as a second 3DES-SHA1-2 with random function 4.
    data = decode_main_mode(main_mode_bytes(method(3, 2, 2), method(3, 2, 2, random=4)), "m")
    assert [offer.algorithms for offer in data.offers] == [(3, 2, 2), (3, 2, 0x10000001)]
    assert data.notes == ()


@pytest.mark.parametrize(("code", "encryption", "hashing"), [(1, 1, 1), (2, 1, 2), (3, 3, 1), (4, 3, 2)])
def test_main_mode_codes_of_group_14(code: int, encryption: int, hashing: int) -> None:
    vista = offer_for(encryption, hashing, 0x10000001, 60, VISTA)
    assert (vista.random_function, vista.group) == (code, 2)
    assert vista.algorithms == (encryption, hashing, 0x10000001)
    legacy = offer_for(encryption, hashing, 0x10000001, 60, LEGACY)
    assert (legacy.random_function, legacy.group) == (0, 0x10000001)


def test_main_mode_ignores_pads() -> None:
    clean = method(3, 2, 2, limits=(0, 0, 28800))
    dirty = bytearray(clean)
    for start, stop in ((2, 4), (8, 16), (20, 28), (28, 36), (37, 44), (60, 64)):
        dirty[start:stop] = b"\xcd" * (stop - start)
    header = bytes(60)
    dirty_header = bytes(16) + b"\xcd" * 4 + bytes(20) + b"\xcd" * 20
    assert decode_main_mode(main_mode_bytes(bytes(dirty), header=dirty_header), "m") == decode_main_mode(
        main_mode_bytes(clean, header=header), "m"
    )


def offer(
    seconds: int, kilobytes: int, *algorithms: tuple[int, int, int], pfs: int = 0, keys: tuple[int, int]
) -> bytes:
    head = u32(seconds, kilobytes, 0, pfs, len(algorithms))
    return (head + b"".join(u32(*each, *keys) for each in algorithms)).ljust(80, b"\0")


@pytest.mark.parametrize(("form", "keys"), [(LEGACY, (64, 8)), (VISTA, (0, 0))], ids=["legacy", "vista"])
def test_filter_action_layout(form: object, keys: tuple[int, int]) -> None:
    parts = [
        offer(900, 100000, (1, 0, 1), (3, 2, 2), pfs=1, keys=keys),
        offer(300, 7, (2, 0, 1), keys=keys),
        bytes(80),
    ]
    data = ACTION_HEAD + u32(4 + 80 * 3, 3) + b"".join(parts) + b"\0"
    expected = FilterActionData(
        offers=(
            Offer(
                lifetime_seconds=900,
                lifetime_kilobytes=100000,
                pfs=1,
                algorithms=(
                    Algorithm(operation=1, algorithm=1),
                    Algorithm(operation=2, algorithm=3, integrity=2),
                ),
            ),
            Offer(lifetime_seconds=300, lifetime_kilobytes=7, algorithms=(Algorithm(operation=1, algorithm=2),)),
            Offer(),
        )
    )
    assert decode_filter_action(data, "a") == expected
    assert decode_filter_action(data, "a").notes == ()
    assert expected.allows_clear
    assert not FilterActionData(offers=expected.offers[:2]).allows_clear
    assert encode_filter_action(expected, form) == data  # type: ignore[arg-type]


def test_filter_action_without_offers_has_25_bytes() -> None:
    data = ACTION_HEAD + u32(4, 0) + b"\0"
    assert decode_filter_action(data, "a") == FilterActionData()
    assert encode_filter_action(FilterActionData(), VISTA) == data


def test_filter_action_ignores_rubbish_in_slots_that_are_not_counted() -> None:
    clean = offer(900, 1, (3, 2, 2), keys=(64, 8))
    dirty = clean[:40] + b"\xcd" * 40
    soft = b"\xcd" * 16 + u32(0) + b"\xcd" * 60
    data = decode_filter_action(ACTION_HEAD + u32(4 + 160, 2) + dirty + soft + b"\0", "a")
    assert data == decode_filter_action(ACTION_HEAD + u32(4 + 160, 2) + clean + bytes(80) + b"\0", "a")
    assert encode_filter_action(data, LEGACY)[24:104] == clean


def test_filter_action_with_four_algorithms_is_refused() -> None:
    data = ACTION_HEAD + u32(84, 1, 0, 0, 0, 0, 4) + bytes(61)
    with pytest.raises(StoreError, match=r"number of algorithms of offer 0 at byte 44 .*at most 3"):
        decode_filter_action(data, "a")


@pytest.mark.parametrize(
    ("decode", "data"),
    [
        (decode_policy, POLICY),
        (decode_rule, RULE),
        (decode_rule, RULE_EXTENDED),
        (decode_main_mode, main_mode_bytes(method(3, 2, 2))),
        (decode_filter_action, ACTION_HEAD + u32(4, 0) + b"\0"),
    ],
)
def test_frames(decode: object, data: bytes) -> None:
    """The length field and the tail are only remarked on; the class decides."""
    for length in (1, 0xFFFF):
        wrong_length = patched(data, 16, u32(length))
        assert decode(wrong_length, "x").notes == ("has a length field that does not fit its contents",)  # type: ignore[operator]
    for tail in (data[:-1], data + b"\0", data[:-1] + b"\1"):
        assert decode(tail, "x").notes == ("does not end in one zero byte",)  # type: ignore[operator]
    with pytest.raises(StoreError, match="expected the class of the key's name"):
        decode(b"\xff" + data[1:], "x")  # type: ignore[operator]


@pytest.mark.parametrize(
    ("decode", "data"),
    [
        (decode_rule, RULE[:20] + u32(0xFFFFFFFF)),
        (decode_rule, RULE[:20] + u32(1, 1, 0xFFFFFFFE)),
        (decode_main_mode, MAIN_MODE_HEAD + u32(64) + bytes(60) + u32(0x10000000)),
        (decode_filter_action, ACTION_HEAD + u32(4, 0x7FFFFFFF)),
    ],
)
def test_counts_and_lengths_are_bounded(decode: object, data: bytes) -> None:
    with pytest.raises(StoreError):
        decode(data + bytes(20), "x")  # type: ignore[operator]


def test_strings() -> None:
    assert Cursor(u32(0), "x").text("t") == ""
    assert Cursor(u32(6) + "ab".encode("utf-16-le") + b"\0\0", "x").text("t") == "ab"
    assert Cursor(u32(4) + "ab".encode("utf-16-le"), "x").text("t") == "ab"
    for raw in (u32(3) + b"abc", u32(2) + b"\x00\xd8", u32(8) + b"ab"):
        with pytest.raises(StoreError):
            Cursor(raw, "x").text("t")


def test_refusals_name_object_field_and_offset_but_no_data() -> None:
    secret = RULE[:20] + u32(1, 1, 40) + "Hidden".encode("utf-16-le")
    with pytest.raises(StoreError) as caught:
        decode_rule(secret, "ipsecnfa{1}")
    assert str(caught.value).startswith(
        "ipsecnfa{1}: authentication method 0 at byte 32 is 'cut off with 12 bytes left'"
    )
    assert "Hidden" not in str(caught.value)
