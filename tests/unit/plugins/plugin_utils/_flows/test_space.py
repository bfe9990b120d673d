# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The algebra of packets against counting every point of small domains."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.partition import (
    Side,
    holds,
    meet,
    side,
    size,
    split,
    without,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.space import (
    Box,
    Packet,
    Space,
    union,
    whole,
)

EVERYTHING = Space((whole(4), whole(6)))
TOP = 6
UNIVERSE: Side = ((0, TOP),)


def sides(empty: bool = False) -> st.SearchStrategy[Side]:
    intervals = st.tuples(st.integers(0, TOP), st.integers(0, 3)).map(lambda one: (one[0], min(TOP, one[0] + one[1])))
    return st.lists(intervals, min_size=0 if empty else 1, max_size=3).map(side)


def points(one: Side) -> set[int]:
    return {value for low, high in one for value in range(low, high + 1)}


@given(sides(True), sides(True))
def test_sides_are_sets(one: Side, other: Side) -> None:
    assert points(meet(one, other)) == points(one) & points(other)
    assert points(without(one, other)) == points(one) - points(other)
    assert points(side([*one, *other])) == points(one) | points(other)
    assert size(one) == len(points(one))
    assert all(holds(one, value) is (value in points(one)) for value in range(-1, TOP + 2))


@given(sides(True), sides(True))
def test_sides_have_one_form(one: Side, other: Side) -> None:
    for found in (meet(one, other), without(one, other), side([*one, *other])):
        assert found == side([(value, value) for value in points(found)])


PRODUCTS = st.tuples(sides(), sides(), sides())


@given(st.lists(st.lists(PRODUCTS, max_size=5), min_size=1, max_size=3), PRODUCTS)
def test_split_finds_the_first_holder_of_every_point(
    lists: list[list[tuple[Side, ...]]], domain: tuple[Side, ...]
) -> None:
    seen: dict[tuple[int, ...], tuple[int | None, ...]] = {}
    for cell, first in split(lists, domain):
        assert all(one == side(one) for one in cell), "the sides of a cell have their one form"
        for point in product(*(sorted(points(one)) for one in cell)):
            assert point not in seen, "cells overlap"
            seen[point] = first
    assert set(seen) == set(product(*(sorted(points(one)) for one in domain)))
    for point, first in seen.items():
        for products, found in zip(lists, first, strict=True):
            holders = [
                index
                for index, one in enumerate(products)
                if all(value in points(mine) for mine, value in zip(one, point, strict=True))
            ]
            assert found == (holders[0] if holders else None)


def test_split_of_an_empty_domain_has_no_cells() -> None:
    assert split([[(UNIVERSE, UNIVERSE)]], (UNIVERSE, ())) == []


def test_growth_of_flows_by_port_is_linear() -> None:
    def cells(count: int) -> int:
        ports: list[tuple[Side, ...]] = [(((port, port),), UNIVERSE) for port in range(10, 10 + 2 * count, 2)]
        return len(split([ports, ports], (((0, 65535),), UNIVERSE)))

    assert [cells(count) for count in (10, 100, 500)] == [11, 101, 501]


TCP_UDP = st.sampled_from([((6, 6),), ((17, 17),), ((6, 6), (17, 17))])


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    family = draw(st.sampled_from([4, 6]))
    return Box(family, draw(sides()), draw(sides()), draw(TCP_UDP), draw(sides()), draw(sides()))


SPACES = st.lists(boxes(), max_size=3).map(lambda found: Space(tuple(found)))


def members(space: Space) -> set[Packet]:
    """Every packet of a space of small numbers, one by one."""
    found = set()
    for box in space.boxes:
        address = IPv4Address if box.family == 4 else IPv6Address
        for source, destination, protocol, port, source_port in product(*(sorted(points(one)) for one in box.sides)):
            found.add(Packet(address(source), address(destination), protocol, source_port, port))
    return found


@given(SPACES, SPACES)
def test_spaces_are_sets(one: Space, other: Space) -> None:
    mine, its = members(one), members(other)
    assert members(one | other) == mine | its
    assert members(one & other) == mine & its
    assert members(one - other) == mine - its
    assert one.size == len(mine)
    assert one.same(other) is (mine == its)
    assert one.same(one.disjoint())
    assert sum(box.size for box in (one | other).boxes) == len(mine | its), "boxes of a result overlap"
    assert members(one.reply) == {item.reply for item in mine}
    assert union([one, other]).same(one | other)


@given(SPACES, SPACES)
def test_an_example_is_a_member(one: Space, other: Space) -> None:
    rest = one - other
    found = rest.example()
    assert (found is None) is (not members(rest)) is (not rest)
    if found is not None:
        assert found in one
        assert found not in other


@given(SPACES)
def test_the_complement_is_the_rest(one: Space) -> None:
    rest = EVERYTHING - one
    assert not rest & one
    assert (rest | one).same(EVERYTHING)
    assert rest.size + one.size == EVERYTHING.size


def test_families_are_disjoint() -> None:
    assert not Space((whole(4),)) & Space((whole(6),))
    assert EVERYTHING.size == 2**64 * 2**40 + 2**256 * 2**40
    assert whole(4).meet(whole(6)) is None


def test_an_example_is_ordinary() -> None:
    assert str(whole(4).example()) == "0.0.0.0:50000 -> 0.0.0.0:50000 tcp"
    assert str(Box(6, ((1, 1),), ((2, 2),), ((17, 17),), ((53, 53),)).example()) == "[::1]:50000 -> [::2]:53 udp"
    assert str(Box(4, ((1, 1),), ((2, 2),), ((47, 50),)).example()) == "0.0.0.1 -> 0.0.0.2 47"


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ((IPv4Address(1), IPv6Address(1), 6), "packet.destination"),
        ((IPv4Address(1), IPv4Address(2), 256), "packet.protocol"),
        ((IPv4Address(1), IPv4Address(2), 1, 80), "packet.source_port"),
        ((IPv4Address(1), IPv4Address(2), 6, 0, 65536), "packet.destination_port"),
    ],
)
def test_impossible_packets_are_refused(arguments: tuple[object, ...], path: str) -> None:
    with pytest.raises(IpsecError) as caught:
        Packet(*arguments)  # type: ignore[arg-type]
    assert caught.value.path == path
