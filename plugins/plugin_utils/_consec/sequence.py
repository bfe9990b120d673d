# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order of rules of which some have addresses of several widths: such a rule wins here and loses there.

Then no order by the rule as a whole is right for every packet. Where two rules match a packet, the one that wins it
comes into force first, and goes last. Two rules of which each wins some packets of the other have no such order.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from .._common.address_sets import Interval, read_interval
from .definitions import Definition, RuleDefinition
from .order import Specificity, narrowness

# Pairs of filters are compared one by one; beyond this the order of whole rules has to do.
_MOST_FILTERS = 600


@dataclass(frozen=True, slots=True)
class _Filter:
    """One pair of ends of a rule; None stands for any, or for a word of which nobody knows the addresses."""

    ends: tuple[Interval | None, Interval | None]
    rank: Specificity


def needs_sequence(rules: Iterable[Definition]) -> bool:
    """Tell whether some rule has ends of several widths."""
    return any(
        len({narrowness(text) for text in end}) > 1 for rule in rules for end in (rule.endpoint1, rule.endpoint2)
    )


def in_sequence(rules: Sequence[Definition], key: Callable[[Definition], tuple[object, ...]]) -> list[int]:
    """Return the indices of rules so that one that wins packets of another comes before it; else by ``key``."""
    by_key = sorted(range(len(rules)), key=lambda index: key(rules[index]))
    filters = {index: _filters(rules[index]) for index in by_key}
    if sum(map(len, filters.values())) > _MOST_FILTERS:
        return by_key
    place = {index: number for number, index in enumerate(by_key)}
    after: dict[int, list[int]] = {index: [] for index in by_key}
    waits = dict.fromkeys(by_key, 0)
    for one in by_key:
        for other in by_key:
            if one != other and _meet(rules[one], rules[other]) and _wins(filters[one], filters[other]):
                after[one].append(other)
                waits[other] += 1
    return _sorted(place, after, waits)


def _sorted(place: dict[int, int], after: dict[int, list[int]], waits: dict[int, int]) -> list[int]:
    ready = [(place[index], index) for index, count in waits.items() if not count]
    heapq.heapify(ready)
    left, found = set(waits), list[int]()
    while left:
        # Rules that win packets of each other wait for each other: the first of them by its key goes on.
        index = heapq.heappop(ready)[1] if ready else min(left, key=lambda each: (waits[each], place[each]))
        if index not in left:
            continue
        left.discard(index)
        found.append(index)
        for other in after[index]:
            waits[other] -= 1
            if not waits[other] and other in left:
                heapq.heappush(ready, (place[other], other))
    return found


def _filters(rule: Definition) -> list[_Filter]:
    extra = (0, 0, 0)
    if isinstance(rule, RuleDefinition):
        extra = (int(rule.mode == "tunnel"), int(rule.protocol != "any"), bool(rule.port1) + bool(rule.port2))
    found = []
    for texts in product(rule.endpoint1 or ("",), rule.endpoint2 or ("",)):
        widths = sorted((narrowness(text) if text else 0 for text in texts), reverse=True)
        ends = tuple(read_interval(text) if text else None for text in texts)
        found.append(_Filter((ends[0], ends[1]), (extra[0], *widths, *extra[1:])))
    return found


def _wins(one: list[_Filter], other: list[_Filter]) -> bool:
    return any(mine.rank > its.rank and all(map(_touch, mine.ends, its.ends)) for mine in one for its in other)


def _touch(one: Interval | None, other: Interval | None) -> bool:
    if one is None or other is None:
        return True
    return one.version == other.version and one.first <= other.last and other.first <= one.last


def _meet(one: Definition, other: Definition) -> bool:
    """Tell whether protocols and ports of two rules have packets in common."""
    if not (isinstance(one, RuleDefinition) and isinstance(other, RuleDefinition)):
        return type(one) is type(other)
    if one.protocol != other.protocol and "any" not in (one.protocol, other.protocol):
        return False
    pairs = ((one.port1, other.port1), (one.port2, other.port2))
    return all(not mine or not its or not set(mine).isdisjoint(its) or _ranges(mine, its) for mine, its in pairs)


def _ranges(mine: Iterable[str], its: Iterable[str]) -> bool:
    return any("-" in each for each in (*mine, *its))
