# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Authentication and crypto sets as they lie in the registry: a key, its values, and a key for each suite.

All values are texts, numbers and truth values too (MS-GPFAS 2.2.4, 2.2.5).

[ledger: cs-values-are-texts, cs-suites-numbered]
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..registry import Kind, Registry, Value

Texts = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class StoredSet:
    """The values of a set, and of each of its suites in order of preference. May hold secrets."""

    header: Texts
    suites: tuple[Texts, ...] = field(default=(), repr=False)


def look(texts: Texts, name: str) -> str | None:
    """Return a value, whatever the case of its name; None if it is not there."""
    return next((value for key, value in texts if key.lower() == name.lower()), None)


def read(registry: Registry, key: str) -> StoredSet | None:
    """Return the set under a key, None if there is no such key."""
    if not registry.exists(key):
        return None
    suites = [name for name in registry.sorted_subkeys(key) if len(name) == 4 and name.isdecimal()]
    return StoredSet(_texts(registry, key), tuple(_texts(registry, rf"{key}\{name}") for name in suites))


def _texts(registry: Registry, key: str) -> Texts:
    return tuple((name, value.data) for name, value in registry.values(key) if isinstance(value.data, str))


def write(registry: Registry, key: str, stored: StoredSet) -> None:
    """Put a set under a key, in the place of an older one."""
    registry.delete_key(key)
    _put(registry, key, stored.header)
    for number, suite in enumerate(stored.suites):
        _put(registry, rf"{key}\{number:04d}", suite)


def _put(registry: Registry, key: str, texts: Iterable[tuple[str, str]]) -> None:
    registry.create(key)
    for name, text in texts:
        registry.set(key, name, Value(Kind.SZ, text))
