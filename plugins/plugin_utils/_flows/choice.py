# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Products of sets of integers by their first two sides, for questions about one value of each.

A host has filters for hundreds of peers, and a question is about one of them.

[ledger: packet-equal-rank]
"""

from __future__ import annotations

from collections.abc import Sequence

from .partition import Side, Sides, apart, holds


def _only(one: Side) -> int | None:
    """Return the integer of a side that holds one, None for all others."""
    return one[0][0] if len(one) == 1 and one[0][0] == one[0][1] else None


class Choice:
    """Products in order of precedence, with a number each, as far as their other sides meet those of ``left``.

    They lie under the values of their first two sides; None is for a side that is more than one value.
    """

    def __init__(self, products: Sequence[Sides], numbers: Sequence[int], left: Sides) -> None:
        self._products = products
        self._numbers = numbers
        self._places: dict[tuple[int | None, int | None], list[int]] = {}
        for place, product in enumerate(products):
            if not apart(product[2:], left):
                self._places.setdefault((_only(product[0]), _only(product[1])), []).append(place)

    def at(self, first: int, second: int) -> tuple[tuple[Sides, ...], list[int]]:
        """Return the other sides of the products that hold these values, in order, and their numbers."""
        get, products = self._places.get, self._products
        places = list(get((first, second), ()))
        for place in get((first, None), ()):
            if holds(products[place][1], second):
                places.append(place)
        for place in get((None, second), ()):
            if holds(products[place][0], first):
                places.append(place)
        for place in get((None, None), ()):
            if holds(products[place][0], first) and holds(products[place][1], second):
                places.append(place)
        places.sort()
        return tuple([products[place][2:] for place in places]), [self._numbers[place] for place in places]
