# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control protocol of strongSwan's daemon (VICI, version 1): messages of sections, lists and values."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator, Mapping
from typing import Any

_SECTION, _SECTION_END, _PAIR, _LIST, _ITEM, _LIST_END = 1, 2, 3, 4, 5, 6
_REQUEST, _RESPONSE, _UNKNOWN, _REGISTER, _UNREGISTER, _CONFIRM, _NO_EVENT, _EVENT = range(8)

Message = Mapping[str, Any]


def encode(message: Message) -> bytes:
    """Return a message as bytes. Values are text or bytes, lists of those, or mappings."""
    parts = []
    for name, value in message.items():
        label = _short(name)
        if isinstance(value, Mapping):
            parts += [bytes([_SECTION]), label, encode(value), bytes([_SECTION_END])]
        elif isinstance(value, (list, tuple)):
            parts += [bytes([_LIST]), label, *(bytes([_ITEM]) + _long(each) for each in value), bytes([_LIST_END])]
        else:
            parts += [bytes([_PAIR]), label, _long(value)]
    return b"".join(parts)


def decode(data: bytes) -> dict[str, Any]:
    """Return the message in bytes."""
    root: dict[str, Any] = {}
    stack, current, place = [root], [], 0

    def take(form: str) -> bytes:
        nonlocal place
        size = struct.unpack_from(form, data, place)[0]
        begin = place + struct.calcsize(form)
        place = begin + size
        return data[begin:place]

    while place < len(data):
        kind = data[place]
        place += 1
        if kind == _SECTION:
            stack.append(stack[-1].setdefault(take("!B").decode(), {}))
        elif kind == _SECTION_END:
            stack.pop()
        elif kind == _PAIR:
            name = take("!B").decode()
            stack[-1][name] = take("!H").decode("utf-8", "replace")
        elif kind == _LIST:
            current = stack[-1].setdefault(take("!B").decode(), [])
        elif kind == _ITEM:
            current.append(take("!H").decode("utf-8", "replace"))
        elif kind != _LIST_END:
            raise ValueError(f"element {kind} in a message of the daemon")
    return root


def _short(text: str) -> bytes:
    data = text.encode()
    return bytes([len(data)]) + data


def _long(value: str | bytes) -> bytes:
    data = value if isinstance(value, bytes) else str(value).encode()
    return struct.pack("!H", len(data)) + data


class Session:
    """One connection to a daemon."""

    def __init__(self, path: str, seconds: float = 30.0) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.settimeout(seconds)
            self._socket.connect(path)
        except BaseException:
            self._socket.close()
            raise

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def command(self, name: str, message: Message | None = None) -> dict[str, Any]:
        """Send a command and return its answer.

        :raises RuntimeError: when the daemon refuses it.
        """
        self._send(bytes([_REQUEST]) + _short(name) + encode(message or {}))
        kind, _name, answer = self._receive()
        if kind != _RESPONSE:
            raise RuntimeError(f"{name}: the daemon answers with {kind}")
        if answer.get("success", "yes") != "yes":
            raise RuntimeError(f"{name}: {answer.get('errmsg', 'refused')}")
        return answer

    def stream(self, name: str, event: str, message: Message | None = None) -> Iterator[dict[str, Any]]:
        """Send a command and yield the events with its result."""
        self._send(bytes([_REGISTER]) + _short(event))
        if self._receive()[0] != _CONFIRM:
            raise RuntimeError(f"the daemon knows no event {event}")
        self._send(bytes([_REQUEST]) + _short(name) + encode(message or {}))
        while (got := self._receive())[0] == _EVENT:
            yield got[2]

    def _send(self, data: bytes) -> None:
        self._socket.sendall(struct.pack("!I", len(data)) + data)

    def _receive(self) -> tuple[int, str, dict[str, Any]]:
        data = self._exactly(struct.unpack("!I", self._exactly(4))[0])
        kind, name, place = data[0], "", 1
        if kind == _EVENT:
            place = 2 + data[1]
            name = data[2:place].decode()
        return kind, name, decode(data[place:])

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self._socket.recv(size - len(data))
            if not more:
                raise RuntimeError("the daemon is gone")
            data += more
        return data
