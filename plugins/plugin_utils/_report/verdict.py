# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdict: one sentence and the counts behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from .._flows.outcome_words import FATES, Fate
from .._proof.model import CheckOutcome, Proof
from .words import counted, number


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of each: checks by outcome, flows by fate, hosts, hosts that drifted, findings that nobody waived."""

    checks: Mapping[CheckOutcome, int]
    flows: Mapping[Fate, int]
    hosts: int
    drifted: int
    open_findings: int
    waived_findings: int

    def to_data(self) -> dict[str, object]:
        """Return plain data."""
        return {
            "passed": self.checks[CheckOutcome.PASSED],
            "failed": self.checks[CheckOutcome.FAILED],
            "unproven": self.checks[CheckOutcome.UNPROVEN],
            "hosts": self.hosts,
            "drifted": self.drifted,
            "findings": self.open_findings,
            "waived": self.waived_findings,
            "flows": {one.value.replace(" ", "_"): self.flows[one] for one in Fate},
        }


def count(proof: Proof) -> Counts:
    """Return the counts of a proof."""
    checks = Counter(check.outcome for check in proof.checks)
    flows = Counter(flow.outcome for flow in proof.flows)
    waived = sum(proof.waived(finding) for finding in proof.findings)
    return Counts(
        checks={outcome: checks[outcome] for outcome in CheckOutcome},
        flows={one: flows[one] for one in Fate},
        hosts=len(proof.hosts),
        drifted=sum(bool(host.drift) for host in proof.hosts),
        open_findings=len(proof.findings) - waived,
        waived_findings=waived,
    )


def overall(counts: Counts) -> CheckOutcome:
    """Return how the proof ended as a whole: proven only when something was checked and all of it passed."""
    if counts.checks[CheckOutcome.FAILED]:
        return CheckOutcome.FAILED
    if counts.checks[CheckOutcome.UNPROVEN] or not counts.checks[CheckOutcome.PASSED]:
        return CheckOutcome.UNPROVEN
    return CheckOutcome.PASSED


def sentence(counts: Counts) -> str:
    """Return the verdict in one sentence, with what would surprise a reader who stops there."""
    passed, failed, unproven = (
        counts.checks[one] for one in (CheckOutcome.PASSED, CheckOutcome.FAILED, CheckOutcome.UNPROVEN)
    )
    total = counted(passed + failed + unproven, "check")
    if not passed + failed + unproven:
        said = "Nothing was checked"
    elif failed:
        said = (
            f"Not as declared: {number(failed)} of {total} failed, {number(unproven)} unproven, {number(passed)} passed"
        )
    elif unproven:
        said = f"Not fully proven: {number(unproven)} of {total} unproven, {number(passed)} passed, none failed"
    else:
        said = f"As declared: {total} passed, none failed, none unproven"
    beside = [
        f"{counted(flows, 'flow')} {words.trouble[flows != 1]}"
        for one, words in FATES.items()
        if words.trouble and (flows := counts.flows[one])
    ]
    if counts.drifted:
        beside.append(f"{counted(counts.drifted, 'host')} drifted")
    return f"{said}; {', '.join(beside)}." if beside else f"{said}."
