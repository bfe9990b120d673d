# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cmd.exe: command lines behind /c, and batch lines on standard input.

Facts that the collection depends on: variables expand when a line is read, children share the reader's standard
input, non-ASCII bytes of standard input are lost, `echo` leaves the error level alone. Choices of the lab, where
nothing is documented: the lost characters vanish without a trace, and the exit code of `/c` is the code of the last
command that ran, unless `ShellOptions.code_of_line` says otherwise.

[ledger: cmd-errorlevel-line-by-line, cmd-echo-keeps-errorlevel]
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from ..host import Host
from . import grammar
from .grammar import Simple, SyntaxRefused, Target
from .options import LINE_LIMIT, CodeOfLine, LongLine
from .process import Process, Streams
from .streams import Nul, Sink, discard
from .text import phrase

NOT_FOUND = 9009
_SWITCH = re.compile(r"\s*/([a-z])(:\w+)?", re.IGNORECASE)
_BUILTIN = re.compile(r"(echo|ver|exit|rem|set|type|cd|chcp)(?![\w\\-])(?!\.exe)", re.IGNORECASE)
_PROGRAM = re.compile(r'\s*("[^"]*"[^\s,;=/]*|[^\s,;=/"]+)(.*)', re.DOTALL)
_COPYRIGHT = {
    "2003": "(C) Copyright 1985-2003 Microsoft Corp.",
    "2008R2": "Copyright (c) 2009 Microsoft Corporation.  All rights reserved.",
    "2012": "(c) 2012 Microsoft Corporation. All rights reserved.",
    "2012R2": "(c) 2013 Microsoft Corporation. All rights reserved.",
    "2016": "(c) 2016 Microsoft Corporation. All rights reserved.",
    "2019": "(c) 2018 Microsoft Corporation. All rights reserved.",
}
_COPYRIGHT_LATER = "(c) Microsoft Corporation. All rights reserved."


class _Exit(Exception):
    """The command `exit` ran."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(slots=True)
class Cmd(Process):
    """One cmd.exe process."""

    echo: bool = True
    errorlevel: int = 0
    from_stdin: bool = False

    def main(self, arguments: str) -> int:
        """Run as `cmd.exe ARGUMENTS` and return the exit code."""
        rest = arguments
        while switch := _SWITCH.match(rest):
            rest = rest[switch.end() :]
            letter = switch[1].lower()
            if letter == "q":
                self.echo = False
            elif letter in ("c", "r"):
                known = self.programs.knows(rest.strip().strip('"'))
                return self.one_line(grammar.outer_quotes(rest, known))
        return self.batch()

    def one_line(self, line: str) -> int:
        """Run the text behind /c."""
        try:
            code = self.line(line)
        except _Exit as leave:
            return leave.code
        return self.errorlevel if self.options.code_of_line is CodeOfLine.ERRORLEVEL else code

    def batch(self) -> int:
        """Read lines from standard input until its end or an `exit`; returns the last error level."""
        self.from_stdin = True
        self._banner()
        prompt = _prompt(self.host) if self.echo else ""
        try:
            while raw := self.streams.stdin.readline():
                text = _decode(raw)
                while grammar.continued(text) and (more := self.streams.stdin.readline()):
                    text = text[:-1] + _decode(more)
                if self.echo:
                    self._print(f"{prompt}{text}\r\n")
                self.line(text)
                if self.echo:
                    self._print("\r\n")
        except _Exit as leave:
            return leave.code
        self._print(prompt)
        return self.errorlevel

    def line(self, text: str) -> int:
        """Expand, parse and run one line; returns the code that `&&` and `||` would see."""
        if len(text) > LINE_LIMIT:
            if self.options.long_lines is LongLine.TRUNCATE:
                return 0
            return self._complain("cmd.too_long")
        text = grammar.expand(text, self._variables())
        try:
            sequence = grammar.parse(text)
        except SyntaxRefused as refused:
            if refused.token:
                return self._complain("cmd.unexpected", token=refused.token)
            return self._complain("cmd.syntax")
        code = 0
        for alternatives in sequence:
            for conjunction in alternatives:
                for command in conjunction:
                    code = self._command(command)
                    if code:
                        break
                if not code:
                    break
        return code

    def _variables(self) -> dict[str, str]:
        root = r"C:\WINDOWS" if self.host.version.name == "2003" else r"C:\Windows"
        return {
            "systemroot": root,
            "windir": root,
            "comspec": rf"{root}\system32\cmd.exe",
            "computername": self.host.name.upper(),
            "errorlevel": str(self.errorlevel),
            **self.environment,
        }

    def _print(self, text: str) -> None:
        if text:
            self.streams.out(encode(self.host, text))

    def _complain(self, key: str, code: int = 1, **values: object) -> int:
        self.streams.err(encode(self.host, phrase(self.host.language, key, **values)))
        self.errorlevel = code
        return code

    def _banner(self) -> None:
        right = _COPYRIGHT.get(self.host.version.name, _COPYRIGHT_LATER)
        self._print(f"{self.host.version.ver_text}\r\n{right}\r\n\r\n")

    def _command(self, command: Simple) -> int:
        """Run one command with its own handles."""
        handles: dict[int, Sink] = {1: self.streams.out, 2: self.streams.err}
        stdin = self.streams.stdin
        for redirection in command.redirections:
            if redirection.target is Target.FILE:
                key = "cmd.no_file" if redirection.handle == 0 else "cmd.denied"
                return self._complain(key)
            if redirection.handle == 0:
                stdin = Nul()
            elif redirection.target is Target.NUL:
                handles[redirection.handle] = discard
            else:
                handles[redirection.handle] = handles[int(redirection.target.value)]
        child = replace(self, streams=Streams(stdin, handles[1], handles[2]))
        try:
            return child._dispatch(command.text.lstrip(" \t@,;="))
        finally:
            self.errorlevel, self.echo, self.environment = child.errorlevel, child.echo, child.environment

    def _dispatch(self, text: str) -> int:
        if builtin := _BUILTIN.match(text):
            return _BUILTINS[builtin[1].lower()](self, text[builtin.end() :])
        split = _PROGRAM.match(text)
        if split is None:
            return 0
        word, arguments = split[1].replace('"', ""), split[2]
        program = self.programs.find(word, self.host, self.options)
        if program is None:
            code = self._complain("cmd.unknown", NOT_FOUND, name=word)
            return code if self.from_stdin else self._as_one(code)
        self.errorlevel = program(self, arguments)
        return self.errorlevel

    def _as_one(self, _code: int) -> int:
        """Behind /c an unknown program ends the command with 1, not with 9009. [ledger: cmd-unknown-program-code]"""
        self.errorlevel = 1
        return 1


def _decode(raw: bytes) -> str:
    """Decode a line of standard input byte by byte: what is not ASCII is lost. [ledger: cmd-stdin-loses-non-ascii]"""
    return raw.decode("ascii", "ignore").rstrip("\r\n")


def encode(host: Host, text: str) -> bytes:
    """Encode console output in the host's OEM code page; what it cannot express becomes a question mark.

    [ledger: reg-output-question-marks]
    """
    return text.encode("ascii") if text.isascii() else text.encode(host.oem_encoding, "replace")


def _prompt(host: Host) -> str:
    home = "Documents and Settings" if host.version.name == "2003" else "Users"
    return rf"C:\{home}\Administrator>"


def _echo(cmd: Cmd, rest: str) -> int:
    words = rest[1:]
    state = words.strip().lower()
    if rest[:1] in ("", " ", "\t") and state in ("", "on", "off"):
        if state:
            cmd.echo = state == "on"
        else:
            cmd._print(phrase(cmd.host.language, "cmd.echo_on" if cmd.echo else "cmd.echo_off"))
        return 0
    cmd._print(f"{words}\r\n")
    return 0


def _ver(cmd: Cmd, _rest: str) -> int:
    # [ledger: ver-has-numbers]
    cmd._print(f"\r\n{cmd.host.version.ver_text}\r\n")
    cmd.errorlevel = 0
    return 0


def _exit(cmd: Cmd, rest: str) -> int:
    words = [word for word in rest.lower().replace("/b", " ").split() if word]
    number = re.match(r"[+-]?\d+", words[0]) if words else None
    if words:
        cmd.errorlevel = int(number[0]) if number else 0
    raise _Exit(cmd.errorlevel)


def _rem(_cmd: Cmd, _rest: str) -> int:
    return 0


def _set(cmd: Cmd, rest: str) -> int:
    name, equals, value = rest.strip().strip('"').partition("=")
    if not equals:
        # Shows every variable whose name begins so (help of set).
        found = {key: text for key, text in cmd._variables().items() if key.startswith(name.strip().lower())}
        cmd._print("".join(f"{key.upper()}={text}\r\n" for key, text in sorted(found.items())))
        return 0 if found else cmd._complain("cmd.no_variable", name=name)
    if value:
        cmd.environment = {**cmd.environment, name.lower(): value}
    else:
        cmd.environment = {key: text for key, text in cmd.environment.items() if key != name.lower()}
    return 0


def _type(cmd: Cmd, _rest: str) -> int:
    return cmd._complain("cmd.no_file")


def _cd(cmd: Cmd, rest: str) -> int:
    if not rest.strip():
        cmd._print(f"{_prompt(cmd.host)[:-1]}\r\n")
    return 0


def _chcp(_cmd: Cmd, _rest: str) -> int:
    # The code page of the console is not simulated: output stays in the OEM code page.
    return 0


_BUILTINS: dict[str, Callable[[Cmd, str], int]] = {
    "echo": _echo,
    "ver": _ver,
    "exit": _exit,
    "rem": _rem,
    "set": _set,
    "type": _type,
    "cd": _cd,
    "chcp": _chcp,
}
