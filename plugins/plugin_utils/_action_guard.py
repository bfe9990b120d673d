# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The flow that carries the task itself, as its connection knows it: who manages whom at which port."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from ._ipsec.planning.guard import Guard, read_guard
from ._ipsec.values import natural_number

if TYPE_CHECKING:
    from ansible.plugins.action import ActionBase


def guard_of(action: ActionBase, given: dict[str, Any]) -> Guard:
    """Return the guard for a task: its options, completed by the addresses and the port of its connection."""
    name, port = _option(action, "remote_addr"), _option(action, "port")
    number = natural_number(str(port or ""))
    hosts = _resolved(str(name)) if name else []
    controllers = sorted({own for host in hosts if (own := _way_to(host)) is not None})
    return read_guard(given, host=hosts, controller=controllers, port=number)


def _option(action: ActionBase, name: str) -> Any:
    """Return an option of the connection, None for connections that have none of that name."""
    try:
        return action._connection.get_option(name)
    except (AttributeError, KeyError):
        return None


def _resolved(name: str) -> list[str]:
    """Return the addresses of a host; none for a name that only a proxy on the way can resolve."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return sorted({str(entry[4][0]).partition("%")[0] for entry in found})


def _way_to(host: str) -> str | None:
    """Return the address that this controller has on its way to a host. No packet is sent."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((host, 9))
        except OSError:
            return None
        return str(probe.getsockname()[0])
