# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file Registry.pol, in which a group policy object keeps registry values (MS-GPREG 2.2.1, 3.2.5.1).

[ledger: reg-registry-pol]
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..._common.errors import StoreError
from .data import UTF_16, type_word, typed
from .keys import POLICY_ROOT, Data, Keys, Value, folded_key, is_below

SIGNATURE = b"PReg"
_VERSION = 1
_NONE = 0
_NUMBER = struct.Struct("<I")
# What is no value but an instruction, folded, with what stands behind the point.
_DELETE_VALUE = "**del."
_ONLY_IF_MISSING = "**soft."
_DELETE_ALL = ("**delvals.", "**delvals")
_DELETE_VALUES = "**deletevalues"
_DELETE_KEYS = "**deletekeys"
_WITHOUT_EFFECT = ("**securekey", "**comment:")


@dataclass(frozen=True, slots=True)
class _Record:
    """One record; its data may hold keys and is therefore not shown. ``offset`` is that of the data in the file."""

    key: str
    name: str
    type: int
    data: bytes = field(repr=False)
    offset: int


def parse_policy_file(data: bytes, root: str = POLICY_ROOT, hive: str = "HKEY_LOCAL_MACHINE") -> Keys:
    """Return what a registry would hold that nothing else had been written to than the records, in their order.

    The file names no hive: whose policy it is says its folder, Machine or User. Raises StoreError with the offset in
    the file for damage; data that does not fit its type is left out with a finding where it is not below ``root``.
    """
    if not data.startswith(SIGNATURE):
        raise _refusal(0, "another signature", "the signature PReg")
    version = data[len(SIGNATURE) : len(SIGNATURE) + _NUMBER.size]
    if version != _NUMBER.pack(_VERSION):
        raise _refusal(len(SIGNATURE), "another version", f"version {_VERSION}")
    registry = _Registry()
    for record in _records(data, len(SIGNATURE) + len(version)):
        path = f"{hive}\\{record.key}"
        try:
            registry.apply(path, record)
        except StoreError:
            if is_below(path, root):
                raise
            text = f"The data at offset {record.offset} of the policy file does not fit its type; it was left out."
            registry.findings.append(text)
    return Keys(dict(registry.keys.values()), tuple(registry.findings))


class _Registry:
    """A registry while records are written to it: paths and their values by folded path, values by folded name."""

    def __init__(self) -> None:
        self.keys: dict[str, tuple[str, dict[str, Value]]] = {}
        self.findings: list[str] = []

    def apply(self, path: str, record: _Record) -> None:
        """Write one value, or obey one instruction."""
        word = record.name.casefold()
        if word in (_DELETE_VALUES, _DELETE_KEYS):
            for name in _listed(record):
                self._delete(path, name, key=word == _DELETE_KEYS)
        elif word.startswith(_DELETE_VALUE):
            self._delete(path, word.removeprefix(_DELETE_VALUE))
        elif word in _DELETE_ALL:
            self._values(path).clear()
        elif word.startswith(_ONLY_IF_MISSING):
            name = word.removeprefix(_ONLY_IF_MISSING)
            self._values(path).setdefault(name, _value(record))
        elif word.startswith("**"):
            if not word.startswith(_WITHOUT_EFFECT):
                text = f"The policy file has an unknown instruction before offset {record.offset}; it was left out."
                self.findings.append(text)
        elif word or record.type != _NONE or record.data:
            self._values(path)[word] = _value(record)
        else:
            self._values(path)  # it only makes the key

    def _values(self, path: str) -> dict[str, Value]:
        return self.keys.setdefault(folded_key(path), (path, {}))[1]

    def _delete(self, path: str, name: str, *, key: bool = False) -> None:
        if not key:
            self.keys.get(folded_key(path), (path, {}))[1].pop(name.casefold(), None)
            return
        gone = folded_key(f"{path}\\{name}")
        self.keys = {
            each: kept for each, kept in self.keys.items() if each != gone and not each.startswith(f"{gone}\\")
        }


def _value(record: _Record) -> Value:
    word = type_word(record.type)
    return Value(word, _data(record, word))


def _data(record: _Record, word: str) -> Data:
    return typed(word, record.data, lambda value, expected: _refusal(record.offset, value, expected))


def _listed(record: _Record) -> list[str]:
    """Return the names in the text of an instruction, without those that are empty."""
    text = _data(record, type_word(1))
    return [name.strip() for name in str(text).split(";") if name.strip()]


def _records(data: bytes, position: int) -> Iterator[_Record]:
    while position < len(data):
        position = _mark(data, position, "[")
        key, position = _name(data, position)
        name, position = _name(data, _mark(data, position, ";"))
        kind, position = _number(data, _mark(data, position, ";"))
        size, position = _number(data, _mark(data, position, ";"))
        start = _mark(data, position, ";")
        if start + size > len(data):
            raise _refusal(start, f"{len(data) - start} bytes", f"{size} bytes of data: the file was cut")
        position = _mark(data, start + size, "]")
        yield _Record(key, name, kind, data[start : start + size], start)


def _mark(data: bytes, position: int, mark: str) -> int:
    """Return where what follows a bracket or semicolon begins."""
    raw = mark.encode(UTF_16)
    if data[position : position + len(raw)] != raw:
        there = "the end of the file" if position >= len(data) else "something else"
        raise _refusal(position, there, f"the character {mark}")
    return position + len(raw)


def _name(data: bytes, start: int) -> tuple[str, int]:
    """Return a text up to its NUL, and where what follows begins."""
    end = data.find(b"\0\0", start)
    while end >= 0 and (end - start) % 2:
        end = data.find(b"\0\0", end + 1)
    if end < 0:
        raise _refusal(start, "a name without an end", "a name with a NUL behind it")
    return data[start:end].decode(UTF_16, "replace"), end + 2


def _number(data: bytes, position: int) -> tuple[int, int]:
    raw = data[position : position + _NUMBER.size]
    if len(raw) < _NUMBER.size:
        raise _refusal(position, "the end of the file", "a number of four bytes")
    return int(_NUMBER.unpack(raw)[0]), position + _NUMBER.size


def _refusal(offset: int, value: str, expected: str) -> StoreError:
    """Return the error for one place in the file; what stands there may be a secret and is not quoted."""
    return StoreError(f"policy file, offset {offset}", value, expected, "Copy the file again from where it was made.")
