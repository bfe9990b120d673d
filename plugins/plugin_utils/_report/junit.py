# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checks in the form that pipelines read: JUnit XML."""

from __future__ import annotations

from xml.etree import ElementTree

from .._common.said import fit
from .._proof.model import Cause, Check, CheckOutcome, Proof
from .verdict import Counts


def junit(proof: Proof, counts: Counts) -> str:
    """Return one test case a check: a failed one fails with its causes, an unproven one is skipped with its reason."""
    numbers = {
        "tests": str(len(proof.checks)),
        "failures": str(counts.checks[CheckOutcome.FAILED]),
        "errors": "0",
        "skipped": str(counts.checks[CheckOutcome.UNPROVEN]),
    }
    root = ElementTree.Element("testsuites", {"name": fit(proof.title), **numbers})
    suite = ElementTree.SubElement(
        root, "testsuite", {"name": fit(proof.title), **numbers, "timestamp": proof.made[:-1]}
    )
    for check in proof.checks:
        _case(suite, check)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _case(suite: ElementTree.Element, check: Check) -> None:
    name = fit(f"{check.id}: {check.title}")
    case = ElementTree.SubElement(
        suite, "testcase", {"name": name, "classname": fit(check.subject or "proof"), "time": "0"}
    )
    if check.outcome is CheckOutcome.FAILED:
        first = check.causes[0].cause if check.causes else check.evidence
        failure = ElementTree.SubElement(case, "failure", {"message": fit(first or check.title), "type": "failed"})
        failure.text = fit("\n".join([check.evidence, *map(_lines, check.causes)]).strip())
    elif check.outcome is CheckOutcome.UNPROVEN:
        ElementTree.SubElement(case, "skipped", {"message": fit(check.evidence or "unproven, without a reason")})
    elif check.evidence:
        ElementTree.SubElement(case, "system-out").text = fit(check.evidence)


def _lines(cause: Cause) -> str:
    said = [f"- {cause.cause}"]
    said += [f"  evidence: {cause.evidence}"] if cause.evidence else []
    said += [f"  remedy: {cause.remedy}"] if cause.remedy else []
    return "\n".join(said)
