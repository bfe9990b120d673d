# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The article's instance of a deployment is what site.yml and its roles write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lab_runner import run
from playbook_runner import play

from winlab.host import Host
from winlab.lab import Lab
from winlab.spec import HostSpec

pytestmark = pytest.mark.slow

HOSTS = {
    "fe1": ("exchange_frontends", "2003", "10.0.0.10"),
    "fe2": ("exchange_frontends", "2025", "10.0.0.11"),
    "be1": ("exchange_backends", "2003", "10.0.1.20"),
    "be2": ("exchange_backends", "2016", "10.0.1.21"),
}
FLOW = {"name": "Exchange", "from": "exchange_frontends", "to": "exchange_backends", "ports": [80]}


def deployment(running: Lab, **more: Any) -> dict[str, Any]:
    hosts = [
        {"name": name, "addresses": [address], "info": run(running.hosts[name].host, "policies_info", {})}
        for name, (_group, _version, address) in HOSTS.items()
    ]
    groups: dict[str, list[str]] = {}
    for name, (group, _version, _address) in HOSTS.items():
        groups.setdefault(group, []).append(name)
    options = {"flows": [FLOW], "hosts": hosts, "groups": groups, "article": {}, **more}
    return run(Host.create("unused", "2016"), "deployment", options)


def test_behind_site_there_is_nothing_left_to_do(tmp_path: Path) -> None:
    specs = [
        HostSpec(name=name, version=version, groups=(group,), vars={"ipsec_address": address})
        for name, (group, version, address) in HOSTS.items()
    ]
    with Lab(specs) as running:
        wanted = deployment(running)
        done = play("site.yml", tmp_path, running)
        assert done.returncode == 0, done.stdout
        found = deployment(running)
        assert (found["refusals"], found["rounds"]) == ([], [])
        assert {one["now"] for one in found["pairs"]} == {"required"}
        for name in HOSTS:
            config = run(running.hosts[name].host, "policies_info", {})["config"]
            for kind in ("filter_lists", "filter_actions", "policies"):
                made = {one["name"]: one for one in config[kind]}
                for one in wanted["hosts"][name]["config"][kind]:
                    assert one == made[one["name"]], (name, kind)
            assert config["assigned"] == wanted["hosts"][name]["config"]["assigned"]
