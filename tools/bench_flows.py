# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long the analysis of flows takes, by rules a side and by hosts of a flow matrix, and how that grows.

Seconds are processor time of one run. ``ports``: a rule for each port of one peer. ``nested``: networks inside
networks, each again with ports of its own. ``crossed``: half of the rules by source port, half by destination port,
which has as many answers as there are pairs of rules, so that nothing can be faster than quadratic.
"""

from __future__ import annotations

import json
import math
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "collections")]

from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.endpoint import Endpoint  # noqa: E402
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.explain import flow_matrix  # noqa: E402
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.pair import analyse  # noqa: E402
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.document import read_document  # noqa: E402
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.in_force import in_force  # noqa: E402
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.versions import WindowsVersion  # noqa: E402

Data = dict[str, Any]
Filters = Callable[[int, str, str], Iterable[Data]]

RULES = (125, 250, 500)
HOSTS = (50, 100, 200)
FE, BE = "10.0.0.10", "10.0.1.20"
SERVER_2016 = WindowsVersion(10, 0, 14393)
ESP = [{"esp_encryption": "3des", "esp_integrity": "sha1"}]
ACTIONS: list[Data] = [
    {"name": "Require", "action": "negotiate", "security_methods": ESP},
    {"name": "Request", "action": "negotiate", "security_methods": ESP, "fallback_to_clear": True},
    {"name": "Permit", "action": "permit"},
]


def ports(count: int, source: str, destination: str) -> Iterable[Data]:
    """Yield filters for one port each."""
    for number in range(count):
        yield {"source": source, "destination": destination, "protocol": "tcp", "destination_port": 1024 + number}


def nested(count: int, source: str, destination: str) -> Iterable[Data]:
    """Yield filters for networks around the peer, wider and wider, each with ports of its own."""
    for number in range(count):
        prefix = 32 - number % 24
        ends = [
            end if end == "me" else str(IPv4Network(f"{end}/{prefix}", strict=False)) for end in (source, destination)
        ]
        port = 1024 + number // 24
        yield {"source": ends[0], "destination": ends[1], "protocol": "tcp", "destination_port": port}


def crossed(count: int, source: str, destination: str) -> Iterable[Data]:
    """Yield filters by source port and by destination port in turn."""
    for number in range(count):
        side = ("source_port", "destination_port")[number % 2]
        yield {"source": source, "destination": destination, "protocol": "tcp", side: 1024 + number // 2}


SHAPES: dict[str, Filters] = {"ports": ports, "nested": nested, "crossed": crossed}


def host(name: str, address: str, filters: Iterable[Data]) -> Endpoint:
    """Return a host with one rule for each filter; the actions take turns."""
    lists = [{"name": f"L{number}", "filters": [one]} for number, one in enumerate(filters)]
    rules = [
        {"name": f"R{n}", "filter_list": f"L{n}", "filter_action": ACTIONS[n % len(ACTIONS)]["name"]}
        for n in range(len(lists))
    ]
    document = {
        "filter_lists": lists,
        "filter_actions": ACTIONS,
        "policies": [{"name": "P", "rules": rules}],
        "assigned": "P",
    }
    policy = in_force(read_document(document))
    return Endpoint(name=name, addresses=(IPv4Address(address),), policy=policy, traits=SERVER_2016.traits)


def deployment(count: int) -> list[Endpoint]:
    """Return hosts of which each protects its web port from all, and asks for IPsec with the next ten."""
    addresses = [str(IPv4Address("10.1.0.1") + number) for number in range(count)]
    found = []
    for number, address in enumerate(addresses):
        peers = [addresses[(number + step) % count] for step in range(1, 11)]
        filters = [{"source": "10.0.0.0/8", "destination": "me", "protocol": "tcp", "destination_port": 80}]
        filters += [{"destination": peer, "protocol": "tcp", "destination_port": 80} for peer in peers]
        found.append(host(f"h{number}", address, filters))
    return found


def analysis_seconds(filters: Filters, count: int) -> tuple[float, int]:
    """Return the processor time of one analysis with ``count`` rules a side, and how many regions it found."""
    fe, be = host("fe", FE, filters(count, "me", BE)), host("be", BE, filters(count, FE, "me"))
    began = time.process_time()
    regions = analyse(fe, be)
    return time.process_time() - began, len(regions)


def matrix_seconds(count: int) -> tuple[float, int]:
    """Return the processor time of one matrix with two flows, and its number of rows."""
    hosts = deployment(count)
    began = time.process_time()
    rows = flow_matrix(hosts, ("tcp/80", "tcp/443"))
    return time.process_time() - began, len(rows)


def exponent(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """Return the slope of log(seconds) over log(size): 1 is linear, 2 is quadratic."""
    return statistics.linear_regression([math.log(one) for one in sizes], [math.log(one) for one in seconds]).slope


def measure() -> dict[str, Any]:
    """Return seconds and growth for each shape of rules and for the matrix of hosts, as plain data."""
    analysis: Data = {}
    analysis_seconds(ports, RULES[-1])  # what is slow only once is not growth
    for shape, filters in SHAPES.items():
        found = [analysis_seconds(filters, count) for count in RULES]
        rows = _rows(RULES, found, "regions")
        analysis[shape] = {"rules_a_side": rows, "exponent": round(exponent(RULES, [one for one, _rest in found]), 2)}
    found = [matrix_seconds(count) for count in HOSTS]
    matrix = {
        "hosts": _rows(HOSTS, found, "rows"),
        "exponent": round(exponent(HOSTS, [one for one, _rest in found]), 2),
    }
    return {"analysis": analysis, "matrix": matrix}


def _rows(sizes: Sequence[int], found: Sequence[tuple[float, int]], what: str) -> Data:
    return {
        str(size): {"seconds": round(took, 4), what: number} for size, (took, number) in zip(sizes, found, strict=True)
    }


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
