# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the user expects of flows, and where the policies do otherwise.

An expectation is one line: ``fe -> be tcp/80: esp``. The traffic is that of :mod:`.traffic`, all of it when left
out; packets come from the ports of clients unless the source names others, as in ``fe:88 -> be tcp/80: esp``.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from .._common.errors import IpsecError
from .._common.packets import AddressRange, Place, parse_address
from .endpoint import Addresses, Endpoint
from .outcome import SECURED, Network, Outcome, OutcomeKind
from .pair import Pair
from .space import Packet
from .traffic import Traffic, parse_traffic

_LINE = re.compile(
    r"\s*(?P<source>[^\s:>]+?)(?::(?P<ports>[^\s>]+?))?\s*->\s*(?P<destination>[^\s:]+)"
    r"(?:\s+(?P<traffic>[^\s:]+))?\s*:\s*(?P<word>\w+)\s*"
)
_EVERYBODY: tuple[Addresses, ...] = (
    AddressRange(IPv4Address(1), IPv4Address("255.255.255.254")),
    AddressRange(IPv6Address(1), IPv6Address(2**128 - 1)),
)
# Names that need no definition: all hosts that have no name.
ELSEWHERE = ("any", "internet")


class Expected(StrEnum):
    """The words of an expectation."""

    CLEAR = "clear"
    PERMIT = "permit"
    ESP = "esp"
    AH = "ah"
    AH_ESP = "ah_esp"
    SECURED = "secured"
    BLOCKED = "blocked"
    SOFT = "soft"
    UPGRADED = "upgraded"


# Blocked is every refusal that a policy states; ends that should agree and do not are a fault, never expected.
ACCEPTED: Mapping[Expected, frozenset[OutcomeKind]] = {
    Expected.CLEAR: frozenset({OutcomeKind.CLEAR, OutcomeKind.PERMIT}),
    Expected.PERMIT: frozenset({OutcomeKind.PERMIT}),
    Expected.ESP: frozenset({OutcomeKind.ESP}),
    Expected.AH: frozenset({OutcomeKind.AH}),
    Expected.AH_ESP: frozenset({OutcomeKind.AH_ESP}),
    Expected.SECURED: SECURED,
    Expected.BLOCKED: frozenset(
        {
            OutcomeKind.BLOCKED_HERE,
            OutcomeKind.BLOCKED_THERE,
            OutcomeKind.ONE_SIDED_DROP,
            OutcomeKind.NO_ANSWER,
        }
    ),
    Expected.SOFT: frozenset({OutcomeKind.SOFT_CLEAR}),
    Expected.UPGRADED: SECURED | {OutcomeKind.UPGRADED},
}


@dataclass(frozen=True, slots=True)
class Expectation:
    """One line, read; ``path`` is where it stands."""

    path: str
    text: str
    source: Endpoint
    destination: Endpoint
    traffic: Traffic
    word: Expected


@dataclass(frozen=True, slots=True)
class Failure:
    """An expectation that is not met, with a packet that shows it."""

    expectation: Expectation
    packet: Packet
    outcome: Outcome

    def __str__(self) -> str:
        found = self.outcome
        return f"{self.expectation.text!r} does not hold: {self.packet} is {found.kind.value}. {found.why}"

    def to_data(self) -> dict[str, object]:
        """Return plain data."""
        return {
            "expectation": self.expectation.text,
            "path": self.expectation.path,
            "expected": self.expectation.word.value,
            "packet": str(self.packet),
            **self.outcome.to_data(),
        }


Named = Endpoint | str | Iterable[str | Addresses]


def name_ends(names: Mapping[str, Named], path: str = "names") -> dict[str, Endpoint]:
    """Return an end for every name: an endpoint as it is, addresses and networks as hosts without policy.

    Networks do not stand for the single addresses that have a name of their own; ``any`` and ``internet`` are all
    hosts without a name, unless they are defined. Raises IpsecError under ``path`` for what is no address.
    """
    given = {name: item for name, item in names.items() if isinstance(item, Endpoint)}
    plain = {
        name: tuple(_addresses(item, f"{path}[{name!r}]"))
        for name, item in names.items()
        if not isinstance(item, Endpoint)
    }
    known = [one for item in given.values() for one in item.addresses] + [
        one for item in plain.values() for one in item
    ]
    single = tuple(one for one in known if isinstance(one, (IPv4Address, IPv6Address)))
    for name in ELSEWHERE:
        plain.setdefault(name, _EVERYBODY)
    ends = {name: Endpoint(name=name, addresses=item, excluded=single) for name, item in plain.items()} | given
    return {name: ends[name] for name in (*names, *ELSEWHERE)}


def _addresses(item: str | Iterable[str | Addresses], path: str) -> Iterable[Addresses]:
    for one in [item] if isinstance(item, str) else item:
        if not isinstance(one, str):
            yield one
            continue
        found = parse_address(one, path)
        if found is Place.ANY:
            yield from _EVERYBODY
        elif isinstance(found, AddressRange):
            yield found
        elif isinstance(found, (IPv4Network, IPv6Network)):
            yield found.network_address if found.prefixlen == found.max_prefixlen else found
        else:
            raise IpsecError(path, one, "addresses, networks, ranges or any", "Give the addresses themselves.")


def read_expectations(lines: Iterable[object], ends: Mapping[str, Endpoint], path: str) -> tuple[Expectation, ...]:
    """Return the expectations of a list of lines; ``ends`` come from :func:`name_ends`.

    Raises IpsecError with the path of the line for bad syntax, unknown names and lines that no packet can meet.
    """
    return tuple(_read(line, ends, f"{path}[{index}]") for index, line in enumerate(lines))


def traffic_of(one: Expectation) -> str:
    """Return the traffic of an expectation as it is written, without the ports of its source; ``any`` for all."""
    match = _LINE.fullmatch(one.text)
    return (match["traffic"] if match else None) or "any"


def _read(line: object, ends: Mapping[str, Endpoint], path: str) -> Expectation:
    match = _LINE.fullmatch(line) if isinstance(line, str) else None
    if match is None:
        remedy = "The words after the colon are " + ", ".join(Expected) + "."
        if isinstance(line, Mapping):
            remedy = "Put the line between quotes: without them YAML reads its colon as that of a mapping."
        raise IpsecError(path, line, "a line such as 'fe -> be tcp/80: esp'", remedy)
    word = match["word"].lower()
    if word not in tuple(Expected):
        raise IpsecError(path, match["word"], f"one of {', '.join(Expected)}", "Choose one of these words.")
    source, destination = (_end(match[side], ends, path) for side in ("source", "destination"))
    traffic = parse_traffic(match["traffic"] or "any", path, match["ports"] or "")
    families = {family for family in (4, 6) if source.where(family) and destination.where(family)}
    if not families:
        expected = "two ends with an address family in common"
        raise IpsecError(path, line, expected, f"Add an address to {source.name} or {destination.name}.")
    return Expectation(path, " ".join(match[0].split()), source, destination, traffic, Expected(word))


def _end(name: str, ends: Mapping[str, Endpoint], path: str) -> Endpoint:
    if name not in ends:
        near = difflib.get_close_matches(name, ends, n=1)
        remedy = f"Did you mean {near[0]}?" if near else "Define the name."
        raise IpsecError(path, name, f"one of the names {', '.join(ends)}", remedy)
    return ends[name]


def judge(expectations: Iterable[Expectation], network: Network | None = None) -> tuple[Failure, ...]:
    """Return every expectation that some packet does not meet, with that packet; empty when all hold.

    Exact: an expectation that is not returned holds for all its packets.
    """
    failures: list[Failure] = []
    pairs: dict[tuple[str, str], Pair] = {}
    for one in expectations:
        key = (one.source.name, one.destination.name)
        if key not in pairs:
            pairs[key] = Pair(one.source, one.destination, network)
        for space, outcome in pairs[key].regions(one.traffic.space()):
            packet = space.example()
            if outcome.kind not in ACCEPTED[one.word] and packet is not None:
                failures.append(Failure(one, packet, outcome))
                break
    return tuple(failures)
