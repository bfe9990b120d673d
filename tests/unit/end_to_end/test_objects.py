# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules for single objects, the assignment with its services, and what no module may touch."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from lab_runner import IPSEC, LabConnection, Tree, left_by, run, state_of, tree
from meaning import said, seen

from winlab import services
from winlab.host import Host
from winlab.registry import Kind as ValueKind
from winlab.registry import Value
from winlab.services import StartType, State
from winlab.store import policy_store
from winlab.store.foreign import KINDS

Data = dict[str, Any]
ESP = {"esp_encryption": "3des", "esp_integrity": "sha1"}
FILTERS = [{"destination": "10.0.0.1", "protocol": "tcp", "destination_port": 80}, {"destination": "10.1.0.0/16"}]
LIST: Data = {"name": "Web", "description": "to the web", "filters": FILTERS}
ACTION: Data = {"name": "Secure", "action": "negotiate", "security_methods": [ESP], "fallback_to_clear": True}
RULE: Data = {"name": "Web rule", "filter_list": "Web", "filter_action": "Secure"}
POLICY: Data = {"name": "Front", "rules": [RULE], "main_mode": {"lifetime_minutes": 60}}
OBJECTS = (("filter_list", LIST), ("filter_action", ACTION), ("policy", POLICY))
DOCUMENT: Data = {"filter_lists": [LIST], "filter_actions": [ACTION], "policies": [POLICY]}
VERSIONS = pytest.mark.parametrize(
    ("version", "language"), [("2003", "de"), ("2008R2", "en"), ("2016", "de"), ("2025", "en")]
)


def host_with_objects(version: str = "2016", language: str = "en") -> Host:
    host = Host.create("host", version, language)
    for module, args in OBJECTS:
        run(host, module, args)
    return host


def settles(host: Host, module: str, args: Data) -> Data:
    """Run a task in check mode, for real and again; return the result of the change."""
    before = state_of(host)
    predicted = run(host, module, args, check_mode=True, diff=True)
    assert state_of(host) == before
    done = run(host, module, args, diff=True)
    for key in ("changed", "commands", "before"):
        assert done[key] == predicted[key], key
    after = state_of(host)
    connection = LabConnection(host)
    again = run(connection, module, args)
    assert (again["changed"], again["commands"], connection.netsh_lines()) == (False, [], [])
    assert not {"before", "after"} & again.keys()
    assert run(host, module, args, diff=True)["before"] == left_by(done)
    assert state_of(host) == after
    return done


@VERSIONS
def test_objects_come_change_and_go(version: str, language: str) -> None:
    host = Host.create("host", version, language)
    fresh = seen(host)
    for module, args in OBJECTS:
        done = settles(host, module, args)
        assert done["changed"] is True
        assert done["before"] == {}
        assert done["after"]["name"] == args["name"]
        assert done["host"]["version"] == host.version.build
        assert done["diff"][0]["after"] == done["after"]
    found, wanted = seen(host), said(DOCUMENT)
    assert found.filter_lists["web"] == wanted.filter_lists["web"]
    assert found.filter_actions["secure"] == wanted.filter_actions["secure"]
    assert (found.policies["front"], found.rules["front"]) == (wanted.policies["front"], wanted.rules["front"])
    # Options that are not given stay; a list that is given is the whole list.
    settles(host, "filter_list", {"name": "Web", "filters": FILTERS[:1]})
    settles(host, "filter_action", {"name": "Secure", "perfect_forward_secrecy": True})
    settles(host, "policy", {"name": "Front", "rules": [{"name": "Web rule", "enabled": False}]})
    found = seen(host)
    assert found.filter_lists["web"][:2] == ("Web", "to the web")
    assert len(found.filter_lists["web"][2]) == 1  # type: ignore[arg-type]
    assert found.filter_actions["secure"][3:6] == (False, True, True)
    assert found.rules["front"]["web rule"][4] is False
    for module, args in reversed(OBJECTS):
        done = settles(host, module, {"name": args["name"], "state": "absent"})
        assert (done["changed"], done["after"]) == (True, {})
        assert done["before"]["name"] == args["name"]
    assert seen(host) == fresh


def test_a_diff_says_why_each_command_is_needed() -> None:
    host = host_with_objects()
    run(host, "assignment", {"name": "Front", "allow_lockout": ["management"]})
    lists, actions = [{**LIST, "filters": FILTERS[:1]}], [{**ACTION, "fallback_to_clear": False}]
    change = {
        "config": {"filter_lists": lists, "filter_actions": actions},
        "state": "replaced",
        "allow_lockout": ["management"],
    }
    predicted, done = (run(host, "policies", change, check_mode=mode, diff=True) for mode in (True, False))
    shown = done["diff"][1]["prepared"].splitlines()
    assert shown == predicted["diff"][1]["prepared"].splitlines()
    assert [line for line in shown[1:] if not line.startswith("# ")] == done["commands"]
    assert [line for line in shown if line.startswith("# ")] == [
        "# a copy stands in while the original, which is in force, changes:",
        "# the copy stands in:",
        "# the filter shall not be there:",
        "# the filter action differs:",
        "# the change takes effect in one command:",
        "# the copy is no longer needed:",
    ]


def test_a_negotiating_action_can_be_made_to_permit_without_naming_what_it_had() -> None:
    host = host_with_objects()
    assert run(host, "filter_action", {"name": "Secure", "action": "permit"})["changed"] is True
    assert seen(host).filter_actions["secure"][2] == "permit"


def test_nothing_in_use_goes() -> None:
    host = host_with_objects()
    before = state_of(host)
    for module, args in OBJECTS[:2]:
        for check_mode in (True, False):
            with pytest.raises(AnsibleActionFail, match="rule 'Web rule' of policy 'Front' uses it: remove that first"):
                run(host, module, {"name": args["name"], "state": "absent"}, check_mode=check_mode)
    assert state_of(host) == before


def test_a_policy_in_force_that_goes_is_unassigned_first() -> None:
    host = host_with_objects()
    run(host, "assignment", {"name": "Front"})
    done = settles(host, "policy", {"name": "Front", "state": "absent"})
    assert [line.split(" ", 3)[2:] for line in done["commands"]] == [
        ["set", 'policy name="Front" assign=no'],
        ["delete", 'policy name="Front"'],
    ]
    assert (seen(host).assigned, seen(host).policies) == (None, {})


@VERSIONS
def test_an_assignment_makes_the_services_run(version: str, language: str) -> None:
    host = host_with_objects(version, language)
    names = ["IKEEXT", "PolicyAgent"] if version != "2003" else ["PolicyAgent"]
    others = ("BFE", "MpsSvc", "SharedAccess")
    assert sorted(name for name in host.services if name not in others) == names
    for name in names:
        host.services[name].start_type = StartType.DISABLED
    for name in reversed(names):
        services.stop(host, name)
    done = settles(host, "assignment", {"name": "Front"})
    wanted = [f"sc.exe config {name} start= auto" for name in names] + [f"sc.exe start {name}" for name in names]
    assert done["commands"] == [*wanted, 'ipsec static set policy name="Front" assign=yes']
    assert (done["before"], done["after"]) == ({"assigned": ""}, {"assigned": "Front"})
    assert done["host"]["services"] == {name: {"running": True, "automatic": True} for name in names}
    for name in names:
        assert (host.services[name].state, host.services[name].start_type) == (State.RUNNING, StartType.AUTO)
    assert seen(host).assigned == "front"
    # Only a service that stopped: the policy itself is in force already.
    services.stop(host, names[-1])
    assert settles(host, "assignment", {"name": "Front"})["commands"] == [f"sc.exe start {names[-1]}"]


def test_unassigning_leaves_another_policy_and_the_services_alone() -> None:
    host = host_with_objects()
    run(host, "policy", {"name": "Other"})
    run(host, "assignment", {"name": "Front"})
    services.stop(host, "IKEEXT")
    assert run(host, "assignment", {"name": "Other", "state": "unassigned"})["changed"] is False
    done = settles(host, "assignment", {"name": "Front", "state": "unassigned"})
    assert done["commands"] == ['ipsec static set policy name="Front" assign=no']
    assert (seen(host).assigned, host.services["IKEEXT"].state) == (None, State.STOPPED)
    run(host, "assignment", {"name": "Other"})
    assert settles(host, "assignment", {"state": "unassigned"})["changed"] is True
    assert seen(host).assigned is None


def with_planted(version: str, kind: str) -> tuple[Host, Tree]:
    """Return a host with one odd object, and all keys that came with it."""
    host = host_with_objects(version)
    plain = tree(host)
    policy_store(host).add_foreign(kind)
    return host, {path: values for path, values in tree(host).items() if path not in plain}


TASKS: tuple[tuple[str, Data], ...] = (
    ("filter_list", {**LIST, "filters": FILTERS[:1]}),
    ("filter_action", {**ACTION, "fallback_to_clear": False}),
    ("policy", {**POLICY, "description": "new"}),
    ("policies", {"config": {"policies": [{"name": "Front", "description": "newer"}]}, "state": "merged"}),
    ("policies", {"config": DOCUMENT, "state": "replaced"}),
    ("policies", {"config": {**DOCUMENT, "assigned": "Front"}, "state": "overridden", "allow_domain_policy": True}),
    ("assignment", {"state": "unassigned"}),
    ("assignment", {"name": "Front", "allow_domain_policy": True}),
    ("policies", {"config": {"policies": [{"name": "Front"}]}, "state": "deleted"}),
    ("filter_list", {"name": "Web", "state": "absent"}),
    ("filter_action", {"name": "Secure", "state": "absent"}),
    ("policy", {"name": "Front", "state": "absent"}),
    ("policies", {"config": {}, "state": "overridden"}),
)


@pytest.mark.parametrize("version", ["2003", "2016"])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_what_netsh_cannot_be_told_survives_everything(kind: str, version: str) -> None:
    host, planted = with_planted(version, kind)
    assert planted
    info = run(host, "policies_info", {})
    told = str([info["unmanaged"], info.get("warnings"), info["host"]["domain_policy"], info["config"]["filter_lists"]])
    guids = [path.rpartition("{")[2].rstrip("}").lower() for path in planted if "{" in path]
    names = [str(value.data) for values in planted.values() for name, value in values.items() if name == "ipsecName"]
    assert any(word in told.lower() for word in guids) or any(name in told for name in [*names, "Domain policy"])
    # A list without an owner is as good as any other, and so is a policy with an odd action: what can be changed goes
    # when a document leaves it out.
    ordinary = kind in ("orphan_list", "unnamed_action")
    tasks = [task for task in TASKS if not ordinary or task[1].get("state") != "overridden"]
    for module, args in tasks:
        run(host, module, args)
        left = tree(host)
        lost = [path for path in planted if path not in left]
        assert not lost, (module, args)
        changed = [path for path, values in planted.items() if left[path] != values]
        assert not changed, (module, args)
    assert run(host, "policies_info", {})["unmanaged"] == info["unmanaged"]


def test_predefined_objects_survive_and_are_named() -> None:
    host = Host.create("host", "2003", "de")
    planted = {path: values for path, values in tree(host).items() if path != IPSEC and not path.endswith("Local")}
    for config in (DOCUMENT, {}):
        run(host, "policies", {"config": config, "state": "overridden"})
        left = tree(host)
        assert {path: left.get(path) for path in planted} == planted
    info = run(host, "policies_info", {})
    assert info["predefined"]["policies"] + [item["name"] for item in info["unmanaged"]] >= ["Client (Respond Only)"]
    assert info["predefined"]["english"] == {}
    assert set(info["predefined"]["filter_lists"]) == {"All IP Traffic", "All ICMP Traffic"}
    assert len(info["predefined"]["filter_actions"]) == 3


def test_predefined_objects_are_known_by_their_guids_whatever_the_language() -> None:
    host = Host.create("host", "2003", "de")
    key = next(
        path for path in tree(host) if path.lower().endswith("ipsecpolicy{72385236-70fa-11d1-864c-14a300000000}")
    )
    host.registry.set(key, "ipsecName", Value(ValueKind.SZ, "Client (nur Antwort)"))
    info = run(host, "policies_info", {})
    assert info["predefined"]["english"] == {"Client (nur Antwort)": "Client (Respond Only)"}
    assert "Client (nur Antwort)" in info["predefined"]["policies"]
    assert run(host, "policies", {"config": {}, "state": "overridden"})["changed"] is False


def test_queries() -> None:
    host = host_with_objects()
    assert run(host, "policies_info", {"query": "filter_lists[].name"})["answer"] == ["Web"]
    assert run(host, "policies_info", {"query": "host.product"})["answer"] == "Windows Server 2016"
