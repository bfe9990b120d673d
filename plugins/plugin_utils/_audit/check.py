# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the module audit, and what comes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from .._common.errors import IpsecError
from .._common.fields import Fields
from .._policies.document import read_document
from .._windows.versions import parse_version
from .host import Audited
from .keys import find_reused
from .rules import RULES, Finding, Severity
from .waivers import Waiver, apply_waivers, read_waiver

OPTIONS = ("hosts", "waivers", "fail_on", "scope")
HOST_OPTIONS = ("name", "version", "config", "exemption_level")
DEFAULT_VERSION = "2025"


class FailOn(StrEnum):
    """From which severity on open findings fail the task."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"
    NEVER = "never"


class Scope(StrEnum):
    """How much of a document is looked at."""

    STORE = "store"
    IN_FORCE = "in_force"


@dataclass(frozen=True, slots=True)
class Audit:
    """Hosts, what is accepted about them, from where on that is too much, and how much is looked at."""

    hosts: tuple[Audited, ...]
    waivers: tuple[Waiver, ...]
    fail_on: FailOn
    scope: Scope = Scope.STORE

    def findings(self, today: date) -> list[Finding]:
        """Return all findings, the worst first, with their waivers as of a day."""
        found = [one for host in self.hosts for one in host.find()]
        found += find_reused(self.hosts)
        if self.scope is Scope.IN_FORCE:
            found = [one for one in found if one.in_force]
        order = list(Severity)
        return sorted(
            apply_waivers(found, self.waivers, today),
            key=lambda one: (order.index(one.severity), list(RULES).index(one.id)),
        )

    def failing(self, findings: list[Finding]) -> list[Finding]:
        """Return the open findings that fail the task."""
        if self.fail_on is FailOn.NEVER:
            return []
        limit = Severity(self.fail_on.value)
        return [one for one in findings if one.waiver is None and one.severity.reaches(limit)]


def read_audit(given: Mapping[str, object]) -> Audit:
    """Return what options describe; raise :class:`IpsecError` with the option path for what cannot be read."""
    fields = Fields(given, "", OPTIONS)
    fields.require("hosts", "a list of hosts")
    hosts: dict[str, Audited] = {}
    for where, data in fields.items("hosts"):
        host = _host(data, where)
        if host.name in hosts:
            raise IpsecError(f"{where}.name", host.name, "each name once", "Rename one of the hosts.")
        hosts[host.name] = host
    waivers = tuple(read_waiver(data, where) for where, data in fields.items("waivers"))
    fail_on, scope = fields.choice("fail_on", FailOn, FailOn.HIGH), fields.choice("scope", Scope, Scope.STORE)
    return Audit(tuple(hosts.values()), waivers, fail_on, scope)


def _host(data: object, path: str) -> Audited:
    fields = Fields(data, path, HOST_OPTIONS)
    fields.require("name", "a name for the host")
    name = fields.text("name", "")
    if not name:
        raise IpsecError(fields.at("name"), name, "a name for the host", "Give the host a name.")
    level = None
    if fields.given("exemption_level"):
        level = fields.number("exemption_level", 0, 0, 3, "NoDefaultExempt")
    return Audited(
        name=name,
        version=parse_version(fields.text("version", DEFAULT_VERSION), fields.at("version")),
        store=read_document(fields.mapping("config"), fields.at("config")),
        exemption_level=level,
    )
