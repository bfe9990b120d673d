# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bytes of a host as characters: UTF-8, UTF-16, or the code page that the host's programs print in.

Nothing says which of them an answer has. UTF-8 is told by its form, UTF-16 by its mark or its NULs; all else is taken
for the host's OEM code page. Names that are read so are shown, and never told to netsh again: it takes ASCII only.

[ledger: reg-output-page, netsh-output-utf16, cmd-stdin-loses-non-ascii]
"""

from __future__ import annotations

import codecs

_UTF_8 = 65001
# What Windows may have as OEM code page and Python knows. All have ASCII where it is (864 but for the per cent sign).
_OEM = (437, 720, 737, 775, 850, 852, 855, 857, 858, 860, 861, 862, 863, 864, 865, 866, 869, 874)
_EAST_ASIAN = (932, 936, 949, 950)
_ANSI = tuple(range(1250, 1259))
CODECS = {number: f"cp{number}" for number in (*_OEM, *_EAST_ASIAN, *_ANSI)} | {_UTF_8: "utf-8"}


def decoded(raw: bytes, page: int | None = None) -> str:
    """Return the text of one piece of an answer; ``page`` is the number of the host's code page, None for unknown.

    U+FFFD stands for every byte that is no character there, and in a page that is not known for all that is not UTF-8.
    """
    if raw.isascii() and b"\0" not in raw:
        return raw.decode("ascii")
    if raw.startswith(codecs.BOM_UTF16_LE):
        return raw[len(codecs.BOM_UTF16_LE) :].decode("utf-16-le", "replace")
    if _is_wide(raw):
        return raw.decode("utf-16-le", "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode(CODECS.get(page or _UTF_8, "utf-8"), "replace")


def _is_wide(raw: bytes) -> bool:
    """Tell whether a piece is UTF-16LE: most of its characters are ASCII, so every second byte is NUL."""
    high, low = raw[1::2], raw[::2]
    return 2 * high.count(0) > len(high) and 4 * low.count(0) < len(low)
