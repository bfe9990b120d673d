# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host told about its own firewall: rules, exceptions, whether it is on, and what the domain says about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .._common.errors import StoreError
from .._windows.firewall_keys import GROUP_KEY, GROUP_PROFILES, LOCAL_PROFILES, POLICIES_KEY, POLICY_KEY, setting
from .._windows.queries import CODE_PAGE_QUESTION, Questions, Section
from .._windows.registry.query import Key, Keys, lists_key, parse_answer
from .._windows.rule_string import Profile, RuleString, parse_rule
from .._windows.services import RUNNING, read_state
from .._windows.versions import WindowsVersion, parse_ver
from .port_entry import Entry, Slot, parse_entry

RULES_KEY = rf"{POLICY_KEY}\FirewallRules"

_SLOT_KEYS = {Slot.DOMAIN: "DomainProfile", Slot.STANDARD: "StandardProfile"}

# No path holds a blank, so that none needs quotes.
QUESTIONS = Questions(
    {
        "version": "ver",
        **CODE_PAGE_QUESTION,
        "policy": f"reg.exe query {POLICY_KEY}",
        "rules": f"reg.exe query {RULES_KEY}",
        **{profile.value: f"reg.exe query {path} /s" for profile, path in LOCAL_PROFILES.items()},
        "group": f"reg.exe query {GROUP_KEY} /s",
        "policies": f"reg.exe query {POLICIES_KEY}",
        "service": "sc.exe query MpsSvc",
        "older_service": "sc.exe query SharedAccess",
    }
)

_VISTA = (6, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Firewall:
    """The firewall of a host as it was read.

    ``rules`` are the local ones, by their registry names; ``group_rules`` those of the domain. ``entries`` are the UDP
    exceptions before Vista. ``on`` and ``local_counts`` (whether the domain lets local rules count) are by profile,
    None where nothing says so. Values that are no rule are left out.

    [ledger: fw-profiles-local-off]

    [ledger: fw-group-rules-add]
    """

    version: WindowsVersion
    running: bool
    on: Mapping[str, bool | None]
    local_counts: Mapping[str, bool]
    rules: tuple[tuple[str, RuleString], ...] = ()
    group_rules: tuple[RuleString, ...] = ()
    entries: Mapping[tuple[Slot, int], Entry]

    @property
    def has_rules(self) -> bool:
        """Whether this is the firewall with rules (``netsh advfirewall``, from Vista on)."""
        return has_rules(self.version)

    def to_data(self) -> dict[str, object]:
        """Return the facts about the host as plain data."""
        return {
            "version": str(self.version),
            "product": self.version.name,
            "firewall": {
                "running": self.running,
                "profiles": {
                    name: {"on": on, "local_rules_count": self.local_counts[name]} for name, on in self.on.items()
                },
            },
        }


def has_rules(version: WindowsVersion) -> bool:
    """Whether a version has the firewall with rules for any protocol and both directions: from Vista on.

    [ledger: fw-2003-context]
    """
    return (version.major, version.minor) >= _VISTA


def read_firewall(sections: Mapping[str, Section]) -> Firewall:
    """Return the firewall that the answers to ``QUESTIONS`` describe.

    Raises :class:`StoreError` when a section is neither an answer nor proof that there is nothing to tell.
    """
    version = parse_ver(sections["version"].text)
    parent = sections["policy"]
    if parent.code != 0:
        remedy = "Connect as an administrator of the host; Server 2003 needs Service Pack 1."
        raise StoreError("firewall", "not readable", f"the key {POLICY_KEY}", remedy)
    local: dict[str, Key] = {}
    rules = _child(sections["rules"], parent, RULES_KEY)
    for profile, path in LOCAL_PROFILES.items():
        local |= {
            key.path.rpartition("FirewallPolicy\\")[2].casefold(): key
            for key in _keys(_child(sections[profile], parent, path))
        }
    group = _child(sections["group"], sections["policies"], GROUP_KEY)
    group_rules = [rule for _name, rule in _rules(_part(group, rf"{GROUP_KEY}\FirewallRules"))]
    service = sections["service"] if has_rules(version) else sections["older_service"]
    if has_rules(version):
        on = {profile.value: _on(local, group, profile) for profile in Profile}
        counts = {
            profile.value: setting(group, GROUP_PROFILES[profile], "AllowLocalPolicyMerge") != 0 for profile in Profile
        }
    else:
        on = {slot.value.lower(): _on(local, group, min(slot.profiles)) for slot in Slot}
        counts = {
            slot.value.lower(): setting(group, (rf"{GROUP_KEY}\{key}\GloballyOpenPorts",), "AllowUserPrefMerge") != 0
            for slot, key in _SLOT_KEYS.items()
        }
    return Firewall(
        version=version,
        running=read_state(service) == RUNNING,  # no such service: not running
        on=on,
        local_counts=counts,
        rules=tuple(_rules(rules)),
        group_rules=tuple(group_rules),
        entries=dict(_entries(local)),
    )


def _child(section: Section, parent: Section, path: str) -> Keys | None:
    """Return what a query printed, None when the parent key proves that there is no such key."""
    if section.code == 0:
        return parse_answer(section.text)
    if parent.code == 0 and not lists_key(parent.text, path):
        return None
    expected = f"what is below {path}, or proof that there is no such key"
    raise StoreError("firewall", "not readable", expected, "Connect as an administrator of the host.")


def _keys(keys: Keys | None) -> Iterator[Key]:
    yield from keys.values() if keys is not None else ()


def _part(keys: Keys | None, path: str) -> Keys | None:
    return Keys({path: keys[path].values}) if keys is not None and path in keys else None


def _rules(keys: Keys | None) -> Iterator[tuple[str, RuleString]]:
    """Yield the rules by the names of their values."""
    for key in _keys(keys):
        for name, value in key.values.items():
            rule = parse_rule(value.data) if isinstance(value.data, str) else None
            if rule is not None:
                yield name, rule


def _on(local: Mapping[str, Key], group: Keys | None, profile: Profile) -> bool | None:
    """Return whether the firewall is on in a profile: the domain's word comes first."""
    found = setting(group, GROUP_PROFILES[profile], "EnableFirewall")
    if found is None:
        key = local.get(LOCAL_PROFILES[profile].rpartition("\\")[2].casefold())
        value = key.value("EnableFirewall") if key is not None else None
        found = value.data if value is not None and isinstance(value.data, int) else None
    return None if found is None else found != 0


def _entries(local: Mapping[str, Key]) -> Iterator[tuple[tuple[Slot, int], Entry]]:
    for slot, name in _SLOT_KEYS.items():
        key = local.get(rf"{name}\GloballyOpenPorts\List".casefold())
        for value in key.values.values() if key is not None else ():
            entry = parse_entry(value.data) if isinstance(value.data, str) else None
            if entry is not None:
                yield (slot, entry.port), entry
