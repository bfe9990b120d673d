# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host shall have, from what it has and what a document asks for. What netsh cannot be told is refused here.

netsh reaches every rule of a name, so one that several rules have is refused [ledger: cs-names-repeat, cs-every-match].
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .._common.errors import IpsecError, hidden
from .definitions import Definition, MainMode, RuleDefinition
from .kinds import DEFAULT, Kind
from .limits import check_definition, check_version, newer_main_mode
from .options import SHOWN, new_definition
from .proofs import read_proofs, with_keys
from .request import GivenRule, Mode, Request
from .schema import Schema
from .settings_options import Setting, changed_settings, refuse_shown, says_nothing, untold_exemption
from .stock import Held, Inventory, Key, proofs_of, with_definitions, with_ends
from .suites import MAIN_MODE_OPTIONS, read_quick_mode
from .values import SUFFIX
from .words import EXEMPT

_LOCAL, _REMOTE = "local_tunnel_endpoint", "remote_tunnel_endpoint"
_FOR_REFERENCE = ("id", "version")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What shall become of a host: its rules by name, those that go, and what of its settings changes.

    ``paths`` are those of the document, by rule. ``after`` is the host as it shall be.
    """

    before: Inventory
    rules: Mapping[Key, Definition]
    gone: tuple[Key, ...] = ()
    main_mode: MainMode | None = None
    main_mode_options: tuple[str, ...] = ()
    settings: tuple[tuple[Setting, Any], ...] = ()
    paths: Mapping[Key, str] = field(default_factory=dict)
    after: Inventory


def what_is_wanted(have: Inventory, request: Request, schema: Schema) -> Wanted:
    """Return what a document makes of a host; IpsecError with the path for what netsh cannot bring about."""
    ends = {given.key: (given.options[_LOCAL], given.options[_REMOTE]) for given in request.rules if _has_ends(given)}
    have = with_ends(have, ends)
    rules: dict[Key, Definition] = {}
    gone: list[Key] = []
    for given in request.rules:
        held = _unique(have, given.key, given.path, given.name)
        if request.mode is Mode.DELETED:
            if held is not None:
                gone.append(given.key)
            continue
        found = _wanted_rule(held, given, request.mode)
        if found is not None:
            check_definition(found, given.path)
            if held is None or found != held.definition:
                check_version(found, given.path, schema)
            rules[given.key] = found
    if request.mode is Mode.OVERRIDDEN:
        gone += _others(have, {given.key for given in request.rules})
    main_mode, options = _main_mode(have, request, schema)
    settings = tuple(changed_settings(have.settings, request.defaults))
    for setting, value in settings:
        error = untold_exemption(value, "config.defaults.settings.exemptions") if setting.name == "exemptions" else None
        if error is not None:
            raise error
    refuse_shown(have.settings, request.defaults, "config.defaults.settings")
    _refuse_sets(have, request)
    after = with_definitions(have, rules, gone)
    told = {setting.name: value for setting, value in settings}
    return Wanted(
        before=have,
        rules=rules,
        gone=tuple(gone),
        main_mode=main_mode if options else None,
        main_mode_options=options,
        settings=settings,
        paths={given.key: given.path for given in request.rules},
        after=replace(
            after, main_mode=main_mode if options else have.main_mode, settings=replace(have.settings, **told)
        ),
    )


def _has_ends(given: GivenRule) -> bool:
    return bool(given.options.get(_LOCAL)) and bool(given.options.get(_REMOTE))


def _unique(have: Inventory, key: Key, path: str, name: str) -> Held | None:
    found = have.held.get(key, ())
    if len(found) > 1:
        where = f"{path}.name" if path else "name"
        remedy = f"netsh would reach all {len(found)} of them: rename or delete the others on the host first."
        raise IpsecError(where, name, "a name that one rule of the host has", remedy)
    return found[0] if found else None


def _wanted_rule(held: Held | None, given: GivenRule, mode: Mode) -> Definition | None:
    """Return the rule that is wanted, None for one that stays as it is because it cannot be told."""
    if held is None and given.odd_name is not None:
        raise given.odd_name
    values = _values(held, given)
    _refuse_untold(held, given)
    if held is None:
        return new_definition(given.kind, given.name, values)
    if held.definition is None:
        _refuse_change(held, given, values)
        return None
    name = held.name.removesuffix(SUFFIX)
    base: Any = held.definition if mode is Mode.MERGED else new_definition(given.kind, name, {})
    found = replace(base, name=name, **_sets_that_stay(base, values), **values)
    had: Any = held.definition
    kept: dict[str, Any] = {
        option.value: _kept(found, had, option) for option in (Kind.FIRST, Kind.SECOND) if hasattr(found, option.value)
    }
    result: Definition = replace(found, **kept)
    return result


def _sets_that_stay(base: Definition, values: Mapping[str, Any]) -> dict[str, None]:
    """Return the sets that a rule loses which protects nothing any more."""
    if values.get("action") != EXEMPT or not isinstance(base, RuleDefinition):
        return {}
    return dict.fromkeys({Kind.FIRST.value, Kind.SECOND.value, Kind.QUICK_MODE.value} - set(values))


def _kept(found: Any, had: Any, option: Kind) -> Any:
    return with_keys(getattr(found, option.value), getattr(had, option.value))


def _values(held: Held | None, given: GivenRule) -> dict[str, Any]:
    """Return the options that are given; a set that the rule has already needs not be understood."""
    found = {}
    for option, value in given.options.items():
        reference = given.references.get(option)
        has = getattr(held.rule, option, None) if held is not None else None
        if reference is not None and isinstance(has, str) and has.casefold() == reference and held is not None:
            if option in held.values:
                found[option] = held.values[option]
            continue
        if option == "description" and given.odd_description is not None and has == given.odd_description:
            found[option] = has
            continue
        if isinstance(value, IpsecError):
            raise value
        found[option] = value
    return found


def _refuse_untold(held: Held | None, given: GivenRule) -> None:
    """Refuse what a document shows of a host and this host has not so."""
    for option in SHOWN[given.kind]:
        if option in _FOR_REFERENCE or option not in given.shown:
            continue
        value = given.shown[option]
        had = getattr(held.rule, option, None) if held is not None else None
        had = list(had) if isinstance(had, tuple) else had
        if value in ("", [], None) and not had:
            continue
        if value != had:
            where = f"{given.path}.{option}" if given.path else option
            expected = "what the rule has on the host, since netsh has no words for it"
            raise IpsecError(where, hidden(value), expected, "Leave it out, or make such a rule with PowerShell.")


def _refuse_change(held: Held, given: GivenRule, values: Mapping[str, Any]) -> None:
    for option, value in values.items():
        if option not in held.values or held.values[option] != value:
            where = f"{given.path}.{option}" if given.path else option
            expected = f"the rule as it is, since netsh cannot be told all of it: {'; '.join(held.reasons)}"
            raise IpsecError(where, _plain(value), expected, "Change it with PowerShell, or delete it first.")


def _plain(value: Any) -> object:
    if isinstance(value, (str, int, bool)) or value is None:
        return value
    return (
        ", ".join(value) if isinstance(value, tuple) and all(isinstance(each, str) for each in value) else hidden([0])
    )


def _others(have: Inventory, named: set[Key]) -> Iterator[Key]:
    """Yield the rules that a document does not name; refuse those that netsh could not make again."""
    for key, found in have.held.items():
        if key in named:
            continue
        _unique(have, key, f"config.{key[0].value}", found[0].name)
        if found[0].definition is None and not found[0].ends:
            expected = f"a document that has it, since netsh cannot be told all of it: {'; '.join(found[0].reasons)}"
            remedy = "Put its name into the document to keep it, or delete it by its name with state deleted."
            raise IpsecError(f"config.{key[0].value}", found[0].name, expected, remedy)
        yield key
    for each in have.nameless:
        value = each.rule.id if each.rule is not None else ""
        expected = "rules with a name, by which netsh finds them"
        raise IpsecError(
            f"config.{each.kind.value}", value, expected, "Look at it on the host, or choose state replaced."
        )


def _main_mode(have: Inventory, request: Request, schema: Schema) -> tuple[MainMode | None, tuple[str, ...]]:
    """Return the main mode of all rules as it shall be, and the options in which it differs."""
    given = request.defaults.main_mode
    if given is None:
        return have.main_mode, ()
    has = have.main_mode or MainMode()
    merged = request.mode is Mode.MERGED
    options = [name for name in MAIN_MODE_OPTIONS if not merged or name in request.defaults.main_mode_options]
    wanted = replace(has, **{name: getattr(given, name) for name in options})
    for needed, option, value in newer_main_mode(wanted, "config.defaults.main_mode"):
        if schema < needed:
            expected = "a group that this version of Windows has"
            raise IpsecError(option, value, expected, "Choose another group, or upgrade the host.")
    unknown = have.main_mode is None and any(each.primary and each.kind is Kind.MAIN_MODE for each in have.store.sets)
    if unknown:
        expected = "a main mode of the host that is understood"
        raise IpsecError("config.defaults.main_mode", "given", expected, "Look at it on the host first.")
    return wanted, tuple(name for name in options if getattr(wanted, name) != getattr(has, name))


def _refuse_sets(have: Inventory, request: Request) -> None:
    """Refuse the sets for rules that name none, of which netsh can set that of main mode only."""
    for kind, data in request.defaults.sets.items():
        path = f"config.defaults.{kind.value}"
        if says_nothing(data):
            continue
        found = next((each for each in have.store.sets if each.kind is kind and each.primary), None)
        suites = data.get("suites", ()) if isinstance(data, Mapping) else data
        if found is not None and isinstance(data, Mapping) and data.get("id") == found.id:
            continue
        if found is not None and kind is not Kind.QUICK_MODE and isinstance(suites, (list, tuple)):
            items = [(f"{path}.suites[{index}]", item) for index, item in enumerate(suites)]
            if read_proofs(items, kind, path) == proofs_of(found):
                continue
        if kind is Kind.QUICK_MODE and found is not None and read_quick_mode(data, path).suites == found.suites:
            continue
        expected = "what the host has: netsh has no words for the set of rules which name none"
        raise IpsecError(path, hidden(data), expected, f"Write it into each rule instead of {DEFAULT}.")
