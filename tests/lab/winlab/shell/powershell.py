# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""powershell.exe: -EncodedCommand for texts that only start one native program, -Command for questions.

The lab has no PowerShell grammar. Three forms are understood: `LINE`; `LINE`, newline, `exit $LASTEXITCODE`; and
`$input | & LINE; exit $LASTEXITCODE`. Everything else gets an error and code 1. Exit codes follow PowerShell's rule:
the plain form answers 0 or 1 whatever the program's own code was. What -Command takes stands in `powershell_command`;
as every program that reads a pipe to its end, powershell.exe then takes away what a batch has left in it.

[ledger: powershell-hands-stdin-on, powershell-input-to-cmd, powershell-exit-zero-one]

[ledger: powershell-takes-the-pipe]
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable

from . import powershell_command
from .process import Process, Streams
from .streams import Console, Input, InputNeverEnds, Nul, Sink
from .text import phrase

MODULE_MISTAKE = (
    "winlab: this is the bootstrap of an Ansible module. The lab has no PowerShell and no Python: a module was sent to"
    " the host where a native command line was expected (implicit fact gathering, or a module used by mistake).\r\n"
)

_ENCODED = re.compile(r"\s*(?P<options>.*?)\s-e(?:c|nc\w*)?\s+(?P<data>[A-Za-z0-9+/=]+)\s*", re.IGNORECASE)
_OPTION = re.compile(
    r"-(?:no(?:profile|ninteractive|logo)|noni|nop|(?:executionpolicy|exec|ep)\s+\w+|inputformat\s+\w+|outputformat\s+\w+)",
    re.IGNORECASE,
)
_BOOTSTRAP = re.compile(
    r"exec_wrapper|Ansible requires PowerShell|\[ScriptBlock\]|ConvertFrom-Json|AnsiballZ|/bin/sh|ansible_module",
    re.IGNORECASE,
)
_WORD = re.compile(r"""[\w.:/\\=+%*?!~^@-]+|"[^"$`]*"|'[^'"$`]*'""")
_EXIT = re.compile(r"exit\s+\$LASTEXITCODE", re.IGNORECASE)
_PIPED = re.compile(r"\$input\s*\|\s*&\s*(?P<line>.*?)\s*;\s*exit\s+\$LASTEXITCODE", re.IGNORECASE | re.DOTALL)


def decode(arguments: str) -> str | None:
    """Return the script of the arguments of powershell.exe, or None if it is not an encoded command.

    :param arguments: the text behind the program's name.
    """
    found = _ENCODED.fullmatch(f" {arguments}")
    if found is None or _OPTION.sub("", found["options"]).strip():
        return None
    try:
        return base64.b64decode(found["data"], validate=True).decode("utf-16-le")
    except (binascii.Error, UnicodeDecodeError):
        return None


def decode_line(command_line: str) -> str | None:
    """Return the script of a whole command line that starts powershell.exe with an encoded command, else None."""
    program, _blank, arguments = command_line.strip().partition(" ")
    name = program.strip('"').lower().removesuffix(".exe").rpartition("\\")[2]
    return decode(arguments) if name == "powershell" else None


def native_line(text: str) -> str | None:
    """Return the command line that PowerShell would start for one command text, or None if it needs more grammar.

    Quoted words keep their quotes only if they contain a blank, as PowerShell builds the line anew.

    [ledger: cmd-line-through-powershell, powershell-argument-quotes]
    """
    words: list[str] = []
    at = 0
    while at < len(text):
        if text[at] in " \t":
            at += 1
            continue
        word = _WORD.match(text, at)
        if word is None or text[word.end() : word.end() + 1] not in ("", " ", "\t"):
            return None
        at = word.end()
        bare = word[0][1:-1] if word[0][0] in "\"'" else word[0]
        # A quoted first word is a string expression, `@word` is a variable and `%` alone is ForEach-Object.
        if (not words and word[0][0] in "\"'%?") or word[0][0] == "@":
            return None
        words.append(f'"{bare}"' if " " in bare or "\t" in bare or not bare else bare)
    return " ".join(words) or None


def main(caller: Process, arguments: str) -> int:
    """Run as `powershell.exe ARGUMENTS`; see the module's text."""
    script = decode(arguments)
    if script is None:
        return _command(caller, arguments)
    if caller.options.powershell_keeps_stdin and not isinstance(caller.streams.stdin, Console):
        raise InputNeverEnds
    code, keeps = run_script(caller, script)
    return code if keeps else int(code != 0)


def run_script(caller: Process, script: str) -> tuple[int, bool]:
    """Run a script's text; returns the exit code, and whether the script hands a program's own code on."""
    if _BOOTSTRAP.search(script):
        if caller.options.module_answer:
            caller.streams.out(f"{caller.options.module_answer}\r\n".encode())
            return 0, True
        caller.streams.err(MODULE_MISTAKE.encode("ascii"))
        return 1, False
    piped = _PIPED.fullmatch(script.strip())
    lines = [line.strip() for line in script.splitlines() if line.strip()]
    keeps_code = len(lines) == 2 and _EXIT.fullmatch(lines[1]) is not None
    if piped:
        line = native_line(piped["line"])
    elif len(lines) == 1 or keeps_code:
        line = native_line(lines[0])
    else:
        line = None
    if line is None:
        return _refuse(caller, script.strip()), False
    stdin = _as_text(caller.streams.stdin) if piped else caller.streams.stdin
    return _native(caller, line, stdin), bool(piped) or keeps_code


def _command(caller: Process, arguments: str) -> int:
    """Run the text behind -Command."""
    split = powershell_command.split(arguments)
    if split is None or _OPTION.sub("", split[0]).strip():
        return _refuse(caller, f"powershell{arguments}")
    if not isinstance(caller.streams.stdin, (Console, Nul)):
        if caller.options.powershell_keeps_stdin:
            raise InputNeverEnds
        caller.streams.stdin.read()
    out, err = (_printer(caller, sink) for sink in (caller.streams.out, caller.streams.err))
    try:
        return powershell_command.run(caller.host, split[1], out, err)
    except powershell_command.NotUnderstood as text:
        return _refuse(caller, str(text))


def _printer(caller: Process, sink: Sink) -> Callable[[str], None]:
    return lambda text: sink(_encoded(caller, text))


def _native(caller: Process, line: str, stdin: Input) -> int:
    """Start a program without cmd.exe in between."""
    name, _blank, arguments = line.partition(" ")
    program = caller.programs.find(name, caller.host, caller.options)
    if program is None:
        caller.streams.err(_encoded(caller, phrase(caller.host.language, "ps.unknown", name=name)))
        return 1
    streams = Streams(stdin, caller.streams.out, caller.streams.err)
    child = Process(caller.host, caller.options, streams, caller.programs, dict(caller.environment))
    return program(child, f" {arguments}" if arguments else "")


def _as_text(stdin: Input) -> Input:
    """Read all input as `$input` does and hand it on as text: lines ended by CRLF, non-ASCII as question marks."""
    lines = stdin.read().decode("utf-8", "replace").splitlines()
    return Input("".join(f"{line}\r\n" for line in lines).encode("ascii", "replace"))


def _refuse(caller: Process, text: str) -> int:
    caller.streams.err(_encoded(caller, phrase(caller.host.language, "ps.error", line=text[:200])))
    return 1


def _encoded(caller: Process, text: str) -> bytes:
    return text.encode(caller.host.oem_encoding, "replace")
