# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is sent to a host and how its answer is taken apart.

Three command lines exist and none of them ever varies; everything that varies goes through standard input:

* ``READ`` is cmd.exe as a reader of batch lines: it asks for everything in one command;
* ``APPLY`` is netsh.exe as a reader of netsh lines: it changes, secrets included;
* ``APPLY_AND_READ`` is both, so that a change and the look at its result cost one command.

netsh cannot print a marker of its own, but repeats a word that it does not know, in every language. So an unknown
word after each line tells where the answer to that line ends. Exit codes of netsh prove nothing and are not looked at.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .errors import StoreError
from .netsh import Line

POLICIES_KEY = r"HKLM\SOFTWARE\Policies\Microsoft"
WINDOWS_KEY = rf"{POLICIES_KEY}\Windows"
IPSEC_KEY = rf"{WINDOWS_KEY}\IPSec"
SERVICES_KEY = r"HKLM\SYSTEM\CurrentControlSet\Services"

TIMER = "winsec-ipsec-revert"

# The order is the order of the sections in the answer. No path holds a blank, so that none needs quotes.
_QUESTIONS = {
    "version": "ver",
    "ipsec": f"reg.exe query {IPSEC_KEY} /s",
    "windows": f"reg.exe query {WINDOWS_KEY}",
    "policies": f"reg.exe query {POLICIES_KEY}",
    "agent": "sc.exe query PolicyAgent",
    "agent_start": rf"reg.exe query {SERVICES_KEY}\PolicyAgent /v Start",
    "ike": "sc.exe query IKEEXT",
    "ike_start": rf"reg.exe query {SERVICES_KEY}\IKEEXT /v Start",
    "timer": f"schtasks.exe /query /tn {TIMER}",
}
_END = "end"
_TAIL = "after"

READ = "cmd.exe /d /q"
APPLY = "netsh.exe"
APPLY_AND_READ = 'cmd.exe /d /q /c "netsh.exe & echo @@{tail}:begin 0& {questions}& echo @@{tail}:end 0"'.format(
    tail=_TAIL,
    questions="& ".join(
        f"{command} 2>&1 && echo @@{_TAIL}:{name} 0|| echo @@{_TAIL}:{name} 1" for name, command in _QUESTIONS.items()
    ),
)

# One Send of a stock connection must fit an envelope of 150 KiB, with base64 and SOAP around it.
MOST_INPUT_BYTES = 90 * 1024


@dataclass(frozen=True, slots=True)
class Section:
    """What one command printed, and its exit code."""

    text: str
    code: int


def read_script(nonce: str) -> bytes:
    """Return the batch lines that ask for everything. ``nonce`` tells this answer from any other text."""
    lines = [f"echo @@{nonce}:begin 0"]
    for name, command in _QUESTIONS.items():
        # A command that inherits the pipe could read the rest of the script.
        lines += [f"{command} <nul 2>&1", f"echo @@{nonce}:{name} %errorlevel%"]
    return script([*lines, f"echo @@{nonce}:{_END} 0", "exit 0"])


def service_script(nonce: str, enable: Sequence[str], start: Sequence[str]) -> bytes:
    """Return the batch lines that make services start automatically and start them, then ask for everything."""
    lines = [f"sc.exe config {name} start= auto <nul 2>&1" for name in enable]
    lines += [f"sc.exe start {name} <nul 2>&1" for name in start]
    return script(lines) + read_script(nonce)


def sections(text: str, nonce: str = _TAIL) -> Mapping[str, Section]:
    """Return the answers to the questions by name.

    Raises :class:`StoreError` when one of them is missing: a short answer is never taken for an empty one.
    """
    marker = re.compile(rf"@@{re.escape(nonce)}:(\w+) (-?\d+)[^\S\n]*\r?\n?")
    found: dict[str, Section] = {}
    end: int | None = None
    for match in marker.finditer(text):
        if end is not None:
            found[match[1]] = Section(text[end : match.start()], int(match[2]))
        end = match.end()
    missing = [name for name in (*_QUESTIONS, _END) if name not in found]
    if missing:
        expected = f"the answer to {missing[0]!r}"
        raise StoreError("answer of the host", "cut short", expected, "Run the task again; nothing was concluded.")
    return found


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines for one netsh session."""

    lines: tuple[Line, ...]

    def input(self, nonce: str) -> bytes:
        """Return the standard input of the session, with a marker after each line."""
        texts = [_marker(nonce, "a"), _marker(nonce, "b")]
        for index, line in enumerate(self.lines):
            texts += [line.clear(), _marker(nonce, str(index))]
        return script([*texts, _marker(nonce, _END), "exit"])


def batches(lines: Iterable[Line]) -> list[Batch]:
    """Return the lines in groups that fit into one session's standard input."""
    groups: list[list[Line]] = [[]]
    size = 0
    for line in lines:
        needed = len(line.clear()) + len("\r\n@@00000000:000000\r\n")
        if groups[-1] and size + needed > MOST_INPUT_BYTES - 200:
            groups.append([])
            size = 0
        groups[-1].append(line)
        size += needed
    return [Batch(tuple(group)) for group in groups if group]


@dataclass(frozen=True, slots=True)
class Complaint:
    """A line that netsh did not take in silence. ``index`` None says that the session ended before it."""

    index: int
    answer: str | None


def complaints(text: str, nonce: str, count: int) -> list[Complaint]:
    """Return what netsh said to those of ``count`` lines that it did not carry out in silence.

    The words around a marker are those of the host's language: two markers in a row, sent first, show them.
    """
    plain = text.replace("netsh>", "")
    names = ["a", "b", *map(str, range(count)), _END]
    answers: list[str] = []
    start = plain.find(_marker(nonce, "a"))
    for first, second in itertools.pairwise(names):
        start += len(_marker(nonce, first))
        end = plain.find(_marker(nonce, second), start) if start >= len(_marker(nonce, "a")) else -1
        if end < 0:
            break
        answers.append(plain[start:end])
        start = end
    if not answers:
        return [Complaint(0, None)]
    words = answers[0]
    # The answer to line i stands between its marker and the one before it.
    lines = answers[1 : count + 1]
    found = [
        Complaint(index, said)
        for index, answer in enumerate(lines)
        if answer != words and (said := _without(answer, words))
    ]
    if len(answers) < len(names) - 1:
        found.append(Complaint(len(lines), None))
    return found


_CODES = {
    "05005": "a policy of that name exists already",
    "05010": "a filter list of that name exists already",
    "05014": "a filter action of that name exists already",
    "05020": "a rule of that name exists already in the policy",
    "05049": "the filter list does not exist",
    "05067": "the store has no filter lists",
    "05068": "the store has no filter actions",
    "05072": "the store has no policies",
    "05073": "the policy store cannot be opened: the session is not elevated, or the IPsec Policy Agent has a problem",
}


def meaning(answer: str) -> str:
    """Return what is known about an error number in netsh's answer, empty for none (numbers as tools rely on them)."""
    match = re.search(r"ERR IPsec\s*\[(\d{5})\]", answer, re.IGNORECASE)
    return _CODES.get(match[1], "") if match else ""


def _marker(nonce: str, name: str) -> str:
    return f"@@{nonce}:{name}!"


def script(lines: Iterable[str]) -> bytes:
    """Return lines as standard input. What they are made of has been checked to be ASCII before."""
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def _without(answer: str, words: str) -> str:
    """Return the answer without the words around markers, which stand at its two ends; empty for mere approval."""
    head = 0
    while head < min(len(answer), len(words)) and answer[head] == words[head]:
        head += 1
    tail = 0
    while tail < min(len(answer), len(words)) - head and answer[-1 - tail] == words[-1 - tail]:
        tail += 1
    said = answer[head : len(answer) - tail].strip()
    return "" if said.lower() in ("", "ok.") else said
