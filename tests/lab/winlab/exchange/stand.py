# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All services of a lab, behind their doors."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from ..doors import Doors
from ..host import Host
from . import certificate, http, imap, pop3
from .crossing import Crossing, Locks
from .mailboxes import Mailboxes
from .relay import Relay
from .spec import BACKEND, TLS, Offering, ServicesSpec, check
from .streams import Stalled, Stream, hang, join

_PROTOCOLS = {"http": http, "imap": imap, "pop3": pop3}
_HANDSHAKE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Door:
    """Where a service of a host listens, and the port that it has on a Windows host."""

    host: str
    port: int
    standard_port: int
    tls: bool

    def plain(self) -> dict[str, object]:
        """Return it as plain data."""
        return {"host": self.host, "port": self.port, "standard_port": self.standard_port, "tls": self.tls}


@dataclass(frozen=True, slots=True)
class Place:
    """A running host: what was asked of it, its state, and the lock that its commands hold one at a time."""

    spec: Offering
    host: Host
    running: AbstractContextManager[object]


class Exchange:
    """Runs the services of those hosts that have some.

    :param hosts: all hosts of the lab, running.
    :param directory: where the certificate goes.
    :param crossing: makes what conversations go over, from the hosts with addresses and their locks.
    :raises ValueError: when the specifications do not fit together.
    """

    def __init__(
        self,
        hosts: Mapping[str, Place],
        directory: Path,
        crossing: Callable[[Mapping[str, Host], Locks], Crossing] = Crossing,
    ) -> None:
        self._hosts = {name: each for name, each in hosts.items() if each.spec.services is not None}
        self._plan = check(each.spec for each in hosts.values())
        placed = {name: each for name, each in hosts.items() if each.host.addresses}
        self.crossing = crossing(
            {name: each.host for name, each in placed.items()},
            {name: each.running for name, each in placed.items()},
        )
        self.certificate: Path | None = None
        self.doors: dict[str, dict[str, Door]] = {}
        self._context: ssl.SSLContext | None = None
        if any(set(spec.doors) & set(TLS) for spec in self._specs().values()):
            addresses = [each.spec.address for each in self._hosts.values()]
            self._context, self.certificate = certificate.make(directory, self._hosts, addresses)
        self._listening = Doors() if self._hosts else None
        try:
            pair = certificate.read(directory) if self.certificate else None
            self._entrance = self.crossing.serve(self._specs(), self._plan, pair)
            for name, spec in self._specs().items():
                self.doors[name] = {service: self._open(name, service) for service in spec.doors}
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Stop all services."""
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        self.crossing.close()

    def mailboxes(self, name: str) -> dict[str, str]:
        """Return the back-end of every user that can log on to a host."""
        spec = self._specs()[name]
        return {user.lower(): name for user in spec.mailboxes} if spec.role == BACKEND else dict(self._plan[name])

    def variables(self, name: str) -> dict[str, object]:
        """Return the inventory variables of a host, none for one without services."""
        if name not in self.doors:
            return {}
        found: dict[str, object] = {
            "lab_services": {service: door.plain() for service, door in self.doors[name].items()},
            "lab_mailboxes": self.mailboxes(name),
        }
        if any(door.tls for door in self.doors[name].values()):
            found["lab_certificate"] = str(self.certificate)
        return found

    def _specs(self) -> dict[str, ServicesSpec]:
        return {name: each.spec.services for name, each in self._hosts.items() if each.spec.services is not None}

    def _open(self, name: str, service: str) -> Door:
        spec, where = self._specs()[name], self._hosts[name].spec
        protocol = TLS[service][0] if service in TLS else service
        standard, context = spec.doors[service], self._context if service in TLS else None
        serve = self._server(name, protocol)
        controller = ip_address(where.controller)

        def enter(connection: socket.socket, _number: int) -> None:
            inside = self._entrance(controller, name, standard) if self._entrance else None
            if inside is None:
                hang(connection, spec.timeout_seconds)
            else:
                join(connection, inside)

        def admit(connection: socket.socket, _number: int) -> None:
            try:
                self._admit(connection, serve, lambda: self.crossing.in_clear(controller, name, standard), context)
            except Stalled:
                hang(connection, spec.timeout_seconds)

        if self._listening is None:
            raise RuntimeError("the services are closed")
        port = self._listening.add(enter if self._entrance else admit, where.address)
        return Door(where.address, port, standard, service in TLS)

    def _server(self, name: str, protocol: str) -> Callable[[Stream], None]:
        spec, module = self._specs()[name], _PROTOCOLS[protocol]
        if spec.role == BACKEND:
            mailboxes = self._mailboxes(name)
            return lambda stream: module.backend(stream, mailboxes)
        relay = Relay(name, self._plan[name], self.crossing, self._answer, spec.timeout_seconds)
        return lambda stream: module.frontend(stream, relay)

    def _mailboxes(self, name: str) -> Mailboxes:
        return Mailboxes(name, {user.lower(): key for user, key in self._specs()[name].mailboxes.items()})

    @staticmethod
    def _admit(
        connection: socket.socket,
        serve: Callable[[Stream], None],
        passes: Callable[[], bool],
        context: ssl.SSLContext | None,
    ) -> None:
        """Serve a client; its first packet, and every piece of data, must get through."""
        if not passes():
            raise Stalled

        def judged(_size: int) -> bool:
            return passes()

        if context is None:
            serve(Stream(connection, judged, judged))
            return
        # The socket itself stays with the door, which has to be able to cut it off.
        copy = connection.dup()
        copy.settimeout(_HANDSHAKE_SECONDS)
        with contextlib.closing(copy), context.wrap_socket(copy, server_side=True) as safe:
            safe.settimeout(None)
            serve(Stream(safe, judged, judged))

    def _answer(self, name: str, protocol: str, connection: socket.socket) -> None:
        """Let a back-end serve a connection of a front-end, in a thread of its own."""
        module, mailboxes = _PROTOCOLS[protocol], self._mailboxes(name)
        offers = protocol in self._specs()[name].protocols

        def serve() -> None:
            # A front-end that goes away is nothing to report.
            with contextlib.suppress(OSError), connection:
                if offers:
                    module.backend(Stream(connection), mailboxes)

        threading.Thread(target=serve, name="winlab-backend", daemon=True).start()
