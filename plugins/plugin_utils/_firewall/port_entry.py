# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Port exceptions of the firewall before Vista, as its registry holds them.

A value ``500:UDP`` with the text ``500:UDP:10.0.0.5/255.255.255.255,LocalSubNet:Enabled:NAME`` opens one port for one
set of sources, whatever the local address, for packets that come in. There is one such value for a port in each of
the two profiles, and none for an IP protocol without ports.

[ledger: fw-2003-entries]
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from .._common.address_sets import AddressSet, Interval, read_interval
from .._windows.rule_string import Profile
from .openings import Direction, Opening, Protocol

_ENTRY = re.compile(r"([0-9]{1,5}):(TCP|UDP):([^:]*):(Enabled|Disabled):(.*)", re.IGNORECASE | re.ASCII | re.DOTALL)


class Slot(StrEnum):
    """The two profiles, by the word of ``netsh firewall``: in the domain, and everywhere else."""

    DOMAIN = "DOMAIN"
    STANDARD = "STANDARD"

    @property
    def profiles(self) -> frozenset[Profile]:
        """The profiles of later versions that the profile stands for."""
        return frozenset({Profile.DOMAIN} if self is Slot.DOMAIN else {Profile.PRIVATE, Profile.PUBLIC})


@dataclass(frozen=True, slots=True)
class Entry:
    """One exception. ``scope`` None stands for every address; ``words`` are those such as LocalSubNet."""

    port: int
    scope: AddressSet | None
    words: tuple[str, ...]
    enabled: bool
    name: str

    def is_scope(self, peers: AddressSet) -> bool:
        """Whether the exception is in force for exactly these addresses."""
        return self.enabled and not self.words and self.scope is not None and self.scope.same(peers)

    def suffices(self, peers: AddressSet) -> bool:
        """Whether the exception is in force for at least these addresses."""
        return self.enabled and (self.scope is None or self.scope.covers(peers))

    def to_data(self, protocol: Protocol, slot: Slot) -> dict[str, object]:
        """Return the exception as plain data, in the form of an opening. An empty list stands for any."""
        peers = [*self.words, *(self.scope.texts() if self.scope is not None else [])]
        return entry_data(self.name, protocol, slot, peers, enabled=self.enabled)


def entry_data(
    name: str, protocol: Protocol, slot: Slot, peers: list[str], *, enabled: bool = True
) -> dict[str, object]:
    """Return one exception as plain data."""
    return {
        "name": name,
        "protocol": protocol.value,
        "direction": Direction.IN.value,
        "peers": peers,
        "local_addresses": [],
        "local_ports": [str(protocol.port)],
        "remote_ports": [],
        "profiles": sorted(slot.profiles),
        "enabled": enabled,
    }


def parse_entry(text: str) -> Entry | None:
    """Return the exception for a UDP port of a registry value, None for one of TCP and for any other text."""
    match = _ENTRY.fullmatch(text)
    if match is None or match[2].upper() != "UDP":
        return None
    intervals: list[Interval] = []
    words: list[str] = []
    for part in filter(None, (part.strip() for part in match[3].split(","))):
        found = read_interval(part)
        if found is None:
            words.append(part)
        else:
            intervals.append(found)
    everywhere = "*" in words
    return Entry(
        port=int(match[1]),
        scope=None if everywhere else AddressSet(intervals),
        words=() if everywhere else tuple(words),
        enabled=match[4].casefold() == "enabled",
        name=match[5],
    )


def entry_name(prefix: str, protocol: Protocol) -> str:
    """Return the name of an exception of ours."""
    return f"{prefix} {protocol.value}"


def slots_of(profiles: frozenset[Profile]) -> tuple[Slot, ...]:
    """Return the profiles before Vista that stand for nothing but these."""
    return tuple(slot for slot in Slot if slot.profiles <= profiles)


def shortfalls(openings: Iterable[Opening]) -> list[dict[str, str]]:
    """Return what the firewall before Vista has no words for, with the reason, one for each opening and cause.

    [ledger: fw-esp-2003]
    """
    found = []
    for opening in openings:
        what = f"{opening.protocol.value} {opening.direction.value}"
        reasons = []
        if opening.direction is Direction.OUT:
            reasons.append("This firewall has no rules for what goes out.")
        elif opening.protocol.port is None:
            reasons.append(
                f"This firewall opens TCP and UDP ports only, not IP protocol {opening.protocol.number}. Whether it "
                "drops such packets at all is not documented: test it before you rely on it."
            )
        else:
            if opening.peers.of_family(6):
                reasons.append(
                    f"This firewall has no IPv6: {', '.join(opening.peers.of_family(6).texts())} is left out."
                )
            halves = opening.profiles & Slot.STANDARD.profiles
            if halves and halves != Slot.STANDARD.profiles:
                reasons.append(
                    f"Profile {min(halves)} alone cannot be told from the other one outside the domain: name private "
                    "and public, or neither."
                )
        found += [{"opening": what, "reason": reason} for reason in reasons]
    return found
