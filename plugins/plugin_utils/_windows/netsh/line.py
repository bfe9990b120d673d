# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One line of netsh, whatever its context: in clear for the host and redacted for people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..._common.secret import Secret
from ..lines import check_netsh_value

HIDDEN = '"(hidden)"'
# The longest line is not documented for netsh; cmd.exe, which shares the console's buffers, stops at 8191.
# [ledger: netsh-line-length]
LONGEST_LINE = 8000
Parameter = tuple[str, "str | Secret"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a session. ``clear`` is for the standard input of the host only."""

    _words: str
    _parameters: tuple[Parameter, ...]

    def __post_init__(self) -> None:
        """Refuse a line that netsh would read as other words than these."""
        for tag, value in self._parameters:
            if isinstance(value, Secret):
                check_netsh_value(tag, quoted(value.reveal()), hide=True)
            else:
                check_netsh_value(tag, value)

    def clear(self) -> str:
        """Return the line that the host gets, secrets included."""
        return self._render(lambda secret: f'"{secret.reveal()}"')

    def redacted(self) -> str:
        """Return the line for results, diffs and logs."""
        return self._render(lambda secret: HIDDEN)

    def _render(self, show: Callable[[Secret], str]) -> str:
        parts = [f"{tag}={show(value) if isinstance(value, Secret) else value}" for tag, value in self._parameters]
        return " ".join([self._words, *parts])

    def __repr__(self) -> str:
        return f"Line({self.redacted()})"


def quoted(text: str) -> str:
    """Return a text between the double quotes of netsh. [ledger: netsh-double-quotes]"""
    return f'"{text}"'
