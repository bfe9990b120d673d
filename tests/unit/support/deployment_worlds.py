# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts with their stores and keys, flows between them, and changes of these, drawn at random.

The hosts keep what a real one would keep; the planner is told what policies_info would tell.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import Any

from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.endpoint import Endpoint
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.outcome import Side
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.semantics import Decision, View
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.space import Packet
from ansible_collections.winsec.ipsec.plugins.plugin_utils._intent.data import to_data
from ansible_collections.winsec.ipsec.plugins.plugin_utils._intent.deployment import deploy
from ansible_collections.winsec.ipsec.plugins.plugin_utils._intent.read import read_intent
from ansible_collections.winsec.ipsec.plugins.plugin_utils._intent.rounds import Methods
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.document import write_document
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.in_force import in_force
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import PresharedKey, Store
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.intent import (
    Mode,
    read_request,
    requested_store,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.versions import parse_version

Data = dict[str, Any]

SWAPS = ("key", "perfect_forward_secrecy", "added_port", "removed_port", "other")
ESP = {"esp_encryption": "3des", "esp_integrity": "sha1"}
ESP_MD5 = {"esp_encryption": "3des", "esp_integrity": "md5"}
AH = {"ah_integrity": "sha1"}
KERBEROS = {"method": "kerberos"}
CERTIFICATE = {"method": "certificate", "authority": "CN=One"}
OTHER_CERTIFICATE = {"method": "certificate", "authority": "CN=Two"}
KEYS = (
    {"method": "preshared_key", "preshared_key": "first-key"},
    {"method": "preshared_key", "preshared_key": "next-key"},
)
GROUPS = ("2048", "1024", "768")


class Acting:
    """What a machine does to packets, as long as it has one policy; each packet is decided once."""

    def __init__(self, view: View) -> None:
        self.view = view
        self._known: dict[Packet, Decision] = {}

    def decide(self, packet: Packet) -> Decision:
        """Return what it does with a packet."""
        if packet not in self._known:
            self._known[packet] = self.view.decide(packet)
        return self._known[packet]

    def side(self, packet: Packet) -> Side:
        """Return its part in a packet and its reply."""
        return Side(self.view, self.decide(packet), self.decide(packet.reply))


@dataclass
class Machine:
    """A host as it is: its store with its keys."""

    name: str
    addresses: list[str]
    version: str
    store: Store = field(default_factory=Store)
    _acting: Acting | None = field(default=None, repr=False)

    def acting(self) -> Acting:
        """Return what it does to packets."""
        if self._acting is None:
            end = Endpoint(
                name=self.name,
                addresses=tuple(map(ip_address, self.addresses)),
                policy=in_force(self.store),
                traits=parse_version(self.version, "").traits,
            )
            self._acting = Acting(View(end))
        return self._acting

    def told(self, *, keys_differ: bool = False) -> Data:
        """Return what the planner is told."""
        facts = {"version": str(parse_version(self.version, "")), "exemption_level": None, "services": {}}
        info = {"config": write_document(self.store), "host": facts, "predefined": {}}
        return {"name": self.name, "addresses": self.addresses, "info": info, "keys_differ": keys_differ}

    def take(self, document: Data, keys: Mapping[str, str], flows: list[Data]) -> None:
        """Do what the module policies would, with the keys of the flows."""
        given = copy.deepcopy(document)
        for policy in given["policies"]:
            for rule in policy["rules"]:
                if rule["name"] in keys:
                    (flow,) = [one for one in flows if one["name"] == keys[rule["name"]]]
                    key = next(one["preshared_key"] for one in flow["authentication"] if "preshared_key" in one)
                    for one in rule["authentication"]:
                        if one["method"] == "preshared_key":
                            one["preshared_key"] = key
        self.store = requested_store(self.store, read_request(given, Mode.REPLACED))
        self._acting = None

    def keys(self) -> set[str]:
        """Return the keys in its store."""
        rules = [rule for policy in self.store.policies for rule in policy.rules]
        found = [one for rule in rules for one in rule.authentication if isinstance(one, PresharedKey)]
        return {one.key.reveal() for one in found if one.key is not None}


@dataclass
class World:
    """Machines and the flows that they shall have."""

    machines: dict[str, Machine]
    flows: list[Data]
    options: Data = field(default_factory=dict)

    def plan(self, absent: Mapping[str, str] | None = None, methods: Methods | None = None, **more: Any) -> Data:
        """Return the deployment of the flows for the machines as they are."""
        keys = {one["preshared_key"] for flow in self.flows for one in flow["authentication"] if "preshared_key" in one}
        hosts = []
        for machine in self.machines.values():
            told = machine.told(keys_differ=bool(machine.keys() - keys))
            if absent and machine.name in absent:
                told = {"name": machine.name, "addresses": machine.addresses, "absent": absent[machine.name]}
            hosts.append(told)
        groups = {"all": list(self.machines)}
        options = {**self.options, "skip_unreachable": True, **more}
        return to_data(deploy(read_intent({"flows": self.flows, "hosts": hosts, "groups": groups, **options}), methods))

    def acting(self) -> dict[str, Acting]:
        """Return what each machine does to packets."""
        return {name: machine.acting() for name, machine in self.machines.items()}

    def take(self, plan: Data, round_: str, name: str) -> None:
        """Let a machine take its document of a round."""
        mine = plan["hosts"][name]
        self.machines[name].take(mine["documents"][round_], mine["keyed_rules"][round_], self.flows)

    def finish(self, plan: Data) -> None:
        """Let all machines take all rounds."""
        for round_ in plan["rounds"]:
            for name in round_["hosts"]:
                self.take(plan, round_["name"], name)

    def copied(self) -> World:
        """Return a world of its own with the same machines."""
        return World({name: replace(one) for name, one in self.machines.items()}, self.flows, self.options)


def new_world(chance: random.Random) -> World:
    """Return machines without any policy."""
    count = chance.choice((2, 2, 2, 2, 3, 3, 4))
    machines = {}
    for number in range(count):
        version = chance.choice(("2016", "2025", "2008 R2", "2003")) if chance.random() < 0.4 else "2016"
        addresses = [f"10.0.{number}.10"]
        if chance.random() < 0.15:
            addresses.append(f"10.9.{number}.10")
        if chance.random() < 0.15 and version != "2003":
            addresses.append(f"2001:db8::{number + 1}")
        machines[f"h{number}"] = Machine(f"h{number}", addresses, version)
    return World(machines, [])


def new_flows(chance: random.Random, world: World) -> tuple[list[Data], Data]:
    """Return flows between the machines of a world, and options beside them."""
    names = list(world.machines)
    authentication = new_authentication(chance)
    methods = chance.choice(([ESP], [ESP], [ESP_MD5], [AH], [ESP, ESP_MD5]))
    article = chance.random() < 0.25
    flows = []
    for number in range(chance.choice((1, 1, 2))):
        if article:
            source, destination = names[: len(names) // 2], names[len(names) // 2 :]
        else:
            source, destination = (chance.sample(names, chance.randint(1, len(names))) for _side in range(2))
            if set(source) == set(destination) and len(source) == 1:
                destination = [name for name in names if name not in source]
        flows.append(
            {
                "name": f"flow {number}",
                "from": source,
                "to": destination,
                "ports": chance.choice(([80], [80], [443], [80, 443])),
                "level": chance.choice(("require", "require", "request")),
                "authentication": authentication,
                "security_methods": methods,
            }
        )
    options: Data = {"main_mode": new_main_mode(chance)} if chance.random() < 0.4 else {}
    if article:
        options["article"] = {}
    return flows, options


def new_authentication(chance: random.Random) -> list[Data]:
    """Return a list of authentication methods."""
    lists = ([KERBEROS], [CERTIFICATE], [OTHER_CERTIFICATE], [KEYS[0]], [KEYS[1]], [KERBEROS, CERTIFICATE])
    return list(chance.choice(lists))


def new_main_mode(chance: random.Random) -> Data:
    """Return key exchange settings."""
    groups = chance.sample(GROUPS, chance.choice((1, 1, 2)))
    return {"security_methods": [{"dh_group": group} for group in groups]}


def changed(chance: random.Random, world: World) -> World:
    """Return a world of the same machines whose flows differ in one or two things."""
    flows, options = copy.deepcopy(world.flows), copy.deepcopy(world.options)
    for _change in range(chance.choice((1, 1, 2))):
        kind = chance.randrange(9)
        flow = chance.choice(flows)
        if kind <= 1:
            new = new_authentication(chance)
            for one in flows:
                one["authentication"] = new
        elif kind == 2:
            new = chance.choice(([ESP], [ESP_MD5], [AH], [ESP_MD5, ESP]))
            for one in flows:
                one["security_methods"] = new
        elif kind == 3:
            flow["level"] = {"require": "request", "request": "require"}[flow["level"]]
        elif kind == 4:
            flow["ports"] = chance.choice(([80], [443], [80, 443]))
        elif kind == 5:
            options["main_mode"] = new_main_mode(chance)
        elif kind == 6:
            for one in flows:
                one["perfect_forward_secrecy"] = not one.get("perfect_forward_secrecy", False)
        else:
            fresh, _rest = new_flows(chance, world)
            keep = {key: flow[key] for key in ("authentication", "security_methods", "name")}
            if "article" not in options:
                flows[flows.index(flow)] = {**fresh[0], **keep}
    return World({name: replace(one) for name, one in world.machines.items()}, flows, options)
