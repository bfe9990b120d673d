# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The second line of defence for configurations: a line that its receiver could read as more than one is refused.

What lines are made of is checked where it is read. Here every line is looked at once more, whatever was forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .._common.errors import IpsecError

# Without what ends a statement or a line, begins a variable or a comment behind other words, or joins lines.
_NFT = re.compile(r'(# )?[A-Za-z0-9_.:/,{}" -]*')
# Without the question mark, which asks for help, and anything that edits a line.
_CISCO = re.compile(r"(! )?[A-Za-z0-9_.:/, -]*")
_REMEDY = "Nothing of this text was used. Please report it with the task that it came from."


def nft_text(lines: Iterable[str]) -> str:
    """Return lines for ``nft -f``."""
    return _text(lines, _NFT, "nftables")


def cisco_text(lines: Iterable[str]) -> str:
    """Return lines for the command line of an ASA or of IOS."""
    return _text(lines, _CISCO, "access list")


def _text(lines: Iterable[str], pattern: re.Pattern[str], path: str) -> str:
    found = list(lines)
    for line in found:
        if not pattern.fullmatch(line):
            raise IpsecError(path, line, "one line of words", _REMEDY)
    return "".join(f"{line}\n" for line in found)
