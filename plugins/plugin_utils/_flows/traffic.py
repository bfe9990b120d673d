# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Traffic in the words of people: ``tcp/80``, ``tcp+udp/88``, ``tcp/80,110,5985-5986``, ``icmp``, ``any``."""

from __future__ import annotations

from dataclasses import dataclass

from .._common.errors import IpsecError
from .._common.packets import HIGHEST_PORT, PROTOCOLS, format_protocol, has_ports, natural_number, parse_protocol
from .partition import Side, meet, side, without
from .space import ALL_ADDRESSES, ALL_PORTS, ALL_PROTOCOLS, Box, Space

# Ports from which clients connect. 4500 is left out: packets of IKE are never filtered and prove nothing.
CLIENT_PORTS: Side = ((1024, 4499), (4501, HIGHEST_PORT))
_IKE_PORTS: Side = ((500, 500), (4500, 4500))
_WITH_PORTS: Side = side([(number, number) for number in PROTOCOLS.values() if has_ports(number)])
_UDP = PROTOCOLS["udp"]


@dataclass(frozen=True, slots=True)
class Traffic:
    """Packets by protocol and ports. ``source_ports`` are those of clients unless others are named."""

    protocols: Side = ALL_PROTOCOLS
    destination_ports: Side = ALL_PORTS
    source_ports: Side = CLIENT_PORTS

    def space(self) -> Space:
        """Return the packets of both families. UDP to any port leaves out that of IKE, which no filter sees."""
        found: list[Box] = []
        for family, everywhere in ALL_ADDRESSES.items():
            others = without(self.protocols, _WITH_PORTS)
            if others:
                found.append(Box(family, everywhere, everywhere, others))
            for number, _same in meet(self.protocols, _WITH_PORTS):
                ports = self.destination_ports
                if number == _UDP and ports == ALL_PORTS:
                    ports = without(ports, _IKE_PORTS)
                found.append(Box(family, everywhere, everywhere, ((number, number),), ports, self.source_ports))
        return Space(tuple(found))


def parse_ports(text: str, path: str) -> Side:
    """Return the ports of a list such as ``80,110,5985-5986``, or ``any``; IpsecError for anything else."""
    if text.strip().lower() == "any":
        return ALL_PORTS
    found: list[tuple[int, int]] = []
    for part in text.split(","):
        ends = [natural_number(end.strip()) for end in part.split("-")]
        low, high = ends[0], ends[-1]
        if low is None or high is None or len(ends) > 2:
            raise IpsecError(path, text, "ports such as 80 or 80,110 or 5985-5986, or any", "Correct the ports.")
        if not 1 <= low <= high <= HIGHEST_PORT:
            expected = f"ports from 1 to {HIGHEST_PORT}, the lower one first"
            raise IpsecError(path, text, expected, "Correct the ports.")
        found.append((low, high))
    return side(found)


def parse_traffic(text: str, path: str, source_ports: str = "") -> Traffic:
    """Return the traffic that a text names; IpsecError with the path for anything else."""
    names, slash, ports = text.partition("/")
    numbers = [parse_protocol(name, path) for name in names.split("+")]
    if (slash or source_ports) and not all(has_ports(number) for number in numbers):
        wrong = next(number for number in numbers if not has_ports(number))
        expected = f"no port with protocol {format_protocol(wrong)}"
        raise IpsecError(path, text, expected, "Write tcp/PORT or udp/PORT; AH and ESP are protocols 51 and 50.")
    return Traffic(
        protocols=ALL_PROTOCOLS if 0 in numbers else side([(number, number) for number in numbers]),
        destination_ports=parse_ports(ports, path) if slash else ALL_PORTS,
        source_ports=parse_ports(source_ports, path) if source_ports else CLIENT_PORTS,
    )
