# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ledger of statements about Windows (docs/ledger): reads it, and finds what does not fit together.

``python tools/ledger.py`` prints the number of statements by state, and what does not fit.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "ledger"
PAGE = "docs/docsite/rst/guide_proof.rst"
# Where statements are relied on, and so cited.
CITING = ("plugins", "roles", "playbooks", "tests/lab", "docs/docsite/rst")
SUFFIXES = frozenset({".py", ".yml", ".md", ".rst", ".j2"})
CITATION = re.compile(r"\[ledger: ([^\]]*)\]")


@dataclass(frozen=True, slots=True)
class Seen:
    """What a real host said: its version of Windows, the bundle that says so, and what differs."""

    version: str
    bundle: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """One claim about Windows; ``kind`` and ``where`` are its source, ``by`` the tests that prove it."""

    name: str
    statement: str
    depends: str
    kind: str
    where: str
    certainty: str
    state: str
    used_by: tuple[str, ...]
    check: str = ""
    no_check: str = ""
    by: tuple[str, ...] = ()
    seen: tuple[Seen, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """The statements of one file."""

    title: str
    about: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """What the collection promises, how it is proven, in markup of documents, and by which tests."""

    name: str
    statement: str
    how: str
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """One question of the confirmation run, and what it makes on the host to ask it."""

    name: str
    asks: str
    makes: str


@dataclass(frozen=True, slots=True)
class Group:
    """Checks that are asked together."""

    name: str
    title: str
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Ledger:
    """All of it, subjects in the order of their files."""

    subjects: tuple[Subject, ...]
    proofs: tuple[Proof, ...]
    groups: tuple[Group, ...]

    @property
    def statements(self) -> tuple[Statement, ...]:
        """All statements about Windows."""
        return tuple(statement for subject in self.subjects for statement in subject.statements)

    @property
    def checks(self) -> tuple[Check, ...]:
        """All checks."""
        return tuple(check for group in self.groups for check in group.checks)

    def states(self) -> Mapping[str, int]:
        """Return the number of statements by state, and of the open ones by whether they can be asked."""
        found = Counter(statement.state for statement in self.statements)
        found["asked"] = sum(statement.state == "open" and bool(statement.check) for statement in self.statements)
        return found


def load(path: Path) -> Any:
    """Return the data of one file."""
    # The loader in C, where PyYAML has it, is much faster.
    return yaml.load(path.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def subject_files(folder: Path = FOLDER) -> list[Path]:
    """Return the files of statements; their names begin with a number, which is their order."""
    return sorted(folder.glob("[0-9]*.yml"))


def _statement(data: Mapping[str, Any]) -> Statement:
    return Statement(
        name=data["id"],
        statement=data["statement"],
        depends=data["depends"],
        kind=data["source"]["kind"],
        where=data["source"]["where"],
        certainty=data["certainty"],
        state=data["state"],
        used_by=tuple(data["used_by"]),
        check=data.get("check", ""),
        no_check=data.get("no_check", ""),
        by=tuple(data.get("by", ())),
        seen=tuple(Seen(**each) for each in data.get("seen", ())),
    )


def read_ledger(folder: Path = FOLDER) -> Ledger:
    """Return the ledger. Files must have the form of schema.json, which a test looks at."""
    subjects = [load(path) for path in subject_files(folder)]
    groups = load(folder / "checks.yml")["groups"]
    proofs = load(folder / "proofs.yml")["proofs"]
    return Ledger(
        tuple(Subject(one["title"], one["about"], tuple(map(_statement, one["statements"]))) for one in subjects),
        tuple(Proof(one["id"], one["statement"], one["how"], tuple(one["by"])) for one in proofs),
        tuple(
            Group(
                one["id"], one["title"], tuple(Check(each["id"], each["asks"], each["makes"]) for each in one["checks"])
            )
            for one in groups
        ),
    )


def cited_in(text: str) -> frozenset[str]:
    """Return the ids that a text cites: ``[ledger: one, another]``."""
    return frozenset(name.strip() for found in CITATION.findall(text) for name in found.split(","))


def citations(root: Path = ROOT) -> dict[str, frozenset[str]]:
    """Return what each file cites, by its path; the page that is made of the ledger is left out."""
    found = {}
    for folder in CITING:
        for path in sorted((root / folder).rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.suffix in SUFFIXES and name != PAGE and "/." not in name and "/build/" not in name:
                ids = cited_in(path.read_text(encoding="utf-8"))
                if ids:
                    found[name] = ids
    return found


def test_is_there(reference: str, root: Path = ROOT) -> bool:
    """Tell whether a test exists: a file, or ``file::function``."""
    name, _colons, function = reference.partition("::")
    path = root / name
    if not (path.is_file() and re.fullmatch(r"(test_\w+|matrix)\.py", path.name)):
        return False
    return not function or function in _functions_of(path)


@cache
def _functions_of(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def _repeated(kind: str, names: Iterable[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"{kind} {name!r} is there {count} times"


def _of_statement(one: Statement, cited: Mapping[str, frozenset[str]], checks: frozenset[str]) -> Iterator[str]:
    if not one.used_by:
        yield f"{one.name}: nobody uses it"
    for path in one.used_by:
        if one.name not in cited.get(path, ()):
            yield f"{one.name}: {path} does not cite it"
    if bool(one.check) == bool(one.no_check):
        yield f"{one.name}: needs a check, or a reason why none is possible"
    if one.check and one.check not in checks:
        yield f"{one.name}: there is no check {one.check}"
    if (one.state == "proven") != bool(one.by):
        yield f"{one.name}: tests go with the state proven, and only with it"
    if (one.state in ("confirmed", "differs")) != bool(one.seen):
        yield f"{one.name}: what was seen goes with the states confirmed and differs, and only with them"


def findings(ledger: Ledger, cited: Mapping[str, frozenset[str]], root: Path = ROOT) -> list[str]:
    """Return one sentence for everything that does not fit together."""
    statements, checks = ledger.statements, frozenset(check.name for check in ledger.checks)
    claims: list[Statement | Proof] = [*statements, *ledger.proofs]
    found = list(_repeated("the id", [one.name for one in claims]))
    found += _repeated("the check", [check.name for check in ledger.checks])
    found += _repeated("the statement", [one.statement.casefold() for one in claims])
    for statement in statements:
        found += _of_statement(statement, cited, checks)
    for one in claims:
        found += [f"{one.name}: there is no test {test}" for test in one.by if not test_is_there(test, root)]
    asked = {statement.check for statement in statements}
    found += [f"the check {name} is asked for nothing" for name in sorted(checks - asked)]
    used_by = {statement.name: statement.used_by for statement in statements}
    for path, names in cited.items():
        found += [f"{path} cites {name}, which is not there" for name in sorted(names - used_by.keys())]
        known = sorted(name for name in names & used_by.keys() if path not in used_by[name])
        found += [f"{path} cites {name}, whose used_by does not have it" for name in known]
    return found


def main() -> int:
    """Print the numbers, and what does not fit; 1 if anything does not."""
    ledger = read_ledger()
    for state, count in sorted(ledger.states().items()):
        print(f"{state:10} {count}")
    print(f"{'proofs':10} {len(ledger.proofs)}\n{'checks':10} {len(ledger.checks)}")
    found = findings(ledger, citations())
    print("\n".join(found), file=sys.stderr)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
