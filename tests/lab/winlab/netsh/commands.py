# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of commands, verb by verb, and how a line of words becomes one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..store.errors import Code, StoreError
from .context import Process
from .words import Given, UsageError, Word, bind, pick

Handler = Callable[[Process, Given], None]


@dataclass(frozen=True, slots=True)
class Command:
    """One command: what it does and which tags it takes, in the order in which they may be left off."""

    run: Handler
    tags: tuple[str, ...] = ()


Table = Mapping[str, Mapping[str, Command]]
"""Commands by verb and object; a verb without an object has the empty text in its place."""

# A refusal that a one-shot netsh reports with exit code 0. Lab's choice, after reports of inconsistent codes.
# [ledger: netsh-exit-codes]
SILENT_CODES = frozenset(
    {
        Code.POLICY_EXISTS,
        Code.FILTER_LIST_EXISTS,
        Code.FILTER_ACTION_EXISTS,
        Code.RULE_EXISTS,
        Code.NO_POLICIES,
        Code.NO_FILTER_LISTS,
        Code.NO_FILTER_ACTIONS,
    }
)


def knows(words: list[Word], table: Table) -> bool:
    """Tell whether the words begin with a command of a table, even one that is not complete."""
    verb = pick(words[0].text, table)
    if verb is None:
        return False
    return "" in table[verb] or len(words) < 2 or pick(words[1].text, table[verb]) is not None


def run(process: Process, words: list[Word], table: Table) -> int:
    """Run a command that `knows` accepted; returns the exit code that a one-shot netsh would have."""
    verb = pick(words[0].text, table) or ""
    objects = table[verb]
    if "" in objects:
        command, rest = objects[""], words[1:]
    elif len(words) < 2:
        process.say(process.texts.available)
        for name in objects:
            process.say(f"{verb} {name}")
        return 1
    else:
        command, rest = objects[pick(words[1].text, objects) or ""], words[2:]
    try:
        command.run(process, bind(rest, command.tags))
    except UsageError as err:
        process.say(process.texts.bad_argument.format(word=err))
        _usage(process, command)
        return 1
    except StoreError as err:
        if err.code is Code.MISSING_TAG and not rest:
            # Without any word netsh prints how to use the command, and no error (seen for `add filter`).
            # [ledger: netsh-command-without-words]
            _usage(process, command)
            return 1
        process.report(err)
        return 0 if err.code in SILENT_CODES else 1
    return 0


def _usage(process: Process, command: Command) -> None:
    process.say(process.texts.usage)
    for tag in command.tags:
        process.say(f"  {tag}=")
