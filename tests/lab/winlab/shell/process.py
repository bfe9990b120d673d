# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A process of a simulated host: its handles, its environment, and the programs that it can start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from ..host import Host
from .options import ShellOptions
from .streams import Input, Sink


@dataclass(frozen=True, slots=True)
class Streams:
    """The three handles of a process."""

    stdin: Input
    out: Sink
    err: Sink


class Programs(Protocol):
    """What is installed. The table itself knows the shells, so they get it handed in."""

    def knows(self, word: str) -> bool:
        """Tell whether a word, with or without its system path, names a program."""

    def find(self, word: str, host: Host, options: ShellOptions) -> Program | None:
        """Return the program that a command word names on a host, or None."""


@dataclass(slots=True)
class Process:
    """One process; `environment` has additional variables, names in lower case."""

    host: Host
    options: ShellOptions
    streams: Streams
    programs: Programs
    environment: dict[str, str] = field(default_factory=dict)


Program = Callable[[Process, str], int]
"""Takes the calling process (host, handles, options) and the raw text of the arguments; returns the exit code."""
