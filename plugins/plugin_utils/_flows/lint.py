# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Findings about the flows of one host's policy, and of a pair's, that its author should see.

[ledger: packet-kerberos-dc, two-one-method-a-pair]
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from .._policies.in_force import BoundRule
from .._policies.words import ActionKind
from .connection_lint import lint_rules, not_encrypted
from .endpoint import Endpoint
from .finding import FindingKind, LintFinding
from .outcome import Network, OutcomeKind
from .pair import Pair
from .partition import Sides, split
from .ranking import Directed
from .semantics import View
from .space import ALL_ADDRESSES, Box, Packet, Space
from .words import show_filter

# What comes of negotiating with a peer that does not.
_USELESS = (OutcomeKind.NO_ANSWER, OutcomeKind.BLOCKED_THERE)


def lint_host(host: Endpoint) -> list[LintFinding]:
    """Return the findings about the policy and the rules in force on one host."""
    view = View(host)
    return [*_equal_ranks(view), *_shadowed(view), *_one_way(view), *lint_rules(host)]


def lint_pair(a: Endpoint, b: Endpoint, network: Network | None = None) -> list[LintFinding]:
    """Return what ``a`` requires of ``b`` and ``b`` cannot answer, one finding for each deciding rule of ``a``.

    What both agree on without a cipher by a connection security rule comes beside that.
    """
    found: dict[str, LintFinding] = {}
    readable: dict[str, LintFinding] = {}
    for space, outcome in Pair(a, b, network).regions():
        open_to_all = not_encrypted(a, outcome, space.example())
        if open_to_all is not None:
            readable.setdefault(outcome.here.rule, open_to_all)
        useless = outcome.kind in _USELESS and outcome.here.word in ("Request", "Require")
        if useless and outcome.here.rule not in found:
            sentence = f"{a.name} requires IPsec where {b.name} does not answer. {outcome.why}"
            found[outcome.here.rule] = LintFinding(
                FindingKind.NO_ANSWER, a.name, outcome.here.rule, space.example(), sentence
            )
    return [*found.values(), *readable.values()]


def effect(bound: BoundRule) -> tuple[object, ...]:
    """What equal rules have in common: the same packets would have the same fate under both."""
    action = bound.action
    tunnel = bound.rule.tunnel_endpoint
    if action.action is not ActionKind.NEGOTIATE:
        return action.action, tunnel
    settings = (action.methods, action.accept_unsecured, action.fallback_to_clear, action.perfect_forward_secrecy)
    return action.action, tunnel, bound.rule.authentication, *settings


def _equal_ranks(view: View) -> Iterator[LintFinding]:
    """Yield each pair of rules with overlapping filters of equal rank and different effect, once.

    Overlaps that more specific filters decide altogether are left out.
    """
    groups: defaultdict[tuple[int, object], list[Directed]] = defaultdict(list)
    for one in view.directed:
        groups[one.box.family, one.rank].append(one)
    reported: set[tuple[str, str]] = set()
    for group in groups.values():
        effects = [effect(one.bound) for one in group]
        for index, one in enumerate(group):
            for other, its in zip(group[index + 1 :], effects[index + 1 :], strict=True):
                key = (one.bound.rule.name, other.bound.rule.name)
                if key in reported or effects[index] == its:
                    continue
                packet = _undecided(view, one, other)
                if packet is not None:
                    reported.add(key)
                    yield _overlap(view, one, other, packet)


def _undecided(view: View, one: Directed, other: Directed) -> Packet | None:
    common = one.box.meet(other.box)
    if common is None:
        return None
    above = [higher.box for higher in view.directed if higher.rank > one.rank and higher.box.meet(common) is not None]
    return (Space((common,)) - Space(tuple(above))).example()


def _overlap(view: View, one: Directed, other: Directed, packet: Packet) -> LintFinding:
    names = f"{one.bound.rule.name!r} ({show_filter(one.filter)}) and {other.bound.rule.name!r}"
    sentence = (
        f"Rules {names} ({show_filter(other.filter)}) are equally specific for {packet} and do different things: "
        "which one wins is not documented, the stricter one is assumed. Make one of the filters more specific."
    )
    return LintFinding(FindingKind.EQUAL_RANK_OVERLAP, view.host.name, one.bound.rule.name, packet, sentence)


def _own_packets(host: Endpoint, family: int) -> list[Box]:
    """Return the packets that the host sends and those that it receives."""
    own, everywhere = host.where(family), ALL_ADDRESSES[family]
    return [Box(family, own, everywhere), Box(family, everywhere, own)] if own else []


def _shadowed(view: View) -> Iterator[LintFinding]:
    """Yield each filter that decides about no packet of this host."""
    winners: set[int] = set()
    for family in (4, 6):
        directed = [(number, one) for number, one in enumerate(view.directed) if one.box.family == family]
        boxes: list[Sides] = [one.box.sides for _number, one in directed]
        for domain in _own_packets(view.host, family):
            for _sides, (first,) in split([boxes], domain.sides):
                if first is not None:
                    winners.add(directed[first][0])
    live = {(view.directed[number].bound.rule.name, view.directed[number].filter) for number in winners}
    possible = {(one.bound.rule.name, one.filter) for one in view.directed}
    policy = view.host.policy_in_force
    for bound in policy.rules if policy else ():
        for item in bound.filters.filters:
            key = (bound.rule.name, item)
            if key in possible and key not in live:
                sentence = (
                    f"Filter {show_filter(item)} of rule {bound.rule.name!r} never decides: more specific or stricter "
                    "filters take all of its packets, or it names none of this host. Remove it."
                )
                yield LintFinding(FindingKind.SHADOWED_FILTER, view.host.name, bound.rule.name, None, sentence)


def _one_way(view: View) -> Iterator[LintFinding]:
    """Yield each negotiating filter without mirror whose replies no negotiating filter of its rule covers."""
    covered: defaultdict[str, list[Box]] = defaultdict(list)
    for one in view.directed:
        if one.bound.action.action is ActionKind.NEGOTIATE:
            covered[one.bound.rule.name].append(one.box)
    for one in view.directed:
        name = one.bound.rule.name
        tunnel = one.bound.rule.tunnel_endpoint is not None
        if one.filter.mirrored or tunnel or name not in covered:
            continue
        packet = (Space((one.box.reply,)) - Space(tuple(covered[name]))).example()
        if packet is not None:
            sentence = (
                f"Filter {show_filter(one.filter)} of rule {name!r} negotiates in one direction only: no filter of "
                f"the rule covers the reply {packet}. Set mirrored."
            )
            yield LintFinding(FindingKind.NOT_MIRRORED, view.host.name, name, packet, sentence)
