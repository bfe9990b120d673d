# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP/1.1 for all endpoints of a lab: one thread accepts for all hosts, one thread serves each connection."""

from __future__ import annotations

import contextlib
import re
import selectors
import socket
import threading
from email.utils import formatdate
from http import HTTPStatus
from typing import BinaryIO

from .auth import Session
from .endpoint import Cut, Endpoint, HttpRequest, HttpResponse

_BACKLOG = 1024
_LARGEST_HEAD = 65_536
_LARGEST_BODY = 64 * 1024 * 1024
_LENGTH = re.compile(r"[0-9]{1,10}")


class _BadRequest(Exception):
    """Bytes that are no HTTP request of the kind that WinRM clients send."""


class Server:
    """Listens for any number of endpoints.

    `close` ends the accepting thread, cuts all connections and waits for their threads.
    """

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._wake, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ, None)
        self._lock = threading.Lock()
        self._live: dict[socket.socket, threading.Thread] = {}
        self._connections: dict[int, int] = {}
        self._closing = False
        self._thread = threading.Thread(target=self._accept, name="winlab-accept", daemon=True)
        self._thread.start()

    def add(self, endpoint: Endpoint, address: str = "127.0.0.1", port: int = 0) -> int:
        """Listen for an endpoint; returns the port (port 0 takes a free one).

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
        self._selector.register(listener, selectors.EVENT_READ, endpoint)
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

    def _admit(self, listener: socket.socket, endpoint: Endpoint) -> None:
        try:
            connection, _peer = listener.accept()
        except OSError:
            # The client gave up before its turn.
            return
        connection.setblocking(True)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            number = self._connections[id(endpoint)] = self._connections.get(id(endpoint), 0) + 1
            thread = threading.Thread(
                target=self._serve, args=(connection, endpoint, Session(number)), name="winlab-connection", daemon=True
            )
            self._live[connection] = thread
        thread.start()

    def _serve(self, connection: socket.socket, endpoint: Endpoint, session: Session) -> None:
        try:
            # A client that goes away is nothing to report; a cut is on purpose.
            with contextlib.suppress(OSError, Cut), connection, connection.makefile("rb") as source:
                try:
                    while request := _read(source):
                        connection.sendall(endpoint.serve(session, request, _encode))
                        if request.headers.get("connection", "").lower() == "close":
                            break
                except _BadRequest:
                    connection.sendall(_encode(HttpResponse(400)))
        finally:
            with self._lock:
                self._live.pop(connection, None)


def _read(source: BinaryIO) -> HttpRequest | None:
    """Read one request; None when the client has closed."""
    first = source.readline(_LARGEST_HEAD)
    if not first.strip():
        return None
    parts = first.decode("latin-1").split()
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise _BadRequest
    size = len(first)
    headers: dict[str, str] = {}
    while (line := source.readline(_LARGEST_HEAD)) not in (b"\r\n", b"\n"):
        size += len(line)
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or size > _LARGEST_HEAD:
            raise _BadRequest
        headers[name.strip().lower()] = value.strip()
    size += len(line)
    length = headers.get("content-length", "0")
    if not _LENGTH.fullmatch(length) or int(length) > _LARGEST_BODY or "transfer-encoding" in headers:
        raise _BadRequest
    body = source.read(int(length))
    if len(body) < int(length):
        return None
    return HttpRequest(parts[0], parts[1], headers, body, size + len(body))


def _encode(response: HttpResponse) -> bytes:
    """Return the bytes of a response."""
    lines = [f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}"]
    lines.extend(f"{name}: {value}" for name, value in response.headers)
    lines.append("Server: Microsoft-HTTPAPI/2.0")
    lines.append(f"Date: {formatdate(usegmt=True)}")
    lines.append(f"Content-Length: {len(response.body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + response.body
