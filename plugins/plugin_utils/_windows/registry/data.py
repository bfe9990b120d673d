# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bytes of a registry value as data, by the number of its type."""

from __future__ import annotations

import struct
from collections.abc import Callable

from ..._common.errors import StoreError
from .keys import Data

UTF_16 = "utf-16-le"
_WORDS = {
    0: "REG_NONE",
    1: "REG_SZ",
    2: "REG_EXPAND_SZ",
    3: "REG_BINARY",
    4: "REG_DWORD",
    7: "REG_MULTI_SZ",
    11: "REG_QWORD",
}


def type_word(number: int) -> str:
    """Return the word for a type; types that say nothing here get one of their own."""
    return _WORDS.get(number, f"REG_TYPE_{number:x}")


def typed(word: str, raw: bytes, wrong: Callable[[str, str], StoreError], encoding: str = UTF_16) -> Data:
    """Return the data of a value of this type. ``wrong`` makes the refusal of what is there and what was expected."""
    if word in ("REG_SZ", "REG_EXPAND_SZ"):
        return _text(raw, wrong, encoding).split("\0")[0]
    if word == "REG_MULTI_SZ":
        return tuple(part for part in _text(raw, wrong, encoding).split("\0") if part)
    if word in ("REG_DWORD", "REG_QWORD"):
        layout = struct.Struct("<I" if word == "REG_DWORD" else "<Q")
        if len(raw) != layout.size:
            raise wrong(f"{len(raw)} bytes", f"{layout.size} bytes for {word}")
        return int(layout.unpack(raw)[0])
    return raw


def _text(raw: bytes, wrong: Callable[[str, str], StoreError], encoding: str) -> str:
    if encoding == UTF_16 and len(raw) % 2:
        raise wrong("an odd number of bytes", "UTF-16 text")
    return raw.decode(encoding, "replace")
