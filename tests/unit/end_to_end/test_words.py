# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts that would be commands, against simulated hosts: refused before anything is sent, or data and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from hostile import texts
from lab_runner import LabConnection, run, state_of, tree

from winlab.host import Host
from winlab.netsh.talk import static
from winlab.store import policy_store

Data = dict[str, Any]
FIREWALL = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy"
VERSIONS = pytest.mark.parametrize("version", ["2003", "2016", "2025"])
PRESENT = (
    'add filterlist name="T"',
    'add filter filterlist="T" srcaddr=me dstaddr=10.0.0.1 protocol=TCP srcport=0 dstport=80',
    'add filteraction name="N" action=negotiate qmsecmethods="ESP[3DES,SHA1]"',
    'add policy name="TP" assign=no',
    'add rule name="K" policy="TP" filterlist="T" filteraction="N" psk="old-key"',
)
INJECTED = (
    "fe80::1%1 protocol=tcp\nipsec static add filterlist name=injected-object\nipsec static add filterlist name=x"
)
SCOPED = (
    INJECTED,
    INJECTED.replace("\n", "\r\n"),
    "fe80::1%3",
    'fe80::1%1" name="x',
    "fe80::1-fe80::2%1 x",
    "fe80::%1/64",
)


def made(version: str = "2016") -> Host:
    host = Host.create("host", version)
    static(host, *PRESENT)
    return host


def rule(**options: Any) -> Data:
    return {"name": "R", "filter_list": "T", "filter_action": "N", **options}


def tasks(address: str) -> list[tuple[str, Data]]:
    """Return a task for each option that takes an address."""
    filters = [[{"source": "me", "destination": address}], [{"source": address, "destination": "me"}]]
    policy = {"name": "TP", "rules": [rule(tunnel_endpoint=address)]}
    guarded: list[Data] = [
        {"host_addresses": [address]},
        {"controller_addresses": [address]},
        {"dns_servers": [address]},
        {"domain_controllers": [address]},
        {"critical_flows": [{"name": "x", "peers": [address], "traffic": "tcp/1"}]},
    ]
    return [
        *(("filter_list", {"name": "Inj", "filters": found}) for found in filters),
        *(("policies", {"config": {"filter_lists": [{"name": "Inj", "filters": found}]}}) for found in filters),
        ("policies", {"config": {"policies": [policy]}}),
        ("policy", policy),
        *(("assignment", {"name": "TP", **options}) for options in guarded),
        ("firewall", {"peers": [address]}),
        ("firewall", {"peers": ["10.0.0.1"], "local_addresses": [address]}),
    ]


@VERSIONS
@pytest.mark.parametrize("address", SCOPED)
def test_no_address_carries_a_command(version: str, address: str) -> None:
    host = made(version)
    before = state_of(host), tree(host, FIREWALL)
    for module, args in tasks(address):
        for check_mode in (True, False):
            connection = LabConnection(host)
            with pytest.raises(AnsibleActionFail, match=r"since filters have no scope\. Leave out the %"):
                run(connection, module, args, check_mode=check_mode)
            assert connection.sent == []
    assert (state_of(host), tree(host, FIREWALL)) == before
    assert not any("injected" in item.name for item in policy_store(host).list_filter_lists())


def test_no_judgement_takes_a_scope() -> None:
    host = made()
    for args in (
        {"hosts": [{"name": "a", "addresses": [INJECTED]}]},
        {"hosts": [{"name": "a", "addresses": ["10.0.0.1"]}], "networks": {"n": INJECTED}},
        {
            "hosts": [
                {
                    "name": "a",
                    "addresses": ["10.0.0.1"],
                    "config": {"filter_lists": [{"name": "L", "filters": [{"destination": INJECTED}]}]},
                }
            ]
        },
    ):
        with pytest.raises(AnsibleActionFail, match="since filters have no scope"):
            run(host, "flow_check", args)


@pytest.mark.parametrize(
    "key", ['k" assign=yes', "k\nipsec static add filterlist name=injected-object", "k\\", "k\u00fc", "@@k"]
)
def test_a_key_that_the_host_has_is_no_command(key: str) -> None:
    """A key that other tools have set may be any text. Keeping it through a change means to send it."""
    host = made()
    store = policy_store(host)
    policy = store.policies.require("TP")
    found = store.rules.require(policy, "K")
    body = store.rules.read(found)
    store.rules.write(policy, found, replace(body, authentication=(replace(body.authentication[0], text=key),)))
    before = state_of(host)
    connection = LabConnection(host)
    kept = {"method": "preshared_key"}
    args = {"name": "TP", "rules": [{**rule(authentication=[kept], description="new"), "name": "K"}]}
    with pytest.raises(AnsibleActionFail, match=r"authentication is '\(hidden\)'.*Give the rule another") as caught:
        run(connection, "policy", args)
    assert key not in str(caught.value)
    assert connection.netsh_lines() == []
    assert state_of(host) == before
    given = {**kept, "preshared_key": "new-key"}
    assert run(host, "policy", {"name": "TP", "rules": [{**rule(authentication=[given]), "name": "K"}]})["changed"]


NAMED = [("filter_list", "name"), ("filter_list", "description"), ("policy", "name"), ("policy", "description")]


@pytest.mark.parametrize(("module", "option"), NAMED)
def test_a_text_is_what_the_host_has_then(module: str, option: str) -> None:
    """The whole way, standard input and the host's own reading of it included."""
    host = Host.create("host", "2016")
    store = policy_store(host)
    kinds = {"filter_list": store.list_filter_lists, "policy": store.list_policies}
    seen = 0
    for text in texts(150, 5, "Web server", "a-b_c"):
        connection = LabConnection(host)
        args = {"name": "fixed", option: text}
        try:
            run(connection, module, args)
        except AnsibleActionFail:
            assert connection.netsh_lines() == []
            continue
        seen += 1
        found = kinds[module]()
        assert [getattr(item, option) for item in found if item.name == args["name"]] == [text]
        others = {name for name, each in kinds.items() if each()}
        assert others == {module}
        run(host, module, {"name": args["name"], "state": "absent"})
        assert kinds[module]() == []
    assert seen >= 20


@pytest.mark.parametrize(
    ("name", "refused"),
    [("version", False), ("code_page", True), ("ipsec", True), ("timer", False), ("end", False), ("x", False)],
)
def test_a_description_that_looks_like_a_marker_hides_nothing(name: str, refused: bool) -> None:
    """On the line behind netsh markers never vary, so whoever may describe a policy can write one."""
    host = made()
    store = policy_store(host)
    store.policies.describe(store.policies.require("TP"), f"x\r\n@@after:{name} 0\r\nHKEY_LOCAL_MACHINE\\X")
    args = {"name": "New", "filters": [{"destination": "10.0.0.7", "protocol": "tcp", "destination_port": 443}]}
    if refused:
        with pytest.raises(AnsibleActionFail, match=r"a text with @@after:.*Look for it in the names and descriptions"):
            run(host, "filter_list", args)
    else:
        assert run(host, "filter_list", args)["changed"] is True
    assert {item.name for item in store.list_filter_lists()} == {"New", "T"}
    # Where netsh does not come first, nobody could know the markers.
    assert run(host, "filter_list", args)["changed"] is False
