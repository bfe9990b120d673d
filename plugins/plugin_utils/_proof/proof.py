# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole proof as plain data: checks, flows, hosts and findings, in the shape that the module report takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .._flows.outcome import PASSING_IN_CLEAR, SECURED, OutcomeKind
from .analysis import Analysis, Flow, algorithms, analyse, spelled
from .answers import ASSOCIATIONS, DOCUMENT, fitting, mapping, text
from .evidence import Evidence, Firewall, Host
from .flow_checks import flow_checks, proof_of
from .host_checks import host_checks
from .model import Cause, Check, Outcome, in_order
from .session_checks import session_checks

_WORDS = {
    OutcomeKind.CLEAR: "clear",
    OutcomeKind.PERMIT: "permitted",
    OutcomeKind.SOFT_CLEAR: "falls back",
    OutcomeKind.BLOCKED_HERE: "blocked",
    OutcomeKind.BLOCKED_THERE: "blocked",
    OutcomeKind.ONE_SIDED_DROP: "blocked",
}


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
    return in_order([cause for check in checks if check.outcome is Outcome.FAILED for cause in check.causes])


def make_proof(evidence: Evidence, made: str) -> tuple[dict[str, object], tuple[Check, ...]]:
    """Return the proof as plain data, and its checks; ``made`` is the time in ISO 8601."""
    analysis, checks = make_checks(evidence)
    by_id = {check.id: check for check in checks}
    proof: dict[str, object] = {
        "title": evidence.title,
        "made": made,
        "hosts": [_host(host) for host in evidence.hosts],
        "firewalls": [_firewall(one) for one in evidence.firewalls],
        "flows": [_flow(flow, by_id) for flow in analysis.flows],
        "checks": [check.to_data() for check in checks],
        "findings": [dict(one) for one in evidence.findings],
    }
    return proof, checks


def _host(host: Host) -> dict[str, object]:
    facts = host.facts
    effective = bool(host.info) and bool(host.assigned) and not _why_not(host)
    return {
        "name": host.name,
        "role": host.role.value,
        "addresses": [host.address],
        "product": text(facts.get("product")),
        "version": text(facts.get("version")),
        "services": {name: dict(service) for name, service in host.services.items()},
        "assigned": host.assigned,
        "effective": effective,
        "why_not": _why_not(host),
        "domain_policy": host.domain_policy,
        "exemption_level": fitting(None, facts.get("exemption_level")),
        "config": mapping(DOCUMENT, host.config),
        "drift": list(host.commands or ()) + list(host.openings or ()),
        "associations": _associations(host),
    }


def _associations(host: Host) -> dict[str, object]:
    """Return what the host told about its associations; what it did not tell is left out or empty."""
    told = host.after or host.before
    if told is None:
        return {"known": False, "reason": "The host was not asked.", "source": "none"}
    answer = mapping(ASSOCIATIONS, told.data)
    found = {key: answer[key] for key in ("main_mode", "quick_mode", "counters") if answer.get(key)}
    clock = answer.get("clock")
    parts = clock.items() if isinstance(clock, Mapping) else ()
    return {
        "known": told.known,
        "reason": told.reason,
        "source": told.source,
        **found,
        "clock": {key: value for key, value in parts if value not in ("", None)},
    }


def _why_not(host: Host) -> str:
    """Return why the local policy has no effect, empty where it has."""
    if host.info is None:
        return "The host could not be read."
    if host.domain_policy:
        return f"The domain assigns {host.domain_policy}."
    if not host.facts.get("local_policy_counts", True):
        return "The domain does not let local policies work."
    stopped = [name for name, service in host.services.items() if not service.get("running")]
    if stopped:
        return f"{', '.join(stopped)} does not run."
    return "" if host.assigned else "No policy is assigned."


def _firewall(firewall: Firewall) -> dict[str, object]:
    return {"name": firewall.name, "between": list(firewall.between), "openings": list(firewall.openings)}


def _flow(flow: Flow, checks: Mapping[str, Check]) -> dict[str, object]:
    outcome = flow.outcome
    agreed = outcome.agreement if outcome else None
    return {
        "source": flow.source.name,
        "destination": flow.destination.name,
        "protocol": "tcp",
        "port": flow.port,
        "expected": "protected",
        "outcome": _word(flow),
        "algorithms": spelled(algorithms(agreed)) if agreed else "",
        "sentence": outcome.why if outcome else "Not both hosts could be judged.",
        "rules": {"source": outcome.here.rule if outcome else "", "destination": outcome.there.rule if outcome else ""},
        "proven": proof_of(flow, dict(checks)),
    }


def _word(flow: Flow) -> str:
    if flow.outcome is None:
        return "unknown"
    if flow.outcome.kind in SECURED:
        return "protected"
    if flow.outcome.kind in PASSING_IN_CLEAR or flow.outcome.kind in _WORDS:
        return _WORDS[flow.outcome.kind]
    return "fails"
