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

REPLACEMENT = "\ufffd"
_LONGEST = 500
_LONGEST_LINE = 1000
# Control characters, which move a terminal; marks that turn the reading direction; breaks that only some programs take
# for the end of a line; what cannot be encoded. No name that can be shown needs one of them.
UNFIT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)


def readable(answer: bytes) -> str:
    """Return what a host printed. Bytes that are no text, and characters that no text needs, become U+FFFD.

    Names and descriptions beyond ASCII come in the code page of the host's console, which is not looked at.
    """
    return fit(answer.decode("utf-8", "replace"))


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
