# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cmd.exe of the lab: batch lines on standard input, command lines behind /c."""

from __future__ import annotations

import pytest

from winlab.host import Host
from winlab.shell import CodeOfLine, Finished, InputNeverEnds, LongLine, ShellOptions, run

AGENT = r"HKLM\SYSTEM\CurrentControlSet\Services\PolicyAgent"


@pytest.fixture(name="host")
def fixture_host() -> Host:
    return Host.create("fe1")


def batch(host: Host, *lines: str, line: str = "cmd.exe /d /q", options: ShellOptions | None = None) -> Finished:
    return run(host, line, "".join(f"{each}\r\n" for each in lines).encode(), options)


def body(finished: Finished) -> list[str]:
    """Return the lines of output behind the banner."""
    return finished.stdout.decode("cp850").split("reserved.\r\n\r\n", 1)[1].split("\r\n")[:-1]


def test_banner_comes_first_and_nothing_is_echoed(host: Host) -> None:
    finished = batch(host, "echo @@1:begin 0", "exit 0")
    expected = (
        b"Microsoft Windows [Version 10.0.14393]\r\n(c) 2016 Microsoft Corporation. All rights reserved.\r\n\r\n"
        b"@@1:begin 0\r\n"
    )
    assert finished == Finished(expected, b"", 0)


def test_without_q_the_prompt_and_the_line_are_printed(host: Host) -> None:
    finished = batch(host, "echo hello", line="CMD /D")
    prompt = "C:\\Users\\Administrator>"
    assert body(finished) == [f"{prompt}echo hello", "hello", ""]
    assert finished.stdout.endswith(prompt.encode())


def test_markers_report_the_command_before_them(host: Host) -> None:
    lines = body(
        batch(
            host,
            "ver",
            "echo @@1:ver %errorlevel%",
            f'reg query "{AGENT}\\nothing" /s <nul 2>&1',
            "echo @@1:reg %ERRORLEVEL%",
            "echo @@1:still %errorlevel%",
            "ver >nul",
            "echo @@1:cleared %errorlevel%",
        )
    )
    assert lines == [
        "",
        "Microsoft Windows [Version 10.0.14393]",
        "@@1:ver 0",
        "ERROR: The system was unable to find the specified registry key or value.",
        "@@1:reg 1",
        "@@1:still 1",
        "@@1:cleared 0",
    ]


def test_variables_are_stale_within_one_line(host: Host) -> None:
    assert body(batch(host, "nonsense 2>nul & echo %errorlevel%", "echo %errorlevel%")) == ["0", "9009"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("echo %COMPUTERNAME% %systemroot%", "FE1 C:\\Windows"),
        ("echo %unheard_of% 100%", "%unheard_of% 100%"),
        ('echo "a & b" ^& c', '"a & b" & c'),
        ("echo x2>nul", None),
        ("echo x 2>nul", "x "),
        ("echo a& echo b ", "a\r\nb "),
        ("@echo quiet", "quiet"),
        ("echo.", ""),
        ("echo(x", "x"),
        ("rem echo x", None),
        ("rem a & echo b", None),
        ("rem a && echo b || echo c | more", None),
        ("echo a & REM b & echo c >file", "a "),
        ("rem& echo b", "b"),
        ("echo rem a & echo b", "rem a \r\nb"),
        ("echo on the way", "on the way"),
        ("set X=5", None),
    ],
)
def test_echo_and_quoting(host: Host, line: str, expected: str | None) -> None:
    assert body(batch(host, line)) == ([] if expected is None else expected.split("\r\n"))


def test_set_is_seen_by_later_lines_only(host: Host) -> None:
    assert body(batch(host, "set X=5& echo %X%", "echo %x%", "set X=", "echo %x%")) == ["%X%", "5", "%x%"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ver >nul && echo yes|| echo no", "yes"),
        ("nope 2>nul && echo yes|| echo no", "no"),
        ("nope 2>nul || ver >nul && echo both", "both"),
        ("ver >nul || echo a && echo b", None),
        ("nope 2>nul & echo after", "after"),
    ],
)
def test_operators(host: Host, line: str, expected: str | None) -> None:
    assert body(batch(host, line)) == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("&& echo x", "&& was unexpected at this time."),
        ("echo a | more", "| was unexpected at this time."),
        ("echo a &&", "The syntax of the command is incorrect."),
        ("echo a >", "The syntax of the command is incorrect."),
        ("echo a > file.txt", "Access is denied."),
        ("netsh <script.txt", "The system cannot find the file specified."),
        ("type script.txt", "The system cannot find the file specified."),
    ],
)
def test_refusals(host: Host, line: str, text: str) -> None:
    finished = batch(host, line, "echo %errorlevel%")
    assert finished.stderr.decode() == f"{text}\r\n"
    assert body(finished) == ["1"]


def test_redirections_take_effect_from_left_to_right(host: Host) -> None:
    assert body(batch(host, "nope >nul 2>&1")) == []
    assert body(batch(host, "nope 2>&1 >nul"))[0].startswith("'nope' is not recognized")
    assert batch(host, "echo gone >&2").stderr == b"gone \r\n"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('cmd /c "echo a" <nul', b"a \r\n"),
        ('cmd /c "echo a"', b"a\r\n"),
        ('cmd /c "echo "a b"" 2>&1', b'"a b" \r\n'),
    ],
)
def test_blanks_in_front_of_a_redirection_are_part_of_the_line(host: Host, line: str, expected: bytes) -> None:
    """Only the last quote goes away (`cmd /?`); Wine's cmd.exe prints the blank too."""
    assert run(host, line, b"").stdout == expected


def test_what_a_line_ends_with(host: Host) -> None:
    """Two readings of an undocumented rule; `exit` says it whatever the rule is."""
    line = "sc.exe query NoSuchThing >nul & echo end"
    assert run(host, line, b"").code == 0
    other = ShellOptions(code_of_line=CodeOfLine.ERRORLEVEL)
    assert run(host, line, b"", other).code == 1060
    assert run(host, f"{line}& exit 0", b"", other).code == 0
    assert run(host, "ver", b"", other).code == 0


def test_unknown_program_is_9009_on_stdin_and_1_behind_c(host: Host) -> None:
    assert body(batch(host, "lodctr /q 2>nul", "echo %errorlevel%")) == ["9009"]
    finished = run(host, "lodctr /q", None)
    assert finished.code == 1
    assert finished.stderr.startswith(b"'lodctr' is not recognized as an internal or external command,\r\n")


def test_german_words_in_the_oem_code_page() -> None:
    finished = run(Host.create("dc", language="de"), "cmd /q", b"echo\r\nlodctr\r\n")
    assert finished.stdout.endswith(b"ECHO ist ausgeschaltet (OFF).\r\n")
    assert finished.stderr.startswith(b'Der Befehl "lodctr" ist entweder falsch geschrieben oder\r\n')


def test_exit_leaves_with_its_number_and_skips_the_rest(host: Host) -> None:
    assert batch(host, "exit 7", "echo never").code == 7
    assert body(batch(host, "exit /b 3", "echo never")) == []
    assert batch(host, "nope 2>nul", "exit").code == 9009
    assert batch(host, "nope 2>nul").code == 9009


def test_bytes_beyond_ascii_are_lost_on_stdin_but_not_in_a_command_line(host: Host) -> None:
    assert body(run(host, "cmd /d /q", "echo Gr\u00fc\u00dfe\r\n".encode())) == ["Gre"]
    assert run(host, "echo Gr\u00fc\u00dfe", None).stdout == "Gr\u00fc\u00dfe\r\n".encode("cp437")
    assert run(host, "echo \u4e2d", None).stdout == b"?\r\n"


def test_caret_at_the_end_joins_lines(host: Host) -> None:
    assert body(batch(host, "echo one ^", "two")) == ["one two"]


def test_netsh_takes_the_rest_of_the_script_and_reg_does_not(host: Host) -> None:
    finished = batch(
        host, "reg query HKLM\\SOFTWARE\\nope 2>nul", "echo after reg", "netsh", "echo after netsh", "exit"
    )
    text = finished.stdout.decode()
    assert "after reg\r\n" in text
    assert text.count("netsh>") == 2
    assert "echo after netsh" in text
    assert "\nafter netsh" not in text


def test_nul_protects_the_rest_of_the_script(host: Host) -> None:
    assert body(batch(host, "netsh <nul >nul", "echo after"))[-1] == "after"


def test_children_swallow_as_an_option(host: Host) -> None:
    options = ShellOptions(children_swallow=True)
    assert body(batch(host, "hostname", "echo lost", options=options)) == ["fe1"]
    assert body(batch(host, "hostname <nul", "echo kept", options=options)) == ["fe1", "kept"]


def test_line_with_netsh_and_reg_behind_c(host: Host) -> None:
    line = f'cmd.exe /d /q /c "netsh.exe & reg.exe query {AGENT} /s 2>&1 && echo @@1:store 0|| echo @@1:store 1"'
    good = run(host, line, b"@@1:0\r\nexit\r\n")
    assert good.stdout.startswith(b"netsh>")
    assert b"@@1:0" in good.stdout
    assert good.stdout.endswith(b"\r\n@@1:store 0\r\n")
    assert good.code == 0
    bad = run(host, line.replace("PolicyAgent", "Nobody"), b"exit\r\n")
    assert bad.stdout.endswith(b"@@1:store 1\r\n")


@pytest.mark.parametrize(
    "line",
    [
        "%SystemRoot%\\System32\\HOSTNAME.EXE",
        '"%SystemRoot%\\System32\\hostname.exe"',
        'cmd /c "hostname"',
        'cmd /c ""%windir%\\system32\\hostname" "',
    ],
)
def test_program_paths_and_outer_quotes(host: Host, line: str) -> None:
    assert run(host, line, None).stdout == b"fe1\r\n"


@pytest.mark.parametrize(("length", "fits"), [(8191, True), (8192, False)])
@pytest.mark.parametrize("line", [None, "cmd /d /q"])
def test_line_limit(host: Host, length: int, fits: bool, line: str | None) -> None:
    text = "echo " + "x" * (length - 5)
    for policy in LongLine:
        options = ShellOptions(long_lines=policy)
        finished = run(host, line or text, f"{text}\r\n".encode(), options)
        assert (b"xxx" in finished.stdout) is fits
        assert finished.stderr == (
            b"The command line is too long.\r\n" if policy is LongLine.REJECT and not fits else b""
        )
        assert finished.code == (1 if policy is LongLine.REJECT and not fits else 0)


def test_a_console_never_ends() -> None:
    host = Host.create("fe1")
    for line in ("cmd.exe /d /q", "netsh.exe"):
        with pytest.raises(InputNeverEnds):
            run(host, line, None)
    assert run(host, "netsh <nul", None).code == 0


@pytest.mark.parametrize(
    ("version", "banner"),
    [
        ("2003", "Microsoft Windows [Version 5.2.3790]\r\n(C) Copyright 1985-2003 Microsoft Corp.\r\n\r\n"),
        ("2025", "Microsoft Windows [Version 10.0.26100]\r\n(c) Microsoft Corporation. All rights reserved.\r\n\r\n"),
    ],
)
def test_banner_by_version(version: str, banner: str) -> None:
    assert run(Host.create("a", version=version), "cmd /q", b"").stdout.decode() == banner
