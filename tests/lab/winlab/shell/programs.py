# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs of the simulated hosts, by name. A new one is one more entry in _PROGRAMS."""

from __future__ import annotations

import re
from collections.abc import Callable

from .. import netsh
from ..host import Host
from . import netstat, powershell, reg, sc, schtasks, wevtutil, wmic
from .cmd import Cmd
from .options import ShellOptions
from .process import Process, Program

_SYSTEM = re.compile(
    r"(?:[a-z]:\\windows\\(?:system32|sysnative|syswow64)(?:\\windowspowershell\\v1\.0|\\wbem)?\\)?(\w+)(\.exe)?"
)


def _cmd(caller: Process, arguments: str) -> int:
    child = Cmd(caller.host, caller.options, caller.streams, caller.programs, dict(caller.environment))
    return child.main(arguments)


def _netsh(caller: Process, arguments: str) -> int:
    code = netsh.main(caller.host, arguments.strip(), caller.streams.stdin, caller.streams.out)
    if arguments.strip():
        _swallow(caller)
    return code


def _reg(caller: Process, arguments: str) -> int:
    code = reg.main(caller.host, arguments, caller.streams.stdin, caller.streams.out, caller.streams.err)
    _swallow(caller)
    return code


def _sc(caller: Process, arguments: str) -> int:
    code = sc.main(caller.host, arguments, caller.streams.out)
    _swallow(caller)
    return code


def _schtasks(caller: Process, arguments: str) -> int:
    code = schtasks.main(caller.host, arguments, caller.streams.stdin, caller.streams.out, caller.streams.err)
    _swallow(caller)
    return code


def _wmic(caller: Process, arguments: str) -> int:
    code = wmic.main(caller.host, arguments, caller.streams.out, caller.streams.err)
    _swallow(caller)
    return code


def _wevtutil(caller: Process, arguments: str) -> int:
    code = wevtutil.main(caller.host, arguments, caller.streams.out, caller.streams.err)
    _swallow(caller)
    return code


def _netstat(caller: Process, arguments: str) -> int:
    code = netstat.main(caller.host, arguments, caller.streams.out)
    _swallow(caller)
    return code


def _hostname(caller: Process, _arguments: str) -> int:
    caller.streams.out(f"{caller.host.name}\r\n".encode(caller.host.oem_encoding, "replace"))
    _swallow(caller)
    return 0


def _swallow(caller: Process) -> None:
    if caller.options.children_swallow:
        caller.streams.stdin.read()


_PROGRAMS: dict[str, Program] = {
    "cmd": _cmd,
    "netsh": _netsh,
    "netstat": _netstat,
    "reg": _reg,
    "sc": _sc,
    "schtasks": _schtasks,
    "hostname": _hostname,
    "powershell": powershell.main,
    "wevtutil": _wevtutil,
    "wmic": _wmic,
}

# Which hosts have a program; one that is not named here exists on all of them.
_ONLY_ON: dict[str, Callable[[Host], bool]] = {"wevtutil": wevtutil.exists, "wmic": wmic.exists}


def split_word(command_line: str) -> tuple[str, str]:
    """Return the program word of a command line without its quotes, and the text behind it."""
    line = command_line.strip()
    if line.startswith('"'):
        word, _quote, arguments = line[1:].partition('"')
        return word, arguments
    word, blank, arguments = line.partition(" ")
    return word, blank + arguments


def _name(word: str) -> str:
    found = _SYSTEM.fullmatch(word.strip().lower())
    return found[1] if found else ""


class Installed:
    """The programs of this module, as processes get them (`process.Programs`)."""

    @staticmethod
    def knows(word: str) -> bool:
        """Tell whether a word, with or without its system path, names a program of the lab."""
        return _name(word) in _PROGRAMS

    @staticmethod
    def find(word: str, host: Host, options: ShellOptions) -> Program | None:
        """Return the program that a command word names on a host, or None."""
        name = _name(word)
        if name == "powershell" and not options.powershell:
            return None
        if name in _ONLY_ON and not _ONLY_ON[name](host):
            return None
        return _PROGRAMS.get(name)


INSTALLED = Installed()
