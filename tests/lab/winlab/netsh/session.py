# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A netsh process: contexts, prompts, lines.

The prompt appears on a pipe as it does on a screen. A line that no context knows is repeated in the answer, word for
word; `@@N:3` is such a line.
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
_LEAVE = ("exit", "quit", "bye")


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
            if not raw:
                return 0
            line = raw.decode(self._host.oem_encoding, errors="replace").rstrip("\r\n")
            if not line.strip():
                continue
            words = split(line)
            if len(words) == 1 and words[0].text.lower() in _LEAVE:
                return 0
            self.execute(line, words)

    def execute(self, line: str, words: list[Word]) -> int:
        """Work off one line: in the current context, then in the ones above it. Returns a one-shot exit code."""
        if self._moved(words):
            return 0
        for depth in range(len(self._context), -1, -1):
            code = self._try(self._context[:depth], words)
            if code is not None:
                return code
        self._say(self._process.texts.not_found.format(line=line))
        return 1

    def _moved(self, words: list[Word]) -> bool:
        first = words[0].text.lower()
        if first == "..":
            self._context = self._context[:-1]
        elif first == "pushd":
            self._pushed.append(self._context)
        elif first == "popd":
            self._context = self._pushed.pop() if self._pushed else self._context
        else:
            return False
        return True

    def _try(self, context: tuple[str, ...], words: list[Word]) -> int | None:
        """Descend as far as the words name contexts, then run the command; None if it is not known here."""
        rest = words
        while rest:
            child = pick(rest[0].text, _children(self._host, context))
            if child is None or rest[0].equals is not None:
                break
            context, rest = (*context, child), rest[1:]
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
        for name in (*_children(self._host, context), *(static.COMMANDS if context == _STATIC else ())):
            self._say(name)

    def one_shot(self, line: str, words: list[Word], stdin: Reader) -> int:
        """Run one command. Words that only name a context open a session in it."""
        code = self.execute(line, words)
        return self.interact(stdin) if self._context else code


def _children(host: Host, context: tuple[str, ...]) -> list[str]:
    """Return the names of the contexts directly below one, on a host."""
    paths = [_STATIC, *(path for path in EXTENSIONS if path not in ONLY_ON or ONLY_ON[path](host))]
    depth = len(context)
    return list(dict.fromkeys(path[depth] for path in paths if len(path) > depth and path[:depth] == context))
