# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""See every gate fail: ``make prove-gates``, or some of them: ``make prove-gates ARGS="ruff build"``.

A copy of the tree is broken on purpose, one breakage of tools/breakages.py at a time, and ``tools/check`` run there on
the gate and on the witnesses: cheap gates that must stay green. A breakage proves its gate when the run ends with an
error, the gate and nothing else is red, and says what the breakage is about. The copy is mended before the next one.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from breakages import Breakage, breakages_of
from copies import second_checkout
from gates import all_gates
from pipeline import environment

WITNESSES = ("sizes", "ruff", "format", "changelog")
VERDICT = re.compile(r"^(PASS|FAIL|SKIP)  (\S+) +[\d.]+ s$")
LEFT_OUT = "left out: "
MOST_LINES = 60


def verdicts(output: str) -> dict[str, str]:
    """Return gate -> PASS, FAIL or SKIP from the lines of ``tools/check``."""
    matches = filter(None, map(VERDICT.match, output.splitlines()))
    return {match[2]: match[1] for match in matches}


def objection(gate: str, said: str, status: int, output: str) -> str:
    """Return why a run on a broken tree does not prove ``gate``; empty when it does."""
    found = verdicts(output)
    if found.get(gate) == "PASS":
        return "it stayed green"
    if found.get(gate) != "FAIL":
        return "it did not run"
    if others := sorted(name for name, verdict in found.items() if verdict != "PASS" and name != gate):
        return f"not alone: {', '.join(others)} too"
    if said not in output:
        return f"it is red for another reason: nothing says {said!r}"
    if status == 0:
        return "the run ended without an error all the same"
    return ""


def checked(copy: Path, names: list[str], breakage: Breakage | None = None) -> tuple[int, str]:
    """Run ``tools/check NAMES`` in the copy; return its exit code and its output."""
    env = environment(**(breakage.environment if breakage else {}))
    # The copy's own tools come from its link: ours would make the tree beside it importable as well.
    env.pop("VIRTUAL_ENV")
    done = subprocess.run(
        ["tools/check", "--jobs=1", *names],
        cwd=copy,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    return done.returncode, done.stdout


def broken(copy: Path, breakage: Breakage, names: list[str]) -> tuple[int, str]:
    """Break the copy, run the gates ``names`` there, and mend it again."""
    before = {path: path.read_bytes() if path.exists() else None for path in (copy / e.path for e in breakage.edits)}
    try:
        for edit in breakage.edits:
            edit.apply(copy)
        return checked(copy, names, breakage)
    finally:
        for path, content in before.items():
            if content is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(content)


def end_of(output: str) -> str:
    """Return the last lines of a long output."""
    return "\n".join(output.splitlines()[-MOST_LINES:])


def proven(copy: Path, gate: str) -> bool:
    """Try every breakage of a gate, print a line for each, and return whether all were noticed as they should be."""
    good = True
    chosen = breakages_of(gate)
    if not chosen:
        print(f"NOT PROVEN: {gate}: there is no breakage for it in tools/breakages.py", flush=True)
    for breakage in chosen:
        start = time.monotonic()
        status, output = broken(copy, breakage, [*(name for name in WITNESSES if name != gate), gate])
        seconds = f"({time.monotonic() - start:.0f} s)"
        if left_out := re.search(rf"^{LEFT_OUT}.*", output, re.MULTILINE):
            print(f"not to be proven here: {gate}: {left_out[0]} {seconds}", flush=True)
        elif wrong := objection(gate, breakage.said, status, output):
            print(f"NOT PROVEN: {gate}: {breakage.what}: {wrong} {seconds}\n{end_of(output)}", flush=True)
            good = False
        else:
            print(f"red as it should be: {gate}: {breakage.what} {seconds}", flush=True)
    return good and bool(chosen)


def main() -> int:
    """Prove the gates named on the command line, or all of them."""
    names = [gate.name for gate in all_gates()]
    parser = argparse.ArgumentParser(prog="tools/prove_gates.py", description="See every gate fail.")
    parser.add_argument("gates", nargs="*", metavar="GATE", help=f"one of: {', '.join(names)} (default: all)")
    chosen = parser.parse_args().gates or names
    if unknown := set(chosen) - set(names):
        parser.error(f"no such gate: {', '.join(sorted(unknown))}; there are: {', '.join(names)}")
    with tempfile.TemporaryDirectory(prefix="winsec-ipsec-") as folder:
        copy = second_checkout(Path(folder))
        status, output = checked(copy, list(WITNESSES))
        if status or set(verdicts(output).values()) != {"PASS"}:
            print(f"The tree does not pass unbroken:\n{output}")
            return 1
        failed = [name for name in names if name in chosen and not proven(copy, name)]
    print(f"{len(chosen)} gates, {len(failed)} not proven{': ' if failed else ''}{', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
