# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A policy filter by filter: each with the rule that it belongs to, what is done, and the host at its far end.

Documents are taken apart into bindings and put together again, so that each pair of hosts can be changed by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Network, IPv6Network
from typing import TypeVar

from .._common.packets import Address, Place
from .._common.secret import Secret
from .._policies.in_force import BoundRule, InForce
from .._policies.model import Filter, FilterAction, FilterList, Policy, PresharedKey, Rule, Store, folded
from .._policies.words import ActionKind
from .model import Host, IpAddress
from .names import free_name

Named = TypeVar("Named", FilterList, FilterAction)

# Stands for the key that a host has, where it is known to be another one than the key of the flows.
OTHER_KEY = PresharedKey(Secret("\0 the key that the host has"))
# For a rule that Windows made without a name.
_UNNAMED = "Unnamed"
# The far end of a filter that is about no single host of the inventory.
NOBODY = ""


@dataclass(frozen=True, slots=True)
class Binding:
    """One filter. ``rule`` says the names of rule and list, ``about`` describes the list, ``peer`` is the far end."""

    peer: str
    filter: Filter
    rule: Rule
    action: FilterAction
    about: str = ""

    @property
    def negotiates(self) -> bool:
        """Whether it asks for IPsec."""
        return self.action.action is ActionKind.NEGOTIATE

    @property
    def requires(self) -> bool:
        """Whether it talks with IPsec or not at all."""
        return self.negotiates and not self.action.fallback_to_clear

    @property
    def selector(self) -> tuple[Address, Address, int, int, int, bool]:
        """Which packets it is about."""
        return self.filter.selector


@dataclass(frozen=True, slots=True)
class Form:
    """A policy with its filters. ``frame`` is the policy without its rules, None where none is in force."""

    frame: Policy | None
    bindings: tuple[Binding, ...] = ()

    def by_peer(self) -> dict[str, tuple[Binding, ...]]:
        """Return the filters by their peers."""
        found: dict[str, list[Binding]] = {}
        for one in self.bindings:
            found.setdefault(one.peer, []).append(one)
        return {peer: tuple(ones) for peer, ones in found.items()}


def far_end(found: Filter, own: Collection[IpAddress], owners: Mapping[IpAddress, str]) -> str:
    """Return the host at the far end of a filter, or NOBODY where it is not about one host of the inventory alone."""
    for near, far in ((found.source, found.destination), (found.destination, found.source)):
        here = near is Place.ME or (_one(near) in own if _one(near) else False)
        address = _one(far)
        if here and address is not None and address not in own:
            return owners.get(address, NOBODY)
    return NOBODY


def _one(address: Address) -> IpAddress | None:
    """Return the only address of a side, None for all others."""
    if isinstance(address, (IPv4Network, IPv6Network)) and address.prefixlen == address.max_prefixlen:
        return address.network_address
    return None


def taken_apart(policy: InForce | None, host: Host, owners: Mapping[IpAddress, str]) -> Form:
    """Return the filters of a policy in force."""
    if policy is None:
        return Form(None)
    return Form(
        replace(policy.policy, rules=()),
        tuple(
            Binding(far_end(item, host.addresses, owners), item, bound.rule, bound.action, bound.filters.description)
            for bound in policy.rules
            for item in bound.filters.filters
        ),
    )


def with_other_key(form: Form) -> Form:
    """Return a form whose keys, which are not told, are known not to be those of the flows."""
    return Form(form.frame, tuple(_keyed(one, PresharedKey(), OTHER_KEY) for one in form.bindings))


def _keyed(one: Binding, old: PresharedKey, new: PresharedKey) -> Binding:
    if old not in one.rule.authentication:
        return one
    methods = tuple(new if method == old else method for method in one.rule.authentication)
    return replace(one, rule=replace(one.rule, authentication=methods))


def grouped(bindings: Iterable[Binding]) -> dict[tuple[Rule, FilterAction], list[Binding]]:
    """Return the filters by rule and action."""
    found: dict[tuple[Rule, FilterAction], list[Binding]] = {}
    for one in bindings:
        found.setdefault((one.rule, one.action), []).append(one)
    return found


def keeps_key(rule: Rule) -> bool:
    """Tell whether a rule has a pre-shared key that only the host knows."""
    return any(one in (PresharedKey(), OTHER_KEY) for one in rule.authentication)


def bound_rules(bindings: Iterable[Binding]) -> tuple[BoundRule, ...]:
    """Return filters as the rules of a policy in force, whatever their names."""
    return tuple(
        BoundRule(rule, FilterList(name=rule.filter_list, filters=tuple(one.filter for one in ones)), action)
        for (rule, action), ones in grouped(bindings).items()
    )


def put_together(form: Form, predefined_actions: Collection[str] = ()) -> Store:
    """Return the document of a form: its policy, assigned, and the lists and actions that it uses.

    Filters that one rule cannot hold together, since other things are done for them, go into rules with a number behind
    their name. Predefined actions (folded names) are used as they are.
    """
    if form.frame is None:
        return Store()
    rules: dict[str, Rule] = {}
    lists: dict[str, FilterList] = {}
    actions: dict[str, FilterAction] = {}
    bindings = [_keyed(one, OTHER_KEY, PresharedKey()) for one in form.bindings]
    for (rule, action), ones in sorted(grouped(bindings).items(), key=_precedence):
        name = free_name(rule.name or _UNNAMED, rules)
        filters = tuple(dict.fromkeys(one.filter for one in ones))
        listed = FilterList(name=rule.filter_list, description=ones[0].about, filters=filters)
        used = _placed(lists, listed, _same_list)
        done = _placed(actions, action, _same_action)
        rules[folded(name)] = replace(rule, name=name, filter_list=used.name, filter_action=done.name)
    policy = replace(form.frame, rules=tuple(rules[key] for key in sorted(rules)))
    return Store(
        filter_lists=tuple(lists[key] for key in sorted(lists)),
        filter_actions=tuple(actions[key] for key in sorted(actions) if key not in predefined_actions),
        policies=(policy,),
        assigned=policy.name,
    )


def _precedence(item: tuple[tuple[Rule, FilterAction], list[Binding]]) -> tuple[object, ...]:
    """Order rules: first those that keep a key, which is in the rule of that name; of one name, the stricter first."""
    (rule, action), ones = item
    return not keeps_key(rule), folded(rule.name), action.fallback_to_clear, -len(ones), folded(action.name)


def _same_list(one: FilterList, other: FilterList) -> bool:
    return set(one.filters) == set(other.filters)


def _same_action(one: FilterAction, other: FilterAction) -> bool:
    return replace(one, name=other.name, description=other.description) == other


def _placed(known: dict[str, Named], item: Named, same: Callable[[Named, Named], bool]) -> Named:
    """Return the object of this name and content, which is made under a free name where the name is another's."""
    name, number = item.name, 2
    while (found := known.get(folded(name))) is not None:
        if same(found, item):
            return found
        name, number = f"{item.name} {number}", number + 1
    known[folded(name)] = made = replace(item, name=name)
    return made
