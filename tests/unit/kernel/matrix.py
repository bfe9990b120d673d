# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs pairs of policies on the kernel data plane and writes down what became of the requests.

Every run is a file build/matrix/run-N.json, with one capture for each pair beside it; a run that ends early is kept
with its reason. What differs from tests/unit/kernel/expected.yml, or between runs, is printed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / place) for place in ("collections", "tests/lab", "tests/unit/support")]

from kernel_pairs import PORT, Cell, cells, expected  # noqa: E402

from winlab.kernel.carrier import carrier  # noqa: E402
from winlab.kernel.channel import Channel  # noqa: E402
from winlab.kernel.pair import Measured, measure  # noqa: E402

BUILD = ROOT / "build" / "matrix"
# An end that holds its packets 3 s sends the next one 7 s after the first; where both ends hold, the answer needs the
# next but one: 15 s.
PATIENCE = 25.0
PAUSE = 2.0


def run(channel: Channel, wanted: list[Cell], folder: Path, width: int) -> dict[str, Any]:
    """Measure cells, some at a time, and return the run as plain data."""
    began, found, trouble = time.time(), {}, {}
    with ThreadPoolExecutor(width) as pool:
        tasks = {}
        for number, cell in enumerate(wanted):
            front, back = cell.hosts()
            arguments = (channel, f"m{number}", front, back, PORT)
            options = {"ike": cell.ike == "open", "patience": PATIENCE, "pause": PAUSE}
            tasks[pool.submit(measure, *arguments, **options)] = cell  # type: ignore[arg-type]
        for task in as_completed(tasks):
            cell = tasks[task]
            name = f"{cell.ike} {cell.front} {cell.back}"
            try:
                measured = task.result()
            except Exception as bad:  # a cell that cannot be measured is a result too
                trouble[name] = f"{type(bad).__name__}: {bad}"
                print(f"{name}: {trouble[name]}", flush=True)
                continue
            found[name] = plain(measured)
            (folder / f"{name.replace(' ', '-')}.pcap").write_bytes(measured.capture)
            print(f"{name}: {measured.first.fate}, then {measured.steady.fate}", flush=True)
    order = [f"{cell.ike} {cell.front} {cell.back}" for cell in wanted]
    return {
        "began": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(began)),
        "seconds": round(time.time() - began, 1),
        "cells": {name: found[name] for name in order if name in found},
        "trouble": trouble,
    }


def plain(measured: Measured) -> dict[str, Any]:
    """Return a cell as plain data."""
    requests = {"first": measured.first, "steady": measured.steady}
    data: dict[str, Any] = {
        name: {"fate": each.fate, "seconds": each.seconds, "wire": each.wire} for name, each in requests.items()
    }
    return {
        **data,
        "fell_back": [name for name, number in measured.fallen.items() if number],
        "seconds": measured.seconds,
    }


def differences(one: dict[str, Any]) -> list[str]:
    """Return where a run differs from what was expected."""
    lines = []
    for cell, fates in expected().items():
        found = one["cells"].get(f"{cell.ike} {cell.front} {cell.back}")
        if found is None:
            continue
        clear = [bool(found[each]["wire"].get(f"tcp/{PORT}")) for each in ("first", "steady")]
        got = (found["first"]["fate"], found["steady"]["fate"], *clear)
        want = (fates.first, fates.steady, fates.clear_first, fates.clear_steady)
        if got != want:
            lines.append(f"{cell.ike} {cell.front} x {cell.back}: expected {want}, got {got}")
    return lines


def main() -> None:
    """Run the matrix."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--width", type=int, default=6, help="how many pairs at a time")
    parser.add_argument("--only", nargs="*", default=[], help="cells such as open.request.respond")
    options = parser.parse_args()
    wanted = [Cell(*each.split(".")) for each in options.only] or cells()
    BUILD.mkdir(parents=True, exist_ok=True)
    with carrier(lambda text: print(text, flush=True)) as data_plane:
        for _turn in range(options.runs):
            number = 1 + len(list(BUILD.glob("run-*.json")))
            folder = BUILD / f"run-{number}"
            folder.mkdir(exist_ok=True)
            result = {"way": data_plane.way, **run(data_plane.channel, wanted, folder, options.width)}
            (BUILD / f"run-{number}.json").write_text(json.dumps(result, indent=1) + "\n")
            print(f"run {number}: {len(result['cells'])} cells in {result['seconds']} s")
            print("\n".join(differences(result)) or "as expected", flush=True)


if __name__ == "__main__":
    main()
