# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""POP3 as far as a client needs it to see that it is logged on (RFC 1939, CAPA of RFC 2449)."""

from __future__ import annotations

from .mailboxes import Mailboxes
from .relay import NoBackend, Relay, passed_on
from .streams import Stream

_CAPABILITIES = ("USER", "IMPLEMENTATION lab")


class _Session:
    """The part that is the same on both kinds of hosts. `login` answers for a user and a password."""

    def __init__(self, stream: Stream, host: str) -> None:
        self._stream = stream
        self._host = host
        self._user = ""
        self._open = False

    def serve(self) -> None:
        self._say(f"+OK POP3 of {self._host} (lab)")
        while raw := self._stream.readline():
            verb, _blank, rest = raw.decode("utf-8", "replace").rstrip("\r\n").partition(" ")
            match verb.upper():
                case "QUIT":
                    self._say("+OK bye")
                    return
                case "CAPA":
                    self._say("+OK", *_CAPABILITIES, ".")
                case "USER" if rest and not self._open:
                    self._user = rest
                    self._say("+OK")
                case "PASS" if self._user and not self._open:
                    user, self._user = self._user, ""
                    if self.login(user, rest):
                        return
                case "STAT" if self._open:
                    self._say("+OK 0 0")
                case "NOOP" if self._open:
                    self._say("+OK")
                case _:
                    self._say("-ERR not known, or not now")

    def login(self, user: str, password: str) -> bool:
        """Answer a PASS; True when the session is over behind it."""
        raise NotImplementedError

    def _say(self, *lines: str) -> None:
        self._stream.write("".join(f"{line}\r\n" for line in lines).encode())


class _Backend(_Session):
    def __init__(self, stream: Stream, mailboxes: Mailboxes) -> None:
        super().__init__(stream, mailboxes.host)
        self._mailboxes = mailboxes

    def login(self, user: str, password: str) -> bool:
        self._open = self._mailboxes.knows(user, password)
        self._say(f"+OK logged on to {self._host}" if self._open else "-ERR logon failed")
        return False


class _Frontend(_Session):
    def __init__(self, stream: Stream, relay: Relay) -> None:
        super().__init__(stream, relay.host)
        self._relay = relay

    def login(self, user: str, password: str) -> bool:
        if not self._relay.knows(user):
            self._say("-ERR logon failed")
            return False
        try:
            with self._relay.open(user, "pop3") as link:
                link.readline()
                link.write(f"USER {user}\r\n".encode())
                link.readline()
                link.write(f"PASS {password}\r\n".encode())
                answer = link.readline()
                self._stream.write(answer)
                if not answer.startswith(b"+OK"):
                    return False
                passed_on(self._stream, link, self._relay.timeout_seconds)
        except NoBackend:
            self._say("-ERR the server of this mailbox does not answer")
            return False
        return True


def backend(stream: Stream, mailboxes: Mailboxes) -> None:
    """Serve a connection of a back-end."""
    _Backend(stream, mailboxes).serve()


def frontend(stream: Stream, relay: Relay) -> None:
    """Serve a connection of a front-end; behind the PASS it is the back-end that answers."""
    _Frontend(stream, relay).serve()
