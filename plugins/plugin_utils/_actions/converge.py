# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Brings a host to what it shall be: reads, plans, changes phase by phase, and believes only what it reads again.

What is read, planned and sent is an engine's matter (:mod:`.._windows.engine`).
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic

from .._common.errors import IpsecError
from .._flows import management
from .._windows.engine import Acting, Desired, Engine, State, Step, Want
from .._windows.netsh.line import Line
from .._windows.netsh.script import MOST_INPUT_BYTES
from .._windows.talk import ChangeError, HostSession, Run
from .._windows.timer import DISARM_COMMAND
from .confirm import DecidingChange, confirm
from .prediction import ChangeTerms, Prediction, predict
from .services import start_services, wake_services
from .turn import CHANGED_UNDER_IT, Turn

# How often a task begins anew because another run came in between.
_MOST_BEGINNINGS = 10
_CHANGED_BEFORE = f"{CHANGED_UNDER_IT} before anything was sent, so it was read and planned again."


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOutcome(Generic[State, Desired]):
    """What a task found, what it did or would do, and what is there now. Commands are without secrets.

    ``host`` is the host as it was read last. ``after`` is the same without what the task needs only for itself, None
    where nothing was changed. ``reasons`` say why, by the commands for which there is more to say than what they do.
    """

    host: State
    before: State
    desired: Desired
    after: State | None = None
    commands: tuple[str, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    confirmed: bool = False

    @property
    def changed(self) -> bool:
        """Whether the host differs, or would differ, from what was found."""
        return bool(self.commands)


@dataclass(slots=True)
class Converger(Generic[State, Want, Desired]):
    """Carries one task out over ``run``; ``renew`` makes a new connection of it.

    ``room`` says how many bytes of standard input go in one command, given whether the host takes large messages;
    ``tell`` hears what a long task is at. ``over_ssh`` says that the connection is one of ssh.
    """

    engine: Engine[State, Want, Desired, Any]
    run: Run
    renew: Callable[[], None] = lambda: None
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    room: Callable[[bool], int] = lambda _large: MOST_INPUT_BYTES
    tell: Callable[[str], None] = lambda _text: None
    over_ssh: bool = False
    talk: HostSession[State] = field(init=False)
    turn: Turn | None = field(init=False)

    def __post_init__(self) -> None:
        engine = self.engine
        self.talk = HostSession(
            self.run, engine.questions, engine.read, self.renew, tell=self.tell, heeds_answers=engine.heeds_answers
        )
        acting = isinstance(engine, Acting)
        self.turn = Turn(self.acting, self.talk, self.sleep, self.clock, self.tell) if acting else None

    @property
    def acting(self) -> Acting[State, Want, Any]:
        """The engine, for those parts of a task that only one that decides about packets has."""
        if not isinstance(self.engine, Acting):
            raise TypeError(f"{type(self.engine).__name__} decides about no packets")
        return self.engine

    def read(self) -> State:
        """Return the host as it is."""
        host = self.talk.read()
        self.talk.most = self.room(host.version.large_messages)
        return host

    def converge(self, want: Want, terms: ChangeTerms) -> TaskOutcome[State, Desired]:
        """Bring the host to what is wanted of it; in check mode return the prediction."""
        host = self.read()
        if terms.check:
            return _outcome(self._predict(host, want, terms))
        if self.turn is None:
            plan = self._predict(host, want, terms)
            return self._carry_out(plan, host, want, ()) if plan.commands else _outcome(plan)
        try:
            return self._bring(host, want, terms, self.turn)
        except (ChangeError, IpsecError):
            self.turn.leave()
            raise

    def _predict(self, host: State, want: Want, terms: ChangeTerms) -> Prediction[State, Desired]:
        return predict(self.engine, host, want, terms, self._connections)

    def _connections(self) -> management.Listed:
        return management.read_connections(self.talk.inquire(management.QUESTIONS), over_ssh=self.over_ssh)

    def _bring(self, host: State, want: Want, terms: ChangeTerms, turn: Turn) -> TaskOutcome[State, Desired]:
        acting, notes = self.acting, list[str]()
        for _number in range(_MOST_BEGINNINGS):
            host = turn.wait(host)
            plan = self._predict(host, want, terms)
            if acting.timer(host) and (terms.in_force or plan.commands):
                # An earlier run did not live to confirm its change; reaching the host again decides for what is wanted.
                # What it would bring back was not judged together with the change of this task.
                found = self.talk.ask(DISARM_COMMAND)[0]
                if acting.differs(found, host):
                    host = found  # it fired before it was taken away: the plan was made for what is no longer there
                    continue
                host = found
            if not plan.commands:
                return replace(_outcome(plan), commands=tuple(self.talk.done))
            if plan.services and not plan.sleeper:
                host = start_services(self, plan.services)
                if acting.differs(host, plan.host):
                    notes = [_CHANGED_BEFORE]
                    continue
            if len(plan.lines) + plan.sleeper <= 1 and plan.confirm_seconds is None:
                return self._carry_out(plan, host, want, notes)  # one command is there or it is not
            taken = turn.take(host, plan.confirm_seconds)
            if taken is None:
                host = self.read()
                continue
            unmarked = acting.without_mark(taken, turn.mark)
            if acting.differs(unmarked, plan.host):
                notes = [_CHANGED_BEFORE]
                plan = self._predict(unmarked, want, terms)
            return self._carry_out(plan, taken, want, notes)
        message = (
            f"{CHANGED_UNDER_IT} {_MOST_BEGINNINGS} times before it could begin. Run it again when others are done."
        )
        raise ChangeError(message, self.talk.done)

    def _carry_out(
        self, plan: Prediction[State, Desired], host: State, want: Want, notes: Sequence[str]
    ) -> TaskOutcome[State, Desired]:
        """Send what was planned, and return what came of it: success is what was read."""
        self.talk.hidden = self.engine.secrets(host, plan.steps)
        turn = self.turn
        for phase in _phases(plan.steps):
            host = self._send_phase(plan, phase, host, want)
        if plan.sleeper and turn is not None:
            host = self._wake(plan, host, turn)
        after = host
        if turn is not None:
            turn.leave()  # unless it went with the last command
            after = self.acting.without_mark(host, turn.mark)
        self._check_result(plan, after, want)
        return replace(
            _outcome(plan),
            host=host,
            after=after,
            commands=tuple(self.talk.done),
            warnings=tuple(dict.fromkeys((*plan.warnings, *notes))),
            confirmed=plan.confirm_seconds is not None,
        )

    def _check_result(self, plan: Prediction[State, Desired], after: State, want: Want) -> None:
        """Raise ChangeError unless the host has what this task wants of it."""
        try:
            left = self.engine.left(after, want, plan.steps)
        except IpsecError as error:
            raise ChangeError(f"{CHANGED_UNDER_IT}: {error}", self.talk.done) from None
        if left:
            raise ChangeError(self.engine.unmet(left, sent=True), self.talk.done, self.talk.asked, self.talk.said)

    def _send_phase(self, plan: Prediction[State, Desired], phase: range, host: State, want: Want) -> State:
        first, lines = plan.steps[phase.start], [plan.lines[index] for index in phase]
        last = phase.stop == len(plan.steps) and not plan.sleeper
        if self.turn is not None:
            self.turn.check(host)
        missing = self.engine.missing(host, first.requires) if first.requires is not None else ()
        if missing:
            failed = self.talk.asked or lines[0].redacted()
            raise ChangeError(self.engine.unmet(missing, sent=False), self.talk.done, failed, self.talk.said)
        if first.decides and plan.confirm_seconds is not None and not plan.sleeper and self.turn is not None:
            host = self._decide(plan, host, self.turn, first, leaves=last)
        else:
            host = self._send(lines, leaves=last)
        if again := self.engine.again(host, want):
            host = self._send([self.engine.render(operation) for operation in again], leaves=last)
        self._check_target(plan, phase, host)
        return host

    def _send(self, lines: Sequence[Line], *, leaves: bool) -> State:
        """Send lines, and give the turn back with the last ones."""
        if self.turn is None or not self.turn.held or not leaves:
            return self.talk.send(lines)
        host = self.talk.send(lines, [self.acting.leave_line(self.turn.mark)])
        self.turn.held = False
        return host

    def _decide(
        self, plan: Prediction[State, Desired], host: State, turn: Turn, step: Step[Any], *, leaves: bool
    ) -> State:
        """Carry out the step that decides behind a timer."""
        line, target = self.engine.render(step.operation), self.acting.target(step.operation)
        decision = DecidingChange(
            original=plan.host,
            target=target[0] if target is not None else None,
            carry_out=lambda: self.talk.send([line]),
            line=line.redacted(),
            seconds=plan.confirm_seconds or 0,
            check=turn.check,
        )
        found: State = confirm(self, host, decision)
        if leaves:
            turn.leave()
        return found

    def _wake(self, plan: Prediction[State, Desired], host: State, turn: Turn) -> State:
        """Start the services last, when what they put in force is what is wanted."""
        found: State
        desired: Any = plan.desired  # the host as it shall be, as for every engine that is acting
        if plan.confirm_seconds is None:
            leaving = (self.acting.leave_command(turn.mark),) if turn.held else ()
            turn.held = False
            found = wake_services(self, plan.services, leaving)
            return found
        decision = DecidingChange(
            original=plan.host,
            target=self.acting.in_force(desired),
            carry_out=lambda: wake_services(self, plan.services),
            line=plan.services[-1],
            seconds=plan.confirm_seconds,
            check=turn.check,
            asleep=True,
        )
        found = confirm(self, host, decision)
        turn.leave()
        return found

    def _check_target(self, plan: Prediction[State, Desired], phase: range, host: State) -> None:
        """Raise ChangeError unless what the last step of a phase puts in force is in force."""
        operation = plan.steps[phase[-1]].operation
        target = self.acting.target(operation) if self.turn is not None else None
        found = self.acting.in_force(host) if target is not None else None
        if target is not None and found != target[0]:
            message = f"The policy in force is {found!r} after the command, expected {target[0]!r}."
            raise ChangeError(message, self.talk.done, self.engine.render(operation).redacted())


def _outcome(plan: Prediction[State, Desired]) -> TaskOutcome[State, Desired]:
    """Return what a task would do."""
    return TaskOutcome(
        host=plan.host,
        before=plan.host,
        desired=plan.desired,
        commands=plan.commands,
        reasons={line.redacted(): step.reason for step, line in zip(plan.steps, plan.lines, strict=True)},
        warnings=plan.warnings,
    )


def _phases(steps: Sequence[Step[Any]]) -> Iterator[range]:
    """Yield ranges of steps that may be sent together: each barrier begins a new one."""
    starts = [0, *(index for index, step in enumerate(steps) if step.barrier and index), len(steps)]
    return (range(first, last) for first, last in itertools.pairwise(starts) if first < last)
