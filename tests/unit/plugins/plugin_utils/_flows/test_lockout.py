# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Critical flows that a new policy would stop, with the packet that shows it."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.lockout import (
    CriticalFlow,
    FlowDirection,
    Lockout,
    domain_controllers,
    find_lockouts,
    management,
    name_service,
    peers_that_pass,
    some_passes,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.partition import holds
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.traffic import parse_traffic
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.in_force import in_force
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import FilterAction, Store
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._flows.scenes import (
    BE,
    BLOCK,
    CONTROLLER,
    DC,
    FE,
    PERMIT,
    REQUEST,
    REQUIRE,
    REQUIRE_IN,
    SERVER_2003,
    Does,
    does,
    filter_of,
    host,
    store_of,
)

MANAGED = management([ip_address(CONTROLLER)], [5985])
DOMAIN = domain_controllers([ip_address(DC)])
DNS = name_service([ip_address(DC)])
HOST = host("fe", FE)


def locked(*rules: Does, before: Store | None = None) -> list[Lockout]:
    return list(find_lockouts(before and in_force(before), in_force(store_of(*rules)), HOST, [MANAGED, DOMAIN, DNS]))


@pytest.mark.parametrize(
    "rules",
    [
        [],
        [does(REQUIRE, filter_of("me", BE, "tcp", 0, 80))],
        [does(REQUEST)],
        [does(PERMIT)],
        [does(BLOCK), does(PERMIT, filter_of("me", CONTROLLER)), does(PERMIT, filter_of("me", DC))],
        [does(BLOCK, filter_of("me", CONTROLLER, "tcp", 80)), does(BLOCK, filter_of(CONTROLLER, "me", "udp"))],
        [does(BLOCK, enabled=False)],
    ],
)
def test_harmless(rules: list[Does]) -> None:
    assert locked(*rules) == []


@pytest.mark.parametrize("action", [BLOCK, REQUIRE, REQUIRE_IN])
def test_everything_stops(action: FilterAction) -> None:
    found = locked(does(action, name="all"))
    assert [one.flow.name for one in found] == ["management", "domain controllers", "dns"]
    assert str(found[0].packet) == f"{CONTROLLER}:50000 -> {FE}:5985 tcp"
    assert found[0].outcome.there.rule == "all"
    assert found[1].outcome.here.rule == "all"
    assert "management would stop: " in str(found[0])
    assert found[0].to_data()["flow"] == "management"


def test_one_port_in_a_wide_policy() -> None:
    controllers = [IPv4Network("10.0.8.0/21")]
    flow = management(controllers, [5985, 5986])
    rules = [
        does(PERMIT, filter_of("any", "me", "tcp", 0, 5985), filter_of("any", "me", "tcp", 0, 5986)),
        does(BLOCK, filter_of("10.0.15.255", "me", "tcp", 0, 5986), name="one address"),
    ]
    (found,) = find_lockouts(None, in_force(store_of(*rules)), HOST, [flow])
    assert str(found.packet) == f"10.0.15.255:50000 -> {FE}:5986 tcp"
    assert found.outcome.there.rule == "one address"
    assert not list(find_lockouts(None, in_force(store_of(rules[0])), HOST, [flow]))


def test_the_reply_counts() -> None:
    one_way = does(BLOCK, filter_of("me", CONTROLLER, mirrored=False))
    (found,) = locked(one_way)
    assert found.flow is MANAGED
    assert found.outcome.kind == "blocked_there"


def test_what_did_not_pass_before_cannot_be_lost() -> None:
    blocked = store_of(does(BLOCK, filter_of("me", CONTROLLER)))
    assert [one.flow.name for one in locked(does(BLOCK), before=blocked)] == ["domain controllers", "dns"]
    assert len(locked(does(BLOCK), before=Store())) == 3
    half = store_of(does(BLOCK, filter_of(CONTROLLER, "me", "tcp", 50_000, 5985)))
    found = locked(does(BLOCK), before=half)[0]
    assert found.packet.source_port != 50_000


def test_fallback_alone_does_not_let_a_controller_in() -> None:
    soft_only = FilterAction(name="soft", methods=REQUEST.methods, fallback_to_clear=True)
    assert [one.flow.name for one in locked(does(soft_only))] == ["management"]


def test_exemptions_keep_kerberos_alive() -> None:
    block = store_of(does(BLOCK))
    kerberos = CriticalFlow("kerberos", (ip_address(DC),), FlowDirection.OUTBOUND, parse_traffic("tcp+udp/88", ""))
    for level, count in ((0, 0), (1, 1), (2, 0), (3, 1)):
        server = host("fe", FE, exemption_level=level, version=SERVER_2003)
        assert len(find_lockouts(None, in_force(block), server, [kerberos])) == count


def test_the_host_is_no_peer_of_itself() -> None:
    block_self = store_of(does(BLOCK, filter_of(FE, "me")))
    around = management([IPv4Network("10.0.0.0/24")], [5985])
    assert not list(find_lockouts(None, in_force(block_self), HOST, [around]))


POOL = ["any", CONTROLLER, "10.0.9.0/24", "10.0.9.8/29", BE, "fd00::9", "fd00::/64"]
RULES = st.builds(
    lambda action, source, protocol, source_port, port, mirrored: does(
        action,
        filter_of(source, "me", protocol, *((source_port, port) if protocol == "tcp" else ()), mirrored=mirrored),
    ),
    st.sampled_from([PERMIT, BLOCK, REQUEST, REQUIRE, REQUIRE_IN]),
    st.sampled_from(POOL),
    st.sampled_from(["any", "tcp", "udp"]),
    st.sampled_from([0, 0, 50000]),
    st.sampled_from([0, 5985, 80]),
    st.booleans(),
)


@given(st.lists(RULES, max_size=5), st.booleans())
def test_many_peers_at_once_are_judged_as_each_by_itself(rules: list[Does], cautious: bool) -> None:
    peers = [ip_address(each) for each in (CONTROLLER, "10.0.9.8", "10.0.9.77", BE, "fd00::9", "fd00::77")]
    target = replace(HOST, addresses=(*HOST.addresses, ip_address("fd00::10")), cautious=cautious)
    policy = in_force(store_of(*rules))
    assert policy is not None
    found = peers_that_pass(policy, target, management(peers, [5985]))
    for peer in peers:
        alone = some_passes(policy, target, management([peer], [5985]))
        assert holds(found[peer.version], int(peer)) == alone
