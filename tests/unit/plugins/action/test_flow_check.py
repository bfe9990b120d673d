# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module flow_check as a task: documents in, failures, matrix and findings out, and no host asked."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from lab_runner import LabConnection, run

from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.versions import WindowsVersion, parse_version
from winlab.host import Host

Data = dict[str, Any]

FE, BE, CONTROLLER = "10.0.0.10", "10.0.1.20", "10.0.9.9"
ESP = [{"esp_encryption": "3des", "esp_integrity": "sha1"}]
REQUIRE = {"name": "Require Security", "action": "negotiate", "security_methods": ESP, "accept_unsecured": True}
REQUEST = {**REQUIRE, "name": "Request Security", "fallback_to_clear": True}
WEB = {"source": "me", "destination": BE, "protocol": "tcp", "destination_port": 80}


def check(**options: Any) -> Data:
    """Return the result of a task; its connection must never be used."""
    connection = LabConnection(Host.create("unused", "2016"))
    result = run(connection, "flow_check", options)
    assert connection.sent == []
    return result


def document(action: Data, *filters: Data, authentication: list[Data] | None = None) -> Data:
    rule: Data = {"name": "To the back-end", "filter_list": "Back-end", "filter_action": action["name"]}
    if authentication:
        rule["authentication"] = authentication
    return {
        "filter_lists": [{"name": "Back-end", "filters": list(filters)}],
        "filter_actions": [action],
        "policies": [{"name": "Front-end", "rules": [rule]}],
        "assigned": "Front-end",
    }


def front(action: Data | None = None, version: str = "2003", **more: Any) -> Data:
    config = document(action or REQUIRE, WEB)
    return {"name": "fe", "addresses": [FE], "version": version, "config": config, **more}


def respond_only(version: str, *, assigned: bool = True) -> Data:
    """Return the article's back-end: a policy with nothing but the default response rule."""
    policy = {"name": "Client (Respond Only)", "default_response": {"enabled": True}}
    config = {"policies": [policy], "assigned": policy["name"] if assigned else ""}
    return {"name": "be", "addresses": [BE], "version": version, "config": config}


@pytest.mark.parametrize(
    ("version", "assigned", "action", "outcome"),
    [
        ("2003", True, REQUEST, "esp"),
        ("2003", True, REQUIRE, "esp"),
        ("2003", False, REQUEST, "soft_clear"),
        ("2003", False, REQUIRE, "no_answer"),
        # From Vista on the default response rule is there and does nothing (KB 942964).
        ("2008", True, REQUEST, "soft_clear"),
        ("2008", True, REQUIRE, "no_answer"),
        ("2025", True, REQUEST, "soft_clear"),
        ("2025", True, REQUIRE, "no_answer"),
    ],
)
def test_the_table_of_the_article(version: str, assigned: bool, action: Data, outcome: str) -> None:
    found = check(
        hosts=[front(action), respond_only(version, assigned=assigned)],
        expect=["fe -> be tcp/80: esp", "be -> fe tcp/25: clear"],
        fail=False,
    )
    (row,) = [row for row in found["matrix"] if (row["from"], row["to"], row["flow"]) == ("fe", "be", "tcp/80")]
    assert [cell["outcome"] for cell in row["outcomes"]] == [outcome]
    assert found["passed"] is (outcome == "esp")
    assert [failure["outcome"] for failure in found["failures"]] == ([] if outcome == "esp" else [outcome])
    words = {True: "Respond" if version == "2003" else "no rule", False: "no policy"}
    assert row["outcomes"][0]["there"]["word"] == words[assigned]


def test_a_failure_fails_the_task_and_says_why() -> None:
    found = check(
        hosts=[front(version="2016"), {"name": "be", "addresses": [BE]}],
        networks={"controller": CONTROLLER},
        expect=["fe -> be tcp/80: esp", "controller -> fe tcp/5985: clear", "fe -> be tcp/25: esp"],
    )
    assert found["failed"] is True
    assert found["passed"] is False
    assert "2 of 3 expectations about flows do not hold" in found["msg"]
    for part in ("fe -> be tcp/80: esp", f"{FE}:50000 -> {BE}:80 tcp is no_answer", "insists on IPsec", "no policy"):
        assert part in found["msg"]
    first = found["failures"][0]
    assert (first["path"], first["expected"], first["here"]["rule"]) == ("expect[0]", "esp", "To the back-end")
    assert first["here"]["word"] == "Require"
    assert [finding["kind"] for finding in found["findings"]] == ["no_answer"]


def test_what_holds_passes_and_the_matrix_shows_networks_too() -> None:
    found = check(
        hosts=[front(), respond_only("2003")],
        networks={"controller": CONTROLLER, "domain": ["10.0.0.2", "10.0.0.3"]},
        expect=["fe -> be tcp/80: esp", "fe -> domain tcp+udp/88: clear", "internet -> fe tcp/443: clear"],
        flows=["tcp/80"],
    )
    assert (found["passed"], found["failures"], found.get("failed", False)) == (True, [], False)
    ends = {(row["from"], row["to"]) for row in found["matrix"]}
    hosts, others = {"fe", "be"}, {"controller", "domain", "internet"}
    one_way = {(a, b) for a in hosts for b in hosts | others if a != b}
    assert ends == one_way | {(b, a) for a, b in one_way}
    assert {row["flow"] for row in found["matrix"]} == {"tcp/80"}


@pytest.mark.parametrize(("closed", "outcome"), [("ike", "no_answer"), ("esp", "no_answer"), ("ah", "esp")])
def test_a_firewall_in_between(closed: str, outcome: str) -> None:
    found = check(hosts=[front(), respond_only("2003")], flows=["tcp/80"], closed=[closed], fail=False)
    (row,) = [row for row in found["matrix"] if row["from"] == "fe"]
    assert [cell["outcome"] for cell in row["outcomes"]] == [outcome]


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        ({"services_running": False}, "clear"),
        ({"key_exchange_running": False}, "no_answer"),
        ({"exemption_level": 0}, "clear"),
    ],
)
def test_facts_of_the_host(more: Data, outcome: str) -> None:
    kerberos = {**WEB, "destination_port": 88}
    host = {**front(version="2016"), "config": document(REQUIRE, kerberos), **more}
    found = check(hosts=[host, {"name": "be", "addresses": [BE]}], expect=["fe -> be tcp/88: permit"], fail=False)
    assert found["failures"][0]["outcome"] == outcome


def test_no_secret_gets_out() -> None:
    marker = "marker-of-a-secret"
    authentication = [{"method": "preshared_key", "preshared_key": marker}]
    hosts = [front(), {"name": "be", "addresses": [BE]}]
    hosts[0]["config"] = document(REQUIRE, WEB, authentication=authentication)
    assert marker not in str(check(hosts=hosts, expect=["fe -> be tcp/80: esp"]))
    authentication[0]["preshared_keys"] = marker
    with pytest.raises(AnsibleActionFail) as refused:
        check(hosts=hosts)
    assert marker not in str(refused.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "hosts"),
        ({"hosts": [{"addresses": [FE]}]}, "hosts[0].name"),
        ({"hosts": [{"name": "fe"}]}, "hosts[0].addresses"),
        ({"hosts": [{"name": "fe", "addresses": []}]}, "hosts[0].addresses"),
        ({"hosts": [{"name": "fe", "addresses": ["10.0.0.0/8"]}]}, "hosts[0].addresses[0] is '10.0.0.0/8'"),
        ({"hosts": [{"name": "f e", "addresses": [FE]}]}, "hosts[0].name is 'f e'"),
        # A machine of such a name would make its own what somebody expects of everybody.
        ({"hosts": [front(name="internet")], "expect": ["internet -> fe: blocked"]}, "hosts[0].name is 'internet'"),
        ({"hosts": [front(), front(name="any")]}, "hosts[1].name is 'any'"),
        ({"hosts": [front(), front()]}, "hosts[1].name is 'fe'"),
        ({"hosts": [front(version="2004")]}, "hosts[0].version is '2004'"),
        ({"hosts": [front(exemption_level=4)]}, "hosts[0].exemption_level is 4"),
        ({"hosts": [front(adresses=[])]}, "Did you mean addresses?"),
        ({"hosts": [front()], "networks": ["10.0.0.1"]}, "networks"),
        ({"hosts": [front()], "networks": {"fe": "10.0.0.1"}}, "networks['fe'] is 'fe'"),
        ({"hosts": [front()], "networks": {"dc": "dc.example.org"}}, "networks['dc'] is 'dc.example.org'"),
        ({"hosts": [front()], "networks": {"dc": []}}, "networks['dc'] is []"),
        ({"hosts": [front()], "expect": [{"fe -> be tcp/80": "esp"}]}, "Put the line between quotes"),
        ({"hosts": [front()], "expect": ["fe -> bee tcp/80: esp"]}, "expect[0] is 'bee'"),
        ({"hosts": [front()], "expect": ["fe -> any tcp/80: safe"]}, "expect[0] is 'safe'"),
        ({"hosts": [front()], "flows": ["esp/50"]}, "flows[0]"),
        ({"hosts": [front()], "closed": ["tcp"]}, "closed[0] is 'tcp'"),
        ({"hosts": [{**front(), "config": {"assigned": "Gone"}}]}, "hosts[0].config.assigned is 'Gone'"),
        (
            {"hosts": [{**front(), "config": {**document(REQUIRE, WEB), "filter_lists": []}}]},
            "hosts[0].config.policies['Front-end'].rules['To the back-end'].filter_list is 'Back-end'",
        ),
        (
            {"hosts": [{**front(), "config": {"filter_lists": [{"name": "A", "filters": [{"port": 80}]}]}}]},
            "hosts[0].config.filter_lists[0].filters[0].port is a number (not shown)",
        ),
    ],
)
def test_bad_input_is_refused_with_its_path(options: Data, words: str) -> None:
    with pytest.raises(AnsibleActionFail) as refused:
        check(**options)
    assert words in str(refused.value)
    assert "expected" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("2003", (5, 2, 3790)),
        ("2008", (6, 0, 6003)),
        ("2008 R2", (6, 1, 7601)),
        ("2008r2", (6, 1, 7601)),
        ("Windows Server 2012 R2", (6, 3, 9600)),
        ("2022", (10, 0, 20348)),
        ("10.0.26100", (10, 0, 26100)),
        ("10.0.14393.447", (10, 0, 14393)),
    ],
)
def test_versions(text: str, version: tuple[int, int, int]) -> None:
    assert parse_version(text, "") == WindowsVersion(*version)
