# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the hosts' own firewalls take away from a conversation.

Two places: the network that IKE, ESP and AH see between two hosts is narrower (`paths`), and the packet itself may not
leave or arrive, whatever it travels in (`obstacle`). Answers pass, but neither ESP nor AH is an answer to anything.
IKE goes from port 500 to port 500; there is no address translation in the lab, so port 4500 is never needed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from .. import firewall
from ..firewall import Direction
from ..ipsec.fate import Fate
from ..ipsec.packet import UDP, Network, Packet
from ..ipsec.protection import Protection

if TYPE_CHECKING:
    from ..host import Host

_IKE_PORT = 500
_ESP, _AH = 50, 51


class Filtering(StrEnum):
    """How much of the traffic the hosts' firewalls filter in the model.

    IGNORED: nothing. IPSEC: IKE, ESP and AH, as if an opening existed for all that applications use. ALL: also the
    packets of applications, in clear or protected.
    """

    IGNORED = "ignored"
    IPSEC = "ipsec"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Paths:
    """What passes between two hosts: `there` when the sender opens a negotiation, `back` when the receiver does."""

    there: Network
    back: Network

    def silent(self) -> Paths:
        """Return the same paths with nobody able to negotiate."""
        return Paths(replace(self.there, ike=False), replace(self.back, ike=False))


def paths(network: Network, sender: Host, receiver: Host, packet: Packet, filtering: Filtering) -> Paths:
    """Return the network narrowed by the firewalls of both ends of a packet."""
    if filtering is Filtering.IGNORED:
        return Paths(network, network)
    reply = packet.reply()
    return Paths(_narrowed(network, sender, receiver, packet), _narrowed(network, receiver, sender, reply))


def _narrowed(network: Network, initiator: Host, responder: Host, packet: Packet) -> Network:
    """Return what is left for a negotiation that one end opens towards the packet's destination."""
    keying = replace(packet, protocol=UDP, source_port=_IKE_PORT, destination_port=_IKE_PORT)
    if network.ike:
        by = _dropper(initiator, responder, keying)
        network = replace(network, ike=not by, ike_dropped_by=by or network.ike_dropped_by)
    if network.esp:
        by = _both_ways(initiator, responder, packet, _ESP)
        network = replace(network, esp=not by, esp_dropped_by=by or network.esp_dropped_by)
    if network.ah:
        by = _both_ways(initiator, responder, packet, _AH)
        network = replace(network, ah=not by, ah_dropped_by=by or network.ah_dropped_by)
    return network


def _both_ways(initiator: Host, responder: Host, packet: Packet, protocol: int) -> str:
    bare = replace(packet, protocol=protocol, source_port=0, destination_port=0)
    return _dropper(initiator, responder, bare) or _dropper(responder, initiator, bare.reply())


def _dropper(sender: Host, receiver: Host, packet: Packet) -> str:
    """Return who does not let a packet pass, empty if both do."""
    if not firewall.passes(sender, packet, Direction.OUT):
        return _named(sender)
    return "" if firewall.passes(receiver, packet, Direction.IN) else _named(receiver)


def _named(host: Host) -> str:
    return f"the firewall of {host.name}"


def obstacle(
    sender: Host, receiver: Host, packet: Packet, filtering: Filtering, protection: Protection | None = None
) -> tuple[Fate, str] | None:
    """Return where a firewall drops the packet of an application itself, with a sentence; None if none does.

    :param protection: what the packet travels in.
    """
    if filtering is not Filtering.ALL:
        return None
    if not firewall.passes(sender, packet, Direction.OUT, protection):
        return Fate.BLOCKED_HERE, f"{_named(sender)} drops the packet on its way out"
    if not firewall.passes(receiver, packet, Direction.IN, protection):
        return Fate.BLOCKED_THERE, f"{_named(receiver)} drops the packet on its way in"
    return None
