# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run gates side by side and report them in their declared order, one line each."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


class GateFailure(Exception):
    """A gate found something; the text is everything that a person needs to see."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One named check.

    ``run`` gets an empty scratch folder of its own, returns a closing line worth showing (or an empty text) and raises
    GateFailure; its docstring says what the gate is for. ``subjects`` are the paths without which there is nothing to
    check. A ``quick`` gate is one that every change needs (make test); the others are the rest of make check.
    ``seconds`` is about how long it takes on a quiet machine with two cores, once everything is installed.
    """

    name: str
    run: Callable[[Path], str]
    subjects: tuple[str, ...] = ()
    quick: bool = False
    seconds: int = 0

    @property
    def purpose(self) -> str:
        """What the gate is for, in one line."""
        return (self.run.__doc__ or "").strip().partition("\n")[0]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a gate: PASS, FAIL or SKIP, wall-clock seconds, closing line, output of a failure."""

    verdict: str
    seconds: float
    closing: str = ""
    output: str = ""


def environment(**changes: str) -> dict[str, str]:
    """Return this process's environment, the tools of .venv first on PATH, without settings that steer Ansible."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("ANSIBLE_", "PYTHONPATH"))}
    kept["PATH"] = f"{ROOT}/.venv/bin{os.pathsep}{kept.get('PATH', os.defpath)}"
    kept["VIRTUAL_ENV"] = f"{ROOT}/.venv"
    kept |= {"ANSIBLE_NOCOLOR": "1", "NO_COLOR": "1"}
    kept["ANSIBLE_COLLECTIONS_PATH"] = f"{ROOT}/collections"
    return kept | changes


def command(*argv: str | Path, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> str:
    """Run a program without input and return its output (both streams); raise GateFailure when it fails."""
    done = subprocess.run(
        [str(argument) for argument in argv],
        cwd=cwd,
        env=dict(env) if env is not None else environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        line = " ".join(str(argument) for argument in argv)
        raise GateFailure(f"$ {line}\n{done.stdout.rstrip()}\n(exit code {done.returncode})")
    return done.stdout


def attempt(gate: Gate, partial: bool) -> Outcome:
    """Run one gate in a scratch folder; a missing subject is a failure unless only part of the tree is expected."""
    missing = [subject for subject in gate.subjects if not (ROOT / subject).exists()]
    if missing:
        return Outcome("SKIP" if partial else "FAIL", 0.0, output=f"not there: {', '.join(missing)}")
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="winsec-ipsec-") as scratch:
        try:
            closing = gate.run(Path(scratch))
        except GateFailure as failure:
            return Outcome("FAIL", time.monotonic() - start, output=str(failure))
    return Outcome("PASS", time.monotonic() - start, closing=closing)


def report(gate: Gate, outcome: Outcome) -> None:
    """Print one line for the gate, then its closing line or, when it did not pass, its output."""
    print(f"{outcome.verdict}  {gate.name:<12} {outcome.seconds:6.1f} s", flush=True)
    if outcome.output:
        print("".join(f"    {line}\n" for line in outcome.output.splitlines()), end="", flush=True)
    elif outcome.closing:
        print(outcome.closing, flush=True)


def run_all(gates: Sequence[Gate], jobs: int, partial: bool) -> int:
    """Run ``gates``, ``jobs`` at a time; return the number of failed ones."""
    start = time.monotonic()
    outcomes: list[Outcome] = []
    pool = ThreadPoolExecutor(max_workers=jobs)
    try:
        futures = [pool.submit(attempt, gate, partial) for gate in gates]
        for gate, future in zip(gates, futures, strict=True):
            outcomes.append(future.result())
            report(gate, outcomes[-1])
    finally:
        pool.shutdown(cancel_futures=True)
    count = {verdict: sum(o.verdict == verdict for o in outcomes) for verdict in ("PASS", "FAIL", "SKIP")}
    summary = f"{len(gates)} gates: {count['PASS']} passed, {count['FAIL']} failed"
    if count["SKIP"]:
        summary += f", {count['SKIP']} skipped because their subject is not there"
    print(f"{summary}, {time.monotonic() - start:.0f} s", file=sys.stdout)
    return count["FAIL"]
