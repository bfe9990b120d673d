# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which filter wins on one host, and which packets it decides about."""

from __future__ import annotations

from ipaddress import IPv4Address, ip_address
from itertools import pairwise
from typing import Any

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.packets import parse_address
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.ranking import extents, rank, ranked
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.semantics import DecisionKind, View
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import Filter
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.words import ConnectionType
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.versions import WindowsVersion
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._flows.scenes import (
    BE,
    BLOCK,
    FE,
    PERMIT,
    REQUEST,
    REQUIRE,
    SERVER_2003,
    SERVER_2016,
    does,
    filter_of,
    host,
    packet,
)

FE6, BE6 = "2001:db8::10", "2001:db8:1::20"


# From the winner down; all of them match a packet from the front-end to the back-end.
ORDER = [
    filter_of("me", BE, "tcp", 50_000, 80),
    filter_of("me", BE, "tcp", 0, 80),
    filter_of("me", BE, "tcp"),
    filter_of("me", BE),
    filter_of("me", "10.0.1.20-10.0.1.21", "tcp"),
    filter_of("me", "10.0.1.20/30", "tcp", 50_000, 80),
    filter_of("me", "10.0.1.17-10.0.1.30", "tcp"),
    filter_of("me", "10.0.1.0/24", "tcp", 50_000, 80),
    filter_of("me", "10.0.1.0/24", "tcp", 50_000, 0),
    filter_of("me", "10.0.1.0/24", "tcp"),
    filter_of("me", "10.0.0.0/8"),
    filter_of("me", "0.0.0.0/1"),
    # Both sides count alike: two networks of 16 bits are more than one host and any.
    filter_of("10.0.0.0/16", "10.0.0.0/16"),
    filter_of("me", "any", "tcp", 50_000, 80),
    filter_of("me", "any", "tcp", 0, 80),
    filter_of("any", "10.0.1.20", "tcp"),
    filter_of("me", "any"),
    filter_of("10.0.0.0/16", "any", "tcp"),
    filter_of("any", "any", "tcp"),
    filter_of("any", "any"),
]


def place(found: Filter) -> tuple[int, int, int]:
    fe = host("fe", FE)
    (source,), (destination,) = (extents(side, fe, 4) for side in (found.source, found.destination))
    return rank(source, destination, found)


def test_every_rank_is_above_the_next() -> None:
    places = [place(one) for one in ORDER]
    assert all(stronger > weaker for stronger, weaker in pairwise(places))


@pytest.mark.parametrize(
    ("stronger", "weaker"),
    [(ORDER[index], ORDER[later]) for index in range(len(ORDER)) for later in range(index + 1, len(ORDER))],
)
def test_the_more_specific_one_decides(stronger: Filter, weaker: Filter) -> None:
    for first, second in ((PERMIT, BLOCK), (BLOCK, PERMIT)):
        fe = host("fe", FE, does(second, weaker, name="weaker"), does(first, stronger, name="stronger"))
        decision = View(fe).decide(packet(FE, BE))
        assert decision.bound is not None
        assert decision.bound.rule.name == "stronger"


@pytest.mark.parametrize(
    ("address", "bits"),
    [
        ("any", -1),
        ("me", 32),
        ("10.0.0.0/8", 8),
        ("10.0.1.20", 32),
        ("10.0.1.20-10.0.1.21", 31),
        ("10.0.1.20-10.0.1.22", 30),
        ("10.0.1.1-10.0.1.4", 30),
        ("10.0.1.1-10.0.1.5", 29),
        ("0.0.0.1-255.255.255.255", 0),
        ("dns", 32),
    ],
)
def test_bits_of_an_address(address: str, bits: int) -> None:
    fe = host("fe", FE, dns=(ip_address("10.0.0.53"),))
    assert [one.bits for one in extents(parse_address(address, ""), fe, 4)] == [bits]


def test_equal_ranks_go_to_the_stricter_action() -> None:
    strict_to_mild = [BLOCK, REQUIRE, REQUEST, PERMIT]
    for index, strict in enumerate(strict_to_mild):
        for mild in strict_to_mild[index + 1 :]:
            for names in (("a", "b"), ("b", "a")):
                fe = host("fe", FE, does(strict, name=names[0]), does(mild, name=names[1]))
                decision = View(fe).decide(packet(FE, BE))
                assert decision.action is not None
                assert decision.action.name.startswith(strict.name)


def test_me_is_every_address_of_the_host() -> None:
    fe = host("fe", f"{FE} 10.9.9.9 {FE6}", does(BLOCK, filter_of("me", "any", "tcp", 0, 80)))
    view = View(fe)
    for source, kind in ((FE, "block"), ("10.9.9.9", "block"), ("10.0.0.11", "no_match")):
        assert view.decide(packet(source, BE)).kind == kind
    assert view.decide(packet(FE6, BE6)).kind is DecisionKind.NO_MATCH, "words alone are IPv4"
    both = View(host("fe", f"{FE} {FE6}", does(BLOCK, filter_of("me", BE6))))
    assert both.decide(packet(FE6, BE6)).kind is DecisionKind.BLOCK


@pytest.mark.parametrize(("mirrored", "kind"), [(True, "block"), (False, "no_match")])
def test_a_mirrored_filter_has_two_directions(mirrored: bool, kind: str) -> None:
    view = View(host("fe", FE, does(BLOCK, filter_of("me", BE, "tcp", 0, 80, mirrored=mirrored))))
    assert view.decide(packet(FE, BE)).kind is DecisionKind.BLOCK
    assert view.decide(packet(FE, BE).reply).kind == kind
    assert view.decide(packet(BE, FE)).kind is DecisionKind.NO_MATCH, "the mirror has the port at the other end"


@pytest.mark.parametrize("role", ["dns", "wins", "dhcp", "gateway"])
def test_server_roles_are_looked_up_on_the_host(role: str) -> None:
    rule = does(BLOCK, filter_of("me", role))
    servers: dict[str, Any] = {role: (IPv4Address("10.0.0.53"), IPv4Address("10.0.0.54"))}
    view = View(host("fe", FE, rule, **servers))
    assert view.decide(packet(FE, "10.0.0.53", "udp", 53)).kind is DecisionKind.BLOCK
    assert view.decide(packet("10.0.0.54", FE, "udp", 53)).kind is DecisionKind.BLOCK
    assert view.decide(packet(FE, "10.0.0.55", "udp", 53)).kind is DecisionKind.NO_MATCH
    assert ranked(host("fe", FE, rule)) == ()


def test_rules_that_never_apply() -> None:
    block = does(BLOCK)
    assert View(host("fe", FE, block)).decide(packet(FE, BE)).kind is DecisionKind.BLOCK
    for more in ({"enabled": False}, {"connection_type": ConnectionType.DIALUP}):
        fe = host("fe", FE, does(BLOCK, **more))
        assert View(fe).decide(packet(FE, BE)).kind is DecisionKind.NO_MATCH
    lan = host("fe", FE, does(BLOCK, connection_type=ConnectionType.LAN))
    assert View(lan).decide(packet(FE, BE)).kind is DecisionKind.BLOCK
    stopped = host("fe", FE, block, services_running=False)
    assert View(stopped).decide(packet(FE, BE)).kind is DecisionKind.NO_POLICY


@pytest.mark.parametrize(("version", "kind"), [(SERVER_2003, "no_match"), (SERVER_2016, "block")])
def test_ipv6_from_vista_on(version: WindowsVersion, kind: str) -> None:
    for found in (filter_of("any", BE6), filter_of("me", BE6), filter_of("::/1", "any")):
        fe = host("fe", f"{FE} {FE6}", does(BLOCK, found), version=version)
        assert View(fe).decide(packet(FE6, BE6)).kind == kind


def test_words_alone_are_ipv4() -> None:
    for found in (filter_of("me", "any"), filter_of("any", "any")):
        fe = host("fe", f"{FE} {FE6}", does(BLOCK, found), version=SERVER_2016)
        assert View(fe).decide(packet(FE6, BE6)).kind is DecisionKind.NO_MATCH
        assert View(fe).decide(packet(FE, BE)).kind is DecisionKind.BLOCK


def test_ports_without_a_protocol_are_those_of_tcp_and_udp() -> None:
    view = View(host("fe", FE, does(BLOCK, Filter(destination_port=80))))
    assert view.decide(packet(FE, BE, "tcp")).kind is DecisionKind.BLOCK
    assert view.decide(packet(FE, BE, "udp")).kind is DecisionKind.BLOCK
    assert view.decide(packet(FE, BE, "icmp")).kind is DecisionKind.NO_MATCH
