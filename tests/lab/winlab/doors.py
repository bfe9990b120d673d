# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listening on loopback: one thread accepts for any number of doors, one thread serves each connection."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable

_BACKLOG = 1024

Handler = Callable[[socket.socket, int], None]
"""Serves a connection to its end; the number counts the connections of its door. The socket is closed behind it."""


class Doors:
    """Listening sockets, each with its handler.

    `close` ends the accepting thread, cuts all connections and waits for their threads.
    """

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._wake, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ, None)
        self._lock = threading.Lock()
        self._live: dict[socket.socket, threading.Thread] = {}
        self._connections: dict[socket.socket, int] = {}
        self._closing = False
        self._thread = threading.Thread(target=self._accept, name="winlab-accept", daemon=True)
        self._thread.start()

    def add(self, handler: Handler, address: str = "127.0.0.1", port: int = 0) -> int:
        """Open a door; returns its port (port 0 takes a free one).

        :raises OSError: when the address is not available.
        """
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((address, port))
            listener.listen(_BACKLOG)
            listener.setblocking(False)
        except OSError:
            listener.close()
            raise
        self._selector.register(listener, selectors.EVENT_READ, handler)
        # A selector that is waiting already notices a new listener on all platforms only after a wake-up.
        self._wake.send(b"w")
        return int(listener.getsockname()[1])

    def close(self) -> None:
        """Stop listening and cut everything off."""
        with self._lock:
            self._closing = True
            threads = list(self._live.values())
            for connection in self._live:
                # A connection that is closed already needs no shutdown.
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self._wake.send(b"q")
        self._thread.join()
        for thread in threads:
            thread.join(timeout=5)
        for key in list(self._selector.get_map().values()):
            self._selector.unregister(key.fileobj)
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
        self._selector.close()
        self._wake.close()

    def _accept(self) -> None:
        while not self._closing:
            for key, _events in self._selector.select():
                if key.fileobj is self._woken:
                    self._woken.recv(4096)
                elif isinstance(key.fileobj, socket.socket):
                    self._admit(key.fileobj, key.data)

    def _admit(self, listener: socket.socket, handler: Handler) -> None:
        try:
            connection, _peer = listener.accept()
        except OSError:
            # The client gave up before its turn.
            return
        connection.setblocking(True)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            number = self._connections[listener] = self._connections.get(listener, 0) + 1
            thread = threading.Thread(
                target=self._serve, args=(connection, handler, number), name="winlab-connection", daemon=True
            )
            self._live[connection] = thread
        thread.start()

    def _serve(self, connection: socket.socket, handler: Handler, number: int) -> None:
        try:
            # A client that goes away is nothing to report.
            with contextlib.suppress(OSError), connection:
                handler(connection, number)
        finally:
            with self._lock:
                self._live.pop(connection, None)
