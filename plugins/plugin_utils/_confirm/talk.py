# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One conversation with a host: lines of netsh and questions, and what came back. It remembers what a bundle shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from .._common.errors import StoreError
from .._policies.codec.form import LEGACY, VISTA, Form
from .._policies.host import QUESTIONS, Host, read_host
from .._policies.store.objects import StoredObject, from_registry
from .._policies.store.read import LOCAL_STORE
from .._windows.netsh.line import Line
from .._windows.netsh.script import Batch, batches, complaints
from .._windows.queries import CODE_PAGE_QUESTION, READ, Questions, Section, preamble
from .._windows.registry.query import parse_answer
from .._windows.versions import WindowsVersion

Run = Callable[[str, bytes], str]

# All that a run makes has a name that begins so; what is found with it was left by a run that was cut off.
PREFIX = "winsec-confirm-"
_NOTHING = "nothing: the session ended"


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a host was sent and what it said: a command line, its standard input, the answer."""

    line: str
    sent: str = field(repr=False)
    said: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What netsh said to one line, empty for nothing; ``ended`` says that the session was over before it."""

    text: str
    ended: bool = False


@dataclass(slots=True)
class Talk:
    """Talks with one host over ``run``. ``token`` is the run's own: eight hexadecimal digits in all its names.

    ``version`` is known from the first read on; ``hidden`` are texts that no bundle may show.
    """

    run: Run
    token: str
    exchanges: list[Exchange] = field(default_factory=list)
    last: Mapping[str, Section] = field(default_factory=dict)
    raw: str = ""
    hidden: set[str] = field(default_factory=set, repr=False)
    version: WindowsVersion = field(default_factory=lambda: WindowsVersion(0, 0, 0))

    def name(self, suffix: str) -> str:
        """Return a name of this run."""
        return f"{PREFIX}{self.token} {suffix}"

    def _said(self, line: str, script: bytes) -> str:
        said = self.run(line, script)
        self.exchanges.append(Exchange(line, script.decode("ascii"), said))
        return said

    def read(self) -> Host:
        """Read the host."""
        self.last = self.ask(QUESTIONS.commands)
        host = read_host(self.last)
        self.version = host.version
        return host

    @property
    def form(self) -> Form:
        """The dialect of the host's store."""
        return VISTA if self.version.ranges_and_ipv6 else LEGACY

    def ask(self, commands: Mapping[str, str], before: Sequence[str] = ()) -> Mapping[str, Section]:
        """Return the answers to commands of cmd.exe."""
        questions = Questions({**CODE_PAGE_QUESTION, **commands})
        return questions.sections(self._said(READ, questions.script(self.token, before)), self.token)

    def netsh(self, *lines: str | Line) -> tuple[Answer, ...]:
        """Send lines of netsh, one session for as many as fit, and read the host; return what netsh said to each."""
        found: list[Answer] = []
        whole = [Line(each, ()) if isinstance(each, str) else each for each in lines]
        for batch in batches(whole):
            found += self._session(batch)
        return tuple(found)

    def _session(self, batch: Batch) -> list[Answer]:
        text = self._said(QUESTIONS.after_netsh, batch.input(self.token))
        self.last = QUESTIONS.sections(text)
        self.raw = preamble(text)
        answers = [Answer("")] * (len(batch.lines) + 1)
        for each in complaints(self.raw, self.token, len(batch.lines)):
            if each.answer is None:
                answers[each.index :] = [Answer(_NOTHING, ended=True)] * (len(answers) - each.index)
            else:
                answers[each.index] = Answer(each.answer)
        return answers[: len(batch.lines)]

    def stored(self) -> tuple[StoredObject, ...]:
        """Return the objects of the local store as they were read last."""
        if self.last["ipsec"].code != 0:
            return ()
        keys = parse_answer(self.last["ipsec"].text)
        try:
            return from_registry(keys, LOCAL_STORE).objects
        except StoreError:
            return ()
