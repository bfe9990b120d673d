# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Expectations: reading lines, judging them exactly, and the table of flows."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.endpoint import Endpoint
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.expect import (
    Failure,
    Named,
    judge,
    name_ends,
    read_expectations,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.explain import flow_matrix
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.traffic import parse_traffic
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.in_force import in_force
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import Opaque, Store
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._flows.scenes import (
    BE,
    BLOCK,
    DC,
    FE,
    OUTSIDE,
    PERMIT,
    REQUEST,
    REQUIRE,
    does,
    filter_of,
    host,
    packet,
    store_of,
)

ICMP = does(PERMIT, filter_of("me", "any", "icmp"), name="ping")
FRONT = host("fe", FE, does(REQUIRE, filter_of("me", BE, "tcp", 0, 80), name="web"), ICMP)
BACK = host("be", BE, does(REQUEST, filter_of(FE, "me", "tcp", 0, 80), name="answer"))
NAMES: dict[str, Named] = {
    "fe": FRONT,
    "be": BACK,
    "dc": DC,
    "branch": ["10.20.0.0/16", "10.30.0.1-10.30.0.9"],
    "controller": [IPv4Address("10.0.9.9")],
    "v6": "2001:db8::1",
}
ENDS = name_ends(NAMES)


def failures(*lines: object, ends: dict[str, Endpoint] = ENDS) -> list[Failure]:
    return list(judge(read_expectations(lines, ends, "tests")))


@pytest.mark.parametrize(
    "line",
    [
        "fe -> be tcp/80: esp",
        "fe -> be tcp/80: secured",
        "internet -> fe tcp/443: clear",
        "fe -> dc udp/88: clear",
        "fe -> dc tcp+udp/88,53: clear",
        "fe -> be icmp: permit",
        "fe -> be icmp: clear",
        "be -> fe: clear",
        "controller -> be tcp/5985-5986: clear",
        "branch -> be: clear",
        "any->be tcp/80:clear",
        "fe:1024-65535 -> be tcp/80: esp",
        "fe -> controller tcp/80: clear",
        "internet -> be tcp/80: clear",
    ],
)
def test_holds(line: str) -> None:
    assert failures(line) == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("fe -> be tcp/80: clear", "esp"),
        ("fe -> be tcp/79-81: esp", "clear"),
        ("fe -> be icmp: esp", "permit"),
        ("be -> fe icmp: blocked", "permit"),
        ("fe -> be tcp/80: soft", "esp"),
        ("fe -> be tcp/80: ah", "esp"),
        ("fe -> be tcp/80: ah_esp", "esp"),
        ("fe -> be tcp/80: blocked", "esp"),
        ("fe -> be: clear", "esp"),
        ("be:80 -> fe tcp/50000: clear", "esp"),
    ],
)
def test_does_not_hold(line: str, found: str) -> None:
    (failure,) = failures(line)
    assert failure.outcome.kind == found
    assert failure.expectation.path == "tests[0]"
    assert failure.packet in parse_traffic("any", "", "").space() or failure.packet.source_port == 80


def test_a_failure_shows_the_packet_and_both_rules() -> None:
    (failure,) = failures("dc -> be tcp/1: clear", "fe -> be tcp/80: clear")
    assert failure.packet == packet(FE, BE)
    assert (failure.outcome.here.rule, failure.outcome.there.rule) == ("web", "answer")
    assert str(failure).startswith(f"'fe -> be tcp/80: clear' does not hold: {FE}:50000 -> {BE}:80 tcp is esp. fe ")
    data = failure.to_data()
    assert data["path"] == "tests[1]"
    assert data["expected"] == "clear"
    assert data["packet"] == f"{FE}:50000 -> {BE}:80 tcp"


def test_blocked_is_every_refusal_by_policy() -> None:
    block = host("block", OUTSIDE, does(BLOCK))
    require = host("require", BE, does(REQUIRE))
    ends = name_ends({"block": block, "require": require, "plain": DC})
    lines = [
        "block -> plain: blocked",
        "plain -> block: blocked",
        "plain -> require: blocked",
        "require -> plain: blocked",
    ]
    # Packets of protocols beside IKE; IKE itself is exempt and passes.
    assert failures(*lines, ends=ends) == []
    assert [one.outcome.kind for one in failures("plain -> require udp/500: blocked", ends=ends)] == ["clear"]


def test_source_port_88_at_level_0_breaks_an_expectation() -> None:
    front, back = (
        host(one.name, str(one.addresses[0]), *rules, exemption_level=0)
        for one, rules in (
            (FRONT, [does(REQUIRE, filter_of("me", BE, "tcp", 0, 80))]),
            (BACK, [does(REQUIRE, filter_of(FE, "me", "tcp", 0, 80))]),
        )
    )
    ends = name_ends({"fe": front, "be": back})
    assert failures("fe -> be tcp/80: esp", ends=ends) == []
    (failure,) = failures("fe:any -> be tcp/80: esp", ends=ends)
    assert failure.packet.source_port == 88


def test_networks_do_not_stand_for_named_hosts() -> None:
    be = host("be", BE, does(BLOCK, filter_of(DC, "me")))
    ends = name_ends({"be": be, "dc": DC, "site": ["10.0.0.0/8"]})
    assert failures("site -> be: clear", "internet -> be: clear", ends=ends) == []
    assert failures("dc -> be: blocked", ends=ends) == []
    unnamed = name_ends({"be": be, "site": ["10.0.0.0/8"]})
    (failure,) = failures("site -> be: clear", ends=unnamed)
    assert str(failure.packet.source) == DC


@pytest.mark.parametrize(
    ("line", "value", "expected"),
    [
        ("fe be tcp/80: esp", "fe be tcp/80: esp", "a line such as"),
        (80, 80, "a line such as"),
        ("fe -> be tcp/80", "fe -> be tcp/80", "a line such as"),
        ("fe -> be tcp/80: encrypted", "encrypted", "one of clear, permit, esp"),
        ("fe -> bee tcp/80: esp", "bee", "one of the names fe, be"),
        ("fe -> be tpc/80: esp", "tpc", "one of any, icmp"),
        ("fe -> be icmp/80: esp", "icmp/80", "no port with protocol icmp"),
        ("fe:80 -> be icmp: esp", "icmp", "no port with protocol icmp"),
        ("fe -> be any/80: esp", "any/80", "no port with protocol any"),
        ("fe -> be tcp/0: esp", "0", "ports from 1 to 65535"),
        ("fe -> be tcp/90-80: esp", "90-80", "ports from 1 to 65535"),
        ("fe -> be tcp/http: esp", "http", "ports such as 80"),
        ("fe -> be tcp/1-2-3: esp", "1-2-3", "ports such as 80"),
        ("fe -> v6 tcp/80: esp", "fe -> v6 tcp/80: esp", "an address family in common"),
    ],
)
def test_bad_lines_are_refused(line: object, value: object, expected: str) -> None:
    with pytest.raises(IpsecError) as caught:
        read_expectations(["fe -> be tcp/80: esp", line], ENDS, "tests")
    assert caught.value.path == "tests[1]"
    assert caught.value.value == value
    assert expected in caught.value.expected


def test_near_names_are_offered() -> None:
    with pytest.raises(IpsecError, match="Did you mean branch"):
        read_expectations(["brnch -> be: clear"], ENDS, "tests")


@pytest.mark.parametrize("address", ["me", "dns", "host.example"])
def test_names_must_be_addresses(address: str) -> None:
    with pytest.raises(IpsecError) as caught:
        name_ends({"x": address})
    assert caught.value.path == "names['x']"


def test_a_policy_needs_single_addresses() -> None:
    with pytest.raises(IpsecError, match="single addresses"):
        Endpoint(name="site", addresses=(IPv4Network("10.0.0.0/8"),), policy=FRONT.policy)
    with pytest.raises(IpsecError, match="at least one address"):
        Endpoint(name="nowhere", addresses=())


def test_policies_that_cannot_be_judged_are_refused() -> None:
    sound = store_of(does(REQUIRE))
    assert in_force(Store()) is None
    opaque = Opaque(kind="policy", name="odd", identity="x", reason="unknown bytes")
    for store, path in (
        (Store(opaque=(opaque,), assigned="odd"), "assigned"),
        (Store(assigned="gone"), "assigned"),
        (Store(policies=sound.policies, assigned="policy"), "policies['policy'].rules['rule 0'].filter_list"),
        (
            Store(policies=sound.policies, filter_lists=sound.filter_lists, assigned="POLICY"),
            "policies['policy'].rules['rule 0'].filter_action",
        ),
    ):
        with pytest.raises(IpsecError) as caught:
            in_force(store)
        assert caught.value.path == path


def test_the_matrix_is_plain_data() -> None:
    rows = flow_matrix([FRONT, BACK, ENDS["dc"]], ["tcp/80", "icmp"])
    assert len(rows) == 6 * 2
    shown = {(row["from"], row["to"], row["flow"]): [one["outcome"] for one in row["outcomes"]] for row in rows}  # type: ignore[index]
    assert shown["fe", "be", "tcp/80"] == ["esp"]
    assert shown["be", "fe", "tcp/80"] == ["clear"]
    assert shown["fe", "dc", "icmp"] == ["permit"]
    (first,) = rows[0]["outcomes"]  # type: ignore[index]
    assert first["packet"] == f"{FE}:50000 -> {BE}:80 tcp"
    assert first["here"]["word"] == "Require"
