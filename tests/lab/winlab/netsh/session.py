# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A netsh process: contexts, prompts, lines.

The prompt appears on a pipe as it does on a screen. A line that no context knows is repeated in the answer, word for
word; `@@N:3` is such a line.

[ledger: netsh-stdin-pipe, netsh-stdin-end, netsh-prompt-on-pipe, netsh-unknown-word-echo, netsh-stdin-ascii]
[ledger: netsh-goes-on]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ..host import Host
from . import static
from .context import Process
from .words import Word, pick, split

Extension = Callable[[Process, list[Word]], int | None]
"""Runs a command and returns the one-shot exit code, None for one that it does not know."""

# Contexts that other parts of the lab bring along, by path: `EXTENSIONS[("advfirewall",)] = run`.
EXTENSIONS: dict[tuple[str, ...], Extension] = {}

# Which hosts have such a context; one that is not named here exists on all of them.
ONLY_ON: dict[tuple[str, ...], Callable[[Host], bool]] = {}

_STATIC = ("ipsec", "static")

# What help lists besides the contexts below, by path.
VERBS: dict[tuple[str, ...], tuple[str, ...]] = {_STATIC: tuple(static.COMMANDS)}
_LEAVE = ("exit", "quit", "bye")
_FILE_SWITCHES = ("-f", "/f")


class Reader(Protocol):
    """Where an interactive session gets its lines from; an empty answer ends the input."""

    def readline(self) -> bytes:
        """Return the next line with its line end."""


class Session:
    """One process and the context it is in."""

    def __init__(self, host: Host, out: Callable[[bytes], None]) -> None:
        self._host = host
        self._out = out
        self._process = Process(host, self._say)
        self._context: tuple[str, ...] = ()
        self._pushed: list[tuple[str, ...]] = []

    def _write(self, text: str) -> None:
        self._out(text.encode(self._host.oem_encoding, errors="replace"))

    def _say(self, line: str) -> None:
        self._write(line + "\r\n")

    def interact(self, stdin: Reader) -> int:
        """Work off lines until somebody leaves or the input ends; the exit code is always 0."""
        while True:
            self._write(" ".join(("netsh", *self._context)) + ">")
            raw = stdin.readline()
            if not raw or self._leaves(raw):
                return 0

    def _leaves(self, raw: bytes) -> bool:
        """Work off one raw line; tell whether it ends the session."""
        line = raw.decode(self._host.oem_encoding, errors="replace").rstrip("\r\n")
        words = split(line)
        # Remarks stand in the files that Microsoft's own scripts write for netsh -f, and in every dump.
        if not words or words[0].text.startswith("#"):
            return False
        if len(words) == 1 and words[0].text.lower() in _LEAVE:
            return True
        self.execute(line, words)
        return False

    def file(self, name: str) -> int:
        """Work off the lines of a file, whatever becomes of each; there are no prompts.

        What netsh ends with is not documented; lab's choice: 0, and 1 for a file that is not there.

        [ledger: netsh-file-goes-on, netsh-file-exit-code]
        """
        content = self._host.files.get(name.lower())
        if content is None:
            self._say(self._process.texts.no_file)
            return 1
        for raw in content.splitlines():
            if self._leaves(raw):
                break
        return 0

    def execute(self, line: str, words: list[Word]) -> int:
        """Work off one line: in the current context, then in the ones above it. Returns a one-shot exit code."""
        moved = self._moved(words)
        if moved:
            return 0
        for depth in range(len(self._context), -1, -1) if moved is None else ():
            code = self._try(self._context[:depth], words)
            if code is not None:
                return code
        self._say(self._process.texts.not_found.format(line=line))
        return 1

    def _moved(self, words: list[Word]) -> bool | None:
        """Go to another context; False if there is no such context, None if the line is something else.

        `pushd CONTEXT` goes there and `popd` comes back, as Microsoft's own scripts for netsh -f have it; pushd alone
        only remembers.

        [ledger: netsh-file-remarks]
        """
        first = words[0].text.lower()
        if first == "..":
            self._context = self._context[:-1]
        elif first == "popd":
            self._context = self._pushed.pop() if self._pushed else self._context
        elif first == "pushd":
            target = self._named(words[1:])
            if target is None:
                return False
            self._pushed.append(self._context)
            self._context = target
        else:
            return None
        return True

    def _named(self, words: list[Word]) -> tuple[str, ...] | None:
        """Return the context that words name, seen from the current one or one above it; no words name the current."""
        for depth in range(len(self._context), -1, -1):
            context, rest = self._descended(self._context[:depth], words)
            if not rest:
                return context
        return None

    def _descended(self, context: tuple[str, ...], words: list[Word]) -> tuple[tuple[str, ...], list[Word]]:
        """Return the context that the first words lead to, and the words behind them."""
        rest = words
        while rest and rest[0].equals is None:
            child = pick(rest[0].text, _children(self._host, context))
            if child is None:
                break
            context, rest = (*context, child), rest[1:]
        return context, rest

    def _try(self, context: tuple[str, ...], words: list[Word]) -> int | None:
        """Descend as far as the words name contexts, then run the command; None if it is not known here."""
        context, rest = self._descended(context, words)
        if not rest:
            self._context = context
            return 0
        if context in EXTENSIONS:
            return EXTENSIONS[context](self._process, rest)
        if rest[0].text.lower() in ("help", "?"):
            self._help(context)
            return 0
        if context == _STATIC and static.knows(rest):
            return static.run(self._process, rest)
        return None

    def _help(self, context: tuple[str, ...]) -> None:
        self._say(self._process.texts.available)
        for name in (*_children(self._host, context), *VERBS.get(context, ())):
            self._say(name)

    def one_shot(self, line: str, words: list[Word]) -> int:
        """Run one command, or with -f the lines of a file.

        Words that only name a context print its commands (a transcript of a Chinese Windows); no session opens. That
        such a line is incomplete and ends with 1, as one of a command does, is the lab's choice.

        [ledger: netsh-context-alone]
        """
        if words[0].text.lower() in _FILE_SWITCHES and len(words) == 2:
            return self.file(words[1].text)
        code = self.execute(line, words)
        if not self._context:
            return code
        self._help(self._context)
        return 1


def _children(host: Host, context: tuple[str, ...]) -> list[str]:
    """Return the names of the contexts directly below one, on a host."""
    paths = [_STATIC, *(path for path in EXTENSIONS if path not in ONLY_ON or ONLY_ON[path](host))]
    depth = len(context)
    return list(dict.fromkeys(path[depth] for path in paths if len(path) > depth and path[:depth] == context))
