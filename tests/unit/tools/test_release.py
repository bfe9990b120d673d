# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A release: what is refused, where the version goes, and one that is really made, in a second checkout."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools"))

import release  # noqa: E402 (the tools are scripts, not a package)
from copies import SOMEBODY, second_checkout  # noqa: E402
from release import Refused  # noqa: E402

pytestmark = pytest.mark.slow

README = "**Status:** 0.1.0, not released. Proven.\n\n$ ansible-galaxy collection install winsec-ipsec-0.1.0.tar.gz\n"
GUIDE = "install winsec-ipsec-0.1.0.tar.gz on ansible-core 2.19.0\n"


def write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8")


def git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *SOMEBODY, *arguments], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout


@pytest.fixture(name="tree")
def fixture_tree(tmp_path: Path) -> Path:
    """A small collection with a changelog, in a repository with one commit on main."""
    write(tmp_path, "galaxy.yml", "---\nnamespace: winsec\nversion: 0.1.0\nname: ipsec\n")
    write(tmp_path, "README.md", README)
    write(tmp_path, "docs/docsite/rst/guide_a.rst", GUIDE)
    write(tmp_path, "plugins/modules/a.py", 'DOCUMENTATION = """\nversion_added: 1.2.0\n"""\n')
    write(tmp_path, "changelogs/changelog.yaml", "releases:\n  1.9.0: {}\n  1.10.0: {}\n")
    git(tmp_path, "init", "--initial-branch=main")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--message=first")
    return tmp_path


@pytest.mark.parametrize("version", ["1", "1.2", "1.2.3.4", "v1.2.3", "01.2.3", "1.2.3-rc1", "1.2.x", "", "1.2.3\n"])
def test_what_is_no_version(version: str) -> None:
    with pytest.raises(Refused, match="no version of a release"):
        release.numbers(version)


@pytest.mark.parametrize("version", ["1.10.0", "1.9.9", "0.9.0", "1.2.0"])
def test_an_older_version_is_refused(version: str, tree: Path) -> None:
    with pytest.raises(Refused, match=r"not newer than 1\.10\.0"):
        release.check_version(version, tree)


def test_a_newer_one_is_not(tree: Path) -> None:
    for version in ("1.10.1", "1.11.0", "2.0.0"):
        release.check_version(version, tree)


@pytest.mark.parametrize("path", ["plugins/filter/b.yml", "plugins/modules/b.py", "roles/b/meta/argument_specs.yml"])
def test_a_version_older_than_what_it_ships_is_refused(path: str, tree: Path) -> None:
    write(tree, path, "options:\n  a:\n    version_added: '1.12.0'\n")
    release.check_version("1.12.0", tree)
    with pytest.raises(Refused, match=rf"{path}: 1\.12\.0"):
        release.check_version("1.11.0", tree)


def test_without_a_changelog_the_first_one_is_newer(tree: Path) -> None:
    (tree / "changelogs/changelog.yaml").unlink()
    release.check_version("1.2.0", tree)
    assert release.upcoming(tree) == "0.1.0"


def test_after_a_release_the_next_one_is_tried(tree: Path) -> None:
    write(tree, "galaxy.yml", "version: 1.10.0\n")
    assert release.upcoming(tree) == "1.11.0"


@pytest.mark.parametrize(
    ("fragments", "words"),
    [
        ({}, "release_summary"),
        ({"a": "minor_changes: [Something.]\n"}, "release_summary"),
        ({"a": "release_summary: Words.\n"}, "no change"),
        ({"a": "release_summary: Words.\n", "b": "trivial: [Inside.]\n"}, "no change"),
    ],
)
def test_nothing_to_release(fragments: dict[str, str], words: str, tree: Path) -> None:
    for name, text in fragments.items():
        write(tree, f"changelogs/fragments/{name}.yml", text)
    with pytest.raises(Refused, match=words):
        release.check_fragments(tree)


def test_fragments_of_a_release(tree: Path) -> None:
    write(tree, "changelogs/fragments/a.yml", "release_summary: Words.\n")
    write(tree, "changelogs/fragments/b.yaml", "bugfixes: [Something.]\n")
    release.check_fragments(tree)


def test_a_checkout_in_order(tree: Path) -> None:
    git(tree, "tag", "v1.10.0")
    release.check_checkout("1.11.0", tree)
    with pytest.raises(Refused, match=r"tag v1\.10\.0"):
        release.check_checkout("1.10.0", tree)


def test_changes_that_are_not_committed(tree: Path) -> None:
    write(tree, "new.py", "")
    with pytest.raises(Refused, match="1 paths"):
        release.check_checkout("1.11.0", tree)


def test_another_branch(tree: Path) -> None:
    git(tree, "checkout", "-b", "topic")
    with pytest.raises(Refused, match="this is topic"):
        release.check_checkout("1.11.0", tree)


def test_the_version_goes_where_it_is_mentioned(tree: Path) -> None:
    assert sorted(release.mention("1.11.0", tree)) == ["README.md", "docs/docsite/rst/guide_a.rst", "galaxy.yml"]
    assert yaml.safe_load((tree / "galaxy.yml").read_text())["version"] == "1.11.0"
    expected = README.replace("0.1.0, not released", "1.11.0").replace("0.1.0", "1.11.0")
    assert (tree / "README.md").read_text() == expected
    assert (tree / "docs/docsite/rst/guide_a.rst").read_text() == GUIDE.replace("0.1.0", "1.11.0")
    assert release.mention("1.11.0", tree) == []


@pytest.mark.parametrize("gone", ["**Status:** 0.1.0, not released.", "winsec-ipsec-0.1.0.tar.gz"])
def test_a_readme_that_does_not_mention_it_is_refused(gone: str, tree: Path) -> None:
    write(tree, "README.md", README.replace(gone, ""))
    with pytest.raises(Refused, match=r"README\.md has no place"):
        release.mention("1.11.0", tree)


def run(copy: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [".venv/bin/python", "tools/release.py", *arguments],
        cwd=copy,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def test_a_release_of_this_collection(tmp_path: Path) -> None:
    copy = second_checkout(tmp_path)
    write(copy, "changelogs/fragments/this-test.yml", "---\nminor_changes:\n  - A word from a test.\n")
    write(copy, "changelogs/fragments/zz-summary.yml", "---\nrelease_summary: A release from a test.\n")
    for other in (copy / "changelogs/fragments").glob("*.yml"):
        if other.stem != "zz-summary" and "release_summary" in yaml.safe_load(other.read_text()):
            other.unlink()

    status, output = run(copy, "99.0.0", "--really")
    assert status == 1
    assert "changes that are not committed" in output

    git(copy, "add", "--all")
    git(copy, "commit", "--message=second")
    status, output = run(copy, "0.0.1")
    assert status == 1
    assert "0.0.1" in output
    assert git(copy, "status", "--porcelain") == ""

    status, output = run(copy, "99.0.0", "--really")
    assert status == 0, output
    assert 'git tag --annotate v99.0.0 --message="winsec.ipsec 99.0.0"' in output
    assert (copy / "build/release/winsec-ipsec-99.0.0.tar.gz").is_file()
    assert not list((copy / "changelogs/fragments").glob("*.yml"))
    assert "A word from a test" in (copy / "CHANGELOG.md").read_text()
    assert "winsec-ipsec-99.0.0.tar.gz" in (copy / "README.md").read_text()
    changed = {line[3:].partition("/")[0] for line in git(copy, "status", "--porcelain").splitlines()}
    assert changed == {"CHANGELOG.md", "README.md", "changelogs", "galaxy.yml"}
    assert git(copy, "log", "--format=%s").split("\n")[0] == "second"
