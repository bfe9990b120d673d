# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The TCP connections that a host has, as it sees them itself: behind everything that translates on the way.

[ledger: netstat-process-zero]
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

Address = IPv4Address | IPv6Address

USUAL_CONTROLLER = "10.0.0.250"
USUAL_PORT = 5985
# Any port that a client's system hands out will do.
_CLIENT_PORT = 49152


@dataclass(frozen=True, slots=True)
class TcpConnection:
    """One connection of a host, seen from there. `waits` tells that it is over and only waits (TIME_WAIT)."""

    local: Address
    local_port: int
    peer: Address
    peer_port: int
    waits: bool = False


def managed(local: Address, port: int = USUAL_PORT, controller: str = USUAL_CONTROLLER) -> tuple[TcpConnection, ...]:
    """Return what a host has while it is managed: that connection, and one of somebody else that is over."""
    peer = ip_address(controller)
    return (TcpConnection(local, port, peer, _CLIENT_PORT), TcpConnection(local, port, peer + 1, _CLIENT_PORT, True))
