# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many small mistakes in the codec and the planner their tests notice: make mutation, and a sample in the gates.

One pytest process collects the tests and runs them once, noting which of them come through which line. Then a child of
that process is forked for each mutant: it gets the changed function in place of the sound one and runs the tests of
that line, the quickest first, until one fails. A mutant whose tests all pass has survived; one whose tests do not come
to an end is taken for noticed.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import signal
import sys
import time
from collections import defaultdict
from pathlib import Path
from types import FunctionType
from typing import Any

import coverage
import pytest
from _pytest.runner import runtestprotocol
from hypothesis import Phase, settings
from mutants import Mutant, mutants

ROOT = Path(__file__).resolve().parents[1]
CORE = ROOT / "plugins" / "plugin_utils" / "_ipsec"
ROOMS = {"codec": CORE / "codec", "planner": CORE / "planning"}
TESTS = ROOT / "tests" / "unit" / "plugins" / "plugin_utils" / "_ipsec"
FILES = ("codec_*", "store*", "plan*", "guard", "limits", "intent", "document", "netsh")
# Tests of how long something takes say nothing about a mutant on a busy machine.
UNTIMED = "not ten_thousand"
EXAMPLES = 40
MOST_SECONDS = 60
SEED = 2026


class Survey:
    """A plugin of pytest that runs every test once, then the tests of each mutant in a child."""

    def __init__(self, chosen: list[Mutant], seconds: float | None) -> None:
        self.chosen = chosen
        self.seconds = seconds
        self.verdicts: dict[Mutant, str] = {}
        self.sound = True

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Take the place of pytest's own loop."""
        tests = {item.nodeid: item for item in session.items}
        took: dict[str, float] = {}
        cover = coverage.Coverage(data_file=None, source=[str(room) for room in ROOMS.values()], config_file=False)
        cover.start()
        for name, item in tests.items():
            cover.switch_context(name)
            start = time.monotonic()
            self.sound = self.sound and _passes(item)
            took[name] = time.monotonic() - start
        cover.stop()
        if not self.sound or not tests:
            self.sound = False
            return True
        passing: dict[Path, dict[int, list[str]]] = defaultdict(dict)
        data = cover.get_data()
        for file in data.measured_files():
            passing[Path(file).resolve()] = data.contexts_by_lineno(file)
        start = time.monotonic()
        for mutant in self.chosen:
            if self.seconds is not None and time.monotonic() - start > self.seconds:
                break
            lines = passing.get(mutant.path, {})
            names = sorted(set(lines.get(mutant.line, ())) & tests.keys(), key=lambda name: took[name])
            self.verdicts[mutant] = _verdict(mutant, [tests[name] for name in names])
        return True


def _passes(item: pytest.Item) -> bool:
    reports = runtestprotocol(item, log=False, nextitem=None)
    return not any(report.failed for report in reports)


def _verdict(mutant: Mutant, items: list[pytest.Item]) -> str:
    """Return "noticed", "survived", "endless", or "not run" where no test comes through the line."""
    if not items:
        return "not run"
    functions = [
        each
        for each in gc.get_objects()
        if isinstance(each, FunctionType)
        and each.__code__.co_firstlineno == mutant.first_line
        and each.__code__.co_name == mutant.function
        and Path(each.__code__.co_filename).resolve() == mutant.path
    ]
    if not functions:
        raise LookupError(f"{mutant}: the function is not among those that were imported")
    code = mutant.code()
    child = os.fork()
    if child == 0:
        signal.alarm(MOST_SECONDS)
        null = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):
            os.dup2(null, stream)
        for function in functions:
            function.__code__ = code
        noticed = True
        try:
            noticed = not all(map(_passes, items))
        finally:
            os._exit(1 if noticed else 0)
    _pid, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return "endless"
    return "noticed" if os.WEXITSTATUS(status) else "survived"


def sample(count: int | None) -> list[Mutant]:
    """Return mutants of both rooms by turns, always in the same order; ``count`` None for all of them."""
    queues = []
    for room in ROOMS.values():
        found = [mutant for path in sorted(room.glob("*.py")) for mutant in mutants(path)]
        random.Random(SEED).shuffle(found)
        queues.append(found)
    mixed = [mutant for pair in zip(*queues, strict=False) for mutant in pair]
    shortest = min(map(len, queues))
    mixed += [mutant for queue in queues for mutant in queue[shortest:]]
    return mixed[:count]


def main() -> int:
    """Print the score of each room and every survivor; fail below the floor."""
    parser = argparse.ArgumentParser(prog="tools/mutation.py", description="Mutation check of codec and planner.")
    parser.add_argument("--sample", type=int, help="how many mutants (default: all)")
    parser.add_argument("--seconds", type=float, help="stop after this time; fewer mutants are tried then")
    parser.add_argument("--floor", type=int, default=0, help="least percentage that must be noticed (default: 0)")
    arguments = parser.parse_args()
    os.chdir(ROOT)
    os.environ |= {"CI": "1", "HYPOTHESIS_PROFILE": "quick"}
    chosen = sample(arguments.sample)
    survey = Survey(chosen, arguments.seconds)
    files = [str(path) for pattern in FILES for path in sorted(TESTS.glob(f"test_{pattern}.py"))]
    options = ["-p", "no:cacheprovider", "-p", "no:terminal", "-k", UNTIMED, "--import-mode=importlib"]
    pytest.main([*options, *files], plugins=[survey, _Profile()])
    if not survey.sound:
        print("The tests do not pass without any mutant.")
        return 1
    return told(survey, arguments.floor)


class _Profile:
    """Few examples, always the same ones, and no search for the smallest one that fails."""

    def pytest_collection(self, session: Any) -> None:
        phases = (Phase.explicit, Phase.generate)
        settings.register_profile("mutation", settings.default, max_examples=EXAMPLES, phases=phases)
        settings.load_profile("mutation")


def told(survey: Survey, floor: int) -> int:
    """Print what came out; return 1 when a room is below the floor."""
    low = 0
    for mutant, verdict in survey.verdicts.items():
        if verdict in ("survived", "not run"):
            print(f"{verdict}: {mutant}")
    for name, room in ROOMS.items():
        verdicts = [verdict for mutant, verdict in survey.verdicts.items() if mutant.path.parent == room]
        good = sum(verdict in ("noticed", "endless") for verdict in verdicts)
        share = 100 * good // len(verdicts) if verdicts else 0
        print(f"mutation score of the {name}: {share} % ({good} of {len(verdicts)} mutants noticed)")
        low += share < floor
    if low:
        print(f"The floor is {floor} %: add a test for what survived, or show in one that it makes no difference.")
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
