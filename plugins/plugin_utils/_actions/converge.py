# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Brings a host to what it shall be: reads, plans, changes phase by phase, and believes only what it reads again."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from .._common.errors import IpsecError
from .._flows import management
from .._policies.host import QUESTIONS, Host, read_host
from .._policies.model import Store
from .._policies.netsh import render
from .._policies.planning.operations import Assign, DeleteFilterList, Unassign
from .._policies.planning.plan import Step, make_plan, shortfall
from .._policies.planning.secrets import secrets_of
from .._policies.planning.staging import settled
from .._policies.planning.turns import leave_command, without_mark
from .._windows.netsh.script import MOST_INPUT_BYTES
from .._windows.talk import ChangeError, HostSession, Run
from .._windows.timer import DISARM_COMMAND
from .confirm import Decision, confirm
from .prediction import Prediction, Terms, Want, predict
from .services import start_services, wake_services
from .turn import CHANGED_UNDER_IT, Turn

# How often a task begins anew because another run came in between.
_MOST_BEGINNINGS = 10
_CHANGED_BEFORE = f"{CHANGED_UNDER_IT} before anything was sent, so it was read and planned again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a task found, what it did or would do, and what is there now. Commands are without secrets.

    ``reasons`` say why, by the commands for which there is more to say than what they do.
    """

    host: Host
    before: Store
    after: Store
    commands: tuple[str, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    confirmed: bool = False

    @property
    def changed(self) -> bool:
        """Whether the host differs, or would differ, from what was found."""
        return bool(self.commands)


@dataclass(slots=True)
class Converger:
    """Carries one task out over ``run``; ``renew`` makes a new connection of it.

    ``room`` says how many bytes of standard input go in one command, given whether the host takes large messages;
    ``tell`` hears what a long task is at. ``over_ssh`` says that the connection is one of ssh.
    """

    run: Run
    renew: Callable[[], None] = lambda: None
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    room: Callable[[bool], int] = lambda _large: MOST_INPUT_BYTES
    tell: Callable[[str], None] = lambda _text: None
    over_ssh: bool = False
    talk: HostSession[Host] = field(init=False)
    turn: Turn = field(init=False)

    def __post_init__(self) -> None:
        self.talk = HostSession(self.run, QUESTIONS, read_host, self.renew, tell=self.tell)
        self.turn = Turn(self.talk, self.sleep, self.clock, self.tell)

    def read(self) -> Host:
        """Return the host as it is."""
        host = self.talk.read()
        self.talk.most = self.room(host.version.large_messages)
        return host

    def converge(self, want: Want, terms: Terms) -> Outcome:
        """Bring the host to what ``want`` makes of its present store; in check mode return the prediction."""
        host = self.read()
        if terms.check:
            return _outcome(self._predict(host, want, terms))
        try:
            return self._bring(host, want, terms)
        except (ChangeError, IpsecError):
            self.turn.leave()
            raise

    def _predict(self, host: Host, want: Want, terms: Terms) -> Prediction:
        return predict(host, want, terms, self._connections)

    def _connections(self) -> management.Listed:
        return management.read_connections(self.talk.inquire(management.QUESTIONS), over_ssh=self.over_ssh)

    def _bring(self, host: Host, want: Want, terms: Terms) -> Outcome:
        notes: list[str] = []
        for _number in range(_MOST_BEGINNINGS):
            host = self.turn.wait(host)
            plan = self._predict(host, want, terms)
            if host.timer and (terms.in_force or plan.commands):
                # An earlier run did not live to confirm its change; reaching the host again decides for what is wanted.
                # What it would bring back was not judged together with the change of this task.
                found = self.talk.ask(DISARM_COMMAND)[0]
                if found.store != host.store:
                    host = found  # it fired before it was taken away: the plan was made for what is no longer there
                    continue
                host = found
            if not plan.commands:
                return replace(_outcome(plan), commands=tuple(self.talk.done))
            if plan.services and not plan.sleeper:
                host = start_services(self, plan.services)
                if host.store != plan.host.store:
                    notes = [_CHANGED_BEFORE]
                    continue
            if len(plan.lines) + plan.sleeper <= 1 and plan.confirm_seconds is None:
                return self._carry_out(plan, host, want, notes)  # one command is there or it is not
            taken = self.turn.take(host, plan.confirm_seconds)
            if taken is None:
                host = self.read()
                continue
            unmarked = without_mark(taken.store, self.turn.mark)
            if unmarked != plan.host.store:
                notes = [_CHANGED_BEFORE]
                plan = self._predict(replace(taken, store=unmarked), want, terms)
            return self._carry_out(plan, taken, want, notes)
        message = (
            f"{CHANGED_UNDER_IT} {_MOST_BEGINNINGS} times before it could begin. Run it again when others are done."
        )
        raise ChangeError(message, self.talk.done)

    def _carry_out(self, plan: Prediction, host: Host, want: Want, notes: Sequence[str]) -> Outcome:
        """Send what was planned, and return what came of it: success is what was read."""
        self.talk.hidden = secrets_of(host.store, plan.steps)
        if plan.steps:
            host = self._send_steps(plan, host)
        if plan.sleeper:
            host = self._wake(plan, host)
        self.turn.leave()  # unless it went with the last command
        store = without_mark(host.store, self.turn.mark)
        self._check_result(plan, store, want)
        return replace(
            _outcome(plan),
            host=host,
            after=store,
            commands=tuple(self.talk.done),
            warnings=tuple(dict.fromkeys((*plan.warnings, *notes))),
            confirmed=plan.confirm_seconds is not None,
        )

    def _check_result(self, plan: Prediction, store: Store, want: Want) -> None:
        """Raise ChangeError unless the store has what this task wants of it.

        What others changed is no matter of it, their marks and copies neither; its own copies must be gone.
        """
        found = settled(store)
        try:
            left = make_plan(found, want(found))
        except IpsecError as error:
            raise ChangeError(f"{CHANGED_UNDER_IT}: {error}", self.talk.done) from None
        own = {step.operation.key for step in plan.steps}
        left += tuple(step for step in make_plan(store, found) if step.operation.key in own)
        if left:
            needed = ", ".join(render(step.operation).redacted() for step in left[:3])
            message = f"The host reported no error, but reading it again shows that it still needs: {needed}."
            raise ChangeError(message, self.talk.done)

    def _send_steps(self, plan: Prediction, host: Host) -> Host:
        phases = list(_phases(plan.steps))
        for phase in phases:
            first = plan.steps[phase.start]
            self.turn.check(host)
            missing = shortfall(host.store, first.requires) if first.requires is not None else ()
            if missing:
                commands = ", ".join(render(operation).redacted() for operation in missing[:3])
                message = f"Not sent, because reading the host again shows that it still needs: {commands}."
                raise ChangeError(message, self.talk.done, plan.lines[phase.start].redacted())
            last = phase is phases[-1] and not plan.sleeper
            if first.decides and plan.confirm_seconds is not None and not plan.sleeper:
                host = self._decide(plan, host, first, leaves=last)
            else:
                leaving = [render(DeleteFilterList(self.turn.mark))] if last and self.turn.held else []
                host = self.talk.send([plan.lines[index] for index in phase], leaving)
                self.turn.held = self.turn.held and not leaving
            operation = plan.steps[phase[-1]].operation
            if isinstance(operation, (Assign, Unassign)):
                self._check_assignment(host.store, operation)
        return host

    def _decide(self, plan: Prediction, host: Host, step: Step, *, leaves: bool) -> Host:
        """Carry out the step that decides behind a timer."""
        line = render(step.operation)
        decision = Decision(
            original=plan.host.store,
            target=step.operation.policy if isinstance(step.operation, Assign) else None,
            carry_out=lambda: self.talk.send([line]),
            line=line.redacted(),
            seconds=plan.confirm_seconds or 0,
            check=self.turn.check,
        )
        found = confirm(self, host, decision)
        if leaves:
            self.turn.leave()
        return found

    def _wake(self, plan: Prediction, host: Host) -> Host:
        """Start the services last, when what they put in force is what is wanted."""
        if plan.confirm_seconds is None:
            leaving = (leave_command(self.turn.mark),) if self.turn.held else ()
            self.turn.held = False
            return wake_services(self, plan.services, leaving)
        decision = Decision(
            original=plan.host.store,
            target=plan.desired.assigned,
            carry_out=lambda: wake_services(self, plan.services),
            line=plan.services[-1],
            seconds=plan.confirm_seconds,
            check=self.turn.check,
            asleep=True,
        )
        found = confirm(self, host, decision)
        self.turn.leave()
        return found

    def _check_assignment(self, store: Store, operation: Assign | Unassign) -> None:
        expected = operation.policy if isinstance(operation, Assign) else None
        if store.assigned != expected:
            message = f"The policy in force is {store.assigned!r} after the command, expected {expected!r}."
            raise ChangeError(message, self.talk.done, render(operation).redacted())


def _outcome(plan: Prediction) -> Outcome:
    """Return what a task would do."""
    return Outcome(
        host=plan.host,
        before=plan.host.store,
        after=plan.desired,
        commands=plan.commands,
        reasons={line.redacted(): step.reason for step, line in zip(plan.steps, plan.lines, strict=True)},
        warnings=plan.warnings,
    )


def _phases(steps: Sequence[Step]) -> Iterator[range]:
    """Yield ranges of steps that may be sent together: each barrier begins a new one."""
    starts = [0, *(index for index, step in enumerate(steps) if step.barrier and index), len(steps)]
    return (range(first, last) for first, last in itertools.pairwise(starts))
