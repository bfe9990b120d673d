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

from ansible_collections.winsec.ipsec.plugins.plugin_utils._ipsec.document import read_document  # noqa: E402
from ansible_collections.winsec.ipsec.plugins.plugin_utils._ipsec.flows.endpoint import Endpoint, in_force  # noqa: E402
from ansible_collections.winsec.ipsec.plugins.plugin_utils._ipsec.flows.explain import flow_matrix  # noqa: E402
from ansible_collections.winsec.ipsec.plugins.plugin_utils._ipsec.flows.pair import analyse  # noqa: E402
from ansible_collections.winsec.ipsec.plugins.plugin_utils._ipsec.versions import WindowsVersion  # noqa: E402

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
    return Endpoint(name=name, addresses=(IPv4Address(address),), policy=policy, version=SERVER_2016)


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


def seconds_of(function: Callable[[], object]) -> float:
    """Return the processor time of one run."""
    began = time.process_time()
    function()
    return time.process_time() - began


def exponent(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """Return the slope of log(seconds) over log(size): 1 is linear, 2 is quadratic."""
    return statistics.linear_regression([math.log(one) for one in sizes], [math.log(one) for one in seconds]).slope


def measure() -> dict[str, Any]:
    """Return seconds and growth for each shape of rules and for the matrix of hosts, as plain data."""
    analysis: Data = {}
    for shape, filters in SHAPES.items():
        took: list[float] = []
        regions: list[int] = []
        for count in RULES:
            fe, be = host("fe", FE, filters(count, "me", BE)), host("be", BE, filters(count, FE, "me"))
            # Each run leaves what it found, so that the answer itself can be looked at.
            took.append(seconds_of(lambda fe=fe, be=be, regions=regions: regions.append(len(analyse(fe, be)))))
        rows = {
            str(count): {"seconds": round(value, 4), "regions": number}
            for count, value, number in zip(RULES, took, regions, strict=True)
        }
        analysis[shape] = {"rules_a_side": rows, "exponent": round(exponent(RULES, took), 2)}
    took = [
        seconds_of(lambda hosts=hosts: flow_matrix(hosts, ("tcp/80", "tcp/443"))) for hosts in map(deployment, HOSTS)
    ]
    matrix = {
        "hosts": {str(count): {"seconds": round(value, 3)} for count, value in zip(HOSTS, took, strict=True)},
        "exponent": round(exponent(HOSTS, took), 2),
    }
    return {"analysis": analysis, "matrix": matrix}


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
