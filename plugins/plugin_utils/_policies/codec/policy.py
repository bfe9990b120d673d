# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The data of ``ipsecPolicy`` (MS-GPIPSEC 2.2.1.1): the polling interval.

[ledger: data-polling, force-poll-stamps]
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .cursor import U32, Cursor, length_notes
from .form import Form
from .guids import POLICY_CLASS

DEFAULT_POLLING_SECONDS = 10_800


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyData:
    """A policy. ``polling_seconds`` of 0 stands for 10,800. ``notes`` are remarks about the frame."""

    polling_seconds: int = DEFAULT_POLLING_SECONDS
    notes: tuple[str, ...] = field(default=(), compare=False)


def decode_policy(data: bytes, path: str) -> PolicyData:
    """Return the policy in ``data``; raise StoreError where the bytes cannot be one."""
    cursor = Cursor(data, path)
    stated = cursor.open(POLICY_CLASS)
    polling = cursor.u32("polling interval")
    return PolicyData(polling_seconds=polling, notes=length_notes(stated, U32.size) + cursor.close())


def encode_policy(policy: PolicyData, form: Form) -> bytes:
    """Return the 25 bytes of the policy, alike in both forms."""
    return POLICY_CLASS + U32.pack(U32.size) + U32.pack(policy.polling_seconds) + b"\0"
