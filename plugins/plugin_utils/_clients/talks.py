# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said in a session, by protocol: greeting, log-on, one harmless command, log-out."""

from __future__ import annotations

import base64
import http.client
import imaplib
import poplib
import socket
from collections.abc import Callable
from contextlib import suppress

from .request import Session, SessionProtocol
from .wire import Cut, Stage, Trouble, Wire

_MOST_BYTES = 1024 * 1024
_WRONG_LOGON = "The server does not accept the user with this password."
_UNAUTHORIZED = 401
_FIRST_ERROR = 400


class _Imap(imaplib.IMAP4):
    """The library's client on a connection that is there already."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        super().__init__()

    def _create_socket(self, timeout: float | None) -> socket.socket:
        return self._wire.socket

    def read(self, size: int) -> bytes:
        """Read what a server announces, within reason: the library would make room for whatever it says."""
        if size > _MOST_BYTES:
            raise self.error("too much is announced")
        return super().read(size)


class _Pop3(poplib.POP3):
    """The library's client on a connection that is there already."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        super().__init__("")

    def _create_socket(self, timeout: float | None) -> socket.socket:
        return self._wire.socket


def _imap(session: Session, wire: Wire) -> str:
    wire.enter(Stage.GREETING)
    wire.listen()
    client: _Imap | None = None
    try:
        client = _Imap(wire)
        if session.password is not None:
            wire.enter(Stage.LOGON)
            client.login(_quoted(session.user), session.password.reveal())
        wire.enter(Stage.COMMAND)
        if client.noop()[0] != "OK":
            raise Trouble("The server refuses a command that does nothing.")
    except imaplib.IMAP4.error as error:
        # The library's own words for the end of the connection.
        if isinstance(error, imaplib.IMAP4.abort) and "socket error" in str(error):
            raise Cut from error
        raise Trouble(_wrong(wire, "IMAP")) from error
    except ValueError as error:  # a number with more digits than Python reads
        raise Trouble(_wrong(wire, "IMAP")) from error
    finally:
        if client is not None:
            with suppress(OSError, ValueError, imaplib.IMAP4.error):
                client.logout()
    return "The session was opened and closed."


def _pop3(session: Session, wire: Wire) -> str:
    wire.enter(Stage.GREETING)
    wire.listen()
    client: _Pop3 | None = None
    try:
        client = _Pop3(wire)
        if session.password is not None:
            wire.enter(Stage.LOGON)
            client.user(session.user)
            client.pass_(session.password.reveal())
            wire.enter(Stage.COMMAND)
            client.noop()
    except poplib.error_proto as error:
        # The library's own words for the end of the connection; what a server says are bytes.
        if error.args == ("-ERR EOF",):
            raise Cut from error
        raise Trouble(_wrong(wire, "POP3")) from error
    finally:
        if client is not None:
            with suppress(OSError, poplib.error_proto):
                client.quit()
    return "The session was opened and closed."


def _wrong(wire: Wire, language: str) -> str:
    if wire.stage is Stage.LOGON:
        return _WRONG_LOGON
    if wire.stage is Stage.GREETING:
        return f"What answers does not speak {language}, or does not want to."
    return "The server refuses a command that does nothing."


def _quoted(user: str) -> str:
    """Return a user as IMAP takes it; the library does that for the password only."""
    escaped = user.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _http(session: Session, wire: Wire) -> str:
    wire.enter(Stage.COMMAND)
    client = http.client.HTTPConnection(session.host, session.port)
    client.auto_open = 0
    client.sock = wire.socket
    headers = {"Connection": "close", "User-Agent": "winsec.ipsec"}
    if session.password is not None:
        pair = f"{session.user}:{session.password.reveal()}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode('ascii')}"
    try:
        client.request("GET", session.path, headers=headers)
        wire.listen()
        answer = client.getresponse()
        if answer.status == _UNAUTHORIZED:
            wire.enter(Stage.LOGON)
            raise Trouble(_WRONG_LOGON if session.password is not None else "The server wants a log-on (status 401).")
        body = answer.read(_MOST_BYTES)
        if answer.length and len(body) < _MOST_BYTES:
            raise Cut
    except (http.client.RemoteDisconnected, http.client.IncompleteRead) as error:
        raise Cut from error
    except (http.client.HTTPException, ValueError) as error:  # the second one for odd sizes of chunks
        raise Trouble("What answers does not speak HTTP.") from error
    if answer.status >= _FIRST_ERROR:
        raise Trouble(f"The server answers with status {answer.status}.")
    return f"The server answers with status {answer.status}."


def _tcp(session: Session, wire: Wire) -> str:
    wire.enter(Stage.COMMAND)
    # Servers that speak first do so anyway, and complain about the rest.
    wire.socket.sendall(f"GET / HTTP/1.0\r\nHost: {session.host}\r\n\r\n".encode("ascii"))
    wire.listen()
    return "Something answers."


TALKS: dict[SessionProtocol, Callable[[Session, Wire], str]] = {
    SessionProtocol.HTTP: _http,
    SessionProtocol.HTTPS: _http,
    SessionProtocol.IMAP: _imap,
    SessionProtocol.IMAPS: _imap,
    SessionProtocol.POP3: _pop3,
    SessionProtocol.POP3S: _pop3,
    SessionProtocol.TCP: _tcp,
}
