# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where things stand on the drawing: boxes in columns and a bottom row, lines between them, labels that keep apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from .._proof.model import Role
from .parties import Bundle, Party

BOX_WIDTH = 208
BOX_HEIGHT = 62
_SPACE = 40
_GAP = 330
_MARGIN = 14
_NARROWEST = 720
_APART = 3
_TOP = 44
_BELOW = 84
_PILL_HEIGHT = 20
# Where on its line a label may stand, the best place first.
_PLACES = (0.5, 0.42, 0.58, 0.34, 0.66, 0.27, 0.73, 0.2, 0.8, 0.14, 0.86)
_BOTTOM = (Role.CONTROLLER, Role.DOMAIN_CONTROLLER, Role.FIREWALL)

Point = tuple[float, float]


class DrawnSide(Enum):
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

    def covers(self, other: Rect) -> float:
        """Return the area that two rectangles have in common, with a little space around them."""
        wide = min(self.x + self.width, other.x + other.width) - max(self.x, other.x) + _APART
        high = min(self.y + self.height, other.y + other.height) - max(self.y, other.y) + _APART
        return wide * high if wide > 0 and high > 0 else 0.0


@dataclass(frozen=True, slots=True)
class LaidLine:
    """A curve from box to box with the place of its label."""

    bundle: Bundle
    points: tuple[Point, Point, Point, Point]
    label: Rect


@dataclass(frozen=True, slots=True)
class DrawingPlan:
    """The whole drawing. ``gaps`` are the spaces between neighbouring columns, where firewalls stand."""

    width: float
    height: float
    boxes: Sequence[tuple[Party, Rect]]
    lines: Sequence[LaidLine]
    gaps: Mapping[tuple[int, int], Rect]
    columns: Mapping[int, int]


def lay_out(shown: Sequence[Party], found: Sequence[Bundle], labels: Mapping[int, str]) -> DrawingPlan:
    """Return the drawing of parties and bundles; ``labels`` are the texts of the bundles by ``id``."""
    columns = _columns(shown, found)
    used = sorted({column for column in columns.values() if column >= 0})
    bottom = [party for role in _BOTTOM for party in shown if party.role is role]
    width = max(
        2 * _MARGIN + len(used) * (BOX_WIDTH + _GAP) - _GAP,
        2 * _MARGIN + len(bottom) * (BOX_WIDTH + _SPACE) - _SPACE,
        _NARROWEST,
    )
    # From left to right first: with that, the sides of the lines are known, and how high a box must be to hold them.
    left: dict[int, float] = {}
    for party in shown:
        if columns[id(party)] >= 0:
            left[id(party)] = _MARGIN + used.index(columns[id(party)]) * (BOX_WIDTH + _GAP)
    pitch = (width - 2 * _MARGIN) / max(len(bottom), 1)
    left |= {id(party): _MARGIN + pitch * (index + 0.5) - BOX_WIDTH / 2 for index, party in enumerate(bottom)}
    sides = [_sides(bundle, left, columns) for bundle in found]
    height = _heights(shown, found, sides)
    standing = [[party for party in shown if columns[id(party)] == column] for column in used]
    tall = max((sum(height[id(party)] + _SPACE for party in column) - _SPACE for column in standing), default=0)
    boxes: dict[int, Rect] = {}
    for column in standing:
        y = _TOP + (tall - sum(height[id(party)] + _SPACE for party in column) + _SPACE) / 2
        for party in column:
            boxes[id(party)] = Rect(left[id(party)], y, BOX_WIDTH, height[id(party)])
            y += height[id(party)] + _SPACE
    lowest = _TOP + tall
    if bottom:
        lowest += _BELOW if used else 0
        boxes |= {id(party): Rect(left[id(party)], lowest, BOX_WIDTH, BOX_HEIGHT) for party in bottom}
        lowest += BOX_HEIGHT
    gaps = {
        pair: Rect(_MARGIN + index * (BOX_WIDTH + _GAP) + BOX_WIDTH, _TOP - 8, _GAP, tall + 16)
        for index, pair in enumerate(pairwise(used))
    }
    placed = [(party, boxes[id(party)]) for party in shown]
    return DrawingPlan(width, lowest + _MARGIN, placed, _lines(found, boxes, sides, labels), gaps, columns)


def _heights(
    shown: Sequence[Party], found: Sequence[Bundle], sides: Sequence[tuple[DrawnSide, DrawnSide]]
) -> dict[int, float]:
    """Return the heights of the boxes: enough for the labels of the lines at one side to stand one below the other."""
    hooks: dict[tuple[int, DrawnSide], int] = defaultdict(int)
    for bundle, both in zip(found, sides, strict=True):
        hooks[id(bundle.source), both[0]] += 1
        hooks[id(bundle.destination), both[1]] += 1
    most = {id(party): max(hooks[id(party), DrawnSide.LEFT], hooks[id(party), DrawnSide.RIGHT]) for party in shown}
    return {box: max(BOX_HEIGHT, (count + 1) * (_PILL_HEIGHT + 5)) for box, count in most.items()}


def _columns(shown: Sequence[Party], found: Sequence[Bundle]) -> dict[int, int]:
    """Return the column of each party by ``id``: clients, front-ends, back-ends; -1 for the bottom row."""
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


def _sides(bundle: Bundle, left: Mapping[int, float], columns: Mapping[int, int]) -> tuple[DrawnSide, DrawnSide]:
    """Return the sides at which a line leaves its source and reaches its destination."""
    source, destination = id(bundle.source), id(bundle.destination)
    towards = DrawnSide.RIGHT if left[destination] > left[source] else DrawnSide.LEFT
    away = DrawnSide.LEFT if towards is DrawnSide.RIGHT else DrawnSide.RIGHT
    if columns[source] < 0:
        return DrawnSide.TOP, DrawnSide.TOP if columns[destination] < 0 else away
    if columns[destination] < 0:
        return towards, DrawnSide.TOP
    return (DrawnSide.RIGHT, DrawnSide.RIGHT) if columns[source] == columns[destination] else (towards, away)


def _lines(
    found: Sequence[Bundle],
    boxes: Mapping[int, Rect],
    sides: Sequence[tuple[DrawnSide, DrawnSide]],
    labels: Mapping[int, str],
) -> list[LaidLine]:
    hooks: dict[tuple[int, DrawnSide], list[tuple[Point, int, int]]] = defaultdict(list)
    for index, bundle in enumerate(found):
        ends = id(bundle.source), id(bundle.destination)
        for end in (0, 1):
            hooks[ends[end], sides[index][end]].append((boxes[ends[1 - end]].centre, index, end))
    points = {}
    for (box, side), waiting in hooks.items():
        # In the order of their other ends, so that lines from one side do not cross.
        axis = 0 if side is DrawnSide.TOP else 1
        for number, (_centre, index, end) in enumerate(sorted(waiting, key=lambda one: (one[0][axis], one[1], one[2]))):
            points[index, end] = _hook(boxes[box], side, (number + 1) / (len(waiting) + 1))
    taken = list(boxes.values())
    lines = []
    for index, bundle in enumerate(found):
        curve = _curve(points[index, 0], points[index, 1], sides[index])
        width = 7.1 * len(labels[id(bundle)]) + 16
        label = _place(curve, width, taken)
        taken.append(label)
        lines.append(LaidLine(bundle, curve, label))
    return lines


def _hook(box: Rect, side: DrawnSide, share: float) -> Point:
    if side is DrawnSide.TOP:
        return box.x + box.width * share, box.y
    return box.x + (box.width if side is DrawnSide.RIGHT else 0), box.y + box.height * share


def _curve(start: Point, end: Point, sides: tuple[DrawnSide, DrawnSide]) -> tuple[Point, Point, Point, Point]:
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
    """Return the place of a label: the first on its line that is free, else the one that covers least."""
    places = []
    for share in _PLACES:
        x, y = on_curve(curve, share)
        places.append(Rect(x - width / 2, y - _PILL_HEIGHT / 2, width, _PILL_HEIGHT))
    return min(places, key=lambda place: sum(place.covers(other) for other in taken))
