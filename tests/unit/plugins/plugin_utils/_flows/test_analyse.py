# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exact partitions: for random policies every packet has the outcome of its region, and a naive reading agrees."""

from __future__ import annotations

import time
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.packets import (
    Address,
    AddressRange,
    Place,
    ServerRole,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.secret import Secret
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows import pair as pair_module
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.endpoint import Endpoint
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.outcome import Network
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.pair import Pair, analyse, between
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.partition import size
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.semantics import View
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.space import Box, Packet, Space
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.traffic import parse_traffic
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import (
    DefaultResponse,
    Filter,
    MainMode,
    PresharedKey,
)
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._flows.scenes import (
    AH,
    BE,
    BLOCK,
    FE,
    PERMIT,
    REQUEST,
    REQUIRE,
    REQUIRE_IN,
    SERVER_2003,
    SERVER_2016,
    Does,
    does,
    filter_of,
    host,
)

FE_ALL = f"{FE} 10.0.0.11 2001:db8::10"
BE_ALL = f"{BE} 2001:db8::20"
NEAR = [
    "any",
    "me",
    FE,
    BE,
    "10.0.0.11",
    "10.0.0.0/24",
    "10.0.0.0/8",
    "10.0.0.10-10.0.1.20",
    "10.0.1.18-10.0.1.25",
    "2001:db8::10",
    "2001:db8::/32",
    "dns",
]
PORTS = [0, 80, 88, 443, 500]
ACTIONS = [PERMIT, BLOCK, REQUEST, REQUIRE, REQUIRE_IN, REQUIRE.__class__(name="AH", methods=(AH,))]


def _makes_sense(found: Filter) -> bool:
    versions = {one.version for one in (found.source, found.destination) if hasattr(one, "version")}
    roles = ServerRole.DNS in (found.source, found.destination)
    return len(versions) < 2 and (not roles or Place.ME in (found.source, found.destination))


@st.composite
def filters(draw: st.DrawFn) -> Filter:
    protocol = draw(st.sampled_from(["any", "tcp", "udp", "icmp"]))
    ports = st.sampled_from(PORTS) if protocol in ("tcp", "udp") else st.just(0)
    sides = st.sampled_from(NEAR)
    return filter_of(draw(sides), draw(sides), protocol, draw(ports), draw(ports), mirrored=draw(st.booleans()))


@st.composite
def rules(draw: st.DrawFn) -> list[Does]:
    found = []
    for number in range(draw(st.integers(0, 5))):
        items = tuple(draw(st.lists(filters().filter(_makes_sense), min_size=1, max_size=3)))
        key: dict[str, Any] = {"authentication": (PresharedKey(Secret("k")),)}
        more = draw(st.sampled_from([{}, {}, key, {"enabled": False}]))
        tunnel = draw(st.sampled_from([None] * 9 + [ip_address("10.9.9.9")]))
        action = draw(st.sampled_from(ACTIONS))
        found.append(does(action, *items, name=f"r{number}", tunnel_endpoint=tunnel, **more))
    return found


@st.composite
def hosts(draw: st.DrawFn, name: str, address: str) -> Endpoint:
    found = draw(rules())
    return host(
        name,
        address,
        *found,
        default_response=DefaultResponse(enabled=draw(st.booleans())),
        main_mode=MainMode(),
        version=draw(st.sampled_from([SERVER_2003, SERVER_2016])),
        exemption_level=draw(st.sampled_from([None, 0, 1, 2, 3])),
        services_running=draw(st.sampled_from([True, True, True, False])),
        fallback_on_mismatch=draw(st.booleans()),
        dns=(ip_address(BE),),
    )


@st.composite
def packets(draw: st.DrawFn, sources: str, destinations: str) -> Packet:
    source = ip_address(draw(st.sampled_from(sources.split())))
    fitting = [one for one in map(ip_address, destinations.split()) if one.version == source.version]
    protocol = draw(st.sampled_from([6, 17, 1, 46]))
    ports = st.sampled_from([80, 81, 88, 443, 500, 4500, 50_000]) if protocol in (6, 17) else st.just(0)
    return Packet(source, draw(st.sampled_from(fitting)), protocol, draw(ports), draw(ports))


NETWORKS = st.builds(Network, ike=st.booleans(), esp=st.booleans(), ah=st.booleans())


@settings(max_examples=2 * settings.default.max_examples)
@given(hosts("fe", FE_ALL), hosts("be", BE_ALL), NETWORKS, st.lists(packets(FE_ALL, BE_ALL), min_size=20, max_size=20))
def test_fate_is_the_outcome_of_the_region(fe: Endpoint, be: Endpoint, network: Network, some: list[Packet]) -> None:
    pair = Pair(fe, be, network)
    regions = pair.regions()
    for one in some:
        holding = [outcome for space, outcome in regions if one in space]
        assert holding == [pair.fate(one)], one


@given(hosts("fe", FE_ALL), hosts("be", BE_ALL))
def test_regions_are_disjoint_and_cover_everything(fe: Endpoint, be: Endpoint) -> None:
    regions = analyse(fe, be)
    boxes = [box for space, _outcome in regions for box in space.boxes]
    everything = Space(tuple(between(fe, be)))
    assert sum(box.size for box in boxes) == everything.size, "neither gaps nor overlaps can hide from both tests"
    assert Space(tuple(boxes)).same(everything)
    outcomes = [outcome for _space, outcome in regions]
    assert len(set(outcomes)) == len(outcomes)
    for space, outcome in regions:
        example = space.example()
        assert example is not None
        assert Pair(fe, be).fate(example) == outcome


@settings(max_examples=2 * settings.default.max_examples)
@given(hosts("fe", FE), hosts("be", BE), st.sampled_from(["tcp/80", "tcp+udp/88,443", "udp", "any"]))
def test_one_address_at_each_end_is_a_short_way_to_the_same(fe: Endpoint, be: Endpoint, flow: str) -> None:
    asked = (None, parse_traffic(flow, "").space())
    short = [Pair(fe, be).regions(within) for within in asked]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pair_module, "_FEW", 0)
        assert [Pair(fe, be).regions(within) for within in asked] == short, "cells are shared or not"
        patch.setattr(Box, "is_single", False)
        assert [Pair(fe, be).regions(within) for within in asked] == short, "filters are looked up or all looked at"


@given(hosts("fe", FE_ALL), hosts("be", BE_ALL))
def test_a_part_is_the_part_of_the_whole(fe: Endpoint, be: Endpoint) -> None:
    everything = between(fe, be)
    part = Space(tuple(everything[:1])) & Space(tuple(box.reply for box in between(be, fe)))
    whole = {outcome: space for space, outcome in analyse(fe, be)}
    for space, outcome in Pair(fe, be).regions(part):
        assert space.same(whole[outcome] & part)


def holds(address: Address, value: IPv4Address | IPv6Address, me: Endpoint) -> int | None:
    """Return the bits of an address that holds ``value``, None for one that does not; a reading of its own."""
    full = 32 if value.version == 4 else 128
    if address is Place.ANY:
        return -1
    if address is Place.ME:
        return full if value in me.addresses else None
    if isinstance(address, ServerRole):
        return full if value in me.dns else None
    if isinstance(address, AddressRange):
        if value.version != address.first.version or not int(address.first) <= int(value) <= int(address.last):
            return None
        count, bits = int(address.last) - int(address.first) + 1, full
        while 2 ** (full - bits) < count:
            bits -= 1
        return bits
    assert not isinstance(address, Place)
    return address.prefixlen if value.version == address.version and value in address else None


def naive_winner(me: Endpoint, one: Packet) -> tuple[int, ...] | None:
    """Return (rank..., strictness) of the best filter by looking at each for this packet alone."""
    best: tuple[int, ...] | None = None
    if one.source.version == 6 and not me.traits.ranges_and_ipv6:
        return None
    policy = me.policy if me.services_running else None
    for bound in policy.rules if policy else ():
        action = bound.action
        strictness = {"permit": 0, "negotiate": 1 if action.fallback_to_clear else 2, "block": 4}[action.action.value]
        if bound.rule.tunnel_endpoint is not None:
            strictness = 3
        for item in bound.filters.filters if bound.rule.enabled else ():
            versions = {end.version for end in (item.source, item.destination) if hasattr(end, "version")}
            versions |= {end.first.version for end in (item.source, item.destination) if isinstance(end, AddressRange)}
            if one.source.version not in (versions or {4}):
                continue
            for packet in (one, one.reply) if item.mirrored else (one,):
                source = holds(item.source, packet.source, me)
                destination = holds(item.destination, packet.destination, me)
                fits = (
                    source is not None
                    and destination is not None
                    and item.protocol in (0, packet.protocol)
                    and item.source_port in (0, packet.source_port)
                    and item.destination_port in (0, packet.destination_port)
                )
                if fits and source is not None and destination is not None:
                    ports = (item.source_port > 0) + (item.destination_port > 0)
                    key = (source + destination, int(item.protocol > 0), ports, strictness)
                    best = key if best is None else max(best, key)
    return best


@settings(max_examples=2 * settings.default.max_examples)
@given(hosts("fe", FE_ALL), st.lists(packets(FE_ALL, BE_ALL), min_size=15, max_size=15))
def test_the_winner_is_that_of_a_naive_reading(fe: Endpoint, some: list[Packet]) -> None:
    view = View(fe)
    for one in (*some, *(packet.reply for packet in some)):
        found = view.decide(one)
        if found.kind == "exempt":
            continue
        winner = found.directed
        assert (None if winner is None else (*winner.rank, winner.strictness)) == naive_winner(fe, one)


def test_both_ends_may_be_networks() -> None:
    inside = Endpoint(name="inside", addresses=(IPv4Network("10.0.0.0/8"),))
    outside = Endpoint(name="outside", addresses=(IPv4Network("192.0.2.0/24"),))
    ((space, outcome),) = analyse(inside, outside)
    assert outcome.kind == "clear"
    assert space.size == 2**24 * 2**8 * 2**40


def test_groups_are_hosts_of_no_network() -> None:
    every = (
        AddressRange(IPv4Address(0), IPv4Address(2**32 - 1)),
        AddressRange(IPv6Address(0), IPv6Address(2**128 - 1)),
    )
    anybody = Endpoint(name="anybody", addresses=every)
    assert size(anybody.where(4)) == 2**32 - 2**28 - 1
    assert size(anybody.where(6)) == 2**128 - 2**120
    fe = host("fe", FE, does(BLOCK), exemption_level=0)
    regions = analyse(fe, anybody)
    group = Packet(ip_address(FE), ip_address("239.1.1.1"), 17, 50_000, 9)
    assert not any(group in space for space, _outcome in regions)
    assert {outcome.kind for _space, outcome in regions} == {"clear", "blocked_here"}


def test_five_hundred_rules_a_side() -> None:
    """A bound far above what was measured, so that a return of quadratic growth does not pass unseen."""
    web = [filter_of("me", BE, "tcp", 0, port) for port in range(1000, 1500)]
    fe = host("fe", FE, *(does(REQUIRE, one, name=f"r{number}") for number, one in enumerate(web)))
    answers = [filter_of(FE, "me", "tcp", 0, port) for port in range(1000, 1500)]
    be = host("be", BE, *(does(REQUIRE, one, name=f"r{number}") for number, one in enumerate(answers)))
    started = time.process_time()
    regions = analyse(fe, be)
    assert time.process_time() - started < 5
    assert len(regions) == 502, "one for each rule, one for what is left, one for exempt packets"
