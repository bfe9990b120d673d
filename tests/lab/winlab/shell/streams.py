# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Standard streams of the simulated processes.

One input object is shared by a command reader and its children, as a pipe handle is shared on Windows: whoever reads
takes the bytes away from the others.

[ledger: cmd-children-share-stdin]
"""

from __future__ import annotations

from collections.abc import Callable

Sink = Callable[[bytes], None]
"""Takes bytes of standard output or standard error."""


class InputNeverEnds(Exception):
    """A program waits for console input that nobody will type.

    A WinRS command started with WINRS_CONSOLEMODE_STDIN=TRUE has a console as its input, so the end of input never
    comes. The endpoint keeps such a command in the state Running.
    """


class Input:
    """Bytes of a pipe up to its end of input."""

    __slots__ = ("_data", "_position")

    def __init__(self, data: bytes = b"") -> None:
        self._data = data
        self._position = 0

    def readline(self) -> bytes:
        """Return the next line with its line end, or no bytes at the end of input."""
        end = self._data.find(b"\n", self._position)
        stop = len(self._data) if end < 0 else end + 1
        line = self._data[self._position : stop]
        self._position = stop
        return line

    def read(self) -> bytes:
        """Return everything that is left."""
        rest = self._data[self._position :]
        self._position = len(self._data)
        return rest


class Nul(Input):
    """The device NUL: it ends at once, and everybody who reads it sees so."""

    __slots__ = ()


class Console(Input):
    """An input on which nobody types: every read waits for ever."""

    __slots__ = ()

    def readline(self) -> bytes:
        raise InputNeverEnds

    def read(self) -> bytes:
        raise InputNeverEnds


def discard(data: bytes) -> None:
    """Swallow output, as NUL does."""
