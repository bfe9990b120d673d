# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs pairs of policies on the kernel data plane and writes down what became of the requests.

Every run is a file build/matrix/VARIANT/run-N.json, with one capture for each pair beside it; a run that ends early is
kept with its reason. What differs from what is expected (tests/unit/kernel/expected*.yml) is printed, and at the end
all runs of the variant in short, as measured*.yml has them.
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

from kernel_pairs import PORT, VARIANTS, Cell, cells, expected  # noqa: E402

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


def in_short(runs: list[dict[str, Any]]) -> str:
    """Return runs as measured.yml keeps them; cells that a run could not measure are marked with a question mark."""
    lines = ["runs:"]
    lines += [f'  - {{began: "{each["began"]}", seconds: {each["seconds"]}, way: "{each["way"]}"}}' for each in runs]
    lines.append("cells:")
    for name in dict.fromkeys(name for each in runs for name in each["cells"]):
        lines.append(f"  {name}: [{', '.join(_cell(each['cells'].get(name)) for each in runs)}]")
    return "\n".join(lines) + "\n"


def _cell(one: dict[str, Any] | None) -> str:
    if one is None:
        return "?"
    asked = (one["first"], one["steady"])
    words = [word for each in asked for word in (each["fate"][0], f"{each['seconds']:.1f}")]
    words += [str(each["wire"].get(f"tcp/{PORT}", 0)) for each in asked]
    return " ".join([*words, *(["/", *one["fell_back"]] if one["fell_back"] else [])])


def differences(one: dict[str, Any], variant: str) -> list[str]:
    """Return where a run differs from what was expected."""
    lines = []
    for cell, fates in expected(variant).items():
        found = one["cells"].get(f"{cell.ike} {cell.front} {cell.back}")
        if found is None:
            continue
        clear = [bool(found[each]["wire"].get(f"tcp/{PORT}")) for each in ("first", "steady")]
        got = (found["first"]["fate"], found["steady"]["fate"], *clear)
        want = (fates.first, fates.steady, fates.clear_first, fates.clear_steady)
        if got != want:
            lines.append(f"{cell.ike} {cell.front} x {cell.back}: expected {want}, got {got}")
        protected = {kind for each in ("first", "steady") for kind in found[each]["wire"]} & {"esp", "ah"}
        if protected - {VARIANTS[variant].wire}:
            lines.append(f"{cell.ike} {cell.front} x {cell.back}: protected by {', '.join(sorted(protected))}")
    return lines


def main() -> None:
    """Run the matrix."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("variant", nargs="?", choices=list(VARIANTS), default="esp", help="what both ends offer")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--width", type=int, default=6, help="how many pairs at a time")
    parser.add_argument("--only", nargs="*", default=[], help="cells such as open.request.respond")
    options = parser.parse_args()
    variant = options.variant
    wanted = [Cell(*each.split("."), variant) for each in options.only] or cells(variant)
    place, whole = BUILD / variant, []
    place.mkdir(parents=True, exist_ok=True)
    with carrier(lambda text: print(text, flush=True)) as data_plane:
        for _turn in range(options.runs):
            number = 1 + len(list(place.glob("run-*.json")))
            folder = place / f"run-{number}"
            folder.mkdir(exist_ok=True)
            result = {"way": data_plane.way, **run(data_plane.channel, wanted, folder, options.width)}
            (place / f"run-{number}.json").write_text(json.dumps(result, indent=1) + "\n")
            print(f"{variant}, run {number}: {len(result['cells'])} cells in {result['seconds']} s")
            print("\n".join(differences(result, variant)) or "as expected", flush=True)
            whole.append(result)
    print(in_short(whole), end="")


if __name__ == "__main__":
    main()
