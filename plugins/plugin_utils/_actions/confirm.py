# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The confirm window: the host goes back by itself unless a new connection takes its timer away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from .._common.errors import HostLost
from .._windows.talk import ChangeError
from .._windows.timer import DISARM_COMMAND, SECONDS_PER_MINUTE, TIMER, arm_command, minutes
from .services import Starter

_PAUSE_SECONDS = 2
# The scheduler starts tasks on the minute, and services need a moment to take a policy up.
GRACE_SECONDS = 90


class Way(Starter, Protocol):
    """What the confirm window needs of the task that it is part of."""

    @property
    def renew(self) -> Callable[[], None]:
        """Makes a new connection."""

    @property
    def clock(self) -> Callable[[], float]:
        """Tells seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidingChange:
    """The moment from which packets may have another fate.

    ``original`` is what the host had before the task began, ``target`` the policy that is in force then, None for none.
    ``carry_out`` does it, ``line`` is how it is shown. ``check`` raises ChangeError when another run took over.
    With ``asleep`` no policy acted on packets before: going back then means that none does.
    """

    original: Any
    target: str | None
    carry_out: Callable[[], object]
    line: str
    seconds: int
    check: Callable[[Any], None]
    asleep: bool = False


def confirm(way: Way, host: Any, decision: DecidingChange) -> Any:
    """Carry out a decision behind a timer on the host, and confirm it over a new connection.

    ``host`` is what it is now. Returns the host when it was confirmed. Raises :class:`ChangeError` when the host went
    back, and :class:`HostLost` when it could not be reached again even after it must have gone back.
    """
    acting = way.acting
    back = acting.way_back(host, decision.target, asleep=decision.asleep)
    if back is None:
        message = "Nothing on the host could undo the change, so the change was not made."
        raise ChangeError(message, way.talk.done, decision.line)
    arm = arm_command(back, decision.seconds)
    way.talk.underway = [arm]
    armed, answer = way.talk.ask(arm)
    way.talk.underway = []
    if not acting.timer(armed):
        message = f"The scheduled task {TIMER} could not be created, so the change was not made."
        raise ChangeError(message, way.talk.done, decision.line, answer)
    way.talk.done.append(arm)
    began = way.clock()
    refused: ChangeError | None = None
    try:
        decision.carry_out()
    except HostLost:
        pass  # the answer may have been the first packet that the new policy stopped
    except ChangeError as error:
        refused = error
    found = _reach(way, began + minutes(decision.seconds) * SECONDS_PER_MINUTE + GRACE_SECONDS)
    if refused is not None:
        raise refused
    way.talk.done += way.talk.underway
    way.talk.underway = []
    decision.check(found)  # what another run made is not undone
    if acting.in_force(found) == decision.target:
        way.talk.done.append(DISARM_COMMAND)
        return found
    _bring_back(way, decision, found)
    message = f"The host could not be reached under the new policy within {decision.seconds} seconds"
    message += " and has reverted by itself."
    sleeper = acting.in_force(decision.original)
    if decision.asleep and sleeper is not None:
        message += (
            f" No policy acts on packets, as before. {sleeper!a}, which was assigned but had no effect while the "
            "services did not run, is not assigned any more, since they run now."
        )
    raise ChangeError(message, way.talk.done, decision.line, reverted=True)


def _reach(way: Way, deadline: float) -> Any:
    """Take the timer away over a new connection, however often that takes, and return the host as it is then."""
    while True:
        way.tell("host unreachable under the new policy, retrying; it will revert by itself")
        trouble = "The host could not be reached again, although it should have reverted by itself by now."
        try:
            way.renew()
            found = way.talk.ask(DISARM_COMMAND)[0]
            if not way.acting.timer(found):
                return found
            trouble = (
                f"The scheduled task {TIMER} could not be deleted and will undo this change. Delete it on the host."
            )
        except HostLost:
            pass
        if way.clock() >= deadline:
            raise HostLost(trouble)
        way.sleep(_PAUSE_SECONDS)


def _bring_back(way: Way, decision: DecidingChange, found: Any) -> None:
    """Remove what the change had built, so that the host has what it had; what slept is not put in force."""
    for step in way.acting.steps_back(found, decision.original, asleep=decision.asleep):
        way.talk.send([way.acting.render(step.operation)])
