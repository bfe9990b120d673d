# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lay the checkout out as ``collections/ansible_collections/winsec/ipsec``.

The last part is a real folder whose entries are links to the entries of the repository root: tools that resolve their
working folder still see ``ansible_collections/<namespace>/<name>``, which one link for the whole checkout would hide.
Only differences are changed, so a run that already uses the tree is not disturbed.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

NAMESPACE, NAME = "winsec", "ipsec"
ROOT = Path(__file__).resolve().parents[1]


def tree_of(root: Path) -> Path:
    """Return the collection's folder in the tree of the checkout ``root``."""
    return root / "collections" / "ansible_collections" / NAMESPACE / NAME


def wanted_entries(root: Path) -> dict[str, str]:
    """Return name -> link target for every entry of ``root`` that belongs to the collection (no dot files)."""
    names = (entry.name for entry in root.iterdir())
    relative = os.path.relpath(root, tree_of(root))
    return {name: f"{relative}/{name}" for name in names if not name.startswith(".") and name != "collections"}


def lay(root: Path) -> Path:
    """Make the tree of ``root`` agree with its entries and return the collection's folder."""
    tree = tree_of(root)
    if (tree / "MANIFEST.json").is_file():  # a copy that ansible-galaxy installed: ansible.cfg sends it here
        shutil.rmtree(tree)
    tree.mkdir(parents=True, exist_ok=True)
    wanted = wanted_entries(root)
    present = {entry.name: os.readlink(entry) for entry in tree.iterdir() if entry.is_symlink()}
    for name in present.keys() - wanted.keys():
        (tree / name).unlink(missing_ok=True)
    for name, target in wanted.items():
        if present.get(name) == target:
            continue
        # Under a passing name first: the entry is never absent for somebody who reads it meanwhile.
        passing = tree / f".{name}.{os.getpid()}"
        passing.symlink_to(target)
        passing.replace(tree / name)
    return tree


if __name__ == "__main__":
    lay(ROOT)
    sys.exit(0)
