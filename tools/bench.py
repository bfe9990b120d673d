# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What everything costs: tables for people, and build/bench.json.

The parts alone (bench_core), whole tasks on the wire (bench_wire), one task for many hosts (bench_hosts), the
instructions for one host (bench_instructions), the analysis of flows (bench_flows), deployments (bench_intent). All of
it in one run, against the same simulated hosts.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import bench_core
import bench_flows
import bench_hosts
import bench_instructions
import bench_intent
import bench_peer
import bench_wire

ROOT = Path(__file__).resolve().parents[1]
Data = dict[str, Any]
# How often each task runs.
RUNS = {"brief": 1, "full": 3}


def table(filters: Mapping[str, Data], exponents: Mapping[str, float]) -> str:
    """Return the figures of the parts for people to read."""
    steps = bench_core.STEPS
    lines = ["", f"{'filters':>8}" + "".join(f"{name:>24}" for name in steps) + f"{'peak MiB':>12}"]
    for size, row in filters.items():
        cells = [f"{row[f'{name}_seconds']:.4f} s (± {row[f'{name}_spread_seconds'] / 2:.4f})" for name in steps]
        lines.append(f"{size:>8}" + "".join(f"{cell:>24}" for cell in cells) + f"{row['peak_mebibytes']:>12.1f}")
    lines.append(f"{'growth':>8}" + "".join(f"{f'n^{exponents[name]:.2f}':>24}" for name in steps))
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


def measure_tasks(runs: int, windows: Path | None, samples: bench_wire.Samples) -> dict[str, dict[str, Data]]:
    """Return the figures of whole tasks by name and login."""
    wire: dict[str, dict[str, Data]] = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        for login in bench_hosts.LOGINS:
            for name, row in bench_wire.measure_wire(login, Path(scratch), runs, windows, samples).items():
                wire.setdefault(name, {})[login] = row
    return wire


def peer() -> tuple[Path | None, str]:
    """Return where ansible.windows is, or why it is not there."""
    try:
        return bench_peer.peer_collections(), ""
    except bench_peer.NoPeer as reason:
        return None, f"ansible.windows could not be downloaded: {reason}"


def instructions() -> tuple[Data, str]:
    """Return the counts of instructions, or why there are none."""
    try:
        return bench_instructions.count_instructions(), ""
    except bench_instructions.NoCounter as reason:
        return {}, f"Instructions were not counted: {reason}"


def main() -> None:
    """Measure, print the tables and write build/bench.json."""
    parser = argparse.ArgumentParser(description="Time the parts, whole tasks, and many hosts.")
    parser.add_argument(
        "extent",
        nargs="?",
        choices=tuple(RUNS),
        default="brief",
        help="brief: one run of each task, in four minutes (default); full: three runs, and more lines of the peers",
    )
    parser.add_argument("--profile", action="store_true", help="print profiles of the largest size instead")
    arguments = parser.parse_args()
    if arguments.profile:
        return bench_core.profile(bench_core.SIZES[-1])
    runs, samples = RUNS[arguments.extent], bench_wire.SAMPLES[arguments.extent]
    with ThreadPoolExecutor() as beside:
        # Neither instructions nor processor time depend on what the other processor does.
        counting = beside.submit(instructions)
        filters, exponents = bench_core.measure_core(bench_core.SIZES, RUNS["full"])
        flows, deployment = bench_flows.measure(), bench_intent.measure()
        counted, no_counter = counting.result()
    print(table(filters, exponents))
    print(flow_table(flows))
    print(bench_intent.table(deployment))
    print(bench_instructions.table(counted) if counted else no_counter)
    windows, no_peer = peer()
    wire, many = measure_tasks(runs, windows, samples), bench_hosts.measure_many(runs)
    print(bench_wire.table(wire))
    if no_peer:
        print(f"peer_win_command was not measured: {no_peer}")
    print(bench_hosts.table(many))
    result: Data = {"runs": runs, "filters": filters, "exponents": exponents, "flows": flows}
    result["deployment"] = deployment
    result |= bench_wire.as_data(wire, no_peer, samples) | many | counted
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    (build / "bench.json").write_text(json.dumps(result, indent=2) + "\n")
    print("\nThe same as data: build/bench.json.")
    return None


if __name__ == "__main__":
    main()
