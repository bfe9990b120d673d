# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of objects on hosts, made of names of the inventory: ASCII, short, and different for different hosts.

A name depends on nothing but the name it was made of, so that another host in the inventory renames nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container

from .._policies.model import folded

_LONGEST = 60
_DIGITS = 10
_USUAL = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?")
_UNUSUAL = re.compile(r"[^a-z0-9._-]+")


def plain_name(name: str) -> str:
    """Return a name that Windows, netsh and cmd take as it is.

    Usual names, in lower case, stay what they are. Others keep what is usual in them, and get a tilde, which no usual
    name has, and a digest of the whole: Windows tells no letter case apart, so capitals are unusual too.
    """
    if len(name) <= _LONGEST and _USUAL.fullmatch(name):
        return name
    kept = _UNUSUAL.sub("-", name.lower())[: _LONGEST - _DIGITS - 1].strip("._-")
    return f"{kept}~{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:_DIGITS]}"


def free_name(name: str, taken: Container[str]) -> str:
    """Return the name, or the name with the first number from 2 on that makes another one than those that are taken.

    ``taken`` holds folded names.
    """
    if folded(name) not in taken:
        return name
    number = 2
    while folded(f"{name} {number}") in taken:
        number += 1
    return f"{name} {number}"
