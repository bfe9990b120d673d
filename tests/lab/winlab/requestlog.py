# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A record of every HTTP request that a simulated host received."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One request.

    :param number: counts the requests of one host from 1.
    :param connection: counts the TCP connections of one host from 1.
    :param status: HTTP status, 0 if the connection was cut without an answer.
    :param received: bytes that came in, with the HTTP headers; `sent`: bytes that went out.
    :param command: the command line of a Command; an encoded PowerShell script is shown decoded.
    :param stdin: bytes of a Send. They may hold secrets: kept in memory only, never shown or written.
    :param fault: number of the WS-Management fault in the answer, 0 for none.
    """

    host: str
    number: int
    connection: int
    operation: str
    status: int
    received: int
    sent: int
    encrypted: bool = False
    fault: int = 0
    command: str = ""
    stdin: bytes = field(default=b"", repr=False)

    def plain(self) -> dict[str, object]:
        """Return the entry as plain data, without the bytes of standard input."""
        return {
            "host": self.host,
            "number": self.number,
            "connection": self.connection,
            "operation": self.operation,
            "status": self.status,
            "received": self.received,
            "sent": self.sent,
            "encrypted": self.encrypted,
            "fault": self.fault,
            "command": self.command,
            "stdin_bytes": len(self.stdin),
        }


class RequestLog:
    """The requests of one host in order of arrival; safe for use by several threads."""

    def __init__(self, host: str) -> None:
        self.host = host
        self._lock = threading.Lock()
        self._arrived = 0
        self._entries: list[Entry] = []

    def arrive(self) -> int:
        """Return the number for a request that just came in."""
        with self._lock:
            self._arrived += 1
            return self._arrived

    def add(self, entry: Entry) -> None:
        """Record a request that was dealt with."""
        with self._lock:
            self._entries.append(entry)

    def clear(self) -> None:
        """Forget all entries; the next request is number 1 again."""
        with self._lock:
            self._entries.clear()
            self._arrived = 0

    def entries(self, wanted: Callable[[Entry], bool] | None = None) -> list[Entry]:
        """Return the entries, or those that a condition wants, in order of their numbers."""
        with self._lock:
            found = [entry for entry in self._entries if wanted is None or wanted(entry)]
        return sorted(found, key=lambda entry: entry.number)

    def operations(self) -> list[str]:
        """Return the names of the operations in order."""
        return [entry.operation for entry in self.entries()]

    def count(self) -> Counter[str]:
        """Return how often each operation came."""
        return Counter(self.operations())

    def commands(self) -> list[str]:
        """Return the command lines in order."""
        return [entry.command for entry in self.entries() if entry.command]

    def stdin(self) -> bytes:
        """Return everything that was sent to standard inputs, in order."""
        return b"".join(entry.stdin for entry in self.entries())

    def bytes(self) -> tuple[int, int]:
        """Return the sums of bytes in and out, with HTTP headers."""
        found = self.entries()
        return sum(entry.received for entry in found), sum(entry.sent for entry in found)
