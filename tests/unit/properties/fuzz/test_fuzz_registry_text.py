# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Registry text of hosts and of files: any text is read, or refused as what it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from wounds import bounded, texts

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import StoreError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.form import LEGACY, VISTA
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import Store
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.store import read_store
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.registry.query import parse_export, parse_query
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._policies import wiretext
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._policies.damage import STORE
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._policies.wire import image_of

pytestmark = pytest.mark.slow

IMAGES = (image_of(STORE, LEGACY), image_of(STORE, VISTA))
QUERIES = [print_(image) for image in IMAGES for print_ in (wiretext.query, wiretext.query_5)]
EXPORTS = [wiretext.export(image).decode("utf-16") for image in IMAGES]
WORDS = [
    *(
        "    ",
        " ",
        "\t",
        "\n",
        "\r\n",
        "\\",
        '"',
        "\\0",
        "\0",
        "REG_",
        "REG_SZ",
        "REG_DWORD",
        "REG_BINARY",
        "REG_MULTI_SZ",
    ),
    *("HKEY_LOCAL_MACHINE", "HKEY_X\\", "[", "]", "[-", "=", "@=", '"a"="', '"a"=hex:', "hex(2):", "hex(7):00,", ",\\"),
    *("dword:", "0x", "9", "{", "}", ";", "\ufeff", "ipsecData", "ipsecID", "ActivePolicy", "(Default)", "<NO NAME>"),
]


def check(store: Store) -> None:
    """What was read can be shown."""
    assert all(found.reason for found in (*store.opaque, *store.unmanaged.values()))
    assert all(store.findings)


@given(text=texts(QUERIES, WORDS))
def test_what_reg_query_prints(text: str) -> None:
    with bounded():
        try:
            check(read_store(parse_query(text)))
        except StoreError as error:
            assert error.remedy


@given(text=texts(EXPORTS, WORDS))
def test_what_reg_export_writes(text: str) -> None:
    for data in (
        text,
        text.encode("utf-8", "replace"),
        text.encode("utf-16", "replace"),
        text.encode("cp1252", "replace"),
    ):
        with bounded():
            try:
                check(read_store(parse_export(data)))
            except StoreError as error:
                assert error.remedy


HEAD = "HKEY_LOCAL_MACHINE\\X\n"
FILE = "REGEDIT4\n[HKEY_LOCAL_MACHINE\\X]\n"


@pytest.mark.parametrize(
    "text",
    [
        HEAD + " " * 30_000 + "REG_SZ",
        HEAD + "\t " * 15_000 + "REG_x",
        HEAD + "    REG_SZ" * 5_000 + "\1",
        HEAD + "    a    REG_SZ    " + "b\n" * 30_000,
        HEAD + "REG_" * 30_000,
        HEAD + "    a    REG_MULTI_SZ    " + "\\0" * 30_000,
        HEAD + "    a    REG_DWORD    0x" + "9" * 30_000,
        "HKEY_X\n" * 20_000,
    ],
    ids=["blanks", "tabs", "types", "lines", "words", "ends", "digits", "keys"],
)
def test_long_answers_take_no_longer_than_they_are(text: str) -> None:
    with bounded():
        try:
            parse_query(text)
        except StoreError as error:
            assert error.remedy


@pytest.mark.parametrize(
    "text",
    [
        FILE + '"a"="' + "b\n" * 30_000,
        FILE + '"a"="' + '\\"\n' * 30_000,
        FILE + '"a"=hex:' + "00,\\\n" * 30_000,
        FILE + '"a' * 30_000,
        FILE + '"a"="b" ' * 20_000 + "\\\n",
        FILE + '""=' + " " * 30_000 + "\\\nx",
        FILE + '"a"=dword:' + "9" * 30_000,
        FILE + "\\\n" * 30_000,
    ],
    ids=["open text", "open escapes", "bytes", "names", "quotes", "blanks", "digits", "joints"],
)
def test_long_files_take_no_longer_than_they_are(text: str) -> None:
    with bounded():
        try:
            parse_export(text)
        except StoreError as error:
            assert error.remedy
