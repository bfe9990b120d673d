# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every moment of a change between two hosts, judged by what becomes of their packets.

A moment is what the one host has and what the other has. Exact for all packets between the two: they are divided once
by the filters of all moments. Never weaker: where packets pass in clear, or are taken in clear, they did before or will
after; and what protects them is no weaker than the weaker of what did and what will. Never
interrupted: what passes before and after passes at every moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from .._flows.endpoint import Endpoint
from .._flows.negotiation import Agreement
from .._flows.outcome import PASSING, PASSING_IN_CLEAR, Network, Outcome, OutcomeKind, Side
from .._flows.outcome import judge as judge_packet
from .._flows.pair import between
from .._flows.partition import Sides, holds, split
from .._flows.ranking import Directed
from .._flows.semantics import DecisionKind, View
from .._flows.space import Box, Packet
from .._flows.views import Looking
from .._policies.in_force import InForce
from .._policies.words import ActionKind
from .bindings import Form, bound_rules
from .model import Host
from .strength import of_agreement, weaker

Moment = tuple[int, int]
_NETWORKS = (Network(), Network(ike=False))


class Wrong(StrEnum):
    """What must never be at any moment."""

    WEAKER = "weaker"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Violation:
    """A moment that must not be, with a packet that shows it."""

    wrong: Wrong
    moment: Moment
    packet: Packet
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Stage:
    """What a host has at a stage: a policy with the filters that can be about one peer, and whether services run."""

    form: Form
    running: bool = True
    keying: bool = True


def moments(stages: int) -> list[Moment]:
    """Return what two hosts can have at the same time, when no host begins a stage before all have had the last one.

    Any subset of the hosts may be done when a run is killed, or looked at; the first and the last are left out.
    """
    found = [(a, b) for at in range(stages - 1) for a in (at, at + 1) for b in (at, at + 1)]
    ends = {(0, 0), (stages - 1, stages - 1)}
    return [one for one in dict.fromkeys(found) if one not in ends]


def violations(
    here: Host, there: Host, mine: Sequence[Stage], its: Sequence[Stage], between_moments: Iterable[Moment]
) -> Iterator[Violation]:
    """Yield what is wrong at the moments between the first and the last stage of two hosts, in both directions."""
    if not here.addresses or not there.addresses:
        return
    near, far = _views(here, mine), _views(there, its)
    chosen = _distinct(between_moments, near, far)
    for a, b, turned in ((near, far, False), (far, near, True)):
        for box in between(a[0], b[0]):
            yield from _in_box(box, a, b, chosen, turned=turned)


def _distinct(chosen: Iterable[Moment], near: list[View], far: list[View]) -> list[Moment]:
    """Return the moments that differ in what one of the hosts has."""
    found: dict[tuple[int, int], Moment] = {}
    for a, b in chosen:
        found.setdefault((id(near[a]), id(far[b])), (a, b))
    return list(found.values())


def _views(host: Host, stages: Sequence[Stage]) -> list[View]:
    known: dict[Stage, View] = {}
    for stage in stages:
        if stage not in known:
            known[stage] = View(endpoint_of(host, stage))
    return [known[stage] for stage in stages]


def endpoint_of(host: Host, stage: Stage) -> Endpoint:
    """Return a host as it is at a stage."""
    policy = InForce(stage.form.frame, bound_rules(stage.form.bindings)) if stage.form.frame else None
    return Endpoint(
        name=host.name,
        addresses=host.addresses,
        policy=policy,
        traits=host.traits,
        exemption_level=host.exemption_level,
        services_running=stage.running,
        key_exchange_running=stage.keying,
    )


def _in_box(box: Box, near: list[View], far: list[View], chosen: list[Moment], *, turned: bool) -> Iterator[Violation]:
    """Judge the packets of a box, which go from ``near`` to ``far``."""
    lists: list[list[Sides]] = []
    numbers: list[list[int]] = []
    for view in (*near, *far):
        for back in (False, True):
            boxes, known = view.candidates(box.family, replies=back)
            lists.append(boxes)
            numbers.append(known)
    views = (*near, *far)
    # Packets that no filter sees are all alike, whatever exempts them.
    both = zip(_twice(views), numbers, strict=True)
    names = [{number: _alike(view, number) for number in known} for view, known in both]
    seen: set[tuple[int | None, ...]] = set()
    parts: dict[tuple[int, int | None, int | None], Side] = {}
    fates = _Fates()
    for cell, first in split(lists, box.sides):
        decided = tuple(None if one is None else names[at][numbers[at][one]] for at, one in enumerate(first))
        if decided in seen:
            continue
        seen.add(decided)
        sides = []
        for at, view in enumerate(views):
            key = (at, decided[2 * at], decided[2 * at + 1])
            if key not in parts:
                parts[key] = Side(view, view.decision(key[1]), view.decision(key[2]))
            sides.append(parts[key])
        packet = Box(box.family, *cell).example()
        yield from _of_packet(packet, sides[: len(near)], sides[len(near) :], chosen, fates, turned=turned)


def _twice(views: Iterable[View]) -> list[View]:
    return [view for view in views for _back in (False, True)]


def _alike(view: View, number: int) -> int:
    """Return the number of a decision, and one number for all decisions that come of no filter."""
    return 0 if view.decision(number).directed is None else number


@dataclass(frozen=True, slots=True)
class _Fate:
    """What becomes of a packet at a moment: with the network as it is, and with one that lets no IKE pass."""

    outcome: Outcome
    passes: bool
    clear: tuple[bool, ...]
    taken: tuple[bool, bool]


class _Fates:
    """Fates, each worked out once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], _Fate] = {}

    def of(self, a: Side, b: Side) -> _Fate:
        """Return the fate between two sides, which the caller keeps."""
        key = (id(a), id(b))
        if key not in self._known:
            self._known[key] = _fate(a, b)
        return self._known[key]


def _of_packet(
    packet: Packet, near: list[Side], far: list[Side], chosen: list[Moment], fates: _Fates, *, turned: bool
) -> Iterator[Violation]:
    before, after = fates.of(near[0], far[0]), fates.of(near[-1], far[-1])
    found: set[Wrong] = set()
    for moment in chosen:
        at = moment[::-1] if turned else moment
        fate = fates.of(near[at[0]], far[at[1]])
        if before.passes and after.passes and not fate.passes and Wrong.INTERRUPTED not in found:
            found.add(Wrong.INTERRUPTED)
            yield Violation(Wrong.INTERRUPTED, moment, packet, fate.outcome)
        if _weaker(fate, before, after) and Wrong.WEAKER not in found:
            found.add(Wrong.WEAKER)
            yield Violation(Wrong.WEAKER, moment, packet, fate.outcome)


def _fate(a: Side, b: Side) -> _Fate:
    outcomes = [judge_packet(a, b, network) for network in _NETWORKS]
    return _Fate(
        outcomes[0],
        outcomes[0].kind in PASSING and not _answered_after_all(a, b, outcomes[0]),
        tuple(one.kind in PASSING_IN_CLEAR for one in outcomes),
        (a.reply.lets_clear_in, b.packet.lets_clear_in),
    )


def _answered_after_all(a: Side, b: Side, outcome: Outcome) -> bool:
    """Tell whether the end that is taken for silent answers IKE, so that nobody falls back to clear.

    Fallback never follows a peer that answered: main mode is about hosts, so a peer answers it that has any rule for
    this one, and quick mode then finds nothing for these packets. [ledger: two-no-fallback-after-answer]
    """
    if outcome.kind is not OutcomeKind.SOFT_CLEAR:
        return False
    asked, asker = (b, a) if a.packet.kind is DecisionKind.NEGOTIATE else (a, b)
    view = asked.view
    return isinstance(view, View) and view.keying and any(_negotiates_with(one, asker.view) for one in view.directed)


def _negotiates_with(one: Directed, peer: Looking) -> bool:
    if one.bound.action.action is not ActionKind.NEGOTIATE:
        return False
    where = peer.where(one.box.family)
    return any(holds(side, low) for side in (one.box.source, one.box.destination) for low, _high in where)


def _weaker(fate: _Fate, before: _Fate, after: _Fate) -> bool:
    """Tell whether a fate is weaker than the weaker one of two others."""
    for mine, old, new in zip(fate.clear, before.clear, after.clear, strict=True):
        if mine and not (old or new):
            return True
    for mine, old, new in zip(fate.taken, before.taken, after.taken, strict=True):
        if mine and not (old or new):
            return True
    agreed, *known = (one.outcome.agreement for one in (fate, before, after))
    # Where one of the two is in clear, any protection will do. Stages are of policies alone.
    both = [of_agreement(one) for one in known if isinstance(one, Agreement)]
    return isinstance(agreed, Agreement) and len(both) == len(known) and weaker(of_agreement(agreed), both)
