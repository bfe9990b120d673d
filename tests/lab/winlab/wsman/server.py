# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP/1.1 for all endpoints of a lab."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
from email.utils import formatdate
from http import HTTPStatus
from typing import BinaryIO

from ..doors import Doors
from .auth import Session
from .endpoint import Cut, Endpoint, HttpRequest, HttpResponse

_LARGEST_HEAD = 65_536
_LARGEST_BODY = 64 * 1024 * 1024
_LENGTH = re.compile(r"[0-9]{1,10}")


class _BadRequest(Exception):
    """Bytes that are no HTTP request of the kind that WinRM clients send."""


class Server(Doors):
    """Listens for any number of endpoints."""

    def serve(
        self, endpoint: Endpoint, address: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
    ) -> int:
        """Listen for an endpoint; returns the port (port 0 takes a free one). With `tls` it speaks HTTPS.

        :raises OSError: when the address is not available.
        """
        return self.add(lambda connection, number: _serve(connection, endpoint, Session(number), tls), address, port)


def _serve(connection: socket.socket, endpoint: Endpoint, session: Session, tls: ssl.SSLContext | None) -> None:
    if tls is None:
        _answer(connection, endpoint, session)
        return
    # The socket itself stays with the door, which has to be able to cut it off.
    copy = connection.dup()
    with contextlib.closing(copy), tls.wrap_socket(copy, server_side=True) as safe:
        session.certified = bool(safe.getpeercert())
        _answer(safe, endpoint, session)


def _answer(connection: socket.socket, endpoint: Endpoint, session: Session) -> None:
    """Serve the requests of one connection until it ends."""
    # A cut is on purpose.
    with contextlib.suppress(Cut), connection.makefile("rb") as source:
        try:
            while request := _read(source):
                connection.sendall(endpoint.serve(session, request, _encode))
                if request.headers.get("connection", "").lower() == "close":
                    break
        except _BadRequest:
            connection.sendall(_encode(HttpResponse(400)))


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
