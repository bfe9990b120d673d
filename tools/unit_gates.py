# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gates that run the unit tests: on which Python and core which of them run, and what they tell at the end.

On Python 3.11 every test runs once: ``pytest`` what asks functions and single actions, ``played`` what plays whole
tasks and playbooks, and ``slow`` what is marked so. Further Pythons and cores run what tells whether the code runs
there at all. The newest of them counts the lines that the tests of ``pytest`` reach: from 3.12 on Python itself tells
that, which costs little, while counting on 3.11 takes more than twice the time. The lab has tests of its own
(lab_gates).
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from pipeline import ROOT, Gate, GateFailure, command, environment
from run_ansible_test import ansible_test

UNITS = "tests/unit"
END_TO_END = f"{UNITS}/end_to_end"
# What plays, what tries inputs by the thousand, and what judges the documents and the machine.
PLAYED = tuple(f"{UNITS}/{name}" for name in ("docs", "end_to_end", "firewall_netns", "kernel", "properties"))
# Played, and counted all the same: through these every action, its checks and its refusals are run.
COUNTED = tuple(
    f"{END_TO_END}/test_{name}.py"
    for name in (
        *("connection_security", "connection_security_info", "connection_security_safely", "firewall"),
        *("netsh_trouble", "objects", "refusals", "sa_info", "session_check", "verification"),
    )
)
# Left out on further Pythons besides.
ONCE = tuple(
    f"{UNITS}/{name}"
    for name in (
        "plugins/plugin_utils/_policies/store/test_samba_ad.py",
        "tools/test_growth.py",
        "tools/test_prove_gates.py",
        "tools/test_release.py",
    )
)
LEFT_OUT = "without lab, generated inputs, documents and most end-to-end tests: other gates have them"
CLOSING = re.compile(r"^=* ?(\d+ (?:passed|failed|error|skipped).* in [\d.]+s.*?) ?=*$", re.MULTILINE)


def closing_line(output: str) -> str:
    """Return pytest's closing line ("N passed in ..."); a run that passed no test is a failure."""
    lines = CLOSING.findall(output)
    if not lines or "passed" not in lines[-1]:
        raise GateFailure(f"no test passed:\n{output}")
    return str(lines[-1])


def test_files(paths: Iterable[str] = (UNITS,)) -> set[str]:
    """Return the test files among ``paths`` and below them, as they stand in the repository."""
    found: set[str] = set()
    for path in paths:
        place = ROOT / path
        files = place.rglob("test_*.py") if place.is_dir() else [place]
        found |= {file.relative_to(ROOT).as_posix() for file in files}
    return found


def counted_files() -> list[str]:
    """Return what the gate ``pytest`` runs."""
    return sorted(test_files() - test_files(PLAYED) | test_files(COUNTED))


def played_files() -> list[str]:
    """Return what the gate ``played`` runs: everything else."""
    return sorted(test_files() - set(counted_files()))


def further_files() -> list[str]:
    """Return what further Pythons run."""
    return sorted(test_files() - test_files(PLAYED) - test_files(ONCE))


def unit_tests(_scratch: Path) -> str:
    """The unit tests of the plugins and the tools."""
    return closing_line(command("pytest", "-q", "-m", "not slow", *counted_files()))


def counted_lines(output: str) -> str:
    """Return how much of the plugins a run reached; the floor stands in pyproject.toml."""
    total = re.search(r"^TOTAL .* (\d+)%$", output, re.MULTILINE)
    if total is None:
        raise GateFailure(f"no coverage was measured:\n{output}")
    return f"coverage of plugins: {total[1]} %"


def played(_scratch: Path) -> str:
    """Tasks, playbooks and connections played against simulated hosts."""
    return closing_line(command("pytest", "-q", "-m", "not slow", *played_files()))


def slow(_scratch: Path) -> str:
    """The tests that are marked as slow: sweeps, generated inputs by the thousand, whole rollouts, waiting hosts."""
    output = command("pytest", "-q", "-m", "slow", UNITS, env=environment(HYPOTHESIS_PROFILE="long"))
    return "\n".join([*figures(output), closing_line(output)])


def kerberos(_scratch: Path) -> str:
    """The logins by Kerberos, against a real key distribution centre on loopback; elsewhere they are skipped.

    Its packages compile against the machine's MIT libraries, so they are added to the environment by path.
    """
    packages, wanted = ROOT / ".venvs" / "kerberos", ROOT / "requirements" / "kerberos.txt"
    stamp = packages / "requirements.txt"
    if not stamp.is_file() or stamp.read_bytes() != wanted.read_bytes():
        shutil.rmtree(packages, ignore_errors=True)
        try:
            command("python", "-m", "pip", "install", "--quiet", "--no-deps", "--target", packages, "-r", wanted)
        except GateFailure as failure:
            return f"left out: {wanted.name} could not be installed ({reason_of(str(failure))})"
        shutil.copyfile(wanted, stamp)
    env = environment(PYTHONPATH=str(packages))
    output = command("pytest", "-q", "-rs", "-k", "kerberos", f"{END_TO_END}/test_ways.py", env=env)
    if skipped := first_skip(output):
        return f"left out: {skipped}"
    return closing_line(output)


def first_skip(output: str) -> str:
    """Return the reason that ``pytest -rs`` gives for the first test that was skipped, empty for none."""
    found = re.search(r"^SKIPPED \[\d+\] \S+ (.*)$", output, re.MULTILINE)
    return found[1] if found else ""


def reason_of(output: str) -> str:
    """Return the line in which pip or a compiler says what is missing."""
    lines = [line.strip() for line in output.splitlines() if "rror" in line]
    return lines[0] if lines else "no reason was given"


def figures(output: str) -> list[str]:
    """Return the lines in which tests tell how much they tried: fault points and packets."""
    lines = (re.sub(r"( [.s]*)?( *\[ *\d+%\])?$", "", line) for line in output.splitlines())
    return [line for line in lines if re.search(r"\d+ (fault points|packets tried)", line)]


def official_units(scratch: Path) -> str:
    """The unit tests as ansible-test runs them, in its own environment."""
    # In this order: ansible-test drops a path that comes right behind --venv.
    output = ansible_test("units", scratch, "units", *further_files(), "--venv")
    return f"{closing_line(output)} ({LEFT_OUT})"


def newest_units(minor: str, python: str, *, counting: bool) -> Gate:
    """Return the gate that runs the unit tests with the newest ansible-core on a further Python; one of them counts."""
    purpose = "The unit tests on a further Python, with the newest ansible-core"
    files = sorted(set(counted_files()) - test_files(ONCE)) if counting else further_files()
    options = ("--cov", "--cov-report=term") if counting else ()

    def run(_scratch: Path) -> str:
        venv = f".venvs/{minor}"
        command("tools/venv", "newest", venv, python)
        arguments = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow", *options, *files)
        env = environment(HYPOTHESIS_PROFILE="quick", COVERAGE_CORE="sysmon")
        tests = command(f"{venv}/bin/python", *arguments, env=env)
        core = command(f"{venv}/bin/python", "-c", "import ansible.release as r; print(r.__version__)").strip()
        told = counted_lines(tests) if counting else LEFT_OUT
        return f"{closing_line(tests)} (Python {minor}, ansible-core {core}; {told})"

    run.__doc__ = f"{purpose}; it counts the lines that they reach." if counting else f"{purpose}."
    return Gate(f"units-{minor}", run, ("plugins",), seconds=120 if counting else 60)
