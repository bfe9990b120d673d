# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The folder for ansible-runner that the guide shows does what the guide says, whole and in slices."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from winlab.lab import HostSpec, Lab
from winlab.store import policy_store

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
GUIDE = ROOT / "docs" / "docsite" / "rst" / "guide_many_hosts.rst"
BLOCK = re.compile(r"^\.\. code-block:: \S+\n\n   # ((?:project|inventory|env)/\S+)\n((?:   .*\n|\n)+)", re.MULTILINE)


@pytest.fixture(name="lab", scope="module")
def fixture_lab() -> Iterator[Lab]:
    with Lab([HostSpec(name=f"h{number}") for number in range(4)], transport="ntlm") as lab:
        yield lab


@pytest.fixture(name="folder", scope="module")
def fixture_folder(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runner")
    files = dict(BLOCK.findall(GUIDE.read_text()))
    assert set(files) == {"project/policies.yml", "inventory/group_vars/windows.yml", "env/settings", "env/cmdline"}
    for name, text in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(textwrap.dedent(text))
    lab.inventory(folder / "inventory" / "hosts.yml")
    return folder


def run(folder: Path, *options: str) -> dict[str, str]:
    """Run the playbook and return the recap by host."""
    # ansible-runner takes ansible-playbook from PATH.
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = os.environ | {"PATH": path, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
    environment["ANSIBLE_COLLECTIONS_PATH"] = str(ROOT / "collections")
    command = [sys.executable, "-m", "ansible_runner", "run", str(folder), "-p", "policies.yml", *options]
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(re.findall(r"^(h\d) +: (.*?) *\r?$", done.stdout, re.MULTILINE))


def assigned(lab: Lab) -> list[str]:
    return [name for name, host in lab.hosts.items() if policy_store(host.host).snapshot()["assigned"]]


def test_slices_reach_every_host_once_and_a_whole_run_finds_nothing_to_do(lab: Lab, folder: Path) -> None:
    first = run(folder, "--limit", "windows[0:1]")
    assert sorted(first) == assigned(lab) == ["h0", "h1"]
    second = run(folder, "--limit", "windows[2:3]")
    assert sorted(second) == ["h2", "h3"]
    assert assigned(lab) == ["h0", "h1", "h2", "h3"]
    assert all("changed=1 " in line for line in (*first.values(), *second.values()))
    whole = run(folder)
    assert sorted(whole) == ["h0", "h1", "h2", "h3"]
    assert all("changed=0 " in line for line in whole.values())
