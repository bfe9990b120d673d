# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Saved registries are told apart by how they begin."""

from __future__ import annotations

import pytest
from registry_files import preg

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import StoreError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.registry.keys import Value
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.registry.saved import parse_saved

KEY = r"HKEY_LOCAL_MACHINE\SOFTWARE\Test"
EXPORT = f'Windows Registry Editor Version 5.00\r\n\r\n[{KEY}]\r\n"a"="B\u00fcro"\r\n'
OLD = EXPORT.replace("Windows Registry Editor Version 5.00", "REGEDIT4")
QUERY = f"\r\n{KEY}\r\n    a    REG_SZ    B\u00fcro\r\n\r\n"
QUERY_5 = f"\r\n! REG.EXE VERSION 3.0\r\n\r\n{KEY}\r\n    a\tREG_SZ\tB\u00fcro\r\n\r\n"
POLICY = preg([(KEY.partition("\\")[2], "a", 1, "B\u00fcro\0".encode("utf-16-le"))])


@pytest.mark.parametrize(
    "content",
    [
        EXPORT,
        EXPORT.encode("utf-16"),
        EXPORT.encode("utf-16-le"),
        EXPORT.encode("utf-8"),
        EXPORT.encode("utf-8-sig"),
        OLD,
        QUERY,
        QUERY.lstrip(),
        QUERY.encode("utf-8"),
        QUERY.encode("utf-16"),
        QUERY_5,
        POLICY,
    ],
)
def test_every_form(content: bytes | str) -> None:
    found = parse_saved(content, "src")
    assert found[KEY].value("a") == Value("REG_SZ", "B\u00fcro")
    assert found.findings == ()


def test_code_pages_that_a_file_does_not_name() -> None:
    found = parse_saved(OLD.encode("cp1252"), "src")
    assert found[KEY].value("a") == Value("REG_SZ", "B\u00fcro")
    assert found.findings == ("The registry file does not name its ANSI code page; cp1252 was taken.",)
    found = parse_saved(QUERY.encode("cp850"), "src")
    assert found[KEY].value("a") == Value("REG_SZ", "B\ufffdro")
    assert len(found.findings) == 1


@pytest.mark.parametrize("text", ["a\x1b[2J", "a\u202eb", "\ud83d", "\x00b\x9b"])
def test_texts_are_fit_to_be_shown_as_those_of_a_host(text: str) -> None:
    raw = f"{text}\0".encode("utf-16-le", "surrogatepass")
    words = ",".join(f"{octet:02x}" for octet in raw)
    export = f'Windows Registry Editor Version 5.00\n[{KEY}]\n"a"=hex(1):{words}\n"l"=hex(7):{words},00,00\n'
    for found in (parse_saved(export, "x"), parse_saved(preg([(KEY.partition("\\")[2], "a", 1, raw)]), "x")):
        for value in found[KEY].values.values():
            shown = "".join(value.data) if isinstance(value.data, tuple) else value.data
            assert isinstance(shown, str)
            assert shown.isprintable()
            shown.encode("utf-8")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is 'empty'"),
        (b"\r\n", "is 'empty'"),
        ("PReg\x01", "name it with src"),
        ("noise and a key", "is 'something else'"),
        (b"\x89PNG\r\n", "is 'something else'"),
        ("ERROR: The system was unable to find the specified registry key", "is 'something else'"),
    ],
)
def test_what_is_none_of_them_is_refused_and_not_quoted(content: bytes | str, words: str) -> None:
    with pytest.raises(StoreError, match=f"^running_config .*{words}") as caught:
        parse_saved(content, "running_config")
    assert "noise" not in str(caught.value)
