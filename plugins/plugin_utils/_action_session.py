# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One task's talk with a host: reads it, sends it lines, and believes neither silence nor exit codes alone."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from ._ipsec import session
from ._ipsec.errors import HostLost
from ._ipsec.model import Store
from ._ipsec.netsh import HIDDEN, Line
from ._ipsec.questions import READ, Questions, Section, preamble

Run = Callable[[str, bytes], str]
Found = TypeVar("Found")


class ChangeError(Exception):
    """A change that a host did not carry out.

    ``done`` are the redacted commands that were sent before it failed, ``failed`` is the one that did, ``answer`` what
    the host said to it. ``reverted`` tells that the host is back at what it had.
    """

    def __init__(
        self, message: str, done: Sequence[str], failed: str = "", answer: str = "", *, reverted: bool = False
    ) -> None:
        super().__init__(message)
        self.done = list(done)
        self.failed = failed
        self.answer = answer
        self.reverted = reverted


@dataclass(slots=True)
class HostSession(Generic[Found]):
    """Talks over ``run``, which takes a constant command line and its standard input and returns what was printed.

    Every answer ends with the answers to ``questions``, which ``understand`` turns into what the task looks at. With
    ``renew``, which makes a new connection, questions that were lost on the way are asked once more; what changes
    something is sent once. ``most`` is how many bytes of standard input one command may get; ``tell`` hears what a long
    task is at.
    """

    run: Run
    questions: Questions
    understand: Callable[[Mapping[str, Section]], Found]
    renew: Callable[[], None] | None = None
    most: int = session.MOST_INPUT_BYTES
    tell: Callable[[str], None] = lambda _text: None
    hidden: frozenset[str] = frozenset()
    done: list[str] = field(default_factory=list)

    def read(self) -> Found:
        """Return the host as it is."""
        try:
            return self.ask()[0]
        except HostLost as lost:
            if self.renew is None or not lost.established:
                raise
        self.renew()
        return self.ask()[0]

    def ask(self, *before: str) -> tuple[Found, str]:
        """Run batch commands and ask all questions; return the host and what the commands printed."""
        nonce = secrets.token_hex(4)
        answer = self.run(READ, self.questions.script(nonce, before))
        return self.understand(self.questions.sections(answer, nonce)), preamble(answer, nonce).strip()

    def send(self, lines: Sequence[Line]) -> Found:
        """Send the lines, in as many netsh sessions as they need, and return the host as it is afterwards."""
        answer, before = "", len(self.done)
        batches = session.batches(lines, self.most)
        for number, batch in enumerate(batches, 1):
            nonce = secrets.token_hex(4)
            last = number == len(batches)
            sent = len(self.done) - before + len(batch.lines)
            self.tell(f"the host carries out its commands up to {sent} of {len(lines)}")
            answer = self.run(self.questions.after_netsh if last else session.APPLY, batch.input(nonce))
            self._report(batch, session.complaints(preamble(answer), nonce, len(batch.lines)))
            self.done += [line.redacted() for line in batch.lines]
        return self.understand(self.questions.sections(answer))

    def _report(self, batch: session.Batch, found: list[session.Complaint]) -> None:
        if not found:
            return
        first = found[0]
        done = [*self.done, *(line.redacted() for line in batch.lines[: first.index])]
        if first.answer is None:
            failed = batch.lines[first.index].redacted() if first.index < len(batch.lines) else "exit"
            raise ChangeError("The netsh session ended before this command was answered.", done, failed)
        answer = first.answer
        for text in self.hidden:
            answer = answer.replace(text, HIDDEN)
        known = session.meaning(answer)
        reason = f"netsh refused a command: {known}." if known else "netsh refused a command."
        raise ChangeError(reason, done, batch.lines[first.index].redacted(), answer)


def in_force(store: Store) -> str | None:
    """Return what tells policies in force apart: a name, the identity of a foreign one, None for none."""
    foreign = store.foreign_in_force
    return store.assigned or (foreign.identity if foreign else None)
