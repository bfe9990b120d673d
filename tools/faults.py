# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hit rollouts at every request and at every line: a table, build/faults.json, and exit code 1 if something is wrong.

Those of the article, by its roles, and two changes of protect.yml that both ends of a pair must agree on.

The runs go over Ansible's winrm connection to simulated hosts on loopback.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "lab"), str(ROOT / "tests" / "unit" / "support")]

# Number of the host or of the pair, step, transport, which of how many parts of the step.
Unit = tuple[int, str, str, int, int]
# Hits that are lost wait a second for an answer; meanwhile another one can work.
WORKERS = 3


def initialise() -> None:
    """Make the collection known to Ansible in a worker."""
    from ansible.plugins.loader import init_plugin_loader

    init_plugin_loader([str(ROOT / "collections")])


def units() -> list[Unit]:
    """Return what is to be swept, the longest first.

    All steps go over HTTP Basic; the requests that NTLM adds are tried with one host.
    """
    from rollout import CONFIRMED, FIRST, ROLLBACK, SITES, STAGED  # type: ignore[import-not-found]

    hosts = range(len(SITES))
    from protect_sweep import PAIRS, STEPS  # type: ignore[import-not-found]

    changes = [(pair, step, "basic", part, 2) for step in STEPS for pair in range(len(PAIRS)) for part in (0, 1)]
    longest = [(host, CONFIRMED, "basic", part, 2) for host in hosts for part in (0, 1)]
    others = [(host, step, "basic", 0, 1) for step in (STAGED, FIRST, ROLLBACK) for host in hosts]
    return [*changes, *longest, (2, STAGED, "ntlm", 0, 1), *others]


def sweep_unit(unit: Unit, stride: int) -> tuple[list[Any], int]:
    """Sweep one unit in a worker; return its findings and from how many states it made further runs."""
    from fault_points import Kind  # type: ignore[import-not-found]
    from fault_sweep import sweep  # type: ignore[import-not-found]
    from protect_sweep import PAIRS, STEPS
    from protect_sweep import sweep as sweep_pair
    from rollout import SITES

    host, step, transport, part, parts = unit

    def chosen(points: list[Any]) -> list[Any]:
        if transport == "ntlm":
            points = [point for point in points if point.kind in (Kind.DROP_BEFORE, Kind.DROP_AFTER)]
        # Neighbours leave the same state behind and belong together.
        ordered = sorted(points[::stride], key=lambda point: (point.request, point.line or 0))
        return ordered[len(ordered) * part // parts : len(ordered) * (part + 1) // parts]

    done = sweep_pair(*PAIRS[host], step, chosen) if step in STEPS else sweep(SITES[host], step, transport, chosen)
    return list(done.findings), done.states


def report(findings: list[Any], states: int, seconds: float) -> dict[str, Any]:
    """Return the figures as data."""
    kinds = ("lost", "orphan", "planted", "timer", "claim", "crash", "secret", "point", "converge")
    return {
        "points": len(findings),
        "converged": sum(not finding.has("converge") for finding in findings),
        "lost": sum(finding.has("lost") or finding.has("timer") for finding in findings),
        "orphans": sum(finding.has("orphan") for finding in findings),
        "seconds": round(seconds, 1),
        "by_kind": dict(Counter(str(finding.point.kind) for finding in findings)),
        "by_step": dict(Counter(f"{finding.step}, {finding.transport}" for finding in findings)),
        "by_end": dict(Counter(finding.ended for finding in findings)),
        "copies_left_by_hit_runs": sum(finding.copies for finding in findings),
        "states_recovered_from": states,
        "wrong": {kind: sum(finding.has(kind) for finding in findings) for kind in kinds},
    }


def main() -> int:
    """Sweep, print the figures and write build/faults.json."""
    parser = argparse.ArgumentParser(description="Hit a rollout at every request and at every line.")
    parser.add_argument("--stride", type=int, default=1, help="try every n-th point only (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=WORKERS, help="processes (default: %(default)s)")
    arguments = parser.parse_args()
    began = time.monotonic()
    initialise()
    findings: list[Any] = []
    states = 0
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(arguments.workers, mp_context=context, initializer=initialise) as pool:
        todo = units()
        for unit, (found, met) in zip(
            todo, pool.map(partial(sweep_unit, stride=max(1, arguments.stride)), todo), strict=True
        ):
            findings += found
            states += met
            for finding in found:
                for text in finding.wrong:
                    print(f"{finding.site}, {finding.step}, {finding.point}: {text}")
            print(f"{unit[1]:>18} {unit[2]:>6}: {len(found):>4} points from {met:>3} states", flush=True)
    result = report(findings, states, time.monotonic() - began)
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    (build / "faults.json").write_text(json.dumps(result, indent=2) + "\n")
    for name, value in result.items():
        print(f"{name:>24}: {value}")
    print("The same as data: build/faults.json.")
    return 1 if any(finding.wrong for finding in findings) else 0


if __name__ == "__main__":
    sys.exit(main())
