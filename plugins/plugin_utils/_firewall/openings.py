# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What IPsec needs of a firewall: one opening for each protocol and direction, with all peers.

[ledger: packet-ah-nat, fw-esp-needs-opening]
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from .._common.address_sets import AddressSet
from .._windows.rule_string import ALL_PROFILES, Profile

UDP = 17


class Protocol(StrEnum):
    """The four kinds of packets of IPsec. IKE and NAT traversal are UDP, the other two are IP protocols."""

    IKE = "ike"
    NAT_TRAVERSAL = "nat_traversal"
    ESP = "esp"
    AH = "ah"

    @property
    def number(self) -> int:
        """The number of the IP protocol."""
        return {"esp": 50, "ah": 51}.get(self.value, UDP)

    @property
    def port(self) -> int | None:
        """The UDP port, None for ESP and AH, which have no ports."""
        return {"ike": 500, "nat_traversal": 4500}.get(self.value)


class Direction(StrEnum):
    """The direction of a packet as the host sees it."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """One opening of a host: packets of ``protocol`` from (in) or to (out) the peers.

    ``local`` None stands for every address of the host. Ports follow from protocol and direction: IKE sends from 500
    to 500 and from 4500 to 4500. What comes in may have another source port, since a router with address translation
    changes it; the answers to it belong to the flow that the opening let in. What the host sends on its own has both.
    """

    protocol: Protocol
    direction: Direction
    peers: AddressSet
    local: AddressSet | None = None
    profiles: frozenset[Profile] = ALL_PROFILES

    @property
    def local_port(self) -> int | None:
        """The UDP port of the host."""
        return self.protocol.port

    @property
    def remote_port(self) -> int | None:
        """The UDP port of the peer, None for any."""
        return self.protocol.port if self.direction is Direction.OUT else None


def openings(
    peers: AddressSet,
    protocols: Iterable[Protocol],
    directions: Iterable[Direction],
    local: AddressSet | None,
    profiles: Iterable[Profile],
) -> tuple[Opening, ...]:
    """Return one opening for each protocol and direction, in the order of the enumerations."""
    chosen, ways, where = set(protocols), set(directions), frozenset(profiles)
    return tuple(
        Opening(protocol=protocol, direction=direction, peers=peers, local=local, profiles=where)
        for protocol in Protocol
        for direction in Direction
        if protocol in chosen and direction in ways
    )
