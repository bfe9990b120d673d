# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many HTTP requests a task may need: every request is a round trip to the host."""

from __future__ import annotations

from typing import Any

import pytest
from winrm_runner import WINRS, Controller

from winlab.lab import HostSpec, Lab
from winlab.registry import Kind, Value
from winlab.store import policy_store

Data = dict[str, Any]
FILTERS = 500
# By login: a task that finds nothing to change, and one that exchanges all filters. Four of those of a change take the
# turn, so that two runs do not mix.
FLOOR = {"basic": (6, 15), "ntlm": (9, 18)}


def config(network: int) -> Data:
    peers = [f"10.{network}.{number // 250}.{number % 250 + 1}" for number in range(FILTERS)]
    filters = [{"destination": peer, "protocol": "tcp", "destination_port": 443} for peer in peers]
    return {
        "filter_lists": [{"name": "L", "filters": filters}],
        "filter_actions": [{"name": "A", "action": "permit"}],
        "policies": [{"name": "P", "rules": [{"name": "R", "filter_list": "L", "filter_action": "A"}]}],
    }


@pytest.mark.parametrize("login", FLOOR)
@pytest.mark.parametrize("connection", ["winrm", WINRS], ids=["winrm", "winrs"])
def test_requests_of_a_task_of_500_filters(connection: str, login: str) -> None:
    with Lab([HostSpec(name="a")], connection=connection, transport=login) as lab:
        host = lab.hosts["a"]
        controller = Controller(host, variables=lab.variables("a"))

        def requests(network: int, *, changed: bool) -> int:
            host.log.clear()
            done = controller.run("policies", {"config": config(network), "state": "overridden"})
            assert done["changed"] is changed
            return len(host.log.entries())

        requests(1, changed=True)
        steady, change = requests(1, changed=False), requests(2, changed=True)
        kept = policy_store(host.host).snapshot()["filter_lists"]
        assert [len(each["filters"]) for each in kept] == [FILTERS]
    most_steady, most_change = FLOOR[login]
    assert steady <= most_steady
    assert change <= most_change


@pytest.mark.parametrize("login", FLOOR)
@pytest.mark.parametrize("connection", ["winrm", WINRS], ids=["winrm", "winrs"])
def test_requests_to_read_500_connection_security_rules(connection: str, login: str) -> None:
    root = r"HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\ConSecRules"
    with Lab([HostSpec(name="a")], connection=connection, transport=login) as lab:
        host = lab.hosts["a"]
        for number in range(FILTERS):
            text = f"v2.26|Action=DoNotSecure|Name=rule {number}|Active=TRUE|EP2_4=10.1.{number // 250}.{number % 250}|"
            host.host.registry.set(root, f"id{number}", Value(Kind.SZ, text))
        told = Controller(host, variables=lab.variables("a")).run("connection_security_info", {})
        assert len(told["config"]["rules"]) == FILTERS
        requests = len(host.log.entries())
    assert requests <= FLOOR[login][0], requests


# A change of connection security rules takes no turn. Where each rule has sets of its own, as netsh makes them, the
# registry of 500 rules is 700 KB of text, which no single answer holds: those requests are as many as the answers.
RULES_FLOOR = {"basic": (6, 11), "ntlm": (9, 14)}
OWN_SETS_FLOOR = {"basic": (11, 20), "ntlm": (14, 23)}


def rules(action: str, sets: Data) -> Data:
    return {
        "rules": [
            {
                "name": f"peer {number}",
                "action": action,
                "endpoint2": f"10.1.{number // 250}.{number % 250 + 1}",
                "protocol": "tcp",
                "port1": 443,
                **sets,
            }
            for number in range(FILTERS)
        ]
    }


TOLD = {"state": "overridden", "allow_lockout": ["management"]}
OWN_SETS = {
    "first_authentication": [{"method": "computerkerb"}],
    "quick_mode": {"suites": [{"esp_encryption": "aesgcm256"}]},
}


@pytest.mark.parametrize(("sets", "floors"), [({}, RULES_FLOOR), (OWN_SETS, OWN_SETS_FLOOR)], ids=["shared", "own"])
@pytest.mark.parametrize("login", RULES_FLOOR)
@pytest.mark.parametrize("connection", ["winrm", WINRS], ids=["winrm", "winrs"])
def test_requests_of_a_task_of_500_connection_security_rules(
    connection: str, login: str, sets: Data, floors: dict[str, tuple[int, int]]
) -> None:
    with Lab([HostSpec(name="a")], connection=connection, transport=login) as lab:
        host = lab.hosts["a"]
        controller = Controller(host, variables=lab.variables("a"))

        def requests(action: str, *, changed: bool) -> int:
            host.log.clear()
            done = controller.run("connection_security", {"config": rules(action, sets), **TOLD})
            assert done["changed"] is changed
            return len(host.log.entries())

        asking, demanding = "requestinrequestout", "requireinrequestout"
        made, steady = requests(asking, changed=True), requests(asking, changed=False)
        change = requests(demanding, changed=True)
    most_steady, most_change = floors[login]
    if connection == "winrm":
        # An answer of the stock connection holds 112 KB; the text of 500 rules is 142 KB.
        most_steady, most_change = most_steady + 1, most_change + 1
    assert steady <= most_steady, (made, steady, change)
    assert change <= most_change, (made, steady, change)
