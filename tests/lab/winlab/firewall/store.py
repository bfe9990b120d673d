# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the firewall keeps its state: rule strings and the switches of the profiles, all of it in the registry.

[ledger: fw-keys-local]

[ledger: cs-schema]
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from ..registry import Kind, Value
from ..services import State, find
from .guarded import Guarded
from .model import Profile, Rule, read, write

POLICY = r"HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy"
RULES = rf"{POLICY}\FirewallRules"
GROUP_POLICY_RULES = r"HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall\FirewallRules"

PROFILE_KEYS = {
    Profile.DOMAIN: "DomainProfile",
    Profile.PRIVATE: "StandardProfile",
    Profile.PUBLIC: "PublicProfile",
}

ENABLE = "EnableFirewall"
INBOUND, OUTBOUND = "DefaultInboundAction", "DefaultOutboundAction"
NO_EXCEPTIONS = "DoNotAllowExceptions"

# What an absent value means; actions: 0 allow, 1 block.
_DEFAULTS = {ENABLE: 0, INBOUND: 1, OUTBOUND: 0, NO_EXCEPTIONS: 0}


def modern(host: Guarded) -> bool:
    """Tell whether the host has the firewall of Windows Vista and later."""
    return bool(host.version.firewall_schema)


def running(host: Guarded) -> bool:
    """Tell whether the firewall's service runs."""
    service = find(host, "MpsSvc" if modern(host) else "SharedAccess")
    return service is not None and service.state == State.RUNNING


def profile_key(profile: Profile, *, modern: bool) -> str:
    """Return the name of a profile's key below the policy; Server 2003 has two profiles, domain and standard.

    [ledger: fw-standard-profile]
    """
    return PROFILE_KEYS[profile if modern or profile is Profile.DOMAIN else Profile.PRIVATE]


def setting(host: Guarded, profile: Profile, name: str) -> int:
    """Return a switch of a profile, or what its absence means."""
    value = host.registry.get(rf"{POLICY}\{profile_key(profile, modern=modern(host))}", name)
    return value.data if value is not None and isinstance(value.data, int) else _DEFAULTS[name]


def set_setting(host: Guarded, profile: Profile, name: str, number: int) -> None:
    """Write a switch of a profile."""
    key = rf"{POLICY}\{profile_key(profile, modern=modern(host))}"
    host.registry.set(key, name, Value(Kind.DWORD, number))


def switch(host: Guarded, on: bool) -> None:
    """Turn the firewall on or off in all profiles."""
    for profile in Profile:
        set_setting(host, profile, ENABLE, int(on))


def rules(host: Guarded, key: str = RULES) -> Iterator[tuple[str, Rule]]:
    """Yield identifier and rule for every string that decodes, as stored."""
    for rule_id, value in host.registry.values(key):
        if isinstance(value.data, str):
            try:
                rule = read(value.data)
            except ValueError:
                continue
            yield rule_id, rule


def add(host: Guarded, rule: Rule, rule_id: str | None = None) -> str:
    """Write a rule, under a new identifier or in the place of an older one; returns the identifier."""
    rule_id = rule_id or f"{{{str(uuid.uuid4()).upper()}}}"
    version = host.version.firewall_schema
    host.registry.set(RULES, rule_id, Value(Kind.SZ, write(rule, version, masks=version == "2.10")))
    return rule_id


def remove(host: Guarded, rule_id: str) -> None:
    """Remove a rule."""
    host.registry.delete_value(RULES, rule_id)


def plant_group_policy_rule(host: Guarded, rule_id: str, text: str) -> None:
    """Write a rule string as a group policy of a domain would leave it on the host. For tests."""
    host.registry.set(GROUP_POLICY_RULES, rule_id, Value(Kind.SZ, text))
