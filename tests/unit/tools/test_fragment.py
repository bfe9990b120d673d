# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hook that asks for a changelog fragment: on a branch and in what is staged, and for what is shipped only."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "tools" / "fragment.py"


def git(repository: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Nobody", "-c", "user.email=nobody@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=repository, check=True, capture_output=True)


def change(repository: Path, *paths: str) -> None:
    for path in paths:
        (repository / path).parent.mkdir(parents=True, exist_ok=True)
        (repository / path).write_text("new\n", encoding="utf-8")
    git(repository, "add", "--all")


def asked(repository: Path) -> str:
    done = subprocess.run([sys.executable, SCRIPT], cwd=repository, capture_output=True, text=True, check=False)
    assert bool(done.returncode) is bool(done.stdout), done.stderr
    return done.stdout


@pytest.fixture(name="repository")
def fixture_repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--initial-branch=main")
    change(tmp_path, "README.md")
    git(tmp_path, "commit", "--message=first")
    return tmp_path


@pytest.mark.parametrize("path", ["plugins/action/a.py", "roles/b/tasks/main.yml", "playbooks/c.yml"])
def test_a_staged_change_of_what_is_shipped_needs_one(repository: Path, path: str) -> None:
    change(repository, path)
    assert path in asked(repository)
    change(repository, "changelogs/fragments/a.yml")
    assert asked(repository) == ""


@pytest.mark.parametrize("path", ["README.md", "tests/unit/test_a.py", "tools/plugins/a.py", "changelogs/config.yaml"])
def test_other_changes_need_none(repository: Path, path: str) -> None:
    change(repository, path)
    assert asked(repository) == ""


def test_commits_of_the_branch_count(repository: Path) -> None:
    git(repository, "checkout", "-b", "topic")
    change(repository, "plugins/a.py")
    git(repository, "commit", "--message=second")
    assert "plugins/a.py" in asked(repository)
    change(repository, "changelogs/fragments/a.yml")
    git(repository, "commit", "--message=third")
    change(repository, "plugins/b.py")
    assert asked(repository) == ""


def test_a_repository_without_a_commit_is_asked_for_what_is_staged(tmp_path: Path) -> None:
    git(tmp_path, "init", "--initial-branch=main")
    change(tmp_path, "plugins/a.py")
    assert "plugins/a.py" in asked(tmp_path)
