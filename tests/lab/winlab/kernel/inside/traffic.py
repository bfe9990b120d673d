# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services and clients: real TCP connections in the namespaces, without programs of their own."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence

from .namespaces import within


class Services:
    """What listens, by namespace. Every connection gets one answer: the name of the namespace and what it saw."""

    def __init__(self) -> None:
        self._open: dict[str, list[socket.socket]] = {}

    def serve(self, name: str, ports: Sequence[int]) -> None:
        """Answer on TCP ports of a namespace."""
        for port in ports:
            with within(name):
                listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("0.0.0.0", port))
            listener.listen(16)
            self._open.setdefault(name, []).append(listener)
            threading.Thread(target=_answer, args=(listener, name, port), daemon=True).start()

    def remove(self, prefix: str) -> None:
        """Close all that listens in some namespaces."""
        for name in [each for each in list(self._open) if each.startswith(prefix)]:
            for listener in self._open.pop(name):
                listener.shutdown(socket.SHUT_RDWR)
                listener.close()

    def request(self, name: str, address: str, port: int, seconds: float, source_port: int = 0) -> dict[str, object]:
        """Ask a service once over a new connection.

        :return: whether an answer came, what it was or what went wrong, and after how many seconds.
        """
        began = time.monotonic()
        with within(name):
            client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        with client:
            client.settimeout(seconds)
            try:
                if source_port:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    client.bind(("", source_port))
                client.connect((address, port))
                client.sendall(b"GET / HTTP/1.0\r\n\r\n")
                text = b""
                while data := client.recv(4096):
                    text += data
            except OSError as bad:
                return {"answered": False, "text": str(bad), "seconds": round(time.monotonic() - began, 3)}
        answered = text.startswith(b"HTTP/1.0 200 ")
        return {
            "answered": answered,
            "text": text.partition(b"\r\n\r\n")[2].decode(),
            "seconds": round(time.monotonic() - began, 3),
        }


def _answer(listener: socket.socket, name: str, port: int) -> None:
    while True:
        try:
            connection, peer = listener.accept()
        except OSError:
            return
        threading.Thread(target=_converse, args=(connection, f"{name} {port} {peer[0]}"), daemon=True).start()


def _converse(connection: socket.socket, text: str) -> None:
    with connection:
        connection.settimeout(30)
        try:
            connection.recv(4096)
            connection.sendall(f"HTTP/1.0 200 OK\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode())
        except OSError:
            return
