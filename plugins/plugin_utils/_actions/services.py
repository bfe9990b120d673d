# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the services of IPsec run, and sees them run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from .._windows.engine import Acting
from .._windows.services import AGENT, KEY_EXCHANGE, RUNNING, START_PENDING, Service, service_commands
from .._windows.talk import ChangeError, HostSession

_PATIENCE_SECONDS = 20
_PAUSE_SECONDS = 1


class Starter(Protocol):
    """What starting services needs of the task that it is part of."""

    @property
    def acting(self) -> Acting[Any, Any, Any]:
        """What knows the services."""

    @property
    def talk(self) -> HostSession[Any]:
        """The talk with the host."""

    @property
    def sleep(self) -> Callable[[float], None]:
        """Waits for some seconds."""

    @property
    def tell(self) -> Callable[[str], None]:
        """Reports what a long task is doing."""


def needed_commands(services: Mapping[str, Service]) -> list[str]:
    """Return the commands after which the services run and start with the host; none where they do."""
    enable = [name for name, service in services.items() if not service.automatic]
    start = [name for name, service in services.items() if not service.running]
    return service_commands(enable, start)


def start_services(way: Starter, commands: Sequence[str], names: Sequence[str] = (), beside: Sequence[str] = ()) -> Any:
    """Carry out commands and return the host once the services of these names run, all that there are for none.

    Commands ``beside`` them are not reported. Raises ChangeError when a service does not run.
    """
    found, answer = way.talk.change(*commands, beside=beside)
    services = way.acting.services(found)
    names, waited = names or tuple(services), 0
    while waited < _PATIENCE_SECONDS and any(services[name].state == START_PENDING for name in names):
        way.tell("waiting for services to start")
        way.sleep(_PAUSE_SECONDS)
        waited += _PAUSE_SECONDS
        found = way.talk.read()
        services = way.acting.services(found)
    for name in names:
        service = services[name]
        if not service.running or not service.automatic:
            message = (
                f"The service {name} has state {service.state} and start type {service.start_type}: expected "
                f"{RUNNING} (running) and 2 (automatic). Look at the host's system event log."
            )
            raise ChangeError(message, way.talk.done, answer=answer)
    return found


def wake_services(way: Starter, commands: Sequence[str], beside: Sequence[str] = ()) -> Any:
    """Start the services of a host that has a policy assigned, as :func:`start_services` does.

    The agent is started when key exchange has been seen to run: without that, rules hold packets that they negotiate
    for.

    [ledger: force-netsh-without-agent]
    """
    agent = service_commands((), (AGENT,))
    before = [command for command in commands if command not in agent]
    if service_commands((), (KEY_EXCHANGE,))[0] in before and len(before) < len(commands):
        start_services(way, before, (KEY_EXCHANGE,))
        return start_services(way, agent, beside=beside)
    return start_services(way, commands, beside=beside)
