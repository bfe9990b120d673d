# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host is asked about connection security, in one command, and what its answers mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .._common.errors import StoreError
from .._windows.firewall_keys import GROUP_KEY, GROUP_PROFILES, LOCAL_PROFILES, POLICIES_KEY, POLICY_KEY, setting
from .._windows.queries import CODE_PAGE_QUESTION, Questions, Section
from .._windows.registry.query import Keys, lists_key, parse_answer
from .._windows.rule_string import Profile
from .._windows.services import RUNNING, read_state
from .._windows.versions import WindowsVersion, parse_ver
from .model import ProfileState, State, Store
from .schema import Schema, schema_of
from .store import read_store

# The firewall, its engine, key exchange: without them no rule works.
SERVICES = ("MpsSvc", "BFE", "IKEEXT")

# Where the other engine, IP Security Policies, says which policy is assigned, by the host and by its domain.
_ASSIGNED = {
    "assigned": (rf"{POLICIES_KEY}\Windows\IPSec\Policy\Local", "ActivePolicy"),
    "domain_assigned": (rf"{POLICIES_KEY}\Windows\IPSec\GPTIPSECPolicy", "DSIPSECPolicyPath"),
}

# What stands below the key of the firewall, which on a host of today holds a megabyte of other rules besides. Documents
# differ on the plural of sets (MS-GPFAS 2.2.4, 2.2.5) [ledger: cs-set-keys-spelling]. Two spellings are not asked for,
# and a host that has them is refused, since the line that asks has to fit into what Ansible makes of it for WinRM.
_WHOLE = (
    *("ConSecRules", "MainModeRules", "Phase1AuthenticationSets", "Phase2AuthenticationSets"),
    *("Phase1CryptoSet", "Phase1CryptoSets", "Phase2CryptoSets", "Phase2CryptoSet"),
)
_NOT_ASKED = ("Phase1AuthenticationSet", "Phase2AuthenticationSet")
_LOCAL = {
    f"l{index}": path
    for index, path in enumerate((*(f"{POLICY_KEY}\\{name} /s" for name in _WHOLE), *LOCAL_PROFILES.values()))
}

# No path holds a blank, so that none needs quotes. Of the group policy the whole key: not all of its names are
# documented.
QUESTIONS = Questions(
    {
        "version": "ver",
        **CODE_PAGE_QUESTION,
        "local": f"reg.exe query {POLICY_KEY}",
        **{name: f"reg.exe query {path}" for name, path in _LOCAL.items()},
        "group": f"reg.exe query {GROUP_KEY} /s",
        "policies": f"reg.exe query {POLICIES_KEY}",
        **{name.lower(): f"sc.exe query {name}" for name in SERVICES},
        **{name: f"reg.exe query {path} /v {value}" for name, (path, value) in _ASSIGNED.items()},
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host as it was read. ``schema`` is None where Windows has no connection security rules: before Vista.

    ``policy_in_force`` says which policy of *IP Security Policies* is assigned, empty for none.
    """

    version: WindowsVersion
    schema: Schema | None
    state: State
    local: Store
    group: Store
    policy_in_force: str = ""

    @property
    def supported(self) -> bool:
        """Whether this Windows has connection security rules."""
        return self.schema is not None

    def to_data(self) -> dict[str, object]:
        """Return the facts about the host, without its rules, as plain data."""
        return {
            "version": str(self.version),
            "product": self.version.name,
            "supported": self.supported,
            "why_not": "" if self.supported else "Connection security rules exist from Windows Server 2008 on.",
            "schema": "" if self.schema is None else f"{self.schema[0]}.{self.schema[1]}",
            "services": {name: {"running": running} for name, running in self.state.services.items()},
            "profiles": {
                name: {"on": each.on, "local_rules_count": each.local_rules_count}
                for name, each in self.state.profiles.items()
            },
            "policy_in_force": self.policy_in_force,
        }


def read_host(sections: Mapping[str, Section]) -> Host:
    """Return the host that the answers to ``QUESTIONS`` describe.

    Raises :class:`StoreError` when a section is neither an answer nor proof that there is nothing to tell.
    """
    version = parse_ver(sections["version"].text)
    schema = schema_of(version)
    if schema is None:
        return Host(version=version, schema=None, state=State(services={}, profiles={}), local=Store(), group=Store())
    local = _local_keys(sections)
    group = _group_keys(sections)
    return Host(
        version=version,
        schema=schema,
        state=State(
            services={name: read_state(sections[name.lower()]) == RUNNING for name in SERVICES},
            profiles={profile.value: _profile(local, group, profile) for profile in Profile},
        ),
        local=read_store(local, POLICY_KEY, schema),
        group=read_store(group, GROUP_KEY, schema),
        policy_in_force=_policy_in_force(sections),
    )


def _policy_in_force(sections: Mapping[str, Section]) -> str:
    """Return which policy of the other engine is assigned; that of the domain wins over that of the host."""
    for name, what in (("domain_assigned", "a policy of the domain"), ("assigned", "a policy of the host")):
        section, (_path, value) = sections[name], _ASSIGNED[name]
        keys = parse_answer(section.text).values() if section.code == 0 else ()
        found = [each.value(value) for each in keys]
        if any(each is not None and each.data for each in found):
            return what
    return ""


def _local_keys(sections: Mapping[str, Section]) -> Keys:
    """Return the keys of the host itself; those that its key of the firewall does not list are not there."""
    parent = sections["local"]
    if parent.code != 0:
        raise _unreadable(POLICY_KEY)
    texts = [parent.text]
    for name, path in _LOCAL.items():
        if sections[name].code == 0:
            texts.append(sections[name].text)
        elif lists_key(parent.text, path.removesuffix(" /s")):
            raise _unreadable(path.removesuffix(" /s"))
    for name in _NOT_ASKED:
        if lists_key(parent.text, f"{POLICY_KEY}\\{name}"):
            raise _unreadable(f"{POLICY_KEY}\\{name}")
    return parse_answer("\n".join(texts))


def _group_keys(sections: Mapping[str, Section]) -> Keys | None:
    """Return the keys of the group policy, None when their parent proves that there are none."""
    if sections["group"].code == 0:
        return parse_answer(sections["group"].text)
    if sections["policies"].code == 0 and not lists_key(sections["policies"].text, GROUP_KEY):
        return None
    raise _unreadable(GROUP_KEY)


def _unreadable(path: str) -> StoreError:
    expected = f"what is below {path}, or proof that there is no such key"
    return StoreError("connection security", "not readable", expected, "Connect as an administrator of the host.")


def _profile(local: Keys, group: Keys | None, profile: Profile) -> ProfileState:
    """Return the state of a profile: the word of the group policy comes first."""
    on = setting(group, GROUP_PROFILES[profile], "EnableFirewall")
    if on is None:
        on = setting(local, (LOCAL_PROFILES[profile],), "EnableFirewall")
    merged = setting(group, GROUP_PROFILES[profile], "AllowLocalIPsecPolicyMerge")
    return ProfileState(None if on is None else on != 0, merged != 0)
