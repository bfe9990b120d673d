# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection ansible.windows, to be measured beside ours: downloaded once, and only by ``make bench``."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / ".venvs" / "peer"
WANTED = "ansible_collections/ansible/windows/"


class NoPeer(Exception):
    """The collection could not be had; the message says why."""


def peer_collections() -> Path:
    """Return a folder for ANSIBLE_COLLECTIONS_PATH that holds ansible.windows. Raises NoPeer."""
    if not (KEPT / WANTED / "MANIFEST.json").is_file():
        with tempfile.TemporaryDirectory(prefix="bench-peer-") as scratch:
            _unpack(_download(Path(scratch)))
    return KEPT


def _download(folder: Path) -> Path:
    options = ("--quiet", "--no-deps", "--only-binary", ":all:", "--dest", folder)
    command = [sys.executable, "-m", "pip", "download", *options, "-r", ROOT / "requirements" / "peer.txt"]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NoPeer((done.stderr.strip().splitlines() or ["pip said nothing"])[-1])
    return next(iter(folder.glob("*.whl")))


def _unpack(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as package:
        names = [name for name in package.namelist() if name.startswith(WANTED)]
        # The manifest tells that all is there.
        for name in sorted(names, key=lambda name: name.endswith("MANIFEST.json")):
            package.extract(name, KEPT)
