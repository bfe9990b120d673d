# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The confirm window: the host goes back by itself unless a new connection takes its timer away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ._action_session import ChangeError, HostSession, in_force
from ._ipsec.errors import HostLost
from ._ipsec.host import TIMER, Host
from ._ipsec.model import Store
from ._ipsec.netsh import render
from ._ipsec.planning.operations import Assign
from ._ipsec.planning.plan import Step, make_plan
from ._ipsec.planning.staging import settled
from ._ipsec.revert import DISARM_COMMAND, SECONDS_PER_MINUTE, arm_command, minutes, way_back

_PAUSE_SECONDS = 2
# The scheduler starts tasks on the minute, and services need a moment to take a policy up.
_GRACE_SECONDS = 90


class Way(Protocol):
    """What the confirm window needs of the task that it is part of."""

    @property
    def talk(self) -> HostSession[Host]:
        """The talk with the host."""

    @property
    def renew(self) -> Callable[[], None]:
        """Makes a new connection."""

    @property
    def sleep(self) -> Callable[[float], None]:
        """Waits for some seconds."""

    @property
    def clock(self) -> Callable[[], float]:
        """Tells seconds."""

    @property
    def tell(self) -> Callable[[str], None]:
        """Hears what a long task is at."""


def confirm_switch(way: Way, original: Store, host: Host, step: Step, seconds: int) -> Host:
    """Carry out the deciding step behind a timer on the host, and confirm it over a new connection.

    ``original`` is what the host had before the task began, ``host`` what it is now. Returns the host when it was
    confirmed. Raises :class:`ChangeError` when the host went back, and :class:`HostLost` when it could not be reached
    again even after it must have gone back.
    """
    target = step.operation.policy if isinstance(step.operation, Assign) else None
    armed, answer = way.talk.ask(arm_command(way_back(host.store, target), seconds))
    line = render(step.operation)
    if not armed.timer:
        message = "The host did not take the task that would undo the change, so the change was not made."
        raise ChangeError(message, way.talk.done, line.redacted(), answer)
    began = way.clock()
    refused: ChangeError | None = None
    try:
        way.talk.send([line])
    except HostLost:
        pass  # the answer may have been the first packet that the new policy stopped
    except ChangeError as error:
        refused = error
    found = _reach(way, began + minutes(seconds) * SECONDS_PER_MINUTE + _GRACE_SECONDS)
    if refused is not None:
        raise refused
    if in_force(found.store) == target:
        return found
    _bring_back(way, original, found)
    message = f"The host could not be reached under the new policy within {seconds} seconds and has reverted by itself."
    raise ChangeError(message, way.talk.done, line.redacted(), reverted=True)


def _reach(way: Way, deadline: float) -> Host:
    """Take the timer away over a new connection, however often that takes, and return the host as it is then."""
    while True:
        way.tell("does not reach the host under the new policy and tries again; otherwise the host goes back by itself")
        trouble = "The host could not be reached again, although it must have gone back by itself by now."
        try:
            way.renew()
            found = way.talk.ask(DISARM_COMMAND)[0]
            if not found.timer:
                return found
            trouble = f"The host does not let go of its task {TIMER}, which would undo the change: delete it there."
        except HostLost:
            pass
        if way.clock() >= deadline:
            raise HostLost(trouble)
        way.sleep(_PAUSE_SECONDS)


def _bring_back(way: Way, original: Store, found: Host) -> None:
    """Remove what the change had built, so that the host has what it had."""
    for step in make_plan(found.store, settled(original)):
        way.talk.send([render(step.operation)])
