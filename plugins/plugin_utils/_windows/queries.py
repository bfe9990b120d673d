# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host is asked, and how its answer is taken apart.

Many commands are asked in one: as batch lines that cmd.exe reads from standard input, or behind a netsh session on a
command line that never varies. Markers between the answers tell where each ends and how its command ended.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .._common.errors import IpsecError, StoreError
from .._common.said import CODE_PAGE
from .lines import cmd_line, input_line

READ = "cmd.exe /d /q"
# In which code page the host prints; the answers are decoded by it before anybody here sees them.
CODE_PAGE_QUESTION = {CODE_PAGE: r"reg.exe query HKLM\SYSTEM\CurrentControlSet\Control\Nls\CodePage /v OEMCP"}

_BEGIN = "begin"
_END = "end"
# On a constant line there is no place for a word that changes.
_AFTER_NETSH = "after"
_NAME = re.compile(r"[a-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Section:
    """What one command printed, and its exit code."""

    text: str
    code: int


@dataclass(frozen=True, slots=True)
class Questions:
    """Commands by the names of their answers, in the order in which they are asked.

    None that is asked behind netsh may hold a double quote, since a constant line stands between quotes itself.
    """

    commands: Mapping[str, str]

    def __post_init__(self) -> None:
        """Refuse what cmd.exe would not read as one command for each name."""
        for name, command in self.commands.items():
            if not _NAME.fullmatch(name) or name in (_BEGIN, _END):
                raise IpsecError("question", name, "a name of letters, digits and _", "Correct the name.")
            cmd_line(command)

    def script(self, nonce: str, before: Iterable[str] = ()) -> bytes:
        """Return batch lines for ``READ``: ``before``, then all questions. ``nonce`` tells this answer from others."""
        # A command that inherits the pipe could read the rest of the script.
        lines = [f"{cmd_line(command)} <nul 2>&1" for command in before]
        lines.append(f"echo @@{nonce}:{_BEGIN} 0")
        for name, command in self.commands.items():
            lines += [f"{command} <nul 2>&1", f"echo @@{nonce}:{name} %errorlevel%"]
        return script([*lines, f"echo @@{nonce}:{_END} 0", "exit 0"])

    @property
    def after_netsh(self) -> str:
        """The command line that reads netsh lines from standard input and then asks all questions.

        Which exit code ``cmd /c`` ends with is not documented: that of the last command, or the error level that one
        of the questions left. So the line says it.

        [ledger: netsh-behind-cmd, cmd-c-exit-code, cmd-outer-quotes]
        """
        if quoted := [name for name, command in self.commands.items() if '"' in command]:
            raise IpsecError("question", quoted[0], "a command without double quotes", "Ask it in a script.")
        asked = "& ".join(
            f"{command} 2>&1 && echo @@{_AFTER_NETSH}:{name} 0|| echo @@{_AFTER_NETSH}:{name} 1"
            for name, command in self.commands.items()
        )
        line = f"netsh.exe & echo @@{_AFTER_NETSH}:{_BEGIN} 0& {asked}& echo @@{_AFTER_NETSH}:{_END} 0& exit 0"
        return f'{READ} /c "{line}"'

    def sections(self, text: str, nonce: str = _AFTER_NETSH) -> Mapping[str, Section]:
        """Return the answers by name.

        Raises :class:`StoreError` when one of them is missing, for a short answer is never taken for an empty one, and
        when a text of the host looks so much like our markers that there are two ways to take the answer apart.
        """
        marker = re.compile(rf"@@{re.escape(nonce)}:([a-z0-9_]+) (-?[0-9]{{1,10}})(?![0-9])[^\S\n]*\r?\n?")
        names = (_BEGIN, *self.commands, _END)
        seen = [match for match in marker.finditer(text) if match[1] in names]
        # What the host has stored may read like a marker. Those that we had printed are among all that look like one,
        # in the order of the questions: where the earliest such row is also the latest, there is no other.
        found = _in_order(seen, names)
        if len(found) < len(names):
            expected = f"the answer to {names[len(found)]!r}"
            raise StoreError("answer of the host", "cut short", expected, "Run the task again; nothing was concluded.")
        if found != _in_order(seen[::-1], names[::-1])[::-1]:
            remedy = "Look for it in the names and descriptions of the host's policies, and change it there."
            raise StoreError("answer of the host", f"a text with @@{nonce}:", "no text like one of our markers", remedy)
        return {
            end[1]: Section(text[start.end() : end.start()], int(end[2])) for start, end in itertools.pairwise(found)
        }


def _in_order(matches: Iterable[re.Match[str]], names: Sequence[str]) -> list[re.Match[str]]:
    """Return the first match for each name behind that of the name before it, as far as there are any."""
    found: list[re.Match[str]] = []
    for match in matches:
        if len(found) < len(names) and match[1] == names[len(found)]:
            found.append(match)
    return found


def preamble(text: str, nonce: str = _AFTER_NETSH) -> str:
    """Return what was printed before the first question was asked."""
    return text.partition(f"@@{nonce}:{_BEGIN}")[0]


def script(lines: Iterable[str]) -> bytes:
    """Return lines as standard input. [ledger: cmd-errorlevel-line-by-line, cmd-children-share-stdin]"""
    return "".join(f"{input_line(line)}\r\n" for line in lines).encode("ascii")
