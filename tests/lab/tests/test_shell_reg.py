# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""reg.exe of the lab, and the text of a registry export."""

from __future__ import annotations

import time

import pytest

from winlab.host import Host
from winlab.registry import Kind, Value
from winlab.shell import run
from winlab.shell.reg import export_text

KEY = r"HKEY_LOCAL_MACHINE\SOFTWARE\Lab"


def filled(version: str = "2016", language: str = "en") -> Host:
    host = Host.create("fe1", version=version, language=language)
    registry = host.registry
    registry.set(KEY, "", Value(Kind.SZ, "standard"))
    registry.set(KEY, "Text", Value(Kind.SZ, "two words"))
    registry.set(KEY, "Number", Value(Kind.DWORD, 0x10E))
    registry.set(rf"{KEY}\Sub", "List", Value(Kind.MULTI_SZ, ("a b", "c")))
    registry.set(rf"{KEY}\Sub", "Blob", Value(Kind.BINARY, b"\x00\xab\xcd"))
    registry.create(rf"{KEY}\Sub\Empty")
    return host


MODERN = (
    "\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Lab\r\n"
    "    (Default)    REG_SZ    standard\r\n"
    "    Text    REG_SZ    two words\r\n"
    "    Number    REG_DWORD    0x10e\r\n"
    "\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Lab\\Sub\r\n"
    "    List    REG_MULTI_SZ    a b\\0c\r\n"
    "    Blob    REG_BINARY    00ABCD\r\n"
    "\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Lab\\Sub\\Empty\r\n"
    "\r\n"
)
OLD = (
    "\r\n! REG.EXE VERSION 3.0\r\n"
    "\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Lab\r\n"
    "    <NO NAME>\tREG_SZ\tstandard\r\n"
    "    Text\tREG_SZ\ttwo words\r\n"
    "    Number\tREG_DWORD\t0x10e\r\n"
    "\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Lab\\Sub\r\n"
    "    List\tREG_MULTI_SZ\ta b\\0c\\0\\0\r\n"
    "    Blob\tREG_BINARY\t00ABCD\r\n"
    "\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Lab\\Sub\\Empty\r\n"
    "\r\n"
)


@pytest.mark.parametrize(
    ("version", "language", "expected"),
    [
        ("2016", "en", MODERN),
        ("2008R2", "de", MODERN.replace("(Default)", "(Standard)")),
        ("2003", "en", OLD),
        ("2003", "de", OLD),
    ],
)
def test_query_with_subkeys(version: str, language: str, expected: str) -> None:
    finished = run(filled(version, language), r'reg query "hklm\software\LAB" /s', None)
    assert (finished.stdout.decode("cp850"), finished.stderr, finished.code) == (expected, b"", 0)


def test_query_of_one_level_names_the_subkeys() -> None:
    text = run(filled(), r"reg query HKLM\SOFTWARE\Lab", None).stdout.decode()
    assert text == MODERN.partition("\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Lab\\Sub")[0] + f"\r\n{KEY}\\Sub\r\n"
    assert run(filled(), r"reg query HKLM\SOFTWARE\Lab\Sub\Empty", None).stdout == b"\r\n"


@pytest.mark.parametrize(("version", "text"), [("2016", "\r\n"), ("2003", OLD[:25] + f"\r\n{KEY}\\Sub\\Empty\r\n\r\n")])
def test_query_with_subkeys_of_a_key_without_values(version: str, text: str) -> None:
    """Wine's tests of reg.exe (query.c, test8b): the key that was asked for is not named, those below it are."""
    host = filled(version)
    finished = run(host, r"reg query HKLM\SOFTWARE\Lab\Sub\Empty /s", None)
    assert (finished.stdout.decode(), finished.stderr, finished.code) == (text, b"", 0)
    host.registry.create(rf"{KEY}\Sub\Empty\Deeper")
    below = run(host, r"reg query HKLM\SOFTWARE\Lab\Sub\Empty /s", None).stdout.decode()
    assert below.endswith(f"\r\n{KEY}\\Sub\\Empty\\Deeper\r\n\r\n")
    assert (f"{KEY}\\Sub\\Empty\r\n" in below) is (version == "2003")


def test_keys_are_sorted_and_values_are_not() -> None:
    """Wine's tests of reg.exe (export.c): keys in order of their names, values in order of creation."""
    host = filled()
    for name in ("b", "C", "A", "_"):
        host.registry.set(rf"{KEY}\Sub\Empty", name, Value(Kind.DWORD, 1))
        host.registry.create(rf"{KEY}\Sub\Empty\{name}")
    top = rf"{KEY}\Sub\Empty"
    shallow, deep = (run(host, f"reg query {top}{end}", None).stdout.decode().split("\r\n") for end in ("", " /s"))
    below = [rf"{top}\{name}" for name in ("A", "b", "C", "_")]
    assert [line for line in shallow if line in below] == [line for line in deep if line in below] == below
    exported = export_text(host, top).decode("utf-16").split("\r\n")
    assert [line for line in exported if line.startswith("[")] == [f"[{key}]" for key in (top, *below)]
    assert [line[:3] for line in exported if "dword" in line] == ['"b"', '"C"', '"A"', '"_"']


def test_query_of_one_value() -> None:
    host = filled()
    line = f"\r\n{KEY}\r\n    Number    REG_DWORD    0x10e\r\n\r\n"
    assert run(host, r"reg query HKLM\SOFTWARE\Lab /v NUMBER", None).stdout.decode() == line
    found = run(host, r"reg query HKLM\SOFTWARE\Lab /s /v number", None).stdout.decode()
    assert found == line + "End of search: 1 match(es) found.\r\n"
    assert run(host, r"reg query HKLM\SOFTWARE\Lab /ve", None).stdout.decode().split()[-1] == "standard"
    assert run(host, r"reg query HKLM\SOFTWARE\Lab /v nothing", None).code == 1


@pytest.mark.parametrize(
    ("version", "language", "text"),
    [
        ("2016", "en", "ERROR: The system was unable to find the specified registry key or value.\r\n"),
        ("2016", "de", "FEHLER: Der angegebene Registrierungsschl\u00fcssel bzw. Wert wurde nicht gefunden.\r\n"),
        ("2003", "en", "\r\nError:  The system was unable to find the specified registry key or value\r\n"),
    ],
)
def test_missing_key(version: str, language: str, text: str) -> None:
    finished = run(filled(version, language), r"reg query HKLM\SOFTWARE\Nothing /s", None)
    assert (finished.stdout, finished.stderr.decode("cp850"), finished.code) == (b"", text, 1)


@pytest.mark.parametrize(
    "line",
    ["reg", "reg query", "reg swap a b", r"reg query HKLM\SOFTWARE /x", "reg query NOHIVE\\x", r"reg add HKLM\a /v"],
)
def test_bad_calls(line: str) -> None:
    finished = run(filled(), line, None)
    assert finished.code == 1
    assert finished.stderr.startswith(b"ERROR: ")


@pytest.mark.parametrize(
    ("options", "value"),
    [
        ('/t REG_SZ /d "a \\"b\\""', Value(Kind.SZ, 'a "b"')),
        ("/d plain", Value(Kind.SZ, "plain")),
        ("/t reg_dword /d 0x1F", Value(Kind.DWORD, 31)),
        ("/t REG_DWORD /d 4", Value(Kind.DWORD, 4)),
        ("/t REG_BINARY /d 00ff", Value(Kind.BINARY, b"\x00\xff")),
        (r"/t REG_MULTI_SZ /d a\0b", Value(Kind.MULTI_SZ, ("a", "b"))),
        ("/t REG_EXPAND_SZ /d ^%x^%", Value(Kind.EXPAND_SZ, "%x%")),
    ],
)
def test_add(options: str, value: Value) -> None:
    host = filled()
    finished = run(host, rf'reg add "HKLM\SOFTWARE\Lab\New Key" /v Name {options} /f', None)
    assert finished.stdout == b"The operation completed successfully.\r\n"
    assert host.registry.get(rf"{KEY}\New Key", "Name") == value


@pytest.mark.parametrize("options", ["/t REG_DWORD /d x", "/t REG_BINARY /d 0", "/t REG_DWORD /d 0x100000000", "/t X"])
def test_add_refuses_data_that_does_not_fit(options: str) -> None:
    host = filled()
    assert run(host, rf"reg add HKLM\SOFTWARE\Lab /v New {options}", None).code == 1
    assert host.registry.get(KEY, "New") is None


def test_delete() -> None:
    host = filled()
    assert run(host, r"reg delete HKLM\SOFTWARE\Lab /v Text /f", None).code == 0
    assert host.registry.get(KEY, "Text") is None
    assert run(host, r"reg delete HKLM\SOFTWARE\Lab /v Text /f", None).code == 1
    assert b"canceled" in run(host, r"reg delete HKLM\SOFTWARE\Lab\Sub", b"No\r\n").stdout
    assert host.registry.exists(rf"{KEY}\Sub")
    assert run(host, r"reg delete HKLM\SOFTWARE\Lab\Sub", b"Yes\r\n").code == 0
    assert not host.registry.exists(rf"{KEY}\Sub\Empty")


def test_export_to_a_file_is_refused() -> None:
    assert run(filled(), r"reg export HKLM\SOFTWARE\Lab out.reg /y", None).code == 1


def test_what_the_code_page_lacks_becomes_a_question_mark() -> None:
    host = filled()
    host.registry.set(KEY, "Text", Value(Kind.SZ, "\u0416 \u00fc"))
    assert b"    ? \x81\r\n" in run(host, r"reg query HKLM\SOFTWARE\Lab /v Text", None).stdout


def test_a_large_value_is_fast() -> None:
    host = filled()
    host.registry.set(KEY, "Large", Value(Kind.BINARY, bytes(range(256)) * 2800))
    begin = time.process_time()
    finished = run(host, r"reg query HKLM\SOFTWARE\Lab /v Large", None)
    text = export_text(host, KEY)
    assert time.process_time() - begin < 1.0
    assert len(finished.stdout) > 2 * 700_000
    assert len(text) > 700_000


def test_export_text() -> None:
    host = filled()
    host.registry.set(KEY, 'q"\\', Value(Kind.SZ, 'C:\\a "b"'))
    host.registry.set(KEY, "Lines", Value(Kind.SZ, "a\nb"))
    host.registry.set(KEY, "Expand", Value(Kind.EXPAND_SZ, "%x%"))
    host.registry.set(KEY, "Long", Value(Kind.BINARY, bytes(range(60))))
    data = export_text(host, r"hklm\software\lab")
    assert data.startswith(b"\xff\xfe")
    assert data.decode("utf-16") == (
        "Windows Registry Editor Version 5.00\r\n\r\n"
        "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Lab]\r\n"
        '@="standard"\r\n'
        '"Text"="two words"\r\n'
        '"Number"=dword:0000010e\r\n'
        '"q\\"\\\\"="C:\\\\a \\"b\\""\r\n'
        '"Lines"=hex(1):61,00,0a,00,62,00,00,00\r\n'
        '"Expand"=hex(2):25,00,78,00,25,00,00,00\r\n'
        '"Long"=hex:00,01,02,03,04,05,06,07,08,09,0a,0b,0c,0d,0e,0f,10,11,12,13,14,15,\\\r\n'
        "  16,17,18,19,1a,1b,1c,1d,1e,1f,20,21,22,23,24,25,26,27,28,29,2a,2b,2c,2d,2e,\\\r\n"
        "  2f,30,31,32,33,34,35,36,37,38,39,3a,3b\r\n\r\n"
        "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Lab\\Sub]\r\n"
        '"List"=hex(7):61,00,20,00,62,00,00,00,63,00,00,00,00,00\r\n'
        '"Blob"=hex:00,ab,cd\r\n\r\n'
        "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Lab\\Sub\\Empty]\r\n\r\n"
    )
    with pytest.raises(KeyError):
        export_text(host, r"HKLM\SOFTWARE\Nothing")
