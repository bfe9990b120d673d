# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The space of packets: IPv4 and IPv6 as disjoint halves, each a product of five sets of integers.

Everything here is exact; nothing is sampled. Growth is that of :mod:`.partition`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from math import prod

from .._common.errors import IpsecError
from .._common.packets import HIGHEST_PORT, HIGHEST_PROTOCOL, PROTOCOLS, format_protocol, has_ports
from .partition import Side, Sides, holds, meet, size, split

IpAddress = IPv4Address | IPv6Address

ALL_PROTOCOLS: Side = ((0, HIGHEST_PROTOCOL),)
ALL_PORTS: Side = ((0, HIGHEST_PORT),)
ALL_ADDRESSES: dict[int, Side] = {4: ((0, 2**32 - 1),), 6: ((0, 2**128 - 1),)}

# For examples: protocols that people know, and a port that clients use.
_KNOWN_PROTOCOLS = (PROTOCOLS["tcp"], PROTOCOLS["udp"], PROTOCOLS["icmp"])
_CLIENT_PORT = 50_000


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet by what filters can see. ``protocol`` is 0 to 255; ports are 0 except with TCP and UDP.

    Raises IpsecError for two families, numbers out of range and ports of protocols that have none.
    """

    source: IpAddress
    destination: IpAddress
    protocol: int
    source_port: int = 0
    destination_port: int = 0

    def __post_init__(self) -> None:
        if self.source.version != self.destination.version:
            expected = f"an IPv{self.source.version} address like the source"
            raise IpsecError("packet.destination", str(self.destination), expected, "Use one address family.")
        if not 0 <= self.protocol <= HIGHEST_PROTOCOL:
            expected = f"a number from 0 to {HIGHEST_PROTOCOL}"
            raise IpsecError("packet.protocol", self.protocol, expected, "Correct the protocol.")
        highest = HIGHEST_PORT if has_ports(self.protocol) else 0
        for name, port in (("source_port", self.source_port), ("destination_port", self.destination_port)):
            if not 0 <= port <= highest:
                expected = f"a number from 0 to {highest} with protocol {format_protocol(self.protocol)}"
                raise IpsecError(f"packet.{name}", port, expected, "Correct the port.")

    @property
    def reply(self) -> Packet:
        """The packet that answers: both ends exchanged."""
        return Packet(self.destination, self.source, self.protocol, self.destination_port, self.source_port)

    @property
    def point(self) -> tuple[int, int, int, int, int]:
        """Coordinates in the order of :attr:`Box.sides`."""
        return int(self.source), int(self.destination), self.protocol, self.destination_port, self.source_port

    def __str__(self) -> str:
        name = format_protocol(self.protocol)
        if not has_ports(self.protocol):
            return f"{self.source} -> {self.destination} {name}"
        bracket = "[{}]" if self.source.version == 6 else "{}"
        source, destination = bracket.format(self.source), bracket.format(self.destination)
        return f"{source}:{self.source_port} -> {destination}:{self.destination_port} {name}"


@dataclass(frozen=True, slots=True)
class Box:
    """All packets of one family whose five coordinates lie in five sets of integers, each set intervals.

    Protocols without ports have the whole range of ports, where their packets stand at 0.
    """

    family: int
    source: Side
    destination: Side
    protocol: Side = ALL_PROTOCOLS
    destination_port: Side = ALL_PORTS
    source_port: Side = ALL_PORTS

    @property
    def sides(self) -> Sides:
        """The five sets in the order in which :func:`.partition.split` looks at them."""
        return self.source, self.destination, self.protocol, self.destination_port, self.source_port

    @property
    def is_single(self) -> bool:
        """Whether all packets go from one address to one address."""
        return all(len(ends) == 1 and ends[0][0] == ends[0][1] for ends in (self.source, self.destination))

    @property
    def reply(self) -> Box:
        """The packets that answer those of this box."""
        return Box(self.family, self.destination, self.source, self.protocol, self.source_port, self.destination_port)

    @property
    def size(self) -> int:
        """The number of points; 0 for a box that holds nothing."""
        return prod(map(size, self.sides))

    def __bool__(self) -> bool:
        return all(self.sides)

    def meet(self, other: Box) -> Box | None:
        """Return the packets in both boxes, None for none."""
        if self.family != other.family:
            return None
        sides = tuple(map(meet, self.sides, other.sides))
        return Box(self.family, *sides) if all(sides) else None

    def __contains__(self, packet: Packet) -> bool:
        return packet.source.version == self.family and all(
            holds(mine, value) for mine, value in zip(self.sides, packet.point, strict=True)
        )

    def example(self) -> Packet:
        """Return a packet of this box, which must not be empty: TCP from a usual client port where it can be."""
        protocol = next((known for known in _KNOWN_PROTOCOLS if holds(self.protocol, known)), self.protocol[0][0])
        address: type[IPv4Address] | type[IPv6Address] = IPv4Address if self.family == 4 else IPv6Address
        source, destination = address(self.source[0][0]), address(self.destination[0][0])
        if not has_ports(protocol):
            return Packet(source, destination, protocol)
        return Packet(source, destination, protocol, _usual_port(self.source_port), _usual_port(self.destination_port))


def _usual_port(ports: Side) -> int:
    if len(ports) == 1 and ports[0][0] == ports[0][1]:
        return ports[0][0]
    if holds(ports, _CLIENT_PORT):
        return _CLIENT_PORT
    return next((max(low, 1) for low, high in ports if high), 0)


def whole(family: int) -> Box:
    """Return all packets of a family."""
    return Box(family, ALL_ADDRESSES[family], ALL_ADDRESSES[family])


@dataclass(frozen=True, slots=True)
class Space:
    """A set of packets as boxes, which may overlap. Compare with :meth:`same`, since one set has many divisions."""

    boxes: tuple[Box, ...] = ()

    def _with(self, other: Space, keep: Callable[[bool, bool], bool]) -> Space:
        found: list[Box] = []
        for family in sorted({box.family for box in (*self.boxes, *other.boxes)}):
            lists = [[box.sides for box in space.boxes if box.family == family] for space in (self, other)]
            for sides, first in split(lists, whole(family).sides):
                if keep(first[0] is not None, first[1] is not None):
                    found.append(Box(family, *sides))
        return Space(tuple(found))

    def __or__(self, other: Space) -> Space:
        return self._with(other, lambda mine, its: mine or its)

    def __and__(self, other: Space) -> Space:
        return self._with(other, lambda mine, its: mine and its)

    def __sub__(self, other: Space) -> Space:
        return self._with(other, lambda mine, its: mine and not its)

    def __bool__(self) -> bool:
        return any(self.boxes)

    def __contains__(self, packet: Packet) -> bool:
        return any(packet in box for box in self.boxes)

    def same(self, other: Space) -> bool:
        """Tell whether both hold the same packets."""
        return not self._with(other, lambda mine, its: mine is not its)

    def disjoint(self) -> Space:
        """Return the same packets in boxes that do not overlap."""
        return self | Space()

    @property
    def size(self) -> int:
        """The number of points, each counted once."""
        return sum(box.size for box in self.disjoint().boxes)

    @property
    def reply(self) -> Space:
        """The packets that answer those of this space."""
        return Space(tuple(box.reply for box in self.boxes))

    def example(self) -> Packet | None:
        """Return a packet of this space, None when it holds none."""
        return next((box.example() for box in self.boxes if box), None)


def union(spaces: Iterable[Space]) -> Space:
    """Return the packets of all spaces, in disjoint boxes."""
    return Space(tuple(box for space in spaces for box in space.boxes)).disjoint()
