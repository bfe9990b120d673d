# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deployments on simulated hosts: what the module returns is what hosts take, round by round."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from lab_runner import LabConnection, run

from ansible_collections.winsec.ipsec.plugins.filter.with_keys import with_keys
from winlab.host import Host

Data = dict[str, Any]

ADDRESSES = {"web1": ["10.0.0.1"], "web2": ["10.0.0.2"], "sql1": ["10.0.1.1"], "sql2": ["10.0.1.2"]}
VERSIONS = {"web1": "2003", "web2": "2025", "sql1": "2016", "sql2": "2008R2"}
GROUPS = {"web": ["web1", "web2"], "sql": ["sql1", "sql2"]}
FLOWS: list[Data] = [
    {"name": "Web to SQL", "from": "web", "to": "sql", "ports": [1433]},
    {"name": "Copies", "from": "sql", "to": "sql", "ports": [5022], "level": "request"},
]
KEY = "Quiet-Harbour-41"
PRESHARED = [{"method": "preshared_key", "preshared_key": KEY}]
CERTIFICATE = [{"method": "certificate", "authority": "CN=Example CA"}]


@pytest.fixture
def machines() -> dict[str, Host]:
    return {name: Host.create(name, version) for name, version in VERSIONS.items()}


def task(machines: dict[str, Host], flows: list[Data], **more: Any) -> Data:
    """Return the result of the module for the machines as they are; its own connection is never used."""
    hosts = [
        {"name": name, "addresses": ADDRESSES[name], "info": run(machine, "policies_info", {})}
        for name, machine in machines.items()
    ]
    connection = LabConnection(Host.create("unused", "2016"))
    found = run(connection, "deployment", {"flows": flows, "hosts": hosts, "groups": GROUPS, **more})
    assert connection.sent == []
    return found


def play(machines: dict[str, Host], flows: list[Data], **more: Any) -> list[str]:
    """Play all rounds, check after each what the hosts then do to packets, and return the names of the rounds."""
    found = task(machines, flows, **more)
    assert "failed" not in found
    for round_ in found["rounds"]:
        name = round_["name"]
        for host in round_["hosts"]:
            mine = found["hosts"][host]
            config = with_keys(mine["documents"][name], mine["keyed_rules"][name], flows)
            assert run(machines[host], "policies", {"state": "replaced", "config": config})["changed"], (name, host)
        check(machines, round_["expect"])
    check(machines, found["expect"])
    for host, mine in found["hosts"].items():
        run(machines[host], "policies", {"state": "deleted", "config": mine["leftovers"]})
    assert task(machines, flows, **more)["rounds"] == []
    return [one["name"] for one in found["rounds"]]


def check(machines: dict[str, Host], expect: list[str]) -> None:
    """Check what the hosts do to packets by what they have now."""
    hosts = []
    for name, machine in machines.items():
        info = run(machine, "policies_info", {})
        version = info["host"]["version"]
        hosts.append({"name": name, "addresses": ADDRESSES[name], "version": version, "config": info["config"]})
    assert expect
    assert run(Host.create("unused", "2016"), "flow_check", {"hosts": hosts, "expect": expect})["failures"] == []


@pytest.mark.slow
def test_from_nothing_over_a_key_to_certificates(machines: dict[str, Host]) -> None:
    assert play(machines, FLOWS) == ["accept", "settle"]
    keyed = [{**flow, "authentication": PRESHARED} for flow in FLOWS]
    assert play(machines, keyed) == ["accept", "settle"]
    certified = [{**flow, "authentication": CERTIFICATE} for flow in FLOWS]
    assert play(machines, certified) == ["accept", "settle"]
    info = run(machines["sql1"], "policies_info", {})["config"]
    assert sorted(one["name"] for one in info["filter_lists"]) == [
        "IPsec with sql2",
        "IPsec with web1",
        "IPsec with web2",
    ]
    assert sorted(one["name"] for one in info["filter_actions"]) == [
        "IPsec request 3des-sha1",
        "IPsec require 3des-sha1",
    ]


def test_the_article_on_hosts_of_its_time_and_of_today(machines: dict[str, Host]) -> None:
    flow = [{"name": "Exchange", "from": ["web1", "web2"], "to": ["sql1", "sql2"], "ports": [80]}]
    assert play(machines, flow, article={}) == ["accept", "settle"]
    back = {"web1": "2016", "web2": "2003"}
    swapped = {name: Host.create(name, back.get(name, "2025")) for name in ADDRESSES}
    turned = [{**flow[0], "from": flow[0]["to"], "to": flow[0]["from"]}]
    assert play(swapped, turned, article={}) == ["accept", "settle"]
    info = run(swapped["web2"], "policies_info", {})
    assert info["config"]["assigned"] in info["predefined"]["policies"]


def test_a_refusal_fails_the_task_in_the_words_of_the_inventory(machines: dict[str, Host]) -> None:
    found = task(machines, [{**FLOWS[0], "to": "sqll"}])
    assert found["failed"] is True
    assert "goes to sqll, which is no group" in found["msg"]
    assert "Did you mean sql" in found["msg"]
    assert found["rounds"] == []
    assert "failed" not in task(machines, [{**FLOWS[0], "to": "sqll"}], fail=False)


def test_no_key_gets_out(machines: dict[str, Host]) -> None:
    keyed = [{**flow, "authentication": PRESHARED} for flow in FLOWS]
    assert KEY not in str(task(machines, keyed))
    with pytest.raises(AnsibleActionFail) as refused:
        task(machines, [{**keyed[0], "authentication": [{**PRESHARED[0], "psk": KEY}]}])
    assert KEY not in str(refused.value)
