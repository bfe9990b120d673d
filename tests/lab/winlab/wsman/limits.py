# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Quotas of the WinRM service by Windows version (MS-WSMV: envelope SHOULD 500 KB, MAY 150 KB; field reports).

[ledger: winrm-envelope-old, winrm-shell-quotas, winrm-idle-shell]
"""

from __future__ import annotations

from dataclasses import dataclass

_OLD = ("2003", "2008R2")
_ENVELOPE_OVERHEAD = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Quotas of one host.

    :param envelope: largest SOAP message in bytes, before encryption.
    :param max_shells: open shells; idle ones are closed after `idle_seconds`.
    :param max_operations: commands that were not ended by a Signal.
    :param receive_bytes: most output bytes in one Receive; 0 for as many as the envelope takes.
    """

    envelope: int = 512_000
    max_shells: int = 30
    max_operations: int = 1500
    idle_seconds: float = 7200.0
    receive_bytes: int = 0

    @classmethod
    def of(cls, version: str) -> Limits:
        """Return the quotas of a version as installed."""
        if version in _OLD:
            return cls(envelope=153_600, max_shells=5, max_operations=15, idle_seconds=180.0)
        return cls()

    def chunk(self, client_limit: int) -> int:
        """Return the output bytes that fit into one answer, given the client's own limit in bytes (0 for none)."""
        limit = min(self.envelope, client_limit) if client_limit else self.envelope
        fits = max(1024, (limit - _ENVELOPE_OVERHEAD) * 3 // 4)
        return min(fits, self.receive_bytes) if self.receive_bytes else fits
