# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inventories that cannot be right are refused in their own words, before anything is changed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
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


def told(name: str, *addresses: str, own: list[str], **more: Any) -> Data:
    """Return a host that tells which addresses it has."""
    found = host(name, *addresses, **more)
    return {**found, "info": {**found["info"], "host": {**found["info"]["host"], "own_addresses": own}}}


def test_an_address_that_the_host_does_not_have() -> None:
    """Case 16: the host says which addresses it has."""
    found = refusals(hosts=[told("web1", "10.0.0.1", own=["10.0.0.7", "127.0.0.1"]), SQL1])
    assert "web1 has no address 10.0.0.1 (it has 10.0.0.7, 127.0.0.1). Correct ipsec_addresses" in found
    given = {**told("web1", "10.0.0.1", own=["10.0.0.1"]), "own_addresses": ["10.0.0.7"]}
    assert "web1 has no address 10.0.0.1 (it has 10.0.0.7)." in refusals(hosts=[given, SQL1])


def test_an_address_that_another_host_has() -> None:
    """Case 05 where the copied line is the only one: the host that has the address is named."""
    twin = told("sql2", "10.0.1.2", own=["10.0.1.9"])
    hosts = [WEB1, told("sql1", "10.0.1.1", own=["10.0.1.1", "10.0.1.2"]), twin]
    groups = {**GROUPS, "sql": ["sql1", "sql2"]}
    assert "sql2 has no address 10.0.1.2 (it has 10.0.1.9). sql1 has that one." in refusals(hosts=hosts, groups=groups)
    hosts[2] = told("sql2", "10.0.1.2", own=["10.0.1.2"])
    both = deployed([FLOW], hosts, groups)
    assert both["refusals"] == []
    assert "sql1 also has 10.0.1.2, which is the address of sql2 in the inventory." in both["warnings"]


def test_an_address_that_something_on_the_way_translates() -> None:
    behind = told("web1", "10.0.0.1", own=["192.168.0.4"])
    assert "name it in ipsec_translated_addresses of web1" in refusals(hosts=[behind, SQL1])
    assert refusals(hosts=[{**behind, "translated_addresses": ["10.0.0.1"]}, SQL1]) == ""
    # It is no switch for typing errors: it names the addresses.
    found = refusals(hosts=[{**behind, "translated_addresses": ["10.0.0.2"]}, SQL1])
    assert "web1 has no address 10.0.0.1" in found
    assert "ipsec_translated_addresses of web1 has 10.0.0.2, which is not in its ipsec_addresses" in found


def test_what_is_not_known_is_said_and_not_guessed() -> None:
    unread = deployed([FLOW], [told("web1", "10.0.0.1", "fd00::1", own=["10.0.0.1"]), SQL1], GROUPS)
    assert unread["refusals"] == []
    assert unread["warnings"] == [
        "Not known, and taken from the inventory alone, is whether these are right: 10.0.1.1 of sql1, fd00::1 of web1."
    ]
    for nonsense in ([7], ["10.0.0"], "10.0.0.9", {"a": 1}, ["{{ x }}"]):
        strange = told("web1", "10.0.0.1", own=nonsense)  # type: ignore[arg-type]
        assert deployed([FLOW], [strange, SQL1], GROUPS)["refusals"] == []


ADDRESSES = st.lists(st.integers(1, 5).map(lambda last: f"10.0.0.{last}"), max_size=4, unique=True)


@given(ADDRESSES, st.none() | ADDRESSES, ADDRESSES)
def test_addresses_are_refused_exactly_where_they_are_wrong(
    named: list[str], own: list[str] | None, translated: list[str]
) -> None:
    web1 = {**told("web1", *named, own=own), "translated_addresses": translated}  # type: ignore[arg-type]
    found = deployed([FLOW], [web1, SQL1], GROUPS)
    wrong = [one for one in named if own is not None and one not in own and one not in translated]
    needless = [one for one in translated if one not in named]
    assert bool(found["refusals"]) is bool(wrong or needless or not named)
    for one in wrong:
        assert any(f"web1 has no address {one} (" in sentence for sentence in found["refusals"])
    beside = [one for one in own or () if one not in named]
    (warned,) = [one for one in found["warnings"] if "web1 also has" in one] if beside and named else [""]
    assert all(one in warned for one in (beside if named else ()))
    untold = [one for one in named if own is None and one not in translated]
    assert all(any(f"{one} of web1" in sentence for sentence in found["warnings"]) for one in untold)


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
    assert any("no address family in common" in one for one in apart["warnings"])
    assert (apart["refusals"], apart["pairs"]) == ([], [])


def test_what_a_host_told_moves_no_terminal() -> None:
    ruled = {**SQL1, "info": {**SQL1["info"], "host": {"version": "10.0.14393", "domain_policy": "a\x1b[2J\nb"}}}
    warned = deployed([FLOW], [WEB1, ruled], GROUPS)["warnings"]
    assert any("a\\x1b[2J b of the domain" in one for one in warned)


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
