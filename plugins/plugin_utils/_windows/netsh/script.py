# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""netsh lines as one session on standard input, and how its answer is taken apart.

netsh cannot print a marker of its own, but repeats a word that it does not know, in every language. So an unknown
word after each line tells where the answer to that line ends. Exit codes of netsh prove nothing and are not looked at.

[ledger: netsh-stdin-pipe, netsh-unknown-word-echo, logs-show-constant-lines, netsh-silence-is-success]
[ledger: netsh-exit-codes]
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..queries import script
from .line import Line

APPLY = "netsh.exe"
_LAST = "end"

# One Send of a stock connection must fit an envelope of 150 KiB, with base64 and SOAP around it.
MOST_INPUT_BYTES = 90 * 1024


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines for one netsh session."""

    lines: tuple[Line, ...]

    def input(self, nonce: str) -> bytes:
        """Return the standard input of the session, with a marker after each line."""
        texts = [_marker(nonce, "a"), _marker(nonce, "b")]
        for index, line in enumerate(self.lines):
            texts += [line.clear(), _marker(nonce, str(index))]
        return script([*texts, _marker(nonce, _LAST), "exit"])


def batches(lines: Iterable[Line], most: int = MOST_INPUT_BYTES) -> list[Batch]:
    """Return the lines in groups that fit into one session's standard input of at most that many bytes."""
    groups: list[list[Line]] = [[]]
    size = 0
    for line in lines:
        needed = len(line.clear()) + len("\r\n@@00000000:000000\r\n")
        if groups[-1] and size + needed > most - 200:
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

    [ledger: netsh-prompt-on-pipe, netsh-texts-of-answers]
    """
    plain = text.replace("netsh>", "")
    names = ["a", "b", *map(str, range(count)), _LAST]
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
    """Return what is known about an error number in netsh's answer, empty for none (numbers as tools rely on them).

    [ledger: netsh-err-prefix, netsh-err-numbers, netsh-err-empty-store]
    """
    match = re.search(r"ERR IPsec\s*\[(\d{5})\]", answer, re.IGNORECASE)
    return _CODES.get(match[1], "") if match else ""


def _marker(nonce: str, name: str) -> str:
    return f"@@{nonce}:{name}!"


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
