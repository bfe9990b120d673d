# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The check pipeline itself: a gate that finds something fails the run, and the linked tree follows the checkout."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools"))

from gates import all_gates, expect  # noqa: E402 (the tools are scripts, not a package)
from lab_gates import LAB, kept_in, lab  # noqa: E402
from lay_tree import lay, tree_of  # noqa: E402
from pipeline import Gate, GateFailure, attempt, command, run_all  # noqa: E402
from unit_gates import COUNTED, ONCE, PLAYED, closing_line, counted_files, further_files, played_files  # noqa: E402


def passing(_scratch: Path) -> str:
    return "all is well"


def failing(_scratch: Path) -> str:
    return command(sys.executable, "-c", "print('the finding'); raise SystemExit(3)")


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_failed_gate_fails_the_run_and_shows_its_output(jobs: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_all([Gate("first", failing), Gate("second", passing)], jobs, partial=False) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("FAIL  first")
    assert "    the finding" in lines
    assert "    (exit code 3)" in lines
    assert lines[-2] == "all is well"
    assert lines[-1].startswith("2 gates: 1 passed, 1 failed, ")


@pytest.mark.parametrize(("partial", "verdict"), [(False, "FAIL"), (True, "SKIP")])
def test_a_missing_subject_is_skipped_only_on_request(partial: bool, verdict: str) -> None:
    outcome = attempt(Gate("gate", passing, ("galaxy.yml", "no/such/folder")), partial)
    assert outcome.verdict == verdict
    assert outcome.output == "not there: no/such/folder"


def test_a_program_gets_no_input_and_no_settings_of_ansible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANSIBLE_STRATEGY", "free")
    code = "import os, sys; print(repr(sys.stdin.read()), 'ANSIBLE_STRATEGY' in os.environ)"
    assert command(sys.executable, "-c", code) == "'' False\n"


@pytest.mark.parametrize(
    ("output", "line"),
    [
        ("..  [100%]\n2 passed in 0.10s\n", "2 passed in 0.10s"),
        ("===== 2 passed, 1 skipped in 61.00s (0:01:01) =====\n", "2 passed, 1 skipped in 61.00s (0:01:01)"),
    ],
)
def test_closing_line(output: str, line: str) -> None:
    assert closing_line(output) == line


@pytest.mark.parametrize("output", ["", "no tests ran in 0.01s\n", "3 skipped in 0.01s\n"])
def test_a_run_without_a_passed_test_is_a_failure(output: str) -> None:
    with pytest.raises(GateFailure, match="no test passed"):
        closing_line(output)


def test_expect_compares_names() -> None:
    assert expect("role", {"backend"}, {"backend"}) == "1 role"
    with pytest.raises(GateFailure, match="frontend"):
        expect("role", {"backend", "frontend"}, {"backend"})


@pytest.mark.parametrize(
    "output",
    ["", "Contracts: 0 kept, 0 broken.\n", "Contracts: 3 kept, 1 broken.\n", "Contracts: 13 kept, 10 broken.\n"],
)
def test_a_run_without_a_kept_contract_is_a_failure(output: str) -> None:
    assert kept_in("Contracts: 12 kept, 0 broken.\n") == "12 contracts"
    with pytest.raises(GateFailure, match="no contract was kept"):
        kept_in(output)


def test_every_gate_has_its_own_name() -> None:
    names = [gate.name for gate in all_gates()]
    assert len(names) == len(set(names))
    assert {"ruff", "mypy", "pytest", "sanity", "units", "build", "molecule"} <= set(names)


def test_every_test_runs_in_one_of_two_gates() -> None:
    everything = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests/unit").rglob("test_*.py")}
    assert set(counted_files()) | set(played_files()) == everything
    assert not set(counted_files()) & set(played_files())
    assert set(further_files()) <= everything
    assert all((ROOT / path).exists() for path in (*PLAYED, *COUNTED, *ONCE))


def test_the_tests_of_the_lab_are_another_gates() -> None:
    assert list((ROOT / LAB / "tests").glob("test_*.py"))
    assert not [path for path in (*counted_files(), *played_files(), *further_files()) if path.startswith(LAB)]
    assert [gate.name for gate in all_gates() if gate.run is lab] == ["lab"]


def test_tree_follows_the_checkout(tmp_path: Path) -> None:
    for name in ("plugins", "roles", "collections", ".venv"):
        (tmp_path / name).mkdir()
    (tmp_path / "galaxy.yml").write_text("name: ipsec\n", encoding="utf-8")
    tree = lay(tmp_path)
    assert tree == tree_of(tmp_path)
    assert sorted(os.listdir(tree)) == ["galaxy.yml", "plugins", "roles"]
    assert (tree / "galaxy.yml").read_text(encoding="utf-8") == "name: ipsec\n"

    (tmp_path / "roles").rmdir()
    (tmp_path / "docs").mkdir()
    lay(tmp_path)
    assert sorted(os.listdir(tree)) == ["docs", "galaxy.yml", "plugins"]
    assert all(entry.exists() for entry in tree.iterdir())


def test_an_installed_copy_gives_way_to_the_checkout(tmp_path: Path) -> None:
    """``ansible-galaxy collection install`` in a checkout installs there, because ansible.cfg says so."""
    (tmp_path / "plugins").mkdir()
    installed = tree_of(tmp_path)
    (installed / "plugins").mkdir(parents=True)
    (installed / "MANIFEST.json").touch()
    assert lay(tmp_path) == installed
    assert sorted(os.listdir(installed)) == ["plugins"]
    assert (installed / "plugins").is_symlink()
