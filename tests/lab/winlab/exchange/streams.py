# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections whose data is judged on its way."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable

_PIECE = 65_536
_LONGEST_LINE = 65_536
_RESET = struct.pack("ii", 1, 0)


class Stalled(Exception):
    """Data is not let through: nothing arrives any more, and nobody says so."""


class Stream:
    """A connection, read by lines or by pieces.

    :param incoming: asked about the size of each piece that was read, `outgoing` about each that is written; False
        means that it is not let through.
    """

    def __init__(
        self,
        connection: socket.socket,
        incoming: Callable[[int], bool] = lambda _size: True,
        outgoing: Callable[[int], bool] = lambda _size: True,
    ) -> None:
        self._connection = connection
        self._incoming = incoming
        self._outgoing = outgoing
        self._waiting = bytearray()

    def receive(self) -> bytes:
        """Return what is there, waiting for it; no bytes at the end.

        :raises Stalled: when it is not let through.
        """
        if not self._waiting:
            self._fill()
        piece = bytes(self._waiting)
        self._waiting.clear()
        return piece

    def readline(self) -> bytes:
        """Return a line with its end, or what is left at the end. Overlong lines are cut.

        :raises Stalled: when it is not let through.
        """
        while b"\n" not in self._waiting and len(self._waiting) < _LONGEST_LINE:
            if not self._fill():
                break
        return self.take(self._waiting.find(b"\n") + 1 or len(self._waiting))

    def take(self, size: int) -> bytes:
        """Return so many bytes, fewer at the end.

        :raises Stalled: when they are not let through.
        """
        while len(self._waiting) < size and self._fill():
            pass
        piece = bytes(self._waiting[:size])
        del self._waiting[:size]
        return piece

    def write(self, data: bytes) -> None:
        """Send bytes.

        :raises Stalled: when they are not let through.
        """
        if data:
            if not self._outgoing(len(data)):
                raise Stalled
            self._connection.sendall(data)

    def end(self) -> None:
        """End the connection for both sides; whoever reads from it sees the end."""
        # Somebody else may have ended it.
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def _fill(self) -> bool:
        piece = self._connection.recv(_PIECE)
        if piece and not self._incoming(len(piece)):
            raise Stalled
        self._waiting += piece
        return bool(piece)


def hang(connection: socket.socket, seconds: float) -> None:
    """Behave as if all packets were dropped: swallow everything, say nothing, in the end give the connection up."""
    deadline = time.monotonic() + seconds
    with contextlib.suppress(OSError):
        while (left := deadline - time.monotonic()) > 0:
            connection.settimeout(left)
            if not connection.recv(_PIECE):
                break
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)


def join(one: socket.socket, other: socket.socket) -> None:
    """Pass on what arrives at each of two connections to the other one, until both have ended; closes the second."""
    with other:
        back = threading.Thread(target=_pass_on, args=(other, one), name="winlab-join", daemon=True)
        back.start()
        _pass_on(one, other)
        back.join()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(_PIECE):
            target.sendall(piece)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
