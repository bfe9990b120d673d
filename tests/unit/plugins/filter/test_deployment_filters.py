# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What playbooks use around the module deployment: hosts from variables, hosts for flow_check, keys for documents."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.winsec.ipsec.plugins.filter.deployment_hosts import deployment_ends, deployment_hosts
from ansible_collections.winsec.ipsec.plugins.filter.with_keys import with_keys

Data = dict[str, Any]

INFO: Data = {"config": {"assigned": "P"}, "host": {"version": "10.0.14393", "exemption_level": 3, "services": {}}}
HOSTVARS: Data = {
    "web1": {"ipsec_addresses": ["10.0.0.1", "10.9.0.1"], "ipsec_found": INFO, "ipsec_site": "a"},
    "web2": {"ipsec_address": "10.0.0.2", "ipsec_found": {"unreachable": True}},
    "web3": {"ipsec_address": "10.0.0.3"},
    "fw": {},
}
KEY = "Quiet-Harbour-41"
FLOWS = [
    {"name": "Web", "authentication": [{"method": "kerberos"}, {"method": "preshared_key", "preshared_key": KEY}]},
    {"name": "Mail"},
]


def test_hosts_and_why_some_take_no_part() -> None:
    assert deployment_hosts(HOSTVARS, list(HOSTVARS), ["web1", "web2", "fw"]) == [
        {"name": "web1", "addresses": ["10.0.0.1", "10.9.0.1"], "site": "a", "info": INFO},
        {"name": "web2", "addresses": ["10.0.0.2"], "absent": "unreachable"},
        {"name": "web3", "addresses": ["10.0.0.3"], "absent": "limit"},
        {"name": "fw", "addresses": []},
    ]


def test_names_that_are_no_list() -> None:
    with pytest.raises(AnsibleFilterError, match="a list of hosts"):
        deployment_hosts(HOSTVARS, "web1", [])


def test_ends_are_what_the_hosts_have() -> None:
    hosts = {"web1": {"addresses": ["10.0.0.1"]}}
    (end,) = deployment_ends(HOSTVARS, hosts)
    assert (end["name"], end["version"], end["config"]) == ("web1", "10.0.14393", {"assigned": "P"})
    assert end["services_running"] and end["key_exchange_running"]
    facts = {**INFO["host"], "domain_policy": "Secure", "services": {"PolicyAgent": {"running": False}}}
    (end,) = deployment_ends({"web1": {"ipsec_found": {**INFO, "host": facts}}}, hosts)
    assert (end["services_running"], end["config"]) == (False, {})


def document(*methods: str) -> Data:
    rule = {"name": "R", "authentication": [{"method": method} for method in methods]}
    return {"policies": [{"name": "P", "rules": [rule, {"name": "Other"}]}], "assigned": "P"}


def test_a_key_goes_where_it_is_needed() -> None:
    done = with_keys(document("kerberos", "preshared_key"), {"R": "Web"}, FLOWS)
    assert done["policies"][0]["rules"] == [
        {"name": "R", "authentication": FLOWS[0]["authentication"]},
        {"name": "Other"},
    ]
    assert with_keys(document("kerberos"), {}, FLOWS) == document("kerberos")
    assert with_keys({}, {}, FLOWS) == {}


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((document("preshared_key"), {"R": "Mail"}, FLOWS), "a flow of this name with a pre-shared key"),
        ((document("preshared_key"), {"R": "None"}, FLOWS), "a flow of this name with a pre-shared key"),
        (([], {}, FLOWS), "a document"),
        ((document("preshared_key"), [KEY], FLOWS), "a mapping of rules to flows"),
        ((document("preshared_key"), {}, KEY), "a list"),
    ],
)
def test_what_is_refused_shows_no_key(args: Any, words: str) -> None:
    with pytest.raises(AnsibleFilterError, match=words) as refused:
        with_keys(*args)
    assert KEY not in str(refused.value)
