# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One connection with a deadline, which knows whether the other end has said anything."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum


class Stage(StrEnum):
    """How far a session came."""

    CONNECT = "connect"
    TLS = "tls"
    GREETING = "greeting"
    LOGON = "logon"
    COMMAND = "command"


class Trouble(Exception):
    """The other end answered and the session does not work; its text says why in our own words."""


class Cut(Exception):
    """The other end ended the connection."""


class Wire:
    """A connection to one host, with a time limit for all of what is done with it."""

    def __init__(self, host: str, port: int, seconds: float) -> None:
        self.stage = Stage.CONNECT
        self.answered = False
        self.connected = False
        self._end = time.monotonic() + seconds
        self.expired = False
        self._socket: socket.socket | None = None
        self._address = (host, port)

    @property
    def left(self) -> float:
        """The seconds that are left; raises TimeoutError when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    @property
    def socket(self) -> socket.socket:
        """The connection, on which no operation takes longer than is left now."""
        if self._socket is None:
            raise Trouble("There is no connection.")
        self._socket.settimeout(self.left)
        return self._socket

    def connect(self) -> None:
        """Connect to the first address of the host that accepts."""
        try:
            found = socket.getaddrinfo(*self._address, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise Trouble("The name of the host has no address.") from error
        trouble: OSError = TimeoutError()
        for family, kind, protocol, _name, address in found:
            one = socket.socket(family, kind, protocol)
            one.settimeout(self.left)
            try:
                one.connect(address)
            except OSError as error:
                one.close()
                trouble = error
                continue
            self._socket = one
            self.connected = True
            return
        raise trouble

    def enter(self, stage: Stage) -> None:
        """Begin a stage, with the time that is left."""
        self.stage = stage
        self.socket.settimeout(self.left)

    def secure(self, *, validate: bool) -> None:
        """Begin TLS."""
        self.enter(Stage.TLS)
        context = ssl.create_default_context()
        if not validate:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        plain = self.socket
        wrapped = context.wrap_socket(plain, server_hostname=self._address[0], do_handshake_on_connect=False)
        self._socket = wrapped
        wrapped.setblocking(False)
        with suppress(ssl.SSLWantReadError):
            wrapped.do_handshake()
        self.listen()
        self.enter(Stage.TLS)
        wrapped.do_handshake()

    def listen(self) -> None:
        """Wait until the other end says something, and leave it to be read. Raises Cut when it ends instead."""
        if self.answered:
            return
        # The base class, since a TLS socket has no way of looking without taking.
        if not socket.socket.recv(self.socket, 1, socket.MSG_PEEK):
            raise Cut
        self.answered = True

    @contextmanager
    def limited(self) -> Iterator[None]:
        """End the connection when the time is up, however slowly the other end drips."""
        timer = threading.Timer(max(0.0, self._end - time.monotonic()), self._expire)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            if self._socket is not None:
                self._socket.close()

    def _expire(self) -> None:
        self.expired = True
        if self._socket is not None:
            with suppress(OSError):
                # Not the method of a TLS socket, which would forget its keys under a reader.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
