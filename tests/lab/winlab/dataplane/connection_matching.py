# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which connection security rule decides about a packet on one host: default exemptions, matching, rank.

[ledger: cs-both-directions]
"""

from __future__ import annotations

from ..consec import settings
from ..ipsec.connection import ConnectionRule, MainModeChoice, longest
from ..ipsec.packet import UDP, Address, Packet
from .connections import Connections

_ICMP = (1, 58)
_KEYING_PORTS = (500, 4500)
_DHCP_PORTS = {67, 68, 546, 547}

Rank = tuple[int, int, int, int, int]


def exempt(connections: Connections, packet: Packet) -> bool:
    """Tell whether a packet is left alone whatever rules say: negotiations are, and the default exemptions.

    [ledger: cs-exemptions-first]
    """
    ports = {packet.source_port, packet.destination_port}
    if packet.protocol == UDP and not ports.isdisjoint(_KEYING_PORTS):
        return True
    if packet.protocol in _ICMP and connections.exemptions & settings.ICMP:
        return True
    return packet.protocol == UDP and ports <= _DHCP_PORTS and bool(connections.exemptions & settings.DHCP)


def choose(connections: Connections, packet: Packet, own: frozenset[Address]) -> ConnectionRule | None:
    """Return the rule that decides about a packet; `own` are the addresses of the host."""
    if exempt(connections, packet):
        return None
    here, there, here_port, there_port = _seen(packet, own)
    best: tuple[Rank, ConnectionRule] | None = None
    for rule in connections.rules:
        ranked = _rank(rule, here, there, packet.protocol, here_port, there_port)
        if ranked is not None and (best is None or ranked > best[0]):
            best = (ranked, rule)
    return best[1] if best else None


def _seen(packet: Packet, own: frozenset[Address]) -> tuple[Address, Address, int, int]:
    """Return both addresses and both ports of a packet, those of the host itself first."""
    if packet.source in own:
        return packet.source, packet.destination, packet.source_port, packet.destination_port
    return packet.destination, packet.source, packet.destination_port, packet.source_port


def _rank(
    rule: ConnectionRule, here: Address, there: Address, protocol: int, here_port: int, there_port: int
) -> Rank | None:
    """Return how specific the conditions are under which a rule matches, None if it does not match.

    Tunnels come before all others; then addresses, protocol, ports, and the stricter treatment.

    [ledger: cs-ranking, cs-tie]
    """
    local, remote = longest(rule.local, here), longest(rule.remote, there)
    if local is None or remote is None or rule.protocol not in (None, protocol):
        return None
    if not (_among(rule.local_ports, here_port) and _among(rule.remote_ports, there_port)):
        return None
    ports = bool(rule.local_ports) + bool(rule.remote_ports)
    return int(rule.tunnel), local + remote, int(rule.protocol is not None), ports, int(rule.treatment)


def _among(ports: tuple[tuple[int, int], ...], port: int) -> bool:
    return not ports or any(first <= port <= last for first, last in ports)


def main_mode(connections: Connections, here: Address, there: Address) -> MainModeChoice | None:
    """Return how main mode runs between two addresses. [ledger: cs-main-mode-choice]"""
    for each in connections.main_modes:
        if longest(each.local, here) is not None and longest(each.remote, there) is not None:
            return each
    return None
