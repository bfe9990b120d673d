# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of a run for people, as lines, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator

from .._common.said import said_by_host
from .model import State, counted, short
from .run import Report

_WIDTH = 24


def lines(report: Report) -> Iterator[str]:
    """Yield the lines: each check with its outcome, then what differs, then what to do."""
    for check in report.checks:
        asked = [each for each in check.points if each.state is not State.NOT_ASKED]
        words = {
            State.CONFIRMED: f"confirmed ({len(asked)})",
            State.DIFFERS: f"DIFFERS ({sum(each.state is State.DIFFERS for each in asked)} of {len(asked)})",
            State.NOT_ASKED: f"not asked: {check.why}",
        }
        yield f"{check.name:{_WIDTH}} {said_by_host(words[check.state])}"
    for check in report.checks:
        for each in check.points:
            if each.state is State.DIFFERS:
                yield f"{check.name}: {said_by_host(each.what)} [{', '.join(each.about)}]"
                yield f"    expected {said_by_host(short(each.expected))}"
                yield f"    seen     {said_by_host(short(each.seen))}"
    yield from _end(report)


def _end(report: Report) -> Iterator[str]:
    counts = counted(report.checks)
    yield ", ".join(f"{number} {state.replace('_', ' ')}" for state, number in counts.items())
    if report.found:
        yield f"Removed what an earlier run had left: {said_by_host(', '.join(report.found))}"
    if report.left:
        yield f"COULD NOT BE REMOVED, please do so by hand: {said_by_host(', '.join(report.left))}"
    if not report.store_as_before:
        yield "The store is not as it was before the run; somebody else may have changed it meanwhile."
    yield "Please send the bundle with the issue template 'Seen on Windows'; tools/bundle.py shows what is in it."
