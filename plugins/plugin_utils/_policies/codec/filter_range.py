# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The second part of a filter list (MS-GPIPSEC 2.2.1.5.1, from Vista on): filters of ranges and of IPv6.

No sample of this part is public; the layout is the specification's.

[ledger: data-filter-v2]
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from .cursor import U32, Cursor, packed_text

ADDRESS_ANY, ADDRESS_SINGLE, ADDRESS_RANGE, ADDRESS_SUBNET, ADDRESS_ME = 0, 1, 2, 4, 8
ADDRESS_DNS, ADDRESS_WINS, ADDRESS_DHCP, ADDRESS_GATEWAY = 0x10, 0x20, 0x40, 0x80
IPV4, IPV6, BOTH_FAMILIES = 1, 2, 3
PORT_ANY, PORT_SINGLE, PORT_RANGE = 0, 1, 2
# The first part holds the blocks of this range for readers that know no ranges.
FLAG_REPLACES_BLOCKS = 8

# Identifier and mirrored; two addresses (type, family, first, second); two ports (type, first, last); protocol, flags.
_FIELDS = Struct("<16sI II16s16s II16s16s IHH IHH II")
SMALLEST_RANGE_SPEC = 3 * U32.size + _FIELDS.size


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressData:
    """One side: its type, its IP version (3 is both), and 16 bytes each for first and second address.

    The second is the last address of a range, an IPv4 mask, or an IPv6 prefix length in one byte.
    """

    kind: int = ADDRESS_ANY
    version: int = IPV4
    first: bytes = bytes(16)
    second: bytes = bytes(16)


@dataclass(frozen=True, slots=True, kw_only=True)
class PortData:
    """The port of one side: its type, the port and the last port of a range."""

    kind: int = PORT_ANY
    first: int = 0
    last: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeSpec:
    """One filter of the second part."""

    identity: bytes
    source: AddressData
    destination: AddressData
    source_name: str = ""
    destination_name: str = ""
    description: str = ""
    mirrored: int = 1
    source_ports: PortData = PortData()
    destination_ports: PortData = PortData()
    protocol: int = 0
    flags: int = 0


def read_range_spec(cursor: Cursor, name: str) -> RangeSpec:
    """Return the next filter of the second part."""
    source_name, destination_name, description = (cursor.text(name) for _field in range(3))
    fields = cursor.read(_FIELDS, name)
    return RangeSpec(
        source_name=source_name,
        destination_name=destination_name,
        description=description,
        identity=fields[0],
        mirrored=fields[1],
        source=AddressData(kind=fields[2], version=fields[3], first=fields[4], second=fields[5]),
        destination=AddressData(kind=fields[6], version=fields[7], first=fields[8], second=fields[9]),
        source_ports=PortData(kind=fields[10], first=fields[11], last=fields[12]),
        destination_ports=PortData(kind=fields[13], first=fields[14], last=fields[15]),
        protocol=fields[16],
        flags=fields[17],
    )


def packed_range_spec(spec: RangeSpec) -> bytes:
    """Return the bytes of one filter of the second part."""
    names = packed_text(spec.source_name) + packed_text(spec.destination_name) + packed_text(spec.description)
    source, destination, near, far = spec.source, spec.destination, spec.source_ports, spec.destination_ports
    return names + _FIELDS.pack(
        spec.identity,
        spec.mirrored,
        *(source.kind, source.version, source.first, source.second),
        *(destination.kind, destination.version, destination.first, destination.second),
        *(near.kind, near.first, near.last),
        *(far.kind, far.first, far.last),
        spec.protocol,
        spec.flags,
    )
