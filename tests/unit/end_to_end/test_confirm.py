# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Confirm or revert, over the real winrm connection: hosts that go dark come back by themselves."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from winlab.lab import Lab
from winlab.spec import HostSpec
from winlab.store import policy_store
from winlab.wsman.faultplan import Effect, Fault

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
# Long enough for a loaded machine to confirm in time.
MINUTE_SECONDS = 6.0
HOSTS = (("old", "2003", "en", "10.0.0.10"), ("new", "2025", "de", "10.0.0.11"))

Data = dict[str, Any]


def document(destination: str, name: str = "P") -> Data:
    """A policy that blocks what this host sends to, and gets from, one destination."""
    rule = {"name": "R", "filter_list": f"{name} list", "filter_action": "Block"}
    return {
        "filter_lists": [{"name": f"{name} list", "filters": [{"source": "me", "destination": destination}]}],
        "filter_actions": [{"name": "Block", "action": "block"}],
        "policies": [{"name": name, "rules": [rule]}],
        "assigned": name,
    }


def play(folder: Path, lab: Lab, *tasks: Data) -> str:
    """Run tasks on all hosts of a lab and return what Ansible printed."""
    inventory, playbook = folder / "inventory.yml", folder / "play.yml"
    lab.inventory(inventory)
    # The hosts are reached by another port than the one that they see.
    seen = {"group/winsec.ipsec.changes": {"management_ports": [5985]}}
    plays = [{"hosts": "windows", "gather_facts": False, "module_defaults": seen, "tasks": list(tasks)}]
    playbook.write_text(yaml.safe_dump(plays))
    environment = {name: value for name, value in os.environ.items() if name != "NTLM_USER_FILE"}
    environment |= {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORKS": "5", "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(inventory), str(playbook)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def fresh() -> Lab:
    specs = [
        HostSpec(name=name, version=version, language=language, addresses=(address,))
        for name, version, language, address in HOSTS
    ]
    return Lab(specs, minute_seconds=MINUTE_SECONDS)


def seen(lab: Lab) -> dict[str, tuple[str | None, list[str]]]:
    """Return the policy in force and all names of policies, as the lab sees them."""
    states = {name: policy_store(each.host).snapshot() for name, each in lab.hosts.items()}
    return {name: (state["assigned"], [item["name"] for item in state["policies"]]) for name, state in states.items()}


@pytest.fixture(name="lab")
def running_lab():
    with fresh() as lab:
        yield lab


DARING = {"confirm_timeout": 60, "allow_lockout": ["management"]}
CUT = {"winsec.ipsec.policies": {"config": document("any", "Cut"), **DARING}}
FINE = {"winsec.ipsec.policies": {"config": document("10.9.9.9", "Fine"), "confirm_timeout": 60}}


def test_a_policy_that_would_cut_the_controller_off_is_refused_with_the_packet(lab, tmp_path):
    said = play(tmp_path, lab, {"winsec.ipsec.policies": {"config": document("any", "Cut")}})
    for name, each in lab.hosts.items():
        address = next(own for host, _version, _language, own in HOSTS if host == name)
        assert f"-> {address}:5985 tcp" in said
        assert b"ipsec static" not in each.log.stdin()
    assert said.count("critical flow management is 'stopped at 10.0.0.250:") >= 2, said


def test_behind_a_forwarded_port_the_task_is_refused_with_what_to_set(lab, tmp_path):
    harmless = {"config": document("10.9.9.9", "Fine"), "management_ports": []}
    said = play(tmp_path, lab, {"winsec.ipsec.policies": harmless})
    for each in lab.hosts.values():
        assert f"no connection at port {each.port}" in said
        assert b"ipsec static" not in each.log.stdin()
    assert "The host sees 10.0.0.250 -> 10.0.0.10:5985." in said
    assert "Set management_ports to what the host sees" in said


def test_a_policy_that_cuts_the_controller_off_is_undone_by_the_host(lab, tmp_path):
    before = seen(lab)
    said = play(tmp_path, lab, CUT)
    assert said.count("has reverted by itself") >= 2, said
    assert "unreachable=0" in said
    assert "unreachable=1" not in said
    assert seen(lab) == before
    # The hosts can be worked with at once, and nothing is left that would undo it.
    said = play(tmp_path, lab, FINE)
    assert said.count("changed=1") == 2, said
    assert {state[0] for state in seen(lab).values()} == {"Fine"}
    assert not [name for name, each in lab.hosts.items() if each.host.tasks]


def test_a_change_of_what_is_in_force_is_undone_as_well(lab, tmp_path):
    wider = {"filter_lists": [{"name": "Fine list", "filters": [{"source": "me", "destination": "any"}]}]}
    widen = {"winsec.ipsec.policies": {"config": wider, "state": "merged", **DARING}}
    assert "failed=0" in play(tmp_path, lab, FINE)
    before = {name: policy_store(each.host).snapshot() for name, each in lab.hosts.items()}
    said = play(tmp_path, lab, widen)
    assert said.count("has reverted by itself") >= 2, said
    after = {name: policy_store(each.host).snapshot() for name, each in lab.hosts.items()}
    for name, snapshot in after.items():
        assert snapshot["assigned"] == "Fine"
        filters = [
            {item["name"]: item["filters"] for item in each["filter_lists"]} for each in (snapshot, before[name])
        ]
        assert filters[0] == filters[1]


def test_a_controller_that_dies_before_it_confirms_is_undone_too(lab, tmp_path):
    """The timer is the host's own: nobody needs to come back."""
    host = lab.hosts["new"]
    assert "failed=0" in play(tmp_path, lab, FINE)
    armed = {"winsec.ipsec.assignment": {"state": "unassigned", "confirm_timeout": 60}}
    # From the answer to the command that takes the policy out of force on, this host answers nobody any more.
    lab.faults.add(Fault(effect=Effect.DROP_AFTER, host="new", operation="Send", skip=2, times=1))
    lab.faults.add(Fault(effect=Effect.DROP_BEFORE, host="new", operation="Create", skip=1, times=1000))
    play(tmp_path, lab, {**armed, "timeout": 10})
    assert b"assign=no" in host.log.stdin()
    deadline = time.monotonic() + 5 * MINUTE_SECONDS
    while policy_store(host.host).snapshot()["assigned"] != "Fine" and time.monotonic() < deadline:
        time.sleep(0.1)
    assert policy_store(host.host).snapshot()["assigned"] == "Fine"
