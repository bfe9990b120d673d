# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The drawing: hosts, firewalls and flows. Line styles, signs and words tell the fates apart without colour."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .._flows.outcome_words import FATES, Fate
from .._proof.model import Firewall, Host, Proof
from .layout import Line, Plan, Point, Rect, lay_out
from .markup import Element, table, tag
from .parties import Bundle, Party, bundles, parties
from .words import counted, listed, more, number, or_dash

# Beyond these a drawing says less than the table of flows.
_MOST_BOXES = (10, 7, 5, 2)
_MOST_LINES = 18
_MOST_WALLS = 3
_MOST_FIREWALL_ROWS = 40
_LONGEST_TITLE = 22
_LONGEST_LINE = 31
_LONGEST_TRAFFIC = 18


def section(proof: Proof) -> Element:
    """Return the part of the page with the drawing and the openings of the firewalls."""
    shown, found = _choose(proof)
    hidden = found[_MOST_LINES:]
    found = found[:_MOST_LINES]
    labels = {id(bundle): _label(bundle) for bundle in found}
    drawing = tag(
        "div",
        _svg(proof, lay_out(shown, found, labels), labels),
        class_="scroll drawing",
        role="region",
        aria_label="Drawing of hosts and flows",
        tabindex="0",
    )
    return tag(
        "section",
        tag("h2", "Hosts and flows", id="drawing"),
        drawing if shown else tag("p", "There are no hosts and no flows."),
        more(len(hidden), "lines between groups are not drawn; they are in the table of flows and"),
        _walls_table(proof.firewalls),
        aria_labelledby="drawing",
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


def _svg(proof: Proof, plan: Plan, labels: dict[int, str]) -> Element:
    ends = ", ".join(party.title for party, _box in plan.boxes)
    lines = " ".join(f"{_sentence(line.bundle)}." for line in plan.lines)
    return tag(
        "svg",
        tag("title", "Hosts, firewalls and flows", id="drawing-title"),
        tag("desc", f"Drawn are {ends}. {lines}", id="drawing-desc"),
        _walls(proof.firewalls, plan),
        [_curve(line, labels[id(line.bundle)]) for line in plan.lines],
        [_box(party, box) for party, box in plan.boxes],
        [_pill(line, labels[id(line.bundle)]) for line in plan.lines],
        viewBox=f"0 0 {plan.width:.0f} {plan.height:.0f}",
        role="img",
        aria_labelledby="drawing-title drawing-desc",
    )


def _sentence(bundle: Bundle) -> str:
    ends = f"{bundle.source.title} to {bundle.destination.title}"
    return f"{ends}, {listed(list(bundle.traffic))}: {counted(bundle.flows, 'flow')} {bundle.fate.value}"


def _box(party: Party, box: Rect) -> Element:
    host = party.host
    second = party.span or (_kind(host) if host else "network")
    third = ""
    trouble = False
    if host is not None and host.role.value in ("front-end", "back-end", "other"):
        trouble = bool(host.assigned) and not host.effective
        third = f"policy: {host.assigned}" if host.assigned else "no policy assigned"
        third = "policy not in force" if trouble else third
    whole = ". ".join(filter(None, (party.title, second, third, host.why_not if host else "")))
    rows = [(party.title, "name"), (second, "small"), (third, "small")]
    texts = [
        tag(
            "text",
            _short(text, _LONGEST_TITLE if style == "name" else _LONGEST_LINE),
            x=_at(box.x + 12),
            y=_at(y),
            class_=style,
        )
        for (text, style), y in zip(rows, (box.y + 20, box.y + 37, box.y + 52), strict=True)
        if text
    ]
    style = "box trouble" if trouble else "box"
    return tag("g", tag("title", whole), _rect(box, 8, style), texts)


def _kind(host: Host) -> str:
    """Return role and release, in the width of a box."""
    release = host.product.removeprefix("Windows ") or host.version
    return f"{host.role.value}, {release}" if release else host.role.value


def _rect(box: Rect, radius: int, style: str) -> Element:
    sizes = {"x": _at(box.x), "y": _at(box.y), "width": _at(box.width), "height": _at(box.height)}
    return tag("rect", **sizes, rx=radius, class_=style)


def _curve(line: Line, label: str) -> Element:
    start, near, far, end = line.points
    path = f"M{_pair(start)} C{_pair(near)} {_pair(far)} {_pair(end)}"
    return tag(
        "g",
        tag("title", _sentence(line.bundle)),
        tag("path", d=path),
        _tip(far, end),
        class_=f"flow {line.bundle.fate.style}",
    )


def _tip(before: Point, end: Point) -> Element:
    """Return the arrow head; lines end along an axis, so that it needs no turning."""
    x, y = end
    if abs(before[0] - x) >= abs(before[1] - y) or before[1] == y:
        back = 11 if before[0] > x else -11
        corners = ((x, y), (x + back, y - 5.5), (x + back, y + 5.5))
    else:
        corners = ((x, y), (x - 5.5, y - 11), (x + 5.5, y - 11))
    return tag("path", d="M" + " L".join(_pair(corner) for corner in corners) + " Z", class_="tip")


def _pill(line: Line, label: str) -> Element:
    x, y = line.label.centre
    text = tag("text", label, x=_at(x), y=_at(y + 4.2))
    return tag("g", _rect(line.label, 10, "pill"), text, class_=f"flow label {line.bundle.fate.style}")


def _at(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _pair(point: Point) -> str:
    return f"{_at(point[0])} {_at(point[1])}"


def _walls(firewalls: Sequence[Firewall], plan: Plan) -> list[Element]:
    """Return the firewalls that stand between two columns; the table below names all of them."""
    column = {name: plan.columns[id(party)] for party, _box in plan.boxes for name in party.names}
    standing: dict[tuple[int, int], list[Firewall]] = {}
    for firewall in firewalls:
        behind = sorted({column[name] for name in firewall.between if column.get(name, -1) >= 0})
        gap = next((gap for gap in plan.gaps if len(behind) > 1 and gap[0] >= behind[0]), None)
        if gap is not None:
            standing.setdefault(gap, []).append(firewall)
    return [element for gap, found in standing.items() for element in _in_gap(plan.gaps[gap], found)]


def _in_gap(gap: Rect, found: Sequence[Firewall]) -> Iterable[Element]:
    if len(found) > _MOST_WALLS:
        names = tuple(firewall.name for firewall in found)
        found = [Firewall(counted(len(found), "firewall"), (), names)]
    for index, firewall in enumerate(found):
        x = gap.x + gap.width * (index + 1) / (len(found) + 1)
        wall = Rect(x - 7, gap.y, 14, gap.height)
        said = f"Firewall {firewall.name}: {listed(firewall.openings, 8) or 'no openings'}"
        text = tag(
            "text",
            _short(firewall.name, _LONGEST_TITLE),
            x=_at(x),
            y=_at(gap.y - 8),
            class_="name",
            text_anchor="middle",
        )
        yield tag("g", tag("title", said), _rect(wall, 3, "wall"), text)


def _walls_table(firewalls: Sequence[Firewall]) -> Element | None:
    if not firewalls:
        return None
    rows = [
        (one.name, listed(one.between, 6) or or_dash(""), listed(one.openings, 20) or or_dash(""))
        for one in firewalls[:_MOST_FIREWALL_ROWS]
    ]
    shown = table("Firewalls and what they let through", ("Firewall", "Between", "Openings"), rows)
    rest = more(len(firewalls) - _MOST_FIREWALL_ROWS, "firewalls")
    return tag("div", shown, rest) if rest else shown


def sample(fate: Fate) -> Element:
    """Return the line style of a fate for the legend."""
    line = tag("g", tag("path", d="M4 8 H92"), class_=f"flow {fate.style}")
    return tag("svg", line, viewBox="0 0 96 16", class_="sample", aria_hidden="true", focusable="false")
