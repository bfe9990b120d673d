# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the real action plugins against a simulated host in the same process, and keeps what was sent.

The connection hands each command line with its standard input to the lab's shell, as a WinRM connection would, but
without a network. So one task takes milliseconds, and a test may run thousands of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

from ansible.errors import AnsibleConnectionFailure
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.loader import action_loader
from ansible.template import Templar

from ansible_collections.winsec.ipsec.plugins.plugin_utils._actions.converge import Converger
from winlab import shell
from winlab.host import Host
from winlab.registry import Value

Data = dict[str, Any]
Tree = dict[str, dict[str, Value]]

IPSEC = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\IPSec"
# The empty filter list by which runs take turns on a host.
MARK = "winsec-ipsec-run-"
SERVICES = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services"


@dataclass(frozen=True, slots=True)
class Request:
    """One command line and what it got on standard input; the input may hold secrets."""

    line: str
    script: bytes = field(repr=False)


class LabConnection:
    """A connection of the winrm kind whose far end is a simulated host in this process."""

    transport = "winrm"
    become = None
    allow_executable = False
    has_native_async = False

    def __init__(self, host: Host) -> None:
        self.host = host
        self.sent: list[Request] = []
        self._shell = SimpleNamespace(tmpdir=None, _IS_WINDOWS=True)

    def get_option(self, name: str) -> Any:
        """Return an option as Ansible's winrm has it: the host as it sees itself, since nothing lies between."""
        managed = self.host.connections[0]
        return {"remote_addr": str(managed.local), "port": managed.local_port}[name]

    def _connect(self) -> None:
        """There is nothing to connect to."""

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        """Run one command line to its end; the answer is in the code page of the host."""
        self.sent.append(Request(cmd, in_data or b""))
        done = shell.run(self.host, cmd, in_data)
        return done.code, done.stdout, done.stderr

    def netsh_lines(self) -> list[str]:
        """Return the netsh lines that were sent, in order, without markers; they may hold secrets."""
        texts = [line for request in self.sent for line in request.script.decode("ascii").splitlines()]
        return [text for text in texts if text.startswith("ipsec static ") and MARK not in text]

    def service_lines(self) -> list[str]:
        """Return the lines that were sent to change services."""
        texts = [line for request in self.sent for line in request.script.decode("ascii").splitlines()]
        return [text for text in texts if text.startswith(("sc.exe config", "sc.exe start"))]


class Lost(AnsibleConnectionFailure):
    """A host that was lost after commands had been sent; ``result`` is what the task says of them."""

    def __init__(self, result: Data) -> None:
        super().__init__(result["msg"])
        self.result = result


def run(
    target: Host | LabConnection,
    module: str,
    args: Data,
    *,
    check_mode: bool = False,
    diff: bool = False,
    sleep: Callable[[float], None] | None = None,
    clock: Callable[[], float] = lambda: 0.0,
) -> Data:
    """Return the result of one task; AnsibleActionFail and AnsibleConnectionFailure are passed on.

    The task gets a copy of ``args`` of its own, as from the templating of a playbook. Without ``sleep`` and ``clock``
    its seconds pass at once.
    """
    connection = LabConnection(target) if isinstance(target, Host) else target
    task = Task.load({f"winsec.ipsec.{module}": _copy(args), "check_mode": check_mode, "diff": diff})
    loader = DataLoader()
    action = action_loader.get(
        f"winsec.ipsec.{module}",
        task=task,
        connection=connection,
        play_context=PlayContext(),
        loader=loader,
        templar=Templar(loader=loader),
        shared_loader_obj=None,
    )
    genuine = action._converger
    action._converger = lambda: _hurried(genuine()) if sleep is None else replace(genuine(), sleep=sleep, clock=clock)
    result: Data = action.run(task_vars={})
    if result.get("unreachable"):
        raise Lost(result)
    return result


def _hurried(converger: Converger) -> Converger:
    """Return a converger whose seconds pass at once: nobody else changes the host of a test meanwhile."""
    seconds = [0.0]

    def sleep(time: float) -> None:
        seconds[0] += time

    return replace(converger, sleep=sleep, clock=lambda: seconds[0])


def _copy(value: Any) -> Any:
    """Return a copy in which no two places share a list or a mapping."""
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def tree(host: Host, root: str = IPSEC) -> Tree:
    """Return all keys from ``root`` down with their values; equal trees are equal byte for byte."""
    found: Tree = {}
    waiting = [root]
    while waiting:
        path = waiting.pop()
        if not host.registry.exists(path):
            continue
        found[path] = dict(host.registry.values(path))
        waiting += [f"{path}\\{child}" for child in host.registry.subkeys(path)]
    return found


def state_of(host: Host) -> tuple[Tree, Tree, dict[str, tuple[int, int]]]:
    """Return everything that a task could change: policies, service configuration, and what runs."""
    services = {name: (int(each.state), int(each.start_type)) for name, each in host.services.items()}
    return tree(host), tree(host, SERVICES), services


def left_by(result: Data) -> Any:
    """Return what a task that changed something, or that ran with --diff, says that the host has now."""
    return result["after"]
