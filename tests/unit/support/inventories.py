# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inventories for the tests of deployments: hosts by name and address, as policies_info tells of them."""

from __future__ import annotations

from typing import Any

from ansible_collections.winsec.ipsec.plugins.plugin_utils._intent.data import to_data
from ansible_collections.winsec.ipsec.plugins.plugin_utils._intent.deployment import deploy
from ansible_collections.winsec.ipsec.plugins.plugin_utils._intent.read import read_intent
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.versions import parse_version

Data = dict[str, Any]


def info(config: Data | None = None, version: str = "2016", **facts: Any) -> Data:
    """Return what policies_info tells of a host."""
    host = {"version": str(parse_version(version, "")), "exemption_level": 3, "services": {}, **facts}
    return {"config": config or {}, "host": host, "predefined": {}}


def host(name: str, *addresses: str, config: Data | None = None, version: str = "2016", **more: Any) -> Data:
    """Return a host as the module deployment takes it."""
    return {"name": name, "addresses": list(addresses), "info": info(config, version), **more}


def deployed(flows: list[Data], hosts: list[Data], groups: dict[str, list[str]] | None = None, **more: Any) -> Data:
    """Return what follows, as plain data."""
    return to_data(deploy(read_intent({"flows": flows, "hosts": hosts, "groups": groups or {}, **more})))


def grown(hosts: list[Data], found: Data) -> list[Data]:
    """Return the hosts as they are when everything is done."""
    return [
        {**one, "info": {**one["info"], "config": found["hosts"][one["name"]]["config"]}}
        if one["name"] in found["hosts"]
        else one
        for one in hosts
    ]


def rules(document: Data) -> dict[str, tuple[str, list[str]]]:
    """Return the rules of a document: action and methods by name."""
    return {
        rule["name"]: (rule["filter_action"], [one["method"] for one in rule["authentication"]])
        for policy in document["policies"]
        for rule in policy["rules"]
    }
