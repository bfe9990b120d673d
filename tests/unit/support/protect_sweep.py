# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hits a deployment at one point after the other, as protect.yml plays it: all rounds on both hosts of a pair.

One host of the pair is reached over HTTP and hit, the other one in this process. Beside what every sweep asks, the
pair must talk with IPsec after each hit, after the host's timer, and after the runs that follow, and never in clear,
not even where IKE gets no answer.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import Any

import fault_sweep
from fault_points import Point
from fault_sweep import Bench, Finding, Sweep, counted_guids, force
from lab_runner import LabConnection, run
from meaning import Meaning, differences, seen
from rollout import CONFIRM_SECONDS, Site, plant_others
from winrm_runner import Controller, Time

from ansible_collections.winsec.ipsec.plugins.filter.with_keys import with_keys
from winlab.dataplane.wire import Wire
from winlab.host import Host
from winlab.ipsec.associations import Associations
from winlab.ipsec.packet import Network, Packet
from winlab.lab import Lab
from winlab.spec import HostSpec
from winlab.testing.policies import machine
from winlab.wsman import Limits

Data = dict[str, Any]

AUTHENTICATION, ADDED_PORT = "another authentication", "an added port"
STEPS = (AUTHENTICATION, ADDED_PORT)
fault_sweep.TIMED.update(STEPS)

ADDRESSES = {"web": "10.0.0.20", "sql": "10.0.0.21"}
PORT = 1433
_FLOW: Data = {"name": "Web to SQL", "from": "web", "to": "sql", "ports": [PORT]}
_CERTIFICATE = [{"method": "certificate", "authority": "CN=Example CA"}]
CHANGES: dict[str, tuple[Data, Data]] = {
    AUTHENTICATION: ({**_FLOW, "authentication": _CERTIFICATE}, {}),
    ADDED_PORT: ({**_FLOW, "ports": [PORT, 1434]}, {"allow_swap": ["added_port"]}),
}
_ENDLESS = 1_000_000


def site(name: str, version: str, language: str = "en") -> Site:
    """Return a host of the pair as a sweep names it."""
    return Site(name, version, language, False, ({}, {}, {}))


# The host that is hit, and the version of the other one.
PAIRS = ((site("web", "2003", "de"), "2025"), (site("sql", "2025"), "2003"))


@dataclass(slots=True)
class Pair:
    """The two hosts, of which ``target``, the ``role`` of the flow, is hit; ``tell`` is called after its tasks."""

    role: str
    target: Host
    other: Host
    tell: Callable[[], None] = lambda: None

    def deploy(self, controller: Controller, flow: Data, **more: Any) -> list[Data]:
        """Play protect.yml and return the results of its tasks on both hosts."""
        names = {"web": None, "sql": None}
        results: list[Data] = []

        def task(name: str, module: str, args: Data) -> Data:
            hit = name == self.role
            result = controller.run(module, args) if hit else run(self.other, module, args)
            results.append(result)
            if hit:
                self.tell()
            return result

        def read(name: str) -> Data:
            info = task(name, "policies_info", {})
            if not info["host"]["unconfirmed"]:
                return info
            task(name, "policies", {"state": "merged", "config": {"assigned": info["config"]["assigned"]}})
            return task(name, "policies_info", {})

        hosts = [{"name": name, "addresses": [ADDRESSES[name]], "info": read(name)} for name in names]
        options = {"flows": [flow], "hosts": hosts, **more}
        found = run(LabConnection(Host.create("unused", "2016")), "deployment", options)
        assert found["refusals"] == [], found["refusals"]
        for round_ in found["rounds"]:
            for name in round_["hosts"]:
                mine = found["hosts"][name]
                config = with_keys(mine["documents"][round_["name"]], mine["keyed_rules"][round_["name"]], [flow])
                args = {"state": "replaced", "config": config}
                timer = {"confirm_timeout": CONFIRM_SECONDS} if name == self.role else {}
                task(name, "policies", {**args, **timer})
        for name in names:
            task(name, "policies", {"state": "deleted", "config": found["hosts"][name]["leftovers"]})
        return results

    def wrong(self) -> list[str]:
        """Return what is wrong with packets of the port that was protected all the time."""
        found = []
        for network in (Network(), Network(ike=False)):
            hosts = copy.deepcopy((self.target, self.other))
            for host in hosts:
                host.associations = Associations()
                host.clock.set(self.target.clock.now())
            ends = [ip_address(ADDRESSES[name]) for name in ("web", "sql")]
            sent = Wire(hosts, network).send(Packet(ends[0], ends[1], 6, 50_000, PORT))
            if network.ike and sent.fate.value != "esp":
                found.append(f"lost: a packet that was protected all the time is {sent.fate.value}: {sent.sentence}")
            elif not network.ike and sent.delivered:
                found.append(f"lost: without IKE a packet goes in clear: {sent.fate.value}")
        return found


@dataclass(slots=True)
class PairBench(Bench):
    """A bench for a pair. What may be in force is what the undisturbed run had after one of its tasks."""

    pair: Pair = field(kw_only=True)
    allowed: list[Meaning] = field(init=False, default_factory=list)
    _other_goal: Meaning = field(init=False)

    def __post_init__(self) -> None:
        self.allowed.append(seen(self.target.host))
        self.pair.tell = lambda: self.allowed.append(seen(self.target.host))
        # The class has slots, so super() without arguments knows another class.
        Bench.__post_init__(self)
        self.pair.tell = lambda: None
        self._other_goal = seen(self.pair.other)

    def _judge_force(self, found: Meaning) -> list[str]:
        known = [force(one) for one in self.allowed]
        wrong = [] if force(found) in known else [f"lost: in force is {found.assigned!r}, which no round has"]
        return wrong + self.pair.wrong()

    def _judge_timer(self, point: Point) -> list[str]:
        host = self.target.host
        dark, armed, now = self._state(), bool(host.tasks), host.clock.now()
        self._pass(2 * CONFIRM_SECONDS)
        wrong = [text.replace("lost:", "timer:") for text in self._judge_force(seen(host))]
        if armed:
            wrong += self._run_again()
        self._restore(dark, now)
        return wrong

    def _recover(self) -> list[str]:
        wrong = Bench._recover(self)
        wrong += [
            f"converge: the other host: {text}" for text in differences(self._other_goal, seen(self.pair.other))[:3]
        ]
        return wrong + self.pair.wrong()

    def _fingerprint(self) -> str:
        other = self.pair.other
        keys = [list(found.items()) for found in fault_sweep.trees(other)]
        return f"{Bench._fingerprint(self)} {keys!r} {other.tasks!r}"

    def _state(self) -> Data:
        other = {name: getattr(self.pair.other, name) for name in fault_sweep.STATE}
        return {**Bench._state(self), "other": copy.deepcopy(other)}

    def _restore(self, state: Data, now: float | None = None) -> None:
        others = copy.deepcopy(state["other"])
        Bench._restore(self, {name: value for name, value in state.items() if name != "other"}, now)
        for name, value in others.items():
            setattr(self.pair.other, name, value)


@contextmanager
def bench(hit: Site, version: str, step: str) -> Iterator[PairBench]:
    """Run a lab whose pair has what it has before the change."""
    limits = replace(Limits.of(hit.version), max_shells=_ENDLESS, max_operations=_ENDLESS)
    spec = HostSpec(name=hit.name, version=hit.version, language=hit.language, limits=limits, firewall="off")
    (name,) = (one for one in ADDRESSES if one != hit.role)
    with ExitStack() as stack:
        guids = stack.enter_context(counted_guids())
        lab = stack.enter_context(Lab([spec]))
        target = lab.hosts[hit.name]
        target.host.clock.set(target.host.clock.now())
        target.host.addresses = (ip_address(ADDRESSES[hit.role]),)
        other = machine(name, ADDRESSES[name], version=version)
        other.clock.set(target.host.clock.now())
        pair = Pair(hit.role, target.host, other)
        pair.deploy(Controller(target, time=Time(lambda _seconds: None, target.host.clock.now)), _FLOW)
        planted = plant_others(target)
        flow, more = CHANGES[step]

        def play(controller: Controller) -> list[Data]:
            return pair.deploy(controller, flow, **more)

        yield PairBench(lab, target, replace(hit), step, play, "basic", planted, guids, pair=pair)


def sweep(hit: Site, version: str, step: str, choose: Callable[[list[Point]], Iterable[Point]]) -> Sweep:
    """Try the chosen points of a change."""
    with bench(hit, version, step) as place:
        findings: tuple[Finding, ...] = tuple(place.try_point(point) for point in choose(place.points))
        return Sweep(findings, place.states, len(place.points))
