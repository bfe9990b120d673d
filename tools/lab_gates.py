# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gates of the lab, which is a project of its own in tests/lab: who imports whom, and that it works by itself."""

from __future__ import annotations

import functools
import hashlib
import os
import re
import shutil
import tempfile
import threading
import tomllib
from pathlib import Path

from pipeline import ROOT, GateFailure, command, environment
from run_ansible_test import copy_of_checkout
from unit_gates import closing_line

LAB = "tests/lab"
PROJECTS = (".", LAB)
"""Where a pyproject.toml may have contracts about imports."""
# Gates run side by side.
_INSTALLING = threading.Lock()


def contracts(_scratch: Path) -> str:
    """Who may import whom, in every project that says so: the contracts in its pyproject.toml."""
    kept = []
    for folder in PROJECTS:
        settings = tomllib.loads((ROOT / folder / "pyproject.toml").read_text(encoding="utf-8"))
        if "importlinter" not in settings.get("tool", {}):
            continue
        env = environment(PYTHONPATH=os.pathsep.join(str(ROOT / each) for each in ("collections", LAB)))
        linter = ("lint-imports", "pyproject.toml", "--no-cache", "--no-logo")
        kept.append(f"{folder}: {kept_in(command(*linter, cwd=ROOT / folder, env=env))}")
    return "; ".join(kept)


def kept_in(output: str) -> str:
    """Return how many contracts were kept; a run without any is a failure."""
    found = re.search(r"^Contracts: ([1-9]\d*) kept, 0 broken", output, re.MULTILINE)
    if found is None:
        raise GateFailure(f"no contract was kept:\n{output}")
    return f"{found[1]} contracts"


def lab(scratch: Path) -> str:
    """The lab where nothing else of ours is: it can be installed, its program runs, its own tests pass."""
    python = installed()
    # What is not installed beside it cannot be used by accident.
    found = command(python, "-c", "import importlib.util as i; print(i.find_spec('ansible'))", cwd=scratch).strip()
    if found != "None":
        raise GateFailure(f"the lab is installed beside Ansible: {found}")
    usage = command(python.with_name("winlab"), "--help", cwd=scratch)
    if "--inventory" not in usage:
        raise GateFailure(f"winlab --help says nothing of an inventory:\n{usage}")
    source = copy_of_checkout(scratch / "source") / LAB
    # Without the code: the tests can only find what was installed.
    shutil.rmtree(source / "winlab")
    return closing_line(command(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=source))


def example(scratch: Path) -> None:
    """The lab's example with molecule, outside of the checkout, as a user plays it: with the installed command."""
    (scratch / "bin").mkdir(parents=True)
    (scratch / "bin" / "winlab").symlink_to(installed().with_name("winlab"))
    project = shutil.copytree(ROOT / LAB / "example", scratch / "project")
    env = environment(MOLECULE_EPHEMERAL_DIRECTORY=str(scratch / "state"))
    env["PATH"] = f"{scratch / 'bin'}{os.pathsep}{env['PATH']}"
    command("molecule", "test", cwd=project, env=env)


def installed() -> Path:
    """Return the interpreter of an environment in which the lab is installed as it is here, once in a run."""
    with _INSTALLING:
        return _installed()


@functools.cache
def _installed() -> Path:
    """Install the lab into an environment of its own.

    What it needs is installed as a user would, at our versions, and anew when either changes. The lab itself is
    installed each time, without asking an index.
    """
    with tempfile.TemporaryDirectory(prefix="winsec-ipsec-") as folder:
        # From a copy: an installation leaves files beside its source.
        return _installed_from(copy_of_checkout(Path(folder)) / LAB)


def _installed_from(source: Path) -> Path:
    venv, pins = ROOT / ".venvs" / "lab", ROOT / "requirements" / "dev.txt"
    python, stamp = venv / "bin" / "python", venv / ".installed"
    wanted = hashlib.sha256((source / "pyproject.toml").read_bytes() + pins.read_bytes()).hexdigest()
    install = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
        command("python", "-m", "venv", "--clear", venv)
        command(*install, "-c", pins, f"{source}[tests]")
        command(*install, "setuptools>=77")
        stamp.write_text(wanted, encoding="utf-8")
    command(*install, "--no-deps", "--no-build-isolation", "--force-reinstall", source)
    return python
