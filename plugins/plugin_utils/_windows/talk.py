# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One task's talk with a host: reads it, sends it lines, and believes neither silence nor exit codes alone."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from .._common.errors import HostLost
from .netsh.line import HIDDEN, Line
from .netsh.script import APPLY, MOST_INPUT_BYTES, Batch, Complaint, batches, complaints, meaning
from .queries import READ, Questions, Section, preamble

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
    task is at. ``done`` are the commands that changed something, as they are shown; ``underway`` those that were sent
    and whose answer has not come.

    With ``heeds_answers`` whatever netsh says to a line is a refusal. Without it netsh may say what it likes, in the
    language of the host: ``said`` is the first answer to the lines that were sent last, ``asked`` the line that it
    answers, and what the lines did is for others to read.
    """

    run: Run
    questions: Questions
    understand: Callable[[Mapping[str, Section]], Found]
    renew: Callable[[], None] | None = None
    most: int = MOST_INPUT_BYTES
    tell: Callable[[str], None] = lambda _text: None
    heeds_answers: bool = True
    said: str = ""
    asked: str = ""
    hidden: frozenset[str] = frozenset()
    done: list[str] = field(default_factory=list)
    underway: list[str] = field(default_factory=list)

    def read(self) -> Found:
        """Return the host as it is."""
        try:
            return self.ask()[0]
        except HostLost as lost:
            if self.renew is None or not lost.established:
                raise
        self.renew()
        return self.ask()[0]

    @property
    def told(self) -> list[str]:
        """Every command that may have changed something, as it is shown."""
        return [*self.done, *self.underway]

    def ask(self, *before: str) -> tuple[Found, str]:
        """Run batch commands and ask all questions; return the host and what the commands printed."""
        nonce = secrets.token_hex(4)
        answer = self.run(READ, self.questions.script(nonce, before))
        return self.understand(self.questions.sections(answer, nonce)), preamble(answer, nonce).strip()

    def change(self, *commands: str, beside: Sequence[str] = ()) -> tuple[Found, str]:
        """Run batch commands that change something, and those ``beside`` them of which nothing is told; then ask."""
        self.underway = list(commands)
        found = self.ask(*commands, *beside)
        self.underway = []
        self.done += commands
        return found

    def inquire(self, questions: Questions) -> Mapping[str, Section]:
        """Return the answers to other questions than those that are always asked."""
        nonce = secrets.token_hex(4)
        return questions.sections(self.run(READ, questions.script(nonce)), nonce)

    def send(self, lines: Sequence[Line], beside: Sequence[Line] = ()) -> Found:
        """Send the lines, in as many netsh sessions as they need, and return the host as it is afterwards.

        Of the lines ``beside`` them nothing is told: neither what was sent nor what netsh said to it.
        """
        answer, sent = "", 0
        parts = batches([*lines, *beside], self.most)
        for number, batch in enumerate(parts, 1):
            nonce = secrets.token_hex(4)
            told = batch.lines[: len(lines) - sent]
            sent += len(told)
            self.tell(f"running commands: {sent} of {len(lines)}")
            self.underway = [line.redacted() for line in told]
            last = number == len(parts)
            answer = self.run(self.questions.after_netsh if last else APPLY, batch.input(nonce))
            found = complaints(preamble(answer), nonce, len(batch.lines))
            self._report(batch, [each for each in found if each.index < len(told) or each.answer is None])
            self.done += self.underway
            self.underway = []
        return self.understand(self.questions.sections(answer))

    def _report(self, batch: Batch, found: list[Complaint]) -> None:
        self.said = self.asked = ""
        if not found:
            return
        first = found[0]
        if not self.heeds_answers:
            self.said = first.answer or "nothing, and the netsh session ended before this command was answered"
            self.asked = batch.lines[first.index].redacted() if first.index < len(batch.lines) else "exit"
            return
        done = [*self.done, *(line.redacted() for line in batch.lines[: first.index])]
        if first.answer is None:
            failed = batch.lines[first.index].redacted() if first.index < len(batch.lines) else "exit"
            unknown = self.underway[first.index :]
            message = "The netsh session ended before this command was answered."
            if unknown:
                message += f" Whether the last {len(unknown)} of the commands were carried out is not known."
            raise ChangeError(message, [*done, *unknown], failed)
        answer = first.answer
        for text in self.hidden:
            answer = answer.replace(text, HIDDEN)
        # netsh goes on with the next line.
        # [ledger: netsh-goes-on]
        refused = {each.index for each in found}
        done += [text for index, text in enumerate(self.underway) if index > first.index and index not in refused]
        known = meaning(answer)
        reason = f"netsh refused a command: {known}." if known else "netsh refused a command."
        raise ChangeError(reason, done, batch.lines[first.index].redacted(), answer)
