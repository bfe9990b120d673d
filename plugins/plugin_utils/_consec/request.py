# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task asks for: the rules that a document describes, by name, with the options that it gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from .._common.errors import IpsecError, hidden
from .._common.fields import Fields
from .definitions import RULE_KINDS
from .kinds import Kind
from .options import OPTIONS, SHOWN, NamedSets
from .settings_options import GivenDefaults, check_set, read_defaults
from .values import read_name

DOCUMENT_OPTIONS = ("rules", "main_mode_rules", "sets", "defaults")
_SETS = (Kind.FIRST, Kind.SECOND, Kind.MAIN_MODE, Kind.QUICK_MODE)
_DESCRIPTION = "description"
_LISTS = ("interfaces", "key_modules")
_KIND_OF = {kind.value: kind for kind in _SETS}


class Mode(StrEnum):
    """What a document means for the rules of a host."""

    MERGED = "merged"
    REPLACED = "replaced"
    OVERRIDDEN = "overridden"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class GivenRule:
    """A rule of a document: the options that it gives, and what it shows of a host besides.

    ``references`` are the identifiers of sets by which a document of a host names them. What such a set holds may be
    more than can be told; its refusal then stands in the place of the value, for a rule that has another set. So do
    those of a name and a description that netsh cannot be told (``odd_name``, ``odd_description``), which a rule of the
    host may have and keep.
    """

    kind: Kind
    name: str
    path: str
    options: Mapping[str, Any]
    shown: Mapping[str, object] = field(default_factory=dict)
    references: Mapping[str, str] = field(default_factory=dict)
    odd_name: IpsecError | None = None
    odd_description: str | None = None

    @property
    def key(self) -> tuple[Kind, str]:
        """What tells rules apart: netsh knows them by their names alone."""
        return self.kind, self.name.casefold()


@dataclass(frozen=True, slots=True)
class Request:
    """A document and what it means."""

    mode: Mode
    rules: tuple[GivenRule, ...]
    defaults: GivenDefaults = field(default_factory=GivenDefaults)


def read_request(config: object, mode: Mode) -> Request:
    """Return what a document asks for; IpsecError with the path for what no host could take."""
    fields = Fields(config, "config", DOCUMENT_OPTIONS)
    sets = _named_sets(fields)
    rules = tuple(each for kind in RULE_KINDS for each in _rules(fields, kind, sets, mode))
    if mode is Mode.DELETED and fields.given("defaults"):
        remedy = "netsh has no words to unset them: leave defaults out, or say what they shall be."
        raise IpsecError(
            fields.at("defaults"), hidden(fields.mapping("defaults")), "no defaults with this state", remedy
        )
    return Request(mode, rules, read_defaults(fields, "defaults"))


def read_one_rule(given: Mapping[str, object]) -> Request:
    """Return what the options of a task for one rule ask for; options that are not given stay as they are."""
    options = {"name", *(each.name for each in OPTIONS[Kind.RULE])}
    gone = given.get("state") == "absent"
    said = {key: value for key, value in given.items() if key in options}
    mode = Mode.DELETED if gone else Mode.MERGED
    return Request(mode, (_rule(said, "", Kind.RULE, NamedSets(), mode),))


def _rules(fields: Fields, kind: Kind, sets: NamedSets, mode: Mode) -> Iterator[GivenRule]:
    seen: set[str] = set()
    for path, item in fields.items(kind.value):
        found = _rule(item, path, kind, sets, mode)
        if found.name.casefold() in seen:
            expected = "a name that the document has once"
            raise IpsecError(
                f"{path}.name", found.name, expected, "Choose another name: netsh knows rules by it alone."
            )
        seen.add(found.name.casefold())
        yield found


def _rule(data: object, path: str, kind: Kind, sets: NamedSets, mode: Mode) -> GivenRule:
    options = OPTIONS[kind]
    fields = Fields(data, path, ("name", *(each.name for each in options), *SHOWN[kind]))
    fields.require("name", "the name of the rule")
    name, odd_name = _name(fields)
    if mode is Mode.DELETED:
        return GivenRule(kind, name, path, {})
    values: dict[str, Any] = {}
    references: dict[str, str] = {}
    for each in options:
        if not fields.given(each.name):
            continue
        reference = _reference(fields.mapping(each.name), each.name, sets)
        if reference is not None:
            references[each.name] = reference
        odd = each.name == _DESCRIPTION and fields.given("id")
        try:
            values[each.name] = each.read(fields, each.name, sets)
        except IpsecError as error:
            if reference is None and not odd:
                raise
            values[each.name] = error
    shown: dict[str, object] = {
        key: fields.texts(key) if key in _LISTS else fields.text(key, "") for key in SHOWN[kind] if fields.given(key)
    }
    description = fields.text(_DESCRIPTION, "") if isinstance(values.get(_DESCRIPTION), IpsecError) else None
    return GivenRule(kind, name, path, values, shown, references, odd_name, description)


def _name(fields: Fields) -> tuple[str, IpsecError | None]:
    """Return a name; that of a document of a host may be one that netsh cannot be told, and stands with its refusal."""
    try:
        return read_name(fields, "name"), None
    except IpsecError as error:
        text = fields.text("name", "")
        if not fields.given("id") or not text:
            raise
        return text, error


def _reference(value: object, option: str, sets: NamedSets) -> str | None:
    """Return the identifier of the set that a text names, None for one that has none or is no such text."""
    kind = _KIND_OF.get(option)
    if kind is None or not isinstance(value, str):
        return None
    _path, data = sets.found.get((kind, value.strip().casefold()), ("", {}))
    return str(data["id"]).casefold() if data.get("id") else None


def _named_sets(outer: Fields) -> NamedSets:
    found: dict[tuple[Kind, str], tuple[str, Mapping[str, object]]] = {}
    fields = Fields(outer.mapping("sets"), outer.at("sets"), tuple(kind.value for kind in _SETS))
    for kind in _SETS:
        for path, item in fields.items(kind.value):
            if not isinstance(item, Mapping):
                raise IpsecError(path, hidden(item), "a mapping with name and suites", "Write name and suites.")
            check_set(kind, item, path)
            names = {str(item[key]).strip().casefold() for key in ("name", "id") if item.get(key)}
            if not names:
                raise IpsecError(f"{path}.name", None, "the name of the set", "Add name.")
            for name in names:
                if (kind, name) in found:
                    raise IpsecError(f"{path}.name", name, "a name that one set has", "Choose another name.")
                found[kind, name] = (path, item)
    return NamedSets(found)
