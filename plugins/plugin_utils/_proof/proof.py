# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole proof: checks, flows, hosts and findings, as the report shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .._associations.model import Associations
from .._common.errors import IpsecError
from .._flows.negotiation import spelled
from .._flows.outcome_words import Fate, fate_of
from .._policies.document import read_document
from .._policies.model import Store
from .analysis import Analysis, JudgedFlow, analyse
from .evidence import Evidence, HostEvidence, text
from .flow_checks import flow_checks, proof_of
from .host_checks import host_checks
from .model import Cause, Check, CheckOutcome, DecidingRules, Flow, NetworkFirewall, Proof, ProofHost, in_order
from .session_checks import session_checks


def make_checks(evidence: Evidence) -> tuple[Analysis, tuple[Check, ...]]:
    """Return every check of a deployment."""
    analysis = analyse(evidence)
    checks = (
        *host_checks(evidence, dict(analysis.troubles)),
        *flow_checks(evidence, analysis),
        *session_checks(evidence, analysis),
    )
    return analysis, checks


def first_causes(checks: Sequence[Check]) -> tuple[Cause, ...]:
    """Return the causes of all failed checks, each once, in the order in which a person should look."""
    return in_order([cause for check in checks if check.outcome is CheckOutcome.FAILED for cause in check.causes])


def make_proof(evidence: Evidence, made: str) -> Proof:
    """Return the proof; ``made`` is the time in ISO 8601."""
    analysis, checks = make_checks(evidence)
    by_id = {check.id: check for check in checks}
    return Proof(
        title=evidence.title,
        made=made,
        hosts=tuple(_host(host) for host in evidence.hosts),
        firewalls=tuple(NetworkFirewall(one.name, one.between, one.openings) for one in evidence.firewalls),
        flows=tuple(_flow(flow, by_id) for flow in analysis.flows),
        checks=checks,
        findings=evidence.findings,
    )


def _host(host: HostEvidence) -> ProofHost:
    level = host.facts.get("exemption_level")
    return ProofHost(
        name=host.name,
        role=host.role,
        addresses=host.addresses,
        product=text(host.facts.get("product")),
        version=text(host.facts.get("version")),
        services=host.services,
        assigned=host.assigned,
        effective=bool(host.info) and bool(host.assigned) and not _why_not(host),
        why_not=_why_not(host),
        domain_policy=host.domain_policy,
        exemption_level=level if isinstance(level, int) else None,
        config=_store(host),
        drift=(*(host.commands or ()), *(host.openings or ())),
        associations=host.after or host.before or Associations(reason="The host was not asked."),
    )


def _store(host: HostEvidence) -> Store | None:
    """Return the policies of the host, None where they were not read; the checks say why they are not judged."""
    if host.info is None:
        return None
    try:
        return read_document(host.config, "config")
    except IpsecError:
        return None


def _why_not(host: HostEvidence) -> str:
    """Return why the local policy has no effect, empty where it has."""
    if host.info is None:
        return "The host could not be read."
    if host.domain_policy:
        return f"The domain assigns {host.domain_policy}."
    if not host.facts.get("local_policy_counts", True):
        return "The domain does not let local policies work."
    stopped = [name for name, service in host.services.items() if not service.running]
    if stopped:
        return f"{', '.join(stopped)} does not run."
    return "" if host.assigned else "No policy is assigned."


def _flow(flow: JudgedFlow, checks: Mapping[str, Check]) -> Flow:
    outcome = flow.outcome
    agreed = outcome.agreement if outcome else None
    return Flow(
        source=flow.source.name,
        destination=flow.destination.name,
        protocol=flow.asked.protocol,
        port=flow.port or "any",
        expected=Fate.PROTECTED.value,
        outcome=fate_of(outcome.kind) if outcome else Fate.UNKNOWN,
        algorithms=spelled(agreed.algorithms) if agreed else "",
        sentence=outcome.why if outcome else "Not both hosts could be judged.",
        rules=DecidingRules(outcome.here.rule, outcome.there.rule) if outcome else DecidingRules("", ""),
        proven=proof_of(flow, checks),
    )
