# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the project says about itself is so: every path, command, target, gate and name that its documents mention."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools"))

from gates import SHIPPED, all_gates  # noqa: E402 (the tools are scripts, not a package)

DOCUMENTS = ("README.md", "CONTRIBUTING.md", "SECURITY.md", ".github/pull_request_template.md", "tests/lab/README.md")
PROSE = (*DOCUMENTS[:3], ".github/pull_request_template.md")
FORMS = sorted(path for path in (ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml")
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
# What make and the tools lay down, and places outside the repository.
MADE = ("build", ".venv", ".venvs", "collections")
PATH = re.compile(r"[\w.-]*(?:/[\w.*-]+)+/?|[\w-]+\.(?:md|yml|yaml|toml|cfg|py)|Makefile|COPYING")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def code_in(text: str) -> Iterator[str]:
    """Yield what a document shows as code: words between backticks, and the commands of console blocks."""
    console = re.findall(r"^```console\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    for block in console:
        yield from (line.removeprefix("$ ").partition("  ")[0] for line in block.splitlines() if line[:2] == "$ ")
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))


def paths_in(text: str) -> set[str]:
    """Return the paths that a document names, as code or as the target of a link."""
    found = {word for code in code_in(text) for word in code.split() if PATH.fullmatch(word)}
    found |= {link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link}
    return {path for path in found if path and path.split("/")[0] not in MADE}


def targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", text_of("Makefile"), re.MULTILINE))


@pytest.mark.parametrize("name", PROSE)
def test_every_path_is_there(name: str) -> None:
    home = (ROOT / name).parent
    missing = [path for path in paths_in(text_of(name)) if not any(_there(base, path) for base in (ROOT, home))]
    assert missing == []


def _there(base: Path, path: str) -> bool:
    return (base / path).exists() or ("*" in path and bool(list(base.glob(path))))


def test_every_test_that_a_document_names_is_there() -> None:
    named = [code for name in DOCUMENTS for code in code_in(text_of(name)) if "::" in code]
    assert len(named) >= 15
    assert [code for code in named if not _defined(code)] == []
    assert not _defined("tests/unit/docs/test_project_files.py::test_nothing")


def _defined(code: str) -> bool:
    path, _colons, test = code.partition("::")
    return (ROOT / path).is_file() and f"\ndef {test}(" in text_of(path)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_make_target_is_there(name: str) -> None:
    named = {word for code in code_in(text_of(name)) for word in re.findall(r"\bmake ([a-z-]+)", code)}
    assert named <= targets()


def test_every_make_target_runs_what_is_there() -> None:
    named = set(re.findall(r"(?:\s|@)((?:tools|tests|extensions)/[\w./-]+)", text_of("Makefile")))
    assert "tools/prove_gates.py" in named
    assert [path for path in named if path != "tests/output" and not (ROOT / path).exists()] == []


@pytest.mark.parametrize("name", PROSE)
def test_every_command_runs_what_is_there(name: str) -> None:
    gates = {gate.name for gate in all_gates()}
    for code in code_in(text_of(name)):
        program, *arguments = code.split()
        if program.startswith("tools/") and arguments:
            assert os.access(ROOT / program, os.X_OK), code
        if program == "tools/check":
            assert {word for word in arguments if word[0] != "-"} <= gates, code
        for script in re.findall(r"python (\S+\.py)", code):
            assert (ROOT / script).is_file(), code


def test_contributing_names_what_its_walk_goes_through() -> None:
    """Each file of the walk has the option of the example, or the word that stands for it there."""
    walk = text_of("CONTRIBUTING.md").partition("## Add an option, end to end")[2].partition("\n## ")[0]
    plain = walk.partition("\n3. ")[2].partition("\n5. ")[0]
    assert len({path for path in paths_in(plain) if path.startswith(("plugins/", "docs/"))}) == 8
    files = {path for path in paths_in(walk) if Path(path).suffix and (ROOT / path).is_file()}
    exceptions = {"operations.py", "guide_proof.rst"}
    without = [path for path in files if not re.search(r"perfect_forward_secrecy|pfs\b|PFS", text_of(path))]
    assert {Path(path).name for path in without} <= exceptions
    assert len(files) >= 20
    names = {"NEGOTIATE_OPTIONS", "_refuse_beside", "quick_mode_pfs", "_filter_action", "Terms", "FILTER_ACTION"}
    assert names <= set(code_in(walk))
    everything = "".join(map(text_of, files))
    assert [name for name in names if not re.search(rf"(?:def |class |^){name}\b", everything, re.MULTILINE)] == []


def test_the_version_is_the_same_everywhere() -> None:
    version = yaml.safe_load(text_of("galaxy.yml"))["version"]
    readme = text_of("README.md")
    assert re.findall(r"winsec-ipsec-([\d.]+)\.tar\.gz", readme) == [version]
    assert re.findall(r"\*\*Status:\*\* (\d+\.\d+\.\d+)", readme) == [version]


def test_a_tarball_carries_what_the_release_expects() -> None:
    """Whatever stands at the top of the repository is shipped or ignored on purpose."""
    ignored = set(yaml.safe_load(text_of("galaxy.yml"))["build_ignore"])
    top = {entry.name for entry in ROOT.iterdir() if not entry.name.startswith(".")}
    generated = {"MANIFEST.json", "FILES.json", "galaxy.yml"}
    assert top - ignored - generated - {path.name for path in ROOT.glob("*.tar.gz")} == SHIPPED - generated
    assert [name for name in ignored if not name.startswith(".") and name not in MADE and not _there(ROOT, name)] == []


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_forms_of_issues(path: Path) -> None:
    form = yaml.safe_load(path.read_text())
    assert {"name", "description", "body"} <= form.keys()
    fields = [item for item in form["body"] if item["type"] != "markdown"]
    identifiers = [item["id"] for item in fields]
    assert len(set(identifiers)) == len(identifiers)
    assert all(re.fullmatch(r"[\w-]+", identifier) for identifier in identifiers)
    for item in form["body"]:
        assert item["type"] in {"markdown", "input", "textarea", "dropdown", "checkboxes"}
        attributes: dict[str, Any] = item["attributes"]
        assert "value" in attributes if item["type"] == "markdown" else attributes["label"]
        assert item["type"] not in {"dropdown", "checkboxes"} or attributes["options"]
    assert any(item.get("validations", {}).get("required") for item in fields)


def test_a_bug_asks_for_what_is_needed() -> None:
    asked = {item.get("id") for item in yaml.safe_load(text_of(".github/ISSUE_TEMPLATE/bug.yml"))["body"]}
    assert {"windows", "netsh", "policies_info"} <= asked
    assert {path.stem for path in FORMS} == {"bug", "windows", "feature"}


def test_hooks_are_our_own_tools() -> None:
    gates = {gate.name for gate in all_gates()}
    assert [each["repo"] for each in HOOKS] == ["local"]
    for hook in HOOKS[0]["hooks"]:
        program, *arguments = hook["entry"].split()
        assert hook["language"] == "system"
        if program == "tools/check":
            assert set(arguments) <= gates
        else:
            assert (ROOT / arguments[0]).is_file()
    entries = " ".join(hook["entry"] for hook in HOOKS[0]["hooks"])
    assert {"ruff", "format", "mypy", "tools/fragment.py"} <= set(entries.split())


def test_what_is_not_there_is_found() -> None:
    text = (
        "See `tools/nothing.py`, [that](docs/none.rst) and `build/x/y`.\n\n```console\n$ make nonsense  # words\n```\n"
    )
    assert paths_in(text) == {"tools/nothing.py", "docs/none.rst"}
    assert "make nonsense" in set(code_in(text))
