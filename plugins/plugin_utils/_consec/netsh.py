# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operations that netsh can carry out on connection security, and the line for each [ledger: cs-netsh-on-stdin].

A change always has the word new, without which nothing happens [ledger: cs-set-without-new].
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from .._common.errors import IpsecError
from .._windows.lines import check_netsh_value
from .._windows.netsh.line import LONGEST_LINE, Line, Parameter, quoted
from .definitions import Definition, kind_of
from .kinds import Kind
from .limits import refuse_untold
from .options import OPTIONS

_CONTEXT = {Kind.RULE: "advfirewall consec", Kind.MAIN_MODE_RULE: "advfirewall mainmode"}
_SETTING = re.compile(r"(?:ipsec|mainmode) [a-z]+ [A-Za-z0-9:.,-]+")


@dataclass(frozen=True, slots=True)
class AddRule:
    """Makes a rule; ``path`` is that of the document."""

    definition: Definition
    path: str = ""


@dataclass(frozen=True, slots=True)
class SetRule:
    """Gives options of a rule new values: those of ``definition``, which is the rule as it shall be.

    ``found_as`` is its name on the host.
    """

    definition: Definition
    options: tuple[str, ...]
    found_as: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class RenameRule:
    """Gives a rule another name."""

    kind: Kind
    name: str
    new: str


@dataclass(frozen=True, slots=True)
class DeleteRule:
    """Removes a rule; ``definition`` is what it was, None where that is not known."""

    kind: Kind
    name: str
    definition: Definition | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class SetGlobal:
    """Sets one value for all rules; ``words`` are those of netsh. ``value`` is what it shall be."""

    option: str
    words: str
    value: Any = field(default=None, compare=False)


Operation: TypeAlias = AddRule | SetRule | RenameRule | DeleteRule | SetGlobal


def render(operation: Operation) -> Line:
    """Return the line for an operation; IpsecError for what netsh cannot be told."""
    match operation:
        case AddRule(definition, path):
            refuse_untold(definition, path)
            parameters = tuple(_told(definition))
            line = Line(f"{_CONTEXT[kind_of(definition)]} add rule", (("name", quoted(definition.name)), *parameters))
            return _short_enough(line, path or definition.name)
        case SetRule(definition, options, found_as, path):
            changed = [option for option in OPTIONS[kind_of(definition)] if option.name in options]
            told = tuple(each for option in changed for each in option.tell(getattr(definition, option.name)))
            return _short_enough(Line(_set(kind_of(definition), found_as), told), path or found_as)
        case RenameRule(kind, name, new):
            return Line(_set(kind, name), (("name", quoted(new)),))
        case DeleteRule(kind, name):
            return Line(f"{_CONTEXT[kind]} delete rule", (("name", quoted(name)),))
        case SetGlobal(option, words):
            if not _SETTING.fullmatch(words):
                raise IpsecError(option, words, "a setting in words of netsh", "Please report it with the task.")
            return Line(f"advfirewall set global {words}", ())


def _set(kind: Kind, name: str) -> str:
    check_netsh_value("name", quoted(name))
    return f"{_CONTEXT[kind]} set rule name={quoted(name)} new"


def _told(definition: Definition) -> Iterator[Parameter]:
    """Yield what netsh is told of a new rule: what is said anyway where nothing is said is left out."""
    kind = kind_of(definition)
    usual = type(definition)(name=definition.name)
    for option in OPTIONS[kind]:
        value = getattr(definition, option.name)
        if option.name in _ALWAYS or value != getattr(usual, option.name):
            yield from option.tell(value)


# netsh needs the first three; whether a rule is in force is never left to it.
_ALWAYS = ("action", "endpoint1", "endpoint2", "enabled")


def _short_enough(line: Line, path: str) -> Line:
    length = len(line.clear())
    if length > LONGEST_LINE:
        expected = f"a rule that one line of {LONGEST_LINE} characters can tell; it takes {length}"
        raise IpsecError(path, "(not shown)", expected, "Make several rules of it, each with some of the addresses.")
    return line
