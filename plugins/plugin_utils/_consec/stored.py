# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sets as they stand in the registry, value for value. A pre-shared key is a secret from here on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from .._common.secret import Secret
from .._windows.registry.keys import Data, Key
from .doubts import Doubtful
from .kinds import PRIMARY, Kind

# What an authentication suite may have and show; all else in it may be a key by another name (MS-GPFAS 2.2.4).
_OPEN = frozenset(
    name.casefold()
    for name in (
        *("Method", "CAName", "CertAccountMapping", "ExcludeCAName", "HealthCert", "OtherCertSigning"),
        *("IntermediateCA", "CertCriteria", "AllowProxy", "ProxyServer", "SkipVersion"),
        *("Version", "Name", "Description", "EmbeddedContext"),
    )
)
# A value of this name says which set is the primary one of a group policy.
_REDIRECTS = (PRIMARY[Kind.FIRST], PRIMARY[Kind.SECOND])
KEY = "shkey"


@dataclass(frozen=True, slots=True)
class StoredValue:
    """A value with its name and type as they are spelled. What it holds is not shown, whatever it is."""

    name: str
    type: str
    data: Data | Secret = field(repr=False)


@dataclass(frozen=True, slots=True)
class Values:
    """The values of one key in their order."""

    values: tuple[StoredValue, ...] = field(default=(), repr=False)

    def __iter__(self) -> Iterator[StoredValue]:
        return iter(self.values)

    def get(self, name: str) -> StoredValue | None:
        """Return a value by its name in any letter case."""
        return next((each for each in self.values if each.name.casefold() == name.casefold()), None)

    def has(self, name: str) -> bool:
        """Tell whether there is one."""
        return self.get(name) is not None

    def text(self, name: str) -> str | None:
        """Return the text of a value, None where there is none; all values of a set are texts (MS-GPFAS 2.2.4)."""
        found = self.get(name)
        if found is None:
            return None
        if found.type != "REG_SZ" or not isinstance(found.data, str):
            raise Doubtful(f"{name} is of another type than REG_SZ")
        return found.data


Suites: TypeAlias = tuple[tuple[str, Values], ...]


@dataclass(frozen=True, slots=True)
class StoredSet:
    """A set: the name of its key, its own values, and its suites by the names of their keys.

    ``deeper`` tells that there are keys below those of the suites.
    """

    id: str
    header: Values = Values()
    suites: Suites = ()
    deeper: bool = False


def values_of(key: Key, *, secretive: bool) -> Values:
    """Return the values of a key; ``secretive`` is for authentication sets."""
    return Values(
        tuple(
            StoredValue(key.names.get(name, name), value.type, _cut(name, value.data) if secretive else value.data)
            for name, value in key.values.items()
        )
    )


def _cut(name: str, data: Data) -> Data | Secret:
    if name.casefold() in _OPEN or name.casefold() in _REDIRECTS:
        return data
    return Secret(data if isinstance(data, str) else ascii(data))
