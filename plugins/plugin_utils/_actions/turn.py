# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Takes turns with other runs that change the same host, and notices when the turn was lost."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from .._common.errors import HostLost, IpsecError
from .._windows.engine import Acting
from .._windows.talk import ChangeError, HostSession
from .confirm import GRACE_SECONDS

_PAUSE_SECONDS = 2
# Whatever marks somebody made besides go with the change, as other copies do.
_MOST_DEAD = 20
# A run that is alive changes the store or its timer more often than this.
_PATIENCE_SECONDS = 20
_LONGEST_SECONDS = 600
# Two runs that met wait for different times, so that they do not meet again.
_SPREAD_SECONDS = 4
CHANGED_UNDER_IT = "The store changed under this task"


@dataclass(slots=True)
class Turn:
    """The turn of one task on its host; ``sleep`` and ``clock`` are in seconds, ``tell`` reports why it takes long."""

    acting: Acting[Any, Any, Any]
    talk: HostSession[Any]
    sleep: Callable[[float], None]
    clock: Callable[[], float]
    tell: Callable[[str], None]
    mark: str = field(init=False)
    held: bool = False

    def __post_init__(self) -> None:
        self.mark = self.acting.mark(secrets.token_hex(4))

    def wait(self, host: Any) -> Any:
        """Return the host once no other run changes it, or once such a run is taken to be dead: nothing moves.

        One that may wait for its confirmation is given the time that it has for that, until the host went back by
        itself: its timer is its way back.
        """
        began = since = self.clock()
        acting = self.acting
        in_force = acting.in_force(host)
        while acting.marks(host) - {self.mark}:
            now, patience = self.clock(), _PATIENCE_SECONDS
            if acting.timer(host) and acting.in_force(host) == in_force:
                patience = max(patience, acting.window(host) + GRACE_SECONDS)
            if now - since >= patience:
                break
            if now - began >= _LONGEST_SECONDS:
                message = f"Another run has been changing this host for {_LONGEST_SECONDS} seconds. Run this one later."
                raise ChangeError(message, self.talk.done)
            self.tell("waiting for another run that is changing this host")
            self.sleep(_PAUSE_SECONDS)
            found = self.talk.read()
            if acting.differs(found, host) or acting.timer(found) != acting.timer(host):
                since = self.clock()
            host = found
        return host

    def take(self, known: Any, seconds: int | None = None) -> Any | None:
        """Take the turn and return the host as it is then; None when another run came in between.

        ``seconds`` is the time within which the change is to be confirmed. Marks that ``known`` has belong to runs that
        are taken to be dead. They go first, so that such a run, should it live after all, notices.
        """
        dead = self.acting.marks(known)
        command = self.acting.take_command(self.mark, seconds)
        host, answer = self.talk.ask(command, *map(self.acting.leave_command, sorted(dead)[:_MOST_DEAD]))
        if self.mark not in self.acting.marks(host):
            message = (
                f"The filter list {self.mark}, which keeps other runs away, could not be made. No policy was changed."
            )
            raise ChangeError(message, self.talk.done, command, answer)
        self.held = True
        if self.acting.marks(host) - dead - {self.mark}:
            self.leave()
            self.sleep(_PAUSE_SECONDS + secrets.randbelow(1000) * _SPREAD_SECONDS / 1000)
            return None
        return host

    def check(self, host: Any) -> None:
        """Raise :class:`ChangeError` when another run took this one for dead."""
        if self.held and self.mark not in self.acting.marks(host):
            message = (
                f"{CHANGED_UNDER_IT}: another run took over. Look at what the host has now, and run this task again."
            )
            raise ChangeError(message, self.talk.done)

    def leave(self) -> None:
        """Give the turn back, if the host can be asked to; else the next run finds the mark."""
        if self.held:
            self.held = False
            with suppress(HostLost, IpsecError):
                self.talk.ask(self.acting.leave_command(self.mark))
