# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which texts can travel to netsh and back unharmed.

[ledger: netsh-stdin-ascii, netsh-cmd-characters, names-length]
"""

from __future__ import annotations

from ..._common.errors import IpsecError
from ..lines import MARKER

LONGEST_NAME = 240
LONGEST_TEXT = 1000
# What a console prints for a character that it has not.
LOST = "?"
# netsh reads its line with double quotes; cmd.exe, which other tools use for the same objects, reinterprets the rest.
_REINTERPRETED = '"%&^|<>'


def trouble(text: str) -> tuple[str, str] | None:
    """Return (expected, remedy) when ``text`` cannot be sent between double quotes, else None."""
    if not text.isascii():
        return "ASCII characters only", "netsh reads its input in the code page of the host: use ASCII letters."
    if not text.isprintable():
        return "one line without control characters", "Remove line ends, tabs and control characters."
    for character in _REINTERPRETED:
        if character in text:
            return f"a text without {character}", f"netsh or cmd.exe would reinterpret {character}: leave it out."
    if MARKER in text:
        return f"a text without {MARKER}", f"{MARKER} marks the steps of a session: leave it out."
    if text.endswith("\\"):
        return "a text that does not end with a backslash", "It would escape the closing quote: leave it out."
    return None


def check_text(text: str, path: str) -> str:
    """Return ``text`` if it can be sent as a description."""
    if len(text) > LONGEST_TEXT:
        raise IpsecError(path, text, f"at most {LONGEST_TEXT} characters, not {len(text)}", "Shorten it.")
    found = trouble(text)
    if found is not None:
        raise IpsecError(path, text, *found)
    return text


def name_trouble(name: str, longest: int = LONGEST_NAME) -> tuple[str, str] | None:
    """Return (expected, remedy) when an object cannot have this name, else None."""
    if not name:
        return "a name", "Give the object a name."
    if name != name.strip():
        return "a name without blanks at its ends", f"Write {name.strip()!a}."
    if len(name) > longest:
        return f"at most {LONGEST_NAME} characters, not {len(name)}", "Choose a shorter name."
    if name.lower() == "all":
        return "a name other than all", "netsh takes the word all for every object: choose another name."
    if LOST in name:
        return "a name without ?", "A host prints ? for characters that it cannot print: leave it out."
    return trouble(name)


def check_name(name: str, path: str) -> str:
    """Return ``name`` if an object can have it."""
    found = name_trouble(name)
    if found is not None:
        raise IpsecError(path, name, *found)
    return name
