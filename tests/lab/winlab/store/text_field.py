# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Strings inside blobs: a 32-bit byte length, then UTF-16LE text with its closing NUL, which the length counts.

[ledger: data-strings]
"""

from __future__ import annotations

import struct

_LENGTH = struct.Struct("<I")
EMPTY = b"\x02\x00\x00\x00\x00\x00"


class BlobError(ValueError):
    """A blob that does not decode."""


def pack_wide(text: str) -> bytes:
    """Return UTF-16LE text with its closing NUL, without a length."""
    return (text + "\0").encode("utf-16-le")


def unpack_wide(data: bytes) -> str:
    """Return the text in front of the first NUL."""
    try:
        return data.decode("utf-16-le").partition("\0")[0]
    except UnicodeDecodeError as err:
        raise BlobError(f"not UTF-16 text: {err.reason}") from err


def pack_text(text: str) -> bytes:
    """Return the text with its length in front."""
    if not text:
        return EMPTY
    wide = pack_wide(text)
    return _LENGTH.pack(len(wide)) + wide


def unpack_text(data: bytes, offset: int) -> tuple[str, int]:
    """Return the text at the offset and the offset behind it; BlobError if it runs past the end."""
    if offset + 4 > len(data):
        raise BlobError(f"no room for a string length at {offset}")
    (length,) = _LENGTH.unpack_from(data, offset)
    start, end = offset + 4, offset + 4 + length
    if end > len(data):
        raise BlobError(f"a string of {length} bytes at {offset} runs past the end")
    if length <= 2:
        return "", end
    return unpack_wide(data[start:end]), end
