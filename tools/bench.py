# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long the parts take for thousands of filters, what whole tasks cost on the wire: a table and build/bench.json.

Times are medians of several runs in seconds, with their spread (highest minus lowest); memory is the peak that
tracemalloc sees in one pass of its own. Wire figures come from the request log of a simulated host that Ansible
reaches over its own winrm connection; their seconds hold the start of Ansible.
"""

from __future__ import annotations

import argparse
import cProfile
import itertools
import json
import math
import os
import pstats
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "collections"), str(ROOT / "tests" / "lab")]

from bench_flows import measure as measure_flows  # noqa: E402

from ansible_collections.winsec.ipsec.plugins.plugin_utils._ipsec.document import read_document  # noqa: E402
from ansible_collections.winsec.ipsec.plugins.plugin_utils._ipsec.model import Store  # noqa: E402
from ansible_collections.winsec.ipsec.plugins.plugin_utils._ipsec.netsh import render  # noqa: E402
from ansible_collections.winsec.ipsec.plugins.plugin_utils._ipsec.planning.intent import Mode, desired_store  # noqa: E402
from ansible_collections.winsec.ipsec.plugins.plugin_utils._ipsec.planning.plan import make_plan  # noqa: E402
from ansible_collections.winsec.ipsec.plugins.plugin_utils._ipsec.registry import parse_query  # noqa: E402
from ansible_collections.winsec.ipsec.plugins.plugin_utils._ipsec.store import read_store  # noqa: E402
from winlab.host import Host  # noqa: E402
from winlab.lab import HostSpec, Lab  # noqa: E402
from winlab.shell import run  # noqa: E402
from winlab.store import policy_store  # noqa: E402
from winlab.store.filter_blob import encode_filters  # noqa: E402
from winlab.store.model import HOST_MASK, Action, ActionBody, Filter, Side, SideKind  # noqa: E402

Data = dict[str, Any]
SIZES = (1_000, 2_000, 5_000, 10_000)
KEY = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\IPSec"
STEPS = ("decode", "parse", "plan", "plan_change", "render")
WIRE_FILTERS = 500


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
    fresh = desired_store(Store(), want, Mode.OVERRIDDEN)
    changed = desired_store(current, want, Mode.OVERRIDDEN)
    plan = make_plan(Store(), fresh)
    # Each run reads addresses that no earlier one has seen, as a task does.
    unseen = itertools.cycle([document(count, network=network) for network in range(20, 28)])
    return {
        "decode": lambda: read_store(parse_query(text)),
        "parse": lambda: read_document(next(unseen)),
        "plan": lambda: make_plan(Store(), fresh),
        "plan_change": lambda: make_plan(current, changed),
        "render": lambda: [render(step.operation).clear() for step in plan],
    }


def timed(function: Callable[[], object], runs: int) -> tuple[float, float]:
    """Return the median of the seconds that a function takes, and their spread."""
    seconds = []
    for _run in range(runs):
        began = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - began)
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


OPENINGS: Data = {"name": "Six openings", "winsec.ipsec.firewall": {"peers": ["10.0.1.20"]}}
# The same openings as users write them: one task for each rule, nothing read back.
ONE_TASK_PER_RULE: list[Data] = [
    {
        "name": f"{protocol} {direction}",
        "ansible.builtin.raw": f"netsh advfirewall firewall add rule name={protocol}-{direction} dir={direction} "
        f"action=allow protocol={protocol} {port} remoteip=10.0.1.20",
    }
    for protocol, port in (("udp", "localport=500"), ("udp", "localport=4500"), ("50", ""))
    for direction in ("in", "out")
]


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


def brought_to(data: Data) -> list[Data]:
    """Return the one task that brings the host to a document."""
    return [{"name": "Bring the host to it", "winsec.ipsec.policies": {"config": data, "state": "overridden"}}]


def play(folder: Path, inventory: Path, tasks: list[Data], changed: int) -> float:
    """Run tasks with ansible-playbook and return the seconds; exits unless that many of them change something."""
    playbook = folder / "bench.yml"
    playbook.write_text(json.dumps([{"hosts": "windows", "gather_facts": False, "tasks": tasks}]))
    environment = {name: value for name, value in os.environ.items() if name != "NTLM_USER_FILE"}
    environment |= {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_LOCAL_TEMP": str(folder / "tmp")}
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(inventory), str(playbook)]
    began = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - began
    wanted = f"changed={changed} "
    if done.returncode != 0 or wanted not in done.stdout:
        sys.exit(f"The tasks did not end with {wanted}:\n{done.stdout}{done.stderr}")
    return seconds


def measure_wire(transport: str, folder: Path) -> dict[str, Data]:
    """Return the cost of tasks: one that changes nothing, one that exchanges all filters, and those of firewalls."""
    inventory = folder / f"{transport}.yml"
    found: dict[str, Data] = {}
    with Lab([HostSpec(name="bench", version="2016")], transport=transport) as lab:
        lab.inventory(inventory)
        log = lab.hosts["bench"].log
        play(folder, inventory, brought_to(document(WIRE_FILTERS)), 1)
        rounds = (
            ("steady", brought_to(document(WIRE_FILTERS)), 0),
            ("change_500", brought_to(document(WIRE_FILTERS, network=11)), 1),
            ("firewall", [OPENINGS], 1),
            ("firewall_steady", [OPENINGS], 0),
            ("firewall_peer_raw", ONE_TASK_PER_RULE, len(ONE_TASK_PER_RULE)),
        )
        for name, tasks, changed in rounds:
            log.clear()
            seconds = play(folder, inventory, tasks, changed)
            up, down = log.bytes()
            found[name] = {
                "requests": len(log.entries()),
                "bytes_up": up,
                "bytes_down": down,
                "seconds": round(seconds, 2),
            }
    return found


def table(filters: Mapping[str, Data], exponents: Mapping[str, float], wire: Mapping[str, Mapping[str, Data]]) -> str:
    """Return the figures for people to read."""
    lines = ["", f"{'filters':>8}" + "".join(f"{name:>24}" for name in STEPS) + f"{'peak MiB':>12}"]
    for size, row in filters.items():
        cells = [f"{row[f'{name}_seconds']:.4f} s (± {row[f'{name}_spread_seconds'] / 2:.4f})" for name in STEPS]
        lines.append(f"{size:>8}" + "".join(f"{cell:>24}" for cell in cells) + f"{row['peak_mebibytes']:>12.1f}")
    lines.append(f"{'growth':>8}" + "".join(f"{f'n^{exponents[name]:.2f}':>24}" for name in STEPS))
    if wire:
        lines += ["", f"{'task':>18}{'login':>8}{'requests':>10}{'bytes up':>12}{'bytes down':>12}{'seconds':>10}"]
    for name, logins in wire.items():
        for login, row in logins.items():
            sizes = f"{row['requests']:>10}{row['bytes_up']:>12}{row['bytes_down']:>12}{row['seconds']:>10.2f}"
            lines.append(f"{name:>18}{login:>8}{sizes}")
    return "\n".join(lines)


def flow_table(flows: Data) -> str:
    """Return the figures of the flow analysis for people to read."""
    lines = ["", f"{'flow analysis':>40}{'seconds':>10}{'growth':>10}"]
    for shape, found in flows["analysis"].items():
        size, row = list(found["rules_a_side"].items())[-1]
        growth = f"n^{found['exponent']:.2f}"
        lines.append(f"{f'{shape}, {size} rules a side':>40}{row['seconds']:>10.2f}{growth:>10}")
    size, row = list(flows["matrix"]["hosts"].items())[-1]
    growth = f"n^{flows['matrix']['exponent']:.2f}"
    lines.append(f"{f'matrix, {size} x {size} hosts':>40}{row['seconds']:>10.2f}{growth:>10}")
    return "\n".join(lines)


def profile(size: int) -> None:
    """Print where each step spends its time."""
    for name, function in steps(size).items():
        print(f"\n{name}, {size} filters")
        profiler = cProfile.Profile()
        profiler.runcall(function)
        pstats.Stats(profiler).strip_dirs().sort_stats("tottime").print_stats(8)


def main() -> None:
    """Measure, print the table and write build/bench.json."""
    parser = argparse.ArgumentParser(description="Time the codec, the planner and whole tasks.")
    parser.add_argument("--runs", type=int, default=5, help="runs of each measurement (default: %(default)s)")
    parser.add_argument("--no-wire", action="store_true", help="leave the simulated hosts out")
    parser.add_argument("--profile", action="store_true", help="print profiles of the largest size instead")
    arguments = parser.parse_args()
    if arguments.profile:
        return profile(SIZES[-1])
    filters, exponents = measure_core(SIZES, max(3, arguments.runs))
    wire: dict[str, dict[str, Data]] = {}
    if not arguments.no_wire:
        with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
            for transport in ("basic", "ntlm"):
                for name, row in measure_wire(transport, Path(scratch)).items():
                    wire.setdefault(name, {})[transport] = row
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    flows = measure_flows()
    result = {"filters": filters, "exponents": exponents, "runs": max(3, arguments.runs), **wire, "flows": flows}
    (build / "bench.json").write_text(json.dumps(result, indent=2) + "\n")
    print(table(filters, exponents, wire))
    print(flow_table(flows))
    print("\nThe same as data: build/bench.json.")
    return None


if __name__ == "__main__":
    main()
