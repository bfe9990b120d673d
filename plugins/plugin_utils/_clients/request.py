# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of the module session_check as sessions; everything that cannot be held is refused here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from .._common.errors import IpsecError
from .._common.fields import Fields
from .._common.secret import Secret

OPTIONS = ("sessions", "fail")
SESSION_OPTIONS = (
    "name",
    "protocol",
    "host",
    "port",
    "path",
    "user",
    "password",
    "timeout",
    "validate_certs",
    "expect",
    "frontend",
    "backend",
    "service_port",
    "source",
)
DEFAULT_TIMEOUT_SECONDS = 10
# A name, or an address; one of this controller's own links has a scope id.
_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*(%[A-Za-z0-9_.-]+)?")
_LONGEST_TIMEOUT_SECONDS = 600


class SessionProtocol(StrEnum):
    """What is spoken; ``tcp`` only looks whether anything answers."""

    HTTP = "http"
    HTTPS = "https"
    IMAP = "imap"
    IMAPS = "imaps"
    POP3 = "pop3"
    POP3S = "pop3s"
    TCP = "tcp"

    @property
    def tls(self) -> bool:
        """Whether the whole session is inside TLS."""
        return self in (SessionProtocol.HTTPS, SessionProtocol.IMAPS, SessionProtocol.POP3S)


_PORTS = {
    SessionProtocol.HTTP: 80,
    SessionProtocol.HTTPS: 443,
    SessionProtocol.IMAP: 143,
    SessionProtocol.IMAPS: 993,
    SessionProtocol.POP3: 110,
    SessionProtocol.POP3S: 995,
}
_WEB = (SessionProtocol.HTTP, SessionProtocol.HTTPS)


class Expect(StrEnum):
    """What a session is meant to come to."""

    WORKS = "works"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionWay:
    """Whom a session is about, for those who judge it later; it does nothing to the session itself."""

    frontend: str = ""
    backend: str = ""
    service_port: int | None = None
    source: str = ""

    def to_data(self) -> dict[str, object]:
        """Return what was given as plain data."""
        found: dict[str, object] = {
            "frontend": self.frontend,
            "backend": self.backend,
            "service_port": self.service_port,
            "source": self.source,
        }
        return {key: value for key, value in found.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session to hold. ``timeout_seconds`` is the time for all of it."""

    name: str
    protocol: SessionProtocol
    host: str
    port: int
    path: str = "/"
    user: str = ""
    password: Secret | None = None
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    validate_certs: bool = True
    expect: Expect = Expect.WORKS
    way: SessionWay = SessionWay()


def read_sessions(given: Mapping[str, object]) -> tuple[Session, ...]:
    """Return what the options describe; raise :class:`IpsecError` with the path of the option that cannot be."""
    fields = Fields(given, "", OPTIONS, hide=True)
    fields.require("sessions", "a list of sessions")
    found = tuple(_session(item, where) for where, item in fields.items("sessions"))
    if not found:
        raise IpsecError("sessions", [], "at least one session", "Say which service to try.")
    return found


def _session(data: object, path: str) -> Session:
    fields = Fields(data, path, SESSION_OPTIONS, hide=True)
    fields.require("name", "a name for the session")
    fields.require("protocol", f"one of {', '.join(SessionProtocol)}")
    fields.require("host", "the name or address of the host")
    protocol = fields.choice("protocol", SessionProtocol, SessionProtocol.TCP)
    if protocol not in _PORTS:
        fields.require("port", "the port to connect to")
    if fields.given("path") and protocol not in _WEB:
        raise fields.error("path", fields.mapping("path"), "protocol http or https beside it", "Remove path.")
    user, password = _credentials(fields, protocol)
    return Session(
        name=_line(fields, "name", ""),
        protocol=protocol,
        host=_word(fields, "host", ""),
        port=fields.port("port", _PORTS.get(protocol, 0)),
        path=_path(fields),
        user=user,
        password=password,
        timeout_seconds=fields.number("timeout", DEFAULT_TIMEOUT_SECONDS, 1, _LONGEST_TIMEOUT_SECONDS, "seconds"),
        validate_certs=fields.flag("validate_certs", True),
        expect=fields.choice("expect", Expect, Expect.WORKS),
        way=SessionWay(
            frontend=_line(fields, "frontend", "") if fields.given("frontend") else "",
            backend=_line(fields, "backend", "") if fields.given("backend") else "",
            service_port=fields.port("service_port", 0) if fields.given("service_port") else None,
            source=_word(fields, "source", "") if fields.given("source") else "",
        ),
    )


def _credentials(fields: Fields, protocol: SessionProtocol) -> tuple[str, Secret | None]:
    password = fields.secret("password")
    for one, other in (("user", "password"), ("password", "user")):
        if fields.given(one) and not fields.given(other):
            raise IpsecError(fields.at(other), None, f"a value beside {one}", f"Give both, or leave {one} out.")
    if password is None:
        return "", None
    if protocol is SessionProtocol.TCP:
        raise fields.error("user", fields.mapping("user"), "a protocol with a log-on", "Remove user and password.")
    user = _line(fields, "user", "")
    text = password.reveal()
    if not text or not text.isprintable():
        expected = "one line without control characters"
        raise IpsecError(fields.at("password"), "(hidden)", expected, "Give the password of the user.")
    if protocol not in _WEB and not (user + text).isascii():
        expected = f"ASCII characters in user and password with {protocol.value}"
        raise IpsecError(fields.at("password"), "(hidden)", expected, "Use an account for the test that has them.")
    if protocol in (SessionProtocol.POP3, SessionProtocol.POP3S) and " " in user:
        expected = "a user without blanks with a protocol that has one word for it"
        raise IpsecError(fields.at("user"), user, expected, "Write the name of the account, or its address.")
    if protocol in _WEB and ":" in user:
        expected = "a user without a colon, as HTTP needs it"
        raise fields.error("user", user, expected, r"Write DOMAIN\user or user@domain.")
    return user, password


def _line(fields: Fields, key: str, default: str) -> str:
    text = fields.text(key, default)
    if not text.strip() or not text.isprintable():
        raise fields.error(key, text, "one line of text without control characters", f"Correct {key}.")
    return text


def _word(fields: Fields, key: str, default: str) -> str:
    text = _line(fields, key, default)
    if not _HOST.fullmatch(text):
        remedy = "Write neither scheme, brackets nor port: they have options of their own."
        raise fields.error(key, text, "a name or an address", remedy)
    return text


def _path(fields: Fields) -> str:
    text = fields.text("path", "/")
    if not text.startswith("/") or not text.isascii() or not text.isprintable() or " " in text:
        expected = "a path that begins with / and has neither blanks nor characters beyond ASCII"
        raise fields.error("path", text, expected, "Write it as in the address line, with %20 for a blank.")
    return text
