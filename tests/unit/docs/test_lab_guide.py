# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide on the lab shows what is played: files of the example, commands that there are, a test that passes."""

from __future__ import annotations

import re
import shlex
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml
from guides import rst_blocks

from winlab.__main__ import main, read_spec

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = ROOT / "tests/lab/example"
GUIDE = (ROOT / "docs/docsite/rst/guide_lab.rst").read_text(encoding="utf-8")
SHOWN = [block.strip("\n") for block in rst_blocks(GUIDE)]
FILES = {path.relative_to(EXAMPLE).as_posix(): path.read_text(encoding="utf-8") for path in EXAMPLE.rglob("*.yml")}


def blocks(kind: str) -> list[str]:
    found = re.findall(rf"^\.\. code-block:: {kind}\n((?:   .*\n|\n)+)", GUIDE, re.MULTILINE)
    return [textwrap.dedent(text).strip() for text in found]


def commands() -> list[list[str]]:
    return [shlex.split(line[2:]) for block in blocks("console") for line in block.splitlines() if line[:2] == "$ "]


def holds(text: str, block: str) -> bool:
    """Whether a file has the lines of a block one after the other, further in or not."""
    depths = {len(line) - len(line.lstrip()) for line in text.splitlines()}
    return any(textwrap.indent(block, " " * depth) in text for depth in depths)


@pytest.mark.parametrize("number", range(len(SHOWN)))
def test_what_is_shown_is_what_molecule_plays(number: int) -> None:
    assert [name for name, text in FILES.items() if holds(text, SHOWN[number])]
    assert not holds("".join(FILES.values()), SHOWN[number].replace(": ", ":  ", 1))


def test_enough_is_shown() -> None:
    assert len(SHOWN) >= 5
    assert {"winlab", "ansible-playbook", "molecule", "pip"} <= {words[0] for words in commands()}


def test_the_commands_are_there(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    known = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    used = set(re.findall(r"``winlab (--[a-z-]+)", GUIDE))
    used |= {word.partition("=")[0] for words in commands() if words[0] == "winlab" for word in words[1:]}
    assert {"--spec", "--inventory", "--state-dir", "--data-plane"} <= used <= known
    paths = [word for words in commands() if words[:2] == ["pip", "install"] for word in words[2:]]
    assert paths
    assert all((ROOT / path / "pyproject.toml").is_file() for path in paths)
    files = [word.partition("=")[2] for words in commands() for word in words if word.startswith("--spec=")]
    assert files
    assert all(read_spec(EXAMPLE / path).hosts for path in files)


def test_what_the_guide_calls_the_example_s_is_there() -> None:
    tasks = yaml.safe_load(FILES["protect.yml"])
    assert tasks[0]["roles"][0]["role"] == "protected_database"
    assert (EXAMPLE / "roles/protected_database").is_dir()
    for name in ("create.yml", "converge.yml", "verify.yml", "destroy.yml"):
        assert f"``{name}``" in GUIDE
        assert f"molecule/default/{name}" in FILES


def test_the_test_in_python_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = blocks("python")
    names: dict[str, Any] = {}
    exec(compile(code, "guide_lab.rst", "exec"), names)
    (test,) = [value for name, value in names.items() if name.startswith("test_")]
    monkeypatch.chdir(EXAMPLE)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")
    monkeypatch.setenv("ANSIBLE_COLLECTIONS_PATH", str(ROOT / "collections"))
    monkeypatch.setenv("ANSIBLE_LOCAL_TEMP", str(tmp_path))
    test(tmp_path)
