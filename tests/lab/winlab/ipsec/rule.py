# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules as they decide about packets: filters taken apart into directions, with what the filter action says."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from ..store.model import Action, Authentication, Offer, Side, SideKind


@dataclass(frozen=True, slots=True)
class Direction:
    """One direction of a filter. Port and protocol 0 stand for any."""

    source: Side
    destination: Side
    protocol: int
    source_port: int
    destination_port: int


@dataclass(frozen=True, slots=True)
class Rule:
    """An active rule with its filter action; `directions` is empty for a default response rule."""

    key: str
    name: str
    action: Action
    inpass: bool
    soft: bool
    offers: tuple[Offer, ...]
    authentication: tuple[Authentication, ...]
    tunnel: bool
    directions: tuple[Direction, ...]


def is_ipv4(direction: Direction) -> bool:
    """Tell the address family of a filter; one without an address is stored in the IPv4 form."""
    sides = (direction.source, direction.destination)
    given = [side.first for side in sides if side.kind in (SideKind.ADDRESS, SideKind.RANGE)]
    return not given or isinstance(given[0], IPv4Address)
