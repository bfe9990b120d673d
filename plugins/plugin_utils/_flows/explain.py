# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A deployment as a table: every pair of hosts, every declared flow, what becomes of it and why. Plain data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .endpoint import Endpoint
from .outcome import Network
from .pair import Pair, Region
from .space import Space
from .traffic import parse_traffic
from .views import look


def flow_matrix(
    hosts: Sequence[Endpoint], flows: Iterable[str], network: Network | None = None, others: Sequence[Endpoint] = ()
) -> list[object]:
    """Return one row for each ordered pair of hosts and each flow (``tcp/80``, see :mod:`.traffic`).

    ``others`` are ends that are paired with hosts only, such as networks without policy.

    A row holds ``from``, ``to``, ``flow`` and ``outcomes``: every outcome that packets of the flow have, each with a
    packet that has it. Pairs without an address family in common have no outcomes.
    """
    spaces = {text: parse_traffic(text, f"flows[{index}]").space() for index, text in enumerate(flows)}
    rows: list[object] = []
    known, beside = [look(host) for host in hosts], [look(other) for other in others]
    for number, here in enumerate((*known, *beside)):
        for there in (*known, *beside) if number < len(known) else known:
            if here is not there:
                pair = Pair(here, there, network)
                rows += [_row(pair, text, space) for text, space in spaces.items()]
    return rows


def _row(pair: Pair, text: str, space: Space) -> dict[str, object]:
    return {
        "from": pair.a.host.name,
        "to": pair.b.host.name,
        "flow": text,
        "outcomes": [region_data(region) for region in pair.regions(space)],
    }


def region_data(region: Region) -> dict[str, object]:
    """Return one outcome with an example of its packets."""
    space, outcome = region
    return {"packet": str(space.example() or ""), **outcome.to_data()}
