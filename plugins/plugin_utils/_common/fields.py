# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of one mapping, read one by one with their paths."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import TypeVar

from .errors import IpsecError, hidden
from .packets import HIGHEST_PORT, natural_number
from .secret import Secret

_TRUE = frozenset({"yes", "true", "on", "1", "y", "t"})
_FALSE = frozenset({"no", "false", "off", "0", "n", "f"})

# How netsh calls what is an option here.
_WORDS_OF_NETSH = {
    "srcaddr": "source",
    "srcmask": "source",
    "dstaddr": "destination",
    "dstmask": "destination",
    "srcport": "source_port",
    "dstport": "destination_port",
    "qmsecmethods": "security_methods",
    "mmsecmethods": "security_methods",
    "qmpfs": "perfect_forward_secrecy",
    "mmpfs": "perfect_forward_secrecy",
    "inpass": "accept_unsecured",
    "soft": "fallback_to_clear",
    "qmpermm": "quick_modes",
    "mmlifetime": "lifetime_minutes",
    "pollinginterval": "polling_interval_minutes",
    "activatedefaultrule": "default_response",
    "conntype": "connection_type",
    "tunneldstaddress": "tunnel_endpoint",
    "activate": "enabled",
}
_BELOW_AUTHENTICATION = ("preshared_key", "psk", "authority", "rootca", "kerberos", "method")
# What can be the name of an option. Anything else in its place may be a key whose colon stands too near.
_OPTION_NAME = re.compile(r"[a-z_]{1,40}")
_NEARLY_ONE = re.compile(r"[A-Za-z0-9_-]{1,40}")

# In a mapping whose names are free, one of these says that its value is in a wrong place.
_NAMES_A_SECRET = re.compile(r"(pre_?shared_?)?key|psk|password|passphrase|secret", re.IGNORECASE)

Word = TypeVar("Word", bound=StrEnum)


def freely_named(data: object, path: str, expected: str, remedy: str) -> dict[str, object]:
    """Return a mapping whose names are free, refusing a key or a password among its values."""
    if not isinstance(data, Mapping):
        raise IpsecError(path, hidden(data), expected, remedy)
    for name, value in data.items():
        if _NAMES_A_SECRET.fullmatch(str(name)):
            raise IpsecError(f"{path}.{name}", hidden(value), expected, "A secret does not belong here: remove it.")
    return {str(name): value for name, value in data.items()}


def listed(value: object, path: str) -> list[str]:
    """Return an option that is a list of texts or numbers: one text may hold several, apart by commas.

    That is how Ansible reads them everywhere.
    """
    if value is None:
        return []
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(value, Mapping):
        raise IpsecError(path, hidden(value), "a list", "Begin each element with a hyphen.")
    if not isinstance(value, Iterable):
        return [element(value, path)]
    return [element(item, f"{path}[{index}]") for index, item in enumerate(value)]


def element(value: object, path: str) -> str:
    """Return one text of a list; a number is taken as written."""
    if isinstance(value, Mapping):
        remedy = "Put the text between quotes: YAML reads a colon with a blank as a mapping."
        raise IpsecError(path, hidden(value), "a text", remedy)
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise IpsecError(path, value, "a text", "Put the text between quotes.")
    return str(value)


def one_port(value: object, path: str) -> int:
    """Return the number of a port, 1 to 65535."""
    number = value if isinstance(value, int) and not isinstance(value, bool) else natural_number(str(value).strip())
    if number is None or not 1 <= number <= HIGHEST_PORT:
        raise IpsecError(path, value, f"a port from 1 to {HIGHEST_PORT}", "Give the number of the port.")
    return number


class Fields:
    """A mapping of options under ``path`` (empty at the top); options that are None count as not given.

    Every reader returns the default when the option is not given and raises :class:`IpsecError` with the path of
    the option when its value cannot be used.

    A key may stand in any wrong place, so only the one text or number of an option that is known is ever shown. With
    ``hide`` not even that: the options stand beside a secret.
    """

    def __init__(self, data: object, path: str, known: tuple[str, ...], *, hide: bool = False) -> None:
        self.path = path
        self._hide = hide
        if not isinstance(data, Mapping):
            expected = f"a mapping with {', '.join(known)}"
            raise IpsecError(path, hidden(data), expected, "Write the options as key: value.")
        for key in data:
            if key not in known:
                name, remedy = _unknown(str(key), known)
                raise IpsecError(self.at(name), hidden(data[key]), f"one of the options {', '.join(known)}", remedy)
        self._data = {str(key): value for key, value in data.items() if value is not None}

    def error(self, key: str, value: object, expected: str, remedy: str) -> IpsecError:
        """Return the refusal of an option's value."""
        return IpsecError(self.at(key), hidden(value) if self._hide else value, expected, remedy)

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

    def text(self, key: str, default: str, expected: str = "a text", remedy: str = "") -> str:
        """Return a string; numbers are taken as written. The refusal says what is ``expected``, and what to do."""
        value = self._data.get(key, default)
        if isinstance(value, bool):
            raise self.error(key, value, expected, remedy or "Put the text between quotes.")
        if not isinstance(value, (str, int)):
            several = isinstance(value, (list, tuple))
            usual = "Give one text, not a list." if several else "Put the text between quotes."
            raise self.error(key, value, expected, remedy or usual)
        return str(value)

    def texts(self, key: str) -> list[str]:
        """Return a list of texts, see :func:`listed`."""
        return listed(self._data.get(key), self.at(key))

    def elements(self, key: str) -> list[tuple[str, str]]:
        """Return a list of texts with their paths, see :func:`listed`."""
        return [(f"{self.at(key)}[{index}]", text) for index, text in enumerate(self.texts(key))]

    def checked(self, key: str, default: str, check: Callable[[str, str], str]) -> str:
        """Return a string that ``check``, given it and its path, lets pass."""
        return check(self.text(key, default), self.at(key)) if self.given(key) else default

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
        raise self.error(key, value, "true or false", "Write true or false.")

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
            raise self.error(key, value, expected, "Give a number in that range.")
        return number

    def port(self, key: str, default: int) -> int:
        """Return a port from 1 to 65535."""
        value = self._data.get(key, default)
        try:
            return one_port(value, self.at(key))
        except IpsecError as error:
            raise self.error(key, value, error.expected, error.remedy) from None

    def choice(self, key: str, words: type[Word], default: Word) -> Word:
        """Return one of the words of an enumeration, in any letter case."""
        value = self._data.get(key, default)
        word = str(value).strip().lower()
        if isinstance(value, bool) or word not in tuple(words):
            raise self.error(key, value, f"one of {', '.join(words)}", "Choose one of these words.")
        return words(word)

    def mapping(self, key: str) -> object:
        """Return what the option holds, an empty mapping when it is not given."""
        return self._data.get(key, {})

    def items(self, key: str) -> Iterator[tuple[str, object]]:
        """Return the elements of a list with their paths."""
        value = self._data.get(key, ())
        if not isinstance(value, (list, tuple)):
            raise IpsecError(self.at(key), hidden(value), "a list", "Begin each element with a hyphen.")
        return ((f"{self.at(key)}[{index}]", item) for index, item in enumerate(value))


class ToldFields(Fields):
    """Options among which None is what nobody tells, and some texts must say something."""

    def words(self, key: str, expected: str) -> str:
        """Return a text that must be there and say something."""
        self.require(key, expected)
        text = self.text(key, "")
        if not text.strip():
            raise IpsecError(self.at(key), text, expected, f"Write something for {key}.")
        return text

    def told(self, key: str) -> str | None:
        """Return a text, None when it is not told."""
        return self.text(key, "") if self.given(key) else None

    def told_number(self, key: str, lowest: int, highest: int, unit: str) -> int | None:
        """Return a whole number, None when it is not told."""
        return self.number(key, lowest, lowest, highest, unit) if self.given(key) else None


def _unknown(key: str, known: tuple[str, ...]) -> tuple[str, str]:
    """Return how a message calls an option that is not known, and what to do about it."""
    if key.lower() in _BELOW_AUTHENTICATION and "authentication" in known:
        return key, "It belongs below authentication, beside its method."
    meant = _WORDS_OF_NETSH.get(key.lower())
    if meant in known:
        return key, f"The option is {meant}."
    near = difflib.get_close_matches(key, known, n=1) if _NEARLY_ONE.fullmatch(key) else []
    if near:
        return key, f"Did you mean {near[0]}?"
    if _OPTION_NAME.fullmatch(key):
        return key, "Remove the option."
    return "(an option that is not known)", "Its name is not shown. Write each option as key: value, with a blank."
