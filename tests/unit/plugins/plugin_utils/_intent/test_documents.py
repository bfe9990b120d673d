# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What hosts get: documents, openings, what is expected, and what is left over."""

from __future__ import annotations

from typing import Any

import pytest
from deployment_worlds import KEYS
from inventories import deployed, grown, host, rules

from ansible_collections.winsec.ipsec.plugins.plugin_utils._intent.keys import with_keys
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.document import read_document

Data = dict[str, Any]
FLOW: Data = {"name": "Web", "from": "web", "to": "sql", "ports": [1433]}
GROUPS = {"web": ["web1", "web2"], "sql": ["sql1"]}
HOSTS = [host("web1", "10.0.0.1"), host("web2", "10.0.0.2"), host("sql1", "10.0.1.1")]
CERTIFICATE = [{"method": "certificate", "authority": "CN=A"}]


def filters(document: Data) -> list[tuple[str, str, str]]:
    lists = document["filter_lists"]
    return [(one["source"], one["destination"], one["destination_port"]) for each in lists for one in each["filters"]]


def test_a_first_deployment_asks_and_then_requires() -> None:
    found = deployed([FLOW], HOSTS, GROUPS)
    assert [one["name"] for one in found["rounds"]] == ["accept", "settle"]
    assert found["rounds"][0]["batches"] == [["sql1"], ["web1"], ["web2"]]
    assert deployed([FLOW], HOSTS, GROUPS, serial=["50%", 9])["rounds"][0]["batches"] == [["sql1"], ["web1"], ["web2"]]
    assert deployed([FLOW], HOSTS, GROUPS, serial=["100%"])["rounds"][0]["batches"] == [["sql1"], ["web1", "web2"]]
    sql = found["hosts"]["sql1"]["documents"]
    assert rules(sql["accept"]) == {
        "IPsec with web1": ("IPsec request 3des-sha1", ["kerberos"]),
        "IPsec with web2": ("IPsec request 3des-sha1", ["kerberos"]),
    }
    assert {action for action, _methods in rules(sql["settle"]).values()} == {"IPsec require 3des-sha1"}
    assert filters(sql["settle"]) == [("10.0.0.1", "me", "1433"), ("10.0.0.2", "me", "1433")]
    assert found["expect"] == ["web1 -> sql1 tcp/1433: secured", "web2 -> sql1 tcp/1433: secured"]
    assert [(one["now"], one["rounds"]["accept"], one["then"]) for one in found["pairs"]] == [
        ("clear", "requested", "required")
    ] * 2
    assert found["hosts"]["sql1"]["firewall"] == {
        "state": "present",
        "peers": ["10.0.0.1", "10.0.0.2"],
        "protocols": ["ike", "nat_traversal", "esp"],
    }
    assert found["network"]["flows"] == [{"from": ["10.0.0.1", "10.0.0.2"], "to": ["10.0.1.1"]}]
    assert found["hosts"]["sql1"]["leftovers"] == {
        "filter_lists": [],
        "filter_actions": [{"name": "IPsec request 3des-sha1"}],
    }


def test_a_further_run_changes_nothing() -> None:
    first = deployed([FLOW], HOSTS, GROUPS)
    again = deployed([FLOW], grown(HOSTS, first), GROUPS)
    assert (again["rounds"], again["hosts"]["web1"]["changes"]) == ([], False)
    assert again["pairs"][0]["now"] == "required"


def test_a_deployment_may_stay_at_request() -> None:
    found = deployed([{**FLOW, "level": "request"}], HOSTS, GROUPS)
    assert [one["name"] for one in found["rounds"]] == ["accept"]
    assert {one["then"] for one in found["pairs"]} == {"requested"}
    stronger = deployed([FLOW], grown(HOSTS, found), GROUPS)
    assert [one["name"] for one in stronger["rounds"]] == ["settle"]


def test_authentication_changes_by_overlap() -> None:
    """People 2: both ends accept both, then have the new alone; they require all the time."""
    hosts = grown(HOSTS, deployed([FLOW], HOSTS, GROUPS))
    found = deployed([{**FLOW, "authentication": CERTIFICATE}], hosts, GROUPS)
    web = found["hosts"]["web1"]["documents"]
    assert rules(web["accept"]) == {"IPsec with sql1": ("IPsec require 3des-sha1", ["kerberos", "certificate"])}
    assert rules(web["settle"]) == {"IPsec with sql1": ("IPsec require 3des-sha1", ["certificate"])}
    assert [one["rounds"]["accept"] for one in found["pairs"]] == ["required", "required"]
    assert [one["proof"][0]["authentication"] for one in found["rounds"]] == [["Kerberos"], ["certificate of CN=A"]]


def test_a_further_host_leaves_the_others_as_they_are() -> None:
    """Case 03: pairs that require keep requiring, only what is new asks first."""
    hosts = grown(HOSTS[::2], deployed([FLOW], HOSTS[::2], {"web": ["web1"], "sql": ["sql1"]}))
    found = deployed([FLOW], [hosts[0], HOSTS[1], hosts[1]], GROUPS)
    assert rules(found["hosts"]["sql1"]["documents"]["accept"]) == {
        "IPsec with web1": ("IPsec require 3des-sha1", ["kerberos"]),
        "IPsec with web2": ("IPsec request 3des-sha1", ["kerberos"]),
    }
    assert found["hosts"]["web1"]["changes"] is False


def test_a_further_port_is_a_swap() -> None:
    """People 1: what is required stays required; the new port is refused with the way to it, or changes at once."""
    hosts = grown(HOSTS, deployed([FLOW], HOSTS, GROUPS))
    more = {**FLOW, "ports": [1433, 1434]}
    refused = deployed([more], hosts, GROUPS)
    assert "sql1 and web1, sql1 and web2" in refused["refusals"][0]
    assert "put added_port into ipsec_allow_swap" in refused["refusals"][0]
    found = deployed([more], hosts, GROUPS, allow_swap=["added_port"])
    (only,) = found["rounds"]
    assert (only["name"], only["together"]) == ("swap", [["sql1", "web1"], ["sql1", "web2"]])
    assert {action for action, _methods in rules(found["hosts"]["sql1"]["documents"]["swap"]).values()} == {
        "IPsec require 3des-sha1"
    }


def test_peers_that_the_inventory_does_not_know_are_kept() -> None:
    """Case 04: another inventory has a front-end at the same back-end."""
    theirs = deployed([FLOW], HOSTS[::2], {"web": ["web1"], "sql": ["sql1"]})
    shared = grown(HOSTS[::2], theirs)[1]
    mine = [host("web9", "10.0.0.9"), shared]
    groups = {"web": ["web9"], "sql": ["sql1"]}
    found = deployed([FLOW], mine, groups)
    assert found["unknown_peers"] == {"sql1": ["10.0.0.1 -> me tcp/1433"]}
    assert any("are kept: 10.0.0.1 -> me tcp/1433" in one for one in found["warnings"])
    assert rules(found["hosts"]["sql1"]["config"])["IPsec with web1"] == ("IPsec require 3des-sha1", ["kerberos"])
    assert found["hosts"]["sql1"]["firewall_after"]["peers"] == ["10.0.0.1", "10.0.0.9"]
    without = deployed([FLOW], mine, groups, remove_unknown_peers=True)
    assert list(rules(without["hosts"]["sql1"]["config"])) == ["IPsec with web9"]
    assert "IPsec with web1" in rules(without["hosts"]["sql1"]["documents"]["accept"])


def test_a_host_that_leaves_is_cleared_at_both_ends() -> None:
    hosts = grown(HOSTS, deployed([FLOW], HOSTS, GROUPS))
    found = deployed([FLOW], hosts, {"web": ["web1"], "sql": ["sql1"]})
    assert rules(found["hosts"]["web2"]["documents"]["accept"]) == {
        "IPsec with sql1": ("IPsec request 3des-sha1", ["kerberos"])
    }
    assert rules(found["hosts"]["web2"]["config"]) == {}
    assert list(rules(found["hosts"]["sql1"]["config"])) == ["IPsec with web1"]
    assert found["hosts"]["web2"]["firewall_after"] == {"state": "absent"}


def test_a_mesh_with_two_addresses_and_two_families() -> None:
    hosts = [host(f"sql{n}", f"10.0.1.{n}", f"10.9.1.{n}", f"2001:db8::{n}") for n in (1, 2, 3)]
    flow = {"name": "Copies", "from": "sql", "to": "sql", "ports": [5022]}
    found = deployed([flow], hosts, {"sql": ["sql1", "sql2", "sql3"]})
    assert found["refusals"] == []
    document = found["hosts"]["sql1"]["config"]
    assert list(rules(document)) == ["IPsec with sql2", "IPsec with sql3"]
    assert len(filters(document)) == 2 * 2 * 3
    assert len(found["pairs"]) == 6
    families = [{":" in one for one in each["from"]} for each in found["network"]["flows"]]
    assert families == [{False}, {True}]


def test_pairs_of_a_site() -> None:
    hosts = [host("web1", "10.0.0.1", site="a"), host("web2", "10.0.0.2", site="b")]
    hosts += [host("sql1", "10.0.1.1", site="a"), host("sql2", "10.0.1.2", site="b")]
    groups = {"web": ["web1", "web2"], "sql": ["sql1", "sql2"]}
    found = deployed([{**FLOW, "same_site": True}], hosts, groups)
    assert [(one["from"], one["to"]) for one in found["pairs"]] == [("web1", "sql1"), ("web2", "sql2")]
    assert len(found["network"]["flows"]) == 2


def test_keys_are_in_no_result_and_come_back_by_the_filter() -> None:
    flow = {**FLOW, "authentication": [KEYS[0]]}
    found = deployed([flow], HOSTS, GROUPS)
    assert KEYS[0]["preshared_key"] not in str(found)
    mine = found["hosts"]["web1"]
    document = with_keys(mine["documents"]["settle"], mine["keyed_rules"]["settle"], [flow])
    (rule,) = document["policies"][0]["rules"]
    assert rule["authentication"] == [KEYS[0]]


def test_a_key_for_a_key_is_a_swap() -> None:
    flow = {**FLOW, "authentication": [KEYS[0]]}
    hosts = grown(HOSTS, deployed([flow], HOSTS, GROUPS))
    assert deployed([flow], hosts, GROUPS)["rounds"] == []
    other = [{**flow, "authentication": [KEYS[1]]}]
    differ = [{**one, "keys_differ": True} for one in hosts]
    refused = deployed(other, differ, GROUPS)["refusals"]
    assert "Two hosts cannot have two pre-shared keys for each other" in refused[0]
    assert "put key into ipsec_allow_swap" in refused[0]
    assert [one["name"] for one in deployed(other, differ, GROUPS, allow_swap=["key"])["rounds"]] == ["swap"]
    bridge = deployed([{**FLOW, "authentication": CERTIFICATE}], hosts, GROUPS)
    assert [one["name"] for one in bridge["rounds"]] == ["accept", "settle"]
    assert rules(bridge["hosts"]["web1"]["documents"]["accept"])["IPsec with sql1"][1] == [
        "preshared_key",
        "certificate",
    ]


def test_hosts_of_odd_names_have_lists_of_their_own() -> None:
    hosts = [host("Web 1", "10.0.0.1"), host("web-1", "10.0.0.2"), host("sql1", "10.0.1.1")]
    found = deployed([FLOW], hosts, {"web": ["Web 1", "web-1"], "sql": ["sql1"]})
    document = found["hosts"]["sql1"]["config"]
    assert len(rules(document)) == len(document["filter_lists"]) == 2
    assert read_document(document).assigned == "IPsec flows"
    # Expectations cannot name a host with a blank; the analysis behind pairs does.
    assert found["expect"] == ["web-1 -> sql1 tcp/1433: secured"]
    assert {one["then"] for one in found["pairs"]} == {"required"}


def test_different_lists_of_methods_on_a_host_are_a_finding() -> None:
    both = [FLOW, {**FLOW, "name": "More", "ports": [80], "level": "request"}]
    hosts = grown(HOSTS, deployed(both, HOSTS, GROUPS))
    rule = hosts[0]["info"]["config"]["policies"][0]["rules"][0]
    rule["authentication"] = CERTIFICATE
    assert "web1 has rules with different authentication for sql1" in deployed(both, hosts, GROUPS)["findings"][0]


def test_an_address_beyond_the_inventory() -> None:
    found = deployed([{**FLOW, "to": ["10.77.0.0/24", "10.0.1.1"]}], HOSTS, GROUPS)
    assert found["refusals"] == []
    assert [(one["from"], one["to"]) for one in found["pairs"]] == [("web1", "sql1"), ("web2", "sql1")]
    assert ("me", "10.77.0.0/24", "1433") in filters(found["hosts"]["web1"]["config"])
    assert "10.77.0.0/24" in found["hosts"]["web1"]["firewall"]["peers"]


def test_a_default_response_rule_does_not_begin_to_answer_hosts_that_take_no_part() -> None:
    """Generated deployment 6442: an absent front-end falls back to clear, since nobody answers it."""
    hosts = [host("web1", "10.0.0.1"), {"name": "web2", "addresses": ["10.0.0.2"], "absent": "limit"}]
    hosts.append(host("sql1", "10.0.1.1", version="2003"))
    groups = {"web": ["web1", "web2"], "sql": ["sql1"]}
    found = deployed([FLOW], hosts, groups, article={})
    assert found["hosts"]["sql1"]["config"]["policies"][0]["default_response"]["enabled"] is False
    everybody = [*hosts[:1], host("web2", "10.0.0.2"), *hosts[2:]]
    found = deployed([FLOW], grown(everybody, found), groups, article={})
    assert found["hosts"]["sql1"]["config"]["policies"][0]["default_response"]["enabled"] is True


def test_a_further_back_end_leaves_the_article_at_require() -> None:
    """Case 03 with the names of the article: what is new has a rule of its own until it is there."""
    hosts = [host("fe1", "10.0.0.1"), host("be1", "10.0.1.1")]
    flow = {"name": "Exchange", "from": "fe", "to": "be", "ports": [80]}
    hosts = grown(hosts, deployed([flow], hosts, {"fe": ["fe1"], "be": ["be1"]}, article={}))
    hosts.append(host("be2", "10.0.1.2"))
    found = deployed([flow], hosts, {"fe": ["fe1"], "be": ["be1", "be2"]}, article={})
    front = found["hosts"]["fe1"]
    assert rules(front["documents"]["accept"]) == {
        "To the back-ends": ("Require Security", ["kerberos"]),
        "To the back-ends 2": ("Request Security (Optional)", ["kerberos"]),
    }
    assert rules(front["documents"]["settle"]) == {"To the back-ends": ("Require Security", ["kerberos"])}
    assert front["leftovers"] == {"filter_lists": [{"name": "To the back-ends 2"}], "filter_actions": []}
    assert [(one["to"], one["now"], one["rounds"]["accept"]) for one in found["pairs"]] == [
        ("be1", "required", "required"),
        ("be2", "clear", "requested"),
    ]


def test_a_host_whose_policy_somebody_removed_and_that_no_flow_names() -> None:
    hosts = grown(HOSTS, deployed([FLOW], HOSTS, GROUPS))
    bare = [hosts[0], HOSTS[1], hosts[2]]
    found = deployed([FLOW], bare, {"web": ["web1"], "sql": ["sql1"]})
    assert sorted(found["hosts"]) == ["sql1", "web1"]
    assert list(rules(found["hosts"]["sql1"]["config"])) == ["IPsec with web1"]


def test_a_predefined_policy_is_only_assigned() -> None:
    policy = {"name": "Client (Respond Only)", "default_response": {"enabled": True}}
    old = host("be1", "10.0.1.1", config={"policies": [policy]}, version="2003")
    old["info"]["predefined"] = {"policies": ["Client (Respond Only)"], "filter_actions": ["Require Security"]}
    flow = {"name": "Exchange", "from": "fe", "to": "be", "ports": [80]}
    groups = {"fe": ["fe1"], "be": ["be1"]}
    found = deployed([flow], [host("fe1", "10.0.0.1", version="2003"), old], groups, article={})
    back = found["hosts"]["be1"]
    assert back["documents"] == {
        "accept": {"filter_lists": [], "filter_actions": [], "policies": [], "assigned": "Client (Respond Only)"}
    }
    assert [one["name"] for one in back["config"]["policies"]] == ["Client (Respond Only)"]
    assert back["firewall"]["peers"] == ["10.0.0.1"]
    assert found["pairs"][0]["rounds"] == {"accept": "requested", "settle": "required", "swap": "required"}
    certified = deployed([{**flow, "authentication": CERTIFICATE}], [host("fe1", "10.0.0.1"), old], groups, article={})
    assert "At the end fe1 -> be1 tcp/80 would be cut_off" in certified["refusals"][0]


def test_many_unknown_peers_are_counted() -> None:
    names = [f"web{number}" for number in range(8)]
    hosts = [host(name, f"10.0.0.{number + 1}") for number, name in enumerate(names)]
    hosts.append(host("sql1", "10.0.1.1"))
    hosts = grown(hosts, deployed([FLOW], hosts, {"web": names, "sql": ["sql1"]}))
    found = deployed([FLOW], [hosts[0], hosts[-1]], {"web": ["web0"], "sql": ["sql1"]})
    assert any(one.endswith("10.0.0.6 -> me tcp/1433 and 2 more.") for one in found["warnings"])
    assert len(found["unknown_peers"]["sql1"]) == 7


@pytest.mark.parametrize("state", [{"running": False, "automatic": True}, {"running": True, "automatic": False}])
def test_a_service_that_does_not_run_or_start_with_the_host_is_a_change(state: Data) -> None:
    done = grown(HOSTS, deployed([FLOW], HOSTS, GROUPS))
    (sql1,) = [one for one in done if one["name"] == "sql1"]
    sql1["info"]["host"] = {**sql1["info"]["host"], "services": {"PolicyAgent": state}}
    found = deployed([FLOW], done, GROUPS)
    assert [one["hosts"] for one in found["rounds"]] == [["sql1"]]
