# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make a release: ``make release`` tries it in a copy, ``make release ARGS="VERSION --really"`` does it here.

The version goes where it is mentioned, the fragments go into the changelog, the tarball is built from what git has and
looked into (the gate ``build`` also installs it). What can be undone by git is done; the commit, the tag and the upload
are left to a person, with their commands shown. Trying is the same run, in a second checkout.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml
from copies import second_checkout
from gates import tarball_in
from pipeline import ROOT, GateFailure, command

BRANCH = "main"
NUMBERS = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
# Where a version is mentioned, and what stands around it.
MENTIONS = {
    "galaxy.yml": (r"(?m)^(version: )\S+()$",),
    "README.md": (
        r"(\*\*Status:\*\* )\d+\.\d+\.\d+(?:, not released)?(\. )",
        r"(winsec-ipsec-)\d+\.\d+\.\d+(\.tar\.gz)",
    ),
}
GUIDES = r"(winsec-ipsec-)\d+\.\d+\.\d+(\.tar\.gz)"


class Refused(Exception):
    """A release that must not be made; the text says why and what to do."""


def numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of a version; raise Refused for anything that is not like 1.2.3."""
    match = NUMBERS.fullmatch(version)
    if match is None:
        raise Refused(f"{version!r} is no version of a release: three numbers without leading zeros, like 1.2.3.")
    return tuple(map(int, match.groups()))


def released(root: Path) -> list[str]:
    """Return the versions that the changelog has, the newest last."""
    path = root / "changelogs" / "changelog.yaml"
    found = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
    return sorted(found.get("releases") or {}, key=numbers)


def upcoming(root: Path) -> str:
    """Return the version of galaxy.yml or, when that is released already, the one after it."""
    current = str(yaml.safe_load((root / "galaxy.yml").read_text(encoding="utf-8"))["version"])
    major, minor, _patch = numbers(current)
    return f"{major}.{minor + 1}.0" if current in released(root) else current


def check_version(version: str, root: Path) -> None:
    """Raise Refused unless the version is newer than every released one, and not older than what the plugins say."""
    wanted = numbers(version)
    if (last := released(root)[-1:]) and wanted <= numbers(last[0]):
        raise Refused(f"{version} is not newer than {last[0]}, which changelogs/changelog.yaml has.")
    late = []
    for path in sorted(
        [*root.glob("plugins/**/*.py"), *root.glob("plugins/**/*.yml"), *root.glob("roles/*/meta/*.yml")]
    ):
        for added in re.findall(r"^ *version_added: [\"']?([\w.]+)", path.read_text(encoding="utf-8"), re.MULTILINE):
            if numbers(added) > wanted:
                late.append(f"{path.relative_to(root)}: {added}")
    if late:
        raise Refused(f"There is something that is documented as newer than {version}: {'; '.join(late)}.")


def check_fragments(root: Path) -> None:
    """Raise Refused unless there is something to release, with a summary."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((root / "changelogs" / "fragments").glob("*.y*ml"))]
    sections = {section for text in texts for section in yaml.safe_load(text) or {}}
    if "release_summary" not in sections:
        raise Refused(
            "No fragment has a release_summary: say in changelogs/fragments/VERSION.yml what this release is."
        )
    if sections <= {"release_summary", "trivial"}:
        raise Refused("The fragments name no change that a user sees: there is nothing to release.")


def check_checkout(version: str, root: Path) -> None:
    """Raise Refused where a release would take in what nobody looked at, or would be made twice."""
    branch = command("git", "rev-parse", "--abbrev-ref", "HEAD", cwd=root).strip()
    if branch != BRANCH:
        raise Refused(f"A release is made on the branch {BRANCH}, and this is {branch}.")
    if changed := command("git", "status", "--porcelain", cwd=root).splitlines():
        raise Refused(f"The tree has changes that are not committed ({len(changed)} paths): commit or remove them.")
    if command("git", "tag", "--list", f"v{version}", cwd=root).strip():
        raise Refused(f"There is a tag v{version} already.")


def mention(version: str, root: Path) -> list[str]:
    """Write the version where it is mentioned; return the files that changed. A place that is gone is an error."""
    changed = []
    guides = [path.relative_to(root).as_posix() for path in sorted((root / "docs" / "docsite" / "rst").glob("*.rst"))]
    for name, patterns in {**dict.fromkeys(guides, (GUIDES,)), **MENTIONS}.items():
        before = text = (root / name).read_text(encoding="utf-8")
        for pattern in patterns:
            text, count = re.subn(pattern, rf"\g<1>{version}\g<2>", text)
            if not count and name in MENTIONS:
                raise Refused(f"{name} has no place for the version: nothing is like {pattern}")
        if text != before:
            (root / name).write_text(text, encoding="utf-8")
            changed.append(name)
    return changed


def tarball_of(root: Path) -> Path:
    """Build the tarball from what git has into build/release."""
    folder = root / "build" / "release"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="winsec-ipsec-") as scratch:
        return Path(shutil.copy2(tarball_in(Path(scratch)), folder))


def make(version: str) -> None:
    """Make the release in this checkout; print what was done and what is left to do."""
    check_checkout(version, ROOT)
    check_version(version, ROOT)
    check_fragments(ROOT)
    print(f"version {version} written into: {', '.join(mention(version, ROOT)) or 'nothing, it is there'}")
    command("antsibull-changelog", "release", "--version", version)
    command("antsibull-changelog", "lint")
    print(f"fragments moved into CHANGELOG.md; releases there: {', '.join(released(ROOT))}")
    tarball = tarball_of(ROOT)
    size = tarball.stat().st_size
    print(f"built, with what is to be shipped and nothing else: {tarball.relative_to(ROOT)}, {size // 1024} kB")
    print("Left to you, when make check is green on this:")
    print(f'  git add --all && git commit --message="Release {version}"')
    print(f'  git tag --annotate v{version} --message="winsec.ipsec {version}"')
    print(f"  git push --follow-tags && ansible-galaxy collection publish {tarball.relative_to(ROOT)}")


def rehearse(version: str) -> int:
    """Make the release in a second checkout; return the exit code of that run. Say what would be refused here."""
    try:
        check_checkout(version, ROOT)
    except Refused as reason:
        print(f"here it would be refused as things are: {reason}", flush=True)
    with tempfile.TemporaryDirectory(prefix="winsec-ipsec-") as folder:
        copy = second_checkout(Path(folder))
        script = ("tools/release.py", version, "--really")
        status = subprocess.run([".venv/bin/python", *script], cwd=copy, check=False).returncode
    print("That was a try in a copy: nothing has changed here." if status == 0 else "The try in a copy failed.")
    return status


def main() -> int:
    """Try a release or make it."""
    parser = argparse.ArgumentParser(prog="tools/release.py", description="Make a release, or try it in a copy.")
    parser.add_argument("version", nargs="?", default=upcoming(ROOT), help="like 1.2.3 (default: %(default)s)")
    parser.add_argument("--really", action="store_true", help="here, not in a copy")
    arguments = parser.parse_args()
    if not arguments.really:
        return rehearse(arguments.version)
    try:
        make(arguments.version)
    except (Refused, GateFailure) as reason:
        print(f"{reason}\nWhat was changed until then can be seen by git status.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
