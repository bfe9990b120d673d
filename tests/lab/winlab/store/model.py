# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab's policy objects mean, apart from how they are stored.

Numbers are those of MS-GPIPSEC 2.2.1; times are in seconds, volumes in kilobytes. Pre-shared keys stay out of reprs.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from ipaddress import IPv4Address, IPv6Address

Address = IPv4Address | IPv6Address

ANY_PORT = 0
HOST_MASK = 0xFFFFFFFF


class Action(StrEnum):
    """What a filter action does with matching traffic."""

    PERMIT = "permit"
    BLOCK = "block"
    NEGOTIATE = "negotiate"


class AuthType(IntEnum):
    """Authentication methods that the store can hold."""

    PSK = 1
    CERTIFICATE = 3
    KERBEROS = 5


class Connection(IntEnum):
    """Interface types of a rule. [ledger: data-connection-types]"""

    ALL = 0xFFFFFFFD
    LAN = 0xFFFFFFFE
    DIALUP = 0xFFFFFFFF


class Cipher(IntEnum):
    """Encryption of a main-mode method."""

    NONE = 0
    DES = 1
    TRIPLE_DES = 3


class Hash(IntEnum):
    """Hashes, the same numbers in main mode, in AH and as ESP integrity."""

    NONE = 0
    MD5 = 1
    SHA1 = 2


class EspCipher(IntEnum):
    """Encryption of an ESP offer."""

    NONE = 1
    DES = 2
    TRIPLE_DES = 3


class Operation(IntEnum):
    """Protocol of one algorithm in an offer."""

    AH = 1
    ESP = 2


class SideKind(StrEnum):
    """What one side of a filter stands for. ADDRESS is a host or a subnet."""

    ANY = "any"
    ME = "me"
    ADDRESS = "address"
    RANGE = "range"
    DNS = "dns"
    WINS = "wins"
    DHCP = "dhcp"
    GATEWAY = "gateway"


SERVER_KINDS = (SideKind.DNS, SideKind.WINS, SideKind.DHCP, SideKind.GATEWAY)


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a filter. `mask` is a 32-bit mask for IPv4 and a prefix length for IPv6; `last` ends a range."""

    kind: SideKind
    first: Address | None = None
    mask: int = 0
    last: Address | None = None

    @property
    def needs_v2(self) -> bool:
        """Ranges and IPv6 only fit into a version 2 specification."""
        return self.kind is SideKind.RANGE or isinstance(self.first, IPv6Address)

    @property
    def key(self) -> tuple[SideKind, Address | None, Address | None]:
        """The side without its mask, for looking filters up."""
        return (self.kind, self.first, self.last)


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter. Protocol 0 is any protocol, port 0 any port. [ledger: netsh-mirrored]"""

    source: Side
    destination: Side
    protocol: int = 0
    source_port: int = ANY_PORT
    destination_port: int = ANY_PORT
    mirrored: bool = True
    description: str = ""
    source_dns: str = ""
    destination_dns: str = ""
    guid: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def needs_v2(self) -> bool:
        """Tell whether one of the sides needs a version 2 specification."""
        return self.source.needs_v2 or self.destination.needs_v2


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One algorithm of an offer; for AH `algorithm` is a Hash, for ESP an EspCipher."""

    operation: int
    algorithm: int
    integrity: int = 0


@dataclass(frozen=True, slots=True)
class Offer:
    """One quick-mode offer. Without algorithms it is the marker for falling back to clear text."""

    algorithms: tuple[Algorithm, ...] = ()
    lifetime_seconds: int = 0
    lifetime_kilobytes: int = 0
    pfs: bool = False


@dataclass(frozen=True, slots=True)
class ActionBody:
    """What a filter action says. `soft` is stored as an empty offer, `inpass` in the action identifier."""

    action: Action
    offers: tuple[Offer, ...] = ()
    pfs: bool = False
    inpass: bool = False
    soft: bool = False
    default_response: bool = False


@dataclass(frozen=True, slots=True)
class MainModeMethod:
    """One main-mode method; group 1 = 768, 2 = 1024, 3 = 2048 bits."""

    cipher: int
    hash: int
    group: int


@dataclass(frozen=True, slots=True)
class MainMode:
    """The main-mode settings of a policy; `quick_modes` is the limit per main mode, 0 = none."""

    methods: tuple[MainModeMethod, ...]
    lifetime_seconds: int = 28800
    quick_modes: int = 0
    pfs: bool = False
    options: int = 0


@dataclass(frozen=True, slots=True)
class Authentication:
    """One authentication method. `text` is the pre-shared key or the name of the root certificate authority.

    `flags`: 1 = certificate-to-account mapping, 2 = exclude the authority's name from the request.
    """

    type: int
    text: str = field(default="", repr=False)
    flags: int = 0


@dataclass(frozen=True, slots=True)
class RuleBody:
    """The part of a rule that sits in its blob."""

    authentication: tuple[Authentication, ...]
    connection: int = Connection.ALL
    tunnel: Address | None = None
    active: bool = True
