# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys and values of a registry, read-only and looked up without regard to case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ..._common.errors import StoreError
from ..._common.said import fit

POLICY_ROOT = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\IPSec"
Data = str | int | bytes | tuple[str, ...]

_HIVES = {
    "hklm": "hkey_local_machine",
    "hkcu": "hkey_current_user",
    "hkcr": "hkey_classes_root",
    "hku": "hkey_users",
    "hkcc": "hkey_current_config",
}


@dataclass(frozen=True, slots=True)
class Value:
    """One value: the word of its type and its data, which may hold keys and is therefore not shown."""

    type: str
    data: Data = field(repr=False)


def folded_key(path: str) -> str:
    """Return the form in which key paths are compared: case ignored, hives by their full name."""
    hive, slash, rest = path.strip("\\").casefold().partition("\\")
    return _HIVES.get(hive, hive) + slash + rest


def is_below(text: str, root: str) -> bool:
    """Tell whether a text, a closing bracket behind it or not, begins with the path ``root``."""
    path, wanted = folded_key(text), folded_key(root)
    return path.startswith(wanted) and path[len(wanted) :][:1] in ("", "\\", "]")


@dataclass(frozen=True, slots=True)
class Key:
    """A key with its values. Names are looked up without regard to case; the default value is named ''.

    ``names`` has the names of the values as they are spelled, by those of ``values``.
    """

    path: str
    values: Mapping[str, Value]
    names: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def name(self) -> str:
        """The last element of the path."""
        return self.path.rpartition("\\")[2]

    def value(self, name: str) -> Value | None:
        """Return the value of this name, None where there is none."""
        return self.values.get(name.casefold())


class Keys(Mapping[str, Key]):
    """Keys by path, read-only; lookup ignores case. ``findings`` are sentences about what was left out."""

    __slots__ = ("_keys", "findings")

    def __init__(self, keys: Mapping[str, Mapping[str, Value]], findings: tuple[str, ...] = ()) -> None:
        merged: dict[str, Key] = {}
        for path, values in keys.items():
            known = merged.get(folded_key(path))
            named = {name.casefold(): value for name, value in values.items()}
            both = {**known.values, **named} if known else named
            spelled = {name.casefold(): name for name in values} | (dict(known.names) if known else {})
            merged[folded_key(path)] = Key(known.path if known else path, MappingProxyType(both), spelled)
        self._keys = merged
        self.findings = findings

    def __getitem__(self, path: str) -> Key:
        return self._keys[folded_key(path)]

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and folded_key(path) in self._keys

    def __iter__(self) -> Iterator[str]:
        return (key.path for key in self._keys.values())

    def __len__(self) -> int:
        return len(self._keys)

    def __repr__(self) -> str:
        return f"Keys({len(self)} keys)"

    def readable(self, *findings: str) -> Keys:
        """Return the same with texts that can be shown, as if a host had printed them, and with more findings."""
        keys = {
            fit(key.path): {
                fit(key.names.get(name, name)): Value(value.type, _readable(value.data))
                for name, value in key.values.items()
            }
            for key in self._keys.values()
        }
        return Keys(keys, (*self.findings, *findings))

    def below(self, path: str) -> tuple[Key, ...]:
        """Return the keys directly below ``path``, in their order."""
        start = folded_key(path) + "\\"
        return tuple(
            key for name, key in self._keys.items() if name.startswith(start) and "\\" not in name[len(start) :]
        )


def _readable(data: Data) -> Data:
    if isinstance(data, str):
        return fit(data)
    return tuple(map(fit, data)) if isinstance(data, tuple) else data


def refusal(number: int, value: str, expected: str) -> StoreError:
    """Return the error for one line of registry text; the line itself may hold secrets and is not quoted."""
    remedy = "Read the registry again; if that does not help, look at the host's own output."
    return StoreError(f"registry text, line {number}", value, expected, remedy)
