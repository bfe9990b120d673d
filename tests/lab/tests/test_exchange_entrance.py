# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Doors of services behind which a crossing has servers of its own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping

from winlab.exchange import BACKEND, FRONTEND, ServicesSpec
from winlab.exchange.crossing import Crossing, Entrance
from winlab.ipsec.packet import Address
from winlab.lab import Lab
from winlab.spec import HostSpec

SPECS = [
    HostSpec(name="fe", addresses=("10.0.0.10",), services=ServicesSpec(role=FRONTEND)),
    HostSpec(name="be", addresses=("10.0.1.20",), services=ServicesSpec(role=BACKEND, mailboxes={"Anna": "Geheim-1"})),
]


class Serving(Crossing):
    """Echoes in capitals behind every port but 110, where it lets nobody in."""

    def serve(
        self,
        specs: Mapping[str, ServicesSpec],
        owners: Mapping[str, Mapping[str, str]],
        certificate: tuple[str, str] | None,
    ) -> Entrance | None:
        """Take over, and remember what was told."""
        self.told = (sorted(specs), owners, certificate)
        self.entered: list[tuple[str, str, int]] = []
        return self.enter

    def enter(self, controller: Address, name: str, port: int) -> socket.socket | None:
        """Connect to the echo."""
        self.entered.append((str(controller), name, port))
        if port == 110:
            return None
        ours, theirs = socket.socketpair()
        threading.Thread(target=_echo, args=(theirs,), daemon=True).start()
        return ours


def _echo(connection: socket.socket) -> None:
    with connection:
        while data := connection.recv(4096):
            connection.sendall(data.upper())


def test_bytes_go_to_the_crossings_own_servers_and_back() -> None:
    """In both directions, to the end of each; TLS is theirs, and so is the certificate for it."""
    with Lab(SPECS, crossing=Serving) as lab:
        crossing = lab.exchange.crossing
        assert isinstance(crossing, Serving)
        names, owners, certificate = crossing.told
        assert (names, owners) == (["be", "fe"], {"fe": {"anna": "be"}})
        assert certificate
        assert "CERTIFICATE" in certificate[0]
        assert "PRIVATE KEY" in certificate[1]
        door = lab.exchange.doors["fe"]["https"]
        assert door.tls
        with socket.create_connection((door.host, door.port), timeout=10) as client:
            client.sendall(b"hello")
            client.shutdown(socket.SHUT_WR)
            got = b""
            while data := client.recv(4096):
                got += data
        assert got == b"HELLO"
        assert [each[1:] for each in crossing.entered] == [("fe", 443)]


def test_who_is_not_let_in_hears_nothing() -> None:
    """The connection is accepted, as on loopback it must be, and given up after a while."""
    with Lab(SPECS, crossing=Serving) as lab:
        door = lab.exchange.doors["be"]["pop3"]
        with socket.create_connection((door.host, door.port), timeout=10) as client:
            try:
                heard = client.recv(4096)
            except ConnectionResetError:
                heard = b""
        assert heard == b""
