# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of single hosts and of network firewalls: services, precedence, policy, openings, clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .causes import (
    KERBEROS_SECONDS,
    assignment_causes,
    clock_causes,
    drift,
    host_causes,
    opening_causes,
    precedence_causes,
    service_causes,
)
from .evidence import Evidence, FirewallEvidence, HostEvidence
from .model import Cause, CauseKind, Check, CheckOutcome, in_order


def host_checks(evidence: Evidence, troubles: dict[str, str]) -> Iterator[Check]:
    """Yield the checks of every host and firewall. ``troubles`` says which hosts have a policy that is not judged."""
    for host in evidence.hosts:
        if host.info is None:
            yield _check("read", host, "The host could be read", host_causes(host), "It did not answer.")
            continue
        yield from (_services(host), _precedence(host), _policy(host, troubles), _openings(host), _clock(host))
    for firewall in evidence.firewalls:
        yield _firewall(firewall)


def _check(
    name: str, host: HostEvidence | FirewallEvidence, title: str, causes: Iterable[Cause], evidence: str
) -> Check:
    """Return a check that fails when there are causes, and passes on ``evidence`` else."""
    found = in_order(list(causes))
    return Check(
        id=f"{name}.{host.name}",
        subject=host.name,
        title=title,
        outcome=CheckOutcome.FAILED if found else CheckOutcome.PASSED,
        evidence=found[0].evidence if found else evidence,
        causes=found,
    )


def _unproven(name: str, host: HostEvidence | FirewallEvidence, title: str, missing: str) -> Check:
    return Check(
        id=f"{name}.{host.name}", subject=host.name, title=title, outcome=CheckOutcome.UNPROVEN, evidence=missing
    )


def _services(host: HostEvidence) -> Check:
    title = "The services that IPsec policy needs run, and start with the host"
    if "PolicyAgent" not in host.services:
        return _unproven("services", host, title, "policies_info told nothing about PolicyAgent.")
    causes = list(service_causes(host))
    for name, service in host.services.items():
        if service.running and not service.automatic:
            causes.append(
                Cause(
                    kind=CauseKind.SERVICE_STOPPED,
                    subject=host.name,
                    cause=f"The service {name} of {host.name} does not start with the host.",
                    evidence="Its start type is not automatic.",
                    remedy=f"sc config {name} start= auto, or run the playbook protect or site.",
                )
            )
    return _check("services", host, title, causes, f"Running and automatic: {', '.join(host.services)}.")


def _precedence(host: HostEvidence) -> Check:
    title = "The local policy has effect"
    if "domain_policy" not in host.facts or "local_policy_counts" not in host.facts:
        return _unproven("precedence", host, title, "policies_info told nothing about policies of the domain.")
    evidence = "The domain assigns no policy and lets local ones work."
    return _check("precedence", host, title, precedence_causes(host), evidence)


def _policy(host: HostEvidence, troubles: dict[str, str]) -> Check:
    title = "The policy in force is the intended one"
    if host.wanted is None or host.commands is None:
        return _unproven("policy", host, title, "Nothing says what the host should have.")
    if not host.wanted_policy:
        return _unproven("policy", host, title, "What the host should have assigns no policy.")
    causes = [*assignment_causes(host), *drift(host)]
    if not causes and host.name in troubles:
        return _unproven("policy", host, title, troubles[host.name])
    evidence = f"{host.assigned!r} is assigned, and nothing separates it from what it should be."
    return _check("policy", host, title, causes, evidence)


def _openings(host: HostEvidence) -> Check:
    title = "The firewall of the host lets IPsec through, both ways"
    if host.openings is None:
        return _unproven("openings", host, title, "Nobody looked at the firewall of the host.")
    causes = [cause for cause in host_causes(host) if cause.kind is CauseKind.FIREWALL_CLOSED]
    return _check("openings", host, title, causes, "All openings are there.")


def _clock(host: HostEvidence) -> Check:
    title = "The clock agrees with the controller's"
    told = host.after or host.before
    if told is None or told.clock.skew_seconds is None:
        return _unproven("clock", host, title, "The host did not tell its clock.")
    evidence = f"It differs by {abs(told.clock.skew_seconds):.0f} s, Kerberos allows {KERBEROS_SECONDS} s."
    return _check("clock", host, title, clock_causes(host), evidence)


def _firewall(firewall: FirewallEvidence) -> Check:
    title = "The network firewall lets IPsec through, both ways"
    if firewall.commands is None:
        return _unproven("firewall", firewall, title, "Nobody looked at this firewall.")
    return _check("firewall", firewall, title, opening_causes(firewall), "All openings are there.")
