# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine below the algebra: products of sets of integers, split by ordered lists of such products.

A side is a sorted tuple of closed intervals that neither overlap nor touch. Sides of products stand in one fixed
order; what they mean is no concern of this file.

Method: a decision diagram. One dimension after the other is swept; the values of a dimension that the same candidates
hold fall into one class, and what remains to be decided depends only on these candidates, so it is worked out once.
Candidates behind one that holds everything left of the packet are dropped at once. Growth: one sweep costs
O(k log k) for k candidates; one rule a flow gives about as many cells as rules. Rules that cross in two dimensions
with the order of their priorities mixed (n by source port, n by destination port) have n * n different answers, and
no partition can be smaller.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

Interval = tuple[int, int]
Side = tuple[Interval, ...]
Sides = tuple[Side, ...]


def meet(one: Side, other: Side) -> Side:
    """Return the integers that both sides hold."""
    if one == other:
        return one
    if len(one) == len(other) == 1:  # nearly always
        low, high = max(one[0][0], other[0][0]), min(one[0][1], other[0][1])
        return ((low, high),) if low <= high else ()
    found: list[Interval] = []
    i = j = 0
    while i < len(one) and j < len(other):
        low = max(one[i][0], other[j][0])
        high = min(one[i][1], other[j][1])
        if low <= high:
            found.append((low, high))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return tuple(found)


def side(intervals: Sequence[Interval]) -> Side:
    """Return the side that holds the integers of all intervals, which may overlap and have any order."""
    found: list[Interval] = []
    for low, high in sorted(intervals):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return tuple(found)


def without(one: Side, other: Side) -> Side:
    """Return the integers of ``one`` that ``other`` does not hold."""
    found: list[Interval] = []
    for low, high in one:
        for taken_low, taken_high in other:
            if taken_high < low or taken_low > high:
                continue
            if taken_low > low:
                found.append((low, taken_low - 1))
            low = taken_high + 1
            if low > high:
                break
        if low <= high:
            found.append((low, high))
    return tuple(found)


def apart(one: Sides, other: Sides) -> bool:
    """Tell whether two products have nothing in common, as far as the ends of their sides tell: False may be wrong.

    Nearly all filters of a host are about other packets than those in question, and most of them are found out here.
    """
    for mine, its in zip(one, other, strict=True):
        if not mine or not its or mine[-1][1] < its[0][0] or mine[0][0] > its[-1][1]:
            return True
    return False


def holds(one: Side, value: int) -> bool:
    """Tell whether the side holds the integer."""
    if len(one) == 1:  # nearly always
        return one[0][0] <= value <= one[0][1]
    return any(low <= value <= high for low, high in one)


def size(one: Side) -> int:
    """Return the number of integers in the side."""
    return sum(high - low + 1 for low, high in one)


Cell = tuple[Sides, tuple[int | None, ...]]


def split(lists: Sequence[Sequence[Sides]], domain: Sides) -> list[Cell]:
    """Return disjoint cells that cover ``domain``, each with the index of its first holder in every list.

    A cell that no product of a list holds has None for that list. All products and the domain have the same number
    of sides. An empty domain has no cells.
    """
    if not all(domain):
        return []
    return _Diagram(lists, domain).cells()


def _bits(mask: int) -> Iterator[tuple[int, int]]:
    while mask:
        bit = mask & -mask
        yield bit, bit.bit_length() - 1
        mask ^= bit


class _Diagram:
    def __init__(self, lists: Sequence[Sequence[Sides]], domain: Sides) -> None:
        self._domain = domain
        self._places: list[tuple[int, int]] = []
        self._sides: list[Sides] = []
        self._lists: list[int] = []
        # _whole[d]: the candidates that hold all of the domain in dimension d and every later one.
        self._whole = [0] * (len(domain) + 1)
        self._memo: dict[tuple[int, int], list[tuple[Sides, int]]] = {}
        for number, products in enumerate(lists):
            members = 0
            for index, product in enumerate(products):
                members |= self._add((number, index), product)
            self._lists.append(members)

    def _add(self, place: tuple[int, int], product: Sides) -> int:
        if apart(product, self._domain):
            return 0
        clipped: list[Side] = []
        for mine, limit in zip(product, self._domain, strict=True):
            common = mine if mine == limit else meet(mine, limit)
            if not common:
                return 0
            clipped.append(common)
        bit = 1 << len(self._sides)
        self._places.append(place)
        self._sides.append(tuple(clipped))
        self._whole[-1] |= bit
        for dimension in range(len(self._domain) - 1, -1, -1):
            if clipped[dimension] != self._domain[dimension]:
                break
            self._whole[dimension] |= bit
        return bit

    def cells(self) -> list[Cell]:
        found: list[Cell] = []
        for sides, mask in self._visit(0, self._trim(0, sum(self._lists))):
            first: list[int | None] = [None] * len(self._lists)
            for _bit, number in _bits(mask):
                place = self._places[number]
                first[place[0]] = place[1]
            found.append((sides, tuple(first)))
        return found

    def _trim(self, dimension: int, mask: int) -> int:
        """Drop the candidates behind the first of their list that holds all that is left."""
        whole = mask & self._whole[dimension]
        kept = 0
        for members in self._lists:
            mine = mask & members
            ends = whole & members
            if ends:
                mine &= ((ends & -ends) << 1) - 1
            kept |= mine
        return kept

    def _visit(self, dimension: int, mask: int) -> list[tuple[Sides, int]]:
        """Return the cells of the dimensions from this one on; ``mask`` is trimmed."""
        if not mask & ~self._whole[dimension]:
            return [(self._domain[dimension:], mask)]
        known = self._memo.get((dimension, mask))
        if known is None:
            known = [
                ((values, *rest), winners)
                for remaining, values in self._classes(dimension, mask)
                for rest, winners in self._visit(dimension + 1, remaining)
            ]
            self._memo[(dimension, mask)] = known
        return known

    def _classes(self, dimension: int, mask: int) -> list[tuple[int, Side]]:
        """Return the values of a dimension by the candidates that they leave."""
        inside = 1 << len(self._sides)
        limit = self._domain[dimension]
        changes: dict[int, int] = {}
        for low, high in limit:
            changes[low] = changes.get(low, 0) ^ inside
            changes[high + 1] = changes.get(high + 1, 0) ^ inside
        always = 0
        for bit, number in _bits(mask):
            mine = self._sides[number][dimension]
            if mine == limit:
                always |= bit
                continue
            for low, high in mine:
                changes[low] = changes.get(low, 0) ^ bit
                changes[high + 1] = changes.get(high + 1, 0) ^ bit
        groups: dict[int, list[Interval]] = {}
        positions = sorted(changes)
        active = always
        for position, following in pairwise(positions):
            active ^= changes[position]
            if active & inside:
                key = self._trim(dimension + 1, active ^ inside)
                values = groups.setdefault(key, [])
                if values and values[-1][1] == position - 1:
                    values[-1] = (values[-1][0], following - 1)
                else:
                    values.append((position, following - 1))
        return [(key, tuple(values)) for key, values in groups.items()]
