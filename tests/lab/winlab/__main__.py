# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve a lab until interrupted: `python -m winlab --spec lab.yml --inventory out.yml --state-dir DIR`.

When everything listens, `DIR/lab.json` holds the process id, the address of the control port and the hosts; it
disappears on the way out. SIGTERM and SIGINT end the lab with code 0.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import yaml

from .control import Control
from .kernel.carrier import carrier
from .kernel.packages import Unavailable
from .kernel.plane import over_the_kernel
from .lab import Lab
from .spec import LabSpec


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; returns 0, 2 for a specification that does not fit, 3 without the data plane."""
    parser = argparse.ArgumentParser(prog="winlab", description="Simulated Windows hosts behind WinRM endpoints.")
    parser.add_argument("--spec", type=Path, required=True, help="YAML file with hosts, users and transport")
    parser.add_argument("--inventory", type=Path, help="Ansible inventory to write")
    parser.add_argument("--state-dir", type=Path, help="directory for lab.json")
    parser.add_argument("--control-port", type=int, default=0, help="loopback port for checks (default: a free one)")
    parser.add_argument("--minute-seconds", type=float, help="in place of what the file says")
    parser.add_argument("--max-seconds", type=float, help="end by itself after this time")
    parser.add_argument("--data-plane", choices=("model", "kernel"), default="model", help="who decides about packets")
    options = parser.parse_args(arguments)
    try:
        spec = read_spec(options.spec, options.minute_seconds)
    except (OSError, ValueError, TypeError, yaml.YAMLError) as bad:
        print(f"winlab: {options.spec}: {bad}", file=sys.stderr)
        return 2
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: over.set())
    try:
        with _laboratory(spec, options.data_plane) as lab, Control(lab, options.control_port) as control:
            if options.inventory:
                lab.inventory(options.inventory)
            ready = _announce(lab, control, options.state_dir) if options.state_dir else None
            print(f"winlab: {len(lab.hosts)} hosts, control port {control.url}", flush=True)
            try:
                over.wait(options.max_seconds)
            finally:
                if ready is not None:
                    ready.unlink(missing_ok=True)
    except Unavailable as bad:
        print(f"winlab: {bad}", file=sys.stderr)
        return 3
    return 0


def read_spec(path: Path, minute_seconds: float | None = None) -> LabSpec:
    """Return the specification in a file; `minute_seconds` takes the place of what the file says."""
    spec = LabSpec.from_plain(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    return spec if minute_seconds is None else replace(spec, minute_seconds=minute_seconds)


@contextmanager
def _laboratory(spec: LabSpec, kind: str) -> Iterator[Lab]:
    with ExitStack() as stack:
        crossing = None
        if kind == "kernel":
            plane = stack.enter_context(carrier(_say))
            crossing = over_the_kernel(plane.channel, spec.hosts, _say)
        setup = Lab(
            spec.hosts,
            spec.users,
            connection=spec.connection,
            transport=spec.transport,
            minute_seconds=spec.minute_seconds,
            crossing=crossing,
        )
        yield stack.enter_context(setup)


def _say(text: str) -> None:
    print(f"winlab: {text}", flush=True)


def _announce(lab: Lab, control: Control, directory: Path) -> Path:
    """Write the state file in one step, so that whoever sees it sees all of it."""
    directory.mkdir(parents=True, exist_ok=True)
    state = {
        "pid": os.getpid(),
        "control": control.url,
        "hosts": {name: each.url for name, each in lab.hosts.items()},
    }
    ready, draft = directory / "lab.json", directory / f".lab.json.{os.getpid()}"
    draft.write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")
    draft.replace(ready)
    return ready


if __name__ == "__main__":
    sys.exit(main())
