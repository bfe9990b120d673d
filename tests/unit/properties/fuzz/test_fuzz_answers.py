# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers of hosts and of netsh: any answer is taken apart, or refused as what it is."""

from __future__ import annotations

import pytest
from built_ins import plain
from hypothesis import given
from wounds import bounded, texts

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError, StoreError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._firewall import state as firewall
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies import host
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.netsh import render
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning import operations as op
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.netsh.script import (
    APPLY,
    Batch,
    complaints,
    meaning,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.queries import READ, Questions, preamble
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.versions import parse_ver, parse_version
from winlab import shell
from winlab.host import Host

pytestmark = pytest.mark.slow

NONCE = "n0nce"
HOSTS = [Host.create("h", version, language) for version, language in (("2003", "de"), ("2025", "en"))]
for each in HOSTS:
    shell.run(each, 'netsh ipsec static add filterlist name="List"', None)
LINES = tuple(render(op.DeleteFilterList(name)) for name in ("List", "None", "None"))


def answer(target: Host, line: str, script: bytes) -> str:
    return shell.run(target, line, script).stdout.decode("cp437")


POLICY = [answer(target, READ, host.QUESTIONS.script(NONCE)) for target in HOSTS]
FIREWALL = [answer(target, READ, firewall.QUESTIONS.script(NONCE)) for target in HOSTS]
NETSH = [answer(target, APPLY, Batch(LINES).input(NONCE)) for target in HOSTS]
WORDS = [
    *(f"@@{NONCE}:begin 0\n", f"@@{NONCE}:version 0\r\n", f"@@{NONCE}:ipsec 1\n", f"@@{NONCE}:end 0\n", f"@@{NONCE}:"),
    *(f"@@{NONCE}:a!", f"@@{NONCE}:1!", f"@@{NONCE}:end!", "netsh>", "ERR IPsec[05067]", "ERR IPsec[", "Ok.", "\r\n"),
    *(
        " ",
        "\t",
        "9",
        "-",
        ": 4 ",
        "[Version 6.1.7601]",
        "[",
        "]",
        "1.",
        "REG_DWORD    0x",
        "HKEY_LOCAL_MACHINE\\",
        "\0",
    ),
]


@given(text=texts(POLICY, WORDS))
def test_what_a_host_tells_about_its_policies(text: str) -> None:
    with bounded():
        preamble(text, NONCE)
        try:
            assert plain(host.read_host(host.QUESTIONS.sections(text, NONCE)).to_data())
        except StoreError as error:
            assert error.remedy


@given(text=texts(FIREWALL, WORDS))
def test_what_a_host_tells_about_its_firewall(text: str) -> None:
    with bounded():
        try:
            assert plain(firewall.read_firewall(firewall.QUESTIONS.sections(text, NONCE)).to_data())
        except StoreError as error:
            assert error.remedy


@given(text=texts(NETSH, WORDS))
def test_what_netsh_says(text: str) -> None:
    with bounded():
        found = complaints(text, NONCE, len(LINES))
    assert all(0 <= each.index <= len(LINES) for each in found)
    for each in found:
        meaning(each.answer or "")


@given(text=texts(["Microsoft Windows [Version 10.0.26100.1]", "[Version 5.2.3790]", "2008 R2", "10.0.17763"], WORDS))
def test_versions(text: str) -> None:
    for read in (parse_ver, lambda words: parse_version(words, "version")):
        with bounded():
            try:
                assert str(read(text))
            except IpsecError as error:
                assert error.remedy


ASKED = Questions({"version": "ver"})


@pytest.mark.parametrize(
    "text",
    [
        f"@@{NONCE}:begin 0\nx\n@@{NONCE}:version {'9' * 30_000}\n@@{NONCE}:end 0\n",
        f"@@{NONCE}:begin 0\n" * 20_000,
        f"@@{NONCE}:begin 0" + " " * 30_000 + "x",
        f"@@{NONCE}:" + "a" * 30_000,
        f"@@{NONCE}:begin " + "-" * 30_000,
    ],
    ids=["digits", "markers", "blanks", "letters", "signs"],
)
def test_long_answers_take_no_longer_than_they_are(text: str) -> None:
    with bounded():
        try:
            ASKED.sections(text, NONCE)
        except StoreError as error:
            assert error.remedy


@pytest.mark.parametrize(
    "text",
    [
        f"@@{NONCE}:a!x@@{NONCE}:b!" * 5_000,
        f"@@{NONCE}:a!" + "x" * 50_000 + f"@@{NONCE}:b!" + "x" * 50_000 + f"@@{NONCE}:0!",
        "netsh>" * 30_000,
        "ERR IPsec" + " " * 30_000 + "[",
    ],
    ids=["markers", "words", "prompts", "blanks"],
)
def test_long_sessions_take_no_longer_than_they_are(text: str) -> None:
    with bounded():
        complaints(text, NONCE, 1000)
        meaning(text)


def test_a_service_in_a_state_of_too_many_digits_is_in_none_that_is_known() -> None:
    sections = host.QUESTIONS.sections(POLICY[1], NONCE)
    odd = {**sections, "agent": type(sections["agent"])(f"TYPE : 10 WIN\nSTATE : {'4' * 5_000} RUNNING\n", 0)}
    with pytest.raises(StoreError, match="no state"):
        host.read_host(odd)
