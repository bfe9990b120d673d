# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host lists of its connections, and which of them carry a task."""

from __future__ import annotations

import dataclasses
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.management import (
    QUESTIONS,
    Approach,
    Connection,
    Given,
    Listed,
    UnknownManagement,
    known_management,
    read_connections,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.queries import Section

ENGLISH = """
Active Connections

  Proto  Local Address          Foreign Address        State           PID
  TCP    10.0.0.10:5985         10.0.0.250:49152       ESTABLISHED     4
  TCP    10.0.0.10:5985         10.0.0.251:49153       TIME_WAIT       0
  TCP    10.0.0.10:49700        10.0.0.2:389           ESTABLISHED     1184
  TCP    [2001:db8::10]:5986    [2001:db8::99]:50001   ESTABLISHED     4
  TCP    [fe80::10%4]:5985      [fe80::99%4]:50002     ESTABLISHED     4
  TCP    [::ffff:10.0.0.10]:22  [::ffff:10.0.0.7]:40000 ESTABLISHED    900
"""
GERMAN = ENGLISH.replace("Active Connections", "Aktive Verbindungen").replace("ESTABLISHED", "HERGESTELLT")
SEEN = {
    "10.0.0.250 -> 10.0.0.10:5985",
    "10.0.0.2 -> 10.0.0.10:49700",
    "2001:db8::99 -> [2001:db8::10]:5986",
    "fe80::99 -> [fe80::10]:5985",
    "10.0.0.7 -> 10.0.0.10:22",
}


def listed(text: str, ssh: str = "", *, over_ssh: bool = False) -> Listed:
    return read_connections({"connections": Section(text, 0), "ssh": Section(ssh, 0)}, over_ssh=over_ssh)


@pytest.mark.parametrize("text", [ENGLISH, GERMAN, ENGLISH.replace("\n", "\r\n")], ids=["en", "de", "line ends"])
def test_rows_are_read_by_their_columns_in_every_language(text: str) -> None:
    assert {str(each) for each in listed(text).connections} == SEEN


def test_a_state_of_several_words_is_no_trouble() -> None:
    row = "  TCP    10.0.0.10:5985   10.0.0.250:49152   EN ATTENTE FIN   4"
    assert [str(each) for each in listed(row).connections] == ["10.0.0.250 -> 10.0.0.10:5985"]


@pytest.mark.parametrize(
    "row",
    [
        "  TCP    10.0.0.10:0            10.0.0.250:49152       ESTABLISHED     4",
        "  TCP    10.0.0.10:70000        10.0.0.250:49152       ESTABLISHED     4",
        "  TCP    10.0.0.10:5985         fe1:49152              ESTABLISHED     4",
        "  TCP    10.0.0.10:http         10.0.0.250:49152       ESTABLISHED     4",
        "  TCP    10.0.0.10:5985         10.0.0.250:49152       ESTABLISHED",
        "  UDP    10.0.0.10:500          10.0.0.250:500         ESTABLISHED     4",
        "  TCP    10.0.0.10:\u0665\u0669\u0668\u0665   10.0.0.250:49152   ESTABLISHED   4",
        "  TCP    10.0.0.10:5985 10.0.0.250:49152 ESTABLISHED 4 and more",
    ],
)
def test_what_is_no_row_is_no_connection(row: str) -> None:
    assert listed(row) == Listed()


@given(st.text(), st.text())
def test_an_answer_may_hold_anything(text: str, ssh: str) -> None:
    """Nothing but addresses and ports comes out of it, so nothing else can get into a message."""
    found = listed(text + ENGLISH + text, ssh, over_ssh=True)
    for each in found.connections:
        assert 1 <= each.port <= 65535
        assert str(each) == str(dataclasses.replace(each))


SSH = "SSH_CONNECTION=10.0.0.250 50123 10.0.0.10 22"


def test_the_shell_of_ssh_knows_its_connection() -> None:
    found = listed(ENGLISH, f"{SSH}\r\n", over_ssh=True)
    assert found.exact
    assert [str(each) for each in found.connections] == ["10.0.0.250 -> 10.0.0.10:22"]
    # A variable of that name proves nothing over another connection.
    assert not listed(ENGLISH, SSH).exact
    for text in ("", "SSH_CONNECTION=", "SSH_CONNECTION=a 1 b 2", f"{SSH} 5", "Environment variable not defined"):
        assert not listed(ENGLISH, text, over_ssh=True).exact


MINE = Connection(ip_address("10.0.0.10"), 5985, ip_address("10.0.0.250"))
OTHER = Connection(ip_address("10.0.0.10"), 5985, ip_address("10.9.9.9"))
APPROACH = Approach(port=5985, controllers=(ip_address("10.0.0.250"),))


def test_a_given_controller_must_be_seen() -> None:
    both = Listed((MINE, OTHER))
    given_net = Given(controllers=(ip_address("10.9.9.9"),))
    found = known_management(given_net, APPROACH, both)
    assert found.controllers == (ip_address("10.9.9.9"),)
    with pytest.raises(UnknownManagement, match=r"The host sees 10\.0\.0\.250 -> 10\.0\.0\.10:5985"):
        known_management(Given(controllers=(ip_address("192.0.2.1"),)), APPROACH, Listed((MINE,)))


def test_many_connections_are_not_all_shown() -> None:
    many = Listed(tuple(Connection(ip_address("10.0.0.10"), 1000 + number, OTHER.peer) for number in range(50)))
    with pytest.raises(UnknownManagement) as caught:
        known_management(Given(), APPROACH, many)
    assert str(caught.value).count(" -> ") == 5
    assert ", ..." in str(caught.value)


def test_the_questions_are_one_command_each() -> None:
    assert QUESTIONS.script("0badf00d").count(b"netstat.exe -n -o <nul") == 1
