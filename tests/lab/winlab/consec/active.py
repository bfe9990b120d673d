# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which stored rules are in force on a host right now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from ..firewall import store as firewall
from ..firewall.guarded import Guarded
from . import settings
from .mainmode import MainModeRule
from .rule import Rule
from .store import Origin

AnyRule = TypeVar("AnyRule", Rule, MainModeRule)
Rules = Callable[[Guarded, Origin], Iterator[tuple[str, AnyRule]]]


def works(host: Guarded) -> bool:
    """Tell whether rules can be in force: the firewall's service runs, and the firewall is on in the active profile.

    [ledger: cs-firewall-off]
    """
    return (
        firewall.modern(host) and firewall.running(host) and bool(firewall.setting(host, host.profile, firewall.ENABLE))
    )


def in_force(host: Guarded, rules: Rules[AnyRule]) -> Iterator[tuple[Origin, str, AnyRule]]:
    """Yield origin, identifier and rule for each one in force, those of a group policy first.

    Of two rules with one identifier that of the group policy is meant.

    [ledger: cs-one-id-two-stores]
    """
    if not works(host):
        return
    known: set[str] = set()
    for origin in Origin:
        if origin is Origin.LOCAL and not settings.local_rules_count(host, host.profile):
            return
        for rule_id, rule in rules(host, origin):
            if rule_id.lower() not in known and _applies(host, rule):
                yield origin, rule_id, rule
            known.add(rule_id.lower())


def _applies(host: Guarded, rule: Rule | MainModeRule) -> bool:
    if not rule.active or (rule.profiles and host.profile not in rule.profiles):
        return False
    if rule.skip is not None and _version(rule.skip) >= host.version.schema:
        return False
    return not rule.platforms or _meant(rule.platforms, rule.platform_from, host)


def _version(text: str) -> tuple[int, ...]:
    parts = text.split(".")
    return tuple(map(int, parts)) if all(part.isdecimal() for part in parts) else (0, 0)


def _meant(platforms: tuple[str, ...], platform_from: str | None, host: Guarded) -> bool:
    """Tell whether a rule is for this Windows: `platform:major:minor`, the last one perhaps from there on.

    [ledger: cs-platform]
    """
    own = tuple(map(int, host.version.build.split(".")[:2]))
    wanted = [tuple(int(part) for part in each.split(":")[1:] if part.isdecimal()) for each in platforms]
    later = (platform_from or "").upper() == "GTEQ"
    return own in wanted or (later and own >= wanted[-1])
