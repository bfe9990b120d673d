# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One small breakage of the tree for each gate, and what the gate must say about it (tools/prove_gates.py).

Every breakage is one that the cheap gates (prove_gates.WITNESSES) let pass, so that it shows what only its own gate
finds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

HEADER = """\
# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
# Nothing is learned from the tests behind the broken one.
STOP_EARLY = {"PYTEST_ADDOPTS": "--maxfail=1"}
CONFTEST = "tests/unit/conftest.py"


@dataclass(frozen=True, slots=True)
class Edit:
    """A text in place of another one that a file has exactly once, or at the end of a file, which may be a new one."""

    path: str
    text: str
    instead_of: str = ""

    def apply(self, root: Path) -> None:
        """Change the file below ``root``; a text that is not there just once is an error, not a breakage."""
        file = root / self.path
        content = file.read_text(encoding="utf-8") if file.exists() else ""
        if self.instead_of and content.count(self.instead_of) != 1:
            raise ValueError(f"{self.path} has {self.instead_of!r} {content.count(self.instead_of)} times, not once")
        file.parent.mkdir(parents=True, exist_ok=True)
        changed = content.replace(self.instead_of, self.text) if self.instead_of else content + self.text
        file.write_text(changed, encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Breakage:
    """What is broken, by which edits, in which environment the gate runs then, and what it must say.

    ``gate`` is a name, or a pattern for gates that depend on what the machine has.
    """

    gate: str
    what: str
    edits: tuple[Edit, ...]
    said: str
    environment: Mapping[str, str] = field(default_factory=dict)


def wrong_test(folder: str, *, slow: bool = False) -> Edit:
    """Return a test that fails and comes before every other one of ``folder``."""
    docstring = '"""A test of the gates: it fails."""'
    mark = "\n\nimport pytest\n\npytestmark = pytest.mark.slow" if slow else ""
    code = f"{mark}\n\n\ndef test_of_the_gates() -> None:\n    assert 1 + 1 == 3\n"
    return Edit(f"{folder}/test_a_wrong_sum.py", f"{HEADER}{docstring}{code}")


# As pytest shows the assertion: the test was run, and its sum was wrong.
WRONG_SUM = "assert (1 + 1) == 3"
# ansible-test hands no settings on to pytest: there the early end stands in the tree.
ENDS_EARLY = Edit(CONFTEST, "\n\ndef pytest_sessionstart(session):\n    session.config.option.maxfail = 1\n")
FEW_TESTS = Edit(CONFTEST, "\n\ndef pytest_collection_modifyitems(items):\n    del items[3:]\n")
SKIPPED = Edit(
    CONFTEST,
    "\n\ndef pytest_collection_modifyitems(items):\n"
    "    import pytest\n\n"
    "    for item in items:\n"
    "        item.add_marker(pytest.mark.skip)\n",
)

# How the row begins in which a front-end requires ESP, up to the back-end that requires it too.
TOGETHER = "  require: [b b no no, s s no no, s s no no, "

BREAKAGES = (
    Breakage(
        "sizes",
        "a Python file of more than 800 lines",
        (Edit("tools/broken.py", HEADER + '"""Long."""\n\n' + "print()\n" * 800),),
        "tools/broken.py has 806 lines: more than 800",
    ),
    Breakage(
        "ruff",
        "an import that nothing uses",
        (Edit("tools/broken.py", HEADER + '"""An import."""\n\nimport os\n'),),
        "`os` imported but unused",
    ),
    Breakage(
        "format",
        "two statements on a line with blanks to spare",
        (Edit("tools/broken.py", HEADER + '"""Blanks."""\n\nprint(  1)\n'),),
        "--> tools/broken.py:7:7",
    ),
    Breakage(
        "mypy",
        "a shipped plugin that returns another type than it says",
        (
            Edit(
                "plugins/plugin_utils/_broken.py",
                HEADER + '"""A number."""\n\n\ndef number() -> int:\n    return "one"\n',
            ),
        ),
        'error: Incompatible return value type (got "str", expected "int")',
    ),
    Breakage(
        "contracts",
        "a simulated store that knows the program on top of it",
        (
            Edit(
                "tests/lab/winlab/store/broken.py",
                HEADER + '"""A circle."""\n\nfrom ..netsh import main\n\n__all__ = ["main"]\n',
            ),
        ),
        "winlab.store is not allowed to import winlab.netsh",
    ),
    Breakage("pytest", "a test that fails", (wrong_test("tests/unit/a_folder"),), WRONG_SUM, STOP_EARLY),
    Breakage(
        "pytest",
        "no test is run",
        (SKIPPED,),
        "no test passed:",
    ),
    Breakage("played", "a test that fails", (wrong_test("tests/unit/end_to_end"),), WRONG_SUM, STOP_EARLY),
    Breakage("played", "no test is run", (SKIPPED,), "no test passed:"),
    Breakage("slow", "a test that fails", (wrong_test("tests/unit/a_folder", slow=True),), WRONG_SUM, STOP_EARLY),
    Breakage("slow", "no test is run", (SKIPPED,), "no test passed:"),
    Breakage("lab", "a test that fails", (wrong_test("tests/lab/tests"),), WRONG_SUM, STOP_EARLY),
    Breakage(
        "lab",
        "a package that is left out of what is installed",
        (Edit("tests/lab/pyproject.toml", 'include = ["winlab"]', 'include = ["winlab*"]'),),
        "No module named 'winlab.",
    ),
    Breakage(
        "changelog",
        "a fragment with a section that there is not",
        (Edit("changelogs/fragments/broken.yml", "---\nnovelties:\n  - Something.\n"),),
        "fragments/broken.yml:0:0: invalid section: novelties",
    ),
    Breakage(
        "docs",
        "documentation of a module that names an option it does not have",
        (Edit("plugins/modules/audit.py", "\ndescription:\n  - See O(nowhere).\n", "\ndescription:\n"),),
        "O(nowhere)",
    ),
    Breakage(
        "site",
        "a guide with a reference to nowhere",
        (Edit("docs/docsite/rst/guide_glossary.rst", "\nSee :ref:`nowhere at all <nowhere_at_all>`.\n"),),
        "undefined label: 'nowhere_at_all'",
    ),
    Breakage(
        "ansible-lint",
        "a play without a name",
        (Edit("playbooks/broken.yml", "---\n- hosts: localhost\n  gather_facts: false\n  tasks: []\n"),),
        "name[play]: All plays should be named.",
    ),
    Breakage(
        "sanity",
        "an argument spec with a choice that the documentation does not have",
        (
            Edit(
                "plugins/module_utils/_argspec.py",
                '["permit", "block", "negotiate", "shrug"]',
                '["permit", "block", "negotiate"]',
            ),
        ),
        "shrug",
    ),
    Breakage(
        "pylint",
        "a name that says nothing",
        (
            Edit(
                "plugins/plugin_utils/_broken.py",
                HEADER + '"""A name."""\n\n\ndef number() -> int:\n    _ = 1\n    return _\n',
            ),
        ),
        'disallowed-name: Disallowed name "_"',
    ),
    Breakage(
        "units",
        "a test that fails",
        (wrong_test("tests/unit/a_folder"), ENDS_EARLY),
        WRONG_SUM,
    ),
    Breakage("units-*", "a test that fails", (wrong_test("tests/unit/a_folder"),), WRONG_SUM, STOP_EARLY),
    Breakage("units-*", "no test is run", (SKIPPED,), "no test passed:"),
    Breakage("mutation", "all tests but three are gone", (FEW_TESTS,), "The floor is 50 %"),
    Breakage(
        "build",
        "a tarball without the roles",
        (Edit("galaxy.yml", "  - requirements\n  - roles\n", "  - requirements\n"),),
        "The tarball should not have [] and lacks ['roles'].",
    ),
    Breakage(
        "importer",
        "a version of ansible-core that cannot be read",
        (Edit("meta/runtime.yml", 'requires_ansible: "a recent one"', 'requires_ansible: ">=2.19.0"'),),
        "'requires_ansible' is not a valid requirement specification",
    ),
    Breakage(
        "kerberos",
        "a key distribution centre that knows other passwords",
        (Edit("tests/lab/winlab/kdc.py", '-pw "not {password}"', '-pw "{password}"'),),
        "Password incorrect",
    ),
    Breakage(
        "kernel",
        "an expectation that packets do not meet: clear text where both ends require ESP",
        (Edit("tests/unit/kernel/expected.yml", f"{TOGETHER}c c yes yes, ", f"{TOGETHER}s s no no, "),),
        "assert ('secured', 'secured') == ('clear', 'clear')",
    ),
    Breakage(
        "molecule",
        "a role that changes something every time",
        (
            Edit(
                "roles/backend/tasks/main.yml",
                "\n- name: Change something every time\n  ansible.builtin.debug:\n  changed_when: true\n",
            ),
        ),
        "Idempotence",
    ),
    Breakage(
        "molecule",
        "an example of the lab that no longer holds",
        (Edit("tests/lab/example/molecule/default/verify.yml", "== ['clear', 'esp']", "== ['esp', 'clear']"),),
        "The web server's are protected, those of others go in clear",
    ),
)


def breakages_of(gate: str) -> list[Breakage]:
    """Return the breakages that are meant for a gate."""
    return [breakage for breakage in BREAKAGES if fnmatchcase(gate, breakage.gate)]
