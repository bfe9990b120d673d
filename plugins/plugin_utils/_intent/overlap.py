# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Overlap: what a host has in between, so that it gets along with peers that are not yet, or already, where it goes.

First both ends accept both, the old in front; then each has the new alone. At every moment two ends have in common the
old, both in one order, or the new. Inference, to be confirmed on Windows. [ledger: two-overlap]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from .._common.packets import Address, AddressRange, Place, ServerRole
from .._flows.negotiation import algorithms
from .._policies.model import (
    Authentication,
    Filter,
    FilterAction,
    MainModeMethod,
    Policy,
    PresharedKey,
    QuickModeMethod,
)
from .._policies.words import ActionKind
from .bindings import OTHER_KEY, Binding, keeps_key
from .strength import both, of_main_mode, of_quick_mode


@dataclass(frozen=True, slots=True)
class Naming:
    """How what exists only in between is called: an action that no longer insists, and one that accepts both."""

    soft: Callable[[FilterAction], FilterAction]
    mixed: Callable[[FilterAction], FilterAction]


@dataclass(frozen=True, slots=True)
class Around:
    """What else counts: filters for nobody alone, which may decide about the same packets, and those of the peer."""

    beside: Sequence[Binding] = ()
    theirs: Sequence[Binding] = ()


def accepting(
    before: Sequence[Binding], after: Sequence[Binding], naming: Naming, around: Around
) -> tuple[Binding, ...]:
    """Return what a host has for one peer while both ends come to accept both.

    ``before`` and ``after`` are its filters for the peer. What is protected keeps its protection, what was in clear
    asks for IPsec without insisting. Where the peer alone asks for IPsec already, its methods are the old ones.
    """
    known = {one.selector: one for one in before}
    old = _methods_of(before)
    suites = () if old else _suites_of(around.theirs)
    old = old or _told(_methods_of(around.theirs))
    found: list[Binding] = []
    for one in after:
        match = known.pop(one.selector, None) or _covering(one.filter, before) or _covering(one.filter, around.beside)
        found.append(_overlapped(match, one, old, suites, naming))
    kept = [one for one in before if one.selector in known]
    covered = [one for one in kept if _covering(one.filter, after) or not one.negotiates]
    new = _methods_of(after)
    found += [_accepting_too(one, new) for one in covered]
    found += [_fading(one, new, naming) for one in kept if one not in covered]
    return tuple(found)


def _overlapped(
    before: Binding | None,
    after: Binding,
    old: tuple[Authentication, ...],
    suites: tuple[QuickModeMethod, ...],
    naming: Naming,
) -> Binding:
    """Return a filter of the new policy as it is while the peer may still have the old one."""
    authentication = both_methods(old, after.rule.authentication) if old else after.rule.authentication
    rule = replace(after.rule, authentication=authentication)
    if before is not None and keeps_key(rule):
        # The key is in the rule of that name.
        rule = replace(rule, name=before.rule.name, filter_list=before.rule.filter_list)
    if before is not None and before.action.action is ActionKind.BLOCK:
        # Nothing passed, so nothing may pass in clear meanwhile.
        return replace(after, rule=rule, action=before.action)
    if before is None or not before.negotiates:
        offered = replace(after.action, methods=both_suites(suites, after.action.methods))
        soft = softened(after.action, naming) if offered == after.action else naming.soft(_soft(offered))
        return replace(after, rule=rule, action=soft)
    # The name says whether it insists.
    alike = after.action.fallback_to_clear is before.action.fallback_to_clear
    action = replace(
        after.action if alike else before.action,
        methods=both_suites(before.action.methods, after.action.methods),
        accept_unsecured=before.action.accept_unsecured,
        fallback_to_clear=before.action.fallback_to_clear,
        perfect_forward_secrecy=before.action.perfect_forward_secrecy,
    )
    return replace(after, rule=rule, action=_renamed(action, before.action, after.action, naming))


def _renamed(action: FilterAction, before: FilterAction, after: FilterAction, naming: Naming) -> FilterAction:
    """Return an action under the name of the one that says the same, else under a name of its own."""
    for one in (after, before):
        if replace(action, name=one.name, description=one.description) == one:
            return one
    return naming.mixed(action)


def _accepting_too(before: Binding, new: tuple[Authentication, ...]) -> Binding:
    """Return a filter that goes, and whose packets are another filter's then."""
    if not before.negotiates or not new:
        return before
    return replace(before, rule=replace(before.rule, authentication=both_methods(before.rule.authentication, new)))


def _fading(before: Binding, new: tuple[Authentication, ...], naming: Naming) -> Binding:
    """Return a filter that goes for good: its packets will pass in clear, so it no longer insists."""
    return replace(_accepting_too(before, new), action=softened(before.action, naming))


def softened(action: FilterAction, naming: Naming) -> FilterAction:
    """Return an action that asks for IPsec and does without it where nobody answers."""
    if action.accept_unsecured and action.fallback_to_clear:
        return action
    return naming.soft(_soft(action))


def _soft(action: FilterAction) -> FilterAction:
    return replace(action, accept_unsecured=True, fallback_to_clear=True)


def both_methods(old: Sequence[Authentication], new: Sequence[Authentication]) -> tuple[Authentication, ...]:
    """Return the old methods and then the new ones. A rule has one key, so an old key stays alone."""
    key = next((one for one in new if isinstance(one, PresharedKey)), None)
    found: list[Authentication] = []
    for one in old:
        # A key that is not told is taken for the new one, where there is one: it cannot be given to another rule.
        unknown = isinstance(one, PresharedKey) and one.key is None
        found.append(key if unknown and key is not None else one)
    has_key = any(isinstance(one, PresharedKey) for one in found)
    found += [one for one in new if one not in found and not (has_key and isinstance(one, PresharedKey))]
    return tuple(found)


def both_suites(old: Sequence[QuickModeMethod], new: Sequence[QuickModeMethod]) -> tuple[QuickModeMethod, ...]:
    """Return what is offered in quick mode: the old in front; where only lifetimes differ, the new ones count."""
    fresh = {algorithms(one): one for one in reversed(new)}
    offers = dict.fromkeys(fresh.get(algorithms(one), one) for one in old)
    return both(list(offers), new, of_quick_mode)


def both_main_modes(old: Sequence[MainModeMethod], new: Sequence[MainModeMethod]) -> tuple[MainModeMethod, ...]:
    """Return what is offered in main mode: the old in front."""
    return both(old, new, of_main_mode)


def accepting_frame(before: Policy | None, after: Policy, theirs: Sequence[MainModeMethod] = ()) -> Policy:
    """Return the settings of a policy while peers may still have the old ones.

    ``theirs`` is what peers have that ask this host for IPsec, which it has for none of them yet.
    """
    old_methods = (*(before.main_mode.methods if before else ()), *theirs)
    methods = both_main_modes(old_methods, after.main_mode.methods)
    found = replace(after, main_mode=replace(after.main_mode, methods=methods))
    if before is None:
        return found
    old, new = before.default_response, after.default_response
    if not old.enabled:
        return found
    response = replace(
        new,
        enabled=True,
        authentication=both_methods(old.authentication, new.authentication) if new.enabled else old.authentication,
        methods=both_suites(old.methods, new.methods) if new.enabled else old.methods,
        perfect_forward_secrecy=old.perfect_forward_secrecy,
    )
    return replace(found, default_response=response)


def _methods_of(bindings: Iterable[Binding]) -> tuple[Authentication, ...]:
    """Return the authentication of the filters that negotiate with one peer, which have the same one."""
    return next((one.rule.authentication for one in bindings if one.negotiates), ())


def _told(methods: Iterable[Authentication]) -> tuple[Authentication, ...]:
    """Return the methods without a key that only the peer knows."""
    return tuple(one for one in methods if one not in (PresharedKey(), OTHER_KEY))


def _suites_of(bindings: Iterable[Binding]) -> tuple[QuickModeMethod, ...]:
    return tuple(dict.fromkeys(method for one in bindings if one.negotiates for method in one.action.methods))


def _covering(found: Filter, others: Iterable[Binding]) -> Binding | None:
    """Return the filter that is about all packets of another one too, the most telling one of several."""
    covering = [one for one in others if _covers(one.filter, found) or _covers(_mirror(one.filter), found)]
    return max(covering, key=lambda one: (bool(one.filter.protocol), bool(one.filter.destination_port)), default=None)


def _mirror(found: Filter) -> Filter:
    if not found.mirrored:
        return found
    return replace(
        found,
        source=found.destination,
        destination=found.source,
        source_port=found.destination_port,
        destination_port=found.source_port,
    )


def _covers(wide: Filter, narrow: Filter) -> bool:
    return (
        (wide.mirrored or not narrow.mirrored)
        and wide.protocol in (0, narrow.protocol)
        and wide.source_port in (0, narrow.source_port)
        and wide.destination_port in (0, narrow.destination_port)
        and _holds(wide.source, narrow.source)
        and _holds(wide.destination, narrow.destination)
    )


def _holds(wide: Address, narrow: Address) -> bool:
    if wide is Place.ANY or wide == narrow:
        return True
    if isinstance(wide, (Place, ServerRole, AddressRange)) or isinstance(narrow, (Place, ServerRole, AddressRange)):
        return False
    return wide.version == narrow.version and (
        int(wide.network_address) <= int(narrow.network_address)
        and int(narrow.broadcast_address) <= int(wide.broadcast_address)
    )
