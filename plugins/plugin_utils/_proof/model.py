# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A proof: what hosts have, what becomes of packets between them, what was checked, and why that failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from .._associations.model import Associations
from .._audit.rules import Severity
from .._flows.outcome_words import Fate
from .._policies.model import Store


class Role(StrEnum):
    """What a host is there for."""

    FRONT_END = "front-end"
    BACK_END = "back-end"
    FIREWALL = "firewall"
    DOMAIN_CONTROLLER = "domain controller"
    CONTROLLER = "controller"
    OTHER = "other"


class Proven(StrEnum):
    """What the fate of a flow rests on, the strongest first."""

    ASSOCIATIONS = "associations"
    SESSION = "session"
    ANALYSIS = "analysis"
    UNPROVEN = "unproven"


class CheckOutcome(StrEnum):
    """How a check ended. Missing evidence is never a pass."""

    PASSED = "passed"
    FAILED = "failed"
    UNPROVEN = "unproven"


class CauseKind(StrEnum):
    """What can be wrong, the most certain and most common first: in this order causes are named."""

    NOT_READ = "not_read"
    SERVICE_STOPPED = "service_stopped"
    DOMAIN_POLICY_WINS = "domain_policy_wins"
    LOCAL_POLICY_IGNORED = "local_policy_ignored"
    NOT_ASSIGNED = "not_assigned"
    OTHER_POLICY = "other_policy"
    FIREWALL_CLOSED = "firewall_closed"
    NETWORK_FIREWALL_CLOSED = "network_firewall_closed"
    WRONG_PORT = "wrong_port"
    WRONG_ADDRESS = "wrong_address"
    NO_RULE = "no_rule"
    NOT_MIRRORED = "not_mirrored"
    BLOCKED = "blocked"
    ONLY_REQUESTS = "only_requests"
    NO_COMMON_METHOD = "no_common_method"
    NO_COMMON_AUTHENTICATION = "no_common_authentication"
    OTHER_PROTECTION = "other_protection"
    KEY_DIFFERS = "key_differs"
    CLOCK_SKEW = "clock_skew"
    DIFFERS = "differs"
    SOFT_ASSOCIATION = "soft_association"
    NETWORK_BETWEEN = "network_between"
    SERVER = "server"


_RANKS = {kind.value: rank for rank, kind in enumerate(CauseKind)}


@dataclass(frozen=True, slots=True)
class ServiceState:
    """Whether a service runs, and whether it starts with the host."""

    running: bool
    automatic: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofHost:
    """A host; ``config`` is its local store, None when it was not read."""

    name: str
    role: Role
    addresses: tuple[str, ...]
    product: str
    version: str
    services: Mapping[str, ServiceState]
    assigned: str
    effective: bool
    why_not: str
    domain_policy: str
    exemption_level: int | None
    config: Store | None
    drift: tuple[str, ...]
    associations: Associations


@dataclass(frozen=True, slots=True)
class NetworkFirewall:
    """A firewall between hosts or networks, and what it lets through."""

    name: str
    between: tuple[str, ...]
    openings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DecidingRules:
    """The rule that decides at each end, empty for none."""

    source: str
    destination: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Traffic from one end to another and what becomes of it."""

    source: str
    destination: str
    protocol: str
    port: int | str
    expected: str
    outcome: Fate
    algorithms: str
    sentence: str
    rules: DecidingRules
    proven: Proven

    @property
    def traffic(self) -> str:
        """The traffic in the words of an expectation: tcp/80."""
        return self.protocol if self.port in ("", "any") else f"{self.protocol}/{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A likely cause of a failure: what is wrong (``cause``), where (``subject``), what shows it, and what helps.

    ``kind`` is a :class:`CauseKind`, or the word of somebody else who made the proof.
    """

    kind: str = ""
    subject: str = ""
    cause: str
    evidence: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question with its answer. ``evidence`` says what the answer rests on, or what is missing.

    The cause that a person should look at first stands first.
    """

    id: str
    subject: str
    title: str
    outcome: CheckOutcome
    evidence: str
    causes: tuple[Cause, ...] = ()


def in_order(causes: list[Cause]) -> tuple[Cause, ...]:
    """Return causes without repetitions, in the order of their kinds."""
    return tuple(sorted(dict.fromkeys(causes), key=lambda cause: _RANKS[cause.kind]))


@dataclass(frozen=True, slots=True)
class ProofWaiver:
    """Why a finding is accepted, and the last day of that (``2026-12-31``), empty for no end."""

    reason: str
    until: str


@dataclass(frozen=True, slots=True)
class ProofFinding:
    """Something to see in a policy, such as weak cryptography."""

    id: str
    severity: Severity
    host: str
    path: str
    text: str
    reference: str
    waiver: ProofWaiver | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Everything that a report shows. ``made`` is UTC, ``2026-11-25T04:20:00Z``."""

    title: str
    made: str
    hosts: tuple[ProofHost, ...]
    firewalls: tuple[NetworkFirewall, ...]
    flows: tuple[Flow, ...]
    checks: tuple[Check, ...]
    findings: tuple[ProofFinding, ...]

    def waived(self, finding: ProofFinding) -> bool:
        """Tell whether a finding is accepted on the day of the proof."""
        waiver = finding.waiver
        return waiver is not None and (not waiver.until or self.made[:10] <= waiver.until)
