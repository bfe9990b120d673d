# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the real action plugins over real connection plugins against a running lab, in this process.

A task gets a connection of its own and closes it, as a worker of ansible-playbook does, but nothing is started for it.
Role tasks are read from their files and templated by Ansible, so that the arguments are those of a playbook.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.errors import AnsibleConnectionFailure
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.loader import action_loader, connection_loader, get_shell_plugin
from ansible.template import Templar

from ansible_collections.winsec.ipsec.plugins.plugin_utils._actions.converge import Converger
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.engine import PolicyStore
from ansible_collections.winsec.ipsec.plugins.plugin_utils._remote.connection import Remote
from ansible_collections.winsec.ipsec.plugins.plugin_utils._remote.forms import name_of
from winlab.lab import LabHost
from winlab.spec import DEFAULT_USERS

Data = dict[str, Any]
ROOT = Path(__file__).resolve().parents[3]
_OWN = "winsec.ipsec."
_CHANGING = ("policies", "policy", "filter_list", "filter_action", "assignment")
WINRS = "winsec.ipsec.winrs"
# Seconds that one request may wait on the host; the least that the library takes.
_SHORTEST_TIMEOUT = 1


@dataclass(frozen=True, slots=True)
class Time:
    """How a task waits, and how it tells the time in seconds."""

    sleep: Callable[[float], None]
    clock: Callable[[], float]


def hurried() -> Time:
    """Return a time whose seconds pass at once, for hosts that nobody else changes meanwhile."""
    passed = [0.0]

    def sleep(seconds: float) -> None:
        passed[0] += seconds

    return Time(sleep, lambda: passed[0])


@dataclass(frozen=True, slots=True)
class Controller:
    """Runs tasks on one host of a lab; ``transport`` is basic or ntlm, ``time`` None for one that passes at once.

    The connection is Ansible's own winrm, or what ``variables`` say: those of the host in an inventory.
    """

    target: LabHost
    transport: str = "basic"
    time: Time | None = None
    variables: Mapping[str, object] | None = None

    def run(self, module: str, args: Data, *, check_mode: bool = False) -> Data:
        """Return the result of one task; what its action raises is passed on. The task gets a copy of ``args``."""
        connection = self._connection() if self.variables is None else connect(self.variables)
        task = Task.load({f"{_OWN}{module}": _copy(args), "check_mode": check_mode})
        loader = DataLoader()
        action = action_loader.get(
            f"{_OWN}{module}",
            task=task,
            connection=connection,
            play_context=PlayContext(),
            loader=loader,
            templar=Templar(loader=loader),
            shared_loader_obj=None,
        )
        if module in _CHANGING:
            remote, time = Remote(action, self.target.spec.name), self.time or hurried()
            action._converger = lambda: Converger(
                PolicyStore(),
                remote.run,
                remote.renew,
                time.sleep,
                time.clock,
                remote.room,
                remote.tell,
                over_ssh=name_of(connection) == "ssh",
            )
        try:
            result: Data = action.run(task_vars={"inventory_hostname": self.target.spec.name})
            if result.get("unreachable"):
                raise AnsibleConnectionFailure(result["msg"])
            return result
        finally:
            # What goes wrong when a connection is closed is no matter of the task: so does Ansible's executor.
            with suppress(Exception):
                connection.close()

    def _connection(self) -> Any:
        user, password = next(iter(DEFAULT_USERS.items()))
        connection = connection_loader.get("ansible.builtin.winrm", PlayContext())
        encryption = "never" if self.transport == "basic" else "always"
        connection.set_options(
            var_options={"_extras": {"ansible_winrm_message_encryption": encryption}},
            direct={
                "remote_addr": self.target.spec.address,
                "port": self.target.port,
                "remote_user": user,
                "remote_password": password,
                "scheme": "http",
                "transport": [self.transport],
                "connection_timeout": _SHORTEST_TIMEOUT,
            },
        )
        return connection


def connect(variables: Mapping[str, object]) -> Any:
    """Return the connection plugin that the variables of a host name, with its options set as Ansible sets them."""
    name = str(variables["ansible_connection"])
    shell_type = variables.get("ansible_shell_type")
    given: Data = {"shell": get_shell_plugin(shell_type=str(shell_type))} if shell_type else {}
    connection = connection_loader.get(name, PlayContext(), **given)
    known = set(constants.config.get_plugin_vars("connection", connection._load_name))
    extras = {key: value for key, value in variables.items() if key not in known}
    connection.set_options(var_options={**variables, "_extras": extras})
    if name == "winrm" and connection.get_option("connection_timeout") is None:
        connection.set_option("connection_timeout", _SHORTEST_TIMEOUT)
    return connection


@dataclass(slots=True)
class Role:
    """One role of the collection with the variables that a playbook gives it, ``extra`` as if by module_defaults."""

    name: str
    given: Data
    extra: Data = field(default_factory=dict)

    def play(self, controller: Controller) -> list[Data]:
        """Run the tasks of the role in order and return the results of those that were not skipped."""
        loader = DataLoader()
        variables: Data = {}
        for folder in ("defaults", "vars"):
            path = self._folder / folder / "main.yml"
            if path.exists():
                variables |= loader.load_from_file(str(path), trusted_as_template=True)
            variables |= self.given if folder == "defaults" else {}
        return list(self._tasks("main.yml", controller, loader, variables))

    @property
    def _folder(self) -> Path:
        return ROOT / "roles" / self.name

    def _tasks(self, file: str, controller: Controller, loader: DataLoader, variables: Data) -> Iterable[Data]:
        for task in loader.load_from_file(str(self._folder / "tasks" / file), trusted_as_template=True):
            templar = Templar(loader=loader, variables=variables)
            conditions = task.get("when", [])
            conditions = conditions if isinstance(conditions, list) else [conditions]
            if not all(templar.evaluate_conditional(condition) for condition in conditions):
                continue
            if "ansible.builtin.assert" in task:
                asserted = task["ansible.builtin.assert"]
                assert templar.evaluate_conditional(asserted["that"]), asserted["fail_msg"]
                continue
            if "ansible.builtin.include_tasks" in task:
                yield from self._tasks(task["ansible.builtin.include_tasks"], controller, loader, variables)
                continue
            (module,) = (name.removeprefix(_OWN) for name in task if name.startswith(_OWN))
            args = templar.template(task[f"{_OWN}{module}"] or {})
            if module != "policies_info":
                args = {**self.extra, **args}
            result = controller.run(module, args)
            if "register" in task:
                variables[task["register"]] = result
            yield result


def _copy(value: Any) -> Any:
    """Return a copy in which no two places share a list or a mapping."""
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value
