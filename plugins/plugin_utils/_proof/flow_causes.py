# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the policies of both ends do to a flow, as causes: which rule, which filter, which method is at fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .._common.mappings import mappings
from .._flows.negotiation import spelled
from .._flows.outcome import PASSING_IN_CLEAR, Outcome, OutcomeKind
from .analysis import JudgedFlow
from .evidence import HostEvidence
from .model import Cause, CauseKind

_RUN = "Run the playbook protect or site again, which corrects the policies."
_BLOCKS = (OutcomeKind.BLOCKED_HERE, OutcomeKind.BLOCKED_THERE)
_MISMATCHES = {
    OutcomeKind.QM_PROPOSAL_MISMATCH: (CauseKind.NO_COMMON_METHOD, "quick-mode security method"),
    OutcomeKind.MM_PROPOSAL_MISMATCH: (CauseKind.NO_COMMON_METHOD, "main-mode security method"),
    OutcomeKind.AUTH_MISMATCH: (CauseKind.NO_COMMON_AUTHENTICATION, "authentication method"),
}


def policy_causes(flow: JudgedFlow) -> Iterator[Cause]:
    """Yield what the flow analysis blames; nothing when the policies protect the flow as they should."""
    outcome = flow.outcome
    if outcome is None:
        return
    if flow.secured:
        yield from _other_protection(flow, outcome)
        return
    if outcome.kind in _MISMATCHES:
        kind, what = _MISMATCHES[outcome.kind]
        yield _cause(kind, flow.name, f"The two hosts have no {what} in common.", outcome)
    elif outcome.kind is OutcomeKind.FILTER_NOT_MIRRORED:
        yield _cause(
            CauseKind.NOT_MIRRORED, _one_way(flow), "A filter is not mirrored: it knows one way only.", outcome
        )
    elif outcome.kind in _BLOCKS:
        yield _cause(CauseKind.BLOCKED, flow.name, "A rule drops the packets.", outcome)
    else:
        yield from _one_end(flow, outcome)


def fallback_causes(flow: JudgedFlow) -> Iterator[Cause]:
    """Yield that the front-end talks in clear to a back-end that knows no IPsec."""
    if flow.alone is None or flow.alone.kind not in PASSING_IN_CLEAR:
        return
    if flow.alone.kind is OutcomeKind.SOFT_CLEAR:
        sentence = f"{flow.source.name} only requests IPsec: it falls back to clear text."
        yield _cause(CauseKind.ONLY_REQUESTS, flow.source.name, sentence, flow.alone)
    else:
        yield from _near_misses(flow.source, flow.destination, flow.port, True, flow.alone)


def _other_protection(flow: JudgedFlow, outcome: Outcome) -> Iterator[Cause]:
    if flow.wanted is None or outcome.agreement is None:
        return
    wanted, found = flow.wanted.algorithms, outcome.agreement.algorithms
    if wanted != found:
        sentence = f"The policies agree on {spelled(found)}, {spelled(wanted)} is what they should agree on."
        yield _cause(CauseKind.OTHER_PROTECTION, flow.name, sentence, outcome)


def _one_end(flow: JudgedFlow, outcome: Outcome) -> Iterator[Cause]:
    """Yield which end has no rule for the flow, or does not insist."""
    ends = ((flow.source, outcome.here.word, True), (flow.destination, outcome.there.word, False))
    for host, word, sends in ends:
        if host.info is None or word not in ("no rule", "no policy"):
            continue
        peer = flow.destination if sends else flow.source
        yield from _near_misses(host, peer, flow.port, sends, outcome)
    yield from fallback_causes(flow)


def _near_misses(host: HostEvidence, peer: HostEvidence, port: int, sends: bool, outcome: Outcome) -> Iterator[Cause]:
    """Yield how close the filters of the policy in force come: another port, another address, or nothing like it."""
    if not host.assigned or host.domain_policy or not all(one.running for one in host.services.values()):
        return
    keys = ("destination", "destination_port") if sends else ("source", "destination_port")
    filters = list(_filters_in_force(host))
    here = [one for one in filters if str(one.get(keys[0])) in peer.addresses]
    same_port = [one for one in filters if str(one.get(keys[1])) == str(port)]
    if any(one.get("mirrored") is False for one in here if one in same_port):
        yield _cause(CauseKind.NOT_MIRRORED, host.name, f"A filter of {host.name} is not mirrored.", outcome)
    elif here and port:
        ports = ", ".join(sorted({str(one.get(keys[1])) for one in here}))
        sentence = f"The rule of {host.name} for {peer.name} names port {ports}, not {port}."
        yield _cause(CauseKind.WRONG_PORT, host.name, sentence, outcome)
    elif same_port:
        addresses = ", ".join(sorted({str(one.get(keys[0])) for one in same_port}))
        sentence = f"The rule of {host.name} for port {port} names {addresses}, not {peer.addresses[0]} ({peer.name})."
        yield _cause(CauseKind.WRONG_ADDRESS, host.name, sentence, outcome)
    else:
        yield _cause(CauseKind.NO_RULE, host.name, f"No rule of {host.name} is for this traffic.", outcome)


def _filters_in_force(host: HostEvidence) -> Iterator[Mapping[str, object]]:
    """Yield the filters of the enabled rules of the assigned policy, as the document has them."""
    lists = {str(one.get("name")).casefold(): one for one in mappings(host.config.get("filter_lists"))}
    for policy in mappings(host.config.get("policies")):
        if str(policy.get("name")).casefold() != host.assigned.casefold():
            continue
        for rule in mappings(policy.get("rules")):
            if rule.get("enabled", True):
                found = lists.get(str(rule.get("filter_list")).casefold(), {})
                yield from mappings(found.get("filters"))


def _one_way(flow: JudgedFlow) -> str:
    """Return the host whose filter knows one way only."""
    ends = (flow.source, flow.destination)
    for host in ends:
        if any(one.get("mirrored") is False for one in _filters_in_force(host)):
            return host.name
    return flow.name


def _cause(kind: CauseKind, subject: str, sentence: str, outcome: Outcome) -> Cause:
    return Cause(kind=kind, subject=subject, cause=sentence, evidence=outcome.why, remedy=_RUN)
