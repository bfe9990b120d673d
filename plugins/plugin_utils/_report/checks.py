# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checks: what failed with its causes, what could not be proven, what passed."""

from __future__ import annotations

from collections.abc import Sequence

from .._proof.model import Cause, Check, CheckOutcome, Proof
from .markup import Element, fold, table, tag
from .words import counted, more, number, or_dash, outcome, outcome_class

_MOST_CHECKS = 60
_MOST_PASSED = 200


def section(proof: Proof) -> Element:
    """Return the part of the page on checks, the failed ones first."""
    by = {one: [check for check in proof.checks if check.outcome is one] for one in CheckOutcome}
    return tag(
        "section",
        tag("h2", "Checks", id="checks"),
        None if proof.checks else tag("p", "Nothing was checked."),
        [_whole(check) for check in by[CheckOutcome.FAILED][:_MOST_CHECKS]],
        more(len(by[CheckOutcome.FAILED]) - _MOST_CHECKS, "failed checks"),
        [_whole(check) for check in by[CheckOutcome.UNPROVEN][:_MOST_CHECKS]],
        more(len(by[CheckOutcome.UNPROVEN]) - _MOST_CHECKS, "unproven checks"),
        _passed(by[CheckOutcome.PASSED]),
        aria_labelledby="checks",
    )


def _whole(check: Check) -> Element:
    subject = tag("span", f" {check.subject}", class_="muted") if check.subject else None
    return tag(
        "div",
        tag("h3", outcome(check.outcome), " ", check.title, subject),
        tag("p", check.evidence) if check.evidence else None,
        _causes(check.causes),
        tag("p", tag("code", check.id), class_="muted"),
        class_=f"check {outcome_class(check.outcome)}",
    )


def _causes(causes: Sequence[Cause]) -> Element | None:
    if not causes:
        return None
    items = [
        tag(
            "li",
            tag("strong", cause.cause),
            tag("dl", _said("Evidence", cause.evidence), _said("Remedy", cause.remedy)),
        )
        for cause in causes
    ]
    head = "Cause" if len(causes) == 1 else f"{counted(len(causes), 'possible cause')}, the most likely first"
    return tag("div", tag("p", head, class_="muted"), tag("ol", items, class_="causes"))


def _said(term: str, text: str) -> list[Element]:
    return [tag("dt", term), tag("dd", text)] if text else []


def _passed(checks: Sequence[Check]) -> Element | None:
    if not checks:
        return None
    rows = [
        (check.title, or_dash(check.subject), outcome(check.outcome), or_dash(check.evidence), tag("code", check.id))
        for check in checks[:_MOST_PASSED]
    ]
    drawn = table("Checks that passed", ("Check", "Subject", "Outcome", "Evidence", "Name"), rows)
    return fold(f"{number(len(checks))} passed", drawn, more(len(checks) - _MOST_PASSED, "checks that passed"))
