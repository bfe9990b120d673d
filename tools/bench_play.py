# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs tasks with ansible-playbook, and tells what that took."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of the wall clock, and of processors in Ansible's own processes."""

    seconds: float
    cpu_seconds: float


def play(
    folder: Path,
    inventory: Path,
    tasks: list[Data],
    wanted: str,
    *,
    forks: int = 5,
    collections: Sequence[Path] = (),
    before: Sequence[str] = (),
    settings: Mapping[str, str] | None = None,
    variables: Mapping[str, str] | None = None,
) -> Cost:
    """Run tasks on the group ``windows``; exits with Ansible's output unless every recap holds ``wanted``.

    ``before`` are words in front of the command line, ``settings`` further variables of its environment, ``variables``
    those of the play, which win over those of the inventory.
    """
    playbook = folder / "bench.yml"
    playbook.write_text(
        json.dumps([{"hosts": "windows", "gather_facts": False, "vars": dict(variables or {}), "tasks": tasks}])
    )
    environment = {name: value for name, value in os.environ.items() if name != "NTLM_USER_FILE"}
    environment |= {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_LOCAL_TEMP": str(folder / "tmp"), "ANSIBLE_FORKS": str(forks)}
    if collections:
        places = [str(ROOT / "collections"), *map(str, collections)]
        environment["ANSIBLE_COLLECTIONS_PATH"] = os.pathsep.join(places)
    environment |= settings or {}
    program = Path(sys.executable).with_name("ansible-playbook")
    # Not by its own first line: a program that watches another one would watch the shell's look-up as well.
    command = [*before, sys.executable, str(program), "-i", str(inventory), str(playbook)]
    used_before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    seconds, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    recap = [line for line in done.stdout.partition("PLAY RECAP")[2].splitlines() if " : " in line]
    if done.returncode != 0 or not recap or not all(wanted in line for line in recap):
        sys.exit(f"The tasks did not end with {wanted}:\n{done.stdout}{done.stderr}")
    used = after.ru_utime + after.ru_stime - used_before.ru_utime - used_before.ru_stime
    return Cost(seconds, used)


def median(values: Iterable[float], digits: int = 2) -> float:
    """Return the median of several runs."""
    return round(statistics.median(values), digits)


def spread(values: Sequence[float], digits: int = 2) -> float:
    """Return how far the runs lie apart: highest minus lowest."""
    return round(max(values) - min(values), digits)
