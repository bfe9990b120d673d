# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way from what a host has to what it shall have: steps in order, of which every prefix leaves each packet safe.

New rules are made disabled and read again before the first of them is enabled. A rule that matches other packets than
before, or proves itself in another way, is made anew under a name of its own, and takes the place of the old one when
it is in force; only then does the old one go. Where a run was cut off, the next one finds both.
What becomes of the sets of a rule is the matter of netsh [ledger: cs-set-leaks].
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from .._windows.engine import Step
from .definitions import RULE_KINDS, Definition, RuleDefinition, kind_of
from .kinds import Kind
from .netsh import AddRule, DeleteRule, Operation, RenameRule, SetGlobal, SetRule
from .options import differing
from .order import changing, coming, going
from .sequence import in_sequence, needs_sequence
from .settings_options import told_main_mode
from .stock import Held, Inventory
from .values import SUFFIX
from .wanted import Wanted
from .words import EXEMPT

# What may be changed where it stands: the rule goes on matching the same packets, and proves itself as before.
_IN_PLACE = frozenset(("description", "enabled", "action", Kind.QUICK_MODE.value, Kind.MAIN_MODE.value))
_LIFETIMES = ("lifetime_minutes", "sessions")

Steps = tuple[Step[Operation], ...]


@dataclass(slots=True)
class _Phases:
    """The steps by when they come; each list is ordered on its own."""

    tidy: list[Step[Operation]] = field(default_factory=list)
    settings: list[Step[Operation]] = field(default_factory=list)
    made: list[tuple[Definition, Step[Operation]]] = field(default_factory=list)
    coming: list[tuple[Definition, Step[Operation]]] = field(default_factory=list)
    changing: list[tuple[Definition, Step[Operation]]] = field(default_factory=list)
    going: list[tuple[Definition | None, Step[Operation]]] = field(default_factory=list)
    named: list[Step[Operation]] = field(default_factory=list)


def make_plan(want: Wanted) -> Steps:
    """Return the steps to what is wanted; none where nothing differs."""
    phases = _Phases()
    for each in want.before.left_behind:
        reason = "an earlier run was cut off before this rule had taken the place of another one"
        phases.tidy.append(Step(DeleteRule(each.kind, each.name, each.definition), reason))
    _settings(want, phases)
    for found in want.before.held.values():
        if len(found) == 1 and found[0].name.endswith(SUFFIX):
            name = found[0].name.removesuffix(SUFFIX)
            phases.tidy.append(Step(RenameRule(found[0].kind, found[0].name, name), "an earlier run was cut off"))
    for key, definition in want.rules.items():
        held = want.before.one(key)
        path = want.paths.get(key, "")
        if held is None or held.definition is None:
            _new(definition, path, "the rule is missing", phases)
        else:
            _changed(replace(held.definition, name=definition.name), definition, path, phases)
    for key in want.gone:
        held = want.before.one(key)
        if held is not None:
            name = held.name.removesuffix(SUFFIX)
            reason = "the rule shall not be there"
            phases.going.append((held.definition, Step(DeleteRule(held.kind, name, held.definition), reason)))
    return tuple(_in_order(phases))


def _settings(want: Wanted, phases: _Phases) -> None:
    reason = "a setting for all rules differs"
    lifetime = False
    for option in want.main_mode_options:
        if want.main_mode is None or (lifetime and option in _LIFETIMES):
            continue
        lifetime = lifetime or option in _LIFETIMES
        words = f"mainmode {told_main_mode(option, want.main_mode)}"
        phases.settings.append(Step(SetGlobal(f"defaults.main_mode.{option}", words, want.main_mode), reason))
    for setting, value in want.settings:
        operation = SetGlobal(f"defaults.settings.{setting.name}", f"ipsec {setting.tell(value)}", value)
        phases.settings.append(Step(operation, reason))


def _new(definition: Definition, path: str, reason: str, phases: _Phases) -> None:
    """Make a rule, disabled at first."""
    phases.made.append((definition, Step(AddRule(replace(definition, enabled=False), path), reason)))
    if definition.enabled:
        operation = SetRule(definition, ("enabled",), definition.name, path)
        phases.coming.append((definition, Step(operation, "it is there as it was told")))


def _changed(had: Definition, shall: Definition, path: str, phases: _Phases) -> None:
    options = differing(kind_of(shall), had, shall)
    if not options:
        return
    reason = f"the rule differs in {', '.join(options)}"
    if not _in_place(had, shall, options):
        stands_in = replace(shall, name=f"{shall.name}{SUFFIX}")
        _new(stands_in, path, reason, phases)
        gone = DeleteRule(kind_of(shall), shall.name, had)
        phases.going.append((had, Step(gone, f"{stands_in.name!r} has taken its place")))
        phases.named.append(Step(RenameRule(kind_of(shall), stands_in.name, shall.name), "the old rule is gone"))
    elif had.enabled == shall.enabled:
        into = phases.changing if shall.enabled else phases.made
        into.append((shall, Step(SetRule(shall, options, shall.name, path), reason)))
    elif shall.enabled:
        others = tuple(option for option in options if option != "enabled")
        if others:
            sleeping = replace(shall, enabled=False)
            phases.made.append((shall, Step(SetRule(sleeping, others, shall.name, path), reason)))
        phases.coming.append((shall, Step(SetRule(shall, ("enabled",), shall.name, path), reason)))
    else:
        phases.going.append((had, Step(SetRule(shall, options, shall.name, path), reason)))


def _in_place(had: Definition, shall: Definition, options: Iterable[str]) -> bool:
    # Windows refuses a description that is given and empty (MS-FASP 2.2.55).
    if not _IN_PLACE.issuperset(options) or ("description" in options and not shall.description):
        return False
    # A rule that protects nothing has no sets, and netsh has no words to take them away or to give the usual ones.
    return not (isinstance(had, RuleDefinition) and isinstance(shall, RuleDefinition)) or (
        (had.action == EXEMPT) == (shall.action == EXEMPT)
    )


def _in_order(phases: _Phases) -> Iterator[Step[Operation]]:
    """Yield the steps; main-mode rules come before the rules that use them, and go after them."""
    yield from phases.tidy
    yield from phases.settings
    made = sorted(phases.made, key=lambda each: (_rank(each[0]), coming(each[0])))
    yield from (step for _definition, step in made)
    effective = [
        *_winners_first(phases.coming),
        *sorted(phases.changing, key=lambda each: (_rank(each[0]), changing(each[0]))),
        *_winners_last(phases.going),
    ]
    added = tuple(
        step.operation.definition for _definition, step in made if isinstance(step.operation, AddRule | SetRule)
    )
    rest = [*(step for _definition, step in effective), *phases.named]
    for index, step in enumerate(rest):
        yield replace(step, barrier=True, requires=added) if made and index == 0 else step


def _winners_first(found: list[tuple[Definition, Step[Operation]]]) -> list[tuple[Definition, Step[Operation]]]:
    rules = [definition for definition, _step in found]
    if needs_sequence(rules):
        return [found[index] for index in in_sequence(rules, lambda each: (_rank(each), coming(each)))]
    return sorted(found, key=lambda each: (_rank(each[0]), coming(each[0])))


def _winners_last(
    found: list[tuple[Definition | None, Step[Operation]]],
) -> list[tuple[Definition | None, Step[Operation]]]:
    known = [(definition, step) for definition, step in found if definition is not None]
    rules = [definition for definition, _step in known]
    if not needs_sequence(rules):
        return sorted(found, key=_leaving)
    others = [(definition, step) for definition, step in found if definition is None]
    order = in_sequence(rules, lambda each: (_rank(each), coming(each)))
    return [*others, *(known[index] for index in reversed(order))]


def _rank(definition: Definition) -> int:
    return -RULE_KINDS.index(kind_of(definition))


def _leaving(each: tuple[Definition | None, Step[Operation]]) -> tuple[object, ...]:
    definition, step = each
    kind = step.operation.kind if isinstance(step.operation, DeleteRule) else Kind.RULE
    if definition is None:
        return (RULE_KINDS.index(kind), 0)
    return (RULE_KINDS.index(kind_of(definition)), 1, going(definition))


def missing(have: Inventory, required: Iterable[Definition]) -> Iterator[Operation]:
    """Yield what makes the rules that must be there before others are put in force, as far as they are not."""
    there = {
        (each.kind, each.name.casefold()): each for found in (*have.held.values(), have.left_behind) for each in found
    }
    for definition in required:
        held: Held | None = there.get((kind_of(definition), definition.name.casefold()))
        if held is not None and isinstance(definition, RuleDefinition):
            held = held.with_ends(definition.local_tunnel_endpoint, definition.remote_tunnel_endpoint)
        if held is None or held.definition is None:
            yield AddRule(definition)
        elif options := differing(kind_of(definition), held.definition, definition):
            yield SetRule(definition, options, held.name)
