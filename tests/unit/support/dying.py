# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections in this process that die at a chosen place of a task."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ansible.errors import AnsibleConnectionFailure
from lab_runner import LabConnection, run

from winlab.host import Host


@dataclass(frozen=True, slots=True)
class Death:
    """When the connection dies: at a request, counted from 0, after some lines of its script; None loses the answer."""

    request: int
    lines: int | None


class DyingConnection(LabConnection):
    """A connection that dies once. What the host got until then, it carries out."""

    def __init__(self, host: Host, death: Death) -> None:
        super().__init__(host)
        self.death = death
        self.died = False

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        """Run the command, or a part of it and die."""
        if self.died or len(self.sent) == self.death.request:
            if not self.died and self.death.lines != 0:
                lines = (in_data or b"").splitlines(keepends=True)
                super().exec_command(cmd, b"".join(lines[: self.death.lines]))
            self.died = True
            raise AnsibleConnectionFailure("the connection died")
        return super().exec_command(cmd, in_data)

    def close(self) -> None:
        """Nothing is held."""

    def reset(self) -> None:
        """Make a new connection, which dies as well once one has."""
        if self.died:
            raise AnsibleConnectionFailure("the connection died")


def deaths(host: Host, module: str, args: dict[str, Any]) -> Iterator[Death]:
    """Yield every point at which a task can be interrupted: before, inside and after each request."""
    whole = LabConnection(copy.deepcopy(host))
    run(whole, module, args)
    for number, request in enumerate(whole.sent):
        yield from (Death(number, lines) for lines in range(len(request.script.splitlines())))
        yield Death(number, None)


def deaths_after_commands(host: Host, module: str, args: dict[str, Any]) -> Iterator[Death]:
    """Yield the points right after each command of netsh."""
    whole = DyingConnection(copy.deepcopy(host), Death(-1, 0))
    run(whole, module, args)
    for number, request in enumerate(whole.sent):
        for place, line in enumerate(request.script.splitlines(), 1):
            if line.startswith(b"ipsec static "):
                yield Death(number, place)
