# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of flows between two hosts: policies, associations, and that nothing goes in clear."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from itertools import product

from .._associations.model import Associations, QuickModeAssociation
from .._flows.negotiation import spelled
from .._flows.outcome import PASSING_IN_CLEAR
from .analysis import Analysis, JudgedFlow
from .causes import causes_of, host_causes, soft_association
from .evidence import Evidence, HostEvidence, Level
from .flow_causes import fallback_causes
from .model import Cause, CauseKind, Check, CheckOutcome, Proven, Role, in_order


def flow_checks(evidence: Evidence, analysis: Analysis) -> Iterator[Check]:
    """Yield the checks of every flow."""
    for flow in analysis.flows:
        yield _policies(flow, evidence, analysis)
        yield (
            _nothing_in_clear(flow, analysis) if flow.asked.level is Level.REQUIRE else _level(flow, evidence, analysis)
        )
        yield _association(flow, evidence)


def _check(
    name: str, flow: JudgedFlow, title: str, outcome: CheckOutcome, evidence: str, causes: tuple[Cause, ...] = ()
) -> Check:
    return Check(
        id=f"{name}.{flow.key}",
        subject=flow.name,
        title=title,
        outcome=outcome,
        evidence=evidence,
        causes=causes,
    )


def _missing(flow: JudgedFlow, analysis: Analysis) -> str:
    """Return why the flow cannot be judged."""
    for host in (flow.source, flow.destination):
        if host.name in analysis.troubles:
            return analysis.troubles[host.name]
    return "Not both hosts could be read."


def _policies(flow: JudgedFlow, evidence: Evidence, analysis: Analysis) -> Check:
    title = "The policies of both hosts protect it as they should"
    if flow.outcome is None:
        lost = any(host.info is None for host in (flow.source, flow.destination))
        outcome = CheckOutcome.FAILED if lost else CheckOutcome.UNPROVEN
        causes = causes_of(flow, evidence) if lost else ()
        return _check("flow", flow, title, outcome, _missing(flow, analysis), causes)
    if flow.wanted is None and flow.secured:
        return _check("flow", flow, title, CheckOutcome.UNPROVEN, "Nothing says how it should be protected.")
    agreed = flow.outcome.agreement
    right = agreed is not None and flow.wanted is not None and agreed.algorithms == flow.wanted.algorithms
    shown = f"{flow.packet}: {flow.outcome.why}"
    if right:
        return _check("flow", flow, title, CheckOutcome.PASSED, shown)
    return _check("flow", flow, title, CheckOutcome.FAILED, shown, causes_of(flow, evidence))


def _nothing_in_clear(flow: JudgedFlow, analysis: Analysis) -> Check:
    usual = flow.source.role is Role.FRONT_END
    ends = ("the back-end", "the front-end") if usual else (flow.destination.name, flow.source.name)
    title = f"Without IPsec at {ends[0]} {ends[1]} sends nothing"
    if flow.alone is None:
        return _check("clear", flow, title, CheckOutcome.UNPROVEN, _missing(flow, analysis))
    if flow.alone.kind not in PASSING_IN_CLEAR:
        return _check("clear", flow, title, CheckOutcome.PASSED, flow.alone.why)
    causes = in_order([*host_causes(flow.source), *fallback_causes(flow)])
    return _check("clear", flow, title, CheckOutcome.FAILED, flow.alone.why, causes)


def _level(flow: JudgedFlow, evidence: Evidence, analysis: Analysis) -> Check:
    """Say where a flow stands that may do without IPsec."""
    title = "IPsec is tried; clear text is allowed (level request)"
    if flow.alone is None or flow.outcome is None:
        return _check("level", flow, title, CheckOutcome.UNPROVEN, _missing(flow, analysis))
    if not flow.secured:
        return _check("level", flow, title, CheckOutcome.FAILED, flow.outcome.why, causes_of(flow, evidence))
    stands = "Requested" if flow.alone.kind in PASSING_IN_CLEAR else "Required already"
    shown = f"{stands}. If {flow.destination.name} does not answer: {flow.alone.why}"
    return _check("level", flow, title, CheckOutcome.PASSED, shown)


def _association(flow: JudgedFlow, evidence: Evidence) -> Check:
    title = "An association with the specified algorithms exists"
    told = [(host, peer, told) for host, peer, told in _ends(flow) if told is not None and told.known]
    if not told:
        reasons = [
            f"{host.name}: {found.reason if found and found.reason else 'It was not asked.'}"
            for host, _peer, found in _ends(flow)
        ]
        return _check("association", flow, title, CheckOutcome.UNPROVEN, f"No end tells. {' '.join(reasons)}")
    if flow.wanted is None:
        return _check(
            "association", flow, title, CheckOutcome.UNPROVEN, "Nothing says which algorithms it should have."
        )
    wanted = flow.wanted.algorithms
    seen = [(host, one) for host, peer, found in told for one in _matching(flow, host, peer, found)]
    lacking = [host.name for host, _peer, _told in told if host.name not in {its.name for its, _one in seen}]
    if lacking:
        sentence = f"{' and '.join(lacking)} {'has' if len(lacking) == 1 else 'have'} no association for it."
        return _check("association", flow, title, *_without_association(flow, evidence, sentence))
    wrong = [(host, one) for host, one in seen if one.algorithms not in (None, wanted)]
    if wrong:
        host, one = wrong[0]
        cause = Cause(
            kind=CauseKind.OTHER_PROTECTION,
            subject=flow.name,
            cause=f"The association has {spelled(one.algorithms or wanted)}, {spelled(wanted)} is specified.",
            evidence=f"Told by {host.name}.",
            remedy="Correct the policies, then restart PolicyAgent so that it is negotiated again.",
        )
        causes = in_order([*causes_of(flow, evidence), cause] if not flow.secured else [cause])
        return _check("association", flow, title, CheckOutcome.FAILED, cause.cause, causes)
    tellers = ", ".join(dict.fromkeys(host.name for host, one in seen if one.algorithms == wanted))
    if not tellers:
        evidence_text = f"An association exists, but {seen[0][0].name} does not tell its algorithms."
        return _check("association", flow, title, CheckOutcome.UNPROVEN, evidence_text)
    return _check("association", flow, title, CheckOutcome.PASSED, f"{spelled(wanted)}, told by {tellers}.")


def _without_association(
    flow: JudgedFlow, evidence: Evidence, sentence: str
) -> tuple[CheckOutcome, str, tuple[Cause, ...]]:
    """Return what it means that an end that tells has no association: only traffic makes one."""
    sessions = [one for one in evidence.sessions if flow.carries(one)]
    if not sessions:
        return CheckOutcome.UNPROVEN, f"{sentence} No session was tried that would make one.", ()
    causes = list(causes_of(flow, evidence))
    if any(one.works for one in sessions) and flow.secured:
        sentence = f"{sentence} The session works in clear."
        causes.append(soft_association(flow, sentence))
    return CheckOutcome.FAILED, sentence, in_order(causes)


def _ends(flow: JudgedFlow) -> tuple[tuple[HostEvidence, HostEvidence, Associations | None], ...]:
    source, destination = flow.source, flow.destination
    return (source, destination, source.after), (destination, source, destination.after)


def _matching(
    flow: JudgedFlow, host: HostEvidence, peer: HostEvidence, told: Associations
) -> Iterator[QuickModeAssociation]:
    """Yield the associations of a host that cover the flow; each host sees its own side as local."""
    sends = host.name == flow.source.name
    ports = {"peer_port": flow.port} if sends else {"local_port": flow.port}
    ends = product(host.addresses, peer.addresses)
    pairs = [(local, far) for local, far in ends if ip_address(local).version == ip_address(far).version]
    for one in told.quick_mode:
        if any(one.covers(flow.asked.protocol, local, far, **ports) for local, far in pairs):
            yield one


def proof_of(flow: JudgedFlow, checks: Mapping[str, Check]) -> Proven:
    """Return what a flow's protection rests on."""
    if checks[f"association.{flow.key}"].outcome is CheckOutcome.PASSED:
        return Proven.ASSOCIATIONS
    judged = checks[f"flow.{flow.key}"].outcome is not CheckOutcome.UNPROVEN
    return Proven.ANALYSIS if judged else Proven.UNPROVEN
