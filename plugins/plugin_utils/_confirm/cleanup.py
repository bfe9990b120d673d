# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs have left on a host, told by its names, and what takes it away.

All that a run makes is unassigned, disabled or asleep, and its name begins with :data:`.talk.PREFIX`: so the host
itself keeps the list of what is to be removed, and any later run from any controller finds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .._policies.store.objects import Kind, StoredObject
from .._windows.netsh.line import quoted
from . import rule_checks
from .talk import PREFIX, Talk

TASK = "winsec-confirm-task"
KEY = r"HKLM\SOFTWARE\winsec-confirm-key"
_ORDER = ((Kind.POLICY, "policy"), (Kind.FILTER_LIST, "filterlist"), (Kind.FILTER_ACTION, "filteraction"))


@dataclass(frozen=True, slots=True)
class Left:
    """What a run has left: objects of the store and rules by netsh's word and name, the task, the key."""

    objects: tuple[tuple[str, str], ...] = ()
    rules: tuple[tuple[str, str], ...] = ()
    task: bool = False
    key: bool = False

    def __bool__(self) -> bool:
        return bool(self.objects or self.rules) or self.task or self.key

    @property
    def words(self) -> list[str]:
        """What is there, for people."""
        found = [f"{word} {name}" for word, name in self.objects + self.rules]
        return found + ([f"task {TASK}"] if self.task else []) + ([f"key {KEY}"] if self.key else [])


def is_ours(stored: StoredObject) -> bool:
    """Tell whether an object of the store was made by a run, whatever its letter case."""
    return stored.name.casefold().startswith(PREFIX)


def look(talk: Talk) -> Left:
    """Read the host, and return what runs have left there."""
    talk.read()
    rules: tuple[tuple[str, str], ...] = ()
    if rule_checks.is_there(talk.version):
        sections = talk.ask(rule_checks.QUESTIONS)
        names = {
            (word, rule.name) for key, word in rule_checks.WORDS.items() for rule in rule_checks.own(sections[key])
        }
        rules = tuple(sorted(names))
    asked = talk.ask({"task": f"schtasks.exe /query /tn {TASK}", "key": f"reg.exe query {KEY}"})
    objects = talk.stored()
    found = [(word, each.name) for kind, word in _ORDER for each in objects if each.kind is kind and is_ours(each)]
    return Left(tuple(found), rules, asked["task"].code == 0, asked["key"].code == 0)


def remove(talk: Talk) -> Left:
    """Remove all of it; return what is there all the same."""
    left = look(talk)
    if left.objects or left.rules:
        talk.netsh(*_lines(left))
    if left.task or left.key:
        talk.ask({"version": "ver"}, list(_commands(left)))
    return look(talk) if left else left


def _lines(left: Left) -> Iterator[str]:
    for word, name in left.objects:
        yield f"ipsec static delete {word} name={quoted(name)}"
    for word, name in left.rules:
        yield f"advfirewall {word} delete rule name={quoted(name)}"


def _commands(left: Left) -> Iterator[str]:
    if left.task:
        yield f"schtasks.exe /delete /tn {TASK} /f"
    if left.key:
        yield f"reg.exe delete {KEY} /f"
