# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""powershell.exe of the lab: constant lines only, PowerShell's own exit codes, no grammar."""

from __future__ import annotations

import base64

import pytest

from winlab.host import Host
from winlab.shell import InputNeverEnds, ShellOptions, decode_line, run


def encoded(script: str, form: str = "PowerShell -NoProfile -NonInteractive -ExecutionPolicy Unrestricted") -> str:
    return f"{form} -EncodedCommand {base64.b64encode(script.encode('utf-16-le')).decode()}"


@pytest.fixture(name="host")
def fixture_host() -> Host:
    return Host.create("fe1")


@pytest.mark.parametrize(
    "form",
    [
        "PowerShell -NoProfile -NonInteractive -ExecutionPolicy Unrestricted",
        "powershell.exe -executionpolicy bypass -noninteractive -NOPROFILE",
        "%SystemRoot%\\System32\\WindowsPowerShell\\v1.0\\powershell.exe -NoLogo",
        "POWERSHELL",
    ],
)
def test_option_order_and_case(host: Host, form: str) -> None:
    assert run(host, encoded("hostname", form), None).stdout == b"fe1\r\n"


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("cmd.exe /d /q", 1),
        ("cmd.exe /d /q\nexit $LASTEXITCODE", 7),
        ("$input | & cmd.exe /d /q; exit $LASTEXITCODE", 7),
    ],
)
def test_exit_codes(host: Host, script: str, code: int) -> None:
    finished = run(host, encoded(script), b"echo in\r\nexit 7\r\n")
    assert finished.code == code
    assert finished.stdout.endswith(b"\r\nin\r\n")


def test_plain_form_answers_zero_for_success(host: Host) -> None:
    assert run(host, encoded("cmd.exe /d /q"), b"exit 0\r\n").code == 0


def test_the_child_inherits_stdin_but_input_makes_text_of_it(host: Host) -> None:
    assert b"\x8ab" in run(host, encoded("netsh.exe"), b"a\x8ab\r\nexit\r\n").stdout
    piped = run(host, encoded("$input | & netsh.exe; exit $LASTEXITCODE"), "a\u00fcb\nexit\n".encode())
    assert b"a?b" in piped.stdout


def test_a_quoted_argument_reaches_cmd_as_one(host: Host) -> None:
    line = 'cmd.exe /d /q /c "hostname & reg.exe query HKLM\\nope 2>&1 && echo @@1 0|| echo @@1 1"'
    assert run(host, encoded(line), b"").stdout.splitlines()[0::2] == [b"fe1", b"@@1 1"]


@pytest.mark.parametrize(
    "script",
    [
        "echo $env:COMPUTERNAME",
        "hostname; hostname",
        "hostname | more",
        "hostname & ver",
        "hostname 2>&1",
        "& hostname",
        '"hostname"',
        "hostname @args",
        "if (1) { hostname }",
        "hostname\nhostname",
        'reg query "HK$x"',
    ],
)
def test_grammar_is_refused(host: Host, script: str) -> None:
    finished = run(host, encoded(script), None)
    assert (finished.code, finished.stdout) == (1, b"")
    assert b"PowerShell's own grammar" in finished.stderr


def test_system_root_is_not_expanded_by_powershell(host: Host) -> None:
    finished = run(host, encoded("%SystemRoot%\\System32\\netsh.exe"), b"exit\r\n")
    assert finished.code == 1
    assert finished.stdout == b""


@pytest.mark.parametrize("extra", ["-File x.ps1", "-Command hostname"])
def test_other_ways_to_start_powershell_are_refused(host: Host, extra: str) -> None:
    assert run(host, f"powershell {extra}", None).code == 1


def test_a_module_is_told_apart(host: Host) -> None:
    script = 'if ($PSVersionTable.PSVersion -lt [Version]"5.1") {\n"Ansible requires PowerShell v5.1"\nexit 1\n}'
    finished = run(host, encoded(script), b"{}")
    assert finished.code == 1
    assert b"bootstrap of an Ansible module" in finished.stderr


def test_hosts_without_powershell_and_with_a_hanging_one(host: Host) -> None:
    assert b"not recognized" in run(host, encoded("hostname"), None, ShellOptions(powershell=False)).stderr
    hanging = ShellOptions(powershell_keeps_stdin=True)
    assert run(host, encoded("hostname"), None, hanging).code == 0
    with pytest.raises(InputNeverEnds):
        run(host, encoded("hostname"), b"", hanging)


def test_decode_line() -> None:
    assert decode_line(encoded("netsh.exe")) == "netsh.exe"
    assert decode_line("netsh.exe -EncodedCommand bgA=") is None
    assert decode_line("powershell -EncodedCommand ***") is None
