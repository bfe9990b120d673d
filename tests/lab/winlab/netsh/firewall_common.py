# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What both firewall contexts of netsh share: command tables, refusals, the closing line.

Every refusal ends with code 1, every success with the word for "Ok." and a blank line. A context whose service does
not run refuses everything (lab's choice).

[ledger: fw-ok-is-success, fw-service-stopped]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..firewall import store
from ..firewall.model import Profile
from .context import Process
from .words import Given, UsageError, Word, bind, pick


class Refusal(Exception):
    """A command that the firewall refuses; `key` names the text in the catalogue, `words` go into it."""

    def __init__(self, key: str, **words: str) -> None:
        super().__init__(key)
        self.key = key
        self.words = words


class Silence(Exception):
    """A command that does nothing, and says nothing about it."""


def bad(tag: str, value: str) -> Refusal:
    """Return the refusal of a value."""
    return Refusal("bad_value", tag=tag, value=value)


def require(given: Given, tag: str) -> str:
    """Return the value of a tag that has to be there and not empty."""
    value = given.get(tag)
    if not value:
        raise Refusal("missing", tag=tag)
    return value


def one_of(tag: str, value: str, choices: tuple[str, ...]) -> str:
    """Return the choice that a value is, or is cut short from."""
    found = pick(value, choices)
    if found is None:
        raise bad(tag, value)
    return found


@dataclass(frozen=True, slots=True)
class Command:
    """One command: what it does with its words, and its tags for the usage."""

    run: Callable[[Process, list[Word]], None]
    tags: tuple[str, ...] = ()


def tagged(run: Callable[[Process, Given], None], tags: tuple[str, ...]) -> Command:
    """Return a command that takes tags and nothing else."""
    return Command(lambda process, words: run(process, bind(words, tags)), tags)


Table = Mapping[str, Mapping[str, Command]]


def dispatch(process: Process, words: list[Word], table: Table) -> int | None:
    """Run a command of a context; None if the context does not know it."""
    verb = pick(words[0].text, (*table, "help", "?"))
    if verb in ("help", "?"):
        _list(process, table)
        return 0
    if verb is None:
        return None
    if len(words) < 2:
        _list(process, {verb: table[verb]})
        return 1
    name = pick(words[1].text, table[verb])
    return None if name is None else _run(process, words[2:], table[verb][name])


def _list(process: Process, table: Table) -> None:
    process.say(process.texts.available)
    for verb, objects in table.items():
        for name in objects:
            process.say(f"{verb} {name}")


def _run(process: Process, words: list[Word], command: Command) -> int:
    texts = process.texts
    try:
        if not store.running(process.host):
            raise Refusal("no_service")
        command.run(process, words)
    except UsageError as err:
        process.say(texts.bad_argument.format(word=err))
        process.say(texts.usage)
        for tag in command.tags:
            process.say(f"  {tag}=")
        process.say("")
        return 1
    except Silence:
        return 0
    except Refusal as err:
        process.say("")
        process.say(texts.firewall[err.key].format(**err.words))
        process.say("")
        return 1
    process.say(texts.firewall["ok"])
    process.say("")
    return 0


def place_of_new(words: list[Word]) -> int | None:
    """Return where the word `new` stands, behind which a set command says what changes."""
    return next((n for n, word in enumerate(words) if word.text.lower() == "new" and not word.quoted), None)


def profiles(tag: str, value: str) -> dict[str, Any]:
    """Return the field of a rule for its profiles; a refusal for what names none."""
    names = [pick(part.strip(), ("any", "domain", "private", "public")) for part in value.split(",")]
    if None in names or ("any" in names and len(names) > 1):
        raise bad(tag, value)
    chosen = tuple(each for each in Profile if each.lower() in names)
    return {"profiles": () if len(chosen) == len(Profile) else chosen}


def says(rule: object, wanted: Mapping[str, Any]) -> bool:
    """Tell whether the fields of a rule are as criteria want them. Lists compare without order, texts without case."""
    return all(_comparable(getattr(rule, key)) == _comparable(value) for key, value in wanted.items())


def _comparable(value: Any) -> Any:
    if isinstance(value, tuple):
        return set(value)
    return value.lower() if isinstance(value, str) else value


def tell_count(process: Process, key: str, count: int) -> None:
    """Say how many rules a command has changed."""
    process.say("")
    process.say(process.texts.firewall[key].format(count=count))


def field(process: Process, key: str, value: str) -> None:
    """Print one line of a show command."""
    process.say(f"{process.texts.firewall[key] + ':':<38}{value}")
