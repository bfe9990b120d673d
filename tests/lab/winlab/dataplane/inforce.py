# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in force on a host right now, read from its registry and its services."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..host import Host
from ..ipsec.associations import AnyRule
from ..ipsec.connection import ConnectionRule
from ..ipsec.packet import Address
from ..ipsec.rule import Direction, Rule
from ..services import ROOT, State, find
from ..store import policy_store
from ..store.model import Connection, Filter, MainMode
from ..store.view import PolicyView, RuleView, read_policy
from .connections import Connections, connections

DEFAULT_EXEMPT_LEVEL = 3
_DOMAIN = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\IPSec\GPTIPSECPolicy"


@dataclass(frozen=True, slots=True)
class InForce:
    """What decides about packets on one host.

    `addresses`: all of its own. `default_response` is None unless the rule is active and the version heeds it.
    `keying`: IKE can be spoken for the policy store; `connection_keying`: for connection security. `modern`: Windows
    Vista or later. `exempt_level`: NoDefaultExempt, 0 to 3. `time`: what the host takes the time to be, in Unix
    seconds. `schema`: the version of the rule strings that its Windows writes.
    """

    addresses: frozenset[Address]
    rules: tuple[Rule, ...]
    default_response: Rule | None
    main_mode: MainMode | None
    exempt_level: int
    keying: bool
    modern: bool
    time: float = 0.0
    connections: Connections = field(default_factory=Connections)
    connection_keying: bool = False
    schema: tuple[int, int] = (0, 0)

    @property
    def keyed_rules(self) -> tuple[AnyRule, ...]:
        """The rules that associations can belong to: none of an engine that nobody negotiates for."""
        own: list[AnyRule] = []
        if self.keying:
            own += self.rules
            own += [self.default_response] if self.default_response else []
        if self.connection_keying:
            own += self.connections.rules
        return tuple(own)

    @property
    def main_lifetime(self) -> int:
        """How long main modes live by the policy in force, or by connection security as far as no rule says else."""
        found = self.main_mode.lifetime_seconds if self.main_mode else 0
        return found or (self.connections.main_modes[-1].seconds if self.connections.main_modes else 0)

    def negotiates_for(self, rule: AnyRule) -> bool:
        """Tell whether what negotiates for a rule runs."""
        return self.connection_keying if isinstance(rule, ConnectionRule) else self.keying


def in_force(host: Host) -> InForce:
    """Read what is in force on a host. Without PolicyAgent, or with no policy assigned, no rule is.

    [ledger: force-no-agent-no-policy]
    """
    agent = _running(host, "PolicyAgent")
    policy = host.registry.derived("policy in force", lambda: _compiled(host)) if agent else _NOTHING
    return InForce(
        addresses=frozenset(host.addresses),
        rules=policy.rules,
        default_response=policy.default_response,
        main_mode=policy.main_mode,
        exempt_level=_exempt_level(host),
        keying=agent and (_running(host, "IKEEXT") or not host.version.has_ikeext),
        modern=host.version.has_ikeext,
        time=host.clock.now(),
        connections=connections(host),
        connection_keying=_running(host, "IKEEXT") and _running(host, "BFE"),
        schema=host.version.schema,
    )


@dataclass(frozen=True, slots=True)
class _Compiled:
    """The assigned policy as far as it decides about packets."""

    rules: tuple[Rule, ...] = ()
    default_response: Rule | None = None
    main_mode: MainMode | None = None


_NOTHING = _Compiled()


def _compiled(host: Host) -> _Compiled:
    policy = _assigned(host)
    if policy is None:
        return _NOTHING
    default = next((each for each in policy.rules if each.default_response and each.body.active), None)
    heeded = default is not None and host.version.default_response_works and _usable(default)
    return _Compiled(
        rules=tuple(_rule(each) for each in policy.rules if _applies(each)),
        default_response=_rule(default) if default is not None and heeded else None,
        main_mode=policy.mode,
    )


def _running(host: Host, name: str) -> bool:
    service = find(host, name)
    return service is not None and service.state == State.RUNNING


def _assigned(host: Host) -> PolicyView | None:
    if host.registry.get(_DOMAIN, "DSIPSECPolicyPath") is not None:
        return None
    objects = policy_store(host).objects
    key = objects.assigned()
    return read_policy(objects, key) if key is not None else None


def _exempt_level(host: Host) -> int:
    service = "PolicyAgent" if host.version.has_ikeext else "IPSec"
    value = host.registry.get(rf"{ROOT}\{service}", "NoDefaultExempt")
    level = value.data if value is not None else None
    return level if isinstance(level, int) and 0 <= level <= 3 else DEFAULT_EXEMPT_LEVEL


def _usable(rule: RuleView) -> bool:
    """All hosts sit on a LAN, so rules for dial-up connections never apply."""
    return rule.body.connection != Connection.DIALUP and rule.filter_action is not None


def _applies(rule: RuleView) -> bool:
    return rule.body.active and not rule.default_response and rule.filter_list is not None and _usable(rule)


def _rule(rule: RuleView) -> Rule:
    if rule.filter_action is None:
        raise ValueError(f"{rule.key} has no filter action")
    action = rule.filter_action.body
    filters = rule.filter_list.filters if rule.filter_list else ()
    return Rule(
        rule.key,
        rule.name or "",
        action.action,
        action.inpass,
        action.soft,
        action.offers,
        rule.body.authentication,
        rule.body.tunnel is not None,
        tuple(direction for each in filters for direction in directions(each)),
    )


def directions(one: Filter) -> tuple[Direction, ...]:
    """Return the one or two directions of a filter."""
    there = Direction(one.source, one.destination, one.protocol, one.source_port, one.destination_port)
    back = Direction(one.destination, one.source, one.protocol, one.destination_port, one.source_port)
    return (there, back) if one.mirrored else (there,)
