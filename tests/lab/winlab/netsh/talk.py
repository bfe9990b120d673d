# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A conversation with an interactive netsh, for tests: one answer per line."""

from __future__ import annotations

from collections.abc import Sequence

from ..host import Host
from .session import Session


class _Script:
    """Hands out lines, and notes how much had been said before each."""

    def __init__(self, lines: Sequence[bytes]) -> None:
        self._lines = list(lines)
        self.said = bytearray()
        self.marks: list[int] = []

    def readline(self) -> bytes:
        self.marks.append(len(self.said))
        return self._lines.pop(0) if self._lines else b""


def talk(host: Host, *lines: str) -> list[str]:
    """Type the lines into one session and return the answers, without the prompt that follows each."""
    script = _Script([line.encode(host.oem_encoding) + b"\r\n" for line in lines])
    Session(host, script.said.extend).interact(script)
    said = bytes(script.said)
    pieces = [said[start:end] for start, end in zip(script.marks, script.marks[1:], strict=False)]
    answers = [piece.decode(host.oem_encoding) for piece in pieces]
    return [answer[: answer.rindex("netsh")] for answer in answers]


def static(host: Host, *lines: str) -> list[str]:
    """Like `talk`, for lines of `netsh ipsec static`."""
    return talk(host, *(f"ipsec static {line}" for line in lines))
