# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recorded hosts: what a real Windows host said in a confirmation run, from the bundle that the run has written.

A host with a recording has no behaviour of its own: whoever sends it what was sent then gets the answer of then. The
names of a run hold eight hexadecimal digits of its own; a bundle has `TOKEN` in their place, and so have the scripts
here before they are compared.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

TOKEN = "5ec0dede"
FORM = 1
_RUN = re.compile(rb"(?:@@|winsec-confirm-)([0-9a-f]{8})")
_PAGE = re.compile(r"OEMCP\s+REG_SZ\s+([0-9]{3,5})")
_DEFAULT_PAGE = "437"
# What stands in a bundle for a byte that could not be read, and such a byte.
_LOST, _LOST_BYTE = "\ufffd", b"\x81"


@dataclass(slots=True)
class Recording:
    """The exchanges of a bundle: the lines that were sent, and the answer. `next` is the one that is expected."""

    windows: str
    exchanges: list[tuple[tuple[str, ...], str]] = field(repr=False)
    next: int = 0

    @classmethod
    def read(cls, path: Path) -> Recording:
        """Return the recording of a bundle.

        :raises ValueError: for a file that is no bundle of this form.
        """
        data = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(data, dict) or data.get("form") != FORM:
            raise ValueError(f"{path} is no bundle of form {FORM}")
        pieces = data["pieces"]
        found = [
            (tuple(each["sent"]), "".join(pieces[number] for number in each["said"])) for each in data["exchanges"]
        ]
        return cls(data["windows"], found)

    def answer(self, stdin: bytes) -> bytes | None:
        """Return what was said to these lines, None for lines that were never sent; they are looked for in order."""
        names = _RUN.findall(stdin)
        token = names[0].decode() if names else TOKEN
        sent = tuple(_swapped(stdin.decode("latin-1"), token, TOKEN).splitlines())
        places = [*range(self.next, len(self.exchanges)), *range(self.next)]
        for place in places:
            if self.exchanges[place][0] == sent:
                self.next = place + 1
                said = self.exchanges[place][1]
                page = _PAGE.search(said)
                text = _swapped(said, TOKEN, token)
                encoding = f"cp{page[1] if page else _DEFAULT_PAGE}"
                return _LOST_BYTE.join(part.encode(encoding, "replace") for part in text.split(_LOST))
        return None


def _swapped(text: str, old: str, new: str) -> str:
    for before, after in ((old, new), (old.upper(), new.upper()), (_hex(old), _hex(new))):
        text = text.replace(before, after)
    return text


def _hex(text: str) -> str:
    return text.encode("utf-16-le").hex().upper()
