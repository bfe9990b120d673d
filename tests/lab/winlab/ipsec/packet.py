# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packets, and what lies between two hosts."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

Address = IPv4Address | IPv6Address

TCP = 6
UDP = 17
RSVP = 46
BROADCAST = IPv4Address("255.255.255.255")


@dataclass(frozen=True, slots=True)
class Packet:
    """The first packet of a conversation. Ports are 0 where the protocol has none; `size` is in bytes."""

    source: Address
    destination: Address
    protocol: int = TCP
    source_port: int = 0
    destination_port: int = 0
    size: int = 64

    @property
    def to_group(self) -> bool:
        """It goes to a multicast group or to the broadcast address, from where nothing comes back."""
        return self.destination.is_multicast or self.destination == BROADCAST

    def reply(self) -> Packet:
        """Return the packet that answers this one."""
        return Packet(self.destination, self.source, self.protocol, self.destination_port, self.source_port, self.size)


@dataclass(frozen=True, slots=True)
class Network:
    """What the network passes: IKE (UDP 500 and 4500), ESP (protocol 50), AH (protocol 51). It passes all else.

    Who drops what it does not pass is for sentences only.
    """

    ike: bool = True
    esp: bool = True
    ah: bool = True
    ike_dropped_by: str = "the network"
    esp_dropped_by: str = "the network"
    ah_dropped_by: str = "the network"
