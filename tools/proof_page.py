# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the page on what is proven (docs/docsite/rst/guide_proof.rst) from the ledger: part of ``make docs``."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from ledger import FOLDER, PAGE, ROOT, Ledger, Statement, Subject, read_ledger

WIDTH = 120


def plain(text: str) -> str:
    """Return a text that means itself in reStructuredText."""
    return re.sub(r"([\\*`|]|_(?!\w))", r"\\\1", text)


def wrapped(text: str, indent: int) -> str:
    """Return a text over several lines, all but the first one indented."""
    lines = textwrap.wrap(text, WIDTH - indent, break_long_words=False, break_on_hyphens=False)
    return ("\n" + " " * indent).join(lines)


def table(head: Sequence[str], widths: Sequence[int], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; the cells of a row are lists of paragraphs, apart by empty lines."""
    lines = [".. list-table::", "   :header-rows: 1", f"   :widths: {' '.join(map(str, widths))}", ""]
    for row in (head, *rows):
        for number, cell in enumerate(row):
            first = "   * - " if number == 0 else "     - "
            parts = [wrapped(part, 7) for part in cell.split("\n\n")]
            lines.append(first + "\n\n       ".join(parts))
    return "\n".join(lines) + "\n"


def claim(one: Statement) -> str:
    """Return the cell of a statement: what it says, and who says so."""
    return f"{plain(one.statement)}\n\n*{one.kind.capitalize()}, {one.certainty}:* {plain(one.where)} (``{one.name}``)"


def _test(reference: str) -> str:
    path, _colons, function = reference.partition("::")
    name = path.removeprefix("tests/unit/").removeprefix("plugins/plugin_utils/").removesuffix(".py")
    return f"``{name}``" + (f", ``{function}``" if function else "")


def _answers(one: Statement) -> str:
    if one.seen:
        return "; ".join(plain(": ".join(filter(None, (each.version, each.answer)))) for each in one.seen)
    return "; ".join(map(_test, one.by))


def page(ledger: Ledger) -> str:
    """Return the whole page."""

    def rows(state: str, head: Sequence[str]) -> str:
        return table(head, (62, 38), [(claim(one), _answers(one)) for one in ledger.statements if one.state == state])

    def open_rows(subject: Subject) -> str:
        found = [
            (claim(one), plain(one.depends), f"``{one.check}``" if one.check else f"not asked: {plain(one.no_check)}")
            for one in subject.statements
            if one.state == "open"
        ]
        return table(("Statement", "What depends on it", "Check"), (50, 28, 22), found)

    texts = Environment(
        loader=FileSystemLoader(FOLDER),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
    texts.filters.update(plain=plain, wrapped=wrapped)
    text = texts.get_template("guide_proof.rst.j2").render(
        statements=ledger.statements,
        states=ledger.states(),
        subjects=ledger.subjects,
        proofs=ledger.proofs,
        groups=ledger.groups,
        rows=rows,
        open_rows=open_rows,
    )
    return re.sub(r"\n{3,}", "\n\n", text).rstrip("\n") + "\n"


def write(root: Path = ROOT) -> Path:
    """Write the page below ``root`` and return its path."""
    path = root / PAGE
    path.write_text(page(read_ledger()), encoding="utf-8")
    return path


if __name__ == "__main__":
    print(write())
    sys.exit(0)
