# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where things stand on the drawing: boxes in columns and a bottom row, lines between their sides, labels that keep apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from .parties import Bundle, Party
from .proof import Role

BOX_WIDTH = 196
BOX_HEIGHT = 62
_STEP = BOX_HEIGHT + 34
_GAP = 292
_MARGIN = 14
_TOP = 44
_BELOW = 78
_PILL_HEIGHT = 20
# Where on its line a label may stand, the best place first.
_PLACES = (0.5, 0.42, 0.58, 0.34, 0.66, 0.27, 0.73, 0.2, 0.8, 0.14, 0.86)
_BOTTOM = frozenset({Role.CONTROLLER, Role.DOMAIN_CONTROLLER, Role.FIREWALL})

Point = tuple[float, float]


class Side(Enum):
    """A side of a box, as the direction that leads away from it."""

    LEFT = (-1, 0)
    RIGHT = (1, 0)
    TOP = (0, -1)


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle by its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> Point:
        """The point in the middle."""
        return self.x + self.width / 2, self.y + self.height / 2

    def meets(self, other: Rect) -> bool:
        """Tell whether two rectangles have points in common, or nearly."""
        return (
            self.x < other.x + other.width + 3
            and other.x < self.x + self.width + 3
            and self.y < other.y + other.height + 3
            and other.y < self.y + self.height + 3
        )


@dataclass(frozen=True, slots=True)
class Line:
    """A curve from box to box with the place of its label."""

    bundle: Bundle
    points: tuple[Point, Point, Point, Point]
    label: Rect


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole drawing. ``gaps`` are the spaces between neighbouring columns, where firewalls stand."""

    width: float
    height: float
    boxes: Sequence[tuple[Party, Rect]]
    lines: Sequence[Line]
    gaps: Mapping[tuple[int, int], Rect]
    columns: Mapping[int, int]


def lay_out(shown: Sequence[Party], found: Sequence[Bundle], labels: Mapping[int, str]) -> Plan:
    """Return the drawing of parties and bundles; ``labels`` are the texts of the bundles by ``id``."""
    columns = _columns(shown, found)
    used = sorted({column for column in columns.values() if column >= 0})
    tallest = max([sum(1 for one in columns.values() if one == column) for column in used], default=0)
    tall = max(tallest * _STEP - 34, 0)
    boxes: dict[int, Rect] = {}
    for place, column in enumerate(used):
        inside = [party for party in shown if columns[id(party)] == column]
        top = _TOP + (tall - (len(inside) * _STEP - 34)) / 2
        for row, party in enumerate(inside):
            boxes[id(party)] = Rect(_MARGIN + place * (BOX_WIDTH + _GAP), top + row * _STEP, BOX_WIDTH, BOX_HEIGHT)
    bottom = [party for party in shown if columns[id(party)] < 0]
    width = max(
        _MARGIN * 2 + len(used) * BOX_WIDTH + max(len(used) - 1, 0) * _GAP,
        _MARGIN * 2 + len(bottom) * (BOX_WIDTH + 40) - 40,
        720,
    )
    height = _TOP + tall + _MARGIN
    if bottom:
        pitch = (width - 2 * _MARGIN) / len(bottom)
        y = _TOP + tall + (_BELOW if used else 0)
        for index, party in enumerate(bottom):
            boxes[id(party)] = Rect(_MARGIN + pitch * (index + 0.5) - BOX_WIDTH / 2, y, BOX_WIDTH, BOX_HEIGHT)
        height = y + BOX_HEIGHT + _MARGIN
    gaps = {
        (left, right): Rect(_MARGIN + index * (BOX_WIDTH + _GAP) + BOX_WIDTH, _TOP - 8, _GAP, tall + 16)
        for index, (left, right) in enumerate(zip(used, used[1:], strict=False))
    }
    lines = _lines(found, boxes, columns, labels)
    placed = [(party, boxes[id(party)]) for party in shown]
    return Plan(width, height, placed, lines, gaps, columns)


def _columns(shown: Sequence[Party], found: Sequence[Bundle]) -> dict[int, int]:
    """Return the column of each party by ``id``, -1 for the bottom row: clients, front-ends, back-ends from left to right."""
    balance: dict[int, int] = defaultdict(int)
    for bundle in found:
        balance[id(bundle.source)] += 1
        balance[id(bundle.destination)] -= 1

    def column(party: Party) -> int:
        if party.role in _BOTTOM:
            return -1
        if party.role is None:
            return 0 if balance[id(party)] >= 0 else 3
        if party.role is Role.OTHER:
            return 1 if balance[id(party)] >= 0 else 2
        return 1 if party.role is Role.FRONT_END else 2

    return {id(party): column(party) for party in shown}


def _sides(source: Rect, destination: Rect, columns: tuple[int, int]) -> tuple[Side, Side]:
    if columns == (-1, -1):
        return Side.TOP, Side.TOP
    if columns[0] < 0:
        return Side.TOP, Side.RIGHT if source.centre[0] > destination.centre[0] else Side.LEFT
    if columns[1] < 0:
        return Side.RIGHT if destination.centre[0] > source.centre[0] else Side.LEFT, Side.TOP
    if columns[0] == columns[1]:
        return Side.RIGHT, Side.RIGHT
    return (Side.RIGHT, Side.LEFT) if columns[0] < columns[1] else (Side.LEFT, Side.RIGHT)


def _lines(
    found: Sequence[Bundle], boxes: Mapping[int, Rect], columns: Mapping[int, int], labels: Mapping[int, str]
) -> list[Line]:
    sides = {}
    hooks: dict[tuple[int, Side], list[tuple[Point, int, int]]] = defaultdict(list)
    for index, bundle in enumerate(found):
        ends = id(bundle.source), id(bundle.destination)
        both = _sides(boxes[ends[0]], boxes[ends[1]], (columns[ends[0]], columns[ends[1]]))
        sides[index] = both
        for end in (0, 1):
            hooks[ends[end], both[end]].append((boxes[ends[1 - end]].centre, index, end))
    points = {}
    for (box, side), waiting in hooks.items():
        # In the order of their other ends, so that lines from one side do not cross.
        axis = 0 if side is Side.TOP else 1
        for number, (_centre, index, end) in enumerate(sorted(waiting, key=lambda one: (one[0][axis], one[1], one[2]))):
            points[index, end] = _hook(boxes[box], side, (number + 1) / (len(waiting) + 1))
    taken = list(boxes.values())
    lines = []
    for index, bundle in enumerate(found):
        curve = _curve(points[index, 0], points[index, 1], sides[index])
        width = 7.1 * len(labels[id(bundle)]) + 16
        label = _place(curve, width, taken)
        taken.append(label)
        lines.append(Line(bundle, curve, label))
    return lines


def _hook(box: Rect, side: Side, share: float) -> Point:
    if side is Side.TOP:
        return box.x + box.width * share, box.y
    return box.x + (box.width if side is Side.RIGHT else 0), box.y + box.height * share


def _curve(start: Point, end: Point, sides: tuple[Side, Side]) -> tuple[Point, Point, Point, Point]:
    reach = max(48.0, 0.42 * abs(end[0] - start[0]))
    up = max(40.0, 0.6 * abs(end[1] - start[1]))
    near, far = (
        (point[0] + side.value[0] * reach, point[1] + side.value[1] * up)
        for point, side in zip((start, end), sides, strict=True)
    )
    return start, near, far, end


def on_curve(curve: tuple[Point, Point, Point, Point], share: float) -> Point:
    """Return the point of a Bezier curve at a share of its way."""
    rest = 1 - share
    weights = (rest**3, 3 * rest**2 * share, 3 * rest * share**2, share**3)
    x, y = (sum(weight * point[axis] for weight, point in zip(weights, curve, strict=True)) for axis in (0, 1))
    return x, y


def _place(curve: tuple[Point, Point, Point, Point], width: float, taken: Sequence[Rect]) -> Rect:
    """Return the place of a label: the first on its line that is free, else the first."""
    places = []
    for share in _PLACES:
        x, y = on_curve(curve, share)
        places.append(Rect(x - width / 2, y - _PILL_HEIGHT / 2, width, _PILL_HEIGHT))
    return next((place for place in places if not any(place.meets(other) for other in taken)), places[0])
