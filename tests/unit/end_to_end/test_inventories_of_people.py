# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks with the inventories that people have. Which failure of a deployment is tested where:

- 01 a limit that skipped the gates, 05 two hosts of one address, 08 variables of the roles, 10 a proof of nothing,
  11 a host in both groups, 14 messages about addresses: ``test_a_refusal``;
- 02 a limit to a pair, a host that is down, 09 inventories in two folders: ``test_a_pair``;
- 03 growth: ``test_growing``; 04 a shared back-end: ``test_a_back_end_of_two_inventories``;
- 06 numbers as names: ``test_numbers_as_names``; 07 differences of the firewall: ``test_firewall``;
- 12 several tasks for one host: ``test_two_controllers``; 13 rollback twice: ``test_rollback``;
- 15 what deleted takes: ``planning/test_intent``; 16 an address that a host does not have: ``test_inventory``.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from lab_runner import run as task
from playbook_runner import meaning, play, run

from winlab.lab import Lab
from winlab.spec import HostSpec
from winlab.wsman.faultplan import Effect, Fault

pytestmark = pytest.mark.slow

Data = dict[str, Any]
FRONT, BACK = "exchange_frontends", "exchange_backends"
HOSTS = {
    "fe1": (FRONT, "10.0.0.11"),
    "fe2": (FRONT, "10.0.0.12"),
    "be1": (BACK, "10.0.1.21"),
    "be2": (BACK, "10.0.1.22"),
}


def lab(*names: str) -> Lab:
    return Lab(
        HostSpec(name=name, version="2016", groups=(HOSTS[name][0],), vars={"ipsec_address": HOSTS[name][1]})
        for name in names
    )


def inventory(running: Lab, folder: Path, *without: str) -> Data:
    """Return the inventory of the lab, without some of its hosts."""
    running.inventory(folder / "inventory.yml")
    found: Data = yaml.safe_load((folder / "inventory.yml").read_text())
    for group in found["all"]["children"].values():
        group["hosts"] = {name: its for name, its in group["hosts"].items() if name not in without}
    return found


def group(data: Data, name: str) -> Data:
    found: Data = data["all"]["children"][name]["hosts"]
    return found


def of(data: Data, name: str) -> Data:
    """Return the variables of a host."""
    found: Data = group(data, "windows")[name]
    return found


def insisting(running: Lab, name: str) -> dict[str, bool]:
    """Return for each far end of the policy in force whether the host talks with it by IPsec or not at all."""
    config = task(running.hosts[name].host, "policies_info", {})["config"]
    lists = {one["name"]: one["filters"] for one in config["filter_lists"]}
    actions = {one["name"]: one for one in config["filter_actions"]}
    return {
        one["source"] if one["destination"] == "me" else one["destination"]: not actions[rule["filter_action"]][
            "fallback_to_clear"
        ]
        for policy in config["policies"]
        if policy["name"] == config["assigned"]
        for rule in policy["rules"]
        for one in lists[rule["filter_list"]]
    }


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, Path, dict[str, object]]]:
    """Four hosts that nothing may change."""
    with lab(*HOSTS) as running:
        yield running, tmp_path_factory.mktemp("untouched"), meaning(running)


def one_address(data: Data) -> None:
    of(data, "be2")["ipsec_address"] = HOSTS["be1"][1]


def no_address(data: Data) -> None:
    of(data, "be2")["ipsec_address"] = "10.0.1.22/24"


def in_both_groups(data: Data) -> None:
    group(data, BACK)["fe2"] = {}


def mistyped(data: Data) -> None:
    data["all"]["children"]["exchange_frontend"] = data["all"]["children"].pop(FRONT)


def empty(data: Data) -> None:
    group(data, BACK).clear()


def ports_of_the_role(data: Data) -> None:
    of(data, "fe2")["frontend_ports"] = [80, 143]


def other_lists(data: Data) -> None:
    key = [{"method": "preshared_key", "preshared_key": "Quiet-Harbour-41"}]
    data["all"]["vars"] = {**(data["all"].get("vars") or {}), "backend_authentication": key}
    data["all"]["vars"]["frontend_authentication"] = [{"method": "kerberos"}]


BY_GROUPS = ("--limit", f"{BACK}:{FRONT}")
DIFFER = "frontend_authentication and backend_authentication differ"
NO_GROUP = f"no host in the group {FRONT}. Did you mean exchange_frontend to be it?"
REFUSALS: list[tuple[str, Callable[[Data], None] | None, tuple[str, ...], str]] = [
    ("site.yml", other_lists, (), DIFFER),
    ("site.yml", other_lists, BY_GROUPS, DIFFER),
    ("site.yml", other_lists, ("--limit", "fe1,be1"), DIFFER),
    ("site.yml", one_address, (), "be1 and be2 have one address in the inventory, 10.0.1.21"),
    ("site.yml", ports_of_the_role, (), "frontend_ports is set for fe2"),
    ("site.yml", mistyped, (), NO_GROUP),
    ("verify.yml", mistyped, (), NO_GROUP),
    ("rollback.yml", mistyped, (), NO_GROUP),
    ("site.yml", empty, (), f"no host in the group {BACK}"),
    ("verify.yml", empty, (), f"no host in the group {BACK}"),
    ("verify.yml", None, ("--limit", "fe1,fe2"), "Nothing was proven"),
    ("verify.yml", None, ("--tags", "verify"), "Run it without --tags"),
    ("rollback.yml", None, ("--tags", "always"), "Run it without --tags"),
    ("site.yml", in_both_groups, (), "fe2 is in both groups"),
    ("site.yml", in_both_groups, BY_GROUPS, "fe2 is in both groups"),
    ("site.yml", no_address, (), "Correct ipsec_address of be2"),
    ("site.yml", None, ("-e", "ipsec_serial=none"), "a number of hosts"),
]


@pytest.mark.parametrize(("playbook", "change", "arguments", "words"), REFUSALS)
def test_a_refusal(
    untouched: tuple[Lab, Path, dict[str, object]],
    playbook: str,
    change: Callable[[Data], None] | None,
    arguments: tuple[str, ...],
    words: str,
) -> None:
    """In the words of the inventory, whatever the limit, and nothing has changed."""
    running, folder, before = untouched
    data = inventory(running, folder)
    if change is not None:
        change(data)
    done = play(playbook, folder, running, *arguments, inventory=yaml.safe_dump(data))
    assert done.returncode != 0
    assert words in " ".join(done.stdout.split()), done.stdout
    assert "Quiet-Harbour-41" not in done.stdout + done.stderr
    assert meaning(running) == before, done.stdout


def test_a_pair(tmp_path: Path) -> None:
    """A limit to two hosts of inventories in two folders; then all, while one host is down."""
    with lab(*HOSTS) as running:
        data = inventory(running, tmp_path)
        for name, other in ((FRONT, BACK), (BACK, FRONT)):
            part = copy.deepcopy(data)
            for far in part["all"]["children"].pop(other)["hosts"]:
                del group(part, "windows")[far]
            (tmp_path / name).mkdir()
            (tmp_path / name / "hosts.yml").write_text(yaml.safe_dump(part))
        whole = ("-i", str(tmp_path / BACK / "hosts.yml"))
        first = tmp_path / FRONT / "hosts.yml"

        done = run("site.yml", first, *whole, "--limit", "fe1,be1")
        assert done.returncode == 0, done.stdout
        assert "Outside of the limit: be2, fe2" in done.stdout + done.stderr
        assert "fe1 -> be1 tcp/80: required" in done.stdout
        assert insisting(running, "fe1") == {HOSTS["be1"][1]: True}
        assert (tmp_path / FRONT / ".ipsec-saved" / "fe1.json").is_file()
        assert (tmp_path / BACK / ".ipsec-saved" / "be1.json").is_file()

        running.faults.add(Fault(effect=Effect.DROP_BEFORE, host="be2", times=None))
        done = run("site.yml", first, *whole)
        assert done.returncode != 0
        assert "No answer from be2. Nothing was changed." in done.stdout
        done = run("site.yml", first, *whole, "-e", "ipsec_skip_unreachable=true")
        assert done.returncode == 0, done.stdout
        assert "No answer from: be2" in done.stdout + done.stderr
        assert insisting(running, "fe2") == {HOSTS["be1"][1]: True}
        done = run("verify.yml", first, *whole)
        assert done.returncode != 0
        assert "be2 could not be read" in done.stdout


def test_growing(tmp_path: Path) -> None:
    """One more back-end, and the run ends in the middle: what required IPsec goes on requiring it."""
    old, new = HOSTS["be1"][1], HOSTS["be2"][1]
    with lab(*HOSTS) as running:
        done = play("site.yml", tmp_path, running, inventory=yaml.safe_dump(inventory(running, tmp_path, "be2")))
        assert done.returncode == 0, done.stdout
        assert insisting(running, "fe1") == insisting(running, "fe2") == {old: True}

        data = inventory(running, tmp_path)
        lost = of(data, "fe2")
        lost["ansible_port"] = f"{{{{ 1 if 'fe2' in ipsec__batch | default([]) else {lost['ansible_port']} }}}}"
        done = play("site.yml", tmp_path, running, inventory=yaml.safe_dump(data))
        assert done.returncode != 0
        assert "fatal: [fe2]: UNREACHABLE" in done.stdout
        assert insisting(running, "fe1") == {old: True, new: False}
        assert insisting(running, "fe2") == {old: True}

        done = play("site.yml", tmp_path, running)
        assert done.returncode == 0, done.stdout
        assert insisting(running, "fe1") == insisting(running, "fe2") == {old: True, new: True}
        done = play("site.yml", tmp_path, running, "-e", json.dumps({"ipsec_ports": [80, 143]}))
        assert done.returncode != 0
        assert "put added_port into ipsec_allow_swap" in done.stdout
        assert insisting(running, "fe1") == insisting(running, "fe2") == {old: True, new: True}


def test_a_back_end_of_two_inventories(tmp_path: Path) -> None:
    """The second inventory does not know the front-ends of the first one."""
    first, second = HOSTS["fe1"][1], HOSTS["fe2"][1]
    with lab("fe1", "fe2", "be1") as running:
        for without in ("fe2", "fe1"):
            text = yaml.safe_dump(inventory(running, tmp_path, without))
            done = play("site.yml", tmp_path, running, inventory=text)
            assert done.returncode == 0, done.stdout
        said = done.stdout + done.stderr
        assert f"Filters of be1 that name no host of this inventory are kept: {first}" in said
        assert set(insisting(running, "be1")) == {first, second}
        done = play("site.yml", tmp_path, running, "-e", "ipsec_remove_unknown_peers=true", inventory=text)
        assert done.returncode == 0, done.stdout
        assert set(insisting(running, "be1")) == {second}


def test_a_key_of_the_front_ends_is_that_of_the_back_ends(tmp_path: Path) -> None:
    """One list for a pair, wherever it stands; and nobody reads the key, however much is said."""
    key = [{"method": "preshared_key", "preshared_key": "Quiet-Harbour-41"}]
    with lab("fe1", "be1") as running:
        data = inventory(running, tmp_path)
        data["all"]["children"][FRONT]["vars"] = {"frontend_authentication": key}
        done = play("site.yml", tmp_path, running, "-vvv", "--diff", inventory=yaml.safe_dump(data))
        assert done.returncode == 0, done.stdout
        assert "Quiet-Harbour-41" not in done.stdout + done.stderr
        for name, other in (("fe1", "be1"), ("be1", "fe1")):
            assert set(insisting(running, name)) == {HOSTS[other][1]}
            assert b'psk="Quiet-Harbour-41"' in running.hosts[name].log.stdin()
