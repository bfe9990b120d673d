# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs scheduled tasks when the clock of their host says so. [ledger: host-schtasks-runs-netsh]"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager

from .host import Host
from .shell import launch

_LOOK_SECONDS = 0.05


def run_due(host: Host) -> int:
    """Run every task of a host that is due; returns how many ran. The caller keeps other commands away meanwhile."""
    due = [task for task in list(host.tasks.values()) if task.due(host.clock.now())]
    for task in due:
        task.last_run, task.wanted = host.clock.now(), False
        task.plan_next(host.clock.now())
        task.last_result = launch(host, task.command, task.account)
        task.runs += 1
        if task.delete_after and task.next_run is None and host.tasks.get(task.name.lower()) is task:
            del host.tasks[task.name.lower()]
    return len(due)


class Scheduler:
    """Context manager with one thread for all hosts.

    :param hosts: each host with the lock that one command at a time holds.
    """

    def __init__(self, hosts: Mapping[str, tuple[Host, AbstractContextManager[object]]]) -> None:
        self._hosts = hosts
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="winlab-scheduler", daemon=True)

    def start(self) -> None:
        """Begin to watch the clocks."""
        self._thread.start()

    def close(self) -> None:
        """Stop; a task that runs comes to its end first."""
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            for host, running in list(self._hosts.values()):
                if any(task.due(host.clock.now()) for task in list(host.tasks.values())):
                    with running:
                        run_due(host)
