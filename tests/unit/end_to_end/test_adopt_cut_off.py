# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks that adopt a host, cut off after each command: the next run arrives, nothing is left, nothing is lost."""

from __future__ import annotations

import copy
from contextlib import suppress
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure
from dying import Death, DyingConnection, deaths_after_commands
from hand_made import (
    OURS,
    WORLDS,
    call,
    fates,
    gone_by_document,
    hardened,
    info,
    named,
    policy_of,
    server,
    settles,
    translated,
)
from lab_runner import run

from winlab import host as lab_host
from winlab.host import Host
from winlab.netsh.talk import static
from winlab.store import policy_store
from winlab.store.identifiers import ObjectClass

pytestmark = pytest.mark.slow

Data = dict[str, Any]


@pytest.mark.parametrize("assigned", [True, False])
@pytest.mark.parametrize("timeout", [None, 60])
@pytest.mark.parametrize("version", ["2003", "2016"])
def test_rules_get_names_wherever_a_run_is_cut_off(version: str, timeout: int | None, assigned: bool) -> None:
    start = hardened(version)
    if not assigned:
        static(start, "set policy name=Hardening assign=no")
    task = named(start, **({"confirm_timeout": timeout} if timeout else {}))
    task["config"].pop("assigned")
    everything_arrives(start, "policies", task, hitless=True)


def everything_arrives(start: Host, module: str, task: Data, *, hitless: bool = False) -> None:
    """Cut a task off after each of its commands, and run it again: it arrives, and nothing is left or lost."""
    old = fates(start)
    finished = copy.deepcopy(start)
    run(DyingConnection(finished, Death(-1, 0)), module, task)
    goal = info(finished)["config"]
    new = fates(finished)
    policies = {item["name"] for item in goal["policies"]}
    stops = list(deaths_after_commands(start, module, task))
    assert stops
    for death in stops:
        host = copy.deepcopy(start)
        with suppress(AnsibleConnectionFailure):
            run(DyingConnection(host, death), module, task)
        assert fates(host) in (old, new), death
        if hitless:
            assert fates(host) == old == new, death
        # Whatever comes next, what is there is shown under its own names.
        half = info(host)
        assert OURS not in str(half["config"]), death
        if hitless:
            assert policies <= {item["name"] for item in half["config"]["policies"]}, death
            assert half["config"].get("assigned") == goal.get("assigned"), death
        run(DyingConnection(host, Death(-1, 0)), module, task)
        assert info(host)["config"] == goal, death
        assert OURS not in str(policy_store(host).snapshot()), death
        again = DyingConnection(host, Death(-1, 0))
        assert run(again, module, task)["changed"] is False, death
        assert again.netsh_lines() == []


@pytest.mark.parametrize("assigned", [True, False])
def test_a_rule_that_gets_a_name_keeps_its_key(assigned: bool) -> None:
    host = hardened()
    static(
        host,
        "add filteraction name=Secure qmsecmethods=ESP[3DES,SHA1]",
        'add rule name=three policy=Hardening filterlist=Good filteraction=Secure psk="Quiet-Harbour-41"',
    )
    call(host, ObjectClass.NFA, "three", None)
    if not assigned:
        static(host, "set policy name=Hardening assign=no")
    config = info(host)["config"]
    for number, rule in enumerate(policy_of(config, "Hardening")["rules"]):
        rule["name"] = f"R{number}"
    everything_arrives(host, "policies", {"config": config, "state": "replaced"}, hitless=True)
    settles(host, "policies", {"config": config, "state": "replaced"})
    (policy,) = [item for item in policy_store(host).snapshot()["policies"] if item["name"] == "Hardening"]
    assert ["Quiet-Harbour-41" in str(rule["authentication"]) for rule in policy["rules"] if rule["name"]].count(
        True
    ) == 1


def test_another_policy_gets_names_beside_the_one_in_force() -> None:
    """While one is made anew behind a copy, the other one is so beside its predecessor."""
    start = hardened()
    static(
        start,
        "add policy name=Spare activatedefaultrule=no",
        "add rule name=three policy=Spare filterlist=Good filteraction=Permit",
        "add rule name=four policy=Spare filterlist=Bad filteraction=Permit",
    )
    call(start, ObjectClass.NFA, "three", None)
    call(start, ObjectClass.NFA, "four", None)
    config = info(start)["config"]
    for policy in config["policies"]:
        for number, rule in enumerate(policy["rules"]):
            rule["name"] = f"R{number}"
    everything_arrives(start, "policies", {"config": config, "state": "overridden"}, hitless=True)
    # The same, with a list that changes for both.
    (good,) = [item for item in config["filter_lists"] if item["name"] == "Good"]
    good["description"] = "LAN"
    good["filters"].append({"source": "10.0.1.0/24", "destination": "me", "protocol": "tcp", "destination_port": 445})
    everything_arrives(start, "policies", {"config": config, "state": "overridden"}, hitless=True)


def test_a_switch_to_a_policy_that_gets_names() -> None:
    start = hardened()
    static(start, "add policy name=Other activatedefaultrule=no", "set policy name=Other assign=yes")
    task = named(start)
    task["config"]["assigned"] = "Hardening"
    everything_arrives(start, "policies", task)
    (good,) = [item for item in task["config"]["filter_lists"] if item["name"] == "Good"]
    good["filters"] = [{"source": "10.0.1.0/24", "destination": "me", "protocol": "tcp", "destination_port": 445}]
    everything_arrives(start, "policies", task)


@pytest.fixture(name="world", params=sorted(WORLDS))
def host_of_a_world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Host:
    version, language, page, names = WORLDS[request.param]
    monkeypatch.setitem(lab_host.OEM_ENCODINGS, language, page)
    return server(version, language, **names)


def test_names_are_given_wherever_a_run_is_cut_off(world: Host) -> None:
    task = translated(world)
    everything_arrives(world, "policies", task)


def test_they_are_removed_wherever_a_run_is_cut_off(world: Host) -> None:
    everything_arrives(world, *gone_by_document(world))
