# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a controller without IPsec still gets to a host's management port."""

from __future__ import annotations

from .. import firewall
from ..firewall import Direction
from ..host import Host
from ..ipsec.packet import TCP, Address, Network, Packet
from .inforce import DEFAULT_EXEMPT_LEVEL, InForce, in_force
from .judge import assess

# Any port that a client's system hands out will do.
_CLIENT_PORT = 49152


def passes(controller: Address, host: Host, port: int, network: Network | None = None) -> bool:
    """Tell whether a clear TCP packet from the controller reaches the host's first address, and its answer gets back.

    Both the policy in force and the host's own firewall have a say. A host without an address on the simulated network
    is judged by nobody: it always passes.
    """
    if not host.addresses:
        return True
    plain = InForce(frozenset({controller}), (), None, None, DEFAULT_EXEMPT_LEVEL, keying=False, modern=True)
    packet = Packet(controller, host.addresses[0], TCP, _CLIENT_PORT, port)
    judgement = assess(plain, in_force(host), packet, network or Network())
    return judgement.delivered and judgement.replied and firewall.passes(host, packet, Direction.IN)
