# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module connection_security_info as a task, on hosts whose registry has rules that are written here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from lab_runner import SERVICES, LabConnection, run, state_of
from winrm_runner import WINRS, Controller

from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._consec.stores import (
    FIRST_ID,
    PRIMARY_QUICK,
    QUICK_ID,
    QUICK_SET,
    RULE,
    RULE_ID,
    WHOLE,
)
from winlab.host import Host
from winlab.lab import HostSpec, Lab
from winlab.registry import Kind, Value

Data = dict[str, Any]
LOCAL = rf"{SERVICES}\SharedAccess\Parameters\FirewallPolicy"
GROUP = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\WindowsFirewall"
LATER = ["2008R2", "2016", "2025"]
CANARY = "canary-7f3a9zq"


def plant(host: Host, parts: Mapping[str, Mapping[str, str]], root: str = LOCAL) -> Host:
    """Put keys with texts into the registry of a host."""
    for path, values in parts.items():
        host.registry.create(rf"{root}\{path}")
        for name, text in values.items():
            host.registry.set(rf"{root}\{path}", name, Value(Kind.SZ, text))
    return host


def ask(host: Host, **args: str) -> Data:
    """Return what the module says; a host is asked once and told nothing."""
    before = state_of(host)
    connection = LabConnection(host)
    found = run(connection, "connection_security_info", args)
    assert len(connection.sent) == 1
    assert not found["changed"]
    assert state_of(host) == before
    json.dumps(found)
    return found


@pytest.mark.parametrize("version", LATER)
def test_a_host_without_rules(version: str) -> None:
    found = ask(Host.create("h", version))
    assert found["host"]["supported"]
    assert found["host"]["profiles"]["domain"] == {"on": True, "local_rules_count": True}
    assert (found["config"]["rules"], found["config"]["main_mode_rules"], found["unmanaged"]) == ([], [], [])
    assert found["config"] == found["group_policy"]


@pytest.mark.parametrize("version", LATER)
def test_both_stores(version: str) -> None:
    host = plant(plant(Host.create("h", version), WHOLE), WHOLE, GROUP)
    found = ask(host)
    assert found["unmanaged"] == []
    assert found["config"] == found["group_policy"]
    (rule,) = found["config"]["rules"]
    assert (rule["id"], rule["name"], rule["quick_mode"]) == (RULE_ID, "web-backend", QUICK_ID)
    assert (rule["endpoint1"], rule["endpoint2"]) == ([], ["192.0.2.10", "192.0.2.11"])
    assert [each["name"] for each in found["config"]["main_mode_rules"]] == ["web-mm"]
    sets = found["config"]["sets"]
    assert [each["esp_encryption"] for each in sets["quick_mode"][0]["suites"]] == ["aesgcm256", "aes256"]
    assert sets["main_mode"][0]["sessions"] == 0


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_host_before_vista_has_none_and_says_so(check_mode: bool) -> None:
    found = run(Host.create("h", "2003"), "connection_security_info", {}, check_mode=check_mode)
    assert (found["host"]["supported"], found["host"]["schema"]) == (False, "")
    assert "Server 2008" in found["host"]["why_not"]
    assert (found["config"]["rules"], found["unmanaged"]) == ([], [])


def test_the_locks_of_a_group_policy() -> None:
    host = Host.create("h", "2016")
    for key in ("DomainProfile", "PublicProfile"):
        host.registry.set(rf"{GROUP}\{key}", "AllowLocalIPsecPolicyMerge", Value(Kind.DWORD, 0))
    host.registry.set(rf"{LOCAL}\StandardProfile", "EnableFirewall", Value(Kind.DWORD, 0))
    profiles = ask(host)["host"]["profiles"]
    assert {name: each["local_rules_count"] for name, each in profiles.items()} == {
        "domain": False,
        "private": True,
        "public": False,
    }
    assert {name: each["on"] for name, each in profiles.items()} == {"domain": True, "private": False, "public": True}


def test_a_primary_set_of_the_group_policy_has_another_name() -> None:
    host = plant(Host.create("h", "2025"), {**QUICK_SET, "Phase2CryptoSets": {PRIMARY_QUICK: QUICK_ID}}, GROUP)
    found = ask(host)["group_policy"]
    assert (found["defaults"]["quick_mode"]["id"], found["sets"]["quick_mode"]) == (QUICK_ID, [])


@pytest.mark.parametrize("root", [LOCAL, GROUP])
@pytest.mark.parametrize("version", LATER)
def test_no_key_comes_out(version: str, root: str) -> None:
    values = {"Method": "MachineSHKey", "SHKey": CANARY, "Old": CANARY}
    parts = {**WHOLE, rf"Phase1AuthenticationSets\{FIRST_ID}\0000": values}
    found = ask(plant(Host.create("h", version), parts, root), query="sets")
    assert "7f3a9zq" not in repr(found)
    shown = found["config" if root == LOCAL else "group_policy"]["sets"]["first_authentication"][0]
    assert [each["method"] for each in shown["suites"]] == ["computerpsk", "computerkerb"]


def test_what_is_in_doubt_is_listed_with_the_reason() -> None:
    tunnel = RULE.replace("Protocol=6|", "").replace("EP1Port=80|", "RTunnel4=192.0.2.1|LTunnel4=192.0.2.2|")
    host = plant(Host.create("h", "2025"), {**WHOLE, "ConSecRules": {"tunnel": tunnel, "damaged": "v2.33|Action"}})
    damaged, rule = sorted(ask(host)["unmanaged"], key=lambda each: each["id"])
    assert (rule["store"], rule["kind"], rule["known"], rule["name"]) == ("local", "rules", False, "web-backend")
    assert [each["option"] for each in rule["reasons"]] == ["local_tunnel_endpoint", "remote_tunnel_endpoint"]
    assert (damaged["kind"], damaged["known"]) == ("rules", False)


def test_a_query() -> None:
    host = plant(Host.create("h", "2016"), WHOLE)
    assert ask(host, query="rules[?enabled].name")["answer"] == ["web-backend"]
    assert ask(host, query="host.schema")["answer"] == "2.26"
    with pytest.raises(AnsibleActionFail, match="query is"):
        run(host, "connection_security_info", {"query": "rules[?"})


def test_a_store_that_cannot_be_read() -> None:
    host = Host.create("h", "2016")
    host.registry.delete_key(LOCAL)
    with pytest.raises(AnsibleActionFail, match=r"FirewallPolicy.*administrator"):
        run(host, "connection_security_info", {})


# Windows Server 2003 has neither PowerShell remoting nor sshd.
WAYS = [("2003", "winrm"), ("2003", WINRS)]
WAYS += [(version, connection) for version in ("2016", "2025") for connection in ("winrm", WINRS, "psrp", "ssh")]


@pytest.mark.parametrize(("version", "connection"), WAYS)
def test_over_a_connection(version: str, connection: str) -> None:
    ssh = "cmd" if connection == "ssh" else None
    with Lab([HostSpec(name="a", version=version, language="de", ssh=ssh)], connection=connection) as lab:
        plant(lab.hosts["a"].host, WHOLE)
        found = Controller(lab.hosts["a"], variables=lab.variables("a")).run("connection_security_info", {})
    assert found["host"]["supported"] is (version != "2003")
    assert [each["name"] for each in found["config"]["rules"]] == (["web-backend"] if version != "2003" else [])
    assert found["unmanaged"] == []
