# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP authentication of the endpoint. One class for each scheme; what it knows belongs to one TCP connection.

Negotiate and CredSSP run on pyspnego's own NTLM. Its accounts come from the file that the environment variable
NTLM_USER_FILE names, which is a property of the process: all hosts of a lab share one set of users. Kerberos needs the
packages gssapi and krb5, and the host's key in the file that KRB5_KTNAME names.

[ledger: winrm-empty-authenticated-request]
"""

from __future__ import annotations

import base64
import hmac
import ssl
import struct
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import spnego
from spnego.exceptions import SpnegoError

from .sealed import Sealer

_MALFORMED = (SpnegoError, ValueError, IndexError, KeyError, struct.error, ssl.SSLError)
"""What pyspnego raises for rejected credentials, and for tokens that are none."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Answer to one token: accepted, or to be continued (`reply` without `accepted`), or rejected (neither).

    :param reply: value for the WWW-Authenticate header, None for no header of this exchange.
    """

    accepted: bool
    reply: str | None = None


class Exchange(ABC):
    """One running authentication on one connection."""

    keeps = False
    """Whether an accepted exchange holds for all later requests of the connection."""

    @abstractmethod
    def step(self, token: str) -> Verdict:
        """Take the text behind the scheme's word."""

    @property
    def sealer(self) -> Sealer | None:
        """The cryptography for message encryption, if the scheme has any."""
        return None


class Scheme(ABC):
    """An authentication scheme that a host offers."""

    word: str
    """First word of the Authorization header, in lower case."""
    challenge: str
    """What a 401 offers in WWW-Authenticate."""
    needs_certificate = False
    """Whether only connections whose client has shown a trusted certificate may use it."""

    @abstractmethod
    def begin(self) -> Exchange:
        """Start a fresh exchange."""


class _BasicExchange(Exchange):
    def __init__(self, users: Mapping[str, str]) -> None:
        self._users = {name.lower(): password for name, password in users.items()}

    def step(self, token: str) -> Verdict:
        try:
            name, _colon, password = base64.b64decode(token, validate=True).decode("utf-8").partition(":")
        except ValueError:  # no ASCII, no base64 or no UTF-8
            return Verdict(False)
        expected = self._users.get(name.rpartition("\\")[2].lower())
        return Verdict(expected is not None and hmac.compare_digest(expected.encode(), password.encode()))


class Basic(Scheme):
    """Name and password with every request."""

    word = "basic"
    challenge = 'Basic realm="WSMAN"'

    def __init__(self, users: Mapping[str, str]) -> None:
        self._users = users

    def begin(self) -> Exchange:
        return _BasicExchange(self._users)


class _SpnegoSealer:
    """Message encryption of a completed pyspnego context."""

    def __init__(self, context: spnego.ContextProxy) -> None:
        self._context = context

    def seal(self, plain: bytes) -> tuple[bytes, bytes]:
        wrapped = self._context.wrap_winrm(plain)
        return wrapped.header, wrapped.data

    def unseal(self, header: bytes, data: bytes) -> bytes:
        try:
            return self._context.unwrap_winrm(header, data)
        except SpnegoError as bad:
            raise ValueError("the message cannot be decrypted") from bad


_NTLM_SIGNATURE = b"NTLMSSP\0"


class _SpnegoExchange(Exchange):
    """An exchange of pyspnego's tokens; `begin` makes the acceptor when it has seen the first one."""

    keeps = True

    def __init__(self, word: str, begin: Callable[[bytes], spnego.ContextProxy]) -> None:
        self._word = word
        self._begin = begin
        self._context: spnego.ContextProxy | None = None

    def step(self, token: str) -> Verdict:
        try:
            data = base64.b64decode(token, validate=True)
            if self._context is None:
                self._context = self._begin(data)
            answer = self._context.step(data)
        except _MALFORMED:
            return Verdict(False)
        reply = f"{self._word} {base64.b64encode(answer).decode()}" if answer else None
        return Verdict(self._context.complete, reply)

    @property
    def sealer(self) -> Sealer | None:
        return _SpnegoSealer(self._context) if self._context is not None and self._context.complete else None


class Negotiate(Scheme):
    """NTLM, bare or inside of SPNEGO, with message encryption."""

    word = "negotiate"
    challenge = "Negotiate"

    def __init__(self, hostname: str) -> None:
        self._hostname = hostname

    def begin(self) -> Exchange:
        return _SpnegoExchange("Negotiate", self._acceptor)

    def _acceptor(self, token: bytes) -> spnego.ContextProxy:
        bare = token.startswith(_NTLM_SIGNATURE)
        options = spnego.NegotiateOptions.wrapping_winrm
        options |= spnego.NegotiateOptions.use_ntlm if bare else spnego.NegotiateOptions.use_negotiate
        return spnego.server(hostname=self._hostname, service="http", protocol="negotiate", options=options)


class CredSsp(Scheme):
    """CredSSP over TLS of its own, with message encryption."""

    word = "credssp"
    challenge = "CredSSP"

    def begin(self) -> Exchange:
        return _SpnegoExchange("CredSSP", lambda _token: self._acceptor())

    @staticmethod
    def _acceptor() -> spnego.ContextProxy:
        return spnego.server(protocol="credssp", options=spnego.NegotiateOptions.use_negotiate)


class Kerberos(Scheme):
    """Kerberos, bare or inside of SPNEGO, with message encryption. `word` is how clients announce it."""

    challenge = "Kerberos"

    def __init__(self, principal_host: str, word: str = "kerberos") -> None:
        self._principal_host = principal_host
        self.word = word
        self.challenge = word.capitalize()

    def begin(self) -> Exchange:
        return _SpnegoExchange(self.challenge, lambda _token: self._acceptor())

    def _acceptor(self) -> spnego.ContextProxy:
        options = spnego.NegotiateOptions.wrapping_winrm
        return spnego.server(hostname=self._principal_host, service="http", protocol="negotiate", options=options)


class _CertificateExchange(Exchange):
    keeps = True

    def step(self, token: str) -> Verdict:
        # The TLS handshake has looked at the certificate already; a connection without one never gets here.
        return Verdict(True)


class Certificate(Scheme):
    """Client certificates over TLS. The connection has verified them; this looks only whether there is one."""

    word = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
    challenge = word
    needs_certificate = True

    def begin(self) -> Exchange:
        return _CertificateExchange()


def ntlm_user_file(users: Mapping[str, str]) -> str:
    """Return the text of a file for NTLM_USER_FILE: every account without a domain and with the local one."""
    return "".join(f".:{name}:{password}\n:{name}:{password}\n" for name, password in users.items())


Headers = list[tuple[str, str]]


@dataclass(slots=True)
class Session:
    """Authentication of one TCP connection: it belongs to the connection, not to a request.

    :param certified: the client has shown a certificate that the host trusts.
    """

    number: int
    certified: bool = False
    exchange: Exchange | None = None
    accepted: Exchange | None = None

    def authenticate(self, authorization: str, schemes: Mapping[str, Scheme]) -> tuple[bool, Headers]:
        """Judge one request.

        :param authorization: text of the Authorization header, empty if there was none.
        :param schemes: the offered schemes by their word.
        :returns: whether the request may pass, and the WWW-Authenticate headers for the answer.
        """
        offers = [("WWW-Authenticate", scheme.challenge) for scheme in schemes.values()]
        word, _blank, token = authorization.strip().partition(" ")
        if not word:
            return (True, []) if self.accepted else (False, offers)
        scheme = schemes.get(word.lower())
        if scheme is None or (scheme.needs_certificate and not self.certified):
            return False, offers
        if self.exchange is None:
            self.accepted = None
            self.exchange = scheme.begin()
        exchange = self.exchange
        verdict = exchange.step(token.strip())
        reply = [("WWW-Authenticate", verdict.reply)] if verdict.reply else []
        if verdict.accepted:
            self.exchange = None
            self.accepted = exchange if exchange.keeps else None
            return True, reply
        if not reply:
            self.exchange = None
        return False, reply or offers
