# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What hosts say, in messages and as data: it can be shown, and moves no terminal."""

from __future__ import annotations

import json

import host_names
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.code_pages import CODECS
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.said import fit, readable, said_by_host

TEXTS = host_names.texts(6000, "/tmp/canary")


def test_what_a_message_quotes_is_one_line_that_moves_no_terminal():
    for text in TEXTS:
        shown = said_by_host(text)
        assert shown.isprintable()
        assert len(shown) <= 500
        shown.encode("utf-8")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ERR IPsec[05067]: no\r\n  such thing", "ERR IPsec[05067]: no such thing"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\x9b1m", "\\x9b1m"),
        ("a\u202eb", "a\\u202eb"),
        ("a\u2028b", "a b"),
        ("\udc81", "\\udc81"),
        ("Pr\u00fcfung \u4e2d\u6587", "Pr\u00fcfung \u4e2d\u6587"),
        (b"\x1b", "b'\\x1b'"),
    ],
)
def test_what_is_not_printed_is_shown_as_an_escape(text, shown):
    assert said_by_host(text) == shown


def test_a_long_text_is_cut():
    assert said_by_host("\x1b" * 100_000, 20) == "\\x1b\\x1b\\x1b\\x1b\\..."


def test_what_a_host_prints_can_be_shown_saved_and_compared():
    for text in TEXTS:
        for raw in (text.encode("utf-8", "surrogatepass"), text.encode("utf-16-le", "surrogatepass")):
            read = readable(raw)
            assert read.encode("utf-8").decode("utf-8") == read
            assert all(ord(each) >= 0x20 or each in "\t\n\r" for each in read)
            assert not {*"\x1b\x9b\x00\x07\x7f\u202e\u2066\u2028"} & {*read}
            assert json.loads(json.dumps(read)) == read
            assert fit(read) == read


def test_bytes_of_an_unknown_code_page_become_one_character_each():
    """A German word whose host has not said its code page: nobody can read it, but a file and a screen can hold it."""
    read = readable("Pr\u00fcfung".encode("cp850"))
    assert read == "Pr\ufffdfung"
    assert yaml.safe_load(yaml.safe_dump(read)) == read


def answer(page, **sections):
    """Return what a host prints that tells this code page; sections are bytes."""
    told = f"    OEMCP    REG_SZ    {page}\r\n".encode()
    parts = {"version": b"Microsoft Windows [Version 10.0.14393]\r\n", "code_page": told, **sections}
    return b"@@n0:begin 0\r\n" + b"".join(text + f"@@n0:{name} 0\r\n".encode() for name, text in parts.items())


def section(read, name):
    """Return what stands before a marker and behind the one before it."""
    return read.partition(f"@@n0:{name} 0")[0].rpartition("@@n0:")[2].partition("\r\n")[2]


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("850", "Pr\u00fcfung gro\u00dfer B\u00fcros"),
        ("437", "\u00c4rger \u2502 \u03a9"),
        ("852", "\u017ad\u00e1r \u0159eky"),
        ("866", "\u041f\u043e\u043b\u0438\u0442\u0438\u043a\u0430"),
        ("932", "\u65e5\u672c\u8a9e\u30dd\u30ea\u30b7\u30fc \u8868"),
        ("936", "\u963b\u6b62\u7aef\u53e3\u8bbf\u95ee"),
        ("949", "\ubcf4\uc548 \uc815\ucc45"),
        ("950", "\u5b89\u5168\u539f\u5247 \u529f"),
        ("1252", "\u20ac caf\u00e9"),
    ],
)
def test_a_part_is_read_in_the_code_page_that_the_host_tells(page, text):
    raw = text.encode(f"cp{page}")
    read = readable(answer(page, ipsec=raw, later=b"plain", utf=text.encode(), wide=f"Ok. {text}\r\n".encode("utf-16")))
    assert section(read, "ipsec") == text
    assert section(read, "utf") == text
    assert section(read, "wide") == f"Ok. {text}\r\n"
    assert section(read, "version") == "Microsoft Windows [Version 10.0.14393]\r\n"


def test_netsh_may_print_utf_16_without_a_mark():
    said = "netsh>ERR IPsec[05067] : Keine Filterlisten f\u00fcr diese Pr\u00fcfung.\r\n"
    read = readable(said.encode("utf-16-le") + answer("850", ipsec="B\u00fcro".encode("cp850")))
    assert read.startswith(said)
    assert section(read, "ipsec") == "B\u00fcro"


@pytest.mark.parametrize("page", ["708", "0", "54936", "x", "99999"])
def test_a_page_that_nobody_knows_gives_no_wrong_letters(page):
    assert section(readable(answer(page, ipsec="B\u00fcro".encode("cp850"))), "ipsec") == "B\ufffdro"


def test_a_byte_that_the_page_lacks_is_no_surrogate():
    assert section(readable(answer("1252", ipsec=b"a\x81b\xfc")), "ipsec") == "a\ufffdb\u00fc"
    # The first half of a character at the end of a part eats no marker.
    assert section(readable(answer("932", ipsec=b"\x93\xfa\x93")), "ipsec") == "\u65e5\ufffd"


def test_what_a_host_stores_does_not_choose_the_page():
    stored = b"    description    REG_SZ    OEMCP    REG_SZ    437 \x81\r\n@@n0:code_page 0\r\n"
    assert "437 \u00fc" in readable(answer("850", ipsec=stored))


@given(st.sampled_from(sorted(CODECS)), st.binary(max_size=60), st.binary(max_size=60))
def test_whatever_the_page_all_can_be_saved_and_every_part_stays_a_part(page, one, other):
    read = readable(answer(str(page), one=one, other=other))
    assert fit(read) == read
    assert read.encode("utf-8").decode("utf-8") == read
    if b"@@" not in one + other:
        assert section(read, "other") == section(readable(answer(str(page), other=other)), "other")


@given(st.binary(max_size=60))
def test_reading_is_stable(raw):
    read = readable(raw)
    assert readable(read.encode("utf-8")) == read


@given(st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=40))
def test_ordinary_text_is_left_alone(text):
    assert readable(text.encode("utf-8")) == text
    assert said_by_host(text) == text
