# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a hostile host may call its objects: would-be programs, paths, markup, and orders to a terminal.

``{canary}`` is where the path of a file stands that appears if one of them is ever run.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

# netsh takes these as names, and so does the collection.
SENDABLE = (
    "{{{{ lookup('pipe', 'touch {canary}') }}}}",
    "{{{{ lookup('file', '/etc/passwd') }}}}",
    "{{{{ 7 * 7 }}}}",
    "{{# gone #}}",
    "!unsafe {{{{ 7 * 7 }}}}",
    "!!python/object/apply:os.system [touch {canary}]",
    "!vault x",
    "$(touch {canary})",
    "`touch {canary}`",
    "; touch {canary};",
    "'; touch {canary} #",
    "../../{canary}",
    "-e x",
    "- a: b",
    "key: [value",
    "null",
    "1e3",
    "2001-01-01",
    "0x10",
    "=cmd /c calc",
    "javascript:alert(1)",
    "https://host.example/",
    "\\ud800",
    "\\x1b[31m",
    "#",
    "~",
    ".*",
    "(a+)+$",
)
# These stand in descriptions and in names that nobody can send; the registry takes them all.
WILD = (
    "{{% raw %}}",
    "{{% set x = lookup('pipe', 'touch {canary}') %}}{{{{ x }}}}",
    "\x1b[2J\x1b]0;owned\x07",
    "\x9b31m",
    "\x00",
    "\x08\x08\x7f",
    "\r\nok: [fe]",
    "\u2028",
    "\u202etxt.exe",
    "\u2066x\u2069",
    "\u200f",
    "<script>alert(1)</script>",
    "</title><img src=x onerror=alert(1)>",
    "' onmouseover='x' \"",
    "&lt;&#0;",
    "]]>",
    "<!--",
    "--><svg onload=x>",
    "</style>",
    "\ufffe\uffff\ufdd0",
    "\ufeff",
    "\ud83d",
    "\udc81",
    "Pr\u00fcfung \u4e2d\u6587",
    "@@after:end 0",
    "%APPDATA% ^ | < > &",
    "\t",
    "\x85",
)


def texts(count: int, canary: str, *, sendable: bool = False, seed: int = 41) -> list[str]:
    """Return texts made of the seeds and of any characters; ``sendable`` ones could be names in a document."""
    chance = random.Random(seed)
    seeds: Sequence[str] = SENDABLE if sendable else SENDABLE + WILD
    found = []
    for number in range(count):
        parts = [chance.choice(seeds).format(canary=canary) for _part in range(chance.randint(1, 3))]
        if not sendable:
            for _wound in range(chance.randint(0, 2)):
                parts.insert(chance.randint(0, len(parts)), chr(chance.randrange(0x110000)))
        found.append(f"{chance.choice(('', ' ')).join(parts)} {number}" if sendable else "".join(parts))
    return found
