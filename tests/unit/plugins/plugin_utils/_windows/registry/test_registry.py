# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Registry text: the columns of reg.exe 5 and 6, the files of the registry editor, and everything that is neither."""

from __future__ import annotations

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import StoreError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.registry.keys import Keys, Value
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.registry.query import (
    lists_key,
    parse_answer,
    parse_export,
    parse_query,
)

KEY = r"HKEY_LOCAL_MACHINE\SOFTWARE\Test"


def one(text: str, name: str) -> object:
    """Return the data of one value below the test key of query output."""
    value = parse_query(f"\r\n{KEY}\r\n{text}\r\n")[KEY].value(name)
    assert value is not None
    return value.data


@pytest.mark.parametrize(
    ("line", "data"),
    [
        ("    n    REG_SZ    text", "text"),
        ("    n    REG_SZ      two blanks at both ends  ", "  two blanks at both ends  "),
        ("    n    REG_SZ    ", ""),
        ("    n    REG_SZ", ""),
        ("    n    REG_SZ    a    REG_DWORD    0x1", "a    REG_DWORD    0x1"),
        ("    n    REG_EXPAND_SZ    %windir%", "%windir%"),
        ("    n    REG_DWORD    0x100", 256),
        ("    n    REG_QWORD    0x100000000", 2**32),
        ("    n    REG_BINARY    00FFa0", b"\x00\xff\xa0"),
        ("    n    REG_BINARY    ", b""),
        ("    n    REG_NONE    01", b"\x01"),
        ("    n    REG_MULTI_SZ    a\\0b c", ("a", "b c")),
        ("    n    REG_MULTI_SZ    a\\0b\\0", ("a", "b")),
        ("    n    REG_MULTI_SZ    a\\0b\\0\\0", ("a", "b")),
        ("    n    REG_MULTI_SZ    0", ("0",)),
        ("    n    REG_MULTI_SZ    ", ()),
        ("\tn\tREG_SZ\ttext", "text"),
        ("  n  REG_DWORD   0xff", 255),
        ("    n\tREG_MULTI_SZ\ta\\0b\\0\\0", ("a", "b")),
    ],
)
def test_query_values(line: str, data: object) -> None:
    assert one(line, "N") == data


@pytest.mark.parametrize("name", ["<NO NAME>", "(Default)", "(Standard)", "(par défaut)"])
def test_query_default_value(name: str) -> None:
    assert one(f"    {name}    REG_SZ    x", "") == "x"


def test_query_names_with_blanks() -> None:
    assert one("    a b  c    REG_SZ    x", "A B  C") == "x"


def test_query_with_banner_and_several_keys() -> None:
    text = f"\r\n! REG.EXE VERSION 3.0\r\n\r\n{KEY}\r\n    a\tREG_SZ\t1\r\n\r\n{KEY}\\Sub\r\n    b\tREG_SZ\t2\r\n\r\n"
    keys = parse_query(text)
    assert list(keys) == [KEY, KEY + "\\Sub"]
    assert [key.name for key in keys.below(KEY)] == ["Sub"]
    assert keys[KEY].value("b") is None


def test_query_text_over_several_lines() -> None:
    text = f"{KEY}\n    a    REG_SZ    one\ntwo\n\nthree\n    b    REG_SZ    x\n\n{KEY}\\Sub\n"
    keys = parse_query(text)
    values = {name: value.data for name, value in keys[KEY].values.items()}
    assert values == {"a": "one\ntwo\n\nthree", "b": "x"}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("\r\n\r\n", 1),
        ("ERROR: no such key\r\n", 1),
        (f"\nnoise\n{KEY}\n", 2),
        (f"{KEY}\nnoise\n", 2),
        (f"{KEY}\n    a    REG_BINARY    0\n", 2),
        (f"{KEY}\n    a    REG_BINARY    zz\n", 2),
        (f"{KEY}\n    a    REG_DWORD    5\n", 2),
        (f"{KEY}\n    a    REG_DWORD    0x5\nmore\n", 3),
    ],
)
def test_query_refusals_name_the_line_and_quote_nothing(text: str, line: int) -> None:
    with pytest.raises(StoreError) as caught:
        parse_query(text)
    assert f"registry text, line {line} is" in str(caught.value)
    assert not any(word in str(caught.value) for word in ("noise", "zz", "no such"))


@pytest.mark.parametrize("text", ["", "\r\n", "\r\n\r\n", "\ufeff\r\n", "\r\n! REG.EXE VERSION 3.0\r\n\r\n"])
def test_an_answer_without_a_word_is_an_empty_key(text: str) -> None:
    assert len(parse_answer(text)) == 0


@pytest.mark.parametrize("text", ["ERROR: no such key\r\n", f"\nnoise\n{KEY}\n", "\r\n! REG.EXE\r\n"])
def test_an_answer_of_other_words_is_refused(text: str) -> None:
    with pytest.raises(StoreError):
        parse_answer(text)


def test_an_answer_is_read_as_any_query() -> None:
    text = f"\r\n{KEY}\r\n    a    REG_SZ    x\r\n\r\n{KEY}\\Sub\r\n"
    assert list(parse_answer(text)) == list(parse_query(text)) == [KEY, rf"{KEY}\Sub"]


@pytest.mark.parametrize(("path", "listed"), [(r"HKLM\X\SUB", True), (rf"{KEY}\Sub", True), (r"HKLM\X\Su", False)])
def test_children_that_a_parent_lists(path: str, listed: bool) -> None:
    assert lists_key(f"\r\n{KEY}\r\n    a    REG_SZ    x\r\n\r\n{KEY}\\Sub\r\n", path) is listed


def test_keys_ignore_case_and_short_hive_names() -> None:
    keys = parse_query(f"{KEY}\n    MixedCase    REG_SZ    x\n")
    for path in (KEY.upper(), r"hklm\software\test", KEY + "\\"):
        assert path in keys
        assert keys[path].path == KEY
        assert keys[path].value("mixedCASE") == Value("REG_SZ", "x")
    assert "HKCU\\software\\test" not in keys
    assert len(keys) == 1


def test_below_gives_direct_children_only() -> None:
    keys = Keys({r"HKLM\a": {}, r"HKLM\a\b": {}, r"HKLM\A\b\c": {}, r"HKLM\ab": {}})
    assert [key.path for key in keys.below(r"hklm\A")] == [r"HKLM\a\b"]


def test_repeated_keys_are_merged_and_nothing_shows_data() -> None:
    keys = parse_query(f"{KEY}\n    a    REG_SZ    hidden\n{KEY.lower()}\n    b    REG_SZ    hidden\n")
    assert set(keys[KEY].values) == {"a", "b"}
    assert "hidden" not in repr(keys) + repr(keys[KEY])


EXPORT = r"""Windows Registry Editor Version 5.00

; a comment
[HKEY_LOCAL_MACHINE\SOFTWARE\Test]
@="default"
"text"="a \"quoted\" \\ text" ; remark
"number"=dword:000000ff
"bytes"=hex:01,02,\
  03,04
"list"=hex(7):61,00,00,00,62,00,\
  00,00,00,00
"path"=hex(2):25,00,61,00,25,00,00,00
"plain"=hex(1):61,00,00,00
"long"=hex(b):01,00,00,00,00,00,00,00
"odd"=hex(1f):ff
"lines"="one
two"
"empty"=hex:
"""


@pytest.mark.parametrize(
    "encoded",
    [
        EXPORT,
        EXPORT.encode("utf-16"),
        EXPORT.replace("\n", "\r\n").encode("utf-16"),
        EXPORT.encode("utf-16-le"),
        EXPORT.encode("utf-8"),
        EXPORT.encode("utf-8-sig"),
    ],
    ids=["text", "utf-16", "crlf", "no-mark", "utf-8", "utf-8-mark"],
)
def test_export(encoded: bytes | str) -> None:
    keys = parse_export(encoded)
    values = {name: value.data for name, value in keys[KEY].values.items()}
    assert values == {
        "": "default",
        "text": 'a "quoted" \\ text',
        "number": 255,
        "bytes": b"\1\2\3\4",
        "list": ("a", "b"),
        "path": "%a%",
        "plain": "a",
        "long": 1,
        "odd": b"\xff",
        "lines": "one\ntwo",
        "empty": b"",
    }
    assert keys.findings == ()


def test_export_version_4_is_ansi() -> None:
    data = 'REGEDIT4\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Test]\r\n"a"="ü"\r\n"l"=hex(7):fc,00,62,00,00\r\n'
    keys = parse_export(data.encode("cp1252"))
    assert {name: value.data for name, value in keys[KEY].values.items()} == {"a": "ü", "l": ("ü", "b")}


def test_export_deletions_are_left_out_with_a_finding() -> None:
    text = f'REGEDIT4\n[-{KEY}\\Gone]\n"b"="1"\n[{KEY}]\n"a"=-\n'
    keys = parse_export(text)
    assert list(keys) == [KEY]
    assert not keys[KEY].values
    assert keys.findings == (
        "Line 2 of the registry file deletes a key; that was left out.",
        "Line 5 of the registry file deletes a value; that was left out.",
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("[x]\n", 1),
        ("REGEDIT4\n", 1),
        ('REGEDIT4\n"a"="x"\n', 1),
        ("REGEDIT4\n[x\n", 2),
        ("REGEDIT4\n[x]\nnoise\n", 3),
        ('REGEDIT4\n[x]\n"a"=noise\n', 3),
        ('REGEDIT4\n[x]\n"a"="noise\n', 3),
        ('REGEDIT4\n[x]\n"a"=hex:123\n', 3),
        ('REGEDIT4\n[x]\n"a"=hex(b):12\n', 3),
        ('Windows Registry Editor Version 5.00\n[x]\n"a"=hex(7):12\n', 3),
    ],
)
def test_export_refusals_name_the_line_and_quote_nothing(text: str, line: int) -> None:
    with pytest.raises(StoreError) as caught:
        parse_export(text, "x")
    assert f"registry text, line {line} is" in str(caught.value)
    assert "noise" not in str(caught.value)


ODD = pytest.mark.parametrize(
    "line",
    [
        "noise",
        "# a remark of its author",
        '"Half"=hex(b):70,89,65,75,82,99,39,0',
        '"Nine"=hex(b):12,77,82,55,02,86,63,62,24',
        '"Long"=dword:0fffffff00',
        '"Text"="{"noise":1}"',
        '"Open"="noise',
        '"Cut"=hex:01,\\',
        '"List"=hex(7):12',
        '"n"=noise',
        "[HKEY_LOCAL_MACHINE\\SOFTWARE\\No bracket",
        "[noise",
    ],
)
LIST = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\IPSec\Policy\Local"


@ODD
@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("head", ["[HKEY_LOCAL_MACHINE\\SOFTWARE\\Example\\Hand made]\n", "[HKLM\\Other]\n"])
def test_what_is_odd_outside_the_store_is_left_out(head: str, before: bool, line: str) -> None:
    inside = f'[{LIST}]\n"ActivePolicy"="x"\n'
    outside = f'{head}{line}\n"after"=dword:1\n'
    text = "Windows Registry Editor Version 5.00\n" + (outside + inside if before else inside + outside)
    keys = parse_export(text)
    assert keys[LIST].value("ActivePolicy") == Value("REG_SZ", "x")
    (finding,) = keys.findings
    number = 3 if before else 5
    assert finding == f"Line {number} of the registry file has no known form; that was left out."


@ODD
def test_what_is_odd_inside_the_store_is_refused(line: str) -> None:
    # A bracket that is missing may be missing anywhere: what begins with the store's path belongs to it.
    line = line.replace(r"SOFTWARE\No bracket", LIST.partition("\\")[2])
    text = f'Windows Registry Editor Version 5.00\n[{LIST}]\n{line}\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Other]\n"a"="b"\n'
    if line == "[noise":
        assert parse_export(text).findings
        return
    with pytest.raises(StoreError, match=r"^registry text, line 3 is") as caught:
        parse_export(text)
    assert "noise" not in str(caught.value)


def test_a_value_before_the_first_key_is_nobodys() -> None:
    keys = parse_export('REGEDIT4\n"a"="x"\n[HKEY_X\\Y]\n"b"="y"\n')
    assert dict(keys["HKEY_X\\Y"].values) == {"b": Value("REG_SZ", "y")}
    assert keys.findings == ("Line 2 of the registry file has no known form; that was left out.",)


def test_names_of_values_keep_their_spelling() -> None:
    keys = parse_query("\nHKEY_LOCAL_MACHINE\\A\n    Name-X    REG_SZ    text\n")
    for each in (keys, keys.readable()):
        key = each[r"HKLM\a"]
        assert [key.names[name] for name in key.values] == ["Name-X"]
