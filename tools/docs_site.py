# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build the documentation site: ``make docs``. Whatever Sphinx warns of is an error; nothing is downloaded."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from lay_tree import NAME, NAMESPACE, lay
from pipeline import ROOT, GateFailure, command
from proof_page import write

SETTINGS = ROOT / "docs" / "site"


def build_site(folder: Path) -> Path:
    """Build the site below ``folder`` and return its first page."""
    source, site = folder / "source", folder / "html"
    for place in (source, site):
        shutil.rmtree(place, ignore_errors=True)
    source.mkdir(parents=True)
    source.chmod(0o755)  # antsibull-docs wants no other writers
    options = ("--use-current", "--squash-hierarchy", "--fail-on-error", "--dest-dir", source)
    command("antsibull-docs", "collection", *options, f"{NAMESPACE}.{NAME}")
    for name in ("conf.py", "static"):
        if (SETTINGS / name).is_dir():
            shutil.copytree(SETTINGS / name, source / name)
        elif (SETTINGS / name).exists():
            shutil.copy2(SETTINGS / name, source / name)
    command("sphinx-build", "-q", "-b", "html", "-W", "--keep-going", "-j", "2", source, site)
    return site / "index.html"


def main() -> int:
    """Build it where the command line says, or in build/docs."""
    parser = argparse.ArgumentParser(prog="tools/docs_site.py", description="Build the documentation site.")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "build" / "docs", help="default: build/docs")
    lay(ROOT)
    write()
    try:
        print(build_site(parser.parse_args().folder.resolve()))
    except GateFailure as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
