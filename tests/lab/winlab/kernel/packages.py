# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian packages, downloaded and unpacked into a cache folder. Nothing is installed, and root is not needed.

The closure of dependencies is apt's own, as for an empty system; apt also checks what it downloads. The system's
package lists are used as they are: they must be there (`apt-get update`, the one step that needs root).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

PROGRAMS = ("apt-get", "dpkg-deb")


class Unavailable(Exception):
    """Something that the kernel data plane needs is not to be had here; the text names it and what to do."""


def cache_folder() -> Path:
    """Return the folder for what is kept between runs, outside of any checkout."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "winsec-ipsec-lab"


def _apt(archives: Path) -> list[str]:
    settings = {
        "Dir::Cache": archives.parent,
        "Dir::Cache::archives": archives,
        # An empty system: the answer must not depend on what is installed here.
        "Dir::State::status": os.devnull,
        # Locks of the system are for those that change it.
        "Debug::NoLocking": "1",
        "APT::Sandbox::User": "root",
        "APT::Install-Recommends": "false",
    }
    return ["apt-get", "-qq", *(word for name, value in settings.items() for word in ("-o", f"{name}={value}"))]


def closure(names: Iterable[str], archives: Path) -> dict[str, int]:
    """Return file names of packages and all that they need, with the bytes that are still to be downloaded.

    :raises Unavailable: without apt, or when its lists do not hold the packages.
    """
    for program in PROGRAMS:
        if shutil.which(program) is None:
            raise Unavailable(f"{program} is missing: the kernel data plane is built from Debian packages")
    wanted = tuple(names)
    (archives / "partial").mkdir(parents=True, exist_ok=True)
    # Only what is not in the folder yet is listed, so the whole is asked with an empty one.
    empty = archives.parent / "empty"
    (empty / "partial").mkdir(parents=True, exist_ok=True)
    done = _run([*_apt(empty), "--print-uris", "install", *wanted])
    if done.returncode:
        raise Unavailable(
            f"apt does not know all of {', '.join(wanted)}: run apt-get update as root once. It said: {_last(done)}"
        )
    files = {}
    for line in done.stdout.splitlines():
        _address, name, size, *_hash = line.split()
        files[name] = 0 if (archives / name).exists() else int(size)
    return files


def fetch(names: Sequence[str], archives: Path) -> list[Path]:
    """Download what is missing of packages and all that they need; return the files.

    :raises Unavailable: when apt cannot.
    """
    files = closure(names, archives)
    if any(files.values()):
        done = _run([*_apt(archives), "--download-only", "install", *names])
        missing = [name for name in files if not (archives / name).exists()]
        if missing:
            raise Unavailable(f"{len(missing)} of {len(files)} packages could not be downloaded: {_last(done)}")
    return [archives / name for name in files]


def unpack(files: Iterable[Path], folder: Path) -> None:
    """Unpack packages into a folder, with the directories of a merged /usr: dpkg-deb would follow no links."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        subprocess.run(["dpkg-deb", "--extract", file, folder], check=True, stdin=subprocess.DEVNULL)


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def _last(done: subprocess.CompletedProcess[str]) -> str:
    lines = (done.stderr + done.stdout).strip().splitlines()
    return lines[-1] if lines else f"code {done.returncode}"
