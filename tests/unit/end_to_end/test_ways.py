# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same tasks over every way to a host: connection plugins, which are not modified, and authentication."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from winrm_runner import WINRS, Controller

from winlab import kdc
from winlab.lab import HostSpec, Lab, LabHost
from winlab.registry import Kind, Value
from winlab.spec import DEFAULT_USERS
from winlab.store import policy_store
from winlab.wsman import Effect, Fault

Data = dict[str, Any]
KEY = "Quiet-Harbour-41"
HOST = "a.lab.test"
METHODS = [{"esp_encryption": "3des", "esp_integrity": "sha1"}]


@dataclass(frozen=True)
class Way:
    """A connection plugin and how it proves who it is; ``shell`` is the default shell of sshd."""

    connection: str
    transport: str = "basic"
    shell: str = "cmd"
    tls: bool = False

    @property
    def name(self) -> str:
        words = [self.connection.rpartition(".")[2], self.shell if self.connection == "ssh" else self.transport]
        return "-".join([*words, *(["https"] if self.tls else [])])

    def spec(self) -> HostSpec:
        scheme = {"ntlm": "negotiate"}.get(self.transport, self.transport)
        ssh = self.shell if self.connection == "ssh" else None
        return HostSpec(name=HOST, language="de", auth=(scheme,), tls=self.tls, ssh=ssh)


OVER_WSMAN = ("winrm", WINRS, "psrp")
CONNECTIONS = [*(Way(name) for name in OVER_WSMAN), Way("ssh"), Way("ssh", shell="powershell")]
LOGINS = [
    *(Way(name, transport) for transport in ("ntlm", "credssp", "kerberos") for name in OVER_WSMAN),
    *(Way(name, "certificate", tls=True) for name in OVER_WSMAN),
    *(Way(name, transport, tls=True) for transport in ("basic", "ntlm") for name in OVER_WSMAN),
]


@dataclass
class Reached:
    """A host of a lab, and a controller that goes one way to it."""

    way: Way
    lab: Lab
    host: LabHost
    controller: Controller

    def policies(self, config: Data, **words: bool) -> Data:
        return self.controller.run("policies", {"config": config, "state": "overridden"}, **words)


@pytest.fixture(name="realm", scope="module")
def fixture_realm() -> Iterator[None]:
    if lacking := kdc.missing():
        pytest.skip(f"Kerberos: {lacking}")
    with kdc.Kdc(DEFAULT_USERS, [HOST]):
        yield


@pytest.fixture(name="reached")
def fixture_reached(request: pytest.FixtureRequest) -> Iterator[Reached]:
    way: Way = request.param
    if way.transport == "kerberos":
        request.getfixturevalue("realm")
    if way.transport == "credssp":
        pytest.importorskip("requests_credssp")
    with ExitStack() as stack:
        lab = stack.enter_context(Lab([way.spec()], connection=way.connection, transport=way.transport))
        host = lab.hosts[HOST]
        yield Reached(way, lab, host, Controller(host, variables=lab.variables(HOST)))


over = pytest.mark.parametrize
everywhere = over("reached", CONNECTIONS, ids=lambda way: way.name, indirect=True)
by_every_login = over("reached", LOGINS, ids=lambda way: way.name, indirect=True)


def config(filters: int = 2, key: str = KEY) -> Data:
    rule: Data = {"name": "R", "filter_list": "L", "filter_action": "A"}
    rule["authentication"] = [{"method": "preshared_key", "preshared_key": key}]
    destinations = [f"10.1.{number // 250}.{number % 250 + 1}" for number in range(filters)]
    return {
        "filter_lists": [{"name": "L", "filters": [{"destination": each} for each in destinations]}],
        "filter_actions": [{"name": "A", "action": "negotiate", "security_methods": METHODS}],
        "policies": [{"name": "P", "rules": [rule]}],
        "assigned": "P",
    }


def keys_on(host: LabHost) -> list[str]:
    rules = [rule for policy in policy_store(host.host).snapshot()["policies"] for rule in policy["rules"]]
    return [method["psk"] for rule in rules for method in rule["authentication"] if "psk" in method]


@everywhere
def test_a_policy_is_predicted_made_and_left_alone(reached: Reached) -> None:
    assert_converges(reached)


@everywhere
def test_connection_security_rules_are_read(reached: Reached) -> None:
    root = r"HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy"
    registry = reached.host.host.registry
    text = "v2.26|Action=DoNotSecure|Name=Büro|Active=TRUE|EP2_4=192.0.2.0/24|"
    registry.set(rf"{root}\ConSecRules", "id", Value(Kind.SZ, text))
    suite = rf"{root}\Phase1AuthenticationSets\set\0000"
    registry.set(suite, "Method", Value(Kind.SZ, "MachineSHKey"))
    registry.set(suite, "SHKey", Value(Kind.SZ, KEY))
    told = reached.controller.run("connection_security_info", {})
    (rule,) = told["config"]["rules"]
    assert (rule["name"], rule["enabled"], rule["endpoint2"]) == ("Büro", True, ["192.0.2.0/24"])
    assert told["config"]["sets"]["first_authentication"][0]["suites"][0]["method"] == "computerpsk"
    assert told["unmanaged"] == []
    assert KEY not in str(told)


@everywhere
def test_connection_security_rules_are_made_and_left_alone(reached: Reached) -> None:
    rule = {
        "name": "peers",
        "action": "requireinrequireout",
        "endpoint2": "192.0.2.0/24",
        "first_authentication": [{"method": "computerpsk", "preshared_key": KEY}],
        "quick_mode": {"suites": [{"esp_encryption": "aesgcm256"}]},
    }
    args = {"config": {"rules": [rule]}, "state": "overridden"}
    if reached.host.host.version.build.startswith("5.2"):
        with pytest.raises(AnsibleActionFail, match="Windows Server 2008 and later"):
            reached.controller.run("connection_security", args)
        return
    predicted = reached.controller.run("connection_security", args, check_mode=True)
    done = reached.controller.run("connection_security", args)
    again = reached.controller.run("connection_security", args)
    assert (done["changed"], predicted["commands"], again["commands"]) == (True, done["commands"], [])
    assert KEY not in str((predicted, done, again))


@by_every_login
def test_every_login_carries_the_same_tasks(reached: Reached) -> None:
    assert_converges(reached)
    entries = [entry for entry in reached.host.log.entries() if entry.operation not in ("Auth", "Exec")]
    if reached.way.transport in ("ntlm", "credssp", "kerberos") and not reached.way.tls:
        assert entries
        assert all(entry.encrypted for entry in entries)


def assert_converges(reached: Reached) -> None:
    predicted = reached.policies(config(), check_mode=True)
    assert predicted["changed"] is True
    assert keys_on(reached.host) == []
    done = reached.policies(config())
    assert (done["commands"], done["after"]) == (predicted["commands"], predicted["after"])
    assert keys_on(reached.host) == [KEY]
    assert policy_store(reached.host.host).snapshot()["assigned"] == "P"
    again = reached.policies(config())
    assert (again["changed"], again["commands"]) == (False, [])
    told = reached.controller.run("policies_info", {})
    assert told["config"]["assigned"] == "P"
    assert KEY not in str([predicted, done, again, told])
    seen = reached.host.log.commands()
    assert seen
    assert not [line for line in seen if KEY in line or KEY.encode("utf-16-le").hex() in line]
    assert KEY.encode() in reached.host.log.stdin()


@everywhere
def test_a_description_in_the_language_of_the_host_is_shown_and_kept(reached: Reached) -> None:
    """The host is German; its console prints in the code page 850."""
    description = "Pr\u00fcfung gro\u00dfer B\u00fcros"
    policy_store(reached.host.host).filter_lists.create("Liste1", description)
    found = reached.controller.run("policies_info", {})["config"]
    assert found["filter_lists"] == [{"name": "Liste1", "description": description, "filters": []}]
    again = reached.policies(yaml.safe_load(yaml.safe_dump(found)))
    assert (again["changed"], again["commands"]) == (False, [])


@everywhere
def test_many_filters_fit(reached: Reached) -> None:
    done = reached.policies(config(1500))
    assert done["changed"] is True
    assert len(policy_store(reached.host.host).snapshot()["filter_lists"][-1]["filters"]) == 1500
    assert reached.policies(config(1500))["changed"] is False


@everywhere
def test_a_script_that_ends_early_is_told_with_the_command(reached: Reached) -> None:
    ssh = reached.way.connection == "ssh"
    # The read, the way of management, the services, the turn, then the change, which ends in its middle, after the rule
    # with the key.
    fault = Fault(effect=Effect.HALF_SCRIPT, operation="Exec" if ssh else "Send", skip=4, lines=12)
    reached.lab.faults.add(fault)
    with pytest.raises(AnsibleActionFail, match="ended before this command was answered") as caught:
        reached.policies(config())
    assert caught.value._result["failed_command"]
    assert KEY not in str([caught.value, caught.value._result])
    reached.policies(config())
    assert keys_on(reached.host) == [KEY]


@everywhere
def test_a_lost_answer_to_a_change_is_not_sent_again(reached: Reached) -> None:
    assert_lost(reached, change=True)


@everywhere
def test_a_lost_answer_to_a_question_is_asked_for_again(reached: Reached) -> None:
    assert_lost(reached, change=False)


def assert_lost(reached: Reached, *, change: bool) -> None:
    ssh = reached.way.connection == "ssh"
    base: Data = {"effect": Effect.DROP_AFTER, "operation": "Exec" if ssh else "Send"}
    reached.lab.faults.add(Fault(**base, skip=4 if change else 0))
    if change or ssh:
        with pytest.raises(AnsibleConnectionFailure) as caught:
            reached.policies(config())
        assert KEY not in str(caught.value)
    else:
        assert reached.policies(config())["changed"] is True
    scripts = [entry.stdin for entry in reached.host.log.entries() if entry.stdin]
    changes = [script for script in scripts if b"add filter " in script]
    assert len(changes) == (1 if change or not ssh else 0)
    reached.lab.faults.clear()
    reached.policies(config())
    assert keys_on(reached.host) == [KEY]


@over(
    "reached",
    [Way(name, login) for name in OVER_WSMAN for login in ("basic", "ntlm")],
    ids=lambda way: way.name,
    indirect=True,
)
def test_rejected_credentials_are_tried_once(reached: Reached) -> None:
    wrong: Mapping[str, object] = {**reached.lab.variables(HOST), "ansible_password": "wrong"}
    with pytest.raises(AnsibleConnectionFailure):
        Controller(reached.host, variables=wrong).run("policies_info", {})
    attempts = reached.host.log.entries(lambda entry: entry.operation == "Auth")
    assert len(attempts) <= 3
    assert all(entry.status == 401 for entry in attempts)
