# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hits a step of a rollout at one point after the other, and judges what the lab sees then and after two more runs.

The run that is hit is made for every point. Many points leave the host in the very same state, byte for byte and
second for second, and the runs after them would be the same again: those are made once for each state. For that the
lab's GUIDs are drawn from a row instead of at random, and its clocks stand still until a wait moves them.
"""

from __future__ import annotations

import copy
import io
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any
from unittest import mock

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from fault_points import DARK, DEATH, Point, confirmation, points, refusing
from lab_runner import IPSEC, SERVICES, Tree, tree
from meaning import Meaning, differences, in_force, seen
from rollout import CONFIRMED, KEY, STEPS, Play, Site, plant_others, plays, running
from winrm_runner import Controller, Time

from winlab.host import Host
from winlab.lab import Lab, LabHost
from winlab.netsh import static_filters
from winlab.scheduler import run_due
from winlab.store import objects, policies
from winlab.store.model import Filter

Data = dict[str, Any]
COPY = "~winsec~"
# What a run, and the timer that it may leave, can change.
STATE = ("registry", "services", "tasks", "associations")
# The shortest timer is one of a minute; after twice that it must have run.
_TIMER_SECONDS = 120
# An attempt to reach a host that is dark takes its time as well.
_ATTEMPT_SECONDS = 10
# Steps that set the host's own timer.
TIMED = {CONFIRMED}
_SECRETS = (KEY, KEY.encode("utf-16-le").hex())


class ControllerDied(Exception):
    """The controller went away in the middle of a run."""


@dataclass(slots=True)
class Guids:
    """Makes GUIDs in a row, from a number on."""

    number: int = 0

    def uuid4(self) -> uuid.UUID:
        """Return the next one."""
        self.number += 1
        return uuid.UUID(int=self.number, version=4)


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of a point: how the hit run ended, and everything that is wrong, each with its kind in front."""

    site: str
    step: str
    transport: str
    point: Point
    ended: str
    copies: bool
    wrong: tuple[str, ...]

    def has(self, kind: str) -> bool:
        """Tell whether something of a kind is wrong."""
        return any(text.startswith(f"{kind}: ") for text in self.wrong)


@dataclass(slots=True)
class Bench:
    """One running host at the beginning of one step, with what the step makes of it when nothing goes wrong."""

    lab: Lab
    target: LabHost
    site: Site
    step: str
    play: Play
    transport: str
    planted: Tree
    guids: Guids
    before: Meaning = field(init=False)
    goal: Meaning = field(init=False)
    points: list[Point] = field(init=False)
    _start: Data = field(init=False)
    _began: float = field(init=False)
    _confirmation: int = field(init=False)
    _recovered: dict[str, list[str]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._start, self._began = self._state(), self.target.host.clock.now()
        self.before = seen(self.target.host)
        self.target.log.clear()
        self._run()
        entries = self.target.log.entries()
        self.goal = seen(self.target.host)
        self.points = points(entries, dark=self.step in TIMED)
        self._confirmation = confirmation(entries)
        if not differences(self.before, self.goal):
            raise ValueError(f"{self.step} of {self.site.name} changes nothing")
        if bool(self._confirmation) is not (self.step in TIMED):
            raise ValueError(f"{self.step} of {self.site.name}: the timer is not as expected")

    @property
    def states(self) -> int:
        """Return from how many different states further runs were made."""
        return len(self._recovered)

    def try_point(self, point: Point) -> Finding:
        """Begin anew, hit the run at the point, judge, run again, judge, run a third time, judge."""
        self._restore(self._start)
        ended, wrong = self._hit(point)
        host = self.target.host
        half = seen(host)
        copies = any(COPY in name for name in half.policies)
        wrong += self._judge_force(half)
        wrong += self._judge_planted()
        if ended == "success":
            wrong += [f"claim: {text}" for text in differences(self.goal, half)[:3]]
        if point.kind in DARK and self.step in TIMED:
            wrong += self._judge_timer(point)
        wrong += self._run_again()
        return Finding(self.site.name, self.step, self.transport, point, ended, copies, tuple(wrong))

    def _hit(self, point: Point) -> tuple[str, list[str]]:
        """Run the step with the fault in it; return how it ended and what was wrong with that."""
        self.target.log.clear()
        self.lab.faults.add(*point.faults(self.site.name))
        said = io.StringIO()
        ended, wrong, text = "success", [], ""
        with refusing(point), redirect_stderr(said), redirect_stdout(said):
            try:
                self._run(dies=point.kind in DEATH)
            except AnsibleConnectionFailure as error:
                ended, text = "unreachable", _told(error)
            except AnsibleActionFail as error:
                ended, text = "failed", f"{_told(error)} {error._result}"
            except ControllerDied:
                ended = "died"
            except Exception as error:
                # The connection plugin lets some through; Ansible shows them as a crash of the task.
                ended, text = "crash", f"{type(error).__name__}: {_told(error)}"
                wrong.append(f"crash: {text[:200]}")
        left = self.lab.faults.pending()
        if point.kind not in DARK and left:
            wrong.append(f"point: the fault was never met: {left}")
        self.lab.faults.clear()
        text += said.getvalue()
        if any(secret.lower() in text.lower() for secret in _SECRETS):
            wrong.append("secret: the key was shown")
        return ended, wrong

    def _judge_force(self, found: Meaning) -> list[str]:
        """Require the policy in force from before or from after, in no case one with fewer rules than both."""
        allowed = (self.before, self.goal)
        wrong = []
        if force(found) not in map(force, allowed):
            wrong.append(f"lost: in force is {found.assigned!r}, which is neither what was nor what shall be")
        if rule_count(found) < min(map(rule_count, allowed)):
            wrong.append(f"lost: {rule_count(found)} rules are in force")
        return wrong

    def _judge_planted(self) -> list[str]:
        now = tree(self.target.host)
        return [f"planted: {path} was touched" for path, values in self.planted.items() if now.get(path) != values]

    def _judge_timer(self, point: Point) -> list[str]:
        """Let the host's own timer run; unless the run was confirmed, the host must have what it had before.

        Where a timer was left, two further runs are judged on this side of time as well.
        """
        host = self.target.host
        dark, armed = self._state(), bool(host.tasks)
        now = host.clock.now()
        self._pass(_TIMER_SECONDS)
        confirmed = point.executed(self._confirmation)
        expected = self.goal if confirmed else self.before
        wrong = []
        if force(seen(host)) != force(expected):
            wrong.append(f"timer: in force is {seen(host).assigned!r}, confirmed is {confirmed}")
        if armed:
            wrong += self._run_again()
        self._restore(dark, now)
        return wrong

    def _run_again(self) -> list[str]:
        """Run twice without faults: the first run must reach the goal and leave nothing, the second change nothing."""
        here = self._fingerprint()
        if here not in self._recovered:
            self._recovered[here] = self._recover()
        return self._recovered[here]

    def _recover(self) -> list[str]:
        host = self.target.host
        wrong = []
        for number in (2, 3):
            try:
                with redirect_stderr(io.StringIO()):
                    results = self._run()
            except Exception as error:
                wrong.append(f"converge: run {number} ended with {type(error).__name__}: {str(error)[:300]}")
                break
            found = seen(host)
            wrong += [f"converge: run {number}: {text[:300]}" for text in differences(self.goal, found)[:3]]
            names = [*found.policies, *found.filter_lists, *found.filter_actions]
            wrong += [f"orphan: {name} after run {number}" for name in names if COPY in name]
            wrong += [f"orphan: task {task.name} after run {number}" for task in host.tasks.values()]
            if number == 3 and any(result["changed"] for result in results):
                wrong.append("converge: run 3 changed something")
        return wrong + self._judge_planted()

    def _run(self, *, dies: bool = False) -> list[Data]:
        time = Time(self._die if dies else self._wait, self.target.host.clock.now)
        return self.play(Controller(self.target, self.transport, time))

    def _wait(self, seconds: float) -> None:
        self._pass(seconds + _ATTEMPT_SECONDS)

    @staticmethod
    def _die(_seconds: float) -> None:
        raise ControllerDied

    def _pass(self, seconds: float) -> None:
        """Let time pass on the host, whose clock is the controller's too."""
        self.target.host.clock.advance(seconds)
        with self.target.endpoint.operations.shells.running:
            run_due(self.target.host)

    def _fingerprint(self) -> str:
        """Return a text that is the same only for the same state of everything that a run can meet."""
        host = self.target.host
        services = {name: int(service.state) for name, service in host.services.items()}
        keys = [list(found.items()) for found in trees(host)]
        return repr((keys, services, host.tasks, host.clock.now(), self.guids.number))

    def _state(self) -> Data:
        state = {name: getattr(self.target.host, name) for name in STATE}
        return copy.deepcopy({**state, "guids": self.guids.number})

    def _restore(self, state: Data, now: float | None = None) -> None:
        with self.target.endpoint.operations.shells.running:
            self.target.host.clock.set(self._began if now is None else now)
            values = copy.deepcopy(state)
            self.guids.number = values.pop("guids")
            for name, value in values.items():
                setattr(self.target.host, name, value)


def trees(host: Host) -> list[Tree]:
    """Return the keys of a host that a run can change."""
    return [tree(host, root) for root in (IPSEC, SERVICES)]


def _told(error: BaseException | None) -> str:
    """Return the texts of an error and of those behind it, which Ansible shows with it."""
    told = []
    while error is not None:
        told.append(str(error))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(told)


def force(found: Meaning) -> object:
    """Return what the policy in force does, its default response rule included."""
    return in_force(found), found.responses.get(found.assigned or "")


def rule_count(found: Meaning) -> int:
    """Return how many rules are in force, besides the default response rule."""
    return len(found.rules[found.assigned]) if found.assigned is not None else 0


@contextmanager
def counted_guids() -> Iterator[Guids]:
    """Let new objects of the lab get GUIDs that are the same in every run."""
    guids = Guids()
    row = SimpleNamespace(uuid4=guids.uuid4, UUID=uuid.UUID)

    def new_filter(*sides_and_ports: Any) -> Filter:
        return replace(Filter(*sides_and_ports), guid=guids.uuid4())

    with ExitStack() as stack:
        for module in (objects, policies):
            stack.enter_context(mock.patch.object(module, "uuid", row))
        stack.enter_context(mock.patch.object(static_filters, "Filter", new_filter))
        yield guids


@contextmanager
def bench(site: Site, step: str, transport: str = "basic") -> Iterator[Bench]:
    """Run a lab whose host stands where the step begins."""
    with ExitStack() as stack:
        guids = stack.enter_context(counted_guids())
        lab, target = stack.enter_context(running(site))
        planted = plant_others(target)
        controller = Controller(target, time=Time(lambda _seconds: None, target.host.clock.now))
        steps = plays(site, controller.run("policies_info", {})["config"])
        for earlier in STEPS[: STEPS.index(step)]:
            steps[earlier](controller)
        yield Bench(lab, target, site, step, steps[step], transport, planted, guids)


@dataclass(frozen=True, slots=True)
class Sweep:
    """What became of the chosen points of one step, from how many states further runs were made, points in all."""

    findings: tuple[Finding, ...]
    states: int
    points: int


def sweep(site: Site, step: str, transport: str, choose: Callable[[list[Point]], Iterable[Point]]) -> Sweep:
    """Try the chosen points of a step."""
    with bench(site, step, transport) as place:
        findings = tuple(place.try_point(point) for point in choose(place.points))
        return Sweep(findings, place.states, len(place.points))
