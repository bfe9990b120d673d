# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every gate has a breakage that fits the tree; a run on a broken tree proves its gate for the right reason only."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools"))

from breakages import BREAKAGES, Breakage, Edit, breakages_of  # noqa: E402 (the tools are scripts, not a package)
from gates import all_gates  # noqa: E402
from prove_gates import WITNESSES, objection, verdicts  # noqa: E402

pytestmark = pytest.mark.slow

NAMES = [gate.name for gate in all_gates()]


@pytest.mark.parametrize("name", NAMES)
def test_every_gate_can_be_broken(name: str) -> None:
    assert breakages_of(name)


def test_every_breakage_is_meant_for_a_gate() -> None:
    # A machine without further Pythons has no gate for them.
    assert {breakage.gate for breakage in BREAKAGES} - set(NAMES) <= {"units-*"}
    assert set(WITNESSES) < set(NAMES)


@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda breakage: f"{breakage.gate}: {breakage.what}")
def test_a_breakage_changes_the_tree_as_it_is(breakage: Breakage, tmp_path: Path) -> None:
    for edit in breakage.edits:
        source, target = ROOT / edit.path, tmp_path / edit.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() and source.exists():
            shutil.copy(source, target)
        before = target.read_bytes() if target.exists() else b""
        edit.apply(tmp_path)
        assert target.read_bytes() != before


@pytest.mark.parametrize("content", ["", "a b\n", "x x\n"])
def test_a_breakage_that_does_not_fit_is_an_error(content: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match="not once"):
        Edit("file", "y", "x").apply(tmp_path)


RED = """\
PASS  ruff            0.1 s
FAIL  build          12.0 s
    role: the checkout has ['backend'], ansible-doc shows []
    (exit code 1)
PASS  units-3.12      1.0 s
3 gates: 2 passed, 1 failed, 13 s
"""


def test_a_red_gate_with_the_right_words_is_proven() -> None:
    assert verdicts(RED) == {"ruff": "PASS", "build": "FAIL", "units-3.12": "PASS"}
    assert objection("build", "ansible-doc shows []", 1, RED) == ""


@pytest.mark.parametrize(
    ("gate", "said", "status", "output", "words"),
    [
        ("build", "ansible-doc shows []", 0, RED, "without an error"),
        ("build", "no such role", 1, RED, "another reason"),
        ("ruff", "ansible-doc shows []", 1, RED, "green"),
        ("mypy", "ansible-doc shows []", 1, RED, "did not run"),
        ("build", "ansible-doc shows []", 1, RED.replace("PASS  ruff", "FAIL  ruff"), "not alone: ruff"),
        ("build", "ansible-doc shows []", 1, RED.replace("PASS  ruff", "SKIP  ruff"), "not alone: ruff"),
    ],
)
def test_anything_else_is_not(gate: str, said: str, status: int, output: str, words: str) -> None:
    assert words in objection(gate, said, status, output)


def test_a_gate_is_seen_to_fail_in_a_copy() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "prove_gates.py", "ruff"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    first, last = done.stdout.splitlines()
    assert first.startswith("red as it should be: ruff: an import that nothing uses")
    assert last == "1 gates, 0 not proven"
    assert not (ROOT / "tools" / "broken.py").exists()
