# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way from a front-end to its back-ends. [ledger: exchange-timeouts]"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from .crossing import Conversation, Crossing
from .mailboxes import bare
from .spec import PORTS
from .streams import Stalled, Stream

Answering = Callable[[str, str, socket.socket], None]
"""Starts a back-end (by name) on a protocol for a connection, and returns at once."""


class NoBackend(Exception):
    """The back-end does not answer, or not any more."""


@dataclass(frozen=True, slots=True)
class Relay:
    """What one front-end knows: the back-end of every user (names in lower case), and how to get there."""

    host: str
    backends: Mapping[str, str]
    crossing: Crossing
    answering: Answering
    timeout_seconds: float

    def knows(self, user: str) -> bool:
        """Tell whether a user has a mailbox."""
        return bare(user).lower() in self.backends

    @contextmanager
    def open(self, user: str, protocol: str) -> Iterator[Stream]:
        """Connect to the back-end of a user, in clear as far as the front-end is concerned.

        :raises NoBackend: when it cannot be reached, or data stops getting through before the caller has seen that the
            session stands; after the usual timeout, as nobody is told of dropped packets.
        """
        name = self.backends[bare(user).lower()]
        one = self.crossing.begin(self.host, name, PORTS[protocol])
        if not one.through:
            time.sleep(self.timeout_seconds)
            raise NoBackend
        ours, theirs = self.crossing.cable(one)
        with ours:
            self.answering(name, protocol, theirs)
            link = self._judged(ours, one)
            try:
                yield link
            except Stalled as stalled:
                if one.through:
                    raise
                time.sleep(self.timeout_seconds)
                raise NoBackend from stalled
            finally:
                link.end()

    def _judged(self, connection: socket.socket, one: Conversation) -> Stream:
        return Stream(
            connection,
            incoming=lambda size: self.crossing.carry(one, size, back=True),
            outgoing=lambda size: self.crossing.carry(one, size),
        )


def passed_on(client: Stream, link: Stream, timeout_seconds: float) -> None:
    """Pass data on in both directions until one side ends, or has been stalled for the timeout; then both are over."""
    arguments = (client, link, timeout_seconds)
    upstream = threading.Thread(target=_pump, args=arguments, name="winlab-upstream", daemon=True)
    upstream.start()
    _pump(link, client, timeout_seconds)
    upstream.join()


def _pump(source: Stream, target: Stream, timeout_seconds: float) -> None:
    try:
        while data := source.receive():
            target.write(data)
    except Stalled:
        time.sleep(timeout_seconds)
    except OSError:
        # The other direction has come to its end and took this one with it.
        pass
    finally:
        source.end()
        target.end()
