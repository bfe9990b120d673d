# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which names and texts can travel to netsh and back unharmed. [ledger: reg-output-question-marks]"""

from __future__ import annotations

import re

from .._common.errors import IpsecError, StoreError
from .._windows.netsh.text import LONGEST_NAME, check_name, name_trouble, trouble

# Copies count from 1 on.
_GARBAGE = 0
# Room for the ending of a staging name.
_LONGEST_SENT = LONGEST_NAME + 15

_FLAGS = re.compile(r"(?<![^ ])(certmap|excludecaname) *:", re.IGNORECASE)
_GUID = re.compile(r"\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}", re.IGNORECASE | re.ASCII)
_STAGING = re.compile(r"^(?P<base>.*)~winsec~(?P<number>[0-9]+)$", re.DOTALL)


def staging_name(base: str, number: int) -> str:
    """Return the name of the short-lived copy of an object that is built beside it."""
    return f"{base}~winsec~{number}"


def garbage_name(base: str) -> str:
    """Return the name that an object gets before it is removed."""
    return staging_name(base, _GARBAGE)


def is_garbage(name: str) -> bool:
    """Tell whether a name is that of an object that is to be removed, or of a mark of a run, which go likewise."""
    match = _STAGING.match(name)
    return match is not None and int(match["number"]) == _GARBAGE


def is_predecessor(name: str) -> bool:
    """Tell whether a name is that of a policy whose successor takes its place, and not of one that only goes."""
    base = staging_base(name)
    return base is not None and is_garbage(name) and not is_guid(base.rstrip("-"))


def staging_base(name: str) -> str | None:
    """Return the name that a staging name was made from, None for every other name."""
    match = _STAGING.match(name)
    return match["base"] if match else None


def authority_trouble(text: str) -> tuple[str, str] | None:
    """Return (expected, remedy) when a certification authority of this name cannot be sent, else None."""
    # netsh writes a double quote inside the name as \', so it may stay.
    # [ledger: netsh-no-quote-in-quotes]
    found = trouble(text.replace('"', ""))
    if found is None and "'" in text:
        return "a name without '", "netsh takes it for an escaped double quote: use the double quote."
    if found is None and _FLAGS.search(text):
        expected = "a name without the words certmap: and excludecaname:"
        return expected, "netsh takes them for settings: use map_to_account and exclude_authority_name."
    return found


def is_guid(text: str) -> bool:
    """Tell whether a text is a GUID in braces, as registry and netsh write it."""
    return _GUID.fullmatch(text) is not None


def check_guid(text: str, path: str) -> str:
    """Return ``text`` if it is a GUID in braces."""
    if not is_guid(text):
        expected = "a GUID in braces, such as {0a1b2c3d-0000-1111-2222-333344445555}"
        raise IpsecError(path, text, expected, "policies_info shows the GUIDs of the host.")
    return text


def checked_guid(identity: str) -> str:
    """Return an identity of a host's store if it is a GUID: netsh and the system account of the host will read it."""
    if not is_guid(identity):
        raise StoreError(
            "policy store", identity, "a GUID as the identity of an object", "Look at the host's registry."
        )
    return identity


def sent_name_trouble(name: str) -> tuple[str, str] | None:
    """Return (expected, remedy) when a name cannot be sent, be it one of ours or that of a short-lived copy."""
    return name_trouble(name, _LONGEST_SENT)


def sent_rule_trouble(name: str) -> tuple[str, str] | None:
    """Return (expected, remedy) when a rule cannot be told netsh by this name."""
    if name.lower() == "default":
        return "a name other than default", "netsh takes it for the default response rule: choose another name."
    return sent_name_trouble(name)


def check_object_name(name: str, path: str) -> str:
    """Return ``name`` if an object can have it and it is no staging name of ours."""
    if staging_base(name) is not None and name_trouble(name) is None:
        remedy = "That ending marks our short-lived copies."
        raise IpsecError(path, name, "a name that does not end like ~winsec~1", remedy)
    if is_guid(name):
        raise IpsecError(
            path, name, "a name that is no GUID", "What has no name goes by its GUID: choose another name."
        )
    return check_name(name, path)
