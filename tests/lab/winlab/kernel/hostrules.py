# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated host's own firewall as rules of nftables, for those that can reach it here.

The firewall itself is the lab's (`winlab.firewall`): it is asked about every peer, and what it does not let in is
dropped. A namespace has no other peers than these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .. import firewall
from ..firewall import Direction
from ..host import Host
from ..ipsec.packet import TCP, UDP, Address, Packet

_CLIENT_PORT = 49152


def closed(
    host: Host, others: Mapping[str, Host], controllers: Iterable[Address], ports: Iterable[int]
) -> tuple[str, ...]:
    """Return the rules that drop what the firewall of a host does not let in.

    :param ports: TCP ports on which the host answers.
    """
    peers = [each for other in others.values() for each in other.addresses] + list(controllers)
    own, rules = host.addresses[0], []
    for peer in dict.fromkeys(peers):
        kinds = [
            ("udp dport 500", Packet(peer, own, UDP, 500, 500)),
            ("udp dport 4500", Packet(peer, own, UDP, 4500, 4500)),
            ("ip protocol 50", Packet(peer, own, 50)),
            ("ip protocol 51", Packet(peer, own, 51)),
        ]
        kinds += [
            (f"tcp dport {port} tcp flags & (syn | ack) == syn", Packet(peer, own, TCP, _CLIENT_PORT, port))
            for port in ports
        ]
        rules += [
            f"ip saddr {peer} {words} drop"
            for words, packet in kinds
            if not firewall.passes(host, packet, Direction.IN)
        ]
    return tuple(rules)
