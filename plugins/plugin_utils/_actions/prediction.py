# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task would do to a host, worked out before anything is sent: steps, services, timer, warnings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from .._flows.management import Listed
from .._windows.engine import Acting, Desired, Engine, State, Step, Want
from .._windows.netsh.line import Line
from .._windows.timer import DISARM_COMMAND, arm_command
from .services import needed_commands

Judged_contra = TypeVar("Judged_contra", contravariant=True)


class Judge(Protocol[Judged_contra]):
    """Refuses what would stop a critical flow."""

    def check(
        self, have: Judged_contra, desired: Judged_contra, connections: Callable[[], Listed], *, starts: bool
    ) -> tuple[str, ...]:
        """Return warnings; raise IpsecError with the packet that would no longer pass.

        ``connections`` asks the host for its own, where they matter; ``starts`` says that the task starts services.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTerms:
    """How a task wants its change made.

    With ``check`` nothing is changed. With ``in_force`` a policy is meant to work: services are started, and a domain
    policy that would win is refused unless ``domain_policy_wins``. A change of what packets meet must be confirmed
    within ``confirm_seconds``, None for no confirmation. The ``guard`` refuses what would stop a critical flow.
    """

    check: bool = False
    in_force: bool = False
    domain_policy_wins: bool = False
    confirm_seconds: int | None = None
    guard: Judge[Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction(Generic[State, Desired]):
    """What a task would do to ``host`` so that it has what is ``desired``.

    ``services`` are the commands that start services. Where something is in force that has no effect because its
    service does not run, starting it would wake that: ``sleeper`` says that the services are then started last, when
    what is wanted has taken its place. ``confirm_seconds`` is None where nothing decides; else ``arm`` sets the timer,
    as far as that command is known.
    """

    host: State
    desired: Desired
    steps: tuple[Step[Any], ...]
    lines: tuple[Line, ...]
    services: tuple[str, ...] = ()
    sleeper: bool = False
    confirm_seconds: int | None = None
    arm: str = ""
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
        yield self.arm
        yield from commands
        yield DISARM_COMMAND


def predict(
    engine: Engine[State, Want, Desired, Any], host: State, want: Want, terms: ChangeTerms, listed: Callable[[], Listed]
) -> Prediction[State, Desired]:
    """Return what a task would do. ``listed`` asks the host for its connections, if the guard must know them.

    Raises :class:`IpsecError` for everything that can be refused before something is sent.
    """
    desired: Any = engine.desired(host, want)
    acting = engine if isinstance(engine, Acting) else None
    works = acting is not None and terms.in_force and acting.in_force(desired) is not None
    services = tuple(needed_commands(acting.services(host))) if acting is not None and works else ()
    sleeper = bool(services) and acting is not None and not acting.acts(host) and acting.in_force(host) is not None
    # While nothing acts no command but the one that starts the service decides about packets.
    revertible = terms.confirm_seconds is not None and not sleeper
    steps = engine.plan(host, desired, revertible=revertible)
    engine.check(host, steps)
    lines = tuple(engine.render(step.operation) for step in steps)  # refuses what cannot be sent while nothing has been
    if acting is not None and works and not terms.domain_policy_wins:
        acting.refuse_without_effect(host, desired)
    warnings = [*engine.remarks(host, desired)]
    if terms.guard is not None and (steps or services):
        warnings += terms.guard.check(host, desired, listed, starts=bool(services))
    seconds = terms.confirm_seconds if sleeper or any(step.decides for step in steps) else None
    return Prediction(
        host=host,
        desired=desired,
        steps=steps,
        lines=lines,
        services=services,
        sleeper=sleeper,
        confirm_seconds=seconds,
        arm=_arm(acting, host, desired, steps, sleeper, seconds) if acting is not None and seconds is not None else "",
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _arm(
    acting: Acting[State, Any, Any], host: State, desired: State, steps: Iterable[Step[Any]], asleep: bool, seconds: int
) -> str:
    # A copy that stands in is made by the task itself.
    targets = [acting.target(step.operation) for step in steps if not step.decides]
    staged = any(found is not None and found[0] is not None for found in targets)
    back = acting.predicted_way_back(host, acting.in_force(desired), staged=staged, asleep=asleep)
    return arm_command(back, seconds)
