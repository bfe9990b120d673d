# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gates of tools/check: what each runs and what it takes as a failure."""

from __future__ import annotations

import argparse
import json
import re
import sys
import tarfile
import textwrap
from collections.abc import Mapping
from pathlib import Path

import yaml
from copies import installed
from docs_site import build_site
from lab_gates import contracts, example, lab
from lay_tree import NAME, NAMESPACE, lay
from pipeline import ROOT, Gate, GateFailure, command, environment, run_all
from pythons import FURTHER, further_pythons, sort_key
from run_ansible_test import ansible_test, copy_of_checkout
from unit_gates import closing_line, first_skip, kerberos, newest_units, official_units, played, slow, unit_tests

COLLECTION = f"{NAMESPACE}.{NAME}"
# A file with more lines is looked at again.
LONG = 400
# All that a tarball has at its top.
SHIPPED = {"CHANGELOG.md", "COPYING", "FILES.json", "MANIFEST.json", "README.md", "SECURITY.md"} | {
    "changelogs",
    "docs",
    "meta",
    "playbooks",
    "plugins",
    "roles",
}


def ruff(_scratch: Path) -> str:
    """Lint rules of pyproject.toml."""
    command("ruff", "check", "--quiet", ".")
    return ""


def style(_scratch: Path) -> str:
    """Formatting of all Python files."""
    command("ruff", "format", "--check", ".")
    return ""


def types(_scratch: Path) -> str:
    """Strict types: the shipped plugins, the lab, the tools."""
    command("mypy", "-p", f"ansible_collections.{COLLECTION}.plugins", "-p", "winlab")
    command("mypy", "tools")
    return ""


def changelog(_scratch: Path) -> str:
    """Fragments and changelog configuration."""
    command("antsibull-changelog", "lint")
    return ""


def documents(_scratch: Path) -> str:
    """Plugin documentation, its markup and its references to ourselves."""
    options = ("--plugin-docs", "--skip-rstcheck", "--validate-collection-refs=self", "--check-extra-docs-refs")
    command("antsibull-docs", "lint-collection-docs", *options, ".")
    return ""


def lint(_scratch: Path) -> str:
    """Roles, playbooks and metadata at ansible-lint's highest profile."""
    command("ansible-lint", "--offline", "--profile", "production", "--strict", "--nocolor", "-q")
    return ""


def sanity(scratch: Path) -> str:
    """Every sanity test of ansible-core but the slow one, without ignore files."""
    ansible_test("sanity", scratch, "sanity", "--skip-test", "pylint")
    return ""


def pylint(scratch: Path) -> str:
    """The slow sanity test of ansible-core, which takes longer than all others."""
    ansible_test("sanity", scratch, "sanity", "--test", "pylint")
    return ""


def documented(kind: str, tree: Path, env: Mapping[str, str]) -> set[str]:
    """Return the names of the collection's plugins of one kind that ansible-doc can show from ``tree``."""
    names = sorted(json.loads(command("ansible-doc", "-t", kind, "-l", "--json", COLLECTION, cwd=tree, env=env)))
    if names and kind != "role":
        command("ansible-doc", "-t", kind, *names, cwd=tree, env=env)
    return {name.rpartition(".")[2] for name in names}


def mutation(_scratch: Path) -> str:
    """A sample of small mistakes in the codec and the planner, most of which their tests must notice."""
    return command(sys.executable, "tools/mutation.py", "--sample=4", "--floor=50").strip()


def tarball_in(scratch: Path, more_metadata: str = "") -> Path:
    """Build the collection from what git has, with more lines in galaxy.yml, and return the tarball.

    Raises GateFailure unless it has what is to be shipped and nothing else.
    """
    copy = copy_of_checkout(scratch / "source")
    with (copy / "galaxy.yml").open("a", encoding="utf-8") as metadata:
        metadata.write(more_metadata)
    command("ansible-galaxy", "collection", "build", "--output-path", scratch, copy, cwd=scratch)
    (tarball,) = scratch.glob(f"{NAMESPACE}-{NAME}-*.tar.gz")
    with tarfile.open(tarball) as archive:
        top = {name.partition("/")[0] for name in archive.getnames()}
    if top != SHIPPED:
        raise GateFailure(f"The tarball should not have {sorted(top - SHIPPED)} and lacks {sorted(SHIPPED - top)}.")
    return tarball


def build(scratch: Path) -> str:
    """Build the tarball, install it into an empty place, read the documentation of every plugin and role there."""
    tarball = tarball_in(scratch)
    tree = scratch / "installed"
    env = installed(tarball, tree)
    counts = []
    for kind, folder in (("module", "modules"), ("connection", "connection"), ("filter", "filter")):
        files = [path for path in (ROOT / "plugins" / folder).glob("[!_]*") if path.suffix in (".py", ".yml")]
        # One file may define several filters, each documented in a .yml of its own.
        expected = {path.stem for path in files if path.suffix == ".yml"} or {path.stem for path in files}
        counts.append(expect(kind, expected, documented(kind, tree, env)))
    counts.append(expect("role", {path.name for path in (ROOT / "roles").glob("*/")}, documented("role", tree, env)))
    return f"installed and documented: {', '.join(counts)}"


def importer(scratch: Path) -> str:
    """What Ansible Galaxy does with an upload, without its ansible-lint: the gate of that name asks for more."""
    venv = ROOT / ".venvs" / "importer"
    command("tools/venv", "importer", venv)
    # Galaxy wants the address of a repository. There is none that could be named; the day there is, this goes.
    unnamed = "\nrepository:" not in (ROOT / "galaxy.yml").read_text(encoding="utf-8")
    tarball = tarball_in(scratch, "repository: https://example.com/winsec/ipsec\n" if unnamed else "")
    env = environment(GALAXY_IMPORTER_RUN_ANSIBLE_LINT="false", HOME=str(scratch), VIRTUAL_ENV=str(venv))
    env["PATH"] = f"{venv}/bin:{env['PATH']}"
    output = command(venv / "bin" / "python", "-m", "galaxy_importer.main", tarball, cwd=scratch, env=env)
    wrong = [line for line in output.splitlines() if line.startswith(("WARNING", "ERROR", "CRITICAL"))]
    if wrong or "Importer processing completed successfully" not in output:
        raise GateFailure("\n".join(wrong) or output)
    packages = builder(scratch, tarball, venv / "bin" / "ansible-builder")
    accepted = "accepted once galaxy.yml names a repository (it got a stand-in)" if unnamed else "accepted"
    return f"{accepted}; an execution environment gets {packages}"


def builder(scratch: Path, tarball: Path, program: Path) -> str:
    """Return the Python packages that ansible-builder takes from the installed collection for an environment.

    The definition in the documentation must be one, and name the collection.
    """
    tree = scratch / "environment"
    installed(tarball, tree)
    found = yaml.safe_load(command(program, "introspect", tree, cwd=scratch))
    guide = (ROOT / "docs/docsite/rst/guide_many_hosts.rst").read_text(encoding="utf-8")
    shown = re.search(r"^   # execution-environment.yml\n((?:   .*\n|\n)+)", guide, re.MULTILINE)
    if shown is None or COLLECTION not in shown[1]:
        raise GateFailure("guide_many_hosts.rst shows no execution-environment.yml with the collection")
    definition = scratch / "execution-environment.yml"
    definition.write_text(textwrap.dedent(shown[1]), encoding="utf-8")
    command(program, "create", "-f", definition, "-c", scratch / "context", cwd=scratch)
    packages = [line.partition("#")[0].strip() for line in found["python"]]
    if not any(package.startswith("pywinrm") for package in packages) or not found.get("system"):
        raise GateFailure(f"an execution environment would lack packages: {found}")
    return ", ".join(packages)


def site(scratch: Path) -> str:
    """The documentation site, with every warning of Sphinx an error."""
    pages = list(build_site(scratch / "docs").parent.rglob("*.html"))
    return f"{len(pages)} pages"


def sizes(_scratch: Path) -> str:
    """Files that have grown past what one can read at a time are named; past the double of it they fail."""
    lines = {name: len((ROOT / name).read_bytes().splitlines()) for name in tracked("*.py")}
    long = sorted((count, name) for name, count in lines.items() if count > LONG)
    if long and long[-1][0] > 2 * LONG:
        raise GateFailure(f"{long[-1][1]} has {long[-1][0]} lines: more than {2 * LONG}")
    named = ", ".join(f"{name} {count}" for count, name in reversed(long))
    return f"{len(lines)} Python files, {sum(lines.values())} lines; past {LONG}: {named or 'none'}"


def tracked(pattern: str) -> list[str]:
    """Return the files of a kind that git has or would add."""
    listed = command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", pattern)
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def expect(kind: str, expected: set[str], found: set[str]) -> str:
    """Return "3 module(s)"; raise GateFailure when the installed collection shows others than the checkout has."""
    if expected != found:
        raise GateFailure(f"{kind}: the checkout has {sorted(expected)}, ansible-doc shows {sorted(found)}")
    return f"{len(found)} {kind}{'' if len(found) == 1 else 's'}"


def kernel(_scratch: Path) -> str:
    """Real packets: pairs of simulated hosts whose policies a Linux kernel and an IKE daemon enforce."""
    tests = [
        f"tests/unit/kernel/test_{name}.py"
        for name in ("on_the_kernel", "connections_on_the_kernel", "real_servers", "new_keys", "changes")
    ]
    output = command("pytest", "-q", "-rs", *tests, env=environment(LAB_KERNEL="1"))
    skipped = first_skip(output)
    if skipped and not re.search(r"\d+ passed", output):
        return f"left out: {skipped}"
    return closing_line(output)


def molecule(scratch: Path) -> str:
    """Every scenario, and the lab's example: converge, converge again without a change, verify."""
    # A folder of its own: no state of an interrupted run, no collision with a run by hand.
    command("molecule", "test", "--all", env=environment(MOLECULE_EPHEMERAL_DIRECTORY=str(scratch / "scenarios")))
    example(scratch / "example")
    return ""


def all_gates() -> list[Gate]:
    """Return every gate that this machine can run, in the order of the report."""
    further = further_pythons()
    newest = max(further, key=sort_key, default="")
    return [
        Gate("sizes", sizes, quick=True, seconds=1),
        Gate("ruff", ruff, quick=True, seconds=1),
        Gate("format", style, quick=True, seconds=1),
        Gate("mypy", types, ("plugins", "tests/lab/winlab"), quick=True, seconds=13),
        Gate("contracts", contracts, ("tests/lab/pyproject.toml",), quick=True, seconds=5),
        Gate("pytest", unit_tests, ("plugins",), quick=True, seconds=200),
        Gate("played", played, ("plugins", "tests/lab/winlab"), quick=True, seconds=110),
        Gate("lab", lab, ("tests/lab/pyproject.toml", "tests/lab/tests"), quick=True, seconds=75),
        Gate("changelog", changelog, ("changelogs/config.yaml",), quick=True, seconds=2),
        Gate("docs", documents, ("plugins/modules",), quick=True, seconds=6),
        Gate("site", site, ("docs/site/conf.py",), quick=True, seconds=14),
        Gate("ansible-lint", lint, ("README.md", "roles", "playbooks"), quick=True, seconds=35),
        Gate("sanity", sanity, ("plugins",), quick=True, seconds=50),
        Gate("build", build, ("README.md", "plugins/modules"), quick=True, seconds=8),
        Gate("slow", slow, ("plugins",), seconds=750),
        Gate("pylint", pylint, ("plugins",), seconds=100),
        Gate("units", official_units, ("plugins",), seconds=60),
        *(newest_units(minor, python, counting=minor == newest) for minor, python in further.items()),
        Gate("mutation", mutation, ("plugins",), seconds=100),
        Gate("importer", importer, ("README.md", "plugins/modules"), seconds=30),
        Gate("kerberos", kerberos, ("tests/lab/winlab/kdc.py",), seconds=10),
        Gate("kernel", kernel, ("tests/lab/winlab/kernel",), seconds=380),
        Gate("molecule", molecule, ("extensions/molecule/default", "tests/lab/example"), seconds=110),
    ]


def listed(gates: list[Gate]) -> list[str]:
    """Return a line for each gate: which command runs it, about how many seconds it takes, what it is for."""
    commands = {True: "make test", False: "make check"}
    return [f"{gate.name:<13} {commands[gate.quick]:<11} {gate.seconds:>4} s  {gate.purpose}" for gate in gates]


def main() -> int:
    """Run the gates named on the command line, or all of them."""
    gates = all_gates()
    names = [gate.name for gate in gates]
    parser = argparse.ArgumentParser(prog="tools/check", description="Run the gates of this repository.")
    parser.add_argument("gates", nargs="*", metavar="GATE", help=f"one of: {', '.join(names)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="only what every change needs (make test)")
    parser.add_argument("--rest", action="store_true", help="everything else (the other part of make check)")
    parser.add_argument("--jobs", type=int, default=2, help="how many gates run side by side (default: %(default)s)")
    parser.add_argument("--partial", action="store_true", help="skip gates whose subject is not in the tree yet")
    parser.add_argument("--list", action="store_true", help="say what each gate is for and how long it takes")
    arguments = parser.parse_args()
    unknown = set(arguments.gates) - set(names)
    if unknown:
        parser.error(f"no such gate: {', '.join(sorted(unknown))}; there are: {', '.join(names)}")
    if arguments.list:
        print("\n".join(listed(gates)))
        return 0
    lay(ROOT)
    chosen = [gate for gate in gates if not arguments.gates or gate.name in arguments.gates]
    if arguments.quick != arguments.rest:
        chosen = [gate for gate in chosen if gate.quick is arguments.quick]
    if not arguments.quick and not any(name.startswith("units-") for name in names):
        print(f"note: no Python {' or '.join(FURTHER)} here; the unit tests run on the oldest supported core only")
    return 1 if run_all(chosen, max(1, arguments.jobs), arguments.partial) else 0


if __name__ == "__main__":
    sys.exit(main())
