# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Behaviour of the shell that differs between real machines or was reported both ways."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

LINE_LIMIT = 8191
"""Longest command line of cmd.exe, in characters."""


class LongLine(StrEnum):
    """What cmd.exe does with a line above LINE_LIMIT characters; both were reported from real hosts.

    [ledger: cmd-line-limit]
    """

    REJECT = "reject"
    TRUNCATE = "truncate"


class CodeOfLine(StrEnum):
    """What `cmd /c` ends with: the code of the last command that ran, as is said of Windows, or the error level.

    They differ where the last one was `echo`, which leaves the error level alone. Wine's cmd.exe ends with the latter.

    [ledger: cmd-c-exit-code]
    """

    LAST = "last"
    ERRORLEVEL = "errorlevel"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellOptions:
    """Switches of one host's shell.

    :param long_lines: a line that is too long gets an error text (reject), or ends with code 0 and no output
        (truncate).
    :param code_of_line: what `cmd /c` ends with.
    :param children_swallow: programs that do not read their input still take the rest of a shared pipe.
    :param powershell: whether powershell.exe exists at all (it is optional up to Server 2008).
    :param powershell_keeps_stdin: powershell.exe hangs when its input is a pipe, a known trouble of version 2.0.
    :param module_answer: what the host prints for every Ansible module instead of an error, as JSON: nothing is done,
        but what such tasks cost on the wire can be counted.

    [ledger: powershell-2-keeps-stdin]
    """

    long_lines: LongLine = LongLine.REJECT
    code_of_line: CodeOfLine = CodeOfLine.LAST
    children_swallow: bool = False
    powershell: bool = True
    powershell_keeps_stdin: bool = False
    module_answer: str = ""
