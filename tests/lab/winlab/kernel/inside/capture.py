# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Captures: every frame of an interface, as a pcap file."""

from __future__ import annotations

import base64
import select
import socket
import struct
import threading
import time
from dataclasses import dataclass, field

from .namespaces import within

_ALL = 3  # ETH_P_ALL
_ETHERNET = 1  # LINKTYPE_ETHERNET


@dataclass(slots=True)
class _Running:
    socket: socket.socket
    thread: threading.Thread | None = None
    over: threading.Event = field(default_factory=threading.Event)
    frames: list[bytes] = field(default_factory=list)


class Captures:
    """What is being captured, by namespace and interface."""

    def __init__(self) -> None:
        self._running: dict[tuple[str, str], _Running] = {}

    def start(self, name: str, interface: str) -> None:
        """Begin to capture; all that passes after the return is in it."""
        with within(name):
            raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL))
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        raw.bind((interface, _ALL))
        one = _Running(raw)
        one.thread = threading.Thread(target=_collect, args=(one,), daemon=True)
        one.thread.start()
        self._running[name, interface] = one

    def stop(self, name: str, interface: str) -> str:
        """End a capture and return it, in base 64."""
        one = self._running.pop((name, interface))
        one.over.set()
        if one.thread is not None:
            one.thread.join()
        one.socket.close()
        head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 18, _ETHERNET)
        return base64.b64encode(head + b"".join(one.frames)).decode()

    def remove(self, prefix: str) -> None:
        """End all captures of some namespaces."""
        for name, interface in [each for each in self._running if each[0].startswith(prefix)]:
            self.stop(name, interface)


def _collect(one: _Running) -> None:
    while True:
        # What has arrived when the end is asked for is taken still.
        last = one.over.is_set()
        while select.select([one.socket], [], [], 0 if last else 0.1)[0]:
            frame = one.socket.recv(1 << 16)
            now = time.time()
            head = struct.pack("<IIII", int(now), int(now % 1 * 1e6), len(frame), len(frame))
            one.frames.append(head + frame)
        if last:
            return
