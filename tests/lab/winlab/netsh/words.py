# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Splitting a netsh line into words, and reading tags out of them.

Quotes group, blanks around the equals sign do not matter, and a tag may be cut down to any prefix that is unique
(forms found in scripts and in the help of `netsh ipsec static`).

[ledger: netsh-keywords-in-every-language, netsh-full-tags, netsh-tag-prefix, netsh-blank-around-equals]
[ledger: netsh-double-quotes]
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


class UsageError(Exception):
    """A word that the command does not take."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word with its quotes taken off; `equals` is the place of the first unquoted equals sign."""

    text: str = field(repr=False)
    equals: int | None = None
    quoted: bool = False

    @property
    def awaits_value(self) -> bool:
        """Tell whether the word ends in a bare equals sign."""
        return self.equals is not None and self.equals == len(self.text) - 1 and not self.quoted


def split(line: str) -> list[Word]:
    """Return the words of a raw line. An unclosed quote runs to the end of the line."""
    words: list[Word] = []
    chars: list[str] = []
    equals: int | None = None
    inside = quoted = False
    for char in line + " ":
        if char == '"':
            inside = not inside
            quoted = True
        elif char in " \t\r\n" and not inside:
            if chars or quoted:
                words.append(Word("".join(chars), equals, quoted))
            chars, equals, quoted = [], None, False
        else:
            if char == "=" and equals is None and not inside:
                equals = len(chars)
            chars.append(char)
    if inside:
        words.append(Word("".join(chars)[:-1], equals, True))
    return words


def from_arguments(arguments: Iterable[str]) -> list[Word]:
    """Return words for arguments that somebody else has split, quotes gone already."""
    return [Word(text, text.index("=") if "=" in text else None) for text in arguments]


def join_equals(words: Sequence[Word]) -> list[Word]:
    """Put `tag = value` and its half-blank forms together into one word each."""
    joined: list[Word] = []
    for word in words:
        last = joined[-1] if joined else None
        if last is not None and word.equals == 0 and last.equals is None and not last.quoted:
            joined[-1] = Word(last.text + word.text, len(last.text), word.quoted)
        elif last is not None and last.awaits_value and (word.equals is None or word.equals == 0):
            joined[-1] = Word(last.text + word.text, last.equals, True)
        else:
            joined.append(word)
    return joined


def pick(text: str, choices: Iterable[str]) -> str | None:
    """Return the choice that the text is, or is the only prefix of, whatever the case."""
    folded = text.lower()
    found = [each for each in choices if each.startswith(folded)]
    if folded in found:
        return folded
    return found[0] if len(found) == 1 and folded else None


@dataclass(frozen=True, slots=True)
class Given:
    """Tags with their values in the order of the line; a repeatable tag occurs more than once. May hold secrets."""

    pairs: tuple[tuple[str, str], ...] = field(repr=False)

    def get(self, tag: str) -> str | None:
        """Return the value of a tag, None if it was not given."""
        return next((value for name, value in self.pairs if name == tag), None)

    def __contains__(self, tag: object) -> bool:
        return any(name == tag for name, _value in self.pairs)


_REPEATABLE = {"rootca"}


def bind(words: Sequence[Word], tags: Sequence[str]) -> Given:
    """Match words to the tags of a command.

    A word without a tag goes to the first tag, in the order of the help, that the line does not name. UsageError for a
    tag that is unknown, ambiguous or given twice, and for a word too many.

    [ledger: netsh-positional-values]
    """
    named: list[tuple[str | None, str]] = []
    for word in join_equals(words):
        if word.equals is None:
            named.append((None, word.text))
            continue
        tag = pick(word.text[: word.equals], tags)
        if tag is None or (tag not in _REPEATABLE and any(tag == other for other, _value in named)):
            raise UsageError(word.text[: word.equals])
        named.append((tag, word.text[word.equals + 1 :]))
    taken = {tag for tag, _value in named}
    free = iter([tag for tag in tags if tag not in taken])
    pairs = []
    for tag, value in named:
        if tag is None:
            tag = next(free, None)
            if tag is None:
                raise UsageError(value)
        pairs.append((tag, value))
    return Given(tuple(pairs))
