# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Brings a host to what it shall be: reads, plans, changes phase by phase, and believes only what it reads again."""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from ._ipsec import session
from ._ipsec.errors import IpsecError
from ._ipsec.host import RUNNING, START_PENDING, Host, read_host
from ._ipsec.limits import check_operations, remarks
from ._ipsec.model import Store
from ._ipsec.netsh import HIDDEN, Line, render
from ._ipsec.operations import Assign, Unassign
from ._ipsec.plan import Step, make_plan, shortfall
from ._ipsec.staging import settled
from ._ipsec.store_secrets import secrets_of

Run = Callable[[str, bytes], str]
Want = Callable[[Store], Store]

_SERVICE_PATIENCE_SECONDS = 20
_SERVICE_PAUSE_SECONDS = 1


class ChangeError(Exception):
    """A change that a host did not carry out. ``done`` are the redacted commands that were sent before it failed."""

    def __init__(self, message: str, done: Sequence[str], failed: str = "", answer: str = "") -> None:
        super().__init__(message)
        self.done = list(done)
        self.failed = failed
        self.answer = answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a task found, what it did or would do, and what is there now."""

    host: Host
    before: Store
    after: Store
    steps: tuple[Step, ...] = ()
    services: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether the host differs, or would differ, from what was found."""
        return bool(self.steps or self.services)

    @property
    def commands(self) -> list[str]:
        """The commands in their order, without secrets."""
        return [*self.services, *(render(step.operation).redacted() for step in self.steps)]


@dataclass(slots=True)
class Converger:
    """Carries one task out over ``run``, which takes a command line and its standard input."""

    run: Run
    sleep: Callable[[float], None] = time.sleep
    _done: list[str] = field(default_factory=list)

    def read(self) -> Host:
        """Return the host as it is."""
        nonce = secrets.token_hex(4)
        return read_host(session.sections(self.run(session.READ, session.read_script(nonce)), nonce))

    def converge(self, want: Want, *, check: bool, in_force: bool = False, domain_policy_wins: bool = False) -> Outcome:
        """Bring the host to what ``want`` makes of its present store.

        With ``check`` nothing is changed and the outcome is the prediction. With ``in_force`` a policy is meant to
        work: services are started, and a domain policy that would win is refused unless ``domain_policy_wins``.
        """
        host = self.read()
        desired = want(settled(host.store))
        steps = make_plan(host.store, desired)
        check_operations((step.operation for step in steps), host.version)
        lines = [render(step.operation) for step in steps]
        if in_force and desired.assigned and host.domain_policy and not domain_policy_wins:
            expected = "no policy assigned by the domain, since that one wins over a local policy"
            remedy = "Remove it from the group policy object, or set allow_domain_policy if you know it goes."
            raise IpsecError(
                "assigned", f"{desired.assigned}; the domain assigns {host.domain_policy}", expected, remedy
            )
        services = _service_commands(host) if in_force and desired.assigned else []
        outcome = Outcome(
            host=host,
            before=host.store,
            after=desired,
            steps=steps,
            services=tuple(services),
            warnings=(*host.store.findings, *remarks(desired, host.version)),
        )
        if check or not outcome.changed:
            return outcome
        if services:
            host = self._start_services(host)
        after = self._carry_out(host.store, steps, lines) if steps else host.store
        left = make_plan(after, desired)
        if left:
            commands = ", ".join(render(step.operation).redacted() for step in left[:3])
            message = f"The host reported no error, but reading it again shows that it still needs: {commands}."
            raise ChangeError(message, self._done)
        return Outcome(
            host=host,
            before=outcome.before,
            after=after,
            steps=steps,
            services=outcome.services,
            warnings=outcome.warnings,
        )

    def _start_services(self, host: Host) -> Host:
        enable = [name for name, service in host.services.items() if not service.automatic]
        start = [name for name, service in host.services.items() if not service.running]
        nonce = secrets.token_hex(4)
        script = session.service_script(nonce, enable, start)
        answer = self.run(session.READ, script)
        self._done += _service_commands(host)
        found = read_host(session.sections(answer, nonce))
        waited = 0
        while waited < _SERVICE_PATIENCE_SECONDS and any(
            service.state == START_PENDING for service in found.services.values()
        ):
            self.sleep(_SERVICE_PAUSE_SECONDS)
            waited += _SERVICE_PAUSE_SECONDS
            found = self.read()
        for name, service in found.services.items():
            if service.state != RUNNING or not service.automatic:
                message = (
                    f"The service {name} has state {service.state} and start type {service.start_type}: expected "
                    f"{RUNNING} (running) and 2 (automatic). Look at the host's system event log."
                )
                raise ChangeError(message, self._done, answer=answer.partition(f"@@{nonce}:begin")[0].strip())
        return found

    def _carry_out(self, store: Store, steps: Sequence[Step], lines: Sequence[Line]) -> Store:
        hidden = secrets_of(store, steps)
        for phase in _phases(steps):
            first = steps[phase.start]
            missing = shortfall(store, first.requires) if first.requires is not None else ()
            if missing:
                commands = ", ".join(render(operation).redacted() for operation in missing[:3])
                failed = lines[phase.start].redacted()
                message = f"Not sent, because reading the host again shows that it still needs: {commands}."
                raise ChangeError(message, self._done, failed)
            store = self._send([lines[index] for index in phase], hidden)
            operation = steps[phase[-1]].operation
            if isinstance(operation, (Assign, Unassign)):
                self._check_assignment(store, operation, lines[phase[-1]])
        return store

    def _check_assignment(self, store: Store, operation: Assign | Unassign, line: Line) -> None:
        expected = operation.policy if isinstance(operation, Assign) else None
        if store.assigned != expected:
            message = f"The policy in force is {store.assigned!r} after the command, expected {expected!r}."
            raise ChangeError(message, self._done, line.redacted())

    def _send(self, lines: list[Line], hidden: frozenset[str]) -> Store:
        """Send the lines, in as many sessions as they need, and return the store as it is afterwards."""
        batches = session.batches(lines)
        for number, batch in enumerate(batches, 1):
            nonce = secrets.token_hex(4)
            last = number == len(batches)
            answer = self.run(session.APPLY_AND_READ if last else session.APPLY, batch.script(nonce))
            found = session.complaints(answer.partition("@@after:begin")[0], nonce, len(batch.lines))
            self._report(batch, found, hidden)
            self._done += [line.redacted() for line in batch.lines]
        return read_host(session.sections(answer)).store

    def _report(self, batch: session.Batch, found: list[session.Complaint], hidden: frozenset[str]) -> None:
        if not found:
            return
        first = found[0]
        done = [*self._done, *(line.redacted() for line in batch.lines[: first.index])]
        if first.answer is None:
            failed = batch.lines[first.index].redacted() if first.index < len(batch.lines) else "exit"
            raise ChangeError("The netsh session ended before this command was answered.", done, failed)
        answer = first.answer
        for text in hidden:
            answer = answer.replace(text, HIDDEN)
        known = session.meaning(answer)
        reason = f"netsh refused a command: {known}." if known else "netsh refused a command."
        raise ChangeError(reason, done, batch.lines[first.index].redacted(), answer)


def _service_commands(host: Host) -> list[str]:
    commands = [f"sc config {name} start= auto" for name, service in host.services.items() if not service.automatic]
    return commands + [f"sc start {name}" for name, service in host.services.items() if not service.running]


def _phases(steps: Sequence[Step]) -> Iterator[range]:
    """Yield ranges of steps that may be sent together: each barrier begins a new one."""
    starts = [0, *(index for index, step in enumerate(steps) if step.barrier and index), len(steps)]
    return (range(first, last) for first, last in itertools.pairwise(starts))
