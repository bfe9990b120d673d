# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the firewalls between hosts get: the transaction of nftables, the options of firewalld, access lists."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.winsec.ipsec.plugins.filter.network_openings import FilterModule

FILTERS = FilterModule().filters()
NFTABLES, FIREWALLD, CISCO = (FILTERS[f"{name}_openings"] for name in ("nftables", "firewalld", "cisco"))
FLOWS = [{"from": ["10.0.0.10", "10.0.0.11"], "to": ["10.0.1.20"]}]
WIDE = [{"from": ["10.0.0.1-10.0.0.3", "2001:db8::1"], "to": ["10.0.1.0/24", "2001:db8:1::/64"]}]
EMPTY: dict[str, Any] = {"nftables": [{"chain": {"family": "inet", "table": "filter", "name": "forward", "handle": 1}}]}


def match(left: dict[str, Any], right: Any) -> dict[str, Any]:
    return {"match": {"op": "==", "left": left, "right": right}}


def side(field: str, right: Any) -> dict[str, Any]:
    return match({"payload": {"protocol": "ip", "field": field}}, right)


A_SET = {"set": [{"prefix": {"addr": "10.0.0.10", "len": 31}}]}
A_LIST = {"set": ["10.0.0.11", {"range": ["10.0.0.10", "10.0.0.10"]}]}
IKE = match({"payload": {"protocol": "udp", "field": "dport"}}, 500)
ESP = match({"meta": {"key": "l4proto"}}, "esp")
COUNTER: dict[str, Any] = {"counter": {"packets": 3, "bytes": 99}}
ACCEPT: dict[str, Any] = {"accept": None}


def kernel(*rules: list[dict[str, Any]], jumps: int = 1, chain: bool = True) -> dict[str, Any]:
    """Return a listing as nft 1.0 prints it, with rules in our chain and jumps to it."""
    place = {"family": "inet", "table": "filter"}
    found: list[dict[str, Any]] = [{"metainfo": {"json_schema_version": 1}}, {"table": place | {"handle": 1}}]
    found += EMPTY["nftables"]
    found += [{"chain": place | {"name": "winsec_ipsec", "handle": 2}}] if chain else []
    jump = {"jump": {"target": "winsec_ipsec"}}
    found += [{"rule": place | {"chain": "forward", "handle": 10 + n, "expr": [jump]}} for n in range(jumps)]
    found += [{"rule": place | {"chain": "forward", "handle": 90, "expr": [{"drop": None}]}}]
    found += [
        {"rule": place | {"chain": "winsec_ipsec", "handle": 20 + n, "expr": expr}} for n, expr in enumerate(rules)
    ]
    return {"nftables": found}


FORWARD = [side("saddr", A_SET), side("daddr", "10.0.1.20"), IKE, COUNTER, ACCEPT]
BACK = [side("saddr", "10.0.1.20"), side("daddr", A_LIST), IKE, COUNTER, ACCEPT]


def ask(listing: Any, flows: Any = None, protocols: Any = ("ike",), **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = NFTABLES(FLOWS if flows is None else flows, listing, protocols=list(protocols), **options)
    return found


def test_a_fresh_kernel_gets_chain_rules_and_jump() -> None:
    found = ask(json.dumps(EMPTY))
    rule = "udp dport 500 counter accept comment"
    assert found["differs"] is True
    assert found["script"].splitlines() == [
        "add chain inet filter winsec_ipsec",
        "flush chain inet filter winsec_ipsec",
        "add rule inet filter winsec_ipsec ip saddr { 10.0.0.10/31 } ip daddr { 10.0.1.20 } "
        + rule
        + ' "winsec.ipsec ike"',
        "add rule inet filter winsec_ipsec ip saddr { 10.0.1.20 } ip daddr { 10.0.0.10/31 } "
        + rule
        + ' "winsec.ipsec ike"',
        'insert rule inet filter forward jump winsec_ipsec comment "winsec.ipsec"',
    ]
    assert [line for line in found["file"].splitlines() if not line.startswith("#")] == found["script"].splitlines()


@pytest.mark.parametrize("listing", [kernel(FORWARD, BACK), kernel(BACK, FORWARD)])
def test_a_kernel_that_has_everything_gets_nothing(listing: dict[str, Any]) -> None:
    assert (ask(listing)["differs"], ask(listing)["script"]) == (False, "")


@pytest.mark.parametrize(
    "rules",
    [
        (FORWARD,),
        (FORWARD, BACK, BACK),
        (FORWARD, FORWARD),
        (FORWARD, [*BACK[:2], ESP, COUNTER, ACCEPT]),
        (FORWARD, [side("saddr", "10.0.1.21"), *BACK[1:]]),
        (FORWARD, [BACK[0], side("daddr", "10.0.0.10"), *BACK[2:]]),
        (FORWARD, [*BACK[:-1], {"drop": None}]),
        (FORWARD, BACK[:-1]),
        (FORWARD, BACK[1:]),
        (FORWARD, [*BACK[:2], COUNTER, ACCEPT]),
        (FORWARD, [match({"meta": {"key": "iifname"}}, "eth0"), *BACK]),
        (FORWARD, [*BACK[:2], match({"payload": {"protocol": "udp", "field": "sport"}}, 500), *BACK[2:]]),
        (FORWARD, [*BACK[:2], {"match": IKE["match"] | {"op": "!="}}, ACCEPT]),
        (FORWARD, [side("saddr", "@named"), *BACK[1:]]),
        (FORWARD, BACK, [{"accept": None}]),
    ],
)
def test_what_differs_is_replaced_whole(rules: tuple[list[dict[str, Any]], ...]) -> None:
    lines = ask(kernel(*rules))["script"].splitlines()
    assert lines[1] == "flush chain inet filter winsec_ipsec"
    assert len(lines) == 4  # the jump stays


def test_jumps() -> None:
    place = "rule inet filter"
    insert = f'insert {place} forward jump winsec_ipsec comment "winsec.ipsec"'
    assert ask(kernel(FORWARD, BACK, jumps=0))["script"] == f"{insert}\n"
    twice = ask(kernel(FORWARD, BACK, jumps=2))["script"].splitlines()
    assert twice == [f"delete {place} forward handle 10", f"delete {place} forward handle 11", insert]
    listing = kernel(FORWARD, BACK)
    listing["nftables"].append({"chain": {"family": "inet", "table": "filter", "name": "mine", "handle": 5}})
    moved = ask(listing, hooks=["mine"])["script"].splitlines()
    assert moved == [f"delete {place} forward handle 10", insert.replace("forward", "mine")]


def test_absent() -> None:
    assert ask(kernel(FORWARD), state="absent")["script"].splitlines() == [
        "delete rule inet filter forward handle 10",
        "flush chain inet filter winsec_ipsec",
        "delete chain inet filter winsec_ipsec",
    ]
    assert ask(EMPTY, state="absent")["differs"] is False


def test_families() -> None:
    both = ask(EMPTY, flows=WIDE)["script"]
    assert (both.count(" ip saddr"), both.count(" ip6 saddr")) == (2, 2)
    listing = {"nftables": [{"chain": {"family": "ip6", "table": "filter", "name": "forward", "handle": 1}}]}
    assert ask(listing, flows=WIDE, family="ip6")["script"].count("ip saddr") == 0


def test_ah_only_when_asked() -> None:
    script = NFTABLES(FLOWS, EMPTY)["script"]
    assert re.findall(r"(dport \d+|l4proto \w+)", script) == ["dport 500", "dport 4500", "l4proto esp"] * 2
    assert ask(EMPTY, protocols=["ah"])["script"].count("meta l4proto ah") == 2


@pytest.mark.parametrize(
    ("flows", "options", "words"),
    [
        ("10.0.0.1", {}, "firewall_flows is a text (not shown): expected a list"),
        ([{"from": ["10.0.0.1"]}], {}, "firewall_flows[0].to is None: expected a list of addresses"),
        ([{"from": [], "to": [], "preshared_key": "Xy7"}], {}, "firewall_flows[0].preshared_key is a text (not shown)"),
        ([{"from": [{"preshared_key": "Xy7"}], "to": []}], {}, "firewall_flows[0].from[0] is a mapping (not shown)"),
        ([{"from": [], "to": ["10.0.0.1"]}], {}, "firewall_flows[0].from is 'empty'"),
        ([{"from": ["any"], "to": ["10.0.0.1"]}], {}, "firewall_flows[0].from[0] is 'any'"),
        ([{"from": ["10.0.0.1"], "to": ["::1"]}], {}, "the same families"),
        (FLOWS, {"protocols": ["gre"]}, "firewall_protocols[0] is 'gre'"),
        (FLOWS, {"protocols": []}, "firewall_protocols is 'empty'"),
        (
            FLOWS,
            {"hooks": ["prerouting"]},
            "hooks is 'prerouting': expected one of the chains of inet filter: 'forward'",
        ),
        (FLOWS, {"hooks": []}, "hooks is ''"),
        (FLOWS, {"table": "x; flush ruleset"}, "table is"),
        (FLOWS, {"family": "bridge"}, "family is 'bridge'"),
    ],
)
def test_refusals(flows: Any, options: dict[str, Any], words: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        NFTABLES(flows, EMPTY, **options)
    assert words in str(caught.value)


def test_firewalld() -> None:
    fresh = FIREWALLD(FLOWS, protocols=["ike", "esp"])
    head = '--add-rich-rule=rule family="ipv4" source address='
    assert fresh == [
        "--add-ingress-zone=ANY",
        "--add-egress-zone=ANY",
        head + '"10.0.0.10/31" destination address="10.0.1.20" port port="500" protocol="udp" accept',
        head + '"10.0.0.10/31" destination address="10.0.1.20" protocol value="esp" accept',
        head + '"10.0.1.20" destination address="10.0.0.10/31" port port="500" protocol="udp" accept',
        head + '"10.0.1.20" destination address="10.0.0.10/31" protocol value="esp" accept',
    ]
    rules = [option.partition("rule=")[2] for option in fresh if "rich" in option]
    listed = ["ANY\n", "ANY\n", "\n".join([*rules[1:], "rule old"])]
    assert FIREWALLD(FLOWS, listed, protocols=["ike", "esp"]) == [
        f"--add-rich-rule={rules[0]}",
        "--remove-rich-rule=rule old",
    ]
    assert FIREWALLD(FLOWS, listed, protocols=["ike", "esp"], ingress_zones=["dmz"])[:2] == [
        "--add-ingress-zone=dmz",
        "--remove-ingress-zone=ANY",
    ]


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith("!")]


def test_asa() -> None:
    assert lines(CISCO(WIDE, "asa", protocols=["ike", "ah"], name="X"))[:8] == [
        "object-group network X-1",
        " network-object host 10.0.0.1",
        " network-object 10.0.0.2 255.255.255.254",
        "object-group network X-2",
        " network-object 10.0.1.0 255.255.255.0",
        "object-group network X-3",
        " network-object host 2001:db8::1",
        "object-group network X-4",
    ]
    assert lines(CISCO(WIDE, "asa", protocols=["ike", "ah"], name="X"))[9:13] == [
        "access-list X-FROM extended permit udp object-group X-1 object-group X-2 eq 500",
        "access-list X-FROM extended permit ah object-group X-1 object-group X-2",
        "access-list X-TO extended permit udp object-group X-2 object-group X-1 eq 500",
        "access-list X-TO extended permit ah object-group X-2 object-group X-1",
    ]


def test_ios() -> None:
    assert lines(CISCO(WIDE, "ios", protocols=["nat_traversal", "esp", "ah"], name="X"))[:9] == [
        "ip access-list extended X-FROM",
        " permit udp host 10.0.0.1 10.0.1.0 0.0.0.255 eq 4500",
        " permit udp 10.0.0.2 0.0.0.1 10.0.1.0 0.0.0.255 eq 4500",
        " permit esp host 10.0.0.1 10.0.1.0 0.0.0.255",
        " permit esp 10.0.0.2 0.0.0.1 10.0.1.0 0.0.0.255",
        " permit ahp host 10.0.0.1 10.0.1.0 0.0.0.255",
        " permit ahp 10.0.0.2 0.0.0.1 10.0.1.0 0.0.0.255",
        "ip access-list extended X-TO",
        " permit udp 10.0.1.0 0.0.0.255 host 10.0.0.1 eq 4500",
    ]
    text = CISCO(WIDE, "ios", protocols=["esp"], name="X")
    assert "ipv6 access-list X-TO-V6\n permit esp 2001:db8:1::/64 host 2001:db8::1\n" in text


def test_cisco_refusals() -> None:
    with pytest.raises(AnsibleFilterError, match="platform is 'pix'"):
        CISCO(FLOWS, "pix")
    with pytest.raises(AnsibleFilterError, match="firewall_acl_name"):
        CISCO(FLOWS, "asa", name="a b")
