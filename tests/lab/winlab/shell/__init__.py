# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command shell of a simulated host: what Windows runs for one WinRS command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..host import Host
from .cmd import Cmd
from .options import CodeOfLine, LongLine, ShellOptions
from .powershell import decode_line, run_script
from .process import Process, Streams
from .programs import INSTALLED, split_word
from .streams import Console, Input, InputNeverEnds, Sink, discard

__all__ = [
    "CodeOfLine",
    "Finished",
    "InputNeverEnds",
    "LongLine",
    "ShellOptions",
    "decode_line",
    "execute",
    "launch",
    "run",
    "script",
]

FILE_NOT_FOUND = 0x80070002
"""What the task scheduler reports for a program that is not there."""


NOT_RECORDED = 2
"""How a command ends that a recorded host never got."""


@dataclass(frozen=True, slots=True)
class Finished:
    """Everything a finished command left: bytes in the host's OEM code page, and its exit code."""

    stdout: bytes
    stderr: bytes
    code: int


def execute(
    host: Host,
    command_line: str,
    stdin: bytes | None,
    out: Sink,
    err: Sink,
    options: ShellOptions | None = None,
    environment: Mapping[str, str] | None = None,
) -> int:
    """Run `cmd /c COMMAND_LINE` and hand its output to `out` and `err` as it comes.

    :param stdin: all bytes of the input pipe, or None for a console on which nobody types.
    :param environment: additional variables, names in lower case.
    :returns: the exit code.
    :raises InputNeverEnds: when a program waits for input that does not come; output so far was delivered.

    [ledger: winrm-console-stdin-never-ends]
    """
    if host.recording is not None:
        said = host.recording.answer(stdin or b"")
        out(b"this was not recorded\r\n" if said is None else said)
        return NOT_RECORDED if said is None else 0
    source = Console() if stdin is None else Input(stdin)
    streams = Streams(source, out, err)
    cmd = Cmd(host, options or ShellOptions(), streams, INSTALLED, dict(environment or {}))
    return cmd.main(f"/c {command_line}")


def run(host: Host, command_line: str, stdin: bytes | None, options: ShellOptions | None = None) -> Finished:
    """Run `cmd /c COMMAND_LINE` to its end; arguments and errors as for `execute`."""
    out: list[bytes] = []
    err: list[bytes] = []
    code = execute(host, command_line, stdin, out.append, err.append, options)
    return Finished(b"".join(out), b"".join(err), code)


def script(
    host: Host,
    text: str,
    stdin: bytes,
    out: Sink,
    err: Sink,
    options: ShellOptions | None = None,
    environment: Mapping[str, str] | None = None,
) -> tuple[int, bool]:
    """Run a PowerShell script as a runspace does, without a command shell in between.

    :param stdin: what `$input` yields, as lines.
    :returns: the exit code, and whether the script hands it on to its caller.
    """
    streams = Streams(Input(stdin), out, err)
    return run_script(Process(host, options or ShellOptions(), streams, INSTALLED, dict(environment or {})), text)


def launch(host: Host, command_line: str, account: str) -> int:
    """Start a program as the task scheduler does: no command shell in between, no input, output to nowhere.

    :returns: the exit code, or FILE_NOT_FOUND if there is no such program.
    """
    word, arguments = split_word(command_line)
    program = INSTALLED.find(word, host, ShellOptions())
    if program is None:
        return FILE_NOT_FOUND
    streams = Streams(Input(), discard, discard)
    return program(Process(host, ShellOptions(), streams, INSTALLED, {"username": account}), arguments)
