# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scheduled tasks of a host, as data. `winlab.shell.schtasks` makes them, `winlab.scheduler` runs them."""

from __future__ import annotations

from dataclasses import dataclass

NEVER_RAN = 267011
"""The last result of a task that has not run yet (SCHED_S_TASK_HAS_NOT_RUN)."""


@dataclass(slots=True)
class Task:
    """One task; times in Unix seconds of the host's clock.

    :param name: as given, without a backslash in front.
    :param command: the command line that runs.
    :param account: who it runs as.
    :param next_run: None if it does not run by itself any more.
    :param every_minutes: the repetition, 0 for a task that runs once.
    :param delete_after: remove the task after its last run (`/z`).
    :param wanted: somebody asked for a run at once (`/run`).
    """

    name: str
    command: str
    account: str
    next_run: float | None
    every_minutes: int = 0
    delete_after: bool = False
    wanted: bool = False
    runs: int = 0
    last_run: float | None = None
    last_result: int = NEVER_RAN

    def due(self, now: float) -> bool:
        """Tell whether the task must run by now."""
        return self.wanted or (self.next_run is not None and self.next_run <= now)

    def plan_next(self, now: float) -> None:
        """Move the next run into the future; runs that were missed are not made up for."""
        if self.next_run is None or self.next_run > now:
            return
        if not self.every_minutes:
            self.next_run = None
            return
        step = self.every_minutes * 60
        self.next_run += step * (int((now - self.next_run) // step) + 1)
