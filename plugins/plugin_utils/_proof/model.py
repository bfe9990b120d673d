# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks and causes: the words in which a proof speaks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum


class Outcome(StrEnum):
    """What became of a check. Missing evidence is never a pass."""

    PASSED = "passed"
    FAILED = "failed"
    UNPROVEN = "unproven"


class CauseKind(Enum):
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

    @property
    def rank(self) -> int:
        """The place in the order of causes."""
        return list(CauseKind).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A likely cause: what is wrong (``sentence``), where (``subject``), what shows it, and what helps."""

    kind: CauseKind
    subject: str
    sentence: str
    evidence: str
    remedy: str

    def to_data(self) -> dict[str, str]:
        """Return plain data."""
        return {
            "kind": self.kind.value,
            "subject": self.subject,
            "cause": self.sentence,
            "evidence": self.evidence,
            "remedy": self.remedy,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question with its answer. ``evidence`` says what the answer rests on, or what is missing."""

    id: str
    subject: str
    title: str
    outcome: Outcome
    evidence: str
    causes: tuple[Cause, ...] = ()

    def to_data(self) -> dict[str, object]:
        """Return plain data."""
        return {
            "id": self.id,
            "subject": self.subject,
            "title": self.title,
            "outcome": self.outcome.value,
            "evidence": self.evidence,
            "causes": [cause.to_data() for cause in self.causes],
        }


def in_order(causes: list[Cause]) -> tuple[Cause, ...]:
    """Return causes without repetitions, in the order of their kinds."""
    return tuple(sorted(dict.fromkeys(causes), key=lambda cause: cause.kind.rank))
