# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A reader over bytes that knows its object, its offset and its field, and never goes beyond the end.

Messages name the place and what was expected there. They never show bytes, which may hold pre-shared keys or, in
old stores, fragments of memory.
"""

from __future__ import annotations

from struct import Struct
from typing import Any

from ..._common.errors import StoreError

U32 = Struct("<I")
_GUID_SIZE = 16
EMPTY_TEXT = b"\x02\x00\x00\x00\x00\x00"
_REMEDY = "The stored object is damaged: repair or delete it on the host."


class Cursor:
    """Reads ``data`` of the object ``path`` from the start; ``position`` is the offset of the next byte."""

    __slots__ = ("_data", "_path", "position")

    def __init__(self, data: bytes, path: str) -> None:
        self._data = data
        self._path = path
        self.position = 0

    @property
    def remaining(self) -> int:
        """The number of bytes that have not been read."""
        return len(self._data) - self.position

    def refusal(self, field: str, value: str, expected: str) -> StoreError:
        """Return the error for ``field`` at the current offset; ``value`` must not quote the data."""
        return StoreError(f"{self._path}: {field} at byte {self.position}", value, expected, _REMEDY)

    def read(self, layout: Struct, field: str) -> tuple[Any, ...]:
        """Return the values of one fixed layout."""
        start = self.position
        if layout.size > len(self._data) - start:
            raise self.refusal(field, f"cut off with {self.remaining} bytes left", f"{layout.size} bytes")
        self.position = start + layout.size
        return layout.unpack_from(self._data, start)

    def u32(self, field: str) -> int:
        """Return one little-endian 32-bit number."""
        value: int = self.read(U32, field)[0]
        return value

    def take(self, size: int, field: str) -> bytes:
        """Return the next ``size`` bytes."""
        if size > self.remaining:
            raise self.refusal(
                field, f"cut off with {self.remaining} bytes left", f"{min(size, 1 << 20)} bytes or more"
            )
        start = self.position
        self.position = start + size
        return self._data[start : self.position]

    def count(self, field: str, smallest: int) -> int:
        """Return a number of items of at least ``smallest`` bytes each, which must fit into what remains."""
        value = self.u32(field)
        if value * smallest > self.remaining:
            self.position -= U32.size
            raise self.refusal(field, "larger than the data allows", f"a count that fits into {self.remaining} bytes")
        return value

    def text(self, field: str) -> str:
        """Return a string: its length in bytes with the closing NUL, then UTF-16. A length of 0 is accepted.

        It ends at its first NUL: a field of nothing but NULs was seen in bytes of a netsh of Windows 10.

        [ledger: data-strings, data-string-of-nuls]
        """
        if self._data.startswith(EMPTY_TEXT, self.position):  # nearly every string of a filter
            self.position += len(EMPTY_TEXT)
            return ""
        return self.utf16(self.u32(f"length of {field}"), field).partition("\0")[0]

    def utf16(self, size: int, field: str) -> str:
        """Return ``size`` bytes of UTF-16 as text without one closing NUL."""
        if size % 2:
            raise self.refusal(field, "an odd number of bytes", "UTF-16 text")
        raw = self.take(size, field)
        try:
            text = raw.decode("utf-16-le")
        except UnicodeDecodeError:
            self.position -= size
            # The cause would quote the bytes.
            raise self.refusal(field, "not decodable", "UTF-16 text") from None
        return text.removesuffix("\0")

    def run(self, mark: bytes, size: int, most: int) -> bytes:
        """Return the records of ``size`` bytes that begin with ``mark`` and follow one another, at most so many."""
        start = end = self.position
        last = min(start + most * size, len(self._data)) - size
        while end <= last and self._data.startswith(mark, end):
            end += size
        self.position = end
        return self._data[start:end]

    def sees(self, mark: bytes, ahead: int = 0) -> bool:
        """Tell whether ``mark`` stands ``ahead`` bytes behind the current offset."""
        return self._data.startswith(mark, self.position + ahead)

    def open(self, class_id: bytes) -> int:
        """Read the common frame (MS-GPIPSEC 2.2.1): the class, which must be ``class_id``, and the length field.

        [ledger: data-frame]
        """
        if len(self._data) >= _GUID_SIZE and not self.sees(class_id):
            raise self.refusal("class", "that of another kind of object", "the class of the key's name")
        self.take(_GUID_SIZE, "class")
        return self.u32("length")

    def close(self) -> tuple[str, ...]:
        """Read the zero byte at the end; return a remark when something else is there."""
        rest = self.take(self.remaining, "tail")
        return () if rest == b"\0" else ("does not end in one zero byte",)


def length_notes(stated: int, counted: int) -> tuple[str, ...]:
    """Return a remark when a length field and the contents disagree; the contents decide."""
    return () if stated == counted else ("has a length field that does not fit its contents",)


def packed_text(text: str) -> bytes:
    """Return a string as the store writes it: length in bytes, UTF-16, NUL."""
    raw = f"{text}\0".encode("utf-16-le")
    return U32.pack(len(raw)) + raw
