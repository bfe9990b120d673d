# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of the module proof: judges what was collected about a deployment, on the controller alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from ..plugin_utils._actions.base import Data, IpsecAction
from ..plugin_utils._common.said import said_in_lines
from ..plugin_utils._proof.evidence import Evidence, read_evidence
from ..plugin_utils._proof.model import Check, CheckOutcome
from ..plugin_utils._proof.plain import plain
from ..plugin_utils._proof.proof import first_causes, make_proof


class ActionModule(IpsecAction[Evidence]):
    """Judges evidence. No host is asked."""

    _requires_connection = False

    module = "proof"
    read_whole = ("hosts", "firewalls", "sessions", "networks", "findings")

    def check(self, given: Data) -> Evidence:
        """Refuse evidence that cannot be judged."""
        return read_evidence(given)

    def act(self, args: Data, request: Evidence) -> Data:
        """Return the checks and the causes; failed when a check fails."""
        made = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        proof = make_proof(request, made)
        checks = proof.checks
        counts = Counter(check.outcome for check in checks)
        result: Data = {
            "changed": False,
            "proof": plain(proof),
            "checks": plain(checks),
            "counts": {outcome.value: counts[outcome] for outcome in CheckOutcome},
            "causes": plain(first_causes(checks)),
            "passed": not counts[CheckOutcome.FAILED],
            "summary": _summary(checks, counts),
        }
        wrong = counts[CheckOutcome.FAILED] + (counts[CheckOutcome.UNPROVEN] if args.get("unproven") == "fail" else 0)
        if wrong and args.get("fail", True):
            result |= {"failed": True, "msg": result["summary"]}
        return result


def _summary(checks: Sequence[Check], counts: Mapping[CheckOutcome, int]) -> str:
    """Return the proof for people: the counts, what does not pass, and the likely causes, each on one line."""
    lines = [", ".join(f"{counts[outcome]} {outcome.value}" for outcome in CheckOutcome)]
    for outcome in (CheckOutcome.FAILED, CheckOutcome.UNPROVEN):
        wrong = [check for check in checks if check.outcome is outcome]
        lines += [f"{outcome.value}: {check.subject}: {check.title}. {check.evidence}" for check in wrong]
    causes = first_causes(checks)
    if causes:
        lines.append("Likely causes, the first one first:")
        lines += [f"{number}. {one.cause} {one.evidence} {one.remedy}" for number, one in enumerate(causes, 1)]
    # Names of policies and rules stand in them, as the hosts gave them.
    return said_in_lines(lines)
