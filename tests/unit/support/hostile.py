# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts that want to be more than one word, and readers of lines that share nothing with what writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from hypothesis import strategies as st

# Enough for every renderer: the bulk is drawn without hypothesis, which shrinks what it finds in fewer ones.
BULK = 5200

PIECES = (
    "\n", "\r\n", "\r", "\x00", "\t", "\x0b", "\x0c", "\x1a", "\x1b[2J", "\x1c", "\x1e", "\x7f", "\x85", "\u2028",
    "\u2029", " ", "  ", "\xa0", "\ufeff", "\u200b", "\u200f", "\u202e", "\ud800", "\udfff", "\U0001f600", '"',
    '""', "'", '\\', '\\"', "\\'", '\\\\', "`", "`n", "%", "%%", "%PATH%", "%1", "%eth0", "^", "&", "&&", "|",
    "||", "<", ">", "<nul", "(", ")", "!", "?", "*", "~", "#", ";", ":", ",", "=", "+", "-", "--", "/", "$", "$x",
    "$(id)", "@", "@@", "@@after:end 0", "@@0badf00d:0!", "netsh>", "exit", "bye", "..", "all", "default",
    "name=x", " name=x", "{", "}", "{{ 7 * 7 }}", "{% raw %}", "{#", "; flush ruleset", " } drop",
    "\nipsec static add filterlist name=x\n", " description=x", " & calc", '" & calc & "', "\r\nX-Header: y",
    "\r\nQUIT\r\n", " HTTP/1.1\r\nHost: x\r\n\r\n", "0", "9", "65536", "\uff11\uff10", "\u0663", "\xb2", "\xbd",
    "\u017f", "\u212a", "\u0130", "\xe9", "\u65e5", "a", "Z", "_", ".", "10.0.0.1", "fe80::1", "fe80::1%1", "::",
    "me", "any", "dns", "~winsec~1", "-oProxyCommand=x", " certmap:yes", " excludecaname:yes", " CertMap :no",
    "certmap:no ",
)  # fmt: skip


def texts(count: int, seed: int, *good: str) -> Iterator[str]:
    """Yield texts, the same ones for a seed: pieces alone, in rows, and inside or around texts that are ``good``."""
    chance = Random(seed)
    yield from PIECES
    for number in range(max(0, count - len(PIECES))):
        row = "".join(chance.choices(PIECES, k=chance.randint(1, 4)))
        if good and number % 3:
            base = chance.choice(good)
            place = chance.choice((0, len(base), chance.randint(0, len(base))))
            row = base[:place] + row + base[place:]
        yield row * chance.randint(500, 3000) if number % 500 == 499 else row


def hostile(*good: str) -> st.SearchStrategy[str]:
    """Texts of the same kind, which shrink."""
    rows = st.lists(st.sampled_from((*PIECES, *good)) | st.characters(), max_size=6).map("".join)
    return rows | st.text(max_size=12)


def netsh_words(line: str) -> list[str]:
    """Return the words of one netsh line: blanks part them, double quotes join. AssertionError for more than a line."""
    _one_line(line)
    assert line.count('"') % 2 == 0, line
    words: list[str] = []
    current: str | None = None
    inside = False
    for character in line:
        if character == '"':
            inside, current = not inside, current or ""
        elif character == " " and not inside:
            words += [] if current is None else [current]
            current = None
        else:
            current = (current or "") + character
    # A backslash right before a double quote is an escape to programs that split like the C library.
    assert '\\"' not in line, line
    return words if current is None else [*words, current]


def netsh_pairs(line: str, *context: str) -> tuple[str, list[tuple[str, str]]]:
    """Return the command of a line behind its context, and its tags with their values."""
    words = netsh_words(line)
    assert words[: len(context)] == list(context), line
    rest = words[len(context) :]
    first = next((at for at, word in enumerate(rest) if "=" in word), len(rest))
    assert all("=" in word for word in rest[first:]), line
    return " ".join(rest[:first]), [(word.partition("=")[0], word.partition("=")[2]) for word in rest[first:]]


def cmd_words(line: str) -> list[str]:
    """Return the words of the one command that cmd.exe reads; AssertionError where there is more than that."""
    _one_line(line)
    assert "%" not in line, line
    words, inside, current = [], False, ""
    for character in line:
        if character == '"':
            inside = not inside
        elif inside:
            current += character
        elif character == " ":
            words.append(current)
            current = ""
        else:
            assert character not in "&|<>^()", line
            current += character
    assert not inside, line
    return [word for word in (*words, current) if word]


_NFT_TOKEN = re.compile(r'"[^"\n]*"|[{},]|[A-Za-z0-9_./:-]+')


def nft_statements(text: str) -> list[list[str]]:
    """Return the tokens of each line for ``nft -f``, without comments; AssertionError for what is no token."""
    assert text.isascii()
    statements = []
    for line in text.split("\n"):
        _one_line(line)
        if line.startswith("#"):
            continue
        tokens = _NFT_TOKEN.findall(line)
        assert "".join(tokens) == re.sub(r'("[^"]*")| ', lambda found: found[1] or "", line), line
        assert tokens.count("{") == tokens.count("}"), line
        statements += [tokens] if tokens else []
    return statements


def cisco_statements(text: str) -> list[list[str]]:
    """Return the words of each line of a configuration, without comments; AssertionError for odd characters."""
    found = []
    for line in text.split("\n"):
        _one_line(line)
        assert "?" not in line, line
        if not line.startswith("!"):
            found += [line.split(" ")] if line else []
    return found


def _one_line(line: str) -> None:
    assert all(" " <= character <= "~" for character in line), ascii(line)


@dataclass(slots=True)
class Tally:
    """How many texts were refused and how many arrived, so that a test knows that it saw both."""

    refused: int = 0
    arrived: int = 0

    def take(self, arrived: bool) -> None:
        """Count one text."""
        if arrived:
            self.arrived += 1
        else:
            self.refused += 1

    @property
    def seen(self) -> int:
        """The number of texts."""
        return self.refused + self.arrived
