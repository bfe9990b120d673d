# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether TCP conversations get through: their packets go over the wire of the lab."""

from __future__ import annotations

import itertools
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace

from ..dataplane.hostfirewall import Filtering
from ..dataplane.management import passes
from ..dataplane.wire import Wire
from ..host import Host
from ..ipsec.packet import TCP, Address, Network, Packet
from .spec import ServicesSpec

HEADERS = 40
"""Bytes of a TCP packet besides its data."""
_REMEMBERED = 500
_FIRST_CLIENT_PORT = 49152

Locks = Mapping[str, AbstractContextManager[object]]

Entrance = Callable[[Address, str, int], socket.socket | None]
"""Connects a client at an address to a port of a host (by name); None when nobody lets it in."""


@dataclass(slots=True)
class Conversation:
    """One TCP conversation between two hosts, as it went so far.

    Bytes are those of the data that got through, `bytes_in_clear` those of them that nothing protected. Fate, sentence
    and algorithms are those of the latest packet.
    """

    source: str
    destination: str
    port: int
    fate: str
    sentence: str
    packet: Packet = field(repr=False)
    algorithms: str = ""
    bytes_there: int = 0
    bytes_back: int = 0
    bytes_in_clear: int = 0
    through: bool = True

    def plain(self) -> dict[str, object]:
        """Return it as plain data."""
        return {name: value for name, value in asdict(self).items() if name != "packet"}


class Crossing:
    """All conversations of a lab.

    :param hosts: the hosts with addresses.
    :param locks: by name of the host, what is held while its state changes.
    """

    def __init__(self, hosts: Mapping[str, Host], locks: Locks) -> None:
        self._hosts = hosts
        self._locks = locks
        self._wire = Wire(hosts.values(), filtering=Filtering.ALL)
        self._client_ports = itertools.cycle(range(_FIRST_CLIENT_PORT, 65536))
        self._past: deque[Conversation] = deque(maxlen=_REMEMBERED)
        self._guard = threading.Lock()

    def close(self) -> None:
        """Nothing is held here."""

    def serve(
        self,
        specs: Mapping[str, ServicesSpec],
        owners: Mapping[str, Mapping[str, str]],
        certificate: tuple[str, str] | None,
    ) -> Entrance | None:
        """Put servers of its own behind the services of hosts, where it has some; here it has none.

        :param owners: of each front-end, the back-end of every user.
        :param certificate: certificate and key of front-ends with TLS, in PEM.
        :return: how clients get to them.
        """
        return None

    @property
    def network(self) -> Network:
        """What lies between the hosts; may be replaced at any time."""
        return self._wire.network

    @network.setter
    def network(self, network: Network) -> None:
        self._wire.network = network

    def conversations(self) -> list[Conversation]:
        """Return the latest conversations between hosts, oldest first."""
        with self._guard:
            return list(self._past)

    def forget(self) -> None:
        """Empty the list of conversations."""
        with self._guard:
            self._past.clear()

    def in_clear(self, controller: Address, name: str, port: int) -> bool:
        """Tell whether a clear packet of a controller gets to a port of a host and the answer back; counts it."""
        host = self._hosts[name]
        with self._hold(name):
            through = passes(controller, host, port)
            if through:
                host.counters.inbound_packets_received += 1
                host.counters.plaintext_packets_received += 1
            return through

    def begin(self, source: str, destination: str, port: int) -> Conversation:
        """Open a conversation: the first packet and its answer. Look at `through` before sending any data."""
        one = self._new(source, destination, port)
        with self._hold(source, destination):
            sent = self._wire.send(one.packet)
        one.fate, one.sentence, one.algorithms = str(sent.fate), sent.sentence, sent.algorithms
        one.through = sent.delivered and sent.replied
        return one

    def cable(self, one: Conversation) -> tuple[socket.socket, socket.socket]:
        """Return both ends of a conversation that got through, the one that opened it first."""
        return socket.socketpair()

    def carry(self, one: Conversation, size: int, *, back: bool = False) -> bool:
        """Send data in one direction; False when it does not get through, now or any more."""
        if not one.through:
            return False
        # Data on its way back is an answer, which firewalls know from a conversation that somebody opens.
        there, answer = (0, size + HEADERS) if back else (size + HEADERS, 0)
        with self._hold(one.source, one.destination):
            sent = self._wire.send(replace(one.packet, size=there), answer)
        one.through = sent.delivered and sent.replied
        one.fate, one.sentence, one.algorithms = str(sent.fate), sent.sentence, sent.algorithms
        if one.through:
            one.bytes_there += 0 if back else size
            one.bytes_back += size if back else 0
            in_clear = not sent.algorithms if back else sent.arrived_in_clear
            one.bytes_in_clear += size if in_clear else 0
        return one.through

    def _new(self, source: str, destination: str, port: int) -> Conversation:
        """Note a conversation of which nothing is known yet."""
        with self._guard:
            client_port = next(self._client_ports)
        ends = (self._hosts[source].addresses[0], self._hosts[destination].addresses[0])
        packet = Packet(*ends, TCP, client_port, port, HEADERS)
        one = Conversation(source, destination, port, "", "", packet, through=False)
        with self._guard:
            self._past.append(one)
        return one

    @contextmanager
    def _hold(self, *names: str) -> Iterator[None]:
        """Hold the locks of hosts, always in the same order."""
        with ExitStack() as stack:
            for name in sorted(set(names)):
                stack.enter_context(self._locks[name])
            yield
