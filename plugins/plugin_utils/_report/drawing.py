# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The drawing: hosts, firewalls and flows, each with its place and with the sentence that says the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .._flows.outcome_words import FATES, Fate
from .._proof.model import NetworkFirewall, Proof, ProofHost
from .layout import DrawingPlan, LaidLine, Point, Rect, lay_out
from .parties import Bundle, Party, bundles, parties
from .words import counted, listed, number

# Beyond these a drawing says less than the table of flows.
_MOST_BOXES = (10, 7, 5, 2)
_MOST_LINES = 18
_MOST_WALLS = 3
_LONGEST_TITLE = 22
_LONGEST_LINE = 31
_LONGEST_TRAFFIC = 18


@dataclass(frozen=True, slots=True)
class DrawnBox:
    """A host or a group; ``texts`` have the name of their style and how far below the top they stand."""

    title: str
    sentence: str
    rect: Rect
    trouble: bool
    texts: Sequence[tuple[str, str, int]]


@dataclass(frozen=True, slots=True)
class DrawnLine:
    """Flows of one fate; ``curve`` and ``tip`` are paths."""

    sentence: str
    fate: Fate
    curve: str
    tip: str
    pill: Rect
    label: str


@dataclass(frozen=True, slots=True)
class DrawnWall:
    """A firewall; ``x`` is its middle."""

    title: str
    sentence: str
    rect: Rect
    x: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """All that is drawn, and how many lines are not."""

    width: float
    height: float
    boxes: Sequence[DrawnBox]
    lines: Sequence[DrawnLine]
    walls: Sequence[DrawnWall]
    hidden: int


def draw(proof: Proof) -> Drawing:
    """Return the drawing of a proof."""
    shown, found = _choose(proof)
    hidden = len(found) - _MOST_LINES
    found = found[:_MOST_LINES]
    labels = {id(bundle): _label(bundle) for bundle in found}
    plan = lay_out(shown, found, labels)
    return Drawing(
        width=round(plan.width),
        height=round(plan.height),
        boxes=[_box(party, rect) for party, rect in plan.boxes],
        lines=[_line(line, labels[id(line.bundle)]) for line in plan.lines],
        walls=_walls(proof.firewalls, plan),
        hidden=hidden,
    )


def _choose(proof: Proof) -> tuple[list[Party], list[Bundle]]:
    """Return what is drawn: single hosts while they are few and their lines too, else groups."""
    shown: list[Party] = []
    found: list[Bundle] = []
    for most in _MOST_BOXES:
        shown = parties(proof, most, hosts_without_flows=True)
        found = bundles(proof.flows, shown)
        if len(shown) <= _MOST_BOXES[0] and len(found) <= _MOST_LINES:
            break
    return shown, found


def _label(bundle: Bundle) -> str:
    traffic = list(bundle.traffic)
    text = _short(traffic[0], _LONGEST_TRAFFIC) + (f" +{number(len(traffic) - 1)}" if len(traffic) > 1 else "")
    times = f" \u00d7{number(bundle.flows)}" if bundle.flows > len(traffic) else ""
    return f"{FATES[bundle.fate].sign} {bundle.fate.value} {text}{times}"


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}\u2026"


def _sentence(bundle: Bundle) -> str:
    ends = f"{bundle.source.title} to {bundle.destination.title}"
    return f"{ends}, {listed(list(bundle.traffic))}: {counted(bundle.flows, 'flow')} {bundle.fate.value}"


def _box(party: Party, rect: Rect) -> DrawnBox:
    host = party.host
    second = party.span or (_kind(host) if host else "network")
    third = ""
    trouble = False
    if host is not None and host.role.value in ("front-end", "back-end", "other"):
        trouble = bool(host.assigned) and not host.effective
        third = f"policy: {host.assigned}" if host.assigned else "no policy assigned"
        third = "policy not in force" if trouble else third
    whole = ". ".join(filter(None, (party.title, second, third, host.why_not if host else "")))
    rows = (
        (_short(party.title, _LONGEST_TITLE), "name", 20),
        (_short(second, _LONGEST_LINE), "small", 37),
        (_short(third, _LONGEST_LINE), "small", 52),
    )
    return DrawnBox(party.title, whole, rect, trouble, [row for row in rows if row[0]])


def _kind(host: ProofHost) -> str:
    """Return role and release, in the width of a box."""
    release = host.product.removeprefix("Windows ") or host.version
    return f"{host.role.value}, {release}" if release else host.role.value


def _line(line: LaidLine, label: str) -> DrawnLine:
    start, near, far, end = line.points
    curve = f"M{_pair(start)} C{_pair(near)} {_pair(far)} {_pair(end)}"
    return DrawnLine(_sentence(line.bundle), line.bundle.fate, curve, _tip(far, end), line.label, label)


def _tip(before: Point, end: Point) -> str:
    """Return the path of the arrow head; lines end along an axis, so that it needs no turning."""
    x, y = end
    if abs(before[0] - x) >= abs(before[1] - y) or before[1] == y:
        back = 11 if before[0] > x else -11
        corners = ((x, y), (x + back, y - 5.5), (x + back, y + 5.5))
    else:
        corners = ((x, y), (x - 5.5, y - 11), (x + 5.5, y - 11))
    return "M" + " L".join(_pair(corner) for corner in corners) + " Z"


def at(value: float) -> str:
    """Return a place on the drawing."""
    return f"{value:.1f}".removesuffix(".0")


def _pair(point: Point) -> str:
    return f"{at(point[0])} {at(point[1])}"


def _walls(firewalls: Sequence[NetworkFirewall], plan: DrawingPlan) -> list[DrawnWall]:
    """Return the firewalls that stand between two columns; the table below names all of them."""
    column = {name: plan.columns[id(party)] for party, _box in plan.boxes for name in party.names}
    standing: dict[tuple[int, int], list[NetworkFirewall]] = {}
    for firewall in firewalls:
        behind = sorted({column[name] for name in firewall.between if column.get(name, -1) >= 0})
        gap = next((gap for gap in plan.gaps if len(behind) > 1 and gap[0] >= behind[0]), None)
        if gap is not None:
            standing.setdefault(gap, []).append(firewall)
    return [wall for gap, found in standing.items() for wall in _in_gap(plan.gaps[gap], found)]


def _in_gap(gap: Rect, found: Sequence[NetworkFirewall]) -> Iterable[DrawnWall]:
    if len(found) > _MOST_WALLS:
        names = tuple(firewall.name for firewall in found)
        found = [NetworkFirewall(counted(len(found), "firewall"), (), names)]
    for index, firewall in enumerate(found):
        x = gap.x + gap.width * (index + 1) / (len(found) + 1)
        said = f"Firewall {firewall.name}: {listed(firewall.openings, 8) or 'no openings'}"
        yield DrawnWall(_short(firewall.name, _LONGEST_TITLE), said, Rect(x - 7, gap.y, 14, gap.height), x)
