# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a flow fails: every cause that the evidence speaks for, in the order in which a person should look."""

from __future__ import annotations

from collections.abc import Iterator

from .analysis import JudgedFlow
from .evidence import Evidence, FirewallEvidence, HostEvidence
from .flow_causes import policy_causes
from .model import Cause, CauseKind, in_order

# Kerberos accepts clocks that differ by five minutes (RFC 4120, and the default of Windows domains).
# [ledger: host-clock-skew]
KERBEROS_SECONDS = 300


def causes_of(flow: JudgedFlow, evidence: Evidence) -> tuple[Cause, ...]:
    """Return the likely causes for trouble with a flow; never empty."""
    ends = (flow.destination, flow.source)
    found = [cause for host in ends for cause in host_causes(host)]
    found += network_firewall_causes(flow, evidence)
    found += policy_causes(flow)
    found += [cause for host in ends for cause in (*clock_causes(host), *_key(host), *drift(host))]
    return in_order(found or _by_elimination(flow, evidence))


def host_causes(host: HostEvidence) -> Iterator[Cause]:
    """Yield what is wrong with one host, whatever its policies say."""
    if host.info is None:
        yield Cause(
            kind=CauseKind.NOT_READ,
            subject=host.name,
            cause=f"{host.name} could not be read.",
            evidence="No answer to policies_info.",
            remedy="Look whether the host runs and lets the controller through (WinRM).",
        )
        return
    yield from service_causes(host)
    yield from precedence_causes(host)
    yield from assignment_causes(host)
    for command in host.openings or ():
        yield Cause(
            kind=CauseKind.FIREWALL_CLOSED,
            subject=host.name,
            cause=f"The firewall of {host.name} does not let IPsec through as it should.",
            evidence=f"Missing or different: {command}",
            remedy="Run the playbook protect or site again, or the module firewall on the host.",
        )


def service_causes(host: HostEvidence) -> Iterator[Cause]:
    """Yield the services that do not run."""
    for name, service in host.services.items():
        if not service.running:
            yield Cause(
                kind=CauseKind.SERVICE_STOPPED,
                subject=host.name,
                cause=f"The service {name} of {host.name} does not run.",
                evidence=f"sc query says that {name} is not in the state RUNNING.",
                remedy=f"Start it: sc start {name}. Look at the system event log if it stops again.",
            )


def precedence_causes(host: HostEvidence) -> Iterator[Cause]:
    """Yield why a local policy has no effect."""
    if host.domain_policy:
        yield Cause(
            kind=CauseKind.DOMAIN_POLICY_WINS,
            subject=host.name,
            cause=f"A policy of the domain wins over the local one on {host.name}.",
            evidence=f"The domain assigns {host.domain_policy!r}.",
            remedy="Take the assignment out of the group policy object, and wait until the host has applied it.",
        )
    if not host.facts.get("local_policy_counts", True):
        yield Cause(
            kind=CauseKind.LOCAL_POLICY_IGNORED,
            subject=host.name,
            cause=f"The domain does not let local IPsec policy work on {host.name}.",
            evidence="AllowLocalIPsecPolicyMerge is 0.",
            remedy="Change the group policy, then restart the firewall service or the host.",
        )


def assignment_causes(host: HostEvidence) -> Iterator[Cause]:
    """Yield that nothing, or something else, is assigned."""
    if host.domain_policy or host.wanted is None or host.assigned.casefold() == host.wanted_policy.casefold():
        return
    if not host.assigned:
        yield Cause(
            kind=CauseKind.NOT_ASSIGNED,
            subject=host.name,
            cause=f"No policy is assigned on {host.name}.",
            evidence=f"The policy store names no active policy, {host.wanted_policy!r} should be it.",
            remedy="Run the playbook protect or site again, or assign the policy with the module assignment.",
        )
        return
    yield Cause(
        kind=CauseKind.OTHER_POLICY,
        subject=host.name,
        cause=f"Another policy is in force on {host.name}.",
        evidence=f"{host.assigned!r} is assigned, {host.wanted_policy!r} should be.",
        remedy="Run the playbook protect or site again, or assign the policy with the module assignment.",
    )


def network_firewall_causes(flow: JudgedFlow, evidence: Evidence) -> Iterator[Cause]:
    """Yield the network firewalls on the way that lack openings."""
    ends = {flow.source.name, flow.destination.name}
    for firewall in evidence.firewalls:
        if not firewall.between or ends & set(firewall.between):
            yield from opening_causes(firewall)


def opening_causes(firewall: FirewallEvidence) -> Iterator[Cause]:
    """Yield that a network firewall lacks openings."""
    if firewall.commands:
        yield Cause(
            kind=CauseKind.NETWORK_FIREWALL_CLOSED,
            subject=firewall.name,
            cause=f"The firewall {firewall.name} does not let IPsec through as it should.",
            evidence=f"Missing or different: {firewall.commands[0]}",
            remedy="Run the playbook protect or site again, or the role firewall on it.",
        )


def drift(host: HostEvidence) -> Iterator[Cause]:
    """Yield that a host differs from what it should have, where nothing more exact is known."""
    if host.commands:
        more = f", and {len(host.commands) - 1} more" if len(host.commands) > 1 else ""
        yield Cause(
            kind=CauseKind.DIFFERS,
            subject=host.name,
            cause=f"{host.name} does not have the policies that it should have.",
            evidence=f"Still needed: {host.commands[0]}{more}.",
            remedy="Run the playbook protect or site with --check --diff to see how, then without.",
        )


def clock_causes(host: HostEvidence) -> Iterator[Cause]:
    """Yield that a clock is too wrong for Kerberos."""
    told = host.after or host.before
    skew = told.clock.skew_seconds if told else None
    if skew is not None and abs(skew) > KERBEROS_SECONDS:
        yield Cause(
            kind=CauseKind.CLOCK_SKEW,
            subject=host.name,
            cause=f"The clock of {host.name} is wrong, so Kerberos fails.",
            evidence=f"It differs from the controller's by {skew:.0f} s, Kerberos allows {KERBEROS_SECONDS} s.",
            remedy="Set the clock: w32tm /resync, and look at the time source of the domain.",
        )


def _key(host: HostEvidence) -> Iterator[Cause]:
    changed = [command for command in host.commands or () if " psk=" in command]
    if changed and host.assigned.casefold() == host.wanted_policy.casefold():
        yield Cause(
            kind=CauseKind.KEY_DIFFERS,
            subject=host.name,
            cause=f"The pre-shared key of {host.name} is not the intended one.",
            evidence=f"Still needed: {changed[0]}",
            remedy="Run the playbook protect or site with the same key for both ends.",
        )


def _by_elimination(flow: JudgedFlow, evidence: Evidence) -> list[Cause]:
    """Return what is left when everything that was looked at is right."""
    works = any(flow.carries(one) and one.works for one in evidence.sessions)
    if works:
        return [soft_association(flow, "Sessions work although there is no association.")]
    peers = [_has_main_mode(flow.source, flow.destination), _has_main_mode(flow.destination, flow.source)]
    negotiated = "They have a main-mode association." if any(peers) else "They have no main-mode association."
    network = Cause(
        kind=CauseKind.NETWORK_BETWEEN,
        subject=flow.name,
        cause="Something between the two hosts stops IKE, ESP or AH.",
        evidence=f"Both hosts are as they should be. {negotiated}",
        remedy="Look at every firewall on the way: UDP 500 and 4500, IP protocols 50 and 51, in both directions.",
    )
    # Only an end that falls back has soft associations; they end by themselves, so they are ruled out first.
    falls_back = flow.outcome is not None and flow.outcome.there.word == "Request"
    return [*([soft_association(flow, "Both hosts are as they should be.")] if falls_back else []), network]


def soft_association(flow: JudgedFlow, evidence: str) -> Cause:
    """Return the cause that an earlier fall-back still stands."""
    return Cause(
        kind=CauseKind.SOFT_ASSOCIATION,
        subject=flow.name,
        cause="A soft association from before still stands, and as long as it does nobody negotiates.",
        evidence=evidence,
        remedy="Restart the service PolicyAgent on both hosts (KB 313236), or wait five minutes without traffic.",
    )


def _has_main_mode(host: HostEvidence, peer: HostEvidence) -> bool:
    return (
        host.after is not None and host.after.known and any(one.peer in peer.addresses for one in host.after.main_mode)
    )
