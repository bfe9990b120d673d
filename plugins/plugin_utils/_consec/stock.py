# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host has, rule by rule in the form in which one is wanted; what cannot be put so is kept as it is, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeAlias

from .._common.address_sets import read_interval
from .._windows.netsh.text import name_trouble
from .definitions import Definition, MainMode, Proofs, QuickMode
from .kinds import DEFAULT, PRIMARY, Kind
from .model import (
    AuthenticationSuite,
    MainModeRule,
    MainModeSuite,
    QuickModeSuite,
    Rule,
    Settings,
    Store,
    SuiteSet,
    Texts,
)
from .options import OPTIONS, new_definition
from .rules import OLD_ENDS
from .suites import in_one_form
from .values import SUFFIX, in_order, ports_in_order, some_of
from .words import INTERFACE_TYPES, KEY, PROFILES

Key: TypeAlias = tuple[Kind, str]
# What Windows has built in (MS-FASP 2.2.65), as its own set for all rules would say it.
_BUILT_IN = tuple(
    MainModeSuite(key_exchange="dhgroup2", encryption=cipher, integrity="sha1") for cipher in ("aes128", "3des")
)
_SETS = {kind.value: kind for kind in (Kind.FIRST, Kind.SECOND, Kind.MAIN_MODE, Kind.QUICK_MODE)}
# What brings the values of an option into the one form in which they compare.
_FORMS: Mapping[str, Callable[[Texts], Texts]] = {
    **dict.fromkeys(("endpoint1", "endpoint2"), in_order),
    **dict.fromkeys(("port1", "port2"), ports_in_order),
    "profiles": partial(some_of, words=tuple(PROFILES.values())),
    "interface_types": partial(some_of, words=tuple(INTERFACE_TYPES.values())),
}
_NAMESAKE = "name"
_SIDES = ("local_tunnel_endpoint", "remote_tunnel_endpoint")


@dataclass(frozen=True, slots=True)
class Held:
    """A rule of a host. ``values`` are those options of which is known what they are.

    ``definition`` is None for one that netsh cannot be told; the ``reasons`` say why. ``rule`` is what was read, None
    for a rule that is yet to be made. The ``ends`` of a tunnel stand here when all else is known, and only nobody knows
    which of them is on this host [ledger: cs-tunnel-ends].
    """

    kind: Kind
    name: str
    rule: Rule | MainModeRule | None
    values: Mapping[str, Any] = field(repr=False)
    definition: Definition | None
    reasons: tuple[str, ...] = ()
    ends: frozenset[str] = frozenset()

    def with_ends(self, local: tuple[str, ...], remote: tuple[str, ...]) -> Held:
        """Return the rule with the ends of its tunnel on these sides, if it has these two; else as it is."""
        if not self.ends or self.ends != {*local, *remote}:
            return self
        values = {**self.values, **dict(zip(_SIDES, (local, remote), strict=True))}
        return replace(self, values=values, definition=new_definition(self.kind, self.name, values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """All of a host that netsh may change. Several rules may have one name; ``nameless`` have none that is known.

    ``left_behind`` are names of rules that took the place of others, which are still there: an earlier run was cut off.
    """

    held: Mapping[Key, tuple[Held, ...]] = field(default_factory=dict)
    nameless: tuple[Held, ...] = ()
    left_behind: tuple[Held, ...] = ()
    main_mode: MainMode | None = None
    settings: Settings = field(default_factory=Settings)
    store: Store = field(default_factory=Store)

    def one(self, key: Key) -> Held | None:
        """Return the only rule of a name, None where there is none; the first of several."""
        found = self.held.get(key, ())
        return found[0] if found else None


def take_stock(store: Store) -> Inventory:
    """Return the rules of a store by their names, as they are to be changed."""
    sets = {(each.kind, each.id.casefold()): each for each in store.sets}
    sets |= {(each.kind, DEFAULT): each for each in store.sets if each.primary}
    rules: tuple[Rule | MainModeRule, ...] = (*store.rules, *store.main_mode_rules)
    every = [_held(each, sets) for each in rules]
    main_mode = next((each for each in store.sets if each.primary and each.kind is Kind.MAIN_MODE), None)
    return replace(
        sorted_by_name(every),
        main_mode=None if main_mode is None else main_mode_of(main_mode),
        settings=store.settings,
        store=store,
    )


def sorted_by_name(every: Iterable[Held]) -> Inventory:
    """Return rules by their names; one that had begun to take the place of another counts as that, if it is gone."""
    every = tuple(every)
    held: dict[Key, list[Held]] = {}
    for each in every:
        if each.name:
            held.setdefault((each.kind, each.name.casefold()), []).append(each)
    left_behind = []
    for kind, name in [key for key in held if key[1].endswith(SUFFIX)]:
        taken, real = held.pop((kind, name)), (kind, name.removesuffix(SUFFIX))
        if real in held:
            left_behind += taken
        else:
            held[real] = taken
    return Inventory(
        held={key: tuple(found) for key, found in held.items()},
        nameless=tuple(each for each in every if not each.name),
        left_behind=tuple(left_behind),
    )


def _held(rule: Rule | MainModeRule, sets: Mapping[tuple[Kind, str], SuiteSet]) -> Held:
    kind = Kind.RULE if isinstance(rule, Rule) else Kind.MAIN_MODE_RULE
    values: dict[str, Any] = {}
    ends = _ends(rule)
    doubts = [doubt for doubt in rule.doubts if doubt.option != _NAMESAKE]
    reasons = [doubt.reason for doubt in doubts if not (ends and doubt.option in _SIDES)]
    for option in OPTIONS[kind]:
        read = getattr(rule, option.name)
        if read is None:
            continue
        if option.name in _SETS:
            found, reason = _set_of(_SETS[option.name], read, sets)
            if reason:
                reasons.append(reason)
                continue
            values[option.name] = found
        else:
            form = _FORMS.get(option.name)
            values[option.name] = read if form is None else form(read)
    trouble = name_trouble(rule.name) if rule.name else None
    if trouble is not None:
        reasons.append(f"it has a name that netsh cannot be told: expected {trouble[0]}")
    if len(values.get("interface_types", ())) > 1:
        reasons.append("netsh has no words for several types of interfaces")
    if len(values) + len(_SIDES if ends else ()) < len(OPTIONS[kind]) and not reasons:
        reasons.append("not all of it is known")
    name = rule.name or ""
    if ends:
        known = frozenset() if reasons or not name else ends
        reasons += [doubt.reason for doubt in doubts if doubt.option in _SIDES]
        return Held(kind, name, rule, values, None, tuple(dict.fromkeys(reasons)), known)
    definition = new_definition(kind, name, values) if name and not reasons else None
    return Held(kind, name, rule, values, definition, tuple(dict.fromkeys(reasons)))


def _ends(rule: Rule | MainModeRule) -> frozenset[str]:
    """Return both ends of a tunnel in the older form, which does not say for sure whose they are; else none."""
    texts = [text for name in OLD_ENDS for text in rule.text.all(name)]
    found = frozenset(str(interval) for text in texts if (interval := read_interval(text)) is not None)
    return found if len(texts) == len(found) == len(_SIDES) else frozenset()


def with_ends(inventory: Inventory, ends: Mapping[Key, tuple[tuple[str, ...], tuple[str, ...]]]) -> Inventory:
    """Return what a host has with the ends of tunnels on the sides on which they are said to be."""
    held = dict(inventory.held)
    for key, (local, remote) in ends.items():
        if key in held:
            held[key] = tuple(each.with_ends(local, remote) for each in held[key])
    return replace(inventory, held=held)


def _set_of(kind: Kind, reference: str, sets: Mapping[tuple[Kind, str], SuiteSet]) -> tuple[Any, str]:
    """Return what a rule has of a set, None for that of rules which name none, and why it is not known, if so."""
    if kind is Kind.SECOND:
        # netsh can say neither that there is none nor that it is the usual one: of a rule that is silent it is this.
        usual = sets.get((kind, DEFAULT))
        if reference in ("", DEFAULT) or (usual is not None and reference.casefold() == PRIMARY[kind]):
            return None, ""
    elif reference in ("", DEFAULT):
        return None, ""
    found = sets.get((kind, reference.casefold()))
    if found is None or any(not doubt.known for doubt in found.doubts):
        return None, f"not all of its {kind.value} is known"
    if kind in (Kind.FIRST, Kind.SECOND):
        return proofs_of(found), ""
    if kind is Kind.MAIN_MODE:
        main = main_mode_of(found)
        return main, "" if main is not None else "not all of its main_mode is known"
    suites = tuple(in_one_form(each) for each in found.suites or () if isinstance(each, QuickModeSuite))
    if any(each.esp_encryption != "none" and each.esp_integrity == "none" for each in suites):
        return None, "netsh has no words for a cipher without a hash"
    return QuickMode(suites=suites, perfect_forward_secrecy=found.perfect_forward_secrecy or "none"), ""


def proofs_of(found: SuiteSet) -> Proofs:
    """Return the methods of a set."""
    return tuple(each for each in found.suites or () if isinstance(each, AuthenticationSuite))


def main_mode_of(found: SuiteSet) -> MainMode | None:
    """Return the main mode of a set, None where not all of it is known."""
    suites = tuple(each for each in found.suites or () if isinstance(each, MainModeSuite))
    numbers = (found.lifetime_minutes, found.sessions, found.force_diffie_hellman)
    if found.doubts or None in numbers:
        return None
    return MainMode(
        suites=() if found.primary and suites == _BUILT_IN else suites,
        lifetime_minutes=found.lifetime_minutes or 0,
        sessions=found.sessions or 0,
        force_diffie_hellman=bool(found.force_diffie_hellman),
    )


def keys_of(store: Store) -> frozenset[str]:
    """Return the pre-shared keys of a store."""
    suites = (suite for found in store.sets for suite in found.suites or ())
    return frozenset(
        suite.key.reveal()
        for suite in suites
        if isinstance(suite, AuthenticationSuite) and suite.method == KEY and suite.key is not None
    )


def with_definitions(inventory: Inventory, wanted: Mapping[Key, Definition], gone: Iterable[Key]) -> Inventory:
    """Return what a host has when these rules are as they are wanted, and those are gone."""
    held = {key: found for key, found in inventory.held.items() if key not in set(gone)}
    for key, definition in wanted.items():
        before = inventory.one(key)
        if before is None:
            held[key] = (Held(key[0], definition.name, None, {}, definition),)
        else:
            held[key] = (replace(before, name=definition.name, definition=definition),)
    return replace(inventory, held=held, left_behind=())


def enabled_rules(inventory: Inventory) -> tuple[Held, ...]:
    """Return the connection security rules that are enabled or may be."""
    return tuple(
        each
        for found in (*inventory.held.values(), inventory.nameless, inventory.left_behind)
        for each in found
        if each.kind is Kind.RULE
        and (each.values.get("enabled") if each.definition is None else each.definition.enabled) is not False
    )
