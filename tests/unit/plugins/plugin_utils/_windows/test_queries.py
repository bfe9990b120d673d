# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking for everything in one command, and taking the answer apart."""

from __future__ import annotations

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import StoreError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.host import QUESTIONS
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.queries import READ, Section, preamble


def test_command_lines_are_constant_and_short():
    # 3039 characters are the most that a stock WinRM connection can wrap for PowerShell.
    for line in (READ, QUESTIONS.after_netsh):
        assert len(line) < 3039
        assert line.count('"') in (0, 2)
        assert "%" not in line
        assert line.isascii()


def test_the_line_behind_netsh_says_its_exit_code():
    """Which one cmd /c ends with is not documented, and the last question may leave any error level."""
    assert QUESTIONS.after_netsh.endswith('& exit 0"')


def test_every_command_of_the_read_script_leaves_standard_input_alone():
    lines = QUESTIONS.script("n0").decode().splitlines()
    assert all(line.endswith("<nul 2>&1") for line in lines if not line.startswith(("echo", "exit")))


def answer(nonce="n0", skip=None):
    names = ["begin", *QUESTIONS.commands, "end"]
    return "banner\r\n" + "".join(f"text of {name}\r\n@@{nonce}:{name} 1\r\n" for name in names if name != skip)


def test_sections_are_taken_apart():
    found = QUESTIONS.sections(answer(), "n0")
    assert found["ipsec"] == Section("text of ipsec\r\n", 1)


@pytest.mark.parametrize("name", ["begin", "version", "ipsec", "agent", "ike_start", "end"])
def test_a_missing_section_is_never_empty(name):
    with pytest.raises(StoreError, match="cut short"):
        QUESTIONS.sections(answer(skip=name), "n0")


def test_a_marker_need_not_begin_a_line():
    text = answer().replace("text of version\r\n", "no line end")
    assert QUESTIONS.sections(text, "n0")["version"].text == "no line end"


def test_commands_before_the_questions_have_an_answer_of_their_own():
    assert QUESTIONS.script("n0", ["sc.exe start X"]).startswith(b"sc.exe start X <nul 2>&1\r\necho @@n0:begin 0\r\n")
    assert preamble("said\r\n@@n0:begin 0\r\nrest", "n0") == "said\r\n"
