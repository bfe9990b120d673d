# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rollout as the playbooks do it, step by step: first run, a staged change, a change to be confirmed, rollback.

Each step is what a playbook does to one host, and begins where the step before it ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import yaml
from lab_runner import Tree, tree
from winrm_runner import Controller, Role

from winlab.lab import Lab, LabHost
from winlab.spec import HostSpec
from winlab.store import policy_store
from winlab.wsman import Limits

Data = dict[str, Any]
Play = Callable[[Controller], list[Data]]

KEY = "Quiet-Harbour-41"
CONFIRM_SECONDS = 60
FIRST, STAGED, CONFIRMED, ROLLBACK = "first run", "staged change", "confirmed change", "rollback"
STEPS = (FIRST, STAGED, CONFIRMED, ROLLBACK)
PLANTED = ("non_ascii_policy", "unknown_authentication", "half_written_key", "orphan_rule")
# Dropped connections leave shells open, which a host would close after minutes only.
_ENDLESS = 1_000_000

_PEERS = ["10.0.0.20", "10.0.0.21"]
_PRESHARED = [{"method": "preshared_key", "preshared_key": KEY}]
_METHODS = [{"esp_encryption": "3des", "esp_integrity": "md5", "lifetime_seconds": 1200}]
# What was in force on some of the hosts before.
_EARLIER = {
    "filter_lists": [
        {"name": "Old peers", "filters": [{"destination": "10.7.0.1"}, {"destination": "10.7.0.2"}]},
        {"name": "Old printers", "filters": [{"destination": "10.7.1.0/24", "protocol": "udp"}]},
    ],
    "filter_actions": [{"name": "Old block", "action": "block"}, {"name": "Old permit", "action": "permit"}],
    "policies": [
        {
            "name": "Old",
            "rules": [
                {"name": "Peers", "filter_list": "Old peers", "filter_action": "Old block"},
                {"name": "Printers", "filter_list": "Old printers", "filter_action": "Old permit"},
            ],
        }
    ],
    "assigned": "Old",
}


@dataclass(frozen=True, slots=True)
class Site:
    """One host of the rollout and what the playbook gives to its role in the steps that play it."""

    role: str
    version: str
    language: str
    earlier: bool
    given: tuple[Data, Data, Data]

    @property
    def name(self) -> str:
        """Return the name of the host, which is no name of an object on it."""
        return f"{self.role[0]}{self.version}"


def _given(role: str, peers: str, **always: Any) -> tuple[Data, Data, Data]:
    """Return the variables of a role for the first run, the staged change and the change to be confirmed."""
    first = {peers: _PEERS}
    staged = {**first, **always, "authentication": _PRESHARED, "security_methods": _METHODS}
    confirmed = {**staged, "ports": [80, 443], "authentication": [*_PRESHARED, {"method": "kerberos"}]}
    one, two, three = ({f"{role}_{name}": value for name, value in each.items()} for each in (first, staged, confirmed))
    return one, two, three


# Server 2003 has a back-end's policy predefined; to be changed it needs another name.
SITES = (
    Site("frontend", "2003", "de", True, _given("frontend", "backends")),
    Site("backend", "2003", "en", False, _given("backend", "frontends", policy_name="Answer")),
    Site("frontend", "2025", "en", False, _given("frontend", "backends", accept_unsecured=False)),
    Site("backend", "2025", "de", True, _given("backend", "frontends")),
)


@contextmanager
def running(site: Site) -> Iterator[tuple[Lab, LabHost]]:
    """Run a lab of one host as the rollout finds it, without objects of others; its clock stands still."""
    limits = replace(Limits.of(site.version), max_shells=_ENDLESS, max_operations=_ENDLESS)
    spec = HostSpec(name=site.name, version=site.version, language=site.language, limits=limits)
    with Lab([spec]) as lab:
        target = lab.hosts[site.name]
        target.host.clock.set(target.host.clock.now())
        if site.earlier:
            Controller(target).run("policies", {"config": _EARLIER})
        yield lab, target


def plant_others(target: LabHost) -> Tree:
    """Plant objects of other tools and return their keys with all values."""
    plain = tree(target.host).keys()
    for kind in PLANTED:
        policy_store(target.host).add_foreign(kind)
    return {
        path: values
        for path, values in tree(target.host).items()
        # The root and the store itself hold what is in force.
        if path not in plain and path.lower().endswith("}")
    }


def plays(site: Site, saved: Data) -> dict[str, Play]:
    """Return the steps by name; ``saved`` is the document that policies_info gave before the first of them."""
    first, staged, confirmed = site.given
    kept = yaml.safe_load(yaml.safe_dump(saved))
    return {
        FIRST: lambda controller: [controller.run("policies_info", {}), *Role(site.role, first).play(controller)],
        STAGED: Role(site.role, staged).play,
        CONFIRMED: Role(site.role, confirmed, {"confirm_timeout": CONFIRM_SECONDS}).play,
        ROLLBACK: lambda controller: [controller.run("policies", {"state": "overridden", "config": kept})],
    }
