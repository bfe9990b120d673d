# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions about packets by people: hosts by their names, protocols by theirs, and answers that say why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from .dataplane.hostfirewall import Filtering
from .dataplane.judge import weigh
from .host import Host
from .ipsec.packet import TCP, UDP, Network, Packet

PROTOCOLS: Mapping[str, int] = {"tcp": TCP, "udp": UDP, "icmp": 1}
# Any port that a client's system hands out will do.
_CLIENT_PORT = 49152


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What becomes of the first packet of a conversation, and of its answer?

    :param source: the name of a host, as is `destination`.
    :param protocol: tcp, udp or icmp.
    :param port: of the destination; 0 where the protocol has none.
    :param filtering: how much the hosts' own firewalls filter: ignored, ipsec or all.
    """

    source: str
    destination: str
    protocol: str = "tcp"
    port: int = 0
    source_port: int = _CLIENT_PORT
    filtering: str = Filtering.IPSEC.value

    @classmethod
    def from_plain(cls, data: object) -> Question:
        """Build it from plain data.

        :raises ValueError: for what does not fit.
        """
        kinds = {each.name: int if each.name.endswith("port") else str for each in fields(cls)}
        # In Python true is a number as well.
        if not isinstance(data, Mapping) or any(kinds.get(name) is not type(value) for name, value in data.items()):
            raise ValueError(f"expected a mapping of {', '.join(f'{name} ({kinds[name].__name__})' for name in kinds)}")
        if missing := [name for name in ("source", "destination") if name not in data]:
            raise ValueError(f"a packet needs {' and '.join(missing)}")
        question = cls(**data)
        if question.protocol not in PROTOCOLS:
            raise ValueError(f"unknown protocol {question.protocol}: expected {', '.join(PROTOCOLS)}")
        if question.filtering not in list(Filtering):
            raise ValueError(f"unknown filtering {question.filtering}: expected {', '.join(Filtering)}")
        if not all(0 <= port <= 65535 for port in (question.port, question.source_port)):
            raise ValueError("a port is a number from 0 to 65535")
        return question


def answer(question: Question, hosts: Mapping[str, Host], network: Network) -> dict[str, object]:
    """Return the fate, why, and whether packet and answer arrive. Nothing is sent, and nothing is left on the hosts.

    :raises ValueError: when a host is not there, has no address, or asks about itself.
    """
    if question.source == question.destination:
        raise ValueError("a packet goes from one host to another one")
    sender, receiver = _found(question.source, hosts), _found(question.destination, hosts)
    ports = (question.source_port, question.port) if question.protocol in ("tcp", "udp") else (0, 0)
    packet = Packet(sender.addresses[0], receiver.addresses[0], PROTOCOLS[question.protocol], *ports)
    judgement = weigh(sender, receiver, packet, network, filtering=Filtering(question.filtering))
    return {
        "fate": judgement.fate.value,
        "sentence": judgement.sentence,
        "delivered": judgement.delivered,
        "replied": judgement.replied,
    }


def _found(name: str, hosts: Mapping[str, Host]) -> Host:
    host = hosts.get(name)
    if host is None or not host.addresses:
        raise ValueError(f"{name} is no host of the lab that has addresses")
    return host
