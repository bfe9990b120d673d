# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many instructions Ansible needs for a task that finds nothing to change.

Seconds depend on what else a machine does; instructions do not. Valgrind's callgrind counts them: in the worker from
the start of its work to the result that it sent, in the main process while it takes that result in, which it does for
one host after the other. ``noop`` is an action that gets the same arguments and does nothing: what Ansible needs for
them, which it also sends back with each result. Without valgrind, its headers or a C compiler nothing is counted.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench_core import document
from bench_hosts import WORK, hosts
from bench_play import ROOT, Data, play
from bench_wire import brought_to

SIZES = (10, 500)
CONNECTIONS = {"winrm": "winrm", "winrs": "winsec.ipsec.winrs"}

# In the main process two threads take a result in: what they do at the same time is counted once.
_COUNTER = """
#include <valgrind/callgrind.h>
static int inside;
void begin(void) { if (!inside++) { CALLGRIND_START_INSTRUMENTATION; CALLGRIND_ZERO_STATS; } }
void end(const char *what) { if (!--inside) { CALLGRIND_DUMP_STATS_AT(what); CALLGRIND_STOP_INSTRUMENTATION; } }
"""
# A callback plugin is loaded before workers are made, whatever it is for.
_CALLBACK = """
import ctypes
import functools
import gc
import multiprocessing.queues
import os

from ansible.executor.process.worker import WorkerProcess
from ansible.plugins.callback import CallbackBase
from ansible.plugins.strategy import StrategyBase

# Not CDLL, which lets other threads in.
counter = ctypes.PyDLL(os.environ["BENCH_COUNTER"])
tasks = []


def count(owner, name, part, wanted=lambda *given: True):
    genuine = getattr(owner, name)

    @functools.wraps(genuine)
    def counted(*given, **named):
        if not wanted(*given):
            return genuine(*given, **named)
        gc.collect()  # else it is by chance in which part garbage of the whole process is collected
        counter.begin()
        try:
            return genuine(*given, **named)
        finally:
            counter.end(f"{part} {tasks[-1]}".encode())

    setattr(owner, name, counted)


class Reader(multiprocessing.queues._ForkingPickler):
    loads = staticmethod(multiprocessing.queues._ForkingPickler.loads)


multiprocessing.queues._ForkingPickler = Reader
count(WorkerProcess, "_run", "worker_instructions")
count(Reader, "loads", "main_process_instructions")
count(StrategyBase, "_convert_wire_task_result_to_raw", "main_process_instructions")
# It is called again and again while there is no result.
count(StrategyBase, "_process_pending_results", "main_process_instructions", lambda strategy, *_rest: strategy._results)


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "count_instructions"

    def v2_playbook_on_task_start(self, task, is_conditional):
        tasks.append(task.name)
"""
# Of the dumps that were asked for: at the end of a process there is another one.
_TOTAL = re.compile(r"^desc: Trigger: Client Request: (\w+) (\w+)$.*^totals: (\d+)$", re.MULTILINE | re.DOTALL)
WORKER, MAIN = "worker_instructions", "main_process_instructions"


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


def count_instructions() -> Data:
    """Return millions of instructions of the worker and of the main process for one host; raise NoCounter.

    They stand under WORKER and MAIN, by number of filters, and by connection or ``noop``.
    """
    with ThreadPoolExecutor() as beside:
        rows = dict(zip(SIZES, beside.map(_with_filters, SIZES), strict=True))
    return {part: {f"filters_{size}": row[part] for size, row in rows.items()} for part in (WORKER, MAIN)}


def _with_filters(size: int) -> dict[str, dict[str, float]]:
    """Return the counts for a document of one size: worker or main process, then connection or ``noop``."""
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch, hosts(1, Path(scratch)) as there:
        folder = Path(scratch)
        library = counter(folder)
        for kind, name, text in (("action", "noop", WORK["noop"]), ("callback", "count_instructions", _CALLBACK)):
            (folder / f"{kind}_plugins").mkdir()
            (folder / f"{kind}_plugins" / f"{name}.py").write_text(text, encoding="utf-8")
        (ours,) = brought_to(document(size))
        play(folder, there.inventory, [ours], "changed=1 ")
        tasks = [{"name": "noop", "noop": ours["winsec.ipsec.policies"]}]
        for name, connection in CONNECTIONS.items():
            tasks.append({**ours, "name": name, "vars": {"ansible_connection": connection}})
        found: dict[str, dict[str, float]] = {WORKER: {}, MAIN: {}}
        for (part, name), number in _counted(folder, there.inventory, tasks, library).items():
            found[part][name] = round(number / 1e6, 1)
    return found


def _counted(folder: Path, inventory: Path, tasks: list[Data], library: Path) -> dict[tuple[str, str], int]:
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
    play(folder, inventory, tasks, "changed=0 ", before=valgrind, settings=settings)
    numbers = {(part, str(task["name"])): 0 for task in tasks for part in (WORKER, MAIN)}
    for total in filter(None, (_TOTAL.search(path.read_text()) for path in counted.iterdir())):
        numbers[total[1], total[2]] += int(total[3])
    if not all(numbers.values()):
        sys.exit(f"callgrind counted nothing for some: {numbers}")
    return numbers


def table(found: Data) -> str:
    """Return the figures for people to read."""
    lines = ["", "Instructions for one host in millions, NTLM, nothing to change:"]
    for part in (WORKER, MAIN):
        for size, row in found[part].items():
            what = f"{size.replace('filters_', '')} filters, {part.removesuffix('_instructions').replace('_', ' ')}"
            lines.append(f"{what:>26}  " + ", ".join(f"{name} {number}" for name, number in row.items()))
    return "\n".join(lines)


if __name__ == "__main__":
    os.chdir(ROOT)
    print(table(count_instructions()))
