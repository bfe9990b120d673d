# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""wmic.exe, in the one form `wmic path CLASS get A,B /value`.

Known of the real tool: the list form has one `Name=value` a line with empty lines around each object, properties come
in alphabetical order, lines end in CR CR LF when the output is redirected. Lab's choice: numbers of errors are those of
WMI, the words are plausible; a namespace can only be named in the form of the tool, `/namespace:\\\\root\\cimv2`.

[ledger: sa-wmic-form, sa-wmic-one-byte]
"""

from __future__ import annotations

import re

from .. import wmi
from ..host import Host
from .streams import Sink
from .text import phrase

_INVALID_CLASS, _INVALID_QUERY = -2147217392, -2147217385
_SYNTAX = 44135
_FORM = re.compile(
    r'\s*(?:/namespace:"?\\\\(?P<namespace>[\w\\]+)"?\s+)?path\s+(?P<name>\w+)\s+get\s+'
    r"(?P<properties>\w+(?:\s*,\s*\w+)*)\s*/value\s*",
    re.IGNORECASE,
)


def exists(host: Host) -> bool:
    """Tell whether the host has the tool: Windows removed it in the end. [ledger: sa-wmic-gone]"""
    return host.version.name != "2025"


def main(host: Host, arguments: str, out: Sink, err: Sink) -> int:
    """Run as `wmic.exe ARGUMENTS`; returns 0, or the number of an error."""
    form = _FORM.fullmatch(arguments)
    if form is None:
        return _fail(host, err, "wmic.syntax", _SYNTAX)
    found = wmi.find(host, form["namespace"] or wmi.CIMV2, form["name"])
    if found is None:
        return _fail(host, err, "wmic.no_class", _INVALID_CLASS)
    wanted = [found.property_named(each.strip()) for each in form["properties"].split(",")]
    names = sorted({each for each in wanted if each is not None}, key=str.lower)
    if None in wanted:
        return _fail(host, err, "wmic.no_property", _INVALID_QUERY)
    for row in found.rows(host):
        values = {name: "" if row.get(name) is None else str(row[name]) for name in names}
        lines = ["", "", *(f"{name}={value}" for name, value in values.items()), "", ""]
        out("".join(f"{line}\r\r\n" for line in lines).encode(host.oem_encoding, "replace"))
    return 0


def _fail(host: Host, err: Sink, key: str, code: int) -> int:
    err(phrase(host.language, key, host=host.name.upper()).encode(host.oem_encoding, "replace"))
    return code
