# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host is asked, and how its answer is taken apart.

Many commands are asked in one: as batch lines that cmd.exe reads from standard input, or behind a netsh session on a
command line that never varies. Markers between the answers tell where each ends and how its command ended.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .errors import StoreError

READ = "cmd.exe /d /q"

_BEGIN = "begin"
_END = "end"
# On a constant line there is no place for a word that changes.
_AFTER_NETSH = "after"


@dataclass(frozen=True, slots=True)
class Section:
    """What one command printed, and its exit code."""

    text: str
    code: int


@dataclass(frozen=True, slots=True)
class Questions:
    """Commands by the names of their answers, in the order in which they are asked.

    No command may hold a per cent sign, and none that is asked behind netsh a double quote, since a constant line
    stands between quotes itself.
    """

    commands: Mapping[str, str]

    def script(self, nonce: str, before: Iterable[str] = ()) -> bytes:
        """Return batch lines for ``READ``: ``before``, then all questions. ``nonce`` tells this answer from others."""
        # A command that inherits the pipe could read the rest of the script.
        lines = [f"{command} <nul 2>&1" for command in before]
        lines.append(f"echo @@{nonce}:{_BEGIN} 0")
        for name, command in self.commands.items():
            lines += [f"{command} <nul 2>&1", f"echo @@{nonce}:{name} %errorlevel%"]
        return script([*lines, f"echo @@{nonce}:{_END} 0", "exit 0"])

    @property
    def after_netsh(self) -> str:
        """The command line that reads netsh lines from standard input and then asks all questions.

        Which exit code ``cmd /c`` ends with is not documented: that of the last command, or the error level that one
        of the questions left. So the line says it.
        """
        asked = "& ".join(
            f"{command} 2>&1 && echo @@{_AFTER_NETSH}:{name} 0|| echo @@{_AFTER_NETSH}:{name} 1"
            for name, command in self.commands.items()
        )
        line = f"netsh.exe & echo @@{_AFTER_NETSH}:{_BEGIN} 0& {asked}& echo @@{_AFTER_NETSH}:{_END} 0& exit 0"
        return f'{READ} /c "{line}"'

    def sections(self, text: str, nonce: str = _AFTER_NETSH) -> Mapping[str, Section]:
        """Return the answers by name.

        Raises :class:`StoreError` when one of them is missing: a short answer is never taken for an empty one.
        """
        marker = re.compile(rf"@@{re.escape(nonce)}:(\w+) (-?\d{{1,10}})(?!\d)[^\S\n]*\r?\n?")
        found: dict[str, Section] = {}
        end: int | None = None
        for match in marker.finditer(text):
            if end is not None:
                found[match[1]] = Section(text[end : match.start()], int(match[2]))
            end = match.end()
        missing = [name for name in (*self.commands, _END) if name not in found]
        if missing:
            expected = f"the answer to {missing[0]!r}"
            raise StoreError("answer of the host", "cut short", expected, "Run the task again; nothing was concluded.")
        return found


def preamble(text: str, nonce: str = _AFTER_NETSH) -> str:
    """Return what was printed before the first question was asked."""
    return text.partition(f"@@{nonce}:{_BEGIN}")[0]


def script(lines: Iterable[str]) -> bytes:
    """Return lines as standard input. What they are made of has been checked to be ASCII before."""
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")
