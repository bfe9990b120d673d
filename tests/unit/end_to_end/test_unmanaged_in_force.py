# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A policy that netsh cannot be told by name is in force: it is judged like any other, replaced, and put back."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from lab_runner import LabConnection, run, state_of

from winlab.connections import managed
from winlab.host import Host
from winlab.netsh.talk import static
from winlab.services import State
from winlab.store import policy_store

Data = dict[str, Any]

OWN, CONTROLLER, PORT = "192.0.2.20", "192.0.2.10", 5985
GUARDED: Data = {
    "host_addresses": [OWN],
    "controller_addresses": [CONTROLLER],
    "management_ports": [PORT],
}
HOSTS = [(version, language) for version in ("2003", "2016") for language in ("en", "de")]


def managed_host(version: str, language: str) -> Host:
    """Return a host that sees its controller come from where the guard is told."""
    host = Host.create("host", version, language)
    host.connections = managed(ip_address(OWN), PORT, CONTROLLER)
    return host


def add_list(name: str, *filters: str) -> list[str]:
    """Return the lines that make a filter list; each filter is the rest of its line."""
    return [f'add filterlist name="{name}"', *(f'add filter filterlist="{name}" {text}' for text in filters)]


def everything_but_management(version: str, language: str, *, policy: str, every: str = "Every") -> Host:
    """Return a host whose policy in force blocks everything but the way by which it is managed."""
    host = managed_host(version, language)
    static(
        host,
        *add_list(every, "srcaddr=any dstaddr=me"),
        *add_list("Mgmt", f"srcaddr=any dstaddr=me protocol=TCP dstport={PORT}"),
        "add filteraction name=Blk action=block",
        "add filteraction name=Prm action=permit",
        "add filteraction name=Spare action=permit",
        f'add policy name="{policy}" activatedefaultrule=no',
        f'add rule name=RB policy="{policy}" filterlist="{every}" filteraction=Blk',
        f'add rule name=RP policy="{policy}" filterlist=Mgmt filteraction=Prm',
        f'set policy name="{policy}" assign=yes',
    )
    return host


LOCKOUTS: dict[str, tuple[str, Data]] = {
    "action": ("filter_action", {"name": "Prm", "action": "block"}),
    "list": ("filter_list", {"name": "Mgmt", "filters": []}),
    "document": (
        "policies",
        {"config": {"filter_actions": [{"name": "Prm", "action": "block"}]}, "state": "replaced"},
    ),
}
# A name that netsh cannot be given, and a list whose name means every list.
NAMES = {"policy": ("Büro", "Every"), "list": ("Plain", "All")}


@pytest.mark.parametrize("change", sorted(LOCKOUTS))
@pytest.mark.parametrize("odd", sorted(NAMES))
@pytest.mark.parametrize(("version", "language"), HOSTS)
def test_a_change_of_what_it_uses_locks_nobody_out(version: str, language: str, odd: str, change: str) -> None:
    policy, every = NAMES[odd]
    host = everything_but_management(version, language, policy=policy, every=every)
    info = run(host, "policies_info", {})
    assert info["config"]["assigned"] == policy
    assert info["unmanaged"]
    before = state_of(host)
    module, args = LOCKOUTS[change]
    for check_mode in (True, False):
        connection = LabConnection(host)
        with pytest.raises(AnsibleActionFail, match=rf"critical flow management .*{CONTROLLER}.*allow_lockout"):
            run(connection, module, {**args, **GUARDED}, check_mode=check_mode)
        assert connection.netsh_lines() == []
    assert state_of(host) == before
    allowed = {**args, **GUARDED, "allow_lockout": ["management"]}
    assert run(host, module, allowed, check_mode=True)["changed"] is True


def test_bits_beyond_a_mask_are_no_reason_to_look_away() -> None:
    """The list is what scripts make: the address of a host with the mask of its network."""
    host = managed_host("2016", "en")
    static(
        host,
        *add_list("Mgmt", f"srcaddr=192.0.2.4 srcmask=24 dstaddr=me protocol=TCP dstport={PORT}"),
        "add filteraction name=Prm action=permit",
        "add policy name=Plain activatedefaultrule=no assign=yes",
        "add rule name=RP policy=Plain filterlist=Mgmt filteraction=Prm",
    )
    info = run(host, "policies_info", {})
    assert [item["reason"] for item in info["unmanaged"]] == [
        "It has an address with bits beyond its mask in filter 1."
    ]
    assert [item["source"] for item in info["config"]["filter_lists"][0]["filters"]] == ["192.0.2.0/24"]
    assert info["config"]["assigned"] == "Plain"
    with pytest.raises(AnsibleActionFail, match=rf"critical flow management .*{CONTROLLER}.*allow_lockout"):
        run(host, "filter_action", {"name": "Prm", "action": "block", **GUARDED})
    assert run(host, "filter_action", {"name": "Prm", "description": "new", **GUARDED})["changed"] is True


def test_a_change_of_what_it_uses_that_keeps_the_way_is_made() -> None:
    host = everything_but_management("2016", "de", policy="Büro")
    more = {"source": "any", "destination": "me", "protocol": "tcp", "destination_port": 22}
    kept = {**more, "destination_port": PORT}
    assert run(host, "filter_list", {"name": "Mgmt", "filters": [kept, more], **GUARDED})["changed"] is True
    assert run(host, "filter_action", {"name": "Spare", "action": "block", **GUARDED})["changed"] is True


REPLACING: dict[str, tuple[str, Data]] = {
    "assignment": ("assignment", {"name": "Q"}),
    "document": ("policies", {"config": {"assigned": "Q"}}),
}


def web_blocked(version: str, language: str) -> Host:
    """Return a host with a policy in force that netsh cannot be told about, and a harmless one of ours."""
    host = managed_host(version, language)
    static(
        host,
        *add_list("Web", "srcaddr=any dstaddr=me protocol=TCP dstport=81"),
        "add filteraction name=Blk action=block",
        'add policy name="Büro" activatedefaultrule=no assign=yes',
        'add rule name=R policy="Büro" filterlist=Web filteraction=Blk',
        "add policy name=Q activatedefaultrule=no",
        "add rule name=R policy=Q filterlist=Web filteraction=Blk",
    )
    return host


@pytest.mark.parametrize("way", sorted(REPLACING))
@pytest.mark.parametrize(("version", "language"), HOSTS)
def test_it_is_replaced_by_a_policy_that_harms_nobody(version: str, language: str, way: str) -> None:
    host = web_blocked(version, language)
    module, args = REPLACING[way]
    guarded = {**args, **GUARDED}
    predicted = run(host, module, guarded, check_mode=True)
    done = run(host, module, guarded)
    assert done["changed"] is True
    assert predicted["commands"] == done["commands"]
    assert predicted["after"] == done["after"]
    assert predicted["after"]["assigned"] == "Q"
    assert predicted.get("unmanaged") == done.get("unmanaged")
    assert policy_store(host).assigned_policy() == "Q"
    assert run(host, module, guarded)["changed"] is False
    assert not any(item["assigned"] for item in run(host, "policies_info", {})["unmanaged"])


@pytest.mark.parametrize("way", sorted(REPLACING))
def test_what_replaces_it_is_judged(way: str) -> None:
    host = web_blocked("2016", "en")
    static(
        host,
        *add_list("Every", "srcaddr=any dstaddr=me"),
        "add rule name=Everything policy=Q filterlist=Every filteraction=Blk",
    )
    before = state_of(host)
    module, args = REPLACING[way]
    with pytest.raises(AnsibleActionFail, match=r"critical flow management .*allow_lockout"):
        run(host, module, {**args, **GUARDED})
    assert state_of(host) == before


class NewConnection(LabConnection):
    """A connection that can be made anew."""

    def close(self) -> None:
        """Let go of nothing: every command of the lab stands alone."""

    reset = close


@pytest.mark.parametrize("way", sorted(REPLACING))
def test_it_is_replaced_within_a_time_to_confirm(way: str) -> None:
    host = web_blocked("2016", "en")
    for service in host.services.values():
        service.state = State.RUNNING
    (odd,) = [item for item in run(host, "policies_info", {})["unmanaged"] if item["assigned"]]
    connection = NewConnection(host)
    module, args = REPLACING[way]
    done = run(connection, module, {**args, **GUARDED, "confirm_timeout": 60})
    assert (done["changed"], done["confirmed"]) == (True, True)
    assert policy_store(host).assigned_policy() == "Q"
    # Until then the host's own timer would have brought the odd policy back.
    armed = [request.script.decode() for request in connection.sent if b"schtasks.exe /create" in request.script]
    assert [f"guid={odd['guid']} assign=yes" in script for script in armed] == [True]
    assert not host.tasks


@pytest.mark.parametrize("way", sorted(REPLACING))
def test_one_that_sleeps_is_not_brought_back(way: str) -> None:
    """It had no effect while the services did not run: going back means that no policy acts."""
    host = web_blocked("2016", "en")
    connection = NewConnection(host)
    module, args = REPLACING[way]
    done = run(connection, module, {**args, **GUARDED, "confirm_timeout": 60})
    assert (done["changed"], done["confirmed"]) == (True, True)
    armed = [request.script.decode() for request in connection.sent if b"schtasks.exe /create" in request.script]
    assert ["assign=no" in script for script in armed] == [True]


def test_what_it_stops_cannot_be_what_carries_the_task() -> None:
    """The way of the management is blocked, and yet the task came through: the addresses cannot be right."""
    host = everything_but_management("2016", "en", policy="Büro")
    static(host, "set filteraction name=Prm action=block")
    for service in host.services.values():
        service.state = State.RUNNING
    before = state_of(host)
    emptied = {"name": "Mgmt", "filters": [], **GUARDED}
    with pytest.raises(AnsibleActionFail, match="yet this task came through"):
        run(host, "filter_list", emptied)
    assert state_of(host) == before
    assert run(host, "filter_list", {**emptied, "allow_lockout": ["management"]})["changed"] is True


def in_force_with_a_damaged_list() -> Host:
    """Return a host whose policy in force has a list that cannot be read, beside one that can."""
    host = managed_host("2016", "en")
    damaged = policy_store(host).add_foreign("unknown_filter_data", name="Damaged")
    assert damaged
    static(
        host,
        *add_list("Web", "srcaddr=any dstaddr=me protocol=TCP dstport=81"),
        *add_list("Spare", "srcaddr=any dstaddr=me protocol=TCP dstport=82"),
        "add filteraction name=Blk action=block",
        "add policy name=P activatedefaultrule=no",
        "add rule name=R policy=P filterlist=Damaged filteraction=Blk",
        "add rule name=S policy=P filterlist=Web filteraction=Blk",
        "add policy name=Q activatedefaultrule=no",
        "add rule name=R policy=Q filterlist=Web filteraction=Blk",
        "set policy name=P assign=yes",
    )
    return host


def test_what_is_not_known_never_passes() -> None:
    host = in_force_with_a_damaged_list()
    info = run(host, "policies_info", {})
    assert [(item["name"], item["known"]) for item in info["unmanaged"]] == [("Damaged", False)]
    assert info["config"]["assigned"] == "P"
    assert [rule["filter_list"] for rule in info["config"]["policies"][0]["rules"]] == ["Damaged", "Web"]
    before = state_of(host)
    with pytest.raises(AnsibleActionFail) as caught:
        run(host, "filter_action", {"name": "Blk", "action": "permit", **GUARDED})
    said = str(caught.value)
    assert "what it does is not known: It has damaged data: " in said
    assert "Check what it does by hand." in said
    assert "name management in allow_lockout" in said
    assert ".." not in said
    assert state_of(host) == before
    allowed = {"name": "Blk", "action": "permit", **GUARDED, "allow_lockout": ["management"]}
    assert run(host, "filter_action", allowed)["changed"] is True


def test_what_is_not_known_stays_as_it_is_beside_other_changes_and_is_replaced() -> None:
    host = in_force_with_a_damaged_list()
    filters = [{"source": "any", "destination": "me", "protocol": "tcp", "destination_port": 83}]
    assert run(host, "filter_list", {"name": "Spare", "filters": filters, **GUARDED})["changed"] is True
    assert run(host, "assignment", {"name": "Q", **GUARDED})["changed"] is True
    assert policy_store(host).assigned_policy() == "Q"


@pytest.mark.parametrize(
    ("module", "args"), [("assignment", {"state": "unassigned"}), ("policies", {"config": {"assigned": ""}})]
)
@pytest.mark.parametrize(("version", "language"), HOSTS)
def test_it_is_taken_out_of_force_and_put_back(version: str, language: str, module: str, args: Data) -> None:
    host = web_blocked(version, language)
    info = run(host, "policies_info", {})
    (odd,) = [item for item in info["unmanaged"] if item["assigned"]]
    done = run(host, module, args)
    assert done["commands"][0] == f"ipsec static set policy guid={odd['guid']} assign=no"
    assert policy_store(host).assigned_policy() is None
    assert run(host, module, args)["changed"] is False
    back = run(host, "assignment", {"guid": odd["guid"], **GUARDED})
    assert back["changed"] is True
    assert policy_store(host).assigned_policy() == "B\u00fcro"
    # The document of before is what the host has again.
    assert run(host, "policies", {"state": "overridden", "config": info["config"], **GUARDED})["changed"] is False
