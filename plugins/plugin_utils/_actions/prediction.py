# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task would do to a host, worked out before anything is sent: steps, services, timer, warnings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from .._common.errors import IpsecError
from .._flows.guard import Guard
from .._flows.management import Listed
from .._policies.host import Host
from .._policies.model import Store
from .._policies.netsh import render
from .._policies.planning.limits import check_operations, remarks
from .._policies.planning.operations import Assign
from .._policies.planning.plan import Step, make_plan
from .._policies.planning.references import in_force_identity
from .._policies.planning.staging import settled
from .._policies.planning.way_back import predicted_way_back
from .._windows.netsh.line import Line
from .._windows.timer import DISARM_COMMAND, arm_command
from .services import needed_commands

Want = Callable[[Store], Store]


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
class Prediction:
    """What a task would do to ``host`` so that it has ``desired``.

    ``services`` are the commands that start services. Where a policy is assigned that has no effect because the policy
    agent does not run, starting it would put that one in force: ``sleeper`` says that the services are then started
    last, when the policy that is wanted has taken its place. ``confirm_seconds`` is None where nothing decides.
    """

    host: Host
    desired: Store
    steps: tuple[Step, ...]
    lines: tuple[Line, ...]
    services: tuple[str, ...] = ()
    sleeper: bool = False
    confirm_seconds: int | None = None
    warnings: tuple[str, ...] = ()

    @property
    def commands(self) -> tuple[str, ...]:
        """Every command that would change something, as it is shown, in order."""
        return tuple(self._commands())

    def _commands(self) -> Iterator[str]:
        if not self.sleeper:
            yield from self.services
        for step, line in zip(self.steps, self.lines, strict=True):
            if step.decides and self.confirm_seconds is not None and not self.sleeper:
                yield from self._confirmed([line.redacted()])
            else:
                yield line.redacted()
        if self.sleeper and self.confirm_seconds is not None:
            yield from self._confirmed(self.services)
        elif self.sleeper:
            yield from self.services

    def _confirmed(self, commands: Iterable[str]) -> Iterator[str]:
        # A copy that stands in is made by the task itself.
        staged = any(isinstance(step.operation, Assign) and not step.decides for step in self.steps)
        store = self.host.store
        back = predicted_way_back(store, self.desired.assigned, staged=staged, asleep=self.sleeper)
        yield arm_command(back, self.confirm_seconds or 0)
        yield from commands
        yield DISARM_COMMAND


def predict(host: Host, want: Want, terms: Terms, listed: Callable[[], Listed]) -> Prediction:
    """Return what a task would do. ``listed`` asks the host for its connections, if the guard must know them.

    Raises :class:`IpsecError` for everything that can be refused before something is sent.
    """
    desired = want(settled(host.store))
    works = terms.in_force and desired.assigned is not None
    services = tuple(needed_commands(host)) if works else ()
    sleeper = bool(services) and not host.agent_running and in_force_identity(host.store) is not None
    # While the agent does not run no command but the one that starts it decides about packets.
    revertible = terms.confirm_seconds is not None and not sleeper
    steps = make_plan(host.store, desired, revertible=revertible)
    check_operations((step.operation for step in steps), host.version)
    lines = tuple(render(step.operation) for step in steps)  # refuses what cannot be sent while nothing has been
    if works and not terms.domain_policy_wins:
        _refuse_without_effect(host, desired)
    warnings = [*host.store.findings, *remarks(desired, host.version)]
    if terms.guard is not None and (steps or services):
        starts = bool(services)
        needed = terms.guard.needs_connections(host, desired, starts=starts)
        warnings += terms.guard.check(host, desired, listed() if needed else Listed(), starts=starts)
    decides = sleeper or any(step.decides for step in steps)
    return Prediction(
        host=host,
        desired=desired,
        steps=steps,
        lines=lines,
        services=services,
        sleeper=sleeper,
        confirm_seconds=terms.confirm_seconds if decides else None,
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _refuse_without_effect(host: Host, desired: Store) -> None:
    remedy = "Change the group policy object, or set allow_domain_policy if you know that it will change."
    if host.domain_policy:
        expected = "no policy assigned by the domain, since that one wins over a local policy"
        value = f"{desired.assigned}, while the domain assigns {host.domain_policy}"
        raise IpsecError("assigned", value, expected, remedy)
    if not host.local_policy_counts:
        expected = "a domain that lets local policies work (AllowLocalIPsecPolicyMerge is 0)"
        raise IpsecError("assigned", desired.assigned, expected, remedy)
