# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One host's decisions by its connection security rules: exemptions, then the rules that may win, then nothing.

Packets of IKE are never asked about. The default exemptions come before all rules (Windows Filtering Platform, "IPsec
exemptions"): DHCP, and ICMP where it is chosen. Neighbor and router discovery are messages of ICMPv6 that nothing here
tells apart, so packets of ICMPv6 are judged as others are. A rule is about a packet and its reply alike, since its
endpoint 1 is the host itself, whoever sends; it is not taken to match with both ends exchanged.

[ledger: cs-exemptions-first, cs-both-directions, cs-main-mode-choice]
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

from .._common.packets import PROTOCOLS
from .choice import Choice
from .connection_model import ConnectionRule, Connections, Exchange, MainModeRule, Proof, Speech, Treatment
from .connection_ranking import Entry, beats, chains, expand, same
from .endpoint import Endpoint
from .partition import Side, Sides
from .semantics import Candidates, Decision, DecisionKind, Reading
from .space import ALL_ADDRESSES, ALL_PORTS, Box, Packet

_UDP: Side = ((PROTOCOLS["udp"], PROTOCOLS["udp"]),)
_ICMP: Side = ((1, 1), (58, 58))
_KEYING = (500, 4500)
_DHCP: dict[int, Side] = {4: ((67, 68),), 6: ((546, 547),)}
_Main = tuple[tuple[Exchange, ...], tuple[Proof, ...] | None, str]


class ConnectionView:
    """The decisions of one host, worked out once for many packets."""

    def __init__(self, host: Endpoint) -> None:
        self.host = host
        self.connections = host.rules_in_force or Connections()
        self.responds_by_default = False
        self._where = {family: host.where(family) for family in ALL_ADDRESSES}
        entries = [entry for rule in self.connections.rules for entry in expand(rule, host)]
        mains = [entry for main in self.connections.main_modes for entry in expand(main, host)]
        self._rules, self._mains = chains(entries), chains(mains)
        self._entries = [entry for chain in (*self._rules, *self._mains) for entry in chain]
        self._exempt = list(_exempt(self.connections.exemptions))
        self._lists: dict[int, list[Candidates]] = {}
        self._choices: dict[tuple[int, Sides], list[Choice]] = {}

    def where(self, family: int) -> Side:
        """Return the addresses of the host in a family as integers."""
        return self._where[family]

    @property
    def keying(self) -> bool:
        """Whether the host can negotiate."""
        return self.host.key_exchange_running

    def lists(self, family: int) -> list[Candidates]:
        """Return the exemptions, then each list of rules in which an earlier one wins, then those of main mode."""
        known = self._lists.get(family)
        if known is None:
            known = self._lists[family] = self._listed(family)
        return known

    def _listed(self, family: int) -> list[Candidates]:
        exempt = [box.sides for box in self._exempt if box.family == family]
        found: list[Candidates] = [(exempt, [0] * len(exempt))]
        number = 0
        for chain in (*self._rules, *self._mains):
            sides: list[Sides] = []
            numbers: list[int] = []
            for entry in chain:
                if entry.box.family == family:
                    sides += [entry.box.sides, entry.box.reply.sides]
                    numbers += [number, number]
                number += 1
            found.append((sides, numbers))
        return found

    def choices(self, family: int, left: Sides) -> list[Choice]:
        """Return :meth:`lists` by their addresses."""
        known = self._choices.get((family, left))
        if known is None:
            known = [Choice(boxes, numbers, left) for boxes, numbers in self.lists(family)]
            self._choices[family, left] = known
        return known

    def readings(self, numbers: Sequence[int | None]) -> tuple[Reading, ...]:
        """Return what may be decided, by the numbers of what decides in :meth:`lists`: more than one where nobody knows
        which rule wins."""
        exempt, *others = numbers
        if exempt is not None:
            return ((Decision(DecisionKind.EXEMPT),) * 2,)
        rules = [self._entries[number] for number in others[: len(self._rules)] if number is not None]
        mains = [self._entries[number] for number in others[len(self._rules) :] if number is not None]
        return tuple((found, found) for found in self._decisions(_winners(rules), _winners(mains)))

    def readings_of(self, packet: Packet) -> tuple[Reading, ...]:
        """Return what may be decided about one packet and its reply."""
        family = packet.source.version
        numbers = []
        for boxes, known in self.lists(family):
            first = next((place for place, sides in enumerate(boxes) if packet in Box(family, *sides)), None)
            numbers.append(None if first is None else known[first])
        return self.readings(numbers)

    def _decisions(self, rules: list[Entry], mains: list[Entry]) -> Iterable[Decision]:
        doubted = next((entry for entry in rules if not entry.certain), None)
        if doubted is not None:
            return [Decision(DecisionKind.UNKNOWN, reason=_why(doubted))]
        found = []
        for entry in rules:
            rule = entry.rule
            if isinstance(rule, ConnectionRule):
                found += self._by_rule(rule, mains)
        return list(dict.fromkeys(found)) or [Decision(DecisionKind.NO_MATCH)]

    def _by_rule(self, rule: ConnectionRule, mains: list[Entry]) -> list[Decision]:
        if rule.treatment is Treatment.EXEMPT:
            return [Decision(DecisionKind.PERMIT, speech=Speech(rule))]
        found = []
        for exchanges, first, doubt in self._main_modes(mains):
            if doubt:
                return [Decision(DecisionKind.UNKNOWN, reason=doubt)]
            speech = Speech(rule, exchanges, rule.offer.first if first is None else first)
            found.append(Decision(DecisionKind.NEGOTIATE, speech=speech))
        return found

    def _main_modes(self, mains: list[Entry]) -> list[_Main]:
        """Return the main modes that may apply, each with why it is not known whether it does."""
        found: list[_Main] = [
            (entry.rule.exchanges, entry.rule.first, "" if entry.certain else _why(entry))
            for entry in mains
            if isinstance(entry.rule, MainModeRule)
        ]
        return found or [(self.connections.exchanges, None, "")]


def _winners(entries: list[Entry]) -> list[Entry]:
    """Return the entries of which none is known to be beaten, one of those that do the same."""
    found: list[Entry] = []
    for entry in entries:
        beaten = any(beats(other, entry) for other in entries)
        if not beaten and not any(same(entry, other) for other in found):
            found.append(entry)
    return found


def _why(entry: Entry) -> str:
    name = f"rule {entry.rule.name!a}" if entry.rule.name else "a rule without a name"
    return entry.rule.doubt or f"{name} names servers or networks by a word, and nobody has said which those are"


def _exempt(exemptions: Iterable[str]) -> Iterable[Box]:
    chosen = set(exemptions)
    for family, everywhere in ALL_ADDRESSES.items():
        for port, (one, other) in product(_KEYING, ((True, False), (False, True))):
            single: Side = ((port, port),)
            yield Box(
                family, everywhere, everywhere, _UDP, single if one else ALL_PORTS, single if other else ALL_PORTS
            )
        if "icmp" in chosen:
            yield Box(family, everywhere, everywhere, _ICMP)
        if "dhcp" in chosen:
            yield Box(family, everywhere, everywhere, _UDP, _DHCP[family], _DHCP[family])


def several(readings: Iterable[Reading]) -> str:
    """Return why it is not known which rule decides, empty where it is known."""
    rules = dict.fromkeys(reading[0].speech.rule.name for reading in readings if reading[0].speech is not None)
    names = " and ".join(map(ascii, rules))
    return f"which of the rules {names} decides is documented nowhere" if len(rules) > 1 else ""
