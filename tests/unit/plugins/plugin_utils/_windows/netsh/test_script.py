# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scripts and answers of a session, in the languages that the answers come in."""

from __future__ import annotations

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.netsh import render
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning import operations as op
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.netsh.script import (
    MOST_INPUT_BYTES,
    Batch,
    Complaint,
    batches,
    complaints,
    meaning,
)

UNKNOWN = {
    "en": "The following command was not found: {}.\r\n",
    "de": 'Der Befehl "{}" wurde nicht\r\ngefunden.\r\n',
}
LINES = tuple(render(op.DeleteFilterList(f"L{number}")) for number in range(3))


def talk(language, answers, count=None, nonce="n0"):
    """Return what an interactive netsh prints for a batch whose lines get these answers; ``count`` cuts it short."""
    words = Batch(LINES).input(nonce).decode().splitlines()[:-1]
    said = [UNKNOWN[language].format(word) if word.startswith("@@") else answers.get(word, "\r\n") for word in words]
    return "".join(f"netsh>{text}" for text in said[:count]) + "netsh>"


@pytest.mark.parametrize("language", UNKNOWN)
def test_silence_is_success(language):
    assert complaints(talk(language, {}), "n0", 3) == []


@pytest.mark.parametrize("language", UNKNOWN)
def test_an_answer_is_the_complaint_of_its_line(language):
    answers = {LINES[1].clear(): "ERR IPsec[05067] : There are no filter lists.\r\n\r\n"}
    (found,) = complaints(talk(language, answers), "n0", 3)
    assert found.index == 1
    assert "ERR IPsec[05067] : There are no filter lists." in found.answer
    assert "n0" not in found.answer
    assert meaning(found.answer) == "the store has no filter lists"


def test_ok_is_no_complaint():
    assert complaints(talk("en", {LINES[0].clear(): "Ok.\r\n\r\n"}), "n0", 3) == []


@pytest.mark.parametrize("count", range(9))
def test_a_session_that_ends_early_is_noticed(count):
    found = complaints(talk("en", {}, count), "n0", 3)
    # Two markers come first, then a line and its marker by turns, then the end.
    assert found[-1] == Complaint(max(0, (count - 2) // 2), None)


def test_no_answer_at_all_is_no_success():
    assert complaints("", "n0", 3) == [Complaint(0, None)]
    assert complaints("", "n0", 0) == [Complaint(0, None)]


def test_another_session_is_not_ours():
    assert complaints(talk("en", {}, nonce="n1"), "n0", 3) == [Complaint(0, None)]


def test_batches_keep_order_and_fit_an_envelope():
    lines = [render(op.CreateFilterList(f"L{number}", "x" * 900)) for number in range(300)]
    groups = batches(lines)
    assert [line for group in groups for line in group.lines] == lines
    assert len(groups) > 1
    assert all(len(group.input("12345678")) <= MOST_INPUT_BYTES for group in groups)
