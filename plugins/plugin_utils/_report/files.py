# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of a report: names and contents."""

from __future__ import annotations

import json
from dataclasses import dataclass

from .._proof.model import Proof
from .._proof.plain import plain
from .junit import junit
from .page import page
from .verdict import Counts, count, overall, sentence

PAGE = "index.html"
DATA = "report.json"
JUNIT = "junit.xml"


@dataclass(frozen=True, slots=True)
class Report:
    """A rendered report; ``files`` are the texts by file name."""

    counts: Counts
    outcome: str
    verdict: str
    files: dict[str, str]


def render(proof: Proof) -> Report:
    """Return the report of a proof; equal proofs have equal reports, byte for byte."""
    counts = count(proof)
    outcome, verdict = overall(counts).value, sentence(counts)
    summary = {"outcome": outcome, "verdict": verdict, "counts": counts.to_data()}
    files = {
        PAGE: page(proof, counts),
        DATA: _text({"summary": summary, "proof": plain(proof)}),
        JUNIT: junit(proof, counts),
    }
    return Report(counts, outcome, verdict, files)


def _text(data: object, depth: int = 2) -> str:
    """Return JSON in which the outer mappings and each element of their lists have lines of their own."""
    if depth and isinstance(data, dict):
        parts = [f"{json.dumps(key)}: {_text(value, depth - 1)}" for key, value in data.items()]
        opening, closing = "{}"
    elif isinstance(data, list) and data:
        parts = [json.dumps(item) for item in data]
        opening, closing = "[]"
    else:
        return json.dumps(data) + ("\n" if depth == 2 else "")
    inside = ",\n".join(parts)
    return f"{opening}\n{inside}\n{closing}" + ("\n" if depth == 2 else "")
