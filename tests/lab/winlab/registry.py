# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry of a simulated Windows host: a tree of keys with typed values, held in memory.

Key and value names compare without regard to case, and keep the spelling under which they were first made.
Paths use the backslash and begin with a hive name; the usual short hive names are accepted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar, cast

Derived = TypeVar("Derived")

HIVES = {
    "hklm": "HKEY_LOCAL_MACHINE",
    "hkcu": "HKEY_CURRENT_USER",
    "hkcr": "HKEY_CLASSES_ROOT",
    "hku": "HKEY_USERS",
    "hkcc": "HKEY_CURRENT_CONFIG",
}
_HIVE_NAMES = {full.lower() for full in HIVES.values()}


class Kind(StrEnum):
    """The value types that the lab needs, by their documented names."""

    SZ = "REG_SZ"
    MULTI_SZ = "REG_MULTI_SZ"
    DWORD = "REG_DWORD"
    BINARY = "REG_BINARY"
    EXPAND_SZ = "REG_EXPAND_SZ"


@dataclass(frozen=True, slots=True)
class Value:
    """One typed value; `data` is str, a tuple of str, int (0 to 2**32 - 1) or bytes, by kind."""

    kind: Kind
    data: str | tuple[str, ...] | int | bytes

    def __post_init__(self) -> None:
        wanted: type = {Kind.MULTI_SZ: tuple, Kind.DWORD: int, Kind.BINARY: bytes}.get(self.kind, str)
        if not isinstance(self.data, wanted):
            raise TypeError(f"{self.kind} takes {wanted.__name__}, not {type(self.data).__name__}")
        if isinstance(self.data, int) and not 0 <= self.data <= 0xFFFFFFFF:
            raise ValueError(f"{self.data} does not fit into 32 bits")


@dataclass(slots=True)
class _Node:
    """One key: full path as spelled, child names by folded name, values by folded name."""

    path: str
    children: dict[str, str] = field(default_factory=dict)
    values: dict[str, tuple[str, Value]] = field(default_factory=dict)


def full_path(key: str) -> str:
    """Return the path with its hive name in full and without a closing backslash; ValueError for an unknown hive."""
    hive, slash, rest = key.strip("\\").partition("\\")
    folded = hive.lower()
    if folded in HIVES:
        hive = HIVES[folded]
    elif folded in _HIVE_NAMES:
        hive = folded.upper()
    else:
        raise ValueError(f"{hive!r} is not a registry hive")
    return hive + slash + rest


class Registry:
    """All keys of one host. A flat index by folded path makes each access one lookup, however deep the key is."""

    def __init__(self) -> None:
        self._nodes: dict[str, _Node] = {name.lower(): _Node(name) for name in HIVES.values()}
        self._revision = 0
        self._derived: dict[str, tuple[int, object]] = {}

    def __getstate__(self) -> dict[str, object]:
        """A copy works everything out for itself."""
        return {**self.__dict__, "_derived": {}}

    def derived(self, name: str, work_out: Callable[[], Derived]) -> Derived:
        """Return what somebody works out from the registry alone, anew only if the registry has changed since."""
        revision, found = self._derived.get(name, (-1, None))
        if revision != self._revision:
            revision, found = self._revision, work_out()
            self._derived[name] = (revision, found)
        return cast("Derived", found)

    def _node(self, key: str) -> _Node | None:
        folded = key.lower()
        found = self._nodes.get(folded)
        return found if found is not None else self._nodes.get(full_path(key).lower())

    def create(self, key: str) -> bool:
        """Make the key and its missing parents; False if it was there already."""
        if self._node(key) is not None:
            return False
        parts = full_path(key).split("\\")
        node = self._nodes[parts[0].lower()]
        for part in parts[1:]:
            if not part:
                raise ValueError(f"empty name in the key path {key!r}")
            spelled = node.children.setdefault(part.lower(), part)
            path = f"{node.path}\\{spelled}"
            node = self._nodes.setdefault(path.lower(), _Node(path))
        self._revision += 1
        return True

    def exists(self, key: str) -> bool:
        """Tell whether the key is there."""
        return self._node(key) is not None

    def set(self, key: str, name: str, value: Value) -> None:
        """Write a value (the empty name is the default value), making the key if needed."""
        node = self._node(key)
        if node is None:
            self.create(key)
            return self.set(key, name, value)
        spelled = node.values.get(name.lower(), (name,))[0]
        node.values[name.lower()] = (spelled, value)
        self._revision += 1
        return None

    def get(self, key: str, name: str) -> Value | None:
        """Return a value, or None if the key or the value is missing."""
        node = self._node(key)
        if node is None:
            return None
        found = node.values.get(name.lower())
        return found[1] if found else None

    def delete_value(self, key: str, name: str) -> bool:
        """Remove a value; False if there was none."""
        node = self._node(key)
        removed = node is not None and node.values.pop(name.lower(), None) is not None
        self._revision += 1
        return removed

    def delete_key(self, key: str) -> bool:
        """Remove a key with everything below it; False if it was not there. A hive itself cannot be removed."""
        node = self._node(key)
        if node is None or "\\" not in node.path:
            return False
        parent, _slash, name = node.path.rpartition("\\")
        del self._nodes[parent.lower()].children[name.lower()]
        doomed = [node.path]
        while doomed:
            path = doomed.pop()
            gone = self._nodes.pop(path.lower())
            doomed.extend(f"{path}\\{child}" for child in gone.children.values())
        self._revision += 1
        return True

    def subkeys(self, key: str) -> list[str]:
        """Return the names of the direct child keys in order of creation; empty if the key is missing."""
        node = self._node(key)
        return list(node.children.values()) if node else []

    def sorted_subkeys(self, key: str) -> list[str]:
        """Return the names of the direct child keys as Windows enumerates them: sorted, letter case ignored.

        So Wine's tests of reg.exe say, which hold on Windows (export.c, key_order_test). Values keep their order.

        [ledger: reg-keys-sorted]
        """
        return sorted(self.subkeys(key), key=str.upper)

    def values(self, key: str) -> list[tuple[str, Value]]:
        """Return the values of a key in order of creation; empty if the key is missing."""
        node = self._node(key)
        return list(node.values.values()) if node else []

    def spelled(self, key: str) -> str:
        """Return the full path as it is stored, or as it would be stored if the key is missing."""
        node = self._node(key)
        return node.path if node else full_path(key)
