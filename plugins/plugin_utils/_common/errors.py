# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one error of the core: what is wrong, where, what was expected and what to do, without any secret."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

_LONGEST_VALUE = 80
_NOT_SHOWN = "(not shown)"
# Shorter texts stand in every sentence: to take them out would show where they were.
_SHORTEST_PIECE = 4
_BETWEEN_PIECES = re.compile(r"[\s,;:/@\\=-]+")


class IpsecError(Exception):
    """A refusal that a person can act on.

    ``path`` is the option or object (``policies[0].rules[2].filter_list``), ``value`` the offending value as
    plain data (never a secret), ``expected`` a noun phrase, ``remedy`` a full sentence.
    """

    def __init__(self, path: str, value: object, expected: str, remedy: str) -> None:
        self.path = path
        self.value = value
        self.expected = expected
        self.remedy = remedy
        super().__init__(_sentence(path, value, expected, remedy))

    def told(self, secrets: Collection[str]) -> str:
        """Return the message for a person who must not see ``secrets``, nor a part of one that was split."""
        if not secrets:
            return str(self)
        value = hidden(self.value) if _holds(shown(self.value, None), secrets) else self.value
        parts = (masked(part, secrets) for part in (self.expected, self.remedy))
        return _sentence(masked(self.path, secrets), value, *parts)


class HostLost(Exception):
    """The host did not answer, or no longer; nothing is known about what it did.

    ``established`` says that there had been a connection, so that asking again over a new one may help.
    """

    def __init__(self, message: str, *, established: bool = False) -> None:
        super().__init__(message)
        self.established = established


class StoreError(IpsecError):
    """Text or bytes that a host gave us and that cannot be a policy store."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """Stands for a value that may be a secret, and knows only what kind of value that was."""

    kind: str

    def __str__(self) -> str:
        return f"{self.kind} {_NOT_SHOWN}"


def hidden(value: object) -> object:
    """Return what may be shown of a value that may be a secret: its kind, or itself where it says nothing."""
    if value is None or isinstance(value, (bool, Hidden)) or value in ("", [], (), {}):
        return value
    if isinstance(value, Mapping):
        return Hidden("a mapping")
    if isinstance(value, (list, tuple, set, frozenset)):
        return Hidden("a list")
    return Hidden("a number" if isinstance(value, (int, float)) else "a text")


def shown(value: object, most: int | None = _LONGEST_VALUE) -> str:
    """Return ``value`` for a message: quoted, on one line, at most 80 characters.

    What a mapping or a list holds is never shown: nobody knows what stands below.
    """
    if isinstance(value, (Mapping, list, tuple, set, frozenset)):
        value = hidden(value)
    if isinstance(value, Hidden):
        return str(value)
    text = ascii(str(value)) if isinstance(value, str) else ascii(value)
    return text if most is None or len(text) <= most else f"{text[: most - 3]}..."


def masked(text: str, secrets: Collection[str]) -> str:
    """Return a text without the secrets, in any letter case, and without the words that a secret consists of."""
    pieces = {piece for secret in secrets for piece in _pieces(secret)}
    if not pieces:
        return text
    longest_first = sorted(pieces, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest_first)), _NOT_SHOWN, text, flags=re.IGNORECASE)


def _pieces(secret: str) -> Iterator[str]:
    for text in (secret, secret.strip(), *_BETWEEN_PIECES.split(secret)):
        if len(text) >= _SHORTEST_PIECE:
            yield text
            yield ascii(text)[1:-1]


def _holds(text: str, secrets: Collection[str]) -> bool:
    """Tell whether a value is a secret, has one in it, or is a part of one."""
    known = text.strip("'\"").strip().casefold()
    return masked(text, secrets) != text or any(
        known and (known in form.casefold()) for secret in secrets for form in (secret, ascii(secret)[1:-1])
    )


def _sentence(path: str, value: object, expected: str, remedy: str) -> str:
    return f"{path} is {shown(value)}: expected {expected}. {remedy}"
