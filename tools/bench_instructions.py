# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many instructions a worker of Ansible needs for a task that finds nothing to change.

Seconds depend on what else a machine does; instructions do not. Valgrind's callgrind counts them, from the start of the
worker's work to the result that it sent. Without valgrind, its headers or a C compiler nothing is counted.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench_core import document
from bench_hosts import hosts
from bench_play import ROOT, Data, play
from bench_wire import brought_to

SIZES = (10, 500)
CONNECTIONS = {"winrm": "winrm", "winrs": "winsec.ipsec.winrs"}
TRANSPORT = "ntlm"

_COUNTER = """
#include <valgrind/callgrind.h>
void count_begin(void) { CALLGRIND_START_INSTRUMENTATION; CALLGRIND_ZERO_STATS; }
void count_end(void) { CALLGRIND_DUMP_STATS; CALLGRIND_STOP_INSTRUMENTATION; }
"""
# A callback plugin is loaded before workers are made, whatever it is for.
_CALLBACK = """
import ctypes
import os

from ansible.executor.process.worker import WorkerProcess
from ansible.plugins.callback import CallbackBase

counter = ctypes.CDLL(os.environ["BENCH_COUNTER"])
genuine = WorkerProcess._run


def counted(self):
    counter.count_begin()
    try:
        return genuine(self)
    finally:
        counter.count_end()


WorkerProcess._run = counted


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "count_instructions"
"""
# Of the dumps that were asked for: at the end of a process there is another one.
_TOTAL = re.compile(r"^desc: Trigger: Client Request$.*^totals: (\d+)$", re.MULTILINE | re.DOTALL)


class NoCounter(Exception):
    """Instructions cannot be counted here; the text says why."""


def counter(folder: Path) -> Path:
    """Return a library that switches counting on and off."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if shutil.which("valgrind") is None or compiler is None:
        raise NoCounter("valgrind and a C compiler are needed (Debian: valgrind, gcc)")
    source, library = folder / "counter.c", folder / "counter.so"
    source.write_text(_COUNTER, encoding="utf-8")
    command = [compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoCounter(f"the headers of valgrind are needed: {done.stderr.strip().splitlines()[0]}")
    return library


def worker_instructions() -> Data:
    """Return millions of instructions of one worker, by number of filters and connection; raise NoCounter."""
    found: Data = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        folder = Path(scratch)
        library = counter(folder)
        (folder / "callback_plugins").mkdir()
        (folder / "callback_plugins" / "count_instructions.py").write_text(_CALLBACK, encoding="utf-8")
        with hosts(1, TRANSPORT, folder) as there:
            for size in SIZES:
                tasks = brought_to(document(size))
                play(folder, there.inventory, tasks, "changed=1 ")
                found[f"filters_{size}"] = {
                    name: _counted(folder, there.inventory, tasks, connection, library)
                    for name, connection in CONNECTIONS.items()
                }
    return found


def _counted(folder: Path, inventory: Path, tasks: list[Data], connection: str, library: Path) -> float:
    own = [{**task, "vars": {"ansible_connection": connection}} for task in tasks]
    counted = folder / "counted"
    shutil.rmtree(counted, ignore_errors=True)
    counted.mkdir()
    valgrind = ("valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={counted}/%p")
    settings = {
        "BENCH_COUNTER": str(library),
        "ANSIBLE_CALLBACK_PLUGINS": str(folder / "callback_plugins"),
        "ANSIBLE_CALLBACKS_ENABLED": "count_instructions",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "",
    }
    play(folder, inventory, own, "changed=0 ", before=valgrind, settings=settings)
    numbers = [int(total[1]) for path in counted.iterdir() for total in [_TOTAL.search(path.read_text())] if total]
    if not any(numbers):
        sys.exit("callgrind counted nothing.")
    return round(sum(numbers) / 1e6, 1)


def table(found: Data) -> str:
    """Return the figures for people to read."""
    lines = ["", f"Instructions of a worker in millions, {TRANSPORT}, nothing to change:"]
    for size, row in found.items():
        lines.append(f"{size.replace('filters_', ''):>8} filters  " + ", ".join(f"{n} {m}" for n, m in row.items()))
    return "\n".join(lines)


if __name__ == "__main__":
    os.chdir(ROOT)
    print(table(worker_instructions()))
