# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Generated deployments that are played from before to after, host by host, and looked at after every step.

What is asked of every moment is worked out here once more, by single packets, without the judge of the planner.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

from deployment_worlds import (
    AH,
    CERTIFICATE,
    ESP,
    ESP_MD5,
    KERBEROS,
    KEYS,
    OTHER_CERTIFICATE,
    SWAPS,
    Acting,
    Data,
    Machine,
    World,
    changed,
    new_flows,
    new_main_mode,
    new_world,
)

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.packets import Place
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.outcome import Network, Outcome, judge
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.semantics import View
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.space import Packet
from ansible_collections.winsec.ipsec.plugins.plugin_utils._intent.rounds import Methods

NETWORKS = (Network(), Network(ike=False))


@dataclass(frozen=True)
class Fate:
    """What becomes of a packet: whether it arrives, and whether in clear with the network as it is and without IKE."""

    passes: bool
    clear: tuple[bool, ...]
    taken: tuple[bool, bool]
    outcome: Outcome


def packets(a: Machine, b: Machine, ports: tuple[int, ...] = (80, 443)) -> Iterator[Packet]:
    """Yield packets of both directions and both parts of a conversation."""
    for source, destination in ((a, b), (b, a)):
        for near in source.addresses:
            for far in destination.addresses:
                ends = ip_address(near), ip_address(far)
                if ends[0].version == ends[1].version:
                    for port in ports:
                        yield Packet(*ends, 6, 50_000, port)
                        yield Packet(*ends, 6, port, 50_000)


def fate(a: Acting, b: Acting, packet: Packet) -> Fate:
    """Return what becomes of a packet between two hosts."""
    here, there = (a, b) if packet.source in a.view.host.addresses else (b, a)
    outcomes = [judge(here.side(packet), there.side(packet), network) for network in NETWORKS]
    kinds = [one.kind.value for one in outcomes]
    clear = tuple(kind in ("clear", "permit", "soft_clear") for kind in kinds)
    passes = kinds[0] in ("clear", "permit", "soft_clear", "esp", "ah", "ah_esp")
    if kinds[0] == "soft_clear":
        asked = there if here.decide(packet).kind.value == "negotiate" else here
        passes = not speaks_with(asked.view, (there if asked is here else here).view.host.addresses)
    taken = there.decide(packet).lets_clear_in, here.decide(packet.reply).lets_clear_in
    return Fate(passes, clear, taken, outcomes[0])


def speaks_with(view: View, addresses: tuple[Any, ...]) -> bool:
    """Tell whether a host has any rule that negotiates with one of the addresses."""
    policy = view.host.policy_in_force
    for bound in policy.rules if policy else ():
        for one in bound.filters.filters if bound.action.action.value == "negotiate" else ():
            for side in (one.source, one.destination):
                if side is Place.ANY or (not isinstance(side, str) and any(each in side for each in addresses)):
                    return True
    return False


@dataclass
class Played:
    """What happened when a deployment was played. ``broken`` are sentences: none of them may ever be."""

    refused: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    rounds: int = 0
    swaps: int = 0


def play(seed: int, methods: Methods | None = None, **more: Any) -> Played:
    """Make a deployment, change it, and look at all pairs after each step, with hosts missing and kills in between."""
    chance = random.Random(seed)
    world = new_world(chance)
    world.flows, world.options = new_flows(chance, world)
    plan = world.plan(allow_swap=SWAPS)
    if plan["refusals"]:
        return Played(plan["refusals"])
    start = chance.random()
    if start < 0.6:
        world.finish(plan)
    elif start < 0.8:
        # An earlier run was killed in the middle.
        _some(chance, world, plan)
    world = changed(chance, world) if start < 0.9 else world
    return roll_out(chance, world, methods, **more)


def _leave(chance: random.Random, world: World) -> None:
    """Take one machine out of all flows, if enough remain."""
    name = chance.choice(list(world.machines))
    flows = [
        {**flow, **{side: [one for one in flow[side] if one != name] for side in ("from", "to")}}
        for flow in world.flows
    ]
    if all(flow["from"] and flow["to"] and len({*flow["from"], *flow["to"]}) > 1 for flow in flows):
        world.flows = flows


def _some(chance: random.Random, world: World, plan: Data) -> None:
    """Let a run go on until it is killed."""
    last = chance.randrange(len(plan["rounds"]) + 1)
    for number, round_ in enumerate(plan["rounds"]):
        names = list(round_["hosts"])
        chance.shuffle(names)
        for name in names if number < last else names[: chance.randrange(len(names) + 1)]:
            world.take(plan, round_["name"], name)
        if number >= last:
            return


def roll_out(chance: random.Random, world: World, methods: Methods | None = None, **more: Any) -> Played:
    """Play the rollout of the flows of a world, and compare every moment with before and after."""
    absent = {}
    if chance.random() < 0.3:
        absent = {chance.choice(list(world.machines)): chance.choice(("limit", "unreachable"))}
    options = {"allow_swap": SWAPS if chance.random() < 0.5 else (), **more}
    plan = world.plan(absent, methods, **options)
    if plan["refusals"]:
        return Played(plan["refusals"])
    before = world.acting()
    ended = world.copied()
    ended.finish(plan)
    # With a host that is not there everything goes on as before.
    watch = Watch(world, before, ended.acting(), frozenset(absent))
    killed = chance.random() < 0.4
    for number in range(2):
        kill = chance.randrange(6) if killed and number == 0 else -1
        if not watch.follow(chance, plan, kill):
            break
        # The next run finds what the killed one left.
        plan = world.plan(absent, methods, **options)
        if plan["refusals"]:
            watch.played.refused = plan["refusals"]
            return watch.played
    if not absent and world.plan(methods=methods, **options)["rounds"]:
        watch.played.broken.append("a further run changes something")
    return watch.played


def smooth(seed: int, methods: Methods | None = None) -> Played:
    """Make a deployment and change only what overlap can change, all hosts being there."""
    chance = random.Random(seed)
    world = new_world(chance)
    world.flows, world.options = new_flows(chance, world)
    plan = world.plan(allow_swap=SWAPS)
    if plan["refusals"]:
        return Played(plan["refusals"])
    # A host that has nothing yet cannot be told a key that only its peer knows.
    if chance.random() < 0.5 or world.flows[0]["authentication"][0] in KEYS:
        world.finish(plan)
    else:
        _some(chance, world, plan)
    lists = [[KERBEROS], [CERTIFICATE], [OTHER_CERTIFICATE], [KERBEROS, CERTIFICATE]]
    if world.flows[0]["authentication"][0] not in KEYS:
        lists.append([KEYS[0]])
    authentication = chance.choice((world.flows[0]["authentication"], *lists))
    methods_of_all = chance.choice(([ESP], [ESP_MD5], [AH], [ESP_MD5, ESP]))
    for flow in world.flows:
        flow |= {"authentication": authentication, "security_methods": methods_of_all}
        flow["level"] = chance.choice(("require", "request"))
    if chance.random() < 0.5:
        world.options["main_mode"] = new_main_mode(chance)
    if chance.random() < 0.4 and not any(machine.keys() for machine in world.machines.values()):
        _leave(chance, world)
    plan = world.plan(methods=methods)
    if plan["refusals"]:
        return Played(plan["refusals"])
    ended = world.copied()
    ended.finish(plan)
    watch = Watch(world, world.acting(), ended.acting())
    watch.follow(chance, plan, -1)
    return watch.played


@dataclass
class Watch:
    """Looks at all pairs of a world, and knows what they did before and what they shall do."""

    world: World
    before: dict[str, Acting]
    after: dict[str, Acting]
    absent: frozenset[str] = frozenset()
    played: Played = field(default_factory=Played)
    known: dict[tuple[str, str, Packet], tuple[Fate, Fate]] = field(default_factory=dict)

    def follow(self, chance: random.Random, plan: Data, kill: int) -> bool:
        """Play the rounds of a plan; return whether it was killed, which is when ``kill`` hosts have changed."""
        done = 0
        for round_ in plan["rounds"]:
            self.played.rounds += 1
            together = {frozenset(pair) for pair in round_["together"]}
            self.played.swaps += len(together)
            names = list(round_["hosts"])
            chance.shuffle(names)
            for name in names:
                self.world.take(plan, round_["name"], name)
                self.look(name, f"{round_['name']} of {name}", together)
                done += 1
                if done == kill and not together:
                    return True
        return False

    def look(self, name: str, when: str, together: set[frozenset[str]]) -> None:
        """Compare all pairs of a host that has changed."""
        views = self.world.acting()
        for peer, machine in self.world.machines.items():
            if peer == name:
                continue
            swapped = frozenset((name, peer)) in together
            for packet in packets(self.world.machines[name], machine):
                key = (name, peer, packet)
                if key not in self.known:
                    last = self.before if peer in self.absent else self.after
                    before, after = (fate(each[name], each[peer], packet) for each in (self.before, last))
                    self.known[key] = before, after
                before, after = self.known[key]
                self.compare(before, fate(views[name], views[peer], packet), after, f"{when}: {packet}", swapped)

    def compare(self, before: Fate, now: Fate, after: Fate, when: str, swapped: bool) -> None:
        """Note what must never be."""
        if before.passes and after.passes and not now.passes and not swapped:
            self.played.broken.append(f"interrupted, {when}: {now.outcome.kind.value}. {now.outcome.why}")
        for mine, old, new in (
            *zip(now.clear, before.clear, after.clear, strict=True),
            *zip(now.taken, before.taken, after.taken, strict=True),
        ):
            if mine and not old and not new:
                self.played.broken.append(f"weaker, {when}: {now.outcome.kind.value}. {now.outcome.why}")
