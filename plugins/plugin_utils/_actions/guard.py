# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a task's connection reaches its host, as this controller knows it: the port, and where packets begin."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from .._common.packets import natural_number
from .._flows.guard import Guard
from .._flows.management import Approach, Listed
from .._policies.host import Host
from .._remote.forms import address_option, name_of, port_of

if TYPE_CHECKING:
    from ansible.plugins.action import ActionBase


@dataclass(frozen=True, slots=True)
class PolicyJudge:
    """The guard over hosts and their stores."""

    guard: Guard

    def check(self, have: Host, desired: Host, connections: Callable[[], Listed], *, starts: bool) -> tuple[str, ...]:
        """Return warnings; raise IpsecError with the packet that would no longer pass."""
        return self.guard.check(have, desired.store, connections, starts=starts)


def guard_of(action: ActionBase, guard: Guard) -> PolicyJudge:
    """Return the guard for a task: what its options say, and how its connection reaches the host."""
    return PolicyJudge(replace(guard, approach=approach_of(action)))


def approach_of(action: ActionBase) -> Approach:
    """Return how the connection of a task reaches its host. No packet is sent."""
    connection = action._connection
    name = str(_option(action, address_option(connection)) or "")
    return Approach(
        port=natural_number(str(port_of(connection, lambda option: _option(action, option)) or "")),
        controllers=tuple(map(ip_address, sorted(filter(None, {_way_to(host) for host in _resolved(name)})))),
        over_ssh=name_of(connection) == "ssh",
    )


def _option(action: ActionBase, name: str) -> Any:
    """Return an option of the connection, None for connections that have none of that name."""
    try:
        return action._connection.get_option(name)
    except (AttributeError, KeyError):
        return None


def _resolved(name: str) -> list[str]:
    """Return the addresses of a host; none for a name that only a proxy on the way can resolve."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM) if name else []
    except OSError:
        return []
    return sorted({str(entry[4][0]).partition("%")[0] for entry in found})


def _way_to(host: str) -> str | None:
    """Return the address that this controller has on its way to a host."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((host, 9))
        except OSError:
            return None
        return str(probe.getsockname()[0])
