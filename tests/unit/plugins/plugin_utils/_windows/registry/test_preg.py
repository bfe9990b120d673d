# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Registry.pol: values, instructions, and damage with its offset."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from registry_files import preg

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import StoreError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.registry.keys import POLICY_ROOT
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.registry.preg import parse_policy_file

KEY = r"Software\Policies\Test"
HERE = rf"HKEY_LOCAL_MACHINE\{KEY}"
STORE = POLICY_ROOT.partition("\\")[2]
KEY_TEXT = "Purple-Elephant-7".encode("utf-16-le")


def text(value: str) -> bytes:
    return f"{value}\0".encode("utf-16-le")


def values(*records: tuple[str, str, int, bytes]) -> dict[str, object]:
    """Return the data of the test key by folded name."""
    return {name: value.data for name, value in parse_policy_file(preg(records))[HERE].values.items()}


def test_every_type_of_value() -> None:
    found = values(
        (KEY, "Text", 1, text("a;[b]\u00fc")),
        (KEY, "Path", 2, text("%a%")),
        (KEY, "Bytes", 3, b"\x01];"),
        (KEY, "Number", 4, struct.pack("<I", 7)),
        (KEY, "List", 7, text("a\0b\0")),
        (KEY, "Long", 11, struct.pack("<Q", 2**40)),
        (KEY, "Odd", 99, b"\xff"),
        (KEY, "None", 0, b""),
        (KEY, "", 1, text("default")),
    )
    assert found == {
        "text": "a;[b]\u00fc",
        "path": "%a%",
        "bytes": b"\x01];",
        "number": 7,
        "list": ("a", "b"),
        "long": 2**40,
        "odd": b"\xff",
        "none": b"",
        "": "default",
    }


def test_a_record_without_value_makes_its_key() -> None:
    assert values((KEY, "", 0, b"")) == {}


def test_the_later_record_counts_whatever_the_case_of_names() -> None:
    assert values((KEY.upper(), "A", 1, text("1")), (KEY, "a", 1, text("2"))) == {"a": "2"}


@pytest.mark.parametrize(
    ("name", "data", "left"),
    [
        ("**del.A", text(" "), {"b": "2"}),
        ("**Del.a", b"", {"b": "2"}),
        ("**DelVals.", text(" "), {}),
        ("**DeleteValues", text("a;B;c"), {}),
        ("**DeleteValues", text("b"), {"a": "1"}),
        ("**soft.A", text("3"), {"a": "1", "b": "2"}),
        ("**soft.c", text("3"), {"a": "1", "b": "2", "c": "3"}),
        ("**SecureKey", struct.pack("<I", 1), {"a": "1", "b": "2"}),
        ("**Comment:x", text("x"), {"a": "1", "b": "2"}),
    ],
)
def test_instructions_are_obeyed_in_their_order(name: str, data: bytes, left: dict[str, str]) -> None:
    kind = 4 if name == "**SecureKey" else 1
    records = [(KEY, "A", 1, text("1")), (KEY, "B", 1, text("2"))]
    assert values(*records, (KEY, name, kind, data)) == left
    assert values((KEY, name, kind, data), *records) == {"a": "1", "b": "2"} | ({"c": "3"} if "c" in left else {})


def test_keys_are_deleted_with_what_is_below() -> None:
    records = [(rf"{KEY}\{each}", "a", 1, text("1")) for each in ("One", r"One\Below", "Oneself", "Two")]
    found = parse_policy_file(preg([*records, (KEY, "**DeleteKeys", 1, text("one; two"))]))
    assert list(found) == [rf"{HERE}\Oneself"]


def test_an_unknown_instruction_is_left_out_with_a_finding() -> None:
    found = parse_policy_file(preg([(KEY, "**odd.A", 1, text("1")), (KEY, "a", 1, text("2"))]))
    assert len(found[HERE].values) == 1
    (finding,) = found.findings
    assert finding.startswith("The policy file has an unknown instruction before offset ")


def test_data_that_does_not_fit_its_type() -> None:
    """Outside the store it is nobody's matter here."""
    damaged = [(r"Software\Other", "n", 4, b"\1"), (KEY, "a", 1, text("1"))]
    found = parse_policy_file(preg(damaged))
    assert len(found.findings) == 1
    assert found[HERE].value("a")
    with pytest.raises(StoreError, match=r"^policy file, offset \d+ is '1 bytes': expected 4 bytes for REG_DWORD"):
        parse_policy_file(preg([(rf"{STORE}\Policy", "n", 4, b"\1")]))


@pytest.mark.parametrize(
    ("data", "offset"),
    [
        (b"", 0),
        (b"PRe", 0),
        (b"Preg\1\0\0\0", 0),
        (b"PReg", 4),
        (b"PReg\2\0\0\0", 4),
        (b"PReg\1\0\0\0x", 8),
        (b"PReg\1\0\0\0[\0a\0", 10),
    ],
)
def test_damage_says_where(data: bytes, offset: int) -> None:
    with pytest.raises(StoreError, match=f"^policy file, offset {offset} is "):
        parse_policy_file(data)


def test_a_file_that_was_cut_is_refused_at_every_place_and_shows_nothing() -> None:
    whole = preg([(KEY, "a", 1, text("1")), (rf"{STORE}\Policy", "ipsecData", 3, KEY_TEXT)])
    ends = {8, 8 + len(preg([(KEY, "a", 1, text("1"))])) - 8}
    for size in range(len(whole)):
        if size in ends:
            parse_policy_file(whole[:size])
            continue
        with pytest.raises(StoreError, match=r"^policy file, offset \d+ is ") as caught:
            parse_policy_file(whole[:size])
        assert "Purple" not in str(caught.value)
        assert caught.value.__cause__ is None


@given(st.binary(max_size=80))
def test_any_bytes_are_keys_or_a_refusal(data: bytes) -> None:
    for start in (b"", b"PReg\1\0\0\0", b"PReg\1\0\0\0[\0a\0\0\0;\0"):
        try:
            parse_policy_file(start + data)
        except StoreError as error:
            assert error.path.startswith("policy file, offset ")


NAMES = st.text(st.characters(codec="utf-16-le", exclude_characters="\0\\*"), min_size=1, max_size=8)


@given(st.lists(st.tuples(NAMES, NAMES, st.just(3), st.binary(max_size=9)), max_size=6))
def test_what_was_written_is_read(records: list[tuple[str, str, int, bytes]]) -> None:
    expected = {(key.casefold(), name.casefold()): data for key, name, _kind, data in records}
    found = parse_policy_file(preg(records), hive="HKEY_X")
    read = {
        (path.partition("\\")[2].casefold(), name): value.data
        for path, key in found.items()
        for name, value in key.values.items()
    }
    assert read == expected
