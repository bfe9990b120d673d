# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The flows as tables: what becomes of traffic from each end to each other, and single flows with their reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from .._flows.outcome_words import FATES
from .._proof.model import Flow, Proof
from .parties import Bundle, bundles, parties

_MOST_ENDS = 12
_MOST_FLOWS = 150


def view(proof: Proof) -> dict[str, object]:
    """Return the table of ends, the ends with most trouble, and the flows, the worst first."""
    shown = parties(proof, _MOST_ENDS, hosts_without_flows=False)
    found = bundles(proof.flows, shown)
    cells: dict[tuple[int, int], list[Bundle]] = {}
    for bundle in found:
        cells.setdefault((id(bundle.source), id(bundle.destination)), []).append(bundle)
    rows = [party for party in shown if any(party is bundle.source for bundle in found)][:_MOST_ENDS]
    columns = [party for party in shown if any(party is bundle.destination for bundle in found)][:_MOST_ENDS]
    table = [{"party": row, "cells": [cells.get((id(row), id(column)), ()) for column in columns]} for row in rows]
    heads = [f"{party.title} ({party.span})" if party.span else party.title for party in columns]
    trouble = [flow for flow in proof.flows if FATES[flow.outcome].trouble]
    return {
        "heads": ["From \\ to", *heads],
        "table": table,
        "hidden": len(found) - sum(len(cells.get((id(row), id(column)), ())) for row in rows for column in columns),
        "trouble": len(trouble),
        # Only when no list of flows could show all of them.
        "troubled": _ends(trouble) if len(trouble) > _MOST_FLOWS else [],
        "single": sorted(proof.flows, key=lambda flow: flow.outcome.rank),
    }


def _ends(trouble: Sequence[Flow]) -> list[tuple[str, int, int]]:
    """Return the ends of flows with how many flows they begin and end, those with most of them first."""
    sources, destinations = (Counter(getattr(flow, end) for flow in trouble) for end in ("source", "destination"))
    ends = sorted({*sources, *destinations}, key=lambda name: (-sources[name] - destinations[name], name))
    return [(name, sources[name], destinations[name]) for name in ends]
