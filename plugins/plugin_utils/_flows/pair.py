# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two hosts and all packets between them, divided exactly by what becomes of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import product

from .._common.errors import IpsecError
from .connection_view import several
from .endpoint import Endpoint
from .outcome import Network, Outcome, Side, judge, judge_group, unknown
from .partition import Cell, Sides, split
from .semantics import Reading, is_group
from .space import Box, Packet, Space
from .views import Looking, look

Region = tuple[Space, Outcome]
# Up to so many candidates the cells are kept for other pairs; more are hardly ever alike, and have too many cells.
_FEW = 40


class Pair:
    """Two hosts and the network between them, worked out once for many questions about packets from ``a`` to ``b``.

    A host that is part of many pairs can be given as its view, which is then worked out once for all of them.
    """

    def __init__(self, a: Endpoint | Looking, b: Endpoint | Looking, network: Network | None = None) -> None:
        self.a, self.b = (look(one) if isinstance(one, Endpoint) else one for one in (a, b))
        self.network = network or Network()
        self._domain = between(self.a, self.b)
        self._count = len(self.a.lists(4))

    def fate(self, packet: Packet) -> Outcome:
        """Return what becomes of one packet; IpsecError when it does not go from ``a`` to ``b``."""
        here, there = self.a.host, self.b.host
        if not any(packet in box for box in self._domain) and not is_group(packet):
            expected = f"a packet from {here.name} to {there.name}"
            raise IpsecError("packet", str(packet), expected, "Use addresses that these hosts have.")
        if is_group(packet):
            # A group never sends: there is no reply to judge.
            return self._judged(self.a.readings_of(packet), self.b.readings_of(packet), group=True)
        return self._judged(self.a.readings_of(packet), self.b.readings_of(packet))

    def _judged(self, here: Sequence[Reading], there: Sequence[Reading], *, group: bool = False) -> Outcome:
        """Return what all readings come to: there is more than one where nobody knows which rule decides."""
        found = []
        for mine, its in product(here, there):
            if group:
                found.append(judge_group(Side(self.a, mine[0], mine[0]), Side(self.b, its[0], its[0])))
            else:
                found.append(judge(Side(self.a, *mine), Side(self.b, *its), self.network))
        first = found[0]
        if all((one.kind, one.agreement) == (first.kind, first.agreement) for one in found):
            return first
        why = several(here) or several(there) or "which main-mode rule applies is documented nowhere"
        return unknown(self.a, self.b, why)

    def regions(self, within: Space | None = None) -> tuple[Region, ...]:
        """Return the packets from ``a`` to ``b`` (those in ``within``), divided by outcome; regions are disjoint.

        Addresses of groups and broadcast are not part of networks; given as addresses of an end they are taken for
        hosts. Growth: see :mod:`.partition`; 500 rules a side take about a second.
        """
        domain = self._domain
        if within is not None:
            common = [box for mine in domain for its in within.boxes if (box := mine.meet(its)) is not None]
            domain = common if len(common) < 2 else list(Space(tuple(common)).disjoint().boxes)
        found: dict[Outcome, list[Box]] = {}
        for box in domain:
            for sides, outcome in self._cells(box):
                found.setdefault(outcome, []).append(Box(box.family, *sides))
        return tuple((Space(tuple(boxes)), outcome) for outcome, boxes in found.items())

    def _cells(self, domain: Box) -> Iterable[tuple[Sides, Outcome]]:
        found = (self._single_cells if domain.is_single else self._general_cells)(domain)
        memo: dict[tuple[int | None, ...], Outcome] = {}
        for sides, numbers in found:
            known = memo.get(numbers)
            if known is None:
                here, there = numbers[: self._count], numbers[self._count :]
                known = memo[numbers] = self._judged(self.a.readings(here), self.b.readings(there))
            yield sides, known

    def _general_cells(self, domain: Box) -> Iterable[Cell]:
        """Yield the cells of a domain with the numbers of what decides: here, then there."""
        found = [one for view in (self.a, self.b) for one in view.lists(domain.family)]
        for sides, first in split([boxes for boxes, _numbers in found], domain.sides):
            yield sides, _numbers([numbers for _boxes, numbers in found], first)

    def _single_cells(self, domain: Box) -> Iterable[Cell]:
        """Yield the same for one address at each end: what is left to divide is alike between many pairs of hosts."""
        (source, _same), (destination, _too) = domain.source[0], domain.destination[0]
        left = domain.sides[2:]
        choices = [one for view in (self.a, self.b) for one in view.choices(domain.family, left)]
        found = [one.at(source, destination) for one in choices]
        lists = tuple(products for products, _numbers in found)
        divide = _shared_cells if sum(map(len, lists)) <= _FEW else split
        for sides, first in divide(lists, left):
            yield (domain.source, domain.destination, *sides), _numbers([numbers for _left, numbers in found], first)


@lru_cache(maxsize=1024)
def _shared_cells(lists: tuple[tuple[Sides, ...], ...], domain: Sides) -> list[Cell]:
    return split(lists, domain)


def _numbers(lists: list[list[int]], first: tuple[int | None, ...]) -> tuple[int | None, ...]:
    return tuple(None if one is None else numbers[one] for numbers, one in zip(lists, first, strict=True))


def between(a: Endpoint | Looking, b: Endpoint | Looking) -> list[Box]:
    """Return all packets from ``a`` to ``b``, at most one box a family."""
    boxes = (Box(family, a.where(family), b.where(family)) for family in (4, 6))
    return [box for box in boxes if box]


def fate(a: Endpoint, b: Endpoint, packet: Packet, network: Network | None = None) -> Outcome:
    """Return what becomes of one packet from ``a`` to ``b`` and of its reply."""
    return Pair(a, b, network).fate(packet)


def analyse(a: Endpoint, b: Endpoint, network: Network | None = None) -> tuple[Region, ...]:
    """Return all packets from ``a`` to ``b``, divided exactly by outcome: disjoint regions that cover everything."""
    return Pair(a, b, network).regions()
