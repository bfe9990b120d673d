# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The clock of a simulated host."""

from __future__ import annotations

import time


class Clock:
    """The host's clock in Unix seconds. It follows real time until somebody sets it, then it stands still.

    :param minute_seconds: how many real seconds one minute of the host takes.
    :param started: the real time at which it showed the right time; now, if it is not given. Clocks that shall agree
        at another pace than the real one need the same.
    :param skew: seconds that it goes ahead of the right time until somebody sets it.
    """

    def __init__(
        self,
        now: float | None = None,
        minute_seconds: float = 60.0,
        *,
        started: float | None = None,
        skew: float = 0.0,
    ) -> None:
        if minute_seconds <= 0:
            raise ValueError(f"a minute cannot take {minute_seconds} seconds")
        self._now = now
        self._started = time.time() if started is None else started
        self._skew = skew
        self._pace = 60.0 / minute_seconds

    def now(self) -> float:
        """Return the time of the host in Unix seconds."""
        if self._now is not None:
            return self._now
        return self._started + (time.time() - self._started) * self._pace + self._skew

    def set(self, now: float) -> None:
        """Stop the clock at the given Unix second."""
        self._now = now

    def advance(self, seconds: float) -> None:
        """Move the clock on, and stop it there."""
        self._now = self.now() + seconds
