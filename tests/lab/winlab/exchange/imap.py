# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IMAP as far as a client needs it to see that it is logged on (RFC 3501)."""

from __future__ import annotations

import re

from .mailboxes import Mailboxes
from .relay import NoBackend, Relay, passed_on
from .streams import Stream

_CAPABILITY = b"* CAPABILITY IMAP4rev1\r\n"
_LINE = re.compile(r"(?P<tag>[^\s\"(){%*\\+]+) (?P<verb>[A-Za-z]+)(?: (?P<rest>.*))?")
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s"(){%*\\]+)')


class _Session:
    """The part that is the same on both kinds of hosts. `login` answers for a user and a password."""

    def __init__(self, stream: Stream, host: str) -> None:
        self._stream = stream
        self._host = host

    def serve(self) -> None:
        self._say(f"* OK IMAP4rev1 of {self._host} (lab)")
        while raw := self._stream.readline():
            found = _LINE.fullmatch(raw.decode("utf-8", "replace").rstrip("\r\n"))
            if found is None:
                self._say("* BAD not understood")
                continue
            tag, verb = found["tag"], found["verb"].upper()
            if verb == "LOGOUT":
                self._say("* BYE till later", f"{tag} OK LOGOUT")
                return
            if verb == "CAPABILITY":
                self._stream.write(_CAPABILITY)
            elif verb == "LOGIN":
                if self._log_in(tag, found["rest"] or ""):
                    return
                continue
            elif verb != "NOOP":
                self._say(f"{tag} BAD not known here")
                continue
            self._say(f"{tag} OK {verb}")

    def _log_in(self, tag: str, rest: str) -> bool:
        words = [re.sub(r"\\(.)", r"\1", one) if one else other for one, other in _TEXT.findall(rest)]
        if len(words) != 2:
            self._say(f"{tag} BAD LOGIN takes a user and a password")
            return False
        return self.login(tag, *words)

    def login(self, tag: str, user: str, password: str) -> bool:
        """Answer a LOGIN; True when the session is over behind it."""
        raise NotImplementedError

    def _say(self, *lines: str) -> None:
        self._stream.write("".join(f"{line}\r\n" for line in lines).encode())


class _Backend(_Session):
    def __init__(self, stream: Stream, mailboxes: Mailboxes) -> None:
        super().__init__(stream, mailboxes.host)
        self._mailboxes = mailboxes

    def login(self, tag: str, user: str, password: str) -> bool:
        right = self._mailboxes.knows(user, password)
        self._say(f"{tag} OK LOGIN on {self._host}" if right else f"{tag} NO LOGIN failed")
        return False


class _Frontend(_Session):
    def __init__(self, stream: Stream, relay: Relay) -> None:
        super().__init__(stream, relay.host)
        self._relay = relay

    def login(self, tag: str, user: str, password: str) -> bool:
        if not self._relay.knows(user):
            self._say(f"{tag} NO LOGIN failed")
            return False
        try:
            with self._relay.open(user, "imap") as link:
                link.readline()
                quoted = " ".join('"' + re.sub(r'(["\\])', r"\\\1", word) + '"' for word in (user, password))
                link.write(f"{tag} LOGIN {quoted}\r\n".encode())
                answer = link.readline()
                self._stream.write(answer)
                if not answer.startswith(f"{tag} OK ".encode()):
                    return False
                passed_on(self._stream, link, self._relay.timeout_seconds)
        except NoBackend:
            self._say(f"{tag} NO the server of this mailbox does not answer")
            return False
        return True


def backend(stream: Stream, mailboxes: Mailboxes) -> None:
    """Serve a connection of a back-end."""
    _Backend(stream, mailboxes).serve()


def frontend(stream: Stream, relay: Relay) -> None:
    """Serve a connection of a front-end; behind the LOGIN it is the back-end that answers."""
    _Frontend(stream, relay).serve()
