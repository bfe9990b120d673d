# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A proof: what hosts have, what becomes of packets between them, and what was checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from .._policies.model import Store


class Role(StrEnum):
    """What a host is there for."""

    FRONT_END = "front-end"
    BACK_END = "back-end"
    FIREWALL = "firewall"
    DOMAIN_CONTROLLER = "domain controller"
    CONTROLLER = "controller"
    OTHER = "other"


class Fate(StrEnum):
    """What becomes of a flow, the worst first."""

    FAILS = "fails"
    FALLS_BACK = "falls back"
    UNKNOWN = "unknown"
    BLOCKED = "blocked"
    CLEAR = "clear"
    PERMITTED = "permitted"
    PROTECTED = "protected"


class Proven(StrEnum):
    """What the fate of a flow rests on, the strongest first."""

    ASSOCIATIONS = "associations"
    SESSION = "session"
    ANALYSIS = "analysis"
    UNPROVEN = "unproven"


class Outcome(StrEnum):
    """How a check ended, the worst first."""

    FAILED = "failed"
    UNPROVEN = "unproven"
    PASSED = "passed"


class Severity(StrEnum):
    """How much a finding matters, the gravest first."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


class Source(StrEnum):
    """Where a host showed its associations."""

    CIM = "cim"
    EVENTS = "events"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Service:
    """Whether a service runs, and whether it starts with the host."""

    running: bool
    automatic: bool


@dataclass(frozen=True, slots=True)
class MainMode:
    """An association of the key exchange; None is what the host does not tell."""

    local: str
    peer: str
    encryption: str | None
    integrity: str | None
    dh_group: int | None
    key_module: str | None


@dataclass(frozen=True, slots=True)
class QuickMode:
    """An association that protects packets; None is what the host does not tell, port 0 is any."""

    local: str
    peer: str
    protocol: str | None
    local_port: int | None
    peer_port: int | None
    ah_integrity: str | None
    esp_encryption: str | None
    esp_integrity: str | None
    pfs: bool | None


@dataclass(frozen=True, slots=True)
class Clock:
    """The time of a host and how far it is from the controller's."""

    utc: str | None
    skew_seconds: int | None


@dataclass(frozen=True, slots=True)
class Associations:
    """The associations of a host. Only with ``known`` there are no others; ``reason`` says why not."""

    known: bool
    reason: str
    source: Source
    main_mode: tuple[MainMode, ...]
    quick_mode: tuple[QuickMode, ...]
    counters: Mapping[str, int | None]
    clock: Clock


@dataclass(frozen=True, slots=True)
class Host:
    """A host; ``config`` is its local store, None when it was not read."""

    name: str
    role: Role
    addresses: tuple[str, ...]
    product: str
    version: str
    services: Mapping[str, Service]
    assigned: str
    effective: bool
    why_not: str
    domain_policy: str
    exemption_level: int | None
    config: Store | None
    drift: tuple[str, ...]
    associations: Associations


@dataclass(frozen=True, slots=True)
class Firewall:
    """A firewall between hosts or networks, and what it lets through."""

    name: str
    between: tuple[str, ...]
    openings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DecidingRules:
    """The rule that decides at each end, empty for none."""

    source: str
    destination: str


@dataclass(frozen=True, slots=True)
class Flow:
    """Traffic from one end to another and what becomes of it."""

    source: str
    destination: str
    protocol: str
    port: str
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


@dataclass(frozen=True, slots=True)
class Cause:
    """A possible cause of a failure, what speaks for it, and what to do; ``kind`` and ``subject`` are for programs."""

    cause: str
    evidence: str
    remedy: str
    kind: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """Something that was to be proven, and how that ended; the most likely cause stands first."""

    id: str
    subject: str
    title: str
    outcome: Outcome
    evidence: str
    causes: tuple[Cause, ...]


@dataclass(frozen=True, slots=True)
class Waiver:
    """Why a finding is accepted, and the last day of that (``2026-12-31``), empty for no end."""

    reason: str
    until: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to see in a policy, such as weak cryptography."""

    id: str
    severity: Severity
    host: str
    path: str
    text: str
    reference: str
    waiver: Waiver | None


@dataclass(frozen=True, slots=True)
class Proof:
    """Everything that a report shows. ``made`` is UTC, ``2026-11-25T04:20:00Z``."""

    title: str
    made: str
    hosts: tuple[Host, ...]
    firewalls: tuple[Firewall, ...]
    flows: tuple[Flow, ...]
    checks: tuple[Check, ...]
    findings: tuple[Finding, ...]

    def waived(self, finding: Finding) -> bool:
        """Tell whether a finding is accepted on the day of the proof."""
        waiver = finding.waiver
        return waiver is not None and (not waiver.until or self.made[:10] <= waiver.until)
