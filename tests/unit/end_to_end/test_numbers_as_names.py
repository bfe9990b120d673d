# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names and texts that YAML reads as numbers are what the argument specification makes of them: texts."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from hypothesis import given, settings
from hypothesis import strategies as st
from lab_runner import LabConnection, left_by, run, state_of

from winlab.host import Host
from winlab.store import policy_store

Data = dict[str, Any]
ESP = {"esp_encryption": "3des", "esp_integrity": "sha1"}
FILTER = {"source": "any", "destination": "me", "protocol": 6, "destination_port": 1433, "description": 7}
AUTHENTICATION = [{"method": "certificate", "authority": 12}, {"method": "kerberos"}]


def settles(host: Host, module: str, args: Data) -> Data:
    """Run a task in check mode, for real and again; return the result of the change."""
    predicted = run(host, module, args, check_mode=True, diff=True)
    done = run(host, module, args, diff=True)
    assert [predicted[key] for key in ("before", "commands")] == [done[key] for key in ("before", "commands")]
    assert predicted["changed"] is done["changed"] is True
    before = state_of(host)
    resting = LabConnection(host)
    again = run(resting, module, args)
    assert (again["changed"], again["commands"], resting.netsh_lines()) == (False, [], [])
    assert run(host, module, args, diff=True)["before"] == left_by(done)
    assert state_of(host) == before
    return done


def chain(number: int) -> list[tuple[str, Data]]:
    """Return the tasks that make everything with numbers as names, and take it away again."""
    rule = {"name": number, "description": number, "filter_list": number, "filter_action": number + 1}
    return [
        ("filter_list", {"name": number, "description": number, "filters": [FILTER]}),
        ("filter_action", {"name": number + 1, "action": "negotiate", "security_methods": [ESP], "description": 5}),
        ("policy", {"name": number + 2, "description": 1, "rules": [{**rule, "authentication": AUTHENTICATION}]}),
        ("assignment", {"name": number + 2}),
        ("policy", {"name": number + 2, "rules": [{"name": number, "enabled": 0}, {**rule, "name": number + 9}]}),
        ("assignment", {"name": number + 2, "state": "unassigned"}),
        ("policy", {"name": number + 2, "state": "absent"}),
        ("filter_action", {"name": number + 1, "state": "absent"}),
        ("filter_list", {"name": number, "state": "absent"}),
    ]


@settings(max_examples=10)
@given(st.integers(0, 10**12))
def test_every_module_takes_a_number_as_name(number: int) -> None:
    host = Host.create("host", "2016")
    untouched = policy_store(host).snapshot()
    for module, args in chain(number):
        done = settles(host, module, args)
        if module != "assignment":
            assert left_by(done).get("name") == (None if args.get("state") == "absent" else str(args["name"]))
        else:
            assert left_by(done)["assigned"] == ("" if args.get("state") == "unassigned" else str(args["name"]))
    assert policy_store(host).snapshot() == untouched


def test_the_case_as_it_was_written() -> None:
    host = Host.create("host", "2016")
    filters = [{"source": "any", "destination": "me", "protocol": "tcp", "destination_port": 1433}]
    settles(host, "filter_list", {"name": 1433, "filters": filters})
    settles(host, "filter_action", {"name": 2, "action": "block"})
    settles(host, "policy", {"name": 3, "rules": [{"name": 1, "filter_list": 1433, "filter_action": 2}]})
    settles(host, "assignment", {"name": 3})
    config = run(host, "policies_info", {})["config"]
    assert [item["name"] for item in config["filter_lists"] + config["policies"]] == ["1433", "3"]
    assert config["assigned"] == "3"


@pytest.mark.parametrize("state", ["merged", "replaced", "overridden"])
def test_documents_take_numbers_as_names(state: str) -> None:
    rule = {"name": 4, "filter_list": 1433, "filter_action": 2, "authentication": AUTHENTICATION}
    config = {
        "filter_lists": [{"name": 1433, "filters": [FILTER]}],
        "filter_actions": [{"name": 2, "action": "negotiate", "security_methods": [ESP]}],
        "policies": [{"name": 1434, "rules": [rule]}],
        "assigned": 1434,
    }
    host = Host.create("host", "2016")
    settles(host, "policies", {"config": config, "state": state})
    shown = run(host, "policies_info", {})["config"]
    assert shown["assigned"] == "1434"
    assert run(host, "policies", {"config": copy.deepcopy(shown), "state": "overridden"})["changed"] is False
    gone = {"policies": [{"name": 1434}], "filter_lists": [{"name": 1433}], "filter_actions": [{"name": 2}]}
    settles(host, "policies", {"config": gone, "state": "deleted"})


def test_an_option_below_that_says_null_stays_as_it_is_on_the_host() -> None:
    host = Host.create("host", "2016")
    run(host, "policy", {"name": "P", "main_mode": {"lifetime_minutes": 60, "quick_modes": 3}})
    result = run(host, "policy", {"name": "P", "main_mode": {"lifetime_minutes": None, "quick_modes": 3}}, diff=True)
    assert (result["changed"], result["before"]["main_mode"]["lifetime_minutes"]) == (False, 60)


def test_options_of_a_document_that_say_null_stay_as_they_are_on_the_host() -> None:
    host = Host.create("host", "2016")
    response = {"enabled": True, "perfect_forward_secrecy": True}
    methods = [{"esp_encryption": "3des", "esp_integrity": "sha1"}]
    action = {"name": "A", "action": "negotiate", "security_methods": methods, "fallback_to_clear": True}
    policy = {"name": "P", "main_mode": {"lifetime_minutes": 60, "quick_modes": 3}, "default_response": response}
    run(host, "policies", {"config": {"policies": [policy], "filter_actions": [action]}})
    nothing = {
        "policies": [
            {
                "name": "P",
                "description": None,
                "main_mode": {"lifetime_minutes": None, "quick_modes": 3},
                "default_response": {"enabled": True, "perfect_forward_secrecy": None},
                "rules": None,
            }
        ],
        "filter_actions": [{"name": "A", "action": None, "security_methods": None, "fallback_to_clear": None}],
        "assigned": None,
    }
    assert run(host, "policies", {"config": nothing})["changed"] is False
    permits = {"name": "A", "action": "permit", "security_methods": None, "fallback_to_clear": None}
    assert run(host, "policies", {"config": {"filter_actions": [permits]}})["changed"] is True


@pytest.mark.parametrize("name", [True, False, 1.5, ["P"], {"name": "P"}])
@pytest.mark.parametrize("module", ["filter_list", "filter_action", "policy", "assignment"])
def test_what_is_neither_text_nor_number_is_refused_before_the_host_is_asked(module: str, name: object) -> None:
    connection = LabConnection(Host.create("host", "2016"))
    with pytest.raises(AnsibleActionFail, match=r"^name is .*: expected a text\."):
        run(connection, module, {"name": name})
    assert connection.sent == []
