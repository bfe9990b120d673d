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


def test_bytes_of_another_code_page_become_one_character_each():
    """The German word in the code page 850 of its host: nobody can read it, but a file and a screen can hold it."""
    read = readable("Pr\u00fcfung".encode("cp850"))
    assert read == "Pr\ufffdfung"
    assert yaml.safe_load(yaml.safe_dump(read)) == read


@given(st.binary(max_size=60))
def test_reading_is_stable(raw):
    read = readable(raw)
    assert readable(read.encode("utf-8")) == read


@given(st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=40))
def test_ordinary_text_is_left_alone(text):
    assert readable(text.encode("utf-8")) == text
    assert said_by_host(text) == text
