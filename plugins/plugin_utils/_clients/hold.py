# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Holds sessions side by side and says what came of each."""

from __future__ import annotations

import ssl
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum

from .request import Session
from .talks import TALKS
from .wire import Cut, Stage, Trouble, Wire

MOST_AT_ONCE = 16


class SessionOutcome(StrEnum):
    """What came of a session: it worked, nothing ever answered, or something answered and it did not work."""

    WORKS = "works"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionReport:
    """A session and what came of it. ``detail`` is a sentence of ours: servers may repeat what they were sent."""

    session: Session
    outcome: SessionOutcome
    stage: Stage
    detail: str
    seconds: float

    @property
    def as_expected(self) -> bool:
        """Whether the session came to what it was meant to."""
        return self.outcome.value == self.session.expect.value

    def to_data(self) -> dict[str, object]:
        """Return plain data, without user and password."""
        return {
            "name": self.session.name,
            "protocol": self.session.protocol.value,
            "host": self.session.host,
            "port": self.session.port,
            "expect": self.session.expect.value,
            "outcome": self.outcome.value,
            "as_expected": self.as_expected,
            "stage": self.stage.value,
            "detail": self.detail,
            "seconds": self.seconds,
            **self.session.way.to_data(),
        }

    def __str__(self) -> str:
        where = f"{self.session.protocol.value} to {self.session.host}:{self.session.port}"
        result = f"{self.outcome.value}, not {self.session.expect.value}, at stage {self.stage.value}"
        return f"{self.session.name} ({where}): {result}. {self.detail}"


def hold_all(sessions: Sequence[Session]) -> list[SessionReport]:
    """Hold all sessions, some at a time, and return what came of each, in their order."""
    with ThreadPoolExecutor(max_workers=min(MOST_AT_ONCE, max(1, len(sessions)))) as pool:
        return list(pool.map(hold, sessions))


def hold(session: Session) -> SessionReport:
    """Hold one session to its end or the end of its time."""
    began = time.monotonic()
    wire = Wire(session.host, session.port, session.timeout_seconds)
    outcome, detail = _hold(session, wire)
    seconds = round(time.monotonic() - began, 3)
    return SessionReport(session=session, outcome=outcome, stage=wire.stage, detail=detail, seconds=seconds)


def _hold(session: Session, wire: Wire) -> tuple[SessionOutcome, str]:
    try:
        with wire.limited():
            wire.connect()
            if session.protocol.tls:
                wire.secure(validate=session.validate_certs)
            return SessionOutcome.WORKS, TALKS[session.protocol](session, wire)
    except Trouble as error:
        return SessionOutcome.FAILED, str(error)
    except ssl.SSLCertVerificationError:
        return SessionOutcome.FAILED, "The certificate of the server is not trusted, or is not for this name."
    except TimeoutError:
        return _ended(session, wire, silent=True)
    except (Cut, ConnectionError, ssl.SSLZeroReturnError, ssl.SSLEOFError) as error:
        return _ended(session, wire, silent=wire.expired, reset=isinstance(error, ConnectionError))
    except ssl.SSLError:
        return SessionOutcome.FAILED, "No TLS came about: the server speaks something else, or no version in common."
    except OSError:
        if wire.connected:
            return _ended(session, wire, silent=wire.expired)
        return SessionOutcome.FAILED, "There is no way to the host from here."


def _ended(session: Session, wire: Wire, *, silent: bool, reset: bool = False) -> tuple[SessionOutcome, str]:
    how = (
        f"silence until the time limit of {session.timeout_seconds} s" if silent else "a reset" if reset else "its end"
    )
    if wire.answered:
        return SessionOutcome.FAILED, f"The session was cut off in the middle: {how}."
    if wire.connected:
        return SessionOutcome.REFUSED, f"The connection was accepted, and no answer came: {how}."
    return SessionOutcome.REFUSED, f"The connection was not accepted: {how}."
