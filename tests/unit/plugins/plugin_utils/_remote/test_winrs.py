# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command shell without a network: what is sent, in which pieces, and what is never sent twice."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._remote.winrs import (
    LONGEST_LINE,
    PIECE_BYTES,
    CommandShell,
    KerberosFailure,
    WrongOption,
    kinit,
    loss,
    pieces,
    plan,
)

QUOTA = 0x803381A6


class Fault(Exception):
    def __init__(self, code=None, wmi=None):
        super().__init__("a fault")
        self.wsman_fault_code = code
        self.wmierror_code = wmi


class Client:
    """Keeps what is asked of it; ``trouble`` is raised by the operation of that name, once for each entry."""

    def __init__(self, said, trouble):
        self.said = said
        self.trouble = trouble

    def note(self, name, *values):
        self.said.append((name, *values))
        if self.trouble.get(name):
            raise self.trouble[name].pop(0)

    def open_shell(self, *, codepage, noprofile):
        self.note("open", codepage, noprofile)
        return f"shell{sum(each[0] == 'open' for each in self.said)}"

    def run_command(self, shell_id, command, *, console_mode_stdin, skip_cmd_shell):
        self.note("command", shell_id, command, console_mode_stdin, skip_cmd_shell)
        return "c1"

    def send_command_input(self, shell_id, command_id, stdin_input, end):
        self.note("send", len(stdin_input), end)

    def get_command_output(self, shell_id, command_id):
        self.note("receive", shell_id)
        return b"out", b"err", 3

    def cleanup_command(self, shell_id, command_id):
        self.note("signal", shell_id)

    def close_shell(self, shell_id):
        self.note("close", shell_id)


def shell(**trouble):
    said = []
    return CommandShell(lambda: Client(said, trouble), 65001), said


def names(said):
    return [each[0] for each in said]


def test_a_command_with_input():
    commands, said = shell()
    assert commands.run("netsh.exe", b"x" * (PIECE_BYTES + 1)) == (3, b"out", b"err")
    commands.close()
    assert said == [
        ("open", 65001, True),
        ("command", "shell1", "netsh.exe", False, False),
        ("send", PIECE_BYTES, False),
        ("send", 1, True),
        ("receive", "shell1"),
        ("close", "shell1"),
    ]


@pytest.mark.parametrize("stdin", [None, b""])
def test_without_input_the_command_has_a_console(stdin):
    commands, said = shell()
    commands.run("ver", stdin)
    assert said[1] == ("command", "shell1", "ver", True, False)
    assert "send" not in names(said)


def test_two_commands_share_a_shell():
    commands, said = shell()
    commands.run("ver", None)
    commands.run("ver", None)
    # Old hosts count fifteen commands; the one before makes room, the last one goes with the shell.
    assert names(said) == ["open", "command", "receive", "signal", "command", "receive"]


@given(st.binary(max_size=3 * PIECE_BYTES))
def test_pieces_are_the_input_and_only_the_last_one_ends_it(data):
    found = list(pieces(data))
    assert b"".join(piece for piece, _last in found) == data
    assert all(0 < len(piece) <= PIECE_BYTES for piece, _last in found)
    assert [last for _piece, last in found] == [False] * (len(found) - 1) + [True] * bool(found)


def test_a_line_that_is_too_long_is_not_sent():
    commands, said = shell()
    commands.run("x" * LONGEST_LINE, None)
    del said[:]
    with pytest.raises(WrongOption, match="8192 characters"):
        commands.run("x" * (LONGEST_LINE + 1), None)
    assert said == []


@pytest.mark.parametrize("fault", [Fault(code=QUOTA), Fault(wmi=QUOTA)])
def test_a_command_refused_for_a_quota_starts_in_a_new_shell(fault):
    commands, said = shell(command=[fault], close=[Fault()])
    assert commands.run("ver", None) == (3, b"out", b"err")
    assert names(said) == ["open", "command", "close", "open", "command", "receive"]
    assert said[4][1] == "shell2"


def test_a_second_refusal_is_final():
    commands, said = shell(command=[Fault(code=QUOTA), Fault(code=QUOTA)])
    with pytest.raises(Fault):
        commands.run("ver", None)
    assert names(said).count("command") == 2


@pytest.mark.parametrize("operation", ["command", "send", "receive"])
@pytest.mark.parametrize("error", [Fault(code=1), ConnectionResetError("gone")])
def test_nothing_else_is_sent_again(operation, error):
    commands, said = shell(**{operation: [error]}, signal=[OSError("gone too")])
    with pytest.raises(type(error)):
        commands.run("netsh.exe", b"x")
    assert names(said).count(operation) == 1
    # The host may forget the command, if it can be told.
    assert ("signal" in names(said)) is (operation != "command")


OPTIONS = {"remote_addr": "fe1", "port": 5986, "path": "/wsman", "remote_user": "u", "remote_password": "p"}
SUPPORTED = ("basic", "plaintext", "ssl", "kerberos", "ntlm", "credssp", "certificate")


def planned(**options):
    return plan({**OPTIONS, **options}.get, SUPPORTED)


@pytest.mark.parametrize(
    ("options", "endpoint", "transports"),
    [
        ({}, "https://fe1:5986/wsman", ("ssl",)),
        ({"port": 5985}, "http://fe1:5985/wsman", ("plaintext",)),
        ({"port": 80, "scheme": "http", "transport": ["ntlm"]}, "http://fe1:80/wsman", ("ntlm",)),
        ({"remote_user": "u@LAB"}, "https://fe1:5986/wsman", ("kerberos",)),
        ({"remote_addr": "2001:db8::1"}, "https://[2001:db8::1]:5986/wsman", ("ssl",)),
        ({"transport": ["kerberos", "ntlm"]}, "https://fe1:5986/wsman", ("kerberos", "ntlm")),
    ],
)
def test_where_and_how(options, endpoint, transports):
    found = planned(**options)
    assert (found.endpoint, found.transports) == (endpoint, transports)
    assert found.arguments == {"username": "u" if "remote_user" not in options else "u@LAB", "password": "p"}


def test_options_that_are_set_are_passed_on():
    found = planned(server_cert_validation="ignore", ca_trust_path="/ca", message_encryption="always", send_cbt=False)
    assert found.arguments["server_cert_validation"] == "ignore"
    assert found.arguments["ca_trust_path"] == "/ca"
    assert found.arguments["send_cbt"] is False
    assert "cert_pem" not in found.arguments


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {}),
        ({"connection_timeout": 5}, {"operation_timeout_sec": 5, "read_timeout_sec": 15}),
        ({"operation_timeout_sec": 7}, {"operation_timeout_sec": 7, "read_timeout_sec": 17}),
        ({"connection_timeout": 5, "read_timeout_sec": 60}, {"operation_timeout_sec": 5, "read_timeout_sec": 60}),
        ({"read_timeout_sec": 60}, {"read_timeout_sec": 60}),
    ],
)
def test_timeouts(options, expected):
    found = planned(**options).arguments
    assert {key: value for key, value in found.items() if key.endswith("_sec")} == expected


def test_timeouts_that_cannot_work_are_refused():
    with pytest.raises(WrongOption, match="read_timeout_sec is 5"):
        planned(operation_timeout_sec=10, read_timeout_sec=5)


def test_an_unknown_transport_is_refused_with_the_known_ones():
    with pytest.raises(WrongOption, match=r"'smoke'.*basic, certificate, credssp"):
        planned(transport=["smoke"])


@pytest.mark.parametrize(
    ("mode", "password", "managed"),
    [(None, "p", True), (None, None, False), ("manual", "p", False), ("managed", None, True)],
)
def test_who_gets_the_ticket(mode, password, managed):
    assert planned(kerberos_mode=mode, remote_password=password).manages_tickets is managed


def fake_kinit(folder: Path, text: str) -> str:
    program = folder / "kinit"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


def test_the_password_goes_to_kinit_by_standard_input(tmp_path):
    program = fake_kinit(tmp_path, f'read password; echo "$@:$password:$KRB5CCNAME:$SEEN:$UNSEEN" >{tmp_path}/seen')
    options = {
        **OPTIONS,
        "remote_password": "Quiet-Harbour-41",
        "kerberos_command": program,
        "kerberos_delegation": True,
        "kinit_env_vars": ["SEEN"],
    }
    kinit(options.get, "/cache", {"PATH": "/usr/bin:/bin", "SEEN": "s", "UNSEEN": "u"})
    assert (tmp_path / "seen").read_text() == "-f u:Quiet-Harbour-41:FILE:/cache:s:\n"


def test_a_kinit_that_fails_is_told_without_the_password(tmp_path):
    program = fake_kinit(tmp_path, 'read password; echo "no such user, $password" >&2; exit 1')
    options = {**OPTIONS, "remote_password": "Quiet-Harbour-41", "kerberos_command": program}
    with pytest.raises(KerberosFailure, match=r"No Kerberos ticket for u: no such user, \(hidden\)"):
        kinit(options.get, "/cache", {})
    with pytest.raises(KerberosFailure, match="could not be started"):
        kinit({**OPTIONS, "kerberos_command": str(tmp_path / "none")}.get, "/cache", {})


def library(module, name="Trouble", **attributes):
    return type(name, (Exception,), {"__module__": module, **attributes})("gone")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (library("winrm.exceptions"), "gone"),
        (library("requests.exceptions"), "gone"),
        (ConnectionResetError("gone"), "gone"),
        (KerberosFailure("no ticket"), "no ticket"),
        (library("winrm.exceptions", "WinRMOperationTimeoutError"), "The host did not deal with a request in time."),
        (library("winrm.exceptions", "WinRMTransportError", code=400), "The host answered with HTTP status 400."),
        (ZeroDivisionError("a bug"), None),
    ],
)
def test_what_counts_as_a_lost_host(error, words):
    assert loss(error) == words


def test_what_a_host_says_of_itself_moves_no_terminal():
    fault = type("WinRMError", (Exception,), {"__module__": "winrm.exceptions"})
    said = loss(fault("\x1b[2J \u202e fault\n" + "x" * 9000))
    assert said is not None
    assert said.startswith("\\x1b[2J \\u202e fault x")
    assert said.isprintable()
    assert len(said) < 1000
