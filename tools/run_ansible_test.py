# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run ansible-test in a copy of what git has, with a home folder of its own inside the checkout.

ansible-test wants real files below ``ansible_collections/<namespace>/<name>``, leaves ``tests/output`` behind, and
keeps its virtual environments in ``~/.ansible/test``. It passes only HOME, PATH and LC_ALL to the pip that it starts,
so the settings that pip has here (index, certificates, cache) are written down in that home folder.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import sys
from pathlib import Path

from lay_tree import NAME, NAMESPACE
from pipeline import ROOT, GateFailure, command, environment

THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


def copy_of_checkout(folder: Path) -> Path:
    """Copy the files that git has or would add into a collection tree below ``folder``; return the collection root."""
    target = folder / "ansible_collections" / NAMESPACE / NAME
    listed = command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listed.split("\0")):
        source = ROOT / name
        if not source.is_symlink() and not source.exists():
            continue  # deleted, and git not told yet
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target / name, follow_symlinks=False)
    return target


def pip_settings() -> str:
    """Return the settings in force for pip (files and environment) as the text of one configuration file."""
    lines = ["[global]"]
    settings: dict[str, str] = {}
    for line in command(sys.executable, "-m", "pip", "config", "list").splitlines():
        match = re.fullmatch(r"(?:global|install|:env:)\.([a-z0-9-]+)=(.*)", line)
        if match:
            settings[match[1]] = str(ast.literal_eval(match[2]))
    cache = command(sys.executable, "-m", "pip", "cache", "dir").splitlines()
    if cache and Path(cache[-1]).is_absolute():
        settings.setdefault("cache-dir", cache[-1])
    settings["quiet"] = "2"  # a failed gate shows the findings, not what was installed before
    lines += [f"{key} = {text}".replace("\n", "\n    ") for key, text in settings.items()]
    return "\n".join(lines) + "\n"


def home_for(gate: str) -> Path:
    """Make the home folder of a gate: pip's settings and the stand-in for the get-pip script of this ansible-core."""
    home = ROOT / ".venvs" / f"home-{gate}"
    settings = home / ".config" / "pip" / "pip.conf"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.touch(mode=0o600)  # an index address may carry a password
    settings.write_text(pip_settings(), encoding="utf-8")

    import ansible_test._internal.python_requirements as requirements

    source = Path(requirements.__file__).read_text(encoding="utf-8")
    version = re.search(r"pip=.([0-9.]+)", source)
    if version is None:
        raise GateFailure(f"no pip version in {requirements.__file__}: tools/get_pip.py cannot stand in")
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    shutil.copy2(ROOT / "tools" / "get_pip.py", cache / f"get_pip_{version[1].replace('.', '_')}.py")
    return home


def ansible_test(gate: str, scratch: Path, *arguments: str) -> str:
    """Run ``ansible-test ARGUMENTS --python THIS`` in a fresh copy; return its output, raise GateFailure."""
    if (ROOT / "tests" / "sanity").is_dir() and list((ROOT / "tests" / "sanity").glob("ignore-*.txt")):
        raise GateFailure("tests/sanity has an ignore file; the collection passes without")
    env = environment(HOME=str(home_for(gate)))
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        env.pop(name, None)
    env["LC_ALL"] = os.environ.get("LC_ALL", "C.UTF-8")
    copy = copy_of_checkout(scratch)
    return command("ansible-test", *arguments, "--python", THIS_PYTHON, "--color", "no", cwd=copy, env=env)
