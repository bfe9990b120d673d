# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rounds: what every host has at every stage, so that no pair is weaker or cut off at any moment in between.

Three rounds at most, and no host begins one before all hosts have had the last. Accept: each host takes what its peers
have and what they will have. Settle: each has the new alone. Swap: what no overlap can change, both ends of a pair at
once, only where that is allowed. What is about a host that takes no part stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from .._policies.model import MainModeMethod, Policy, PresharedKey
from .bindings import NOBODY, Binding, Form
from .judge import Moment, Stage, Violation, Wrong, moments, violations
from .model import Host, Swap
from .overlap import Around, Naming, accepting, accepting_frame, both_main_modes
from .shapes import shape_of
from .targets import Pair, pair_of

STAGES = 4
_LAST = STAGES - 1

Bindings = tuple[Binding, ...]
Overlap = Callable[[Sequence[Binding], Sequence[Binding], Naming, Around], Bindings]
Judge = Callable[[Host, Host, Sequence[Stage], Sequence[Stage], Sequence[Moment]], Iterator[Violation]]


class Round(StrEnum):
    """The rounds, in order."""

    ACCEPT = "accept"
    SETTLE = "settle"
    SWAP = "swap"


@dataclass(frozen=True, slots=True)
class Methods:
    """The two halves of planning, which tests replace by broken ones: what a host has in between, and who judges it."""

    overlap: Overlap = accepting
    frame: Callable[[Policy | None, Policy, Sequence[MainModeMethod]], Policy] = accepting_frame
    judge: Judge = violations


@dataclass(frozen=True, slots=True)
class Change:
    """One host's change. ``fixed``: it goes to what it shall have at once, since its policy is not ours to divide.

    ``ours``: the policy in force before is the one that is changed, so what it says of unknown peers is kept.
    ``bystander``: no flow names the host and it stays as it is, but others may have filters about it.
    """

    host: Host
    before: Form
    after: Form
    naming: Naming
    fixed: bool = False
    ours: bool = True
    bystander: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """A pair whose change no overlap makes, or that would be weaker or cut off at some moment."""

    pair: Pair
    kind: Swap
    violation: Violation


@dataclass
class Plan:
    """What each host has before and after each round. ``held`` are peers that should change and take no part.

    ``left`` are pairs that stay as they are, since their change was refused.
    """

    changes: Mapping[str, Change] = field(default_factory=dict)
    stages: dict[str, tuple[Form, ...]] = field(default_factory=dict)
    swaps: dict[Pair, Swap] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    left: list[Refused] = field(default_factory=list)
    held: dict[str, list[str]] = field(default_factory=dict)
    _by_peer: dict[str, list[dict[str, Bindings]]] = field(default_factory=dict)

    def stages_of(self, name: str, peer: str) -> list[Stage]:
        """Return what a host has at each stage that can be about a peer."""
        if name not in self._by_peer:
            self._by_peer[name] = [form.by_peer() for form in self.stages[name]]
        both = zip(self.stages[name], self._by_peer[name], strict=True)
        forms = [Form(form.frame, (*known.get(peer, ()), *known.get(NOBODY, ()))) for form, known in both]
        return _staged(self.changes[name].host, forms)

    def shape(self, pair: Pair) -> object:
        """Return a key that pairs share of whose packets the same becomes."""
        hosts = [self.changes[name].host for name in pair]
        return shape_of(hosts, [self.stages_of(*pair), self.stages_of(*pair[::-1])])


def _staged(host: Host, forms: Sequence[Form]) -> list[Stage]:
    """Return forms as stages of a host: a change starts its services."""
    return [Stage(forms[0], host.services_running, host.key_exchange_running), *map(Stage, forms[1:])]


Route = tuple[Bindings, Bindings, Bindings, Bindings]


@dataclass
class _Planner:
    changes: Mapping[str, Change]
    frozen: frozenset[str]
    allowed: frozenset[Swap]
    keep_unknown: bool
    methods: Methods
    leave: bool = False
    routes: dict[str, dict[str, Route]] = field(default_factory=dict)
    frames: dict[str, tuple[Policy | None, ...]] = field(default_factory=dict)
    sides: dict[str, tuple[dict[str, Bindings], dict[str, Bindings]]] = field(default_factory=dict)
    judged: dict[object, list[Violation]] = field(default_factory=dict)

    def plan(self) -> Plan:
        """Return the rounds."""
        plan = Plan(self.changes)
        for name, change in self.changes.items():
            self.sides[name] = change.before.by_peer(), change.after.by_peer()
        for name, change in self.changes.items():
            before, after = self.sides[name]
            peers = dict.fromkeys((*before, *after, NOBODY))
            self.routes[name] = {peer: self._route(change, peer, before, after) for peer in peers}
            self.frames[name] = self._frames(change, before)
            absent = [peer for peer in peers if peer in self.frozen]
            held = [peer for peer in absent if set(before.get(peer, ())) != set(after.get(peer, ()))]
            if held:
                plan.held[name] = held
        for pair in self._pairs():
            found = self._violations(pair)
            if found:
                self._swap(plan, pair, found[0])
        for name in self.changes:
            plan.stages[name] = tuple(self._form(name, at) for at in range(STAGES))
        return plan

    def _route(self, change: Change, peer: str, before: Mapping[str, Bindings], after: Mapping[str, Bindings]) -> Route:
        old, new = before.get(peer, ()), after.get(peer, ())
        if change.fixed:
            return old, new, new, new
        if peer in self.frozen:
            return old, old, old, old
        if peer != NOBODY:
            theirs = self._two(peer, change.host.name)[0] if peer in self.changes else ()
            around = Around(before.get(NOBODY, ()), theirs)
            return old, self.methods.overlap(old, new, change.naming, around), new, new
        named = {one.selector for one in new}
        known = [one for one in old if one.selector in named]
        others = tuple(one for one in old if one.selector not in named) if change.ours else ()
        between = (*self.methods.overlap(known, new, change.naming, Around()), *others)
        last = (*new, *(others if self.keep_unknown else ()))
        return old, between, last, last

    def _frames(self, change: Change, before: Mapping[str, Bindings]) -> tuple[Policy | None, ...]:
        old, new = change.before.frame, change.after.frame
        if change.fixed or new is None:
            return old, new, new, new
        if self._wakes_response(change):
            new = replace(new, default_response=replace(new.default_response, enabled=False))
        between, last = self.methods.frame(old, new, self._asking(change.host.name)), new
        others = [NOBODY] if self.keep_unknown and change.ours else []
        left = [one for peer in (*self.frozen, *others) for one in before.get(peer, ()) if one.negotiates]
        if left and old is not None:
            # Somebody whom this run does not change may know nothing but the old.
            both = both_main_modes(old.main_mode.methods, new.main_mode.methods)
            last = replace(new, main_mode=replace(new.main_mode, methods=both))
        return old, between, last, last

    def _wakes_response(self, change: Change) -> bool:
        """Tell whether a default response rule would begin to answer hosts that take no part.

        They may ask for IPsec without insisting, with methods that are not known here, and then no longer fall back.
        """
        old = change.before.frame
        answers = old is not None and old.default_response.enabled and change.host.services_running
        absent = self.frozen & {one.peer for one in change.after.bindings}
        return change.host.traits.default_response_works and not answers and bool(absent)

    def _asking(self, name: str) -> list[MainModeMethod]:
        """Return what peers have in main mode that ask a host for IPsec which has none for them."""
        found: list[MainModeMethod] = []
        for peer in self.sides[name][1]:
            frame = self.changes[peer].before.frame if peer in self.changes else None
            if frame is not None and _asks(self._two(peer, name)[0]) and not _asks(self._two(name, peer)[0]):
                found += frame.main_mode.methods
        return found

    def _form(self, name: str, at: int) -> Form:
        routes = self.routes[name]
        return Form(self.frames[name][at], tuple(one for route in routes.values() for one in route[at]))

    def _pairs(self) -> list[Pair]:
        """Return the pairs of hosts that take part and have filters about each other, if anything changes."""
        found = {
            pair_of(name, peer)
            for name, routes in self.routes.items()
            for peer in routes
            if peer in self.changes and peer != name
        }
        return [pair for pair in sorted(found) if self._changes(pair)]

    def _changes(self, pair: Pair) -> bool:
        return any(len(set(self._stages(name, peer))) > 1 for name, peer in (pair, pair[::-1]))

    def _stages(self, name: str, peer: str) -> list[Stage]:
        routes, frames = self.routes[name], self.frames[name]
        nothing: Route = ((), (), (), ())
        mine, others = routes.get(peer, nothing), routes.get(NOBODY, nothing)
        forms = [Form(frames[at], (*mine[at], *others[at])) for at in range(STAGES)]
        return _staged(self.changes[name].host, forms)

    def _violations(self, pair: Pair) -> list[Violation]:
        here, there = (self.changes[name].host for name in pair)
        mine, its = self._stages(*pair), self._stages(*pair[::-1])
        shape = shape_of((here, there), (mine, its))
        if shape not in self.judged:
            self.judged[shape] = list(self.methods.judge(here, there, mine, its, moments(STAGES)))
        return self.judged[shape]

    def _swap(self, plan: Plan, pair: Pair, found: Violation) -> None:
        """Change both ends of a pair at once, if that is allowed and nothing else is wrong with it."""
        kind = _kind([side for name, peer in (pair, pair[::-1]) for side in self._two(name, peer)])
        if all(not self.changes[name].fixed for name in pair):
            for name, peer in (pair, pair[::-1]):
                old, new = self._two(name, peer)
                self.routes[name][peer] = old, old, old, new
            wrong = [one for one in self._violations(pair) if one.wrong is Wrong.WEAKER or max(one.moment) < _LAST]
            if not wrong and kind in self.allowed:
                plan.swaps[pair] = kind
                return
            found = wrong[0] if wrong else found
            if self.leave and self._stays(pair):
                plan.left.append(Refused(pair, kind, found))
                return
        plan.refused.append(Refused(pair, kind, found))

    def _stays(self, pair: Pair) -> bool:
        """Leave a pair as it is, if that is possible beside all else that its two hosts get."""
        for name, peer in (pair, pair[::-1]):
            old = self._two(name, peer)[0]
            self.routes[name][peer] = old, old, old, old
        return not self._violations(pair)

    def _two(self, owner: str, other: str) -> tuple[Bindings, Bindings]:
        """Return what the owner has about another host, before and after."""
        before, after = self.sides[owner]
        return before.get(other, ()), after.get(other, ())


def plan_rounds(
    changes: Mapping[str, Change],
    frozen: frozenset[str] = frozenset(),
    allowed: frozenset[Swap] = frozenset(),
    *,
    keep_unknown: bool = True,
    leave_refused: bool = False,
    methods: Methods | None = None,
) -> Plan:
    """Return the rounds for hosts that take part, by their names; ``frozen`` are the names of those that do not."""
    return _Planner(changes, frozen, allowed, keep_unknown, methods or Methods(), leave_refused).plan()


def _asks(bindings: Sequence[Binding]) -> bool:
    return any(one.negotiates for one in bindings)


def _kind(sides: Sequence[Bindings]) -> Swap:
    """Return what makes a swap of a change; ``sides`` are before and after of the one host, then of the other."""
    found: set[Swap] = set()
    for old, new in zip(sides[::2], sides[1::2], strict=True):
        mine, its = [one for one in old if one.negotiates], [one for one in new if one.negotiates]
        if _keys(mine) and _keys(its) and not _keys(mine) & _keys(its):
            found.add(Swap.KEY)
        if (
            mine
            and its
            and {one.action.perfect_forward_secrecy for one in mine}
            != {one.action.perfect_forward_secrecy for one in its}
        ):
            found.add(Swap.PFS)
        if {one.selector for one in its} - {one.selector for one in mine}:
            found.add(Swap.ADDED_PORT)
        if {one.selector for one in mine} - {one.selector for one in its}:
            found.add(Swap.REMOVED_PORT)
    return next((kind for kind in Swap if kind in found), Swap.OTHER)


def _keys(bindings: Sequence[Binding]) -> set[PresharedKey]:
    methods = {method for one in bindings for method in one.rule.authentication if isinstance(method, PresharedKey)}
    return set() if PresharedKey() in methods else methods
