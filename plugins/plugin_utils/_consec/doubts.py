# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading without guessing: what cannot be made out becomes None, with the reason beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from .._common.said import said_by_host

Found = TypeVar("Found")
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Doubt:
    """What is odd about an option of an object, or about all of it (empty).

    Where it is ``known`` all the same what the object does, netsh cannot be told it, or it has no effect.
    """

    option: str
    reason: str
    known: bool = False


class Doubtful(Exception):
    """Something of which it is not known what it means; the message says why."""


class Doubts:
    """The doubts about one object, in the order in which they came up."""

    def __init__(self) -> None:
        self._found: list[Doubt] = []

    def read(self, option: str, reader: Callable[[], Found]) -> Found | None:
        """Return what a reader returns, None where it is in doubt."""
        try:
            return reader()
        except Doubtful as doubt:
            self.add(option, str(doubt))
            return None

    def add(self, option: str, reason: str, *, known: bool = False) -> None:
        """Note a doubt."""
        self._found.append(Doubt(option, reason, known))

    @property
    def found(self) -> tuple[Doubt, ...]:
        """All of them."""
        return tuple(dict.fromkeys(self._found))


def quoted(text: str) -> str:
    """Return a text of a host for a reason."""
    return ascii(said_by_host(text, _LONGEST))


def word(words: Mapping[str, str], text: str, name: str) -> str:
    """Return our word for one of the registry."""
    found = words.get(text.casefold())
    if found is None:
        raise Doubtful(f"{name} has a word that is not known, {quoted(text)}")
    return found


def flag(text: str, name: str) -> bool:
    """Return TRUE or FALSE."""
    folded = text.casefold()
    if folded not in ("true", "false"):
        raise Doubtful(f"{name} is {quoted(text)} and neither TRUE nor FALSE")
    return folded == "true"


def number(text: str, name: str, most: int) -> int:
    """Return a number from 0 to ``most``."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= most):
        raise Doubtful(f"{name} is {quoted(text)} and no number up to {most}")
    return int(text)
