# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One store from the keys below its root: rules, sets, settings, and how they hang together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from .._windows.registry.keys import Key, Keys, is_below
from .._windows.rule_string import Damaged, RuleString, decode_rule
from .doubts import Doubt
from .kinds import DEFAULT, PRIMARY, Kind
from .model import MainModeRule, Opaque, Rule, Store, SuiteSet
from .rules import read_main_mode_rule, read_rule
from .schema import Schema
from .sets import read_set
from .settings import read_settings
from .stored import StoredSet, StoredValue, Values, values_of
from .words import KEY

_RULES = {"consecrules": Kind.RULE, "mainmoderules": Kind.MAIN_MODE_RULE}
# Documents differ on the plural, so either is taken (MS-GPFAS 2.2.4, 2.2.5).
_SETS = {
    **dict.fromkeys(("phase1authenticationset", "phase1authenticationsets"), Kind.FIRST),
    **dict.fromkeys(("phase2authenticationset", "phase2authenticationsets"), Kind.SECOND),
    **dict.fromkeys(("phase1cryptoset", "phase1cryptosets"), Kind.MAIN_MODE),
    **dict.fromkeys(("phase2cryptoset", "phase2cryptosets"), Kind.QUICK_MODE),
}
_R = TypeVar("_R", Rule, MainModeRule)
_AUTHENTICATION = (Kind.FIRST, Kind.SECOND)


@dataclass(slots=True)
class _Gathered:
    """What stands below the key of one kind of sets."""

    headers: dict[str, StoredSet] = field(default_factory=dict)
    suites: dict[str, list[tuple[str, Values]]] = field(default_factory=dict)
    deeper: set[str] = field(default_factory=set)
    redirects: dict[str, StoredValue] = field(default_factory=dict)


def read_store(keys: Keys | None, root: str, schema: Schema) -> Store:
    """Return the store below ``root`` as a Windows of this schema reads it; ``keys`` is None where there is no key."""
    if keys is None:
        return Store()
    rules: list[Rule] = []
    main_mode_rules: list[MainModeRule] = []
    opaque: list[Opaque] = []
    gathered: dict[str, _Gathered] = {}
    depth = root.count("\\") + 1
    for key in keys.values():
        if not is_below(key.path, root) or key.path.count("\\") < depth:
            continue
        place, *path = key.path.split("\\")[depth:]
        kind = _RULES.get(place.casefold())
        if kind is not None and not path:
            for identity, text in _texts(key, kind, opaque):
                if kind is Kind.RULE:
                    rules.append(read_rule(identity, text, schema))
                else:
                    main_mode_rules.append(read_main_mode_rule(identity, text, schema))
        elif place.casefold() in _SETS:
            into = gathered.setdefault(place.casefold(), _Gathered())
            _gather(into, path, values_of(key, secretive=_SETS[place.casefold()] in _AUTHENTICATION))
    sets: list[SuiteSet] = []
    for place, found in gathered.items():
        sets += _sets(_SETS[place], found, schema, opaque)
    by_set = {(each.kind, each.id.casefold()): each for each in sets}
    by_set |= {(each.kind, DEFAULT): each for each in sets if each.primary}
    return Store(
        rules=tuple(_linked(each, by_set) for each in _told_apart(rules)),
        main_mode_rules=tuple(_linked(each, by_set) for each in _told_apart(main_mode_rules)),
        sets=tuple(sets),
        settings=read_settings(keys.get(root)),
        opaque=tuple(opaque),
    )


def _texts(key: Key, kind: Kind, opaque: list[Opaque]) -> Iterator[tuple[str, RuleString]]:
    """Yield the rules of a key by their identifiers; what is none is noted."""
    for name, value in key.values.items():
        identity = key.names.get(name, name)
        if value.type != "REG_SZ" or not isinstance(value.data, str):
            opaque.append(Opaque(kind, identity, "it is of another type than REG_SZ"))
            continue
        found = decode_rule(value.data)
        if isinstance(found, Damaged):
            opaque.append(Opaque(kind, identity, found.reason))
        else:
            yield identity, found


def _gather(into: _Gathered, path: list[str], values: Values) -> None:
    match path:
        case []:
            into.redirects |= {each.name: each for each in values}
        case [identity]:
            into.headers[identity.casefold()] = StoredSet(identity, values)
        case [identity, suite]:
            into.headers.setdefault(identity.casefold(), StoredSet(identity))
            into.suites.setdefault(identity.casefold(), []).append((suite, values))
        case [identity, *_]:
            into.headers.setdefault(identity.casefold(), StoredSet(identity))
            into.deeper.add(identity.casefold())


def _sets(kind: Kind, found: _Gathered, schema: Schema, opaque: list[Opaque]) -> Iterator[SuiteSet]:
    """Yield the sets. A group policy keeps a primary one under another name, which a value tells (MS-GPFAS 2.2.4)."""
    primary = None
    for name, value in found.redirects.items():
        text = value.data
        if name.casefold() != PRIMARY[kind]:
            opaque.append(Opaque(kind, _shown(kind, name), "a value stands where only sets do"))
        elif not isinstance(text, str) or text.casefold() not in found.headers or PRIMARY[kind] in found.headers:
            opaque.append(Opaque(kind, name, "it does not name one set of the store"))
        else:
            primary = text.casefold()
    # netsh makes sets of its own for each rule, so most of a store are alike.
    alike: dict[object, SuiteSet] = {}
    for folded, header in found.headers.items():
        deeper, suites = folded in found.deeper, tuple(found.suites.get(folded, ()))
        stored = StoredSet(header.id, header.header, suites, deeper)
        said = (header.header, suites, deeper)
        if said not in alike:
            alike[said] = read_set(kind, stored, schema)
        is_primary = folded in (primary, PRIMARY[kind])
        yield replace(alike[said], id=header.id, stored=stored, primary=is_primary)


def _shown(kind: Kind, name: str) -> str:
    return "(not shown)" if kind in _AUTHENTICATION else name


def _told_apart(rules: Iterable[_R]) -> list[_R]:
    """Return rules with a doubt where another one has the same name: netsh reaches both by it."""
    rules = list(rules)
    counts = Counter(each.name.casefold() for each in rules if each.name is not None)
    return [
        _doubted(each, Doubt("name", "another rule has this name, and netsh would reach both", known=True))
        if each.name is not None and counts[each.name.casefold()] > 1
        else each
        for each in rules
    ]


def _linked(rule: _R, sets: Mapping[tuple[Kind, str], SuiteSet]) -> _R:
    """Return a rule with a doubt for each set that is not there, or that is in doubt itself."""
    for kind in (Kind.FIRST, Kind.SECOND, Kind.MAIN_MODE, Kind.QUICK_MODE):
        named: str | None = getattr(rule, kind.value, None)
        if not named:
            continue
        found = sets.get((kind, named.casefold()))
        if named != DEFAULT and found is None:
            rule = _doubted(rule, Doubt(kind.value, "it names a set that is not in this store"))
        elif found is not None and any(not doubt.known for doubt in found.doubts):
            rule = _doubted(rule, Doubt(kind.value, "not all of its set is known"))
    return _with_key(rule, sets)


def _with_key(rule: _R, sets: Mapping[tuple[Kind, str], SuiteSet]) -> _R:
    """A pre-shared key excludes a second authentication: Windows stores such a rule and does not enforce it."""
    first = sets.get((Kind.FIRST, (rule.first_authentication or "").casefold()))
    second = rule.second_authentication if isinstance(rule, Rule) else None
    methods = [getattr(each, "method", None) for each in (first.suites or () if first is not None else ())]
    if second and KEY in methods:
        reason = "a pre-shared key beside a second authentication: Windows does not enforce such a rule"
        return _doubted(rule, Doubt(Kind.SECOND.value, reason, known=True))
    return rule


def _doubted(rule: _R, doubt: Doubt) -> _R:
    return replace(rule, doubts=(*rule.doubts, doubt))
