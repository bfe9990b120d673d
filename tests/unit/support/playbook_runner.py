# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs playbooks against a running lab as users run them, in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from winlab.lab import Lab
from winlab.store import policy_store

ROOT = Path(__file__).resolve().parents[3]

# A policy that the hosts had before, and that is in force.
EARLIER = (
    'ipsec static add filterlist name="Mail" description="old"',
    'ipsec static add filter filterlist="Mail" srcaddr=me dstaddr=10.7.0.0 dstmask=255.255.0.0 protocol=TCP dstport=25',
    'ipsec static add filteraction name="Never" action=block',
    'ipsec static add policy name="Before" assign=no',
    'ipsec static add rule name="Mail" policy="Before" filterlist="Mail" filteraction="Never" kerberos=yes',
    'ipsec static set policy name="Before" assign=yes',
    "exit",
)


def play(
    playbook: str | Path, folder: Path, running: Lab, *arguments: str, inventory: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one of the playbooks of the collection, or another one by its whole path; the inventory is in ``folder``."""
    file = folder / "inventory.yml"
    if inventory is None:
        running.inventory(file)
    else:
        file.write_text(inventory)
    return run(playbook, file, *arguments)


def run(playbook: str | Path, inventory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a playbook on an inventory that is there. Its output is what a terminal would get, to the last character."""
    environment = {key: value for key, value in os.environ.items() if key != "NTLM_USER_FILE"}
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(inventory)]
    command += [str(ROOT / "playbooks" / playbook), *arguments]
    environment |= {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    said = (each.decode("utf-8", "surrogateescape") for each in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(command, done.returncode, *said)


def meaning(running: Lab) -> dict[str, object]:
    """Return what each host has, without what only tells when it was written."""
    found = {}
    for name, each in running.hosts.items():
        state = policy_store(each.host).snapshot()
        lists = {item["name"]: (item["description"], item["filters"]) for item in state["filter_lists"]}
        actions = {item["name"]: item["methods"] for item in state["filter_actions"] if item["name"]}
        policies = {item["name"]: [rule["name"] for rule in item["rules"]] for item in state["policies"]}
        found[name] = (state["assigned"], lists, actions, policies)
    return found
