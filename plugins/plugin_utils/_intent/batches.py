# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many hosts change at a time, in the words of the keyword serial of plays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .._common.errors import IpsecError

# The first host alone shows what happens, then come all others.
DEFAULT_SERIAL = ("1", "100%")


def check_serial(text: str, path: str) -> str:
    """Return a number of hosts or a percentage of them; IpsecError for anything else."""
    number = text.strip().removesuffix("%")
    whole = 100 if text.strip().endswith("%") else None
    if not (number.isascii() and number.isdigit() and int(number) > 0) or (whole and int(number) > whole):
        raise IpsecError(path, text, "a number of hosts, or a percentage of them", "Write 5 or 30%, for example.")
    return text.strip()


def batches(names: Sequence[str], serial: Sequence[str]) -> Iterator[list[str]]:
    """Yield names in lists as long as the words say, the last word again and again; percentages are of all names."""
    at, turn = 0, 0
    while at < len(names):
        word = serial[min(turn, len(serial) - 1)]
        size = max(1, len(names) * int(word[:-1]) // 100) if word.endswith("%") else int(word)
        yield list(names[at : at + size])
        at, turn = at + size, turn + 1
