# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Numbers that wmic prints as NAME=VALUE, on hosts whose PowerShell has no CIM commands. [ledger: sa-wmic-form]"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .._windows.queries import Section
from .clock import CLOCK_CLASS, CLOCK_FIELDS
from .model import DRIVER_CLASS, DRIVER_COUNTERS, IKE_CLASS, IKE_COUNTERS


def command(name: str, properties: Iterable[str]) -> str:
    """Return the command that asks for properties of all instances of a class."""
    return f"wmic.exe path {name} get {','.join(properties)} /value"


CLOCK_COMMAND = command(CLOCK_CLASS, CLOCK_FIELDS)
DRIVER_COMMAND = command(DRIVER_CLASS, DRIVER_COUNTERS.values())
IKE_COMMAND = command(IKE_CLASS, IKE_COUNTERS.values())

_LINE = re.compile(r"(\w+)=(\d{0,20})", re.ASCII)


def read_values(section: Section) -> dict[str, int]:
    """Return the numbers of the one instance that was printed, by the names of the properties.

    Empty when there is none, when there are several, and for every other form: wmic speaks the host's language then.

    [ledger: sa-wmic-one-byte]
    """
    if section.code != 0:
        return {}
    found: dict[str, int] = {}
    seen: set[str] = set()
    for line in filter(None, map(str.strip, section.text.splitlines())):
        match = _LINE.fullmatch(line)
        if match is None or match[1] in seen:
            return {}
        seen.add(match[1])
        if match[2]:
            found[match[1]] = int(match[2])
    return found
