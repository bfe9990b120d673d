# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ledger of statements about Windows: its form, who cites it, the page made of it; and that faults are found."""

from __future__ import annotations

import ast
import io
import json
import re
import sys
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from docutils.core import publish_doctree

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools"))

import ledger as tool  # noqa: E402 (the tools are scripts, not a package)
import proof_page  # noqa: E402

SCHEMA = json.loads((tool.FOLDER / "schema.json").read_text(encoding="utf-8"))
FILES = [*tool.subject_files(), tool.FOLDER / "checks.yml", tool.FOLDER / "proofs.yml"]
# Where somebody says that something about Windows is not known for sure.
DOUBT = re.compile(
    r"lab's choice|choices? of the lab|confirmed on windows|not confirmed|(?:not|nowhere) documented|undocumented"
    r"|inference|plausible rather than proven|never seen|an assumption",
    re.IGNORECASE,
)
# Rooms that others are rebuilding, and the text that says what a choice of the lab is.
NOT_YET = ("plugins/plugin_utils/_intent/", "plugins/plugin_utils/_consec/", "tests/lab/winlab/__init__.py")

LEDGER = tool.read_ledger()
CITED = tool.citations()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_form_of_a_file(path: Path) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(tool.load(path), SCHEMA)


def test_every_file_of_the_folder_is_read() -> None:
    others = {"README.md", "schema.json", "guide_proof.rst.j2"}
    assert {path.name for path in tool.FOLDER.iterdir()} == {path.name for path in FILES} | others


def test_everything_fits_together() -> None:
    assert tool.findings(LEDGER, CITED) == []
    assert len(LEDGER.statements) >= 300


def test_the_page_is_the_one_that_is_made_of_it() -> None:
    assert (ROOT / tool.PAGE).read_text(encoding="utf-8") == proof_page.page(LEDGER), "run tools/proof_page.py"


def test_checks_are_named_after_their_groups() -> None:
    for group in LEDGER.groups:
        assert {check.name.partition(".")[0] for check in group.checks} == {group.name}


def blocks(text: str) -> Iterator[str]:
    """Yield docstrings, and comments with all lines that belong together."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            yield ast.get_docstring(node) or ""
    comment, last = "", 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            if token.start[0] != last + 1:
                yield comment
                comment = ""
            comment += f"{token.string}\n"
            last = token.start[0]
    yield comment


def uncited(text: str) -> list[str]:
    return [block for block in blocks(text) if DOUBT.search(block) and not tool.cited_in(block)]


def test_who_says_that_something_is_not_sure_cites_the_statement() -> None:
    found = {}
    for folder in ("plugins", "tests/lab/winlab"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(NOT_YET) and (without := uncited(path.read_text(encoding="utf-8"))):
                found[name] = without
    assert found == {}


def sections(text: str) -> list[str]:
    """Return the sections of a guide, each with its title."""
    return re.split(r"\n(?=[^\n]+\n(?:={4,}|-{4,}|\^{4,})\n)", text)


def doubtful(text: str) -> list[str]:
    doubt = re.compile(r"confirmed\s+on\s+Windows|not\s+documented|inference", re.IGNORECASE)
    return [part.split("\n")[0] for part in sections(text) if doubt.search(part) and not tool.cited_in(part)]


def test_a_guide_that_says_so_cites_the_statement_in_that_section() -> None:
    guides = [path for path in (ROOT / "docs/docsite/rst").glob("*.rst") if path != ROOT / tool.PAGE]
    assert {path.name: found for path in guides if (found := doubtful(path.read_text(encoding="utf-8")))} == {}
    assert doubtful("One\n====\n\nTo be confirmed\non Windows.\n\nTwo\n----\n\n.. [ledger: a-b]\n") == ["One"]


def test_doubt_without_a_citation_is_found() -> None:
    assert uncited('"""One.\n\nThat is the lab\'s choice.\n"""\n') != []
    assert uncited("# To be confirmed\n# on Windows: not documented.\nX = 1\n") != []
    assert uncited("# Not documented.\n# [ledger: netsh-prompt-on-pipe]\nX = 1\n") == []
    assert uncited("# Not documented. [ledger: netsh-prompt-on-pipe]\n\n# Inference.\nX = 1\n") != []


FIRST = LEDGER.statements[0]
PROVEN = next(one for one in LEDGER.statements if one.state == "proven")
USER = FIRST.used_by[0]


def changed(new: tool.Statement, old: tool.Statement = FIRST) -> tool.Ledger:
    subjects = tuple(
        replace(one, statements=tuple(new if each is old else each for each in one.statements))
        for one in LEDGER.subjects
    )
    return replace(LEDGER, subjects=subjects)


def with_one_more(new: tool.Statement) -> tool.Ledger:
    first, *rest = LEDGER.subjects
    return replace(LEDGER, subjects=(replace(first, statements=(*first.statements, new)), *rest))


BROKEN: dict[str, tuple[Callable[[], tool.Ledger], dict[str, frozenset[str]], str]] = {
    "an id twice": (
        lambda: with_one_more(replace(FIRST, statement="Another one.")),
        {},
        "the id 'netsh-stdin-pipe' is there 2",
    ),
    "a statement twice": (lambda: with_one_more(replace(FIRST, name="a-copy")), {}, "the statement"),
    "nobody uses it": (lambda: changed(replace(FIRST, used_by=())), {}, "nobody uses it"),
    "the user does not cite it": (lambda: LEDGER, {USER: CITED[USER] - {FIRST.name}}, f"{USER} does not cite it"),
    "the user is gone": (
        lambda: changed(replace(FIRST, used_by=(*FIRST.used_by, "plugins/gone.py"))),
        {},
        "gone.py does not",
    ),
    "an id that is not there": (lambda: LEDGER, {"README.md": frozenset({"no-such-id"})}, "README.md cites no-such-id"),
    "a citation too many": (lambda: LEDGER, {"tests/lab/more.py": frozenset({FIRST.name})}, "used_by does not have it"),
    "neither check nor reason": (lambda: changed(replace(FIRST, check="")), {}, "needs a check, or a reason"),
    "a check and a reason": (lambda: changed(replace(FIRST, no_check="No way.")), {}, "needs a check, or a reason"),
    "a check that is not there": (
        lambda: changed(replace(FIRST, check="way.nothing")),
        {},
        "there is no check way.nothing",
    ),
    "a check for nothing": (
        lambda: replace(LEDGER, groups=(replace(LEDGER.groups[0], checks=(tool.Check("way.more", "x", "y"),)),)),
        {},
        "the check way.more is asked for nothing",
    ),
    "proven without a test": (lambda: changed(replace(PROVEN, by=()), PROVEN), {}, "tests go with the state proven"),
    "a test that is gone": (
        lambda: changed(replace(PROVEN, by=(f"{PROVEN.by[0].partition('::')[0]}::test_gone",)), PROVEN),
        {},
        "there is no test",
    ),
    "a proof without its test": (
        lambda: replace(LEDGER, proofs=(replace(LEDGER.proofs[0], by=("tests/unit/docs/test_gone.py",)),)),
        {},
        "there is no test tests/unit/docs/test_gone.py",
    ),
    "confirmed by nobody": (lambda: changed(replace(FIRST, state="confirmed")), {}, "what was seen goes with"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_does_not_fit_is_found(name: str) -> None:
    make, cited, sentence = BROKEN[name]
    assert any(sentence in finding for finding in tool.findings(make(), CITED | cited))


def test_citations_stand_in_any_text(tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    for folder in tool.CITING[1:]:
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "plugins/one.py").write_text('"""Text. [ledger: one-two, three-\nfour]\n[ledger: five-six]"""\n')
    (tmp_path / "docs/docsite/rst/guide_lab.rst").write_text(".. [ledger: seven-eight]\n")
    (tmp_path / tool.PAGE).write_text("[ledger: nine-ten]\n")
    assert tool.citations(tmp_path) == {
        "plugins/one.py": frozenset({"one-two", "three-\nfour", "five-six"}),
        "docs/docsite/rst/guide_lab.rst": frozenset({"seven-eight"}),
    }


def test_what_was_seen_on_windows_is_on_the_page() -> None:
    seen = (tool.Seen("10.0.14393", "confirm-a.json", "prints nothing"),)
    text = proof_page.page(changed(replace(FIRST, state="differs", seen=seen)))
    assert "Otherwise than we thought" in text
    assert "10.0.14393: prints nothing" in text
    assert "Otherwise than we thought" not in proof_page.page(LEDGER)


@pytest.mark.parametrize("text", ["a*b", "`x`", "one|two", "end_ of", r"\0", "Win32_Perf"])
def test_texts_mean_themselves_on_the_page(text: str) -> None:
    assert publish_doctree(proof_page.plain(text), settings_overrides={"report_level": 1}).astext() == text
