# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules connection_security and connection_security_rule as tasks, against simulated hosts."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from lab_runner import SERVICES, LabConnection, run, state_of, tree

from winlab.host import Host
from winlab.registry import Kind, Value

Data = dict[str, Any]
RULES = rf"{SERVICES}\SharedAccess\Parameters\FirewallPolicy"
GROUP = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\WindowsFirewall"
VERSIONS = ["2008R2", "2012R2", "2016", "2025"]
KEY = "harbour-7f3a9zq"
WEB = {
    "name": "Web to SQL",
    "action": "requireinrequireout",
    "endpoint2": ["192.0.2.10", "192.0.2.11"],
    "port1": ["1433"],
    "protocol": "tcp",
    "first_authentication": [
        {"method": "computercert", "authority": "C=DE, O=Example, CN=Root CA", "certificate_mapping": True},
        {"method": "computerkerb"},
    ],
    "second_authentication": [{"method": "userkerb"}],
    "quick_mode": {
        "suites": [
            {"esp_encryption": "aesgcm256"},
            {"esp_integrity": "sha256", "esp_encryption": "aes256", "lifetime_minutes": 30},
        ],
        "perfect_forward_secrecy": "ecdhp384",
    },
}
EXEMPT = {"name": "management", "action": "noauthentication", "endpoint2": ["198.51.100.0/24"], "profiles": ["domain"]}
SHARED = {
    "name": "old peers",
    "description": "until they are gone",
    "action": "requestinrequestout",
    "endpoint2": ["203.0.113.1-203.0.113.9"],
    "interface_types": ["ras"],
    "first_authentication": [{"method": "computerpsk", "preshared_key": KEY}],
    "enabled": False,
}
MAIN = {
    "name": "strong key exchange",
    "endpoint2": ["192.0.2.0/24"],
    "first_authentication": [{"method": "computerkerb"}],
    "main_mode": {
        "suites": [{"key_exchange": "ecdhp384", "encryption": "aes256", "integrity": "sha384"}],
        "lifetime_minutes": 60,
        "sessions": 5,
    },
}
DEFAULTS = {
    "main_mode": {"suites": [{"key_exchange": "dhgroup14", "encryption": "aes256", "integrity": "sha256"}]},
    "settings": {
        "idle_seconds": 600,
        "crl_check": 1,
        "exemptions": ["icmp", "dhcp"],
        "through_nat": "serverbehindnat",
    },
}
DOCUMENT: Data = {"rules": [WEB, EXEMPT, SHARED], "main_mode_rules": [MAIN], "defaults": DEFAULTS}
FREE = {"allow_lockout": ["management"]}


def apply(host: Host | LabConnection, config: Data | None = None, **options: Any) -> Data:
    """Return the result of a task with a document; the flow that carries it may stop."""
    check_mode = options.pop("check_mode", False)
    args = {"config": DOCUMENT if config is None else config, **FREE, **options}
    return run(host, "connection_security", args, check_mode=check_mode, diff=True)


def rules_of(host: Host) -> Data:
    """Return the document of a host."""
    found: Data = run(host, "connection_security_info", {})
    assert found["unmanaged"] == []
    return found["config"]


def names(host: Host) -> dict[str, bool]:
    return {each["name"]: each["enabled"] for each in rules_of(host)["rules"]}


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_document_comes_to_be_and_stays(version: str, language: str) -> None:
    host = Host.create("h", version, language=language)
    before = state_of(host)
    predicted = apply(host, check_mode=True)
    assert state_of(host) == before
    done = apply(host)
    assert done["changed"]
    assert (predicted["commands"], predicted["before"], predicted["after"]) == (
        done["commands"],
        done["before"],
        done["after"],
    )
    assert names(host) == {"Web to SQL": True, "management": True, "old peers": False}
    again = apply(host)
    assert (again["changed"], again["commands"]) == (False, [])
    assert not apply(host, state="overridden")["changed"]
    assert not apply(host, state="replaced")["changed"]
    assert KEY not in repr((predicted, done, again))


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_shown_can_be_given_back(version: str) -> None:
    host = Host.create("h", version)
    apply(host)
    shown = rules_of(host)
    for state in ("merged", "replaced", "overridden"):
        assert apply(host, shown, state=state)["commands"] == [], state


def test_rules_are_compared_before_they_are_enabled() -> None:
    done = apply(Host.create("h", "2016"))
    first_enabled = next(index for index, line in enumerate(done["commands"]) if "new enable=yes" in line)
    last_added = max(index for index, line in enumerate(done["commands"]) if " add rule " in line)
    assert last_added < first_enabled
    assert all("enable=no" in line for line in done["commands"] if " add rule " in line)


def change_of(host: Host, rule: Data, **changes: Any) -> list[str]:
    done = apply(host, {"rules": [{**rule, **changes}]})
    assert not apply(host, {"rules": [{**rule, **changes}]})["changed"]
    assert set(names(host)) == {"Web to SQL", "management", "old peers"}
    commands: list[str] = done["commands"]
    return commands


CHANGES: list[tuple[Data, Data, int]] = [
    (WEB, {"action": "requestinrequestout"}, 1),
    (WEB, {"quick_mode": {"suites": [{"esp_encryption": "aesgcm128"}]}}, 1),
    (WEB, {"quick_mode": "default"}, 1),
    (WEB, {"description": "new"}, 1),
    (WEB, {"enabled": False}, 1),
    (WEB, {"endpoint2": ["192.0.2.12"]}, 4),
    (WEB, {"first_authentication": [{"method": "computerkerb"}]}, 4),
    (WEB, {"first_authentication": "default", "second_authentication": "none"}, 4),
    (WEB, {"port1": ["1433", "1434"]}, 4),
    (EXEMPT, {"action": "requestinrequestout"}, 4),
    (SHARED, {"enabled": True}, 1),
    (SHARED, {"enabled": True, "action": "requireinrequireout"}, 2),
    (SHARED, {"description": ""}, 3),
    (SHARED, {"first_authentication": [{"method": "computerpsk", "preshared_key": "another one"}]}, 3),
]


@pytest.mark.parametrize(("rule", "changes", "count"), CHANGES)
def test_a_change_of_one_rule(rule: Data, changes: Data, count: int) -> None:
    host = Host.create("h", "2016")
    apply(host)
    commands = change_of(host, rule, **changes)
    assert len(commands) == count


def test_a_key_stays_where_none_is_given() -> None:
    host = Host.create("h", "2016")
    apply(host)
    moved = {"name": "old peers", "endpoint2": ["203.0.113.1"], "first_authentication": [{"method": "computerpsk"}]}
    assert apply(host, {"rules": [moved]})["changed"]
    assert KEY in repr(tree(host, RULES))


def test_states() -> None:
    host = Host.create("h", "2019")
    apply(host)
    done = apply(host, {"rules": [{"name": "web TO sql", "port1": [1433], "protocol": "tcp"}]})
    assert done["commands"] == []
    done = apply(host, {"rules": [{"name": "management", "action": "noauthentication"}]}, state="replaced")
    assert len(done["commands"]) == 4
    done = apply(host, {"rules": [{"name": "old peers"}, {"name": "nobody"}]}, state="deleted")
    assert done["commands"] == ['advfirewall consec delete rule name="old peers"']
    done = apply(host, {"rules": [EXEMPT]}, state="overridden")
    assert rules_of(host)["main_mode_rules"] == []
    assert names(host) == {"management": True}


def test_one_rule() -> None:
    host = Host.create("h", "2022")
    args = {**WEB, **FREE}
    assert run(host, "connection_security_rule", args, check_mode=True)["changed"]
    assert run(host, "connection_security_rule", args)["changed"]
    assert not run(host, "connection_security_rule", args)["changed"]
    assert not run(host, "connection_security_rule", {"name": "Web to SQL", "port1": "1433"})["changed"]
    assert run(host, "connection_security_rule", {"name": "Web to SQL", "state": "absent"})["changed"]
    assert not run(host, "connection_security_rule", {"name": "Web to SQL", "state": "absent"})["changed"]
    assert names(host) == {}


def test_sets_that_rules_share() -> None:
    sets = {
        "first_authentication": [{"name": "ours", "suites": [{"method": "computerkerb"}]}],
        "quick_mode": [{"name": "strong", "suites": [{"esp_encryption": "aesgcm256"}]}],
    }
    rules = [
        {"name": f"r{n}", "action": "requireinrequireout", "endpoint2": f"192.0.2.{n}", "first_authentication": "Ours"}
        for n in (1, 2)
    ]
    config = {"sets": sets, "rules": [{**rule, "quick_mode": "strong"} for rule in rules]}
    host = Host.create("h", "2025")
    assert apply(host, config)["changed"]
    assert not apply(host, config)["changed"]


def test_a_rule_of_another_name_is_not_touched_and_namesakes_are_refused() -> None:
    host = Host.create("h", "2016")
    apply(host)
    twin = next(value for _name, value in host.registry.values(rf"{RULES}\ConSecRules") if "Web to SQL" in str(value))
    host.registry.set(rf"{RULES}\ConSecRules", "{0B0F6C1E-6E0C-4F0C-9C56-0B6B1C0F8009}", twin)
    before = state_of(host)
    with pytest.raises(AnsibleActionFail, match="a name that one rule of the host has"):
        apply(host, {"rules": [{"name": "Web to SQL", "description": "x"}]})
    with pytest.raises(AnsibleActionFail, match="Web to SQL"):
        apply(host, {"rules": [EXEMPT]}, state="overridden")
    assert state_of(host) == before
    assert apply(host, {"rules": [{"name": "management", "description": "x"}]})["changed"]


FOREIGN = "v2.30|Action=Secure|Name=by hand|Desc=|Active=TRUE|EP2_4=192.0.2.99|KeyMod=IkeV2|{}"
PRIMARY = "Auth1Set={E5A5D32A-4BCE-4e4d-B07F-4AB1BA7E5FE3}|Crypto2Set={E5A5D32A-4BCE-4e4d-B07F-4AB1BA7E5FE2}|"


def test_what_netsh_cannot_be_told_is_shown_judged_and_left() -> None:
    host = Host.create("h", "2022")
    apply(host)
    identity = "{0B0F6C1E-6E0C-4F0C-9C56-0B6B1C0F8009}"
    host.registry.set(rf"{RULES}\ConSecRules", identity, Value(Kind.SZ, FOREIGN.format(PRIMARY)))
    before = state_of(host)
    same = {"name": "by hand", "action": "requireinrequireout", "endpoint2": ["192.0.2.99"], "key_modules": ["ikev2"]}
    done = apply(host, {"rules": [same]})
    assert not done["changed"]
    assert [each["name"] for each in done["unmanaged"]] == ["by hand"]
    with pytest.raises(AnsibleActionFail, match="key module"):
        apply(host, {"rules": [{**same, "action": "requestinrequestout"}]})
    with pytest.raises(AnsibleActionFail, match="Put its name into the document"):
        apply(host, DOCUMENT, state="overridden")
    assert state_of(host) == before
    assert not apply(host, {**DOCUMENT, "rules": [*DOCUMENT["rules"], {"name": "by hand"}]}, state="overridden")[
        "changed"
    ]
    assert apply(host, {"rules": [{"name": "by hand"}]}, state="deleted")["changed"]


def test_windows_server_2003_has_no_such_rules() -> None:
    with pytest.raises(AnsibleActionFail, match="Windows Server 2008 and later"):
        apply(Host.create("h", "2003"))


def test_both_engines_at_once_are_refused_unless_nothing_is_enabled() -> None:
    host = Host.create("h", "2016")
    policy = {"policies": [{"name": "old"}], "assigned": "old"}
    run(host, "policies", {"config": policy, **FREE})
    before = state_of(host)
    with pytest.raises(AnsibleActionFail, match="which of the two engines negotiates"):
        apply(host)
    assert state_of(host) == before
    assert apply(host, {"rules": [{**WEB, "enabled": False}]})["changed"]


TUNNEL = {
    "name": "site to site",
    "mode": "tunnel",
    "action": "requireinrequireout",
    "endpoint1": ["10.1.0.0/16"],
    "endpoint2": ["10.2.0.0/16"],
    "local_tunnel_endpoint": "192.0.2.1",
    "remote_tunnel_endpoint": "192.0.2.2",
    "first_authentication": [{"method": "computercert", "authority": "CN=Root"}],
}


@pytest.mark.parametrize("version", VERSIONS)
def test_tunnels(version: str) -> None:
    host = Host.create("h", version)
    tunnels = [
        TUNNEL,
        {**TUNNEL, "name": "road", "remote_tunnel_endpoint": "any", "endpoint2": "any", "action": "requireinclearout"},
        {**TUNNEL, "name": "flags", "exempt_protected_connections": True, "apply_authorization": True},
    ]
    assert apply(host, {"rules": tunnels})["changed"]
    assert not apply(host, {"rules": tunnels})["changed"]
    assert apply(host, {"rules": [{"name": "road"}, {"name": "flags"}]}, state="deleted")["changed"]


def test_facts_are_warned_about() -> None:
    host = Host.create("h", "2016")
    host.registry.set(rf"{GROUP}\DomainProfile", "AllowLocalIPsecPolicyMerge", Value(Kind.DWORD, 0))
    host.registry.set(rf"{RULES}\PublicProfile", "EnableFirewall", Value(Kind.DWORD, 0))
    warnings = apply(host)["warnings"]
    assert any("AllowLocalIPsecPolicyMerge" in each and "domain" in each for each in warnings)
    assert any("off in the profile public" in each for each in warnings)
