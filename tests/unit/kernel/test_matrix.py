# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Four who say what becomes of TCP/80 between two policies: the documents, the lab's model, the collection, a kernel.

What the kernel did is what was written down in ``measured*.yml``, one file for each variant; ``test_on_the_kernel``
measures some of it again.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from kernel_pairs import VARIANTS, Cell, Fates, cells, expected, kept, of_the_collection, of_the_model

FATES = {"c": "clear", "s": "secured", "b": "blocked", "m": "mixed"}
MEASURED = {each: yaml.safe_load(kept("measured", each).read_text(encoding="utf-8")) for each in VARIANTS}
RUNS = {"esp": 4, "ah": 2, "certificates": 3}


def measured(cell: Cell) -> list[Fates]:
    """Return what each of the kept runs measured."""
    found = []
    for text in MEASURED[cell.variant]["cells"][f"{cell.ike} {cell.front} {cell.back}"]:
        first, _seconds, steady, _more, *clear = text.partition(" / ")[0].split()
        found.append(Fates(FATES[first], FATES[steady], *(each != "0" for each in clear)))
    return found


@pytest.mark.parametrize("variant", VARIANTS)
def test_several_runs_of_every_pair_are_kept(variant: str) -> None:
    """Every cell was measured in every run, and nothing else was."""
    runs, found = MEASURED[variant]["runs"], MEASURED[variant]["cells"]
    assert len(runs) >= RUNS[variant]
    assert set(found) == {f"{cell.ike} {cell.front} {cell.back}" for cell in cells()}
    assert {len(each) for each in found.values()} == {len(runs)}


@pytest.mark.parametrize(
    "cell",
    [cell for variant in VARIANTS for cell in cells(variant)],
    ids=lambda cell: f"{cell.variant}-{cell.ike}-{cell.front}-{cell.back}",
)
def test_all_four_agree(cell: Cell) -> None:
    """First request and steady state alike; only expectation and kernel know about segments.

    Runs that differ are named, with the reason, beside what they measured.
    """
    wanted, model = expected(cell.variant)[cell], of_the_model(cell)
    assert (model.first, model.steady) == (wanted.first, wanted.steady)
    assert of_the_collection(cell) == wanted.first
    named = MEASURED[cell.variant].get("differs", {}).get(f"{cell.ike} {cell.front} {cell.back}", {"runs": []})
    assert [number for number, found in enumerate(measured(cell), 1) if found != wanted] == named["runs"]


def test_the_guide_shows_what_was_measured() -> None:
    """The first word of every cell of the guide's two tables is the fate."""
    guide = Path(__file__).parents[3] / "docs" / "docsite" / "rst" / "guide_real_packets.rst"
    tables = guide.read_text(encoding="utf-8").split("   * - front-end \\\\ back-end\n")[1:]
    shown = {}
    for ike, text in zip(("open", "closed"), tables, strict=True):
        heads, *rows = text.partition("\n\n")[0].split("   * - ")
        backs = [line.removeprefix("     - ") for line in heads.splitlines()]
        for row in rows:
            front, *found = row.splitlines()
            for back, cell in zip(backs, found, strict=True):
                shown[Cell(ike, front, back)] = cell.removeprefix("     - ").partition(",")[0]
    assert shown == {cell: measured(cell)[0].first for cell in cells()}
