# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inventories that cannot be right are refused in their own words, before anything is changed."""

from __future__ import annotations

from typing import Any

import pytest
from inventories import deployed, host

Data = dict[str, Any]
FLOW: Data = {"name": "Web", "from": "web", "to": "sql", "ports": [1433]}
GROUPS = {"all": ["web1", "sql1"], "web": ["web1"], "sql": ["sql1"], "empty": []}
WEB1, SQL1 = host("web1", "10.0.0.1"), host("sql1", "10.0.1.1")


def refusals(flow: Data | None = None, hosts: list[Data] | None = None, **more: Any) -> str:
    found = deployed([{**FLOW, **(flow or {})}], hosts or [WEB1, SQL1], **{"groups": GROUPS, **more})
    assert found["refusals"] == [] or (found["rounds"], found["hosts"]) == ([], {})
    return " ".join(found["refusals"])


@pytest.mark.parametrize(
    ("flow", "words"),
    [
        (
            {"from": "wbe"},
            "goes from wbe, which is no group, no host and no address of this inventory. Did you mean web?",
        ),
        ({"to": "empty"}, "goes to empty, a group of the inventory without any host"),
        ({"from": "sql"}, "has no two different hosts"),
        ({"to": "me"}, "stands for no host"),
        ({"to": "10.0.1.0/24"}, "a network in which sql1 of this inventory stands. Name their group"),
        ({"same_site": True}, ""),
    ],
)
def test_ends_of_flows(flow: Data, words: str) -> None:
    assert words in refusals(flow)
    assert bool(words) is bool(refusals(flow))


def test_a_host_of_a_group_that_nobody_speaks_of() -> None:
    assert "nothing is known of sql2" in refusals(groups={**GROUPS, "sql": ["sql1", "sql2"]})


def test_two_hosts_of_one_address() -> None:
    """Case 05: a copied line in the inventory."""
    twin = host("sql2", "10.0.1.1")
    found = refusals(hosts=[WEB1, SQL1, twin], groups={**GROUPS, "sql": ["sql1", "sql2"]})
    assert found == "sql1 and sql2 have one address in the inventory, 10.0.1.1. Correct one."


def test_an_address_that_the_host_does_not_have() -> None:
    """Case 16: the host says which addresses it has."""
    found = refusals(hosts=[{**WEB1, "own_addresses": ["10.0.0.7", "127.0.0.1"]}, SQL1])
    assert "web1 has no address 10.0.0.1. Its own are: 10.0.0.7, 127.0.0.1" in found


def test_a_second_address_is_named() -> None:
    second = {**WEB1, "own_addresses": ["10.0.0.1", "10.9.0.1", "169.254.1.1", "fe80::1"]}
    found = deployed([FLOW], [second, SQL1], GROUPS)
    assert found["refusals"] == []
    assert "web1 also has 10.9.0.1, which is not in ipsec_addresses" in found["warnings"][0]


def test_a_host_without_an_address_or_unread() -> None:
    assert "web1 has no address. Set ipsec_addresses" in refusals(hosts=[{**WEB1, "addresses": []}, SQL1])
    assert "What web1 has was not read" in refusals(hosts=[{"name": "web1", "addresses": ["10.0.0.1"]}, SQL1])


def test_a_host_that_does_not_answer() -> None:
    """Case 02: named, and the rest is done where that is asked for."""
    lost = {"name": "sql1", "addresses": ["10.0.1.1"], "absent": "unreachable"}
    other = host("sql2", "10.0.1.2")
    groups = {**GROUPS, "sql": ["sql1", "sql2"]}
    assert "No answer from sql1. Nothing was changed." in refusals(hosts=[WEB1, lost, other], groups=groups)
    found = deployed([FLOW], [WEB1, lost, other], groups, skip_unreachable=True)
    assert found["refusals"] == []
    assert found["missing"] == {"sql1": "unreachable"}
    assert found["hosts"]["web1"]["peers"] == ["sql2"]
    assert any("web1 keeps what it has for sql1" in one for one in found["warnings"])
    assert "there is nothing to do" in refusals(hosts=[{**WEB1, "absent": "limit"}, {**lost, "absent": "limit"}])


def test_a_limit_leaves_the_rest_as_it_is() -> None:
    """Case 02: the pair is set up by itself; the rest of the inventory is said to be left out."""
    groups = {**GROUPS, "sql": ["sql1", "sql2"]}
    all_of_them = [WEB1, SQL1, host("sql2", "10.0.1.2")]
    outside = [WEB1, SQL1, {"name": "sql2", "addresses": ["10.0.1.2"], "absent": "limit"}]
    found = deployed([FLOW], outside, groups)
    assert (found["refusals"], sorted(found["hosts"])) == ([], ["sql1", "web1"])
    assert any("Outside of the limit: sql2" in one for one in found["warnings"])
    assert deployed([FLOW], all_of_them, groups)["hosts"]["web1"]["peers"] == ["sql1", "sql2"]


def test_a_front_end_that_is_a_back_end() -> None:
    """Case 11: the article has one policy for each of the two."""
    both = {**GROUPS, "web": ["web1", "sql1"]}
    assert "sql1 is in both groups" in refusals(groups=both, article={})
    assert refusals(groups=both) == ""


def test_a_number_as_a_name() -> None:
    """Case 06: YAML makes numbers of them; they count as they are written."""
    found = deployed([{**FLOW, "name": 7, "from": 1433}], [WEB1, SQL1], {"1433": ["web1"], "sql": ["sql1"]})
    assert found["refusals"] == []
    assert [one["from"] for one in found["pairs"]] == ["web1"]


def test_two_lists_of_methods_for_one_pair() -> None:
    other = {
        **FLOW,
        "name": "Back",
        "from": "sql",
        "to": "web",
        "authentication": [{"method": "certificate", "authority": "CN=A"}],
    }
    found = deployed([FLOW, other], [WEB1, SQL1], GROUPS)
    assert "give sql1 and web1 different authentication" in found["refusals"][0]


def test_another_policy_in_force() -> None:
    config = {
        "filter_lists": [{"name": "L", "filters": [{"destination": "10.7.0.1"}]}],
        "filter_actions": [{"name": "B", "action": "block"}],
        "policies": [{"name": "Theirs", "rules": [{"name": "R", "filter_list": "L", "filter_action": "B"}]}],
        "assigned": "Theirs",
    }
    hosts = [host("web1", "10.0.0.1", config=config), SQL1]
    assert "web1 has another policy in force, 'Theirs'" in refusals(hosts=hosts)
    assert refusals(hosts=hosts, replace_policy=True) == ""


def test_a_policy_in_force_that_nobody_can_judge() -> None:
    opaque = host("sql1", "10.0.1.1", config={"assigned": "Broken"})
    assert "What is in force on sql1 cannot be judged." in refusals(hosts=[WEB1, opaque])
    assert refusals(hosts=[WEB1, opaque], replace_policy=True) == ""


def test_a_policy_of_the_domain_is_named() -> None:
    ruled = {**SQL1, "info": {**SQL1["info"], "host": {"version": "10.0.14393", "domain_policy": "Secure"}}}
    assert "Secure of the domain decides" in " ".join(deployed([FLOW], [WEB1, ruled], GROUPS)["warnings"])


def test_ipv6_that_a_host_cannot_protect() -> None:
    old = host("sql1", "10.0.1.1", "2001:db8::2", version="2003")
    both = host("web1", "10.0.0.1", "2001:db8::1")
    assert "sql1 cannot have policies for IPv6, so web1 and sql1 would talk" in refusals(hosts=[both, old])
    assert refusals(hosts=[WEB1, old]) == ""
    apart = deployed([FLOW], [host("web1", "2001:db8::1"), SQL1], GROUPS)
    assert "no address family in common" in apart["warnings"][0]
    assert (apart["refusals"], apart["pairs"]) == ([], [])


def test_what_a_host_told_moves_no_terminal() -> None:
    ruled = {**SQL1, "info": {**SQL1["info"], "host": {"version": "10.0.14393", "domain_policy": "a\x1b[2J\nb"}}}
    warned = deployed([FLOW], [WEB1, ruled], GROUPS)["warnings"]
    assert "a\\x1b[2J b of the domain" in warned[0]


def test_whoever_only_looks_is_told_where_it_is_whatever_is_in_the_way() -> None:
    """Case 10: all that is there to prove, and nothing of hosts outside of the limit."""
    other = {"filter_lists": [{"name": "L", "filters": [{"source": "me", "destination": "10.9.9.9"}]}]}
    other["filter_actions"] = [{"name": "B", "action": "block"}]
    other["policies"] = [{"name": "Other", "rules": [{"name": "R", "filter_list": "L", "filter_action": "B"}]}]
    other["assigned"] = "Other"
    hosts = [host("web1", "10.0.0.1", config=other), SQL1, host("sql2", "10.0.1.2")]
    groups = {**GROUPS, "sql": ["sql1", "sql2"]}
    assert "another policy in force" in refusals(hosts=hosts, groups=groups)
    lost = [hosts[0], SQL1, {"name": "sql2", "addresses": ["10.0.1.2"], "absent": "unreachable"}]
    found = deployed([FLOW], lost, groups, only_look=True)
    assert (found["refusals"], found["hosts"]["web1"]["assigned"]) == ([], False)
    row = {"from": "web1", "protocol": "tcp", "port": 1433, "level": "require"}
    assert found["flows"] == [{**row, "to": "sql1"}, {**row, "to": "sql2"}]
    assert deployed([FLOW], lost, groups, only_look=True, skip_unreachable=True)["flows"] == [{**row, "to": "sql1"}]
    outside = [*lost[:2], {**lost[2], "absent": "limit"}]
    found = deployed([FLOW], outside, groups, only_look=True)
    assert found["flows"] == [{**row, "to": "sql1"}]
    assert found["divided"] == [{"host": "web1", "other": "sql2", "asks": False}]
    assert (found["asking"], found["answering"]) == (["web1"], ["sql1", "sql2"])
