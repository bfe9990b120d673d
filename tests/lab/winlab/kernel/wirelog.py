# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads captures: which packets were on the wire between hosts, as far as IPsec is concerned."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address

_HEAD = 24
_FRAME = 16
_ETHERNET = 14
_IPV4 = 0x0800
_NAMES = {50: "esp", 51: "ah", 1: "icmp"}
_IKE = (500, 4500)


@dataclass(frozen=True, slots=True)
class Seen:
    """One packet: when, from where to where, its protocol and ports, and its whole size."""

    time: float
    source: IPv4Address
    destination: IPv4Address
    protocol: int
    source_port: int
    destination_port: int
    size: int

    @property
    def kind(self) -> str:
        """What it is: esp, ah, ike, or tcp/PORT of the service in clear."""
        if self.protocol in _NAMES:
            return _NAMES[self.protocol]
        ports = (self.source_port, self.destination_port)
        if self.protocol == 17:
            return "ike" if set(ports) & set(_IKE) else f"udp/{min(ports)}"
        return f"tcp/{min(ports)}" if self.protocol == 6 else f"protocol {self.protocol}"


def read_capture(data: bytes) -> Iterator[Seen]:
    """Yield the IPv4 packets in a pcap file of Ethernet frames."""
    if data[:4] != struct.pack("<I", 0xA1B2C3D4):
        raise ValueError("no pcap file of this byte order")
    place = _HEAD
    while place < len(data):
        seconds, micro, size, _whole = struct.unpack_from("<IIII", data, place)
        frame = data[place + _FRAME : place + _FRAME + size]
        place += _FRAME + size
        if len(frame) < _ETHERNET + 20 or struct.unpack_from("!H", frame, 12)[0] != _IPV4:
            continue
        packet = frame[_ETHERNET:]
        header = (packet[0] & 15) * 4
        ports = (
            struct.unpack_from("!HH", packet, header) if packet[9] in (6, 17) and len(packet) >= header + 4 else (0, 0)
        )
        yield Seen(
            seconds + micro / 1e6,
            IPv4Address(packet[12:16]),
            IPv4Address(packet[16:20]),
            packet[9],
            ports[0],
            ports[1],
            struct.unpack_from("!H", packet, 2)[0],
        )
