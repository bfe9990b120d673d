# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Brings a host to what it shall be: reads, plans, changes phase by phase, and believes only what it reads again."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from ._action_confirm import confirm_switch
from ._action_session import ChangeError, HostSession, Run
from ._ipsec.errors import IpsecError
from ._ipsec.host import QUESTIONS, RUNNING, START_PENDING, Host, read_host, service_commands
from ._ipsec.model import Store
from ._ipsec.netsh import Line, render
from ._ipsec.planning.guard import Guard
from ._ipsec.planning.limits import check_operations, remarks
from ._ipsec.planning.operations import Assign, Unassign
from ._ipsec.planning.plan import Step, make_plan, shortfall
from ._ipsec.planning.secrets import secrets_of
from ._ipsec.planning.staging import settled
from ._ipsec.revert import DISARM_COMMAND
from ._ipsec.session import MOST_INPUT_BYTES

Want = Callable[[Store], Store]

_SERVICE_PATIENCE_SECONDS = 20
_SERVICE_PAUSE_SECONDS = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a task wants its change made.

    With ``check`` nothing is changed. With ``in_force`` a policy is meant to work: services are started, and a domain
    policy that would win is refused unless ``domain_policy_wins``. A change of what packets meet must be confirmed
    within ``confirm_seconds``, None for no confirmation. The ``guard`` refuses what would stop a critical flow.
    """

    check: bool = False
    in_force: bool = False
    domain_policy_wins: bool = False
    confirm_seconds: int | None = None
    guard: Guard | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a task found, what it did or would do, and what is there now. Commands are without secrets."""

    host: Host
    before: Store
    after: Store
    commands: tuple[str, ...] = ()
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
    ``tell`` hears what a long task is at.
    """

    run: Run
    renew: Callable[[], None] = lambda: None
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    room: Callable[[bool], int] = lambda _large: MOST_INPUT_BYTES
    tell: Callable[[str], None] = lambda _text: None
    talk: HostSession[Host] = field(init=False)

    def __post_init__(self) -> None:
        self.talk = HostSession(self.run, QUESTIONS, read_host, self.renew, tell=self.tell)

    def read(self) -> Host:
        """Return the host as it is."""
        host = self.talk.read()
        self.talk.most = self.room(host.version.large_messages)
        return host

    def converge(self, want: Want, terms: Terms) -> Outcome:
        """Bring the host to what ``want`` makes of its present store; in check mode return the prediction."""
        host = self.read()
        desired = want(settled(host.store))
        revertible = terms.confirm_seconds is not None
        steps = make_plan(host.store, desired, revertible=revertible)
        check_operations((step.operation for step in steps), host.version)
        lines = [render(step.operation) for step in steps]  # refuses what cannot be sent while nothing has been
        works = terms.in_force and desired.assigned is not None
        if works and not terms.domain_policy_wins:
            _refuse_without_effect(host, desired)
        if terms.guard is not None and (steps or works):
            terms.guard.check(host, desired)
        services = _service_commands(host) if works else []
        warnings = (*host.store.findings, *remarks(desired, host.version))
        commands = (*services, *(line.redacted() for line in lines))
        outcome = Outcome(host=host, before=host.store, after=desired, commands=commands, warnings=warnings)
        if terms.check:
            return outcome
        if host.timer:
            # An earlier run did not live to confirm its change; reaching the host again decides for what is wanted now.
            host = self.talk.ask(DISARM_COMMAND)[0]
            if host.store != outcome.before:
                # It fired before it was taken away: the plan was made for what is no longer there.
                return self.converge(want, terms)
        if not outcome.changed:
            return outcome
        if services:
            host = self._start_services(host)
        self.talk.hidden = secrets_of(host.store, steps)
        if steps:
            host = self._carry_out(outcome.before, host, steps, lines, terms.confirm_seconds)
        left = make_plan(host.store, desired)
        if left:
            needed = ", ".join(render(step.operation).redacted() for step in left[:3])
            message = f"The host reported no error, but reading it again shows that it still needs: {needed}."
            raise ChangeError(message, self.talk.done)
        confirmed = revertible and any(step.decides for step in steps)
        return replace(outcome, host=host, after=host.store, confirmed=confirmed)

    def _start_services(self, host: Host) -> Host:
        commands = _service_commands(host)
        found, answer = self.talk.ask(*commands)
        self.talk.done += commands
        waited = 0
        while waited < _SERVICE_PATIENCE_SECONDS and any(
            service.state == START_PENDING for service in found.services.values()
        ):
            self.tell("waits for services to start")
            self.sleep(_SERVICE_PAUSE_SECONDS)
            waited += _SERVICE_PAUSE_SECONDS
            found = self.read()
        for name, service in found.services.items():
            if service.state != RUNNING or not service.automatic:
                message = (
                    f"The service {name} has state {service.state} and start type {service.start_type}: expected "
                    f"{RUNNING} (running) and 2 (automatic). Look at the host's system event log."
                )
                raise ChangeError(message, self.talk.done, answer=answer)
        return found

    def _carry_out(
        self, original: Store, host: Host, steps: Sequence[Step], lines: Sequence[Line], confirm_seconds: int | None
    ) -> Host:
        for phase in _phases(steps):
            first = steps[phase.start]
            missing = shortfall(host.store, first.requires) if first.requires is not None else ()
            if missing:
                commands = ", ".join(render(operation).redacted() for operation in missing[:3])
                message = f"Not sent, because reading the host again shows that it still needs: {commands}."
                raise ChangeError(message, self.talk.done, lines[phase.start].redacted())
            if first.decides and confirm_seconds is not None:
                host = confirm_switch(self, original, host, first, confirm_seconds)
            else:
                host = self.talk.send([lines[index] for index in phase])
            operation = steps[phase[-1]].operation
            if isinstance(operation, (Assign, Unassign)):
                self._check_assignment(host.store, operation)
        return host

    def _check_assignment(self, store: Store, operation: Assign | Unassign) -> None:
        expected = operation.policy if isinstance(operation, Assign) else None
        if store.assigned != expected:
            message = f"The policy in force is {store.assigned!r} after the command, expected {expected!r}."
            raise ChangeError(message, self.talk.done, render(operation).redacted())


def _refuse_without_effect(host: Host, desired: Store) -> None:
    remedy = "Change the group policy object, or set allow_domain_policy if you know that it will change."
    if host.domain_policy:
        expected = "no policy assigned by the domain, since that one wins over a local policy"
        value = f"{desired.assigned}, while the domain assigns {host.domain_policy}"
        raise IpsecError("assigned", value, expected, remedy)
    if not host.local_policy_counts:
        expected = "a domain that lets local policies work (AllowLocalIPsecPolicyMerge is 0)"
        raise IpsecError("assigned", desired.assigned, expected, remedy)


def _service_commands(host: Host) -> list[str]:
    enable = [name for name, service in host.services.items() if not service.automatic]
    start = [name for name, service in host.services.items() if not service.running]
    return service_commands(enable, start)


def _phases(steps: Sequence[Step]) -> Iterator[range]:
    """Yield ranges of steps that may be sent together: each barrier begins a new one."""
    starts = [0, *(index for index, step in enumerate(steps) if step.barrier and index), len(steps)]
    return (range(first, last) for first, last in itertools.pairwise(starts))
