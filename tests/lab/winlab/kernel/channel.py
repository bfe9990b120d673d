# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls to the program inside the data plane: one JSON object a line, answered by number, in any order."""

from __future__ import annotations

import itertools
import json
import socket
import threading
from contextlib import suppress
from typing import Any


class Failed(Exception):
    """The program inside could not do what it was asked for."""


class Channel:
    """Calls over a connected socket; any number of threads may call at the same time."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._arrived = threading.Condition()
        self._answers: dict[int, dict[str, Any]] = {}
        self._gone = False
        self._reader = threading.Thread(target=self._read, name="winlab-kernel", daemon=True)
        self._reader.start()

    def call(self, name: str, /, *, patience: float = 60.0, **arguments: Any) -> Any:
        """Call a function inside and return its answer.

        :raises Failed: when it says so, does not answer in time or is gone.
        """
        number = next(self._numbers)
        line = json.dumps({"number": number, "call": name, "with": arguments}).encode() + b"\n"
        try:
            with self._lock:
                self._connection.sendall(line)
        except OSError as gone:
            raise Failed(f"{name}: the data plane is gone") from gone
        with self._arrived:
            if not self._arrived.wait_for(lambda: number in self._answers or self._gone, patience):
                raise Failed(f"{name}: no answer in {patience:g} s")
            answer = self._answers.pop(number, None)
        if answer is None:
            raise Failed(f"{name}: the data plane is gone")
        if "error" in answer:
            raise Failed(f"{name}: {answer['error']}")
        return answer["answer"]

    def close(self) -> None:
        """End the connection; calls that wait fail."""
        # The reader may be in the middle of it: a shutdown wakes it, a close would not.
        with self._lock, suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._reader.join()
        self._connection.close()

    def _read(self) -> None:
        with suppress(OSError), self._connection.makefile("rb") as lines:
            for line in lines:
                answer = json.loads(line)
                with self._arrived:
                    self._answers[answer["number"]] = answer
                    self._arrived.notify_all()
        with self._arrived:
            self._gone = True
            self._arrived.notify_all()
