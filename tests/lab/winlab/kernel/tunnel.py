# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ends of connections inside the data plane as sockets outside of it."""

from __future__ import annotations

import base64
import contextlib
import socket
import threading
from collections.abc import Hashable, Sequence

from .channel import Channel, Failed

_PIECE = 1 << 15
_POLL_SECONDS = 20.0
_ENDS = ("near", "far")


class Tunnels:
    """Connections by whatever names them outside."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._numbers: dict[Hashable, int] = {}
        self._inner: set[socket.socket] = set()
        self._guard = threading.Lock()

    def add(self, name: Hashable, number: int) -> None:
        """Remember the number that a connection has inside."""
        self._numbers[name] = number

    def ends(self, name: Hashable) -> tuple[socket.socket, socket.socket]:
        """Return the end that opened a connection, and the other; whoever gets them closes them."""
        near, far = self._outer(self._numbers.pop(name), _ENDS)
        return near, far

    def near(self, number: int) -> socket.socket:
        """Return the end that opened a connection to a program; whoever gets it closes it."""
        return self._outer(number, _ENDS[:1])[0]

    def _outer(self, number: int, ends: Sequence[str]) -> list[socket.socket]:
        outer, pumps = [], []
        for end in ends:
            ours, inner = socket.socketpair()
            outer.append(ours)
            with self._guard:
                self._inner.add(inner)
            pumps += [
                threading.Thread(target=work, args=(inner, number, end), name="winlab-tunnel", daemon=True)
                for work in (self._inward, self._outward)
            ]
        threading.Thread(target=self._run, args=(pumps, number), name="winlab-tunnel", daemon=True).start()
        return outer

    def close(self) -> None:
        """Cut all connections."""
        with self._guard:
            for each in self._inner:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def _run(self, pumps: list[threading.Thread], number: int) -> None:
        for each in pumps:
            each.start()
        for each in pumps:
            each.join()
        with contextlib.suppress(Failed, OSError):
            self._channel.call("close", number=number)

    def _inward(self, inner: socket.socket, number: int, end: str) -> None:
        with contextlib.suppress(Failed, OSError):
            while data := inner.recv(_PIECE):
                self._channel.call("send", number=number, end=end, data=base64.b64encode(data).decode())
        with contextlib.suppress(Failed, OSError):
            self._channel.call("finish", number=number, end=end)

    def _outward(self, inner: socket.socket, number: int, end: str) -> None:
        with contextlib.suppress(Failed, OSError):
            while True:
                data = self._channel.call("receive", number=number, end=end, seconds=_POLL_SECONDS)
                if data == "":
                    break
                inner.sendall(base64.b64decode(data or ""))
        with contextlib.suppress(OSError):
            inner.shutdown(socket.SHUT_WR)
        with self._guard:
            self._inner.discard(inner)
