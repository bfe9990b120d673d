# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of the audit: how bad each finding is, and which public document says so."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is, the worst first."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    def reaches(self, other: Severity) -> bool:
        """Tell whether this is as bad as ``other``, or worse."""
        order = list(Severity)
        return order.index(self) <= order.index(other)


@dataclass(frozen=True, slots=True)
class AuditRule:
    """``reference`` names a public document."""

    severity: Severity
    reference: str


_STORE_CEILING = "MS-GPIPSEC, section 2.2.1.4.1; NIST SP 800-131A Rev. 2"
_LIFETIMES = "NIST SP 800-77 Rev. 1"
_ALGORITHMS = "RFC 8221; RFC 8247"

RULES = {
    "des": AuditRule(Severity.HIGH, _ALGORITHMS),
    "md5": AuditRule(Severity.MEDIUM, _ALGORITHMS),
    "dh_group_1": AuditRule(Severity.HIGH, "RFC 8247"),
    "dh_group_2": AuditRule(Severity.MEDIUM, "RFC 8247"),
    "weak_beside_better": AuditRule(Severity.MEDIUM, "RFC 8247"),
    "no_encryption": AuditRule(Severity.MEDIUM, "RFC 4303; RFC 4302"),
    "no_integrity": AuditRule(Severity.HIGH, "RFC 8221"),
    "legacy_ceiling": AuditRule(Severity.INFO, _STORE_CEILING),
    "preshared_key": AuditRule(Severity.MEDIUM, "Microsoft Learn: New-NetIPsecAuthProposal"),
    "preshared_key_reused": AuditRule(Severity.HIGH, "NIST SP 800-77 Rev. 1"),
    "fallback_to_clear": AuditRule(Severity.MEDIUM, "Microsoft KB 234580; Microsoft KB 914841"),
    "accept_unsecured": AuditRule(Severity.LOW, "Microsoft Learn: netsh ipsec static add filteraction"),
    "long_lifetime": AuditRule(Severity.LOW, _LIFETIMES),
    "default_response_ignored": AuditRule(Severity.LOW, "Microsoft KB 942964"),
    "broad_authority": AuditRule(Severity.MEDIUM, "RFC 4945"),
    "any_certificate": AuditRule(Severity.LOW, "RFC 4945"),
    "exemptions": AuditRule(Severity.HIGH, "Microsoft KB 811832"),
    "not_known": AuditRule(Severity.HIGH, "MS-GPIPSEC, section 2.2.1"),
    "waiver_expired": AuditRule(Severity.MEDIUM, ""),
    "waiver_unused": AuditRule(Severity.INFO, ""),
}
# What is said about waivers cannot be waived.
WAIVABLE = tuple(name for name, rule in RULES.items() if rule.reference)

LONGEST_MAIN_MODE_MINUTES = 24 * 60
LONGEST_QUICK_MODE_SECONDS = 8 * 60 * 60

# Parts of the names of authorities that sell or give certificates to everybody.
PUBLIC_AUTHORITIES = (
    "baltimore",
    "comodo",
    "cybertrust",
    "digicert",
    "entrust",
    "equifax",
    "geotrust",
    "globalsign",
    "go daddy",
    "godaddy",
    "isrg",
    "let's encrypt",
    "microsoft root",
    "quovadis",
    "sectigo",
    "starfield",
    "thawte",
    "usertrust",
    "verisign",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding. ``path`` is an option of the host's document, or of the task where ``host`` is empty."""

    id: str
    host: str
    path: str
    text: str
    severity: Severity
    in_force: bool = True
    waiver: tuple[str, str] | None = None

    def to_data(self) -> dict[str, object]:
        """Return plain data."""
        return {
            "id": self.id,
            "severity": self.severity.value,
            "host": self.host,
            "path": self.path,
            "text": self.text,
            "reference": RULES[self.id].reference,
            "waiver": None if self.waiver is None else {"reason": self.waiver[0], "until": self.waiver[1]},
        }

    def __str__(self) -> str:
        where = f"{self.host}: {self.path}" if self.host else self.path
        return f"{self.severity.value} {self.id} at {where}. {self.text}"


def finding(name: str, host: str, path: str, text: str, *, in_force: bool = True) -> Finding:
    """Return a finding with the severity of its rule; what is not in force is low at most."""
    severity = RULES[name].severity
    if not in_force:
        severity = severity if Severity.LOW.reaches(severity) else Severity.LOW
        text = f"{text} It is not in force."
    return Finding(id=name, host=host, path=path, text=text, severity=severity, in_force=in_force)
