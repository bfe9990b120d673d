# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A second checkout beside this one, in which a tool may do what it likes, and the collection as users install it."""

from __future__ import annotations

from pathlib import Path

from pipeline import ROOT, command, environment
from run_ansible_test import copy_of_checkout

SOMEBODY = ("-c", "user.name=Nobody", "-c", "user.email=nobody@example.com", "-c", "commit.gpgsign=false")


def second_checkout(folder: Path) -> Path:
    """Copy the tree below ``folder`` as a repository with one commit on ``main``; return its root.

    It has what is not committed here, and shares what is installed here.
    """
    copy = copy_of_checkout(folder)
    command("git", "init", "--quiet", "--initial-branch=main", cwd=copy)
    # Links are no folders, which is what .gitignore names.
    (copy / ".git" / "info" / "exclude").write_text("/.venv\n/.venvs\n", encoding="utf-8")
    for name in (".venv", ".venvs"):
        (ROOT / name).mkdir(exist_ok=True)
        (copy / name).symlink_to(ROOT / name)
    command("git", "add", "--all", cwd=copy)
    command("git", *SOMEBODY, "commit", "--quiet", "--no-verify", "--message=A copy", cwd=copy)
    return copy


def installed(tarball: Path, place: Path) -> dict[str, str]:
    """Install a tarball into the empty folder ``place``, which is made; return the environment that finds only that.

    Neither the checkout's tree nor its ansible.cfg counts there, if a command runs outside of the checkout.
    """
    place.mkdir()
    env = environment(ANSIBLE_COLLECTIONS_PATH=str(place))
    install = ("ansible-galaxy", "collection", "install", tarball, "-p", place, "--offline")
    command(*install, cwd=place.parent, env=env)
    return env
