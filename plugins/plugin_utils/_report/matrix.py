# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The flows as tables: what becomes of traffic from each end to each other, and single flows with their reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from .._flows.outcome_words import FATES
from .._proof.model import Flow, Proof
from .markup import Child, Element, fold, join, table, tag
from .parties import Bundle, Party, bundles, parties
from .words import counted, fate, listed, more, number, or_dash

_MOST_ENDS = 12
_MOST_CELLS = 12
_MOST_FLOWS = 150
_MOST_TROUBLED = 20


def section(proof: Proof) -> Element:
    """Return the part of the page on flows."""
    content: list[Child] = [tag("p", "No flow was given.")]
    if proof.flows:
        content = [_matrix(proof), _troubled(proof.flows), _single(proof.flows)]
    return tag("section", tag("h2", "Flows", id="flows"), content, aria_labelledby="flows")


def _matrix(proof: Proof) -> Element:
    shown = parties(proof, _MOST_ENDS, hosts_without_flows=False)
    found = bundles(proof.flows, shown)
    cells: dict[tuple[int, int], list[Bundle]] = {}
    for bundle in found:
        cells.setdefault((id(bundle.source), id(bundle.destination)), []).append(bundle)
    rows = [party for party in shown if any(party is bundle.source for bundle in found)][:_MOST_CELLS]
    columns = [party for party in shown if any(party is bundle.destination for bundle in found)][:_MOST_CELLS]
    hidden = len(found) - sum(len(cells.get((id(row), id(column)), ())) for row in rows for column in columns)
    body = [[_end(row), *(_cell(cells.get((id(row), id(column)), ())) for column in columns)] for row in rows]
    drawn = table("From the ends in the rows to the ends in the columns", ("From \\ to", *map(_head, columns)), body)
    return join(drawn, more(hidden, "entries of this table; the flows are"))


def _head(party: Party) -> str:
    return f"{party.title} ({party.span})" if party.span else party.title


def _end(party: Party) -> Child:
    return [party.title, tag("div", party.span, class_="muted") if party.span else None]


def _cell(found: Sequence[Bundle]) -> Child:
    if not found:
        return or_dash("")
    return tag("ul", [tag("li", _entry(bundle)) for bundle in found], class_="cell")


def _entry(bundle: Bundle) -> Child:
    traffic = listed(list(bundle.traffic))
    times = f" ({counted(bundle.flows, 'flow')})" if bundle.flows > len(bundle.traffic) else ""
    return [fate(bundle.fate), " ", tag("span", f"{traffic}{times}", class_="muted")]


def _troubled(flows: Sequence[Flow]) -> Element | None:
    """Return the ends that have most of the flows that do not work, when no list of flows could show all of them."""
    trouble = [flow for flow in flows if FATES[flow.outcome].trouble]
    if len(trouble) <= _MOST_FLOWS:
        return None
    sources, destinations = (Counter(getattr(flow, end) for flow in trouble) for end in ("source", "destination"))
    ends = sorted({*sources, *destinations}, key=lambda name: (-sources[name] - destinations[name], name))
    rows = [(name, number(sources[name]), number(destinations[name])) for name in ends[:_MOST_TROUBLED]]
    caption = f"Ends of the {number(len(trouble))} flows that fail, fall back or are unknown"
    drawn = table(caption, ("End", "As source", "As destination"), rows)
    return join(drawn, more(len(ends) - _MOST_TROUBLED, "ends"))


def _single(flows: Sequence[Flow]) -> Element:
    ordered = sorted(flows, key=lambda flow: flow.outcome.rank)
    heads = ("From, to", "Traffic", "Expected", "Outcome", "Why", "Rules", "Shown by")
    drawn = table("Single flows, the worst first", heads, map(_row, ordered[:_MOST_FLOWS]))
    summary = f"Single flows with their reasons ({number(min(len(flows), _MOST_FLOWS))} of {number(len(flows))})"
    return fold(summary, drawn, more(len(flows) - _MOST_FLOWS, "flows"), opened=len(flows) <= _MOST_ENDS)


def _row(flow: Flow) -> tuple[Child, ...]:
    algorithms = tag("div", flow.algorithms, class_="muted") if flow.algorithms else None
    rules = [
        tag("div", tag("span", f"{end}: ", class_="muted"), rule)
        for end, rule in ((flow.source, flow.rules.source), (flow.destination, flow.rules.destination))
        if rule
    ]
    why = flow.sentence or or_dash("")
    return (
        f"{flow.source} \u2192 {flow.destination}",
        flow.traffic,
        or_dash(flow.expected),
        [fate(flow.outcome), algorithms],
        why,
        rules or or_dash(""),
        flow.proven.value,
    )
