# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TCP connections whose ends are served outside, both or the one that opened it: bytes go in and out by calls."""

from __future__ import annotations

import base64
import itertools
import select
import socket
import threading
from collections.abc import Sequence

from .namespaces import within

_PIECE = 1 << 16
_NEAR, _FAR = "near", "far"


class Conversations:
    """Connections by number; each has a near end, which opened it, and a far one unless a program has that."""

    def __init__(self) -> None:
        self._listening: dict[str, list[socket.socket]] = {}
        self._arrived: dict[tuple[str, str, int], socket.socket] = {}
        self._arrival = threading.Condition()
        self._numbers = itertools.count(1)
        self._open: dict[int, dict[str, socket.socket]] = {}

    def listen(self, name: str, ports: Sequence[int]) -> None:
        """Accept connections on TCP ports of a namespace."""
        for port in ports:
            with within(name):
                listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("0.0.0.0", port))
            listener.listen(64)
            self._listening.setdefault(name, []).append(listener)
            threading.Thread(target=self._accept, args=(name, listener), daemon=True).start()

    def remove(self, prefix: str) -> None:
        """Close what listens in some namespaces."""
        for name in [each for each in list(self._listening) if each.startswith(prefix)]:
            for listener in self._listening.pop(name):
                listener.shutdown(socket.SHUT_RDWR)
                listener.close()

    def knock(self, source: str, address: str, port: int, seconds: float) -> bool:
        """Tell whether a new connection from a namespace to an address is accepted in time; it is closed again."""
        near = _connect(source, address, port, seconds)
        if near is None:
            return False
        near.close()
        return True

    def open(self, source: str, target: str, address: str, port: int, seconds: float) -> int:
        """Connect from one namespace to another; return the number of the connection, 0 if none comes about."""
        near = _connect(source, address, port, seconds)
        if near is None:
            return 0
        key = (target, *near.getsockname())
        with self._arrival:
            if not self._arrival.wait_for(lambda: key in self._arrived, seconds):
                near.close()
                return 0
            far = self._arrived.pop(key)
        number = next(self._numbers)
        self._open[number] = {_NEAR: near, _FAR: far}
        return number

    def reach(self, source: str, address: str, port: int, seconds: float) -> int:
        """Connect from a namespace to whatever listens; return the number of the connection, 0 if none comes about."""
        near = _connect(source, address, port, seconds)
        if near is None:
            return 0
        number = next(self._numbers)
        self._open[number] = {_NEAR: near}
        return number

    def send(self, number: int, end: str, data: str) -> None:
        """Send bytes, in base 64, from one end."""
        self._open[number][end].sendall(base64.b64decode(data))

    def receive(self, number: int, end: str, seconds: float) -> str | None:
        """Return bytes that arrived at one end, nothing at its end, None if nothing came in time."""
        connection = self._open[number][end]
        if not select.select([connection], [], [], seconds)[0]:
            return None
        try:
            return base64.b64encode(connection.recv(_PIECE)).decode()
        except OSError:
            return ""

    def finish(self, number: int, end: str) -> None:
        """Send no more from one end."""
        try:
            self._open[number][end].shutdown(socket.SHUT_WR)
        except OSError:
            # The other side was faster.
            return

    def close(self, number: int) -> None:
        """Close a connection."""
        for each in self._open.pop(number, {}).values():
            each.close()

    def _accept(self, name: str, listener: socket.socket) -> None:
        while True:
            try:
                connection, peer = listener.accept()
            except OSError:
                return
            with self._arrival:
                # Those that nobody asks for were knocks: as many as have ports are kept, and then replaced.
                old = self._arrived.pop((name, *peer), None)
                if old is not None:
                    old.close()
                self._arrived[name, peer[0], peer[1]] = connection
                self._arrival.notify_all()


def _connect(name: str, address: str, port: int, seconds: float) -> socket.socket | None:
    with within(name):
        near = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    near.settimeout(seconds)
    try:
        near.connect((address, port))
    except OSError:
        near.close()
        return None
    near.settimeout(None)
    return near
