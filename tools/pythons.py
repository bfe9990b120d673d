# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the further Pythons on which the unit tests run with the newest ansible-core."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

# Python 3.12 is the oldest that ansible-core 2.21 (requirements/newest.txt) runs on.
FURTHER = ("3.12", "3.13", "3.14")


def version_of(python: str | Path) -> str:
    """Return "3.12.1" for an interpreter that runs, else an empty text (a shim on PATH may run nothing)."""
    code = "import ensurepip, platform; print(platform.python_version())"
    try:
        done = subprocess.run(
            [str(python), "-c", code], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=30
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def sort_key(version: str) -> tuple[int, ...]:
    """Return the numbers of a version text, for comparison."""
    return tuple(int(number) for number in re.findall(r"\d+", version))


def further_pythons() -> dict[str, str]:
    """Return minor version -> interpreter for every one of FURTHER that PATH or pyenv has, newest patch first."""
    found: dict[str, str] = {}
    for minor in FURTHER:
        candidates = [shutil.which(f"python{minor}") or ""]
        root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
        candidates += [str(path) for path in root.glob(f"versions/{minor}*/bin/python3")]
        versions = {candidate: version_of(candidate) for candidate in candidates if candidate}
        fitting = [c for c, version in versions.items() if version.startswith(f"{minor}.")]
        if fitting:
            found[minor] = max(fitting, key=lambda candidate: sort_key(versions[candidate]))
    return found
