# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts whose registry lacks what most have: no firewall rule, no local store, empty keys of withdrawn policies."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from hypothesis import given
from hypothesis import strategies as st
from lab_runner import IPSEC, SERVICES, LabConnection, run, state_of

from winlab import shell
from winlab.host import Host
from winlab.registry import Kind, Value
from winlab.shell import CodeOfLine, ShellOptions
from winlab.store import policy_store

pytestmark = pytest.mark.slow

Data = dict[str, Any]
LATER = ["2008R2", "2016", "2025"]
LOCAL = rf"{IPSEC}\Policy\Local"
GROUP_FIREWALL = r"HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall"
CONFIG = {
    "filter_lists": [{"name": "Web", "filters": [{"destination": "10.0.0.1", "protocol": "tcp"}]}],
    "filter_actions": [
        {
            "name": "Secure",
            "action": "negotiate",
            "security_methods": [{"esp_encryption": "3des", "esp_integrity": "sha1"}],
        }
    ],
    "policies": [
        {"name": "Front", "rules": [{"name": "Web", "filter_list": "Web", "filter_action": "Secure"}]},
    ],
    "assigned": "Front",
}


def settles(host: Host, module: str, args: Data) -> Data:
    """Run a task twice; the second time nothing is left to do. Return the result of the first."""
    done = run(host, module, args)
    assert done["changed"]
    assert not run(host, module, args)["changed"]
    return done


@pytest.mark.parametrize("version", LATER)
def test_a_firewall_without_any_rule(version: str) -> None:
    host = Host.create("h", version)
    assert shell.run(host, "netsh advfirewall firewall delete rule name=all", b"").code == 0
    done = settles(host, "firewall", {"peers": ["10.0.1.20"]})
    assert done["before"] == []
    assert run(host, "firewall", {"peers": [], "state": "absent"})["changed"]
    assert run(host, "firewall", {"peers": ["10.0.1.20"]}, check_mode=True)["changed"]


@pytest.mark.parametrize("key", ["DomainProfile", "StandardProfile", "PublicProfile"])
def test_a_firewall_with_an_empty_profile(key: str) -> None:
    host = Host.create("h", "2016")
    profile = rf"{SERVICES}\SharedAccess\Parameters\FirewallPolicy\{key}"
    host.registry.delete_key(profile)
    host.registry.create(profile)
    done = settles(host, "firewall", {"peers": ["10.0.1.20"]})
    assert [each["on"] for each in done["host"]["firewall"]["profiles"].values()].count(None) == 1


@pytest.mark.parametrize("version", LATER)
def test_a_group_policy_of_the_firewall_that_was_withdrawn(version: str) -> None:
    host = Host.create("h", version)
    host.registry.create(GROUP_FIREWALL)
    settles(host, "firewall", {"peers": ["10.0.1.20"]})


def domain_only(host: Host) -> None:
    """The policy of the domain is all there is."""
    host.registry.delete_key(rf"{IPSEC}\Policy")
    policy_store(host).add_foreign("domain_policy", name="Corporate")
    host.registry.set(rf"{IPSEC}\Policy\Cache", "x", Value(Kind.DWORD, 1))


def policy_key_alone(host: Host) -> None:
    """A published script makes this key and nothing below it."""
    host.registry.delete_key(IPSEC)
    host.registry.create(rf"{IPSEC}\Policy")


def local_deleted(host: Host) -> None:
    """The first step of KB 912023, and of public repair scripts."""
    host.registry.create(LOCAL)
    host.registry.delete_key(LOCAL)


def empty(host: Host) -> None:
    """Nothing below it, and no value in it: reg query /s prints an empty line."""
    host.registry.delete_key(IPSEC)
    host.registry.create(IPSEC)


def gone(host: Host) -> None:
    """Not even the key."""
    host.registry.delete_key(IPSEC)


STATES = pytest.mark.parametrize("state", [domain_only, policy_key_alone, local_deleted, empty, gone])


@STATES
@pytest.mark.parametrize("version", LATER)
def test_no_local_store_is_an_empty_one(version: str, state: Any) -> None:
    host = Host.create("h", version)
    state(host)
    shown = run(host, "policies_info", {})
    assert (shown["config"]["policies"], shown["config"]["filter_lists"], shown["unmanaged"]) == ([], [], [])
    domain = "Corporate" if state is domain_only else ""
    assert shown["host"]["domain_policy"] == domain
    assert run(host, "sa_info", {})["host"]["domain_policy"] == domain
    settles(host, "policies", {"config": CONFIG, "allow_domain_policy": True})
    assert policy_store(host).assigned_policy() == "Front"
    assert run(host, "policies_info", {})["host"]["domain_policy"] == domain


@STATES
@pytest.mark.parametrize("module", ["policies_info", "policies", "sa_info"])
def test_before_vista_a_missing_store_is_named(state: Any, module: str) -> None:
    """KB 912023: the driver goes into block mode without it, so nothing that is put into such a store would work."""
    host = Host.create("h", "2003")
    state(host)
    before = state_of(host)
    connection = LabConnection(host)
    with pytest.raises(AnsibleActionFail, match=r"Policy\\Local, without which .* block mode .*KB 912023"):
        run(connection, module, {"config": CONFIG} if module == "policies" else {})
    assert connection.netsh_lines() == connection.service_lines() == []
    assert state_of(host) == before


@given(
    version=st.sampled_from(LATER),
    made=st.lists(
        st.sampled_from(["Policy", r"Policy\Local", r"Policy\Cache", r"Policy\Local\Other", "GPTIPSECPolicy", "Else"])
    ),
    valued=st.booleans(),
)
def test_whichever_keys_are_there_the_store_is_read(version: str, made: list[str], valued: bool) -> None:
    host = Host.create("h", version)
    host.registry.delete_key(IPSEC)
    for name in made:
        host.registry.create(rf"{IPSEC}\{name}")
        if valued:
            host.registry.set(rf"{IPSEC}\{name}", "Odd", Value(Kind.SZ, "text"))
    shown = run(host, "policies_info", {})["config"]
    assert (shown["policies"], shown["assigned"]) == ([], "")
    settles(host, "policies", {"config": CONFIG})


class ErrorLevel(LabConnection):
    """A host whose ``cmd /c`` ends with the error level, as Wine's does."""

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        """Run one command line to its end."""
        done = shell.run(self.host, cmd, in_data, ShellOptions(code_of_line=CodeOfLine.ERRORLEVEL))
        return done.code, done.stdout, done.stderr


@pytest.mark.parametrize("version", ["2003", *LATER])
@pytest.mark.parametrize(("module", "args"), [("firewall", {"peers": ["10.0.1.20"]}), ("policies", {"config": CONFIG})])
def test_the_answer_behind_netsh_does_not_hang_on_an_error_level(version: str, module: str, args: Data) -> None:
    """The last question of the firewall is about a service that later versions do not have: error level 1060."""
    results = []
    for kind in (LabConnection, ErrorLevel):
        connection = kind(Host.create("h", version))
        done = run(connection, module, args)
        assert not run(connection, module, args)["changed"]
        results.append({key: value for key, value in done.items() if key != "host"})
    assert results[0] == results[1]


@pytest.mark.parametrize("version", ["2003", "2016"])
def test_fresh_keys_of_main_mode_and_the_limit_that_netsh_sets_with_them(version: str) -> None:
    host = Host.create("h", version)
    plain = {"name": "P"}
    fresh = {"name": "P", "main_mode": {"perfect_forward_secrecy": True}}
    settles(host, "policy", plain)
    for module, args in (
        ("policy", fresh),
        ("policies", {"config": {"policies": [{**fresh, "description": "a"}]}}),
        ("policies", {"config": {"policies": [{**fresh, "description": "b"}]}, "state": "replaced"}),
    ):
        after = settles(host, module, args)["after"]
        policy = after if module == "policy" else next(each for each in after["policies"] if each["name"] == "P")
        assert policy["main_mode"]["quick_modes"] == 1
    # Back, and what the limit was then.
    settles(host, "policy", {"name": "P", "main_mode": {"perfect_forward_secrecy": False, "quick_modes": 7}})
    connection = LabConnection(host)
    with pytest.raises(AnsibleActionFail, match=r"main_mode\.quick_modes is 7: expected 1 beside .*Say quick_modes: 1"):
        run(connection, "policy", fresh)
    assert connection.netsh_lines() == []


@pytest.mark.parametrize("limit", [0, 1, 5])
@pytest.mark.parametrize("state", ["merged", "replaced", "overridden"])
def test_whatever_limit_others_stored_beside_fresh_keys_it_is_shown_and_settled(limit: int, state: str) -> None:
    host = Host.create("h", "2016")
    run(host, "policies", {"config": CONFIG})
    store = policy_store(host)
    key = store.policies.require("Front")
    mode = store.policies.mode(key)
    store.policies.set_mode(key, type(mode)(mode.methods, mode.lifetime_seconds, limit, True))
    config = run(host, "policies_info", {})["config"]
    (policy,) = config["policies"]
    assert policy["main_mode"]["perfect_forward_secrecy"] is True
    assert policy["main_mode"]["quick_modes"] == (limit or 1)
    assert not run(host, "policies", {"config": config, "state": state})["changed"]
    # Everything but the settings themselves can be changed beside it.
    config["policies"][0]["rules"][0]["description"] = "new"
    settles(host, "policies", {"config": config, "state": state})
