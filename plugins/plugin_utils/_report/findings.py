# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be seen in the policies: drift from what was declared, findings such as weak cryptography, and waivers."""

from __future__ import annotations

from collections.abc import Sequence

from .._proof.model import Finding, Proof, Severity, Waiver
from .markup import Child, Element, fold, join, link, table, tag
from .words import more, number, or_dash, severity

_MOST_HOSTS = 60
_MOST_DRIFT = 20
_MOST_FINDINGS = 120
_GRAVITY = {one: index for index, one in enumerate(Severity)}


def section(proof: Proof) -> Element:
    """Return the part of the page on drift and findings."""
    ordered = sorted(proof.findings, key=lambda finding: _GRAVITY[finding.severity])
    waived = [finding for finding in ordered if proof.waived(finding)]
    open_ = [finding for finding in ordered if not proof.waived(finding)]
    return tag(
        "section",
        tag("h2", "Drift and weak cryptography", id="findings"),
        tag("h3", "Drift"),
        _drift(proof),
        tag("h3", "Findings"),
        _findings("Findings, the gravest first", open_) if open_ else tag("p", "There are no open findings."),
        fold(f"{number(len(waived))} waived", _findings("Findings that were waived", waived)) if waived else None,
        aria_labelledby="findings",
    )


def _drift(proof: Proof) -> Element:
    drifted = [host for host in proof.hosts if host.drift]
    if not drifted:
        return tag("p", "No host differs from what was declared.")
    rows = [
        (host.name, [tag("ul", [tag("li", line) for line in host.drift[:_MOST_DRIFT]]), _rest(host.drift)])
        for host in drifted[:_MOST_HOSTS]
    ]
    drawn = table("Hosts that differ from what was declared", ("Host", "Difference"), rows)
    return join(drawn, more(len(drifted) - _MOST_HOSTS, "hosts that drifted"))


def _rest(lines: Sequence[str]) -> Element | None:
    return more(len(lines) - _MOST_DRIFT, "differences")


def _findings(caption: str, found: Sequence[Finding]) -> Element:
    heads = ("Finding", "Severity", "Where", "Reference", "Waiver")
    drawn = table(caption, heads, [_row(finding) for finding in found[:_MOST_FINDINGS]])
    return join(drawn, more(len(found) - _MOST_FINDINGS, "findings"))


def _row(finding: Finding) -> tuple[Child, ...]:
    where = [finding.host or None, tag("div", tag("code", finding.path)) if finding.path else None]
    return (
        [finding.text, tag("div", tag("code", finding.id))],
        severity(finding.severity),
        where if finding.host or finding.path else or_dash(""),
        link(finding.reference) if finding.reference else or_dash(""),
        _waiver(finding.waiver),
    )


def _waiver(waiver: Waiver | None) -> Child:
    if waiver is None:
        return or_dash("")
    return f"{waiver.reason} (until {waiver.until})" if waiver.until else f"{waiver.reason} (no end)"
