# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""powershell.exe -Command, for questions to management classes and nothing else.

Statements apart by semicolons: the preference that makes every error final, a text in single quotes, and one pipeline,
`Get-CimInstance -Namespace N -ClassName C | Select-Object P,P | ConvertTo-Csv -NoTypeInformation`. Whatever is more
than that is refused before anything runs.

[ledger: powershell-wide-output, sa-empty-list-prints-nothing]
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from .. import wmi
from .text import phrase

if TYPE_CHECKING:
    from ..host import Host

_COMMAND = re.compile(r'(?P<options>.*?)\s-c(?:ommand)?\s+"(?P<text>[^"]*)"\s*', re.IGNORECASE | re.DOTALL)
_STATEMENT = re.compile(r"""(?:[^;']|'[^']*')+""")
_STOP = re.compile(r"\$ErrorActionPreference\s*=\s*'Stop'", re.IGNORECASE)
_TEXT = re.compile(r"'([^']*)'")
_QUESTION = re.compile(
    r"Get-CimInstance\s+-Namespace\s+(?P<namespace>[\w/\\]+)\s+-ClassName\s+(?P<name>\w+)\s*"
    r"\|\s*Select-Object\s+(?P<properties>\w+(?:\s*,\s*\w+)*)\s*\|\s*ConvertTo-Csv\s+-NoTypeInformation",
    re.IGNORECASE,
)

Say = Callable[[str], None]


class NotUnderstood(Exception):
    """A text beyond the grammar of the lab."""


def split(arguments: str) -> tuple[str, str] | None:
    """Return the other options and the text behind -Command, None where there is no such text in double quotes."""
    found = _COMMAND.fullmatch(f" {arguments}")
    return (found["options"], found["text"]) if found else None


def run(host: Host, text: str, out: Say, err: Say) -> int:
    """Run a text; the exit code is 1 when its last statement failed, or any if errors are final.

    :raises NotUnderstood: before anything ran.
    """
    statements = _statements(text)
    final, failed = False, False
    for statement in statements:
        failed = False
        if _STOP.fullmatch(statement):
            final = True
        elif literal := _TEXT.fullmatch(statement):
            out(f"{literal[1]}\r\n")
        elif question := _QUESTION.fullmatch(statement):
            failed = not _ask(host, question, out, err)
        if failed and final:
            break
    return int(failed)


def _statements(text: str) -> list[str]:
    pieces = [each.strip() for each in _STATEMENT.findall(text)]
    if "'" in _STATEMENT.sub("", text):
        raise NotUnderstood(text)
    statements = [each for each in pieces if each]
    for each in statements:
        if not any(form.fullmatch(each) for form in (_STOP, _TEXT, _QUESTION)):
            raise NotUnderstood(each)
    if not statements:
        raise NotUnderstood(text)
    return statements


def _ask(host: Host, question: re.Match[str], out: Say, err: Say) -> bool:
    """Print the objects of a class as CSV; nothing at all where there are none. False for a failure."""
    if not wmi.has_cim_cmdlets(host):
        err(phrase(host.language, "ps.unknown", name="Get-CimInstance"))
        return False
    found = wmi.find(host, question["namespace"], question["name"])
    if found is None:
        err(phrase(host.language, "ps.no_class", name=question["name"]))
        return False
    names = [each.strip() for each in question["properties"].split(",")]
    names = [found.property_named(each) or each for each in names]
    rows = found.rows(host)
    if rows:
        out(_line(names))
    for row in rows:
        out(_line([row.get(name) for name in names]))
    return True


def _line(fields: list[object] | list[str]) -> str:
    """Return one line of CSV as Windows PowerShell writes it: everything in quotes, except for nothing.

    [ledger: sa-csv-form]
    """
    cells = ["" if field is None else f'"{str(field).replace(chr(34), chr(34) * 2)}"' for field in fields]
    return ",".join(cells) + "\r\n"
