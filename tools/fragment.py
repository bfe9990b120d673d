# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask for a changelog fragment when what is shipped changes, on this branch or in what is staged: a hook of pre-commit.

Needs nothing but git and a Python, so that the hook works before anything is installed.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable

SHIPPED = ("plugins/", "roles/", "playbooks/", "meta/runtime.yml")
FRAGMENTS = "changelogs/fragments/"
BRANCH = "main"


def without_fragment(changed: Iterable[str]) -> list[str]:
    """Return what is shipped among the changed paths when no fragment is among them."""
    paths = sorted(set(changed))
    if any(path.startswith(FRAGMENTS) for path in paths):
        return []
    return [path for path in paths if path.startswith(SHIPPED)]


def changed_paths() -> list[str]:
    """Return what the branch changed since it left main, and what is staged."""
    staged = git("diff", "--cached", "--name-only", "-z")
    since = git("merge-base", BRANCH, "HEAD").strip()
    committed = git("diff", "--name-only", "-z", since, "HEAD") if since else ""
    return [path for path in (staged + committed).split("\0") if path]


def git(*arguments: str) -> str:
    """Return what git prints; nothing where there is no such branch or no commit yet."""
    done = subprocess.run(["git", *arguments], capture_output=True, encoding="utf-8", check=False)
    return done.stdout if done.returncode == 0 else ""


def main() -> int:
    """Print what is missing."""
    if missing := without_fragment(changed_paths()):
        print(f"No file in {FRAGMENTS} tells of this change of {', '.join(missing)}.")
        print("Add one: what a user sees in a section of changelogs/config.yaml, what nobody sees under trivial.")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
