# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one host does with a packet: exemptions, then the most specific filter, then nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from .._common.packets import PROTOCOLS
from .._policies.in_force import BoundRule
from .._policies.model import FilterAction, MainMode, Policy
from .._policies.words import ActionKind
from .choice import Choice
from .connection_model import Speech, Treatment
from .endpoint import BROADCAST, MULTICAST, Endpoint
from .partition import Side, Sides, side
from .ranking import Directed, ranked
from .space import ALL_ADDRESSES, ALL_PORTS, ALL_PROTOCOLS, Box, Packet

_TCP_UDP: Side = side([(PROTOCOLS[name], PROTOCOLS[name]) for name in ("tcp", "udp")])
_UDP: Side = ((PROTOCOLS["udp"], PROTOCOLS["udp"]),)
_RSVP: Side = ((46, 46),)
_KERBEROS_PORT = 88
_IKE_PORT = 500
_NAT_PORT = 4500


class DecisionKind(StrEnum):
    """What decides about a packet on one host."""

    NO_POLICY = "no_policy"
    NO_MATCH = "no_match"
    EXEMPT = "exempt"
    PERMIT = "permit"
    BLOCK = "block"
    NEGOTIATE = "negotiate"
    TUNNEL = "tunnel"
    UNKNOWN = "unknown"


IN_CLEAR = frozenset({DecisionKind.NO_POLICY, DecisionKind.NO_MATCH, DecisionKind.EXEMPT, DecisionKind.PERMIT})


@dataclass(frozen=True, slots=True)
class Decision:
    """What a host does with a packet, and which direction of which filter says so (None for none).

    ``speech`` is that of a connection security rule, ``reason`` why it is not known what the host does.
    Not part of results: its rule may hold a pre-shared key.
    """

    kind: DecisionKind
    directed: Directed | None = None
    speech: Speech | None = None
    reason: str = ""

    @property
    def requests(self) -> bool:
        """Whether the packet goes in clear at once while the host negotiates for those that follow."""
        return self.kind is DecisionKind.NEGOTIATE and self.speech is not None and self.speech.rule.requests

    @property
    def in_clear(self) -> bool:
        """Whether the packet is neither protected nor dropped."""
        return self.kind in IN_CLEAR

    @property
    def lets_clear_in(self) -> bool:
        """Whether a packet that arrives in clear is taken.

        That fallback alone takes it, without accept_unsecured, is a reading of the documents, not confirmed.

        [ledger: packet-fallback-takes-clear-in]
        """
        if self.kind is DecisionKind.NEGOTIATE and self.speech is not None:
            return self.speech.rule.treatment is Treatment.REQUEST
        if self.kind is DecisionKind.NEGOTIATE and self.action is not None:
            return self.action.accept_unsecured or self.action.fallback_to_clear
        return self.in_clear

    @property
    def bound(self) -> BoundRule | None:
        """The deciding rule."""
        return self.directed.bound if self.directed else None

    @property
    def action(self) -> FilterAction | None:
        """The action of the deciding rule."""
        return self.directed.bound.action if self.directed else None


def exemptions(host: Endpoint) -> list[Box]:
    """Return the packets that filters never see on a host, by its level (KB 810207, KB 811832, KB 253169).

    0: Kerberos, RSVP, IKE, multicast, broadcast. 1: IKE, multicast, broadcast. 2: Kerberos, RSVP, IKE. 3: IKE.
    That port 4500 counts as IKE from Vista on is inference.

    [ledger: host-exempt-levels, host-exempt-4500]
    """
    found: list[Box] = []
    ike = [_IKE_PORT, _NAT_PORT] if host.traits.key_exchange_service else [_IKE_PORT]
    for family, everywhere in ALL_ADDRESSES.items():
        for port in ike:
            found += _either_port(family, _UDP, port)
        if host.level in (0, 2):
            found += _either_port(family, _TCP_UDP, _KERBEROS_PORT)
            found.append(Box(family, everywhere, everywhere, _RSVP))
        if host.level in (0, 1):
            groups = side([*MULTICAST[family], *BROADCAST[family]])
            found.append(Box(family, everywhere, groups))
    return found


def _either_port(family: int, protocols: Side, port: int) -> list[Box]:
    everywhere = ALL_ADDRESSES[family]
    one: Side = ((port, port),)
    return [
        Box(family, everywhere, everywhere, protocols, one, ALL_PORTS),
        Box(family, everywhere, everywhere, protocols, ALL_PORTS, one),
    ]


def is_group(packet: Packet) -> bool:
    """Tell whether the packet goes to a multicast group or to the broadcast address: nobody answers from there.

    [ledger: packet-groups]
    """
    family = packet.destination.version
    groups = side([*MULTICAST[family], *BROADCAST[family]])
    return packet in Box(family, ALL_ADDRESSES[family], groups, ALL_PROTOCOLS)


Candidates = tuple[list[Sides], list[int]]
# What a host does with a packet and with its reply.
Reading = tuple[Decision, Decision]


class View:
    """One host's decisions, worked out once for many packets. ``policy`` is the policy in force."""

    def __init__(self, host: Endpoint) -> None:
        self.host = host
        in_force = host.policy_in_force
        self.policy: Policy | None = in_force.policy if in_force else None
        self.directed = ranked(host)
        self._where = {family: host.where(family) for family in ALL_ADDRESSES}
        self._boxes: tuple[Box, ...] = ()
        self._decisions: tuple[Decision, ...] = ()
        self._otherwise = Decision(DecisionKind.NO_POLICY)
        self._candidates: dict[tuple[int, bool], tuple[list[Sides], list[int]]] = {}
        self._choices: dict[tuple[int, bool, Sides], Choice] = {}
        if in_force is not None:
            exempt = exemptions(host)
            self._boxes = (*exempt, *(one.box for one in self.directed))
            self._decisions = (
                *(Decision(DecisionKind.EXEMPT) for _each in exempt),
                *(Decision(_kind(one), one) for one in self.directed),
            )
            self._otherwise = Decision(DecisionKind.NO_MATCH)

    def lists(self, family: int) -> list[Candidates]:
        """Return what decides, for packets and for those whose replies are decided."""
        return [self.candidates(family), self.candidates(family, replies=True)]

    def choices(self, family: int, left: Sides) -> list[Choice]:
        """Return :meth:`lists` by their addresses."""
        return [self.choice(family, left), self.choice(family, left, replies=True)]

    def readings(self, numbers: Sequence[int | None]) -> tuple[Reading, ...]:
        """Return what may be decided about packet and reply, by the numbers of what decides in :meth:`lists`."""
        packet, reply = numbers
        return ((self.decision(packet), self.decision(reply)),)

    def readings_of(self, packet: Packet) -> tuple[Reading, ...]:
        """Return what may be decided about one packet and its reply."""
        return ((self.decide(packet), self.decide(packet.reply)),)

    def where(self, family: int) -> Side:
        """Return the addresses of the host in a family as integers."""
        return self._where[family]

    def candidates(self, family: int, *, replies: bool = False) -> tuple[list[Sides], list[int]]:
        """Return the boxes of a family in order of precedence, and their numbers for :meth:`decision`.

        With ``replies`` the boxes hold packets whose replies are decided.
        """
        known = self._candidates.get((family, replies))
        if known is None:
            numbers = [number for number, box in enumerate(self._boxes) if box.family == family]
            boxes = (self._boxes[number] for number in numbers)
            known = [(box.reply if replies else box).sides for box in boxes], numbers
            self._candidates[family, replies] = known
        return known

    def choice(self, family: int, left: Sides, *, replies: bool = False) -> Choice:
        """Return :meth:`candidates` by their addresses, as far as they may hold protocols and ports that are left."""
        known = self._choices.get((family, replies, left))
        if known is None:
            known = self._choices[family, replies, left] = Choice(*self.candidates(family, replies=replies), left)
        return known

    def decision(self, number: int | None) -> Decision:
        """Return a decision by the number of its box, None for no box."""
        return self._otherwise if number is None else self._decisions[number]

    def decide(self, packet: Packet) -> Decision:
        """Return what this host does with a packet that it sends or receives."""
        found = next((number for number, box in enumerate(self._boxes) if packet in box), None)
        return self.decision(found)

    @property
    def responds_by_default(self) -> bool:
        """Whether the default response rule answers IKE for packets that no filter matches (not from Vista on)."""
        active = self.policy is not None and self.policy.default_response.enabled
        return active and self.host.traits.default_response_works

    @property
    def keying(self) -> bool:
        """Whether the host can speak IKE; before Vista the policy agent itself does."""
        host = self.host
        return host.services_running and (host.key_exchange_running or not host.traits.key_exchange_service)

    @property
    def main_mode(self) -> MainMode:
        """The key exchange settings of the policy in force."""
        return self.policy.main_mode if self.policy else MainMode()


def _kind(directed: Directed) -> DecisionKind:
    if directed.bound.rule.tunnel_endpoint is not None:
        return DecisionKind.TUNNEL
    return {
        ActionKind.PERMIT: DecisionKind.PERMIT,
        ActionKind.BLOCK: DecisionKind.BLOCK,
        ActionKind.NEGOTIATE: DecisionKind.NEGOTIATE,
    }[directed.bound.action.action]
