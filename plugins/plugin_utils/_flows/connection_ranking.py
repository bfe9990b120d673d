# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connection security rules as one host sees them: expanded, in both directions, ordered as far as that is documented.

Documented: the more specific rule wins, whatever its store (KB 942957). More specific is one address before a longer
prefix before a shorter one before any, then a protocol before none, then ports; tunnels come before all others. What
decides between equals, between a range and a network, and between a rule that is more specific on one side and one that
is so on the other is documented nowhere: all of them may win. A table from a training says that of equals the stricter
one wins; that is one report, so nothing relies on it.

[ledger: cs-ranking]
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from .._common.address_sets import read_interval
from .._common.packets import PROTOCOLS
from .connection_model import ConnectionRule, MainModeRule, Where
from .endpoint import Endpoint
from .partition import Side, apart, meet, side
from .space import ALL_ADDRESSES, ALL_PORTS, ALL_PROTOCOLS, Box

AnyRule: TypeAlias = ConnectionRule | MainModeRule
_BITS = {4: 32, 6: 128}
# How specific a side is: a prefix length, -1 for any, a range by its ends, None for what nobody knows.
Level: TypeAlias = int | tuple[int, int] | None
_ANY = -1
WORDS = ("localsubnet", "dns", "dhcp", "wins", "defaultgateway")


@dataclass(frozen=True, slots=True)
class Entry:
    """One pair of addresses of a rule, as packets that leave the host; those that come back belong to it too.

    ``certain`` is False where it is not known whether the rule is about these packets.
    """

    rule: AnyRule
    box: Box
    local: Level
    remote: Level
    certain: bool = True

    @property
    def with_protocol(self) -> bool:
        """Whether the rule names a protocol."""
        return self.rule.where.protocol != "any"

    @property
    def ports(self) -> frozenset[int]:
        """The sides on which the rule names ports."""
        where = self.rule.where
        return frozenset(number for number, ports in ((1, where.port1), (2, where.port2)) if ports)

    @property
    def rank(self) -> tuple[object, ...]:
        """Everything that decides between entries."""
        return self.certain, self.local, self.remote, self.with_protocol, self.ports


def beats(one: Entry, other: Entry) -> bool:
    """Tell whether an entry is known to win over another one wherever both match. The only place with the order."""
    if not (one.certain and other.certain):
        return False
    sides = [_compared(mine, its) for mine, its in ((one.local, other.local), (one.remote, other.remote))]
    if None in sides:
        return False
    if any(sides):
        return min(each or 0 for each in sides) >= 0
    if one.with_protocol != other.with_protocol:
        return one.with_protocol
    return one.ports > other.ports


def _compared(one: Level, other: Level) -> int | None:
    """Return whether one side is more specific (1), less (-1) or as specific (0); None where nobody knows."""
    if one == other:
        return None if one is None else 0
    if isinstance(one, int) and isinstance(other, int):
        return 1 if one > other else -1
    if other == _ANY:
        return 1
    return -1 if one == _ANY else None


def same(one: Entry, other: Entry) -> bool:
    """Tell whether it makes no difference which of two entries decides: both do the same, or both are in doubt."""
    if one.rule is other.rule or not (one.certain or other.certain):
        return True
    return one.rank == other.rank and one.rule.effect == other.rule.effect


def expand(rule: AnyRule, host: Endpoint) -> Iterator[Entry]:
    """Yield what a rule is about on a host; nothing for addresses that the host has not."""
    for family in ALL_ADDRESSES:
        own = host.where(family)
        protocols, port1, port2 = sides_of(rule.where)
        for local, local_level in addresses(rule.where.endpoint1, host, family):
            mine = meet(own, local)
            for remote, remote_level in addresses(rule.where.endpoint2, host, family):
                if not mine:
                    continue
                box = Box(family, mine, remote, protocols, port2, port1)
                certain = not rule.doubt and None not in (local_level, remote_level)
                yield Entry(rule, box, local_level, remote_level, certain)


def addresses(found: Sequence[str], host: Endpoint, family: int) -> Iterator[tuple[Side, Level]]:
    """Yield the addresses of a family that an endpoint stands for, each with how specific it is.

    A word whose servers are not known may stand for anybody. Addresses of one family leave the other one out.
    """
    if not found:
        yield ALL_ADDRESSES[family], _ANY
        return
    for text in found:
        if text in WORDS:
            known = host.meant(text)
            if known is None:
                yield ALL_ADDRESSES[family], None
            for item in known or ():
                yield from _of_text(item, family)
        else:
            yield from _of_text(text, family)


def _of_text(text: str, family: int) -> Iterator[tuple[Side, Level]]:
    interval = read_interval(text)
    if interval is None or interval.version != family:
        return
    networks = interval.networks()
    level: Level = networks[0].prefixlen if len(networks) == 1 else (interval.first, interval.last)
    yield ((interval.first, interval.last),), level


def sides_of(where: Where) -> tuple[Side, Side, Side]:
    """Return the protocols and the ports of both ends that conditions name."""
    protocols: Side = ALL_PROTOCOLS
    if where.protocol != "any":
        number = int(where.protocol)
        protocols = ((number, number),)
    elif where.port1 or where.port2:
        protocols = side([(PROTOCOLS[name], PROTOCOLS[name]) for name in ("tcp", "udp")])
    return protocols, _ports(where.port1), _ports(where.port2)


def _ports(found: Sequence[str]) -> Side:
    if not found:
        return ALL_PORTS
    ends = [text.partition("-") for text in found]
    return side([(int(low), int(high if dash else low)) for low, dash, high in ends])


def chains(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Return entries in as few lists as can be found at once, in each of which an earlier one wins for certain.

    Whichever rule may decide about a packet is then the first of a list that matches it.
    """
    found: list[_Chain] = []
    for entry in sorted(entries, key=_rough, reverse=True):
        for chain in found:
            if _fits(chain, entry):
                break
        else:
            chain = {}
            found.append(chain)
        chain.setdefault(entry.rank, {}).setdefault(_place(entry), []).append(entry)
    return [[entry for places in chain.values() for group in places.values() for entry in group] for chain in found]


# Entries by rank, and then by the addresses that they are about.
_Chain: TypeAlias = dict[tuple[object, ...], dict[object, list[Entry]]]


def _place(entry: Entry) -> object:
    """Return what tells entries of one rank apart, since different prefixes of one length are disjoint."""
    exact = isinstance(entry.local, int) and isinstance(entry.remote, int)
    return (entry.box.family, entry.box.source, entry.box.destination) if exact else None


def _rough(entry: Entry) -> tuple[object, ...]:
    """Return a key by which whatever wins for certain comes first."""
    levels = [_bits(each, entry.box.family) for each in (entry.local, entry.remote)]
    name = entry.rule.name.casefold()
    return entry.certain, sum(levels), max(levels), entry.with_protocol, len(entry.ports), name


def _bits(level: Level, family: int) -> float:
    if isinstance(level, tuple):
        # Anywhere between any and one address.
        return _BITS[family] - 0.5
    return _ANY if level is None else level


def _fits(chain: _Chain, entry: Entry) -> bool:
    for rank, places in chain.items():
        first = next(iter(places.values()))[0]
        if beats(first, entry):
            continue
        place = _place(entry)
        near = [places.get(place, [])] if rank == entry.rank and place is not None else places.values()
        if not all(same(each, entry) or _apart(each, entry) for group in near for each in group):
            return False
    return True


def _apart(one: Entry, other: Entry) -> bool:
    return one.box.family != other.box.family or apart(one.box.sides, other.box.sides)
