# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of one mapping, read one by one with their paths."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import TypeVar

from ..errors import IpsecError
from ..naming import check_name
from ..values import Secret, natural_number

_TRUE = frozenset({"yes", "true", "on", "1", "y", "t"})
_FALSE = frozenset({"no", "false", "off", "0", "n", "f"})

Word = TypeVar("Word", bound=StrEnum)


class Fields:
    """A mapping of options under ``path`` (empty at the top); options that are None count as not given.

    Every reader returns the default when the option is not given and raises :class:`IpsecError` with the path of
    the option when its value cannot be used. With ``hide`` values that may be misplaced secrets are not shown.
    """

    def __init__(self, data: object, path: str, known: tuple[str, ...], *, hide: bool = False) -> None:
        if not isinstance(data, Mapping):
            value = "(not shown)" if hide else data
            raise IpsecError(path, value, f"a mapping with {', '.join(known)}", "Write the options as key: value.")
        for key in data:
            if key not in known:
                near = difflib.get_close_matches(str(key), known, n=1)
                remedy = f"Did you mean {near[0]}?" if near else "Remove the option."
                value = "(not shown)" if hide else data[key]
                raise IpsecError(f"{path}.{key}".lstrip("."), value, f"one of the options {', '.join(known)}", remedy)
        self.path = path
        self._data = {str(key): value for key, value in data.items() if value is not None}

    def at(self, key: str) -> str:
        """Return the path of an option."""
        return f"{self.path}.{key}" if self.path else key

    def given(self, key: str) -> bool:
        """Tell whether the option is there and not None."""
        return key in self._data

    def require(self, key: str, expected: str) -> None:
        """Refuse when the option is not given."""
        if key not in self._data:
            raise IpsecError(self.at(key), None, expected, f"Add {key}.")

    def text(self, key: str, default: str) -> str:
        """Return a string; numbers are taken as written."""
        value = self._data.get(key, default)
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise IpsecError(self.at(key), value, "a text", "Put the text between quotes.")
        return str(value)

    def name(self, key: str, default: str) -> str:
        """Return the name of an object."""
        return check_name(self.text(key, default), self.at(key)) if self.given(key) else default

    def secret(self, key: str) -> Secret | None:
        """Return a secret; its value is never part of an error."""
        value = self._data.get(key)
        if value is None or isinstance(value, Secret):
            return value
        if not isinstance(value, str):
            raise IpsecError(self.at(key), "(hidden)", "a text", "Put it between quotes.")
        return Secret(value)

    def flag(self, key: str, default: bool) -> bool:
        """Return a truth value; the words of YAML 1.1 count."""
        value = self._data.get(key, default)
        if isinstance(value, bool):
            return value
        word = str(value).strip().lower()
        if isinstance(value, (str, int)) and word in _TRUE | _FALSE:
            return word in _TRUE
        raise IpsecError(self.at(key), value, "true or false", "Write true or false.")

    def number(self, key: str, default: int, lowest: int, highest: int, unit: str) -> int:
        """Return a whole number from ``lowest`` to ``highest``."""
        value = self._data.get(key, default)
        number: int | None = None
        if isinstance(value, int) and not isinstance(value, bool):
            number = value
        elif isinstance(value, str):
            digits = value.strip()
            number = natural_number(digits.removeprefix("-"))
            number = -number if number is not None and digits.startswith("-") else number
        if number is None or not lowest <= number <= highest:
            expected = f"a whole number of {unit} from {lowest} to {highest}"
            raise IpsecError(self.at(key), value, expected, "Give a number in that range.")
        return number

    def choice(self, key: str, words: type[Word], default: Word) -> Word:
        """Return one of the words of an enumeration, in any letter case."""
        value = self._data.get(key, default)
        word = str(value).strip().lower()
        if isinstance(value, bool) or word not in tuple(words):
            raise IpsecError(self.at(key), value, f"one of {', '.join(words)}", "Choose one of these words.")
        return words(word)

    def mapping(self, key: str) -> object:
        """Return what the option holds, an empty mapping when it is not given."""
        return self._data.get(key, {})

    def items(self, key: str, *, hide: bool = False) -> Iterator[tuple[str, object]]:
        """Return the elements of a list with their paths; with ``hide`` a wrong value is not shown."""
        value = self._data.get(key, ())
        if not isinstance(value, (list, tuple)):
            raise IpsecError(
                self.at(key), "(not shown)" if hide else value, "a list", "Begin each element with a hyphen."
            )
        return ((f"{self.at(key)}[{index}]", item) for index, item in enumerate(value))
