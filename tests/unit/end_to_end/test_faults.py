# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rollout over the winrm connection that is hit once: a sample of all requests and lines. ``make faults`` tries all.

What is asked of each point stands in ``fault_sweep``.
"""

from __future__ import annotations

from dataclasses import replace

import protect_sweep
import pytest
from fault_points import Kind, Point, spread
from fault_sweep import Finding, bench, sweep
from rollout import CONFIRMED, FIRST, SITES, STAGED, STEPS, Site

from winlab.registry import Kind as ValueKind
from winlab.registry import Value
from winlab.testing.policies import type_in

pytestmark = pytest.mark.slow

NEWEST = SITES[2]


def wrong(findings: list[Finding] | tuple[Finding, ...]) -> list[str]:
    """Return a sentence for everything that is wrong."""
    return [f"{each.site}, {each.step}, {each.point}: {text}" for each in findings for text in each.wrong]


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.name)
def test_a_rollout_that_is_hit_once_ends_well(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    findings: list[Finding] = []
    points = 0
    for number, step in enumerate(STEPS):
        turn = SITES.index(site) + number
        every = 1 if step == CONFIRMED else 2
        done = sweep(site, step, "basic", lambda found, turn=turn, every=every: spread(found, turn, every))
        findings += done.findings
        points += done.points
    assert wrong(findings) == []
    assert {finding.point.kind for finding in findings} == set(Kind)
    assert any(finding.copies for finding in findings if finding.step == CONFIRMED)
    with capsys.disabled():
        print(f"\n{site.name}: {len(findings)} of {points} fault points", end=" ")


@pytest.mark.parametrize("step", protect_sweep.STEPS)
@pytest.mark.parametrize(("hit", "other"), protect_sweep.PAIRS, ids=lambda given: getattr(given, "role", given))
def test_a_deployment_that_is_hit_once_neither_cuts_a_pair_off_nor_weakens_it(
    hit: Site, other: str, step: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The rounds of protect.yml; the pair talks with IPsec after each hit, after the timer, and in the end."""
    turn = protect_sweep.PAIRS.index((hit, other)) + 2 * protect_sweep.STEPS.index(step)
    done = protect_sweep.sweep(hit, other, step, lambda found: spread(found, turn, 2))
    assert wrong(done.findings) == []
    assert done.findings
    with capsys.disabled():
        print(f"\n{hit.name}, {step}: {len(done.findings)} of {done.points} fault points", end=" ")


def test_what_was_not_confirmed_is_confirmed_by_the_next_run() -> None:
    """The host has the change and would go back by itself: the next run must not take it for done."""
    with protect_sweep.bench(*protect_sweep.PAIRS[0], protect_sweep.ADDED_PORT) as place:
        assert place.try_point(Point(Kind.DEATH_BEFORE, place._confirmation)).wrong == ()


def test_a_pair_that_is_cut_off_or_in_clear_is_seen() -> None:
    with protect_sweep.bench(*protect_sweep.PAIRS[0], protect_sweep.AUTHENTICATION) as place:
        point = next(each for each in place.points if each.kind is Kind.DROP_BEFORE)
        assert place.try_point(point).wrong == ()
        for line in (
            'set rule name="IPsec with web" policy="IPsec flows" kerberos=no rootca="CN=Other"',
            'set policy "IPsec flows" assign=no',
        ):
            type_in(place.pair.other, line)
            assert any(text.startswith("lost: ") for text in place.pair.wrong())


def test_every_request_of_a_login_by_ntlm() -> None:
    drops = (Kind.DROP_BEFORE, Kind.DROP_AFTER)
    # Three requests log in, the fourth opens the shell.
    done = sweep(NEWEST, FIRST, "ntlm", lambda found: [each for each in found if each.kind in drops][:4])
    assert wrong(done.findings) == []
    assert [finding.ended for finding in done.findings] == ["unreachable"] * 4


def test_what_is_wrong_is_seen() -> None:
    with bench(NEWEST, STAGED) as place:
        point = next(each for each in place.points if each.kind is Kind.REFUSED)
        genuine, goal, before = place.play, place.goal, place.before
        assert place.try_point(point).wrong == ()

        # A policy in force that neither was nor shall be, and a state that further runs do not lead to.
        place.before = place.goal = replace(goal, assigned=None)
        found = place.try_point(point)
        assert found.has("lost")
        place.before, place.goal = before, goal

        # Further runs that do nothing.
        place._recovered.clear()
        place.play = lambda controller: genuine(controller) if place.lab.faults.pending() else []
        lost = Point(Kind.DROP_BEFORE, max(each.request for each in place.points) // 2)
        assert place.try_point(lost).has("converge")
        place.play = genuine

        # Objects of others that are not what they were.
        path = next(iter(place.planted))
        place.planted = {path: {"name": Value(ValueKind.SZ, "other")}}
        place._recovered.clear()
        assert place.try_point(point).has("planted")
