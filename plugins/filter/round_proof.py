# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a round of a deployment is proven by what its hosts told of their associations before and after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..plugin_utils._actions.vault import filter_refusals
from ..plugin_utils._common.fields import Fields
from ..plugin_utils._intent import proven
from ..plugin_utils._intent.proven import Unproven


def round_proof(
    proof: Any, hostvars: Any, unproven: str = "quiet", before: str = "ipsec_before", after: str = "ipsec_seen"
) -> dict[str, Any]:
    """Return what is known of each flow of ``rounds[].proof``, and the reasons to go no further.

    ``unproven`` says what is one: silence where somebody talked before (quiet), nothing (continue), all that is not
    proven (stop). The last two name variables of hosts, with answers of sa_info.
    """
    with filter_refusals(proof):
        how = Fields({"unproven": unproven}, "", ("unproven",)).choice("unproven", Unproven, Unproven.QUIET)
        rows = proven.read_rows(proof)
        names = dict.fromkeys(name for row in rows for name in row.ends)
        looks = {name: _look(hostvars[name].get(before), hostvars[name].get(after)) for name in names}
        return {
            "flows": [proven.explain(row, proven.prove(row, looks)) for row in rows],
            "stops": proven.stops(rows, looks, how),
        }


def sessions_that_ended(before: Any, now: Any) -> list[str]:
    """Return a sentence for each session that worked before and does not now, of two answers of session_check."""
    return proven.ended(before, now)


def round_waits(proof: Any, name: str, before: Any, after: Any) -> list[str]:
    """Return the flows that one host waits for: it had an association for them, and has no younger one yet."""
    with filter_refusals(proof):
        look = _look(before, after)
        rows = [row for row in proven.read_rows(proof) if proven.waits(row, name, look)]
        return [f"{row.source} -> {row.destination} {row.traffic}" for row in rows]


def round_batches(step: Any, hostvars: Any, before: str = "ipsec_before") -> dict[str, Any]:
    """Return the batches of a round in two parts: those of the ``first`` pair, with its ``proof``, and the ``rest``."""
    with filter_refusals(step):
        rows = proven.read_rows(step.get("proof") or [])
        known = {name: proven.told(hostvars[name].get(before), before) for row in rows for name in row.ends}
        first = proven.first_pair(rows, known, step["hosts"])
        proof = [one for one in step.get("proof") or [] if first and {one["from"], one["to"]} >= set(first)]
        return {
            "first": [[name] for name in first],
            "proof": proof,
            "rest": [names for batch in step["batches"] if (names := [one for one in batch if one not in first])],
        }


def looks_together(earlier: Any, now: Any) -> dict[str, Any]:
    """Return two answers of sa_info as one, of what was there at either moment."""
    return proven.together(earlier, now)


def _look(before: Any, after: Any) -> proven.Look:
    return proven.Look(proven.told(_mapping(before), "before"), proven.told(_mapping(after), "after"))


def _mapping(value: Any) -> Any:
    return value if isinstance(value, Mapping) else None


class FilterModule:
    """The filters by their names."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by their names."""
        return {
            "round_proof": round_proof,
            "round_waits": round_waits,
            "round_batches": round_batches,
            "looks_together": looks_together,
            "sessions_that_ended": sessions_that_ended,
        }
