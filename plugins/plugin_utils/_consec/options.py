# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One table for each kind of rule: its options, how they are read, how they are written, and how netsh is told them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from .._common.errors import IpsecError, hidden
from .._common.fields import Fields
from .._windows.netsh.line import Parameter, quoted
from .definitions import Definition, MainModeDefinition, Proofs, RuleDefinition
from .kinds import DEFAULT, Kind
from .proofs import read_proofs, tell_proofs, write_proofs
from .suites import SHOWN as SHOWN_OF_SETS
from .suites import read_main_mode, read_quick_mode, tell_main_mode, tell_quick_mode, write_main_mode, write_quick_mode
from .values import (
    ANY,
    read_description,
    read_endpoints,
    read_interface_types,
    read_ports,
    read_profiles,
    read_protocol,
    read_tunnel_end,
    read_word,
)
from .words import ACTIONS, CLEAR_OUT

ACTION_WORDS = (*ACTIONS.values(), CLEAR_OUT)
MODES = ("transport", "tunnel")
# What a host has besides, and a document of it shows. Nobody can tell netsh.
SHOWN = {
    Kind.RULE: ("id", "version", "group", "interfaces", "key_modules"),
    Kind.MAIN_MODE_RULE: ("id", "version", "group"),
}
_NO_SET = ("none", "")


@dataclass(frozen=True, slots=True)
class NamedSets:
    """The sets that a document names, for rules to share: their data with its path, by kind and folded name or id."""

    found: Mapping[tuple[Kind, str], tuple[str, Mapping[str, object]]] = field(default_factory=dict)
    # What was read, by what it is read from: many rules of a document say the same.
    seen: dict[tuple[Kind, str], Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a rule: ``tell`` yields what netsh is told of its value, ``write`` returns it as data."""

    name: str
    read: Callable[[Fields, str, NamedSets], Any]
    tell: Callable[[Any], Iterator[Parameter]]
    write: Callable[[Any], Any]


def _simple(read: Callable[[Fields, str], Any]) -> Callable[[Fields, str, NamedSets], Any]:
    return lambda fields, key, _sets: read(fields, key)


def _listed(tag: str) -> Callable[[Any], Iterator[Parameter]]:
    def tell(value: Any) -> Iterator[Parameter]:
        yield tag, ",".join(value) or ANY

    return tell


def _flag(tag: str) -> Callable[[Any], Iterator[Parameter]]:
    def tell(value: Any) -> Iterator[Parameter]:
        yield tag, "yes" if value else "no"

    return tell


def _word(tag: str) -> Callable[[Any], Iterator[Parameter]]:
    def tell(value: Any) -> Iterator[Parameter]:
        yield tag, value

    return tell


def _text(tag: str) -> Callable[[Any], Iterator[Parameter]]:
    def tell(value: Any) -> Iterator[Parameter]:
        yield tag, quoted(value)

    return tell


def _read_flag(fields: Fields, key: str) -> bool:
    return fields.flag(key, False)


def _plain(value: Any) -> Any:
    return value


def _told(tell: Callable[[Any], Iterator[Parameter]]) -> Callable[[Any], Iterator[Parameter]]:
    """Return what tells nothing of the set that rules get which name none."""
    return lambda value: iter(()) if value is None else tell(value)


def _written(write: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: DEFAULT if value is None else write(value)


def _set_of(fields: Fields, key: str, kind: Kind, sets: NamedSets) -> tuple[object, str] | None:
    """Return what a rule says for a set with its path, None for the set that rules get which name none."""
    value = fields.mapping(key)
    if not isinstance(value, str):
        return value, fields.at(key)
    folded = value.strip().casefold()
    if folded == DEFAULT:
        return None
    if folded in _NO_SET:
        return [], fields.at(key)
    found = sets.found.get((kind, folded))
    if found is None:
        expected = f"default, a set that the document names under sets.{kind.value}, or what belongs into it"
        raise IpsecError(fields.at(key), hidden(value), expected, "Name the set there, or write it here.")
    return found[1], found[0]


def _read_proofs(fields: Fields, key: str, sets: NamedSets, *, kind: Kind) -> Proofs | None:
    found = _set_of(fields, key, kind, sets)
    if found is None:
        return None
    data, path = found
    if isinstance(data, Mapping):
        fields = Fields(data, path, ("suites", *SHOWN_OF_SETS), hide=True)
        fields.require("suites", "a list of methods")
        data, path = fields.mapping("suites"), fields.at("suites")
    if not isinstance(data, (list, tuple)):
        raise IpsecError(path, hidden(data), "a list of methods", "Begin each method with a hyphen.")
    # An empty list says that there is none, and a rule that is silent has none.
    return read_proofs([(f"{path}[{index}]", item) for index, item in enumerate(data)], kind, path) or None


def _read_crypto(fields: Fields, key: str, sets: NamedSets, *, kind: Kind, read: Callable[[object, str], Any]) -> Any:
    found = _set_of(fields, key, kind, sets)
    if found is None or found[0] == []:
        return None
    said = (kind, repr(found[0]))
    if said not in sets.seen:
        sets.seen[said] = read(*found)
    return sets.seen[said]


_DESCRIPTION = Option("description", _simple(read_description), _text("description"), _plain)
_ENABLED = Option("enabled", _simple(_read_flag), _flag("enable"), _plain)
_PROFILES = Option("profiles", _simple(read_profiles), _listed("profile"), list)
_ENDPOINTS = tuple(Option(name, _simple(read_endpoints), _listed(name), list) for name in ("endpoint1", "endpoint2"))
_FIRST = Option(
    Kind.FIRST.value,
    partial(_read_proofs, kind=Kind.FIRST),
    _told(partial(tell_proofs, kind=Kind.FIRST)),
    _written(write_proofs),
)

_RULE = (
    Option("action", _simple(lambda fields, key: read_word(fields, key, ACTION_WORDS)), _word("action"), _plain),
    *_ENDPOINTS,
    Option("protocol", _simple(read_protocol), _word("protocol"), _plain),
    *(Option(name, _simple(read_ports), _listed(name), list) for name in ("port1", "port2")),
    Option("mode", _simple(lambda fields, key: read_word(fields, key, MODES)), _word("mode"), _plain),
    *(
        Option(f"{side}_tunnel_endpoint", _simple(read_tunnel_end), _listed(f"{side}tunnelendpoint"), list)
        for side in ("local", "remote")
    ),
    _PROFILES,
    Option("interface_types", _simple(read_interface_types), _listed("interfacetype"), list),
    Option("exempt_protected_connections", _simple(_read_flag), _flag("exemptipsecprotectedconnections"), _plain),
    Option("apply_authorization", _simple(_read_flag), _flag("applyauthz"), _plain),
    _FIRST,
    Option(
        Kind.SECOND.value,
        partial(_read_proofs, kind=Kind.SECOND),
        _told(partial(tell_proofs, kind=Kind.SECOND)),
        _written(write_proofs),
    ),
    Option(
        Kind.QUICK_MODE.value,
        partial(_read_crypto, kind=Kind.QUICK_MODE, read=read_quick_mode),
        tell_quick_mode,
        _written(write_quick_mode),
    ),
    _DESCRIPTION,
    _ENABLED,
)
_MAIN_MODE_RULE = (
    *_ENDPOINTS,
    _PROFILES,
    _FIRST,
    Option(
        Kind.MAIN_MODE.value,
        partial(_read_crypto, kind=Kind.MAIN_MODE, read=read_main_mode),
        tell_main_mode,
        _written(write_main_mode),
    ),
    _DESCRIPTION,
    _ENABLED,
)
OPTIONS = {Kind.RULE: _RULE, Kind.MAIN_MODE_RULE: _MAIN_MODE_RULE}
# The options that say which packets a rule is for, and with which ends.
SELECTORS = (
    *("endpoint1", "endpoint2", "protocol", "port1", "port2", "mode", "local_tunnel_endpoint"),
    *("remote_tunnel_endpoint", "profiles", "interface_types"),
)
CLASSES: Mapping[Kind, type[Definition]] = {Kind.RULE: RuleDefinition, Kind.MAIN_MODE_RULE: MainModeDefinition}


def new_definition(kind: Kind, name: str, values: Mapping[str, Any]) -> Definition:
    """Return a rule of which only these options are said."""
    if kind is Kind.RULE:
        return RuleDefinition(name=name, **values)
    return MainModeDefinition(name=name, **values)


def write_definition(kind: Kind, definition: Definition) -> dict[str, Any]:
    """Return a rule as data, without what says nothing."""
    usual = new_definition(kind, definition.name, {})
    return {
        "name": definition.name,
        **{
            option.name: option.write(value)
            for option in OPTIONS[kind]
            if (value := getattr(definition, option.name)) != getattr(usual, option.name)
            or option.name in ("action", "enabled")
        },
    }


def differing(kind: Kind, one: Definition, other: Definition) -> tuple[str, ...]:
    """Return the options in which two rules differ."""
    return tuple(option.name for option in OPTIONS[kind] if getattr(one, option.name) != getattr(other, option.name))
