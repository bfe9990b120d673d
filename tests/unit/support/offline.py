# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks on a host that is down, which is all the same to a state that asks no host."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleConnectionFailure
from lab_runner import LabConnection, run

from winlab.host import Host

Data = dict[str, Any]


class Down(LabConnection):
    """A host that does not answer."""

    def __init__(self) -> None:
        super().__init__(Host.create("down"))

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        raise AnsibleConnectionFailure("nobody is there")

    def _connect(self) -> None:
        raise AnsibleConnectionFailure("nobody is there")


def offline(**args: Any) -> Data:
    """Return the result of a task on a host that is down."""
    words = {key: args.pop(key) for key in ("check_mode", "diff") if key in args}
    return run(Down(), "policies", args, **words)
