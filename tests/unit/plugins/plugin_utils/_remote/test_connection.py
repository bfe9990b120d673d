# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one way to a host: constant lines, scripts on standard input, and errors that say what happened."""

from __future__ import annotations

import base64
from types import SimpleNamespace

import pytest
from ansible import constants
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible.plugins.loader import get_shell_plugin
from ansible.utils.display import Display

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import HostLost
from ansible_collections.winsec.ipsec.plugins.plugin_utils._remote import progress
from ansible_collections.winsec.ipsec.plugins.plugin_utils._remote.connection import Remote
from ansible_collections.winsec.ipsec.plugins.plugin_utils._remote.forms import FORMS, form_of, sent_once


class Action:
    """An action whose connection is ``name`` and whose host answers ``answer``."""

    def __init__(self, name="winrm", rc=0, stdout="out", stderr="err"):
        self._connection = SimpleNamespace(
            transport=name,
            exec_command=self.exec_command,
            reset=self.reset,
            close=self.close,
            _connect=lambda: None,
        )
        self.answer = (rc, stdout.encode(), stderr.encode())
        self.trouble = None
        self.sent = []
        self.heard = []

    def exec_command(self, line, in_data=None, sudoable=True):
        self.heard.append((Display().verbosity, constants.DEFAULT_DEBUG))
        self.sent.append((line, in_data))
        self.reset()
        return self.answer

    def close(self):
        self.sent.append("close")
        self.reset()

    def reset(self):
        if self.trouble is not None:
            raise self.trouble


@pytest.mark.parametrize("rc", [0, 1])
def test_the_answer_is_what_was_printed(rc):
    action = Action(rc=rc)
    assert Remote(action).run("netsh.exe", b"exit\r\n") == "outerr"
    assert action.sent == [("netsh.exe", b"exit\r\n")]


def test_another_exit_code_is_no_answer():
    with pytest.raises(HostLost, match=r"netsh\.exe ended with code 9009 on the host: not found"):
        Remote(Action(rc=9009, stdout="", stderr="oh\nnot found\n")).run("netsh.exe", b"x")


def test_an_answer_can_be_shown_and_saved():
    action = Action()
    action.answer = (0, "Pr\u00fcfung ".encode("cp850") + b"\x1b[2J\xc2\x9b1m\xe2\x80\xae", b"\xed\xb2\x81\x00")
    answer = Remote(action).run("netsh.exe", b"x")
    assert answer.startswith("Pr\ufffdfung \ufffd[2J\ufffd1m\ufffd")
    assert answer.encode("utf-8").decode("utf-8") == answer
    assert not {*"\x1b\x9b\u202e\x00"} & {*answer}


def test_what_a_lost_host_said_moves_no_terminal():
    action = Action(rc=5, stdout="\x1b[2J\x1b]0;owned\x07 {{ 7 * 7 }}")
    with pytest.raises(HostLost) as caught:
        Remote(action).run("netsh.exe", b"x")
    assert str(caught.value).isprintable()
    action.trouble = AnsibleConnectionFailure("a fault: \x1b[2J\u202e\n" + "x" * 9000)
    with pytest.raises(HostLost) as caught:
        Remote(action).run("netsh.exe", b"x")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 1000
    # Ansible shows the texts of causes too.
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_what_is_told_of_a_long_task_moves_no_terminal(monkeypatch):
    told = []
    monkeypatch.setattr(Display, "display", lambda self, text, *args, **kwargs: told.append(text))
    monkeypatch.setattr(progress, "FIRST_SECONDS", 0.0)
    action = Action()
    action._task = SimpleNamespace(action="winsec.ipsec.policies")
    Remote(action, "fe\x1b[2J\u202e").tell("it waits for \x9b1m")
    assert told == ["winsec.ipsec.policies [fe\\x1b[2J\\u202e]: it waits for \\x9b1m (0 s)"]


@pytest.mark.parametrize(
    "trouble",
    [
        AnsibleConnectionFailure("gone"),
        ConnectionResetError("gone"),
        type("WinRMTransportError", (Exception,), {"__module__": "winrm.exceptions"})("gone"),
    ],
)
def test_no_answer_is_a_lost_host(trouble):
    action = Action()
    action.trouble = trouble
    for talk in (lambda: Remote(action).run("netsh.exe", b"x"), Remote(action).renew):
        with pytest.raises(HostLost, match="gone"):
            talk()


def test_what_a_host_had_printed_is_not_part_of_the_loss():
    action = Action()
    action.trouble = AnsibleError("winrm send_input failed; \nstdout: the store with its keys\nstderr ")
    with pytest.raises(HostLost, match="its answer was lost") as caught:
        Remote(action).run("netsh.exe", b"x")
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert "keys" not in str(caught.value)


def test_a_new_connection_leaves_no_shell_behind():
    action = Action()
    Remote(action).renew()
    assert action.sent == ["close"]


STORE = "HKEY_LOCAL_MACHINE\\SOFTWARE\\X\n    ipsecName    REG_SZ    R\n    ipsecData    REG_BINARY    6300616E006100"


def test_an_answer_that_was_cut_off_shows_no_key():
    """The last line of a store is as likely as any other one to hold a key, as hexadecimal digits."""
    action = Action(rc=1073807364, stdout=STORE, stderr="")
    with pytest.raises(HostLost, match=r"ended with code 1073807364 on the host: \(not shown") as caught:
        Remote(action).run("netsh.exe", b"x")
    assert "6300" not in str(caught.value)
    for kind in (AnsibleConnectionFailure, AnsibleError, OSError):
        action.trouble = kind(f"no end of it: {STORE}")
        with pytest.raises((HostLost, AnsibleError)) as caught:
            Remote(action).run("netsh.exe", b"x")
        assert "6300" not in str(caught.value)


def test_an_error_of_a_connection_moves_no_terminal():
    action = Action()
    action.trouble = AnsibleError("the shell said \x1b[2J\u202e\nok: all is well")
    with pytest.raises(AnsibleError) as caught:
        Remote(action).run("netsh.exe", b"x")
    assert str(caught.value) == "the shell said \\x1b[2J\\u202e ok: all is well"
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("trouble", [AnsibleError("a wrong option"), ZeroDivisionError("a bug")])
def test_other_errors_are_passed_on(trouble):
    action = Action()
    action.trouble = trouble
    with pytest.raises(type(trouble)):
        Remote(action).run("netsh.exe", b"x")


def test_answers_are_not_shown_at_any_verbosity(monkeypatch):
    monkeypatch.setattr(Display(), "verbosity", 6)
    monkeypatch.setattr(constants, "DEFAULT_DEBUG", True)
    action = Action()
    Remote(action).run("netsh.exe", b"x")
    assert action.heard == [(2, False)]
    assert constants.DEFAULT_DEBUG is True
    assert Display().verbosity == 6


def shell_connection(name, family):
    shell = get_shell_plugin(shell_type=family)
    return SimpleNamespace(transport=name, ansible_name=f"some.collection.{name}", _shell=shell)


LINE = 'cmd.exe /d /q /c "netsh.exe & echo done"'


@pytest.mark.parametrize(
    ("name", "family", "script"),
    [
        ("winrm", "powershell", None),
        ("winrs", "cmd", None),
        ("ssh", "cmd", None),
        ("ssh", "powershell", LINE),
        ("psrp", "powershell", f"$input | & {LINE}; exit $LASTEXITCODE"),
    ],
)
def test_the_form_of_a_line_for_each_connection(name, family, script):
    connection = shell_connection(name, family)
    form = form_of(connection).line(connection, LINE)
    if script is None:
        assert form == LINE
    else:
        *options, encoded = form.split(" ")
        assert options[-1] == "-EncodedCommand"
        assert base64.b64decode(encoded).decode("utf-16-le") == script


def test_every_connection_of_the_table_has_a_form_that_is_tested():
    assert set(FORMS) == {"winrm", "winrs", "ssh", "psrp"}


def test_ssh_needs_to_know_the_default_shell():
    with pytest.raises(AnsibleActionFail, match="ansible_shell_type"):
        Remote(SimpleNamespace(_connection=shell_connection("ssh", "sh"))).run(LINE, b"x")


def test_ssh_sends_a_command_once():
    options = {"reconnection_retries": 5}
    seen = []
    connection = SimpleNamespace(
        transport="ssh", get_option=options.get, set_option=lambda name, value: options.update({name: value})
    )
    with pytest.raises(OSError), sent_once(connection):
        seen.append(dict(options))
        raise OSError
    assert (seen, options) == ([{"reconnection_retries": 0}], {"reconnection_retries": 5})


@pytest.mark.parametrize("connected", [True, False])
def test_a_loss_tells_whether_there_had_been_a_connection(connected):
    action = Action()
    action.trouble = AnsibleConnectionFailure("gone")
    action._connection._connected = connected
    with pytest.raises(HostLost) as caught:
        Remote(action).run("netsh.exe", b"x")
    assert caught.value.established is connected


def test_an_unknown_connection_is_refused_before_anything_is_sent():
    action = Action("local")
    with pytest.raises(
        AnsibleActionFail, match="connection plugin is 'local': expected one of winrm, winrs, psrp, ssh"
    ):
        Remote(action).run("netsh.exe", b"x")
    assert action.sent == []


@pytest.mark.parametrize(
    ("name", "large", "kibibytes"),
    [("winrm", False, 90), ("winrm", True, 180), ("winrs", False, 480), ("psrp", False, 480), ("ssh", True, 480)],
)
def test_how_much_one_command_may_get(name, large, kibibytes):
    remote = Remote(SimpleNamespace(_connection=SimpleNamespace(transport=name)))
    assert remote.room(large) == kibibytes * 1024


def test_a_script_that_does_not_fit_is_refused():
    action = Action()
    with pytest.raises(AnsibleActionFail, match="does not fit"):
        Remote(action).run("netsh.exe", b"x" * (180 * 1024 + 1))
    assert action.sent == []
