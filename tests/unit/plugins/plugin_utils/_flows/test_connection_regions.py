# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Regions of connection security rules are disjoint and cover everything; a naive reading names the same winners."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.check import read_check
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.outcome import OutcomeKind
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.pair import Pair, between
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.space import Packet, Space

Data = dict[str, Any]
OWN, PEER = ("10.0.0.10", "10.0.0.11"), ("10.0.1.20", "10.0.1.21")
NETWORKS = ("10.0.0.0/8", "10.0.0.0/24", "10.0.0.10", "10.0.0.10/31", "10.0.1.0/24", "10.0.1.20", "10.0.0.0/23")
ACTIONS = ("requestinrequestout", "requireinrequestout", "requireinrequireout", "noauthentication")

ends = st.lists(st.sampled_from(NETWORKS), max_size=2, unique=True)
protocols = st.sampled_from(
    [{}, {"protocol": "tcp"}, {"protocol": "tcp", "port2": [80]}, {"protocol": "tcp", "port1": [443], "port2": [80]}]
)
rules = st.lists(
    st.builds(
        lambda action, one, other, more: {"action": action, "endpoint1": one, "endpoint2": other, **more},
        st.sampled_from(ACTIONS),
        ends,
        ends,
        protocols,
    ),
    min_size=1,
    max_size=5,
)
packets = st.builds(
    lambda source, destination, ports: (source, destination, 6, *ports),
    st.sampled_from(OWN),
    st.sampled_from(PEER),
    st.tuples(st.sampled_from((443, 50_000)), st.sampled_from((80, 443))),
)


def pair(found: list[Data]) -> Pair:
    """Return a host with rules, and one without any."""
    document = {"rules": [{"name": f"R{number}", **rule} for number, rule in enumerate(found)]}
    hosts = [
        {"name": "a", "addresses": list(OWN), "connection_security": document},
        {"name": "b", "addresses": list(PEER)},
    ]
    return Pair(*read_check({"hosts": hosts}).hosts)


@settings(max_examples=150, deadline=None)
@given(rules)
def test_regions_are_disjoint_and_cover_everything(found: list[Data]) -> None:
    both = pair(found)
    parts = [box for space, _outcome in both.regions() for box in space.boxes]
    assert Space(tuple(parts)).same(Space(tuple(between(both.a, both.b))))
    assert sum(box.size for box in parts) == Space(tuple(parts)).size


@settings(max_examples=150, deadline=None)
@given(rules, st.lists(packets, min_size=3, max_size=6))
def test_a_packet_has_the_fate_of_its_region(found: list[Data], some: list[tuple[Any, ...]]) -> None:
    both = pair(found)
    regions = both.regions()
    for one in some:
        packet = Packet(ip_address(one[0]), ip_address(one[1]), *one[2:])
        assert [outcome for space, outcome in regions if packet in space] == [both.fate(packet)]


@settings(max_examples=400, deadline=None)
@given(rules, packets)
def test_the_winner_is_that_of_a_naive_reading(found: list[Data], one: tuple[Any, ...]) -> None:
    """Every pair of addresses of every rule that matches is compared with every other; who is never beaten may win."""
    matching = [each for rule in found for each in _matches(rule, one)]
    actions = {action for action, rank in matching if not any(_wins(other, rank) for _its, other in matching)}
    packet = Packet(ip_address(one[0]), ip_address(one[1]), *one[2:])
    kind = pair(found).fate(packet).kind
    fates = {_alone(action) for action in actions} or {OutcomeKind.CLEAR}
    assert kind is (fates.pop() if len(fates) == 1 else OutcomeKind.UNKNOWN)


def _matches(rule: Data, one: tuple[Any, ...]) -> list[tuple[str, tuple[int, int, int, frozenset[str]]]]:
    source, destination, _protocol, source_port, destination_port = one
    if "port1" in rule and source_port not in rule["port1"]:
        return []
    if "port2" in rule and destination_port not in rule["port2"]:
        return []
    ports = frozenset(name for name in ("port1", "port2") if name in rule)
    return [
        (rule["action"], (mine, its, int("protocol" in rule), ports))
        for mine in _lengths(rule["endpoint1"], source)
        for its in _lengths(rule["endpoint2"], destination)
    ]


def _lengths(networks: list[str], address: str) -> list[int]:
    if not networks:
        return [-1]
    found = [ip_network(each, strict=False) for each in networks]
    return [each.prefixlen for each in found if ip_address(address) in each]


def _wins(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Addresses first, on both sides; then a protocol; then more ports on the same sides."""
    if one[:2] != other[:2]:
        return bool(one[0] >= other[0] and one[1] >= other[1])
    return bool(one[2] > other[2] or (one[2] == other[2] and one[3] > other[3]))


def _alone(action: str) -> OutcomeKind:
    """Return what becomes of a packet to a host without rules."""
    return {
        "noauthentication": OutcomeKind.PERMIT,
        "requestinrequestout": OutcomeKind.SOFT_CLEAR,
        "requireinrequestout": OutcomeKind.ONE_SIDED_DROP,
        "requireinrequireout": OutcomeKind.NO_ANSWER,
    }[action]
