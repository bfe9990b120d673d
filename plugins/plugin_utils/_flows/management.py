# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The flow that carries a task: what its connection says, held against what the host sees of it.

A controller knows the name and the port that it connects to. Address translation, port forwards, jump hosts and proxies
change both on the way, so only the host knows which packets its policy meets. It lists its connections (``netstat``,
whose columns of numbers are the same in every language), and one of them carries the question. A guess that is not in
that list is wrong, whatever it was made of; then the task is refused with what to set.

[ledger: ssh-connection-variable, netstat-columns, netstat-shows-winrm, netstat-process-zero]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from .._common.errors import IpsecError
from .._common.packets import HIGHEST_PORT, natural_number
from .._windows.queries import Questions, Section
from .endpoint import Addresses, bounds
from .partition import holds, side
from .space import IpAddress

# Asked only by a task that may change what packets meet: a busy server has thousands of connections.
QUESTIONS = Questions({"connections": "netstat.exe -n -o", "ssh": "set SSH_CONNECTION"})

# Protocol, local end, peer, state in the language of the host, process. What is over and still waits belongs to no
# process, which is shown as 0 (Microsoft's documentation of netstat).
_END = r"[ \t]+(\S{3,60}):(\d{1,5})"
_ROW = re.compile(rf"[ \t]*TCP{_END}{_END}[ \t]+\S.{{0,40}}?[ \t]+(\d{{1,10}})[ \t\r]*", re.ASCII)
# Client address, client port, server address, server port (ssh(1), ENVIRONMENT).
_SSH = re.compile(r"[ \t]*SSH_CONNECTION=(\S{2,60}) \d{1,5} (\S{2,60}) (\d{1,5})[ \t\r]*", re.IGNORECASE)
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Connection:
    """One TCP connection of the host, as it sees it: its own address and port, and the address of the peer."""

    local: IpAddress
    port: int
    peer: IpAddress

    def __str__(self) -> str:
        own = f"[{self.local}]" if self.local.version == 6 else str(self.local)
        return f"{self.peer} -> {own}:{self.port}"


@dataclass(frozen=True, slots=True)
class Listed:
    """Connections that the host reported. ``exact`` says that there is one only, the one that carries the task."""

    connections: tuple[Connection, ...] = ()
    exact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Approach:
    """How the controller connects: the port that it goes to, and the addresses that its packets begin with.

    ``over_ssh`` says that the shell of the host knows both ends.
    """

    port: int | None = None
    controllers: tuple[IpAddress, ...] = ()
    over_ssh: bool = False

    @property
    def ports(self) -> tuple[int, ...]:
        """The port as a list, empty where it is not known."""
        return (self.port,) if self.port else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the options say: empty where they say nothing."""

    hosts: tuple[IpAddress, ...] = ()
    controllers: tuple[Addresses, ...] = ()
    ports: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Management:
    """The flow as the host sees it: its own addresses that it comes to, where it comes from, and the ports."""

    hosts: tuple[IpAddress, ...]
    controllers: tuple[Addresses, ...]
    ports: tuple[int, ...]


def read_connections(sections: Mapping[str, Section], *, over_ssh: bool) -> Listed:
    """Return the connections that may carry the task, from the answers to ``QUESTIONS``; none for no answer.

    Over ssh it is the one that the shell was started for.
    """
    if over_ssh:
        for line in sections["ssh"].text.splitlines():
            if (match := _SSH.fullmatch(line)) and (exact := _connection(match[2], match[3], match[1])) is not None:
                return Listed((exact,), exact=True)
    found = []
    for line in sections["connections"].text.splitlines():
        match = _ROW.fullmatch(line)
        if match and match[5].strip("0"):
            found.append(_connection(match[1], match[2], match[3]))
    return Listed(tuple(dict.fromkeys(each for each in found if each is not None)))


def _connection(local: str, port: str, peer: str) -> Connection | None:
    own, other, number = _address(local), _address(peer), natural_number(port)
    if own is None or other is None or number is None or not 1 <= number <= HIGHEST_PORT:
        return None
    return Connection(own, number, other)


def _address(text: str) -> IpAddress | None:
    """Return an address without its scope: filters know none."""
    try:
        found = ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def known_management(
    given: Given,
    approach: Approach,
    listed: Listed,
    passing: Callable[[Sequence[Connection]], Sequence[Connection]] = lambda connections: connections,
) -> Management:
    """Return the flow that carries the task.

    ``passing`` returns those connections that the policy in force lets through in clear: one that it stops does not
    carry the task. Raises :class:`IpsecError` with what to set when the flow is not known.
    """
    ports = given.ports or tuple({each.port for each in listed.connections} if listed.exact else approach.ports)
    if not listed.connections:
        return _as_told(given)
    there = tuple(each for each in listed.connections if each.port in ports)
    if not there:
        words = " or ".join(map(str, ports)) or "of the connection, which does not say one"
        remedy = "Set management_ports to what the host sees"
        raise _unknown(f"The host has no connection at port {words}.", listed.connections, remedy)
    there = tuple(each for each in there if each.peer != each.local)
    if not there:
        reason = "The connections at that port come from the host itself: a tunnel or a relay ends there."
        remedy = "Set management_ports and controller_addresses to what carries that tunnel"
        raise _unknown(reason, listed.connections, remedy)
    alive = tuple(passing(there))
    if not alive:
        reason = "The policy in force lets none of these connections pass in clear, and yet this task came through."
        reason += " Management that is protected by IPsec cannot be judged."
        remedy = "Set controller_addresses and management_ports to what the host sees"
        raise _unknown(reason, there, remedy)
    if given.controllers:
        known = {family: side(list(bounds(given.controllers, family))) for family in (4, 6)}
        mine = tuple(each for each in alive if holds(known[each.peer.version], int(each.peer)))
        if not mine:
            reason = "No connection of the host comes from controller_addresses."
            raise _unknown(reason, alive, "Correct controller_addresses to what the host sees")
        controllers = given.controllers
    else:
        # Where nothing translates addresses, one of the peers is this controller. Else it may be any of them.
        mine = tuple(each for each in alive if each.peer in approach.controllers) or alive
        controllers = tuple(dict.fromkeys(each.peer for each in mine))
    hosts = tuple(dict.fromkeys(each.local for each in mine))
    return Management(hosts=hosts, controllers=controllers, ports=ports)


def _as_told(given: Given) -> Management:
    """Return the flow for a host that does not list its connections: only the options count then."""
    if not (given.hosts and given.controllers and given.ports):
        remedy = "Set host_addresses, controller_addresses and management_ports"
        raise _unknown("The host does not list its connections.", (), remedy)
    return Management(hosts=given.hosts, controllers=given.controllers, ports=given.ports)


def _unknown(reason: str, listed: tuple[Connection, ...], remedy: str) -> IpsecError:
    others = ", ..." if len(listed) > _SHOWN else ""
    seen = f" The host sees {', '.join(map(str, listed[:_SHOWN]))}{others}." if listed else ""
    expected = "the addresses and ports that carry this task, as the host sees them"
    what = f"{reason}{seen} {remedy}, or add management to allow_lockout if it may stop."
    return UnknownManagement("critical flow management", "not known", expected, what)


class UnknownManagement(IpsecError):
    """The flow that carries the task is not known, so nobody can tell whether a change would stop it."""
