# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gates that run the unit tests: on which Python and core which of them run, and what they tell at the end.

On Python 3.11 every test runs once: ``pytest`` counts branches, which doubles the time, ``played`` runs without that
what plays whole tasks and playbooks, and ``slow`` runs what is marked so. Further Pythons and cores run what tells
whether the code runs there at all. The lab has tests of its own (lab_gates).
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
# Left out on further Pythons besides, and what the newest of them runs of PLAYED: actions and playbooks.
ONCE = tuple(
    f"{UNITS}/{name}"
    for name in (
        "plugins/plugin_utils/_policies/store/test_samba_ad.py",
        "tools/test_growth.py",
        "tools/test_prove_gates.py",
        "tools/test_release.py",
    )
)
AGAIN = tuple(f"{END_TO_END}/test_{name}.py" for name in ("objects", "verification"))
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


def further_files(more: Iterable[str] = ()) -> list[str]:
    """Return what further Pythons run, and ``more``."""
    return sorted(test_files() - test_files(PLAYED) - test_files(ONCE) | test_files(more))


def counted(_scratch: Path) -> str:
    """The unit tests with branch coverage of the plugins; the floor stands in pyproject.toml."""
    output = command("pytest", "-q", "-m", "not slow", "--cov", "--cov-report=term", *counted_files())
    total = re.search(r"^TOTAL .* (\d+)%$", output, re.MULTILINE)
    if total is None:
        raise GateFailure(f"no coverage was measured:\n{output}")
    return f"{closing_line(output)}; branch coverage of plugins: {total[1]} %"


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


def newest_units(minor: str, python: str, *more: str) -> Gate:
    """Return the gate that runs the unit tests, and ``more``, with the newest ansible-core on a further Python."""

    def run(_scratch: Path) -> str:
        """The unit tests on a further Python, with the newest ansible-core."""
        venv = f".venvs/{minor}"
        command("tools/venv", "newest", venv, python)
        arguments = ("-m", "pytest", "-q", "-p", "no:cacheprovider", *further_files(more))
        tests = command(f"{venv}/bin/python", *arguments, env=environment(HYPOTHESIS_PROFILE="quick"))
        core = command(f"{venv}/bin/python", "-c", "import ansible.release as r; print(r.__version__)").strip()
        return f"{closing_line(tests)} (Python {minor}, ansible-core {core}; {LEFT_OUT})"

    return Gate(f"units-{minor}", run, ("plugins",), seconds=60)
