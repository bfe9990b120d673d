# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host says, as text that can be shown, saved and compared.

Everything that a host prints comes in through :func:`readable`, so that all readers, and a document that was saved and
is fed back, have the same text. :func:`said_by_host` is for the messages that quote a host.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .code_pages import decoded

# The part of an answer in which the host's OEM code page stands.
CODE_PAGE = "code_page"
REPLACEMENT = "\ufffd"
_LONGEST = 500
_LONGEST_LINE = 1000
# Control characters, which move a terminal; marks that turn the reading direction; breaks that only some programs take
# for the end of a line; what cannot be encoded. No name that can be shown needs one of them.
UNFIT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)


# What ends each part of an answer (:mod:`.._windows.queries`), with the end of its line: UTF-16 may begin behind it.
_MARKER = re.compile(rb"(@@[0-9a-z]+:([a-z0-9_]+) -?[0-9]{1,10}(?![0-9])[ \t]*\r?\n?)")
_OEM_PAGE = re.compile(r"\bOEMCP[ \t]+REG_SZ[ \t]+([0-9]{2,5})\b", re.ASCII)


def readable(answer: bytes) -> str:
    """Return what a host printed. Bytes that are no text, and characters that no text needs, become U+FFFD.

    Each part between two markers is looked at for itself: one program may print UTF-16, another one in the OEM code
    page, which the host itself tells in the part that is named so.
    """
    parts = _MARKER.split(answer)
    texts, marks, names = parts[::3], parts[1::3], parts[2::3]
    page = next((_page(text) for text, name in zip(texts, names, strict=False) if name == CODE_PAGE.encode()), None)
    ended = (decoded(text, page) + mark.decode("ascii") for text, mark in zip(texts, marks, strict=False))
    return fit("".join([*ended, decoded(texts[-1], page)]))


def _page(part: bytes) -> int | None:
    """Return the number of the code page that a host tells, None where it tells none."""
    found = _OEM_PAGE.search(decoded(part))
    return int(found[1]) if found else None


def fit(text: str) -> str:
    """Return a text in which U+FFFD stands for every character that cannot be shown or encoded."""
    # Nearly all that a host says, and much faster than to search for each character.
    return text if text.isascii() and text.isprintable() else UNFIT.sub(REPLACEMENT, text)


def said_by_host(text: object, longest: int = _LONGEST) -> str:
    """Return a text of a host for a message: one line, of limited length, in which nothing can move a terminal.

    Characters that are not printed become escapes that are, such as ``\\x1b``; any blanks become one.
    """
    line = " ".join(str(text).split())
    shown = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in line[: longest + 1])
    return shown if len(shown) <= longest else f"{shown[: longest - 3]}..."


def said_in_lines(lines: Iterable[object]) -> str:
    """Return a message of several lines in which texts of hosts stand: none of them makes a line of its own."""
    return "\n".join(said_by_host(line, _LONGEST_LINE) for line in lines)
