# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long codec, planner and language take for thousands of filters, and how that grows.

Times are medians of several runs in seconds of processor time, with their spread (highest minus lowest); memory is the
peak that tracemalloc sees in one pass of its own.
"""

from __future__ import annotations

import cProfile
import itertools
import math
import pstats
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "collections"), str(ROOT / "tests" / "lab")]

from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.document import read_document  # noqa: E402
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import Store  # noqa: E402
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.netsh import render  # noqa: E402
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.intent import (  # noqa: E402
    Mode,
    read_request,
    requested_store,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.plan import make_plan  # noqa: E402
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.store import read_store  # noqa: E402
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.registry.query import parse_query  # noqa: E402
from winlab.host import Host  # noqa: E402
from winlab.shell import run  # noqa: E402
from winlab.store import policy_store  # noqa: E402
from winlab.store.filter_blob import encode_filters  # noqa: E402
from winlab.store.model import HOST_MASK, Action, ActionBody, Filter, Side, SideKind  # noqa: E402

Data = dict[str, Any]
SIZES = (1_000, 2_000, 5_000, 10_000)
KEY = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\IPSec"
STEPS = ("decode", "parse", "merge", "plan", "plan_change", "render")


def document(count: int, *, network: int = 10, last: int = 0) -> Data:
    """Return a document with one policy and one list of ``count`` filters; ``last`` makes the last one differ."""
    first = network << 24
    filters = [
        {"destination": str(IPv4Address(first + 256 + number)), "protocol": "tcp", "destination_port": 1024 + number}
        for number in range(count - 1)
    ]
    filters.append({"destination": str(IPv4Address(first + last)), "protocol": "tcp", "destination_port": 443})
    return {
        "filter_lists": [{"name": "Peers", "filters": filters}],
        "filter_actions": [{"name": "Let through", "action": "permit"}],
        "policies": [
            {
                "name": "Bench",
                "rules": [{"name": "Peers", "filter_list": "Peers", "filter_action": "Let through"}],
            }
        ],
    }


def registry_text(data: Data) -> str:
    """Return what ``reg query /s`` of a simulated host prints when it has the document's filters."""
    host = Host.create("bench", "2016")
    store = policy_store(host)
    me = Side(SideKind.ME, mask=HOST_MASK)
    filters = [
        Filter(
            me,
            Side(SideKind.ADDRESS, IPv4Address(item["destination"]), HOST_MASK),
            protocol=6,
            destination_port=item["destination_port"],
        )
        for item in data["filter_lists"][0]["filters"]
    ]
    store.objects.write(store.filter_lists.create("Peers"), encode_filters(filters, host.version.frame))
    store.filter_actions.create(ActionBody(Action.PERMIT), "Let through")
    done = run(host, f"reg.exe query {KEY} /s", None)
    return done.stdout.decode("ascii")


def steps(count: int) -> dict[str, Callable[[], object]]:
    """Return the parts to measure for one size, each as a function without arguments."""
    have, want = document(count, last=1), document(count, last=2)
    text = registry_text(have)
    current = read_store(parse_query(text))
    if len(current.filter_lists[0].filters) != count:
        sys.exit(f"The lab's registry has {len(current.filter_lists[0].filters)} filters instead of {count}.")
    fresh = requested_store(Store(), read_request(want, Mode.OVERRIDDEN))
    changed = requested_store(current, read_request(want, Mode.OVERRIDDEN))
    plan = make_plan(Store(), fresh)
    one_more = read_request({"filter_lists": [{"name": "Peers", "filters": [{"protocol": "udp"}]}]}, Mode.MERGED)
    # Each run reads addresses that no earlier one has seen, as a task does.
    unseen = itertools.cycle([document(count, network=network) for network in range(20, 28)])
    return {
        "decode": lambda: read_store(parse_query(text)),
        "parse": lambda: read_document(next(unseen)),
        "merge": lambda: requested_store(current, one_more),
        "plan": lambda: make_plan(Store(), fresh),
        "plan_change": lambda: make_plan(current, changed),
        "render": lambda: [render(step.operation).clear() for step in plan],
    }


def timed(function: Callable[[], object], runs: int) -> tuple[float, float]:
    """Return the median of the seconds that a function takes, and their spread."""
    seconds = []
    for _run in range(runs):
        began = time.process_time()
        function()
        seconds.append(time.process_time() - began)
    return statistics.median(seconds), max(seconds) - min(seconds)


def peak_mebibytes(functions: Sequence[Callable[[], object]]) -> float:
    """Return the highest memory that any of the functions allocates, in MiB."""
    peaks = []
    for function in functions:
        tracemalloc.start()
        function()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    return max(peaks) / 2**20


def exponent(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """Return the slope of log(seconds) over log(size): 1 is linear, 2 is quadratic."""
    points = [(math.log(size), math.log(value)) for size, value in zip(sizes, seconds, strict=True)]
    mean_x, mean_y = (statistics.fmean(axis) for axis in zip(*points, strict=True))
    above = sum((x - mean_x) * (y - mean_y) for x, y in points)
    return above / sum((x - mean_x) ** 2 for x, _y in points)


def measure_core(sizes: Sequence[int], runs: int) -> tuple[dict[str, Data], dict[str, float]]:
    """Return figures by size and growth exponents by step."""
    found: dict[str, Data] = {}
    for size in sizes:
        parts = steps(size)
        row: Data = {}
        for name, function in parts.items():
            median, spread = timed(function, runs)
            row[f"{name}_seconds"] = round(median, 5)
            row[f"{name}_spread_seconds"] = round(spread, 5)
        row["peak_mebibytes"] = round(peak_mebibytes([*parts.values()]), 2)
        found[str(size)] = row
    grows = {name: round(exponent(sizes, [found[str(size)][f"{name}_seconds"] for size in sizes]), 2) for name in STEPS}
    return found, grows


def profile(size: int) -> None:
    """Print where each step spends its time."""
    for name, function in steps(size).items():
        print(f"\n{name}, {size} filters")
        profiler = cProfile.Profile()
        profiler.runcall(function)
        pstats.Stats(profiler).strip_dirs().sort_stats("tottime").print_stats(8)
