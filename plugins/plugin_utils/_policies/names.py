# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which names and texts can travel to netsh and back unharmed."""

from __future__ import annotations

import re

from .._common.errors import IpsecError
from .._windows.netsh.text import LONGEST_NAME, check_name, name_trouble, trouble

# Room for the ending of a staging name.
_LONGEST_SENT = LONGEST_NAME + 15

_FLAGS = re.compile(r"(?<![^ ])(certmap|excludecaname) *:", re.IGNORECASE)
_STAGING = re.compile(r"^(?P<base>.*)~winsec~(?P<number>[0-9]+)$", re.DOTALL)


def staging_name(base: str, number: int) -> str:
    """Return the name of the short-lived copy of an object that is built beside it."""
    return f"{base}~winsec~{number}"


def staging_base(name: str) -> str | None:
    """Return the name that a staging name was made from, None for every other name."""
    match = _STAGING.match(name)
    return match["base"] if match else None


def authority_trouble(text: str) -> tuple[str, str] | None:
    """Return (expected, remedy) when a certification authority of this name cannot be sent, else None."""
    # netsh writes a double quote inside the name as \', so it may stay.
    found = trouble(text.replace('"', ""))
    if found is None and "'" in text:
        return "a name without '", "netsh takes it for an escaped double quote: use the double quote."
    if found is None and _FLAGS.search(text):
        expected = "a name without the words certmap: and excludecaname:"
        return expected, "netsh takes them for settings: use map_to_account and exclude_authority_name."
    return found


def sent_name_trouble(name: str) -> tuple[str, str] | None:
    """Return (expected, remedy) when a name cannot be sent, be it one of ours or that of a short-lived copy."""
    return name_trouble(name, _LONGEST_SENT)


def check_object_name(name: str, path: str) -> str:
    """Return ``name`` if an object can have it and it is no staging name of ours."""
    if staging_base(name) is not None and name_trouble(name) is None:
        remedy = "That ending marks our short-lived copies."
        raise IpsecError(path, name, "a name that does not end like ~winsec~1", remedy)
    return check_name(name, path)
