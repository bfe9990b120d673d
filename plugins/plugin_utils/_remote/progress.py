# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a long task is at, said at the default verbosity: late, and then ever more seldom.

Most tasks take a second and say nothing. One that takes long says so after a quarter of a minute, then when it has
taken twice as long, and so on: a task of ten minutes has six lines, however many commands it sends, and 200 hosts do
not flood the screen.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

FIRST_SECONDS = 15.0
_WAITS = "waiting for the host's answer"


class Progress:
    """Tells what one task is at through ``show``; ``clock`` gives seconds."""

    def __init__(
        self,
        show: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
        first_seconds: float | None = None,
    ) -> None:
        self._show = show
        self._clock = clock
        self._began = clock()
        self._next = self._began + (FIRST_SECONDS if first_seconds is None else first_seconds)
        self._text = _WAITS

    def note(self, text: str) -> None:
        """Take down what the task is at now, and say it if the time has come."""
        self._text = text
        self.beat()

    def beat(self) -> None:
        """Say what the task is at, if the time has come."""
        now = self._clock()
        if now < self._next:
            return
        passed = now - self._began
        self._next = self._began + 2 * passed
        self._show(f"{self._text} ({passed:.0f} s)")

    @contextmanager
    def while_waiting(self) -> Iterator[None]:
        """Say it at its time while the body waits for a host, which takes as long as it takes."""
        over = threading.Event()
        thread = threading.Thread(target=self._beat_until, args=(over,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _beat_until(self, over: threading.Event) -> None:
        while not over.wait(max(0.0, self._next - self._clock())):
            self.beat()
