# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The second line of defence for everything that a program on a host reads: what is no line of words does not exist.

Readers of options and stores refuse what cannot be sent, and say where it stands. What is checked here is the line
that was made of it, whatever was forgotten before: one line of printable ASCII, in which each value is one word.
"""

from __future__ import annotations

import re

from .._common.errors import IpsecError

MARKER = "@@"

# The help of netsh writes GUIDs in braces and without quotes.
# [ledger: netsh-guid-form]
_BARE = re.compile(r"[A-Za-z0-9:][A-Za-z0-9.:,/+-]*|\{[0-9A-Fa-f-]{36}\}")
# netsh has no way to say a double quote inside quotes, and a backslash before the last one could escape it.
# [ledger: netsh-no-quote-in-quotes, netsh-backslash-before-quote]
_QUOTED = re.compile(r'"([ !#-~]*[ !#-\[\]-~])?"')
_LINE = re.compile(r"[ -~]*")
# What cmd.exe reinterprets: the first one even between quotes.
_EXPANDED = "%"
_OPERATORS = "&|<>^()"

_REMEDY = "Nothing of this command was sent. Please report it with the task that it came from."


def check_netsh_value(tag: str, value: str, *, hide: bool = False) -> None:
    """Refuse a value of a netsh parameter that is neither a bare word nor one word between quotes."""
    if MARKER not in value and (_BARE.fullmatch(value) or _QUOTED.fullmatch(value)):
        return
    raise IpsecError(f"netsh {tag}", "(hidden)" if hide else value, "one word of a netsh line", _REMEDY)


def cmd_line(text: str) -> str:
    """Return a line for cmd.exe, refused unless it is one command of exactly the words that are written.

    Its double quotes must be closed; an operator may stand between them only, a per cent sign nowhere.
    """
    outside = "".join(text.split('"')[::2])
    closed = text.count('"') % 2 == 0
    odd = _EXPANDED in text or MARKER in text or any(character in outside for character in _OPERATORS)
    if not text.strip() or not closed or odd or not _LINE.fullmatch(text):
        raise IpsecError("command line", text, "one command for cmd.exe, without operators", _REMEDY)
    return text


def input_line(text: str) -> str:
    """Return a line of standard input, refused unless it is one line of printable ASCII. It may hold a secret."""
    if not _LINE.fullmatch(text):
        raise IpsecError("standard input", "(not shown)", "lines of printable ASCII", _REMEDY)
    return text
