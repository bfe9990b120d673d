# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP as Outlook Web Access needs it: basic authentication and one page."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from html import escape
from http import HTTPStatus

from .mailboxes import Mailboxes, bare
from .relay import NoBackend, Relay
from .streams import Stream

_REALM = 'Basic realm="{name}"'
_PAGE = "<html><head><title>Web access (lab)</title></head><body><p>Mailbox of {user} on {host}</p></body></html>\r\n"
_LARGEST_BODY = 1_048_576


@dataclass(frozen=True, slots=True)
class Message:
    """A request or a response. Names of headers are in lower case."""

    first: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    def encode(self) -> bytes:
        """Return its bytes."""
        lines = [self.first, *(f"{name}: {value}" for name, value in self.headers.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body

    @property
    def last(self) -> bool:
        """The connection ends behind it."""
        return self.headers.get("connection", "").lower() == "close"


def read(stream: Stream, *, head_only: bool = False) -> Message | None:
    """Read a message; None at the end of the connection and for what is none.

    :param head_only: it answers a HEAD request, so nothing follows its head whatever length it tells.
    """
    first = stream.readline().decode("latin-1").strip()
    if not first:
        return None
    headers: dict[str, str] = {}
    while line := stream.readline().decode("latin-1").strip():
        name, colon, value = line.partition(":")
        if not colon or len(headers) > 100:
            return None
        headers[name.strip().lower()] = value.strip()
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > _LARGEST_BODY or "transfer-encoding" in headers:
        return None
    return Message(first, headers, b"" if head_only else stream.take(int(length)))


def user_of(request: Message) -> tuple[str, str] | None:
    """Return user and password of basic authentication, None without."""
    scheme, _blank, data = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(data, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (bare(user), password) if colon else None


def _response(status: HTTPStatus, body: str = "", **headers: str) -> Message:
    data = body.encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    fixed = {"content-type": "text/html; charset=utf-8", "content-length": str(len(data))}
    return Message(f"HTTP/1.1 {status.value} {status.phrase}", {**fixed, **names}, data)


def backend(stream: Stream, mailboxes: Mailboxes) -> None:
    """Serve a connection of a back-end."""
    while request := read(stream):
        answer = _page(request, mailboxes)
        if request.first.startswith("HEAD "):
            answer = Message(answer.first, answer.headers)
        stream.write(answer.encode())
        if request.last:
            break


def _page(request: Message, mailboxes: Mailboxes) -> Message:
    method, _blank, rest = request.first.partition(" ")
    path = rest.partition(" ")[0].lower().partition("?")[0].strip("/").split("/")
    login = user_of(request)
    if method not in ("GET", "HEAD"):
        return _response(HTTPStatus.METHOD_NOT_ALLOWED)
    if path[0] != "exchange":
        return _response(HTTPStatus.NOT_FOUND)
    if login is None or not mailboxes.knows(*login):
        return _response(HTTPStatus.UNAUTHORIZED, www_authenticate=_REALM.format(name=mailboxes.host))
    if path[1:2] not in ([], [login[0].lower()]):
        return _response(HTTPStatus.FORBIDDEN)
    return _response(HTTPStatus.OK, _PAGE.format(user=escape(login[0].lower()), host=escape(mailboxes.host)))


def frontend(stream: Stream, relay: Relay) -> None:
    """Serve a connection of a front-end: every request goes to the back-end of its user."""
    while request := read(stream):
        stream.write(_relayed(request, relay).encode())
        if request.last:
            break


def _relayed(request: Message, relay: Relay) -> Message:
    login = user_of(request)
    if login is None or not relay.knows(login[0]):
        return _response(HTTPStatus.UNAUTHORIZED, www_authenticate=_REALM.format(name=relay.host))
    try:
        with relay.open(login[0], "http") as link:
            link.write(Message(request.first, {**request.headers, "connection": "close"}, request.body).encode())
            answer = read(link, head_only=request.first.startswith("HEAD "))
    except NoBackend:
        answer = None
    if answer is None:
        return _response(HTTPStatus.SERVICE_UNAVAILABLE)
    headers = {name: value for name, value in answer.headers.items() if name != "connection"}
    return Message(answer.first, headers, answer.body)
