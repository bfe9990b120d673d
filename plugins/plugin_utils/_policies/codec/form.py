# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two dialects of the policy store (MS-GPIPSEC appendix of version notes; seen in directory and local stores).

[ledger: data-filter-frame, data-2003-store]
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a writer of the store puts into the bytes beyond the meaning.

    ``counted`` filter lists include their count in the length and end in a zero byte. ``extended`` rules carry the
    blocks behind the counted part. ``quick_mode_keys`` are the key length and rounds of quick mode algorithms, in
    bits and rounds. ``overrides`` says group 14 by a random function instead of a group code, and
    ``header_lifetime`` puts the main mode lifetime into the header instead of into each method.
    """

    name: str
    counted: bool
    extended: bool
    quick_mode_keys: tuple[int, int]
    overrides: bool
    header_lifetime: bool


LEGACY = Form(
    name="Windows 2000 to Server 2003, and the directory",
    counted=True,
    extended=False,
    quick_mode_keys=(64, 8),
    overrides=False,
    header_lifetime=False,
)
VISTA = Form(
    name="Windows Vista and Server 2008 and later",
    counted=False,
    extended=True,
    quick_mode_keys=(0, 0),
    overrides=True,
    header_lifetime=True,
)
