# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Grammar of one cmd.exe command line: variables, operators, redirections, quotes and carets.

Not simulated, and refused with SyntaxRefused: pipes, parentheses and redirections to files (the lab has no files).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

_VARIABLE = re.compile(r"%([^%:=\s]+)%")
_SPECIAL = frozenset("&<>()@^|")
# REM takes the rest of its line, operators and redirections among it (so does Wine's cmd.exe).
# [ledger: cmd-rem-takes-line]
_REMARK = re.compile(r"[\s@,;=]*rem[ \t]", re.IGNORECASE)


class SyntaxRefused(Exception):
    """A line that cmd.exe or the lab does not take; `token` is the offending piece, empty for the end of the line."""

    def __init__(self, token: str) -> None:
        super().__init__(token)
        self.token = token


class Target(Enum):
    """Where a redirection leads to."""

    NUL = "nul"
    OUT = "1"
    ERR = "2"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Redirection:
    """One redirection: handle 0, 1 or 2, and its target. They take effect from left to right."""

    handle: int
    target: Target


@dataclass(frozen=True, slots=True)
class Simple:
    """One command with its redirections. `text` keeps inner blanks and quotes; carets are already resolved."""

    text: str
    redirections: tuple[Redirection, ...] = ()


@dataclass(slots=True)
class _Piece:
    """A command in the making."""

    text: list[str] = field(default_factory=list)
    redirections: list[Redirection] = field(default_factory=list)

    def finish(self) -> Simple:
        return Simple("".join(self.text), tuple(self.redirections))


Conjunction = tuple[Simple, ...]
"""Commands joined by `&&`."""
Alternatives = tuple[Conjunction, ...]
"""Conjunctions joined by `||`; `&&` binds tighter."""


def expand(line: str, variables: Mapping[str, str]) -> str:
    """Replace `%NAME%` as cmd.exe does when it reads a line outside a batch file.

    Names are looked up in lower case. An undefined variable stays as it was typed.
    """
    return _VARIABLE.sub(lambda found: variables.get(found[1].lower(), found[0]), line)


def continued(line: str) -> bool:
    """Tell whether a line ends with an escaping caret outside quotes, so that the next line belongs to it."""
    quoted = escaped = False
    for char in line:
        if escaped:
            escaped = False
        elif char == '"':
            quoted = not quoted
        elif char == "^" and not quoted:
            escaped = True
    return escaped


def parse(line: str) -> tuple[Alternatives, ...]:
    """Split an expanded line into the commands between `&`, each a list of alternatives between `||`.

    :raises SyntaxRefused: when an operator misses its command, and for everything that is not simulated.
    """
    sequence: list[list[list[Simple]]] = [[[]]]
    operator = ""
    for piece, following in _pieces(line):
        if not piece.text.strip() and not piece.redirections:
            # A closing `&` is allowed, and so is an empty line.
            if following or operator in ("&&", "||"):
                raise SyntaxRefused(following)
        else:
            sequence[-1][-1].append(piece)
        operator = following
        if following == "&":
            sequence.append([[]])
        elif following == "||":
            sequence[-1].append([])
    return tuple(
        tuple(tuple(commands) for commands in alternatives) for alternatives in sequence if alternatives != [[]]
    )


def _pieces(line: str) -> list[tuple[Simple, str]]:
    """Cut the line at its operators; each command comes with the operator behind it, the last one with none."""
    found: list[tuple[Simple, str]] = []
    piece = _Piece()
    at, quoted = 0, False
    while at < len(line):
        char = line[at]
        if not piece.text and _REMARK.match(line, at):
            piece.text.append(line[at:])
            at = len(line)
            continue
        if char == '"':
            quoted = not quoted
        if quoted or char not in "^&|<>()":
            piece.text.append(char)
            at += 1
        elif char == "^":
            piece.text.append(line[at + 1 : at + 2])
            at += 2
        elif char in "&|":
            operator = char * 2 if line.startswith(char * 2, at) else char
            if operator == "|":
                raise SyntaxRefused("|")
            found.append((piece.finish(), operator))
            piece = _Piece()
            at += len(operator)
        elif char in "<>":
            at = _redirect(line, at, piece)
        elif not "".join(piece.text).strip():
            raise SyntaxRefused(char)
        else:
            # Parentheses group only at the start of a command; inside its arguments they are ordinary.
            piece.text.append(char)
            at += 1
    found.append((piece.finish(), ""))
    return found


def _redirect(line: str, at: int, piece: _Piece) -> int:
    """Read the redirection at `at` into the piece and return the position behind it."""
    reads = line[at] == "<"
    handle = 0 if reads else 1
    # A digit names the handle only when it stands alone: `echo x2>nul` prints x2.
    before = "".join(piece.text[-2:])
    if before[-1:].isdigit() and (len(before) == 1 or before[0] in ' \t,;="'):
        handle = int(piece.text.pop())
    at += 2 if line.startswith(">>", at) else 1
    if line.startswith("&", at):
        target = line[at + 1 : at + 2]
        if target not in ("1", "2") or reads:
            raise SyntaxRefused(line[at : at + 2])
        piece.redirections.append(Redirection(handle, Target(target)))
        return at + 2
    name = re.compile(r'\s*("[^"]*"|[^\s&|<>,;=]+)').match(line, at)
    if name is None:
        raise SyntaxRefused("")
    word = name[1].strip('"').lower().rstrip(":")
    piece.redirections.append(Redirection(handle, Target.NUL if word == "nul" else Target.FILE))
    return name.end()


def outer_quotes(text: str, known_program: bool) -> str:
    """Apply the rule of `cmd /?` for quotes behind /c: usually the first and the last one of the text go away.

    They stay only if there are exactly two, with no special character but at least one blank between them, and the
    text between them names an executable (`known_program` says whether it does). Blanks behind the last quote, in front
    of a redirection for instance, are part of the text (so does Wine's cmd.exe).

    [ledger: cmd-outer-quotes]
    """
    text = text.lstrip()
    if not text.startswith('"'):
        return text
    inner = text[1:].split('"')[0]
    keeps = text.count('"') == 2 and not _SPECIAL & set(inner) and " " in inner and known_program
    if keeps:
        return text
    head, _quote, tail = text[1:].rpartition('"')
    return head + tail if _quote else text[1:]
