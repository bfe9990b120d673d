# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers of a host become its firewall; what is neither an answer nor proof of absence is refused."""

from __future__ import annotations

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import StoreError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._firewall.port_entry import Slot
from ansible_collections.winsec.ipsec.plugins.plugin_utils._firewall.state import (
    GROUP_KEY,
    POLICIES_KEY,
    POLICY_KEY,
    QUESTIONS,
    RULES_KEY,
    Firewall,
    read_firewall,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.queries import Section

MISSING = Section("ERROR: The system was unable to find the specified registry key or value.\r\n", 1)
RUNNING = Section("        TYPE               : 20  WIN32_SHARE_PROCESS\r\n        STATUS    : 4  RUNNING\r\n", 0)
STOPPED = Section("        TYPE               : 20  WIN32_SHARE_PROCESS\r\n        STATUS    : 1  STOPPED\r\n", 0)
RULE = "v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=50|Name=ESP|"


def key(path: str, *values: tuple[str, str, str], below: tuple[str, ...] = ()) -> str:
    full = path.replace("HKLM", "HKEY_LOCAL_MACHINE")
    lines = [f"    {name}    {kind}    {data}" for name, kind, data in values]
    return "\r\n".join(["", full, *lines, "", *(rf"{full}\{name}" for name in below), ""])


def sections(**changes: Section | str) -> dict[str, Section]:
    parent = key(POLICY_KEY, below=("DomainProfile", "FirewallRules", "PublicProfile", "StandardProfile"))
    on = ("EnableFirewall", "REG_DWORD", "0x1")
    found = {
        "version": Section("Microsoft Windows [Version 10.0.14393]\r\n", 0),
        "policy": Section(parent, 0),
        "rules": Section(key(RULES_KEY, ("{1}", "REG_SZ", RULE), ("{2}", "REG_SZ", "rubbish")), 0),
        "domain": Section(key(rf"{POLICY_KEY}\DomainProfile", on), 0),
        "private": Section(key(rf"{POLICY_KEY}\StandardProfile", on), 0),
        "public": Section(key(rf"{POLICY_KEY}\PublicProfile", ("EnableFirewall", "REG_DWORD", "0x0")), 0),
        "group": MISSING,
        "policies": Section(key(POLICIES_KEY, below=("Windows",)), 0),
        "service": RUNNING,
        "code_page": Section("", 1),
        "older_service": STOPPED,
    }
    assert set(found) == set(QUESTIONS.commands)
    given = {name: Section(text, 0) if isinstance(text, str) else text for name, text in changes.items()}
    return found | given


def read(**changes: Section | str) -> Firewall:
    return read_firewall(sections(**changes))


def test_rules_and_profiles() -> None:
    found = read()
    assert [(name, str(rule)) for name, rule in found.rules] == [("{1}", RULE)]
    assert (found.running, found.has_rules) == (True, True)
    assert found.on == {"domain": True, "private": True, "public": False}
    assert found.local_counts == {"domain": True, "private": True, "public": True}
    assert found.to_data()["firewall"] == {
        "running": True,
        "profiles": {
            "domain": {"on": True, "local_rules_count": True},
            "private": {"on": True, "local_rules_count": True},
            "public": {"on": False, "local_rules_count": True},
        },
    }


def test_group_policy_wins_and_is_read() -> None:
    group = "\r\n".join(
        [
            key(rf"{GROUP_KEY}\DomainProfile", ("AllowLocalPolicyMerge", "REG_DWORD", "0x0")),
            key(rf"{GROUP_KEY}\StandardProfile", ("EnableFirewall", "REG_DWORD", "0x0")),
            key(rf"{GROUP_KEY}\PublicProfile", ("EnableFirewall", "REG_DWORD", "0x1")),
            key(rf"{GROUP_KEY}\FirewallRules", ("a", "REG_SZ", RULE)),
        ]
    )
    found = read(group=group)
    assert found.on == {"domain": True, "private": False, "public": True}
    assert found.local_counts == {"domain": False, "private": True, "public": True}
    assert [str(rule) for rule in found.group_rules] == [RULE]


def test_before_vista() -> None:
    listed = key(rf"{POLICY_KEY}\DomainProfile\GloballyOpenPorts\List", ("500:UDP", "REG_SZ", "500:UDP:*:Enabled:x"))
    group = key(rf"{GROUP_KEY}\StandardProfile\GloballyOpenPorts", ("AllowUserPrefMerge", "REG_DWORD", "0x0"))
    found = read(
        version="Microsoft Windows [Version 5.2.3790]\r\n",
        policy=key(POLICY_KEY, below=("DomainProfile", "StandardProfile")),
        rules=MISSING,
        public=MISSING,
        domain=key(rf"{POLICY_KEY}\DomainProfile") + listed,
        group=group,
        service=Section("[SC] 1060\r\n", 36),
        older_service=RUNNING,
    )
    assert (found.has_rules, found.running, found.rules) == (False, True, ())
    assert found.on == {"domain": None, "standard": True}
    assert found.local_counts == {"domain": True, "standard": False}
    assert [(slot, port, entry.name) for (slot, port), entry in found.entries.items()] == [(Slot.DOMAIN, 500, "x")]


def test_services() -> None:
    assert not read(service=STOPPED).running
    assert not read(service=Section("[SC] 1060\r\n", 36), older_service=RUNNING).running


@pytest.mark.parametrize("name", ["policy", "rules", "domain", "public"])
def test_silence_is_no_proof(name: str) -> None:
    with pytest.raises(StoreError):
        read(**{name: MISSING})


def test_an_unreadable_group_policy_is_refused() -> None:
    with pytest.raises(StoreError):
        read(policies=MISSING)
    with pytest.raises(StoreError):
        read(policies=key(POLICIES_KEY, below=("Windows", "WindowsFirewall")))
