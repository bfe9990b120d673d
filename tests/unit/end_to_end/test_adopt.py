# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts that were set up by hand: shown whole, left alone, changed, given names that can be told, and rid of them."""

from __future__ import annotations

import copy
from contextlib import suppress
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from cut_off import ObeyingConnection
from dying import DyingConnection, deaths_after_commands
from hand_made import (
    NAMED,
    OURS,
    WORLDS,
    add_list,
    call,
    fates,
    gone_by_document,
    hardened,
    info,
    named,
    odd,
    policy_of,
    server,
    settles,
    translated,
)
from lab_runner import LabConnection, run, tree

from winlab import host as lab_host
from winlab.host import Host
from winlab.netsh.talk import static
from winlab.store import policy_store
from winlab.store.identifiers import ObjectClass

Data = dict[str, Any]

STATES = ("merged", "replaced", "overridden")
VERSIONS = pytest.mark.parametrize(("version", "language"), [("2003", "de"), ("2016", "en"), ("2025", "de")])


# What secpol.msc leaves behind.


@VERSIONS
def test_rules_without_names_are_shown_and_nothing_is_unmanaged(version: str, language: str) -> None:
    host = hardened(version, language)
    found = info(host)
    ours = [item["name"] for item in found["unmanaged"] if item["name"] not in found["predefined"]["policies"]]
    assert ours == []
    assert found["config"]["assigned"] == "Hardening"
    rules = policy_of(found["config"], "Hardening")["rules"]
    shown = [(rule["name"], rule["filter_list"], rule["filter_action"], rule["connection_type"]) for rule in rules]
    assert shown == [("", "Bad", "Block", "all"), ("", "Good", "Permit", "lan")]
    assert all(rule["authentication"] == [{"method": "kerberos"}] for rule in rules)


@pytest.mark.parametrize("state", STATES)
@VERSIONS
def test_what_was_shown_changes_nothing(version: str, language: str, state: str) -> None:
    host = hardened(version, language)
    before = tree(host)
    connection = LabConnection(host)
    done = run(connection, "policies", {"config": info(host)["config"], "state": state})
    assert (done["changed"], done["commands"], connection.netsh_lines()) == (False, [], [])
    assert tree(host) == before


@pytest.mark.parametrize("state", STATES)
@VERSIONS
def test_one_other_filter_is_one_other_filter(version: str, language: str, state: str) -> None:
    host = hardened(version, language)
    old = fates(host)
    config = info(host)["config"]
    (bad,) = [item for item in config["filter_lists"] if item["name"] == "Bad"]
    bad["filters"][0]["destination_port"] = 139
    args = {"config": config, "state": state}
    done = settles(copy.deepcopy(host), "policies", args)
    words = ["add filter"] if state == "merged" else ["add filter", "delete filter"]
    assert [" ".join(line.split()[2:4]) for line in done["commands"]] == words
    stops = list(deaths_after_commands(host, "policies", args))
    finished = copy.deepcopy(host)
    run(finished, "policies", args)
    new = fates(finished)
    assert old != new
    for death in stops:
        half = copy.deepcopy(host)
        with suppress(AnsibleConnectionFailure):
            run(DyingConnection(half, death), "policies", args)
        # Each packet by itself has its old or its new fate.
        assert all(each in pair for each, *pair in zip(fates(half), old, new, strict=True)), death


@VERSIONS
def test_it_is_taken_out_of_force(version: str, language: str) -> None:
    host = hardened(version, language)
    done = settles(host, "assignment", {"state": "unassigned"})
    assert done["commands"] == ['ipsec static set policy name="Hardening" assign=no']
    assert policy_store(host).assigned_policy() is None


@pytest.mark.parametrize("timeout", [None, 60])
@VERSIONS
def test_rules_get_names(version: str, language: str, timeout: int | None) -> None:
    host = hardened(version, language)
    old, config = fates(host), info(host)["config"]
    task = named(host, **({"confirm_timeout": timeout} if timeout else {}))
    connection = ObeyingConnection(host)
    done = run(connection, "policies", task)
    assert done["changed"] is True
    assert fates(host) == old
    after = info(host)["config"]
    assert [rule["name"] for rule in policy_of(after, "Hardening")["rules"]] == sorted(NAMED)
    assert after["assigned"] == "Hardening"
    for kind in ("filter_lists", "filter_actions"):
        assert after[kind] == config[kind]
    armed = [sent for sent in connection.sent if b"schtasks.exe /create" in sent.script]
    assert bool(armed) is bool(timeout)
    assert not host.tasks
    again = ObeyingConnection(host)
    assert run(again, "policies", task)["changed"] is False
    assert again.netsh_lines() == []
    assert OURS not in str(policy_store(host).snapshot())


# Servers in other languages.


@pytest.fixture(name="world", params=sorted(WORLDS))
def host_of_a_world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Host:
    version, language, page, names = WORLDS[request.param]
    monkeypatch.setitem(lab_host.OEM_ENCODINGS, language, page)
    return server(version, language, **names)


@pytest.mark.parametrize("state", STATES)
def test_names_of_other_languages_fed_back_change_nothing(world: Host, state: str) -> None:
    before = tree(world)
    found = info(world)
    assert found["config"]["assigned"]
    assert len(policy_of(found["config"], found["config"]["assigned"])["rules"]) == 1
    connection = LabConnection(world)
    assert run(connection, "policies", {"config": found["config"], "state": state})["changed"] is False
    assert connection.netsh_lines() == []
    assert tree(world) == before


def test_names_are_given_beside_guids(world: Host) -> None:
    old = fates(world)
    task = translated(world)
    done = settles(world, "policies", task)
    assert len(done["commands"]) == 4
    assert all(" guid={" in line and " newname=" in line for line in done["commands"])
    assert fates(world) == old
    found = info(world)["config"]
    assert found["assigned"] in ("Office 1", "Office 2")
    (rule,) = policy_of(found, found["assigned"])["rules"]
    assert (rule["filter_list"], rule["filter_action"]) == ("Big list 1", "Block all 1")
    assert not any(odd(world).values())


@pytest.mark.parametrize("module", ["filter_list", "filter_action", "policy"])
def test_one_object_gets_a_name(world: Host, module: str) -> None:
    kind = "policies" if module == "policy" else f"{module}s"
    item = odd(world)[kind][0]
    done = settles(world, module, {"guid": item["guid"], "name": "New"})
    assert len(done["commands"]) == 1
    assert f"guid={item['guid']} newname=" in done["commands"][0]
    assert "New" in [each["name"] for each in info(world)["config"][kind]]


def test_they_are_removed_by_a_document(world: Host) -> None:
    module, task = gone_by_document(world)
    done = settles(world, module, task)
    assert done["after"]["assigned"] == ""
    assert not any(odd(world).values())


def test_they_are_removed_one_by_one(world: Host) -> None:
    things = odd(world)
    for module, kind in (("policy", "policies"), ("filter_list", "filter_lists"), ("filter_action", "filter_actions")):
        for item in things[kind]:
            settles(world, module, {"guid": item["guid"], "name": "any", "state": "absent"})
    assert not any(odd(world).values())


# What else real stores hold.


def borrowed() -> Host:
    """Return a host as Windows 2000 writes it: what has no name has the text that was written just before."""
    host = hardened("2003")
    objects = policy_store(host).objects
    for rule in objects.names(ObjectClass.NFA):
        if objects.text(rule, "ipsecName") is None:
            objects.put(rule, "ipsecName", objects.references(rule, "ipsecNegotiationPolicyReference")[0])
    return host


def test_borrowed_names_of_windows_2000_are_no_names() -> None:
    host = borrowed()
    found = info(host)
    assert [rule["name"] for rule in policy_of(found["config"], "Hardening")["rules"]] == ["", ""]
    before = tree(host)
    assert run(host, "policies", {"config": found["config"], "state": "overridden"})["changed"] is False
    assert tree(host) == before
    settles(host, "policies", named(host))


def test_an_address_with_bits_beyond_its_mask_is_shown_as_its_network() -> None:
    host = hardened()
    static(host, "add filter filterlist=Good srcaddr=10.0.0.5 srcmask=24 dstaddr=me protocol=TCP dstport=80")
    found = info(host)
    assert [(item["name"], item["known"]) for item in found["unmanaged"]] == [("Good", True)]
    (good,) = [item for item in found["config"]["filter_lists"] if item["name"] == "Good"]
    assert good["guid"] == found["unmanaged"][0]["guid"]
    assert {item["source"] for item in good["filters"]} == {"10.0.0.0/24"}
    assert run(host, "policies", {"config": found["config"], "state": "overridden"})["changed"] is False
    # What can be told goes on: the rules get names, the list stays as it is.
    settles(host, "policies", named(host))


def test_a_description_of_nuls_is_no_description() -> None:
    """A field of nothing but NULs was seen in bytes of a netsh of Windows 10."""
    host = hardened()
    text = "NOTHING!"
    static(
        host, f'add filter filterlist=Good srcaddr=10.0.0.5 dstaddr=me protocol=TCP dstport=8080 description="{text}"'
    )
    objects = policy_store(host).objects
    for key in objects.names(ObjectClass.FILTER):
        objects.write(key, (objects.data(key) or b"").replace(text.encode("utf-16-le"), bytes(2 * len(text))))
    found = info(host)
    (good,) = [item for item in found["config"]["filter_lists"] if item["name"] == "Good"]
    assert [item["description"] for item in good["filters"]] == ["", ""]
    assert run(host, "policies", {"config": found["config"], "state": "overridden"})["changed"] is False


def with_a_damaged_list() -> Host:
    host = hardened()
    damaged = policy_store(host).add_foreign("unknown_filter_data", name="Damaged")
    assert damaged
    static(host, "add rule name=three policy=Hardening filterlist=Damaged filteraction=Block")
    call(host, ObjectClass.NFA, "three", None)
    return host


def test_a_list_that_cannot_be_read_is_named_and_its_rule_stays() -> None:
    host = with_a_damaged_list()
    found = info(host)
    assert [(item["name"], item["known"]) for item in found["unmanaged"]] == [("Damaged", False)]
    rules = policy_of(found["config"], "Hardening")["rules"]
    assert [rule["filter_list"] for rule in rules] == ["Bad", "Damaged", "Good"]
    before = tree(host)
    for state in STATES:
        assert run(host, "policies", {"config": found["config"], "state": state})["changed"] is False
    assert tree(host) == before
    more = {"name": "Spare", "filters": [{"destination": "10.9.9.9"}]}
    assert run(host, "filter_list", more)["changed"] is True
    assert policy_of(info(host)["config"], "Hardening")["rules"] == rules
    with pytest.raises(AnsibleActionFail, match=r"'Damaged': expected .* The host has one that cannot be read: It has"):
        run(host, "policies", named(host, names=("Stop", "Damaged", "Let in")))
    assert policy_of(info(host)["config"], "Hardening")["rules"] == rules


@pytest.mark.parametrize("way", ["name", "guid", "document"])
def test_what_cannot_be_read_is_not_said_to_be_gone(way: str) -> None:
    host = hardened()
    policy_store(host).add_foreign("unknown_filter_data", name="Damaged")
    guid = info(host)["unmanaged"][0]["guid"]
    module, task = {
        "name": ("filter_list", {"name": "Damaged", "state": "absent"}),
        "guid": ("filter_list", {"name": "any", "guid": guid, "state": "absent"}),
        "document": ("policies", {"config": {"filter_lists": [{"name": "Damaged"}]}, "state": "deleted"}),
    }[way]
    before = tree(host)
    with pytest.raises(AnsibleActionFail, match=r"'Damaged': expected a filter list that can be read\. Remove it"):
        run(host, module, task)
    assert tree(host) == before


def test_lists_of_one_name_go_by_their_guids() -> None:
    host = hardened()
    static(host, *add_list("Twin", "srcaddr=any dstaddr=me protocol=TCP dstport=1"))
    guid = call(host, ObjectClass.FILTER, "Twin", "Bad")
    found = info(host)
    shown = [item["name"] for item in found["config"]["filter_lists"]]
    assert guid in shown
    assert "Bad" not in shown
    assert run(host, "policies", {"config": found["config"], "state": "overridden"})["changed"] is False
    settles(host, "filter_list", {"guid": guid, "name": "Twin"})
    assert [item["name"] for item in info(host)["config"]["filter_lists"]] == ["Bad", "Good", "Twin"]
