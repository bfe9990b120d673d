# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Generated deployments, a few: no pair is ever weaker or cut off, and planners that are broken are noticed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from deployments import Played, play, smooth
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._intent import bindings, deployment, judge
from ansible_collections.winsec.ipsec.plugins.plugin_utils._intent.bindings import Binding
from ansible_collections.winsec.ipsec.plugins.plugin_utils._intent.overlap import (
    Around,
    Naming,
    accepting,
    softened,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._intent.rounds import Methods, plan_rounds

Bindings = tuple[Binding, ...]


@given(st.integers(0, 2**32))
@settings(max_examples=50)
def test_no_pair_is_ever_weaker_or_cut_off(seed: int) -> None:
    assert play(seed).broken == []


@given(st.integers(0, 2**32))
@settings(max_examples=50)
def test_no_pair_is_weaker_or_cut_off_where_others_are_left_as_they_are(seed: int) -> None:
    assert play(seed, leave_refused=True, allow_swap=()).broken == []


@pytest.mark.slow
@given(st.integers(0, 2**32))
@settings(max_examples=40)
def test_what_overlap_can_change_is_not_refused(seed: int) -> None:
    played = smooth(seed)
    assert (played.refused, played.broken) == ([], [])


def blind(*_anything: Any) -> Iterator[judge.Violation]:
    """Judge nothing: what a broken planner makes is then played."""
    return iter(())


def at_once(_before: Sequence[Binding], after: Sequence[Binding], _naming: Naming, _around: Around) -> Bindings:
    return tuple(after)


def all_soft(before: Sequence[Binding], after: Sequence[Binding], naming: Naming, around: Around) -> Bindings:
    """Put everything back to Request first, as site.yml did (people.md 1)."""
    found = accepting(before, after, naming, around)
    return tuple(replace(one, action=softened(one.action, naming)) if one.negotiates else one for one in found)


def new_insists(before: Sequence[Binding], after: Sequence[Binding], naming: Naming, around: Around) -> Bindings:
    """Let new pairs insist before both ends are there."""
    return accepting(before, after, naming, around) if before else tuple(after)


def old_only(before: Sequence[Binding], after: Sequence[Binding], naming: Naming, around: Around) -> Bindings:
    """Leave known pairs as they are until both change."""
    return tuple(before) or accepting(before, after, naming, around)


def nothing_fades(before: Sequence[Binding], after: Sequence[Binding], naming: Naming, around: Around) -> Bindings:
    """Let pairs that lose IPsec insist to the end."""
    return tuple(before) if not after else accepting(before, after, naming, around)


# Each makes something else of what overlap can change, and nobody judges it.
MUTANTS = {
    "at once": Methods(overlap=at_once, judge=blind),
    "all soft": Methods(overlap=all_soft, judge=blind),
    "new insists": Methods(overlap=new_insists, judge=blind),
    "old only": Methods(overlap=old_only, judge=blind),
    "nothing fades": Methods(overlap=nothing_fades, judge=blind),
    "main mode at once": Methods(frame=lambda _before, after, _theirs: after, judge=blind),
}
SEEDS = range(80)


def noticed(methods: Methods | None = None, by: Callable[..., Played] = play) -> int | None:
    """Return the first generated deployment that breaks."""
    return next((seed for seed in SEEDS if by(seed, methods).broken), None)


@pytest.mark.slow
def test_without_a_judge_nothing_breaks_that_overlap_can_change() -> None:
    assert noticed(Methods(judge=blind), smooth) is None


@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_planner_is_noticed_and_the_judge_refuses_what_it_makes(name: str) -> None:
    broken = MUTANTS[name]
    seed = noticed(broken, smooth)
    assert seed is not None
    judged = smooth(seed, replace(broken, judge=judge.violations))
    assert judged.refused
    assert judged.broken == []


def test_a_planner_without_a_judge_is_noticed() -> None:
    assert noticed(Methods(judge=blind)) is not None


def test_a_judge_that_believes_in_silence_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "_answered_after_all", lambda *_sides: False)
    assert noticed() is not None


def test_a_judge_that_sees_no_interruption_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def half(*given: Any) -> Iterator[judge.Violation]:
        return (one for one in judge.violations(*given) if one.wrong is judge.Wrong.WEAKER)

    assert noticed(Methods(judge=half)) is not None


def test_a_judge_that_looks_only_at_whole_rounds_is_noticed() -> None:
    def late(here: Any, there: Any, mine: Any, its: Any, moments: Any) -> Iterator[judge.Violation]:
        return judge.violations(here, there, mine, its, [one for one in moments if one[0] == one[1]])

    assert noticed(Methods(judge=late)) is not None


def test_a_planner_that_does_not_wait_for_absent_hosts_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def hasty(changes: Any, _frozen: Any, *more: Any, **named: Any) -> Any:
        return plan_rounds(changes, frozenset(), *more, **named)

    monkeypatch.setattr(deployment, "plan_rounds", hasty)
    assert noticed() is not None


def test_names_that_are_mixed_up_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hosts under one name of a list: the filters of one are lost."""
    monkeypatch.setattr(bindings, "_same_list", lambda _one, _other: True)
    monkeypatch.setattr(bindings, "free_name", lambda name, _taken: name)
    assert noticed() is not None
