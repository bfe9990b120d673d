# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What refers to what in a store: completion of references and kept secrets, and refusal of removals in use."""

from __future__ import annotations

from dataclasses import replace

from ..._common.errors import IpsecError
from ..._common.secret import Secret
from ..model import (
    FILTER_ACTION,
    FILTER_LIST,
    POLICY,
    Authentication,
    Key,
    Opaque,
    Policy,
    PresharedKey,
    Rule,
    Store,
    by_name,
    folded,
    rules_by_key,
)


def uses(policy: Policy) -> frozenset[Key]:
    """Return the (kind, folded name) of the filter lists and filter actions that a policy's rules use."""
    lists = {(FILTER_LIST, folded(rule.filter_list)) for rule in policy.rules}
    actions = {(FILTER_ACTION, folded(rule.filter_action)) for rule in policy.rules}
    return frozenset(lists | actions)


def reachable(store: Store, policy: str | None) -> frozenset[Key]:
    """Return a policy and what it uses; nothing for None."""
    if policy is None:
        return frozenset()
    key = (POLICY, folded(policy))
    opaque = next((item.uses for item in store.opaque if item.key == key), frozenset())
    found = by_name(store.policies).get(folded(policy))
    return frozenset({key}) | (uses(found) if found else opaque)


def _key(found: tuple[Authentication, ...]) -> Secret | None:
    return next((item.key for item in found if isinstance(item, PresharedKey)), None)


def _with_key(
    wanted: tuple[Authentication, ...], had: tuple[Authentication, ...], path: str
) -> tuple[Authentication, ...]:
    """Return the methods with the key that the rule has where none is given."""
    if PresharedKey(None) not in wanted:
        return wanted
    key = _key(had)
    if key is None:
        remedy = "Give preshared_key: the rule has no key on the host that could be kept."
        raise IpsecError(f"{path}.authentication", "(no key)", "a pre-shared key", remedy)
    return tuple(PresharedKey(key) if item == PresharedKey(None) else item for item in wanted)


def complete(current: Store, wanted: Store, path: str) -> Store:
    """Return ``wanted`` with references spelled as their targets and unsaid secrets taken from ``current``.

    Raises :class:`IpsecError` for unknown references, and for names that an object has of which not all is known.
    """
    _refuse_opaque_names(wanted, path)
    had = by_name(current.policies)
    policies = []
    for policy in wanted.policies:
        where = f"{path}.policies[{policy.name!r}]".lstrip(".")
        before = had.get(folded(policy.name))
        policies.append(before if policy == before else _complete_policy(policy, before, wanted, where))
    assigned = wanted.assigned
    if assigned is not None:
        names = wanted.named(POLICY)
        if folded(assigned) not in names:
            remedy = "Define the policy, or assign one that the host has."
            raise IpsecError(f"{path}.assigned".lstrip("."), assigned, "the name of a policy", remedy)
        assigned = names[folded(assigned)]
    return replace(wanted, policies=tuple(policies), assigned=assigned)


def _complete_policy(policy: Policy, before: Policy | None, wanted: Store, path: str) -> Policy:
    lists, actions = by_name(wanted.filter_lists), by_name(wanted.filter_actions)
    rules_before = rules_by_key(before.rules) if before else {}
    rules: list[Rule] = []
    for key, rule in rules_by_key(policy.rules).items():
        twin = rules_before.get(key)
        where = f"{path}.rules[{rule.name!r}]"
        target = lists.get(folded(rule.filter_list)) or _kept(FILTER_LIST, rule.filter_list, twin, wanted)
        action = actions.get(folded(rule.filter_action)) or _kept(FILTER_ACTION, rule.filter_action, twin, wanted)
        if target is None:
            remedy = _unknown(FILTER_LIST, rule.filter_list, wanted)
            raise IpsecError(f"{where}.filter_list", rule.filter_list, "the name of a filter list", remedy)
        if action is None:
            remedy = _unknown(FILTER_ACTION, rule.filter_action, wanted)
            raise IpsecError(f"{where}.filter_action", rule.filter_action, "the name of a filter action", remedy)
        if twin is not None and twin.name != rule.name:
            expected = f"the name as it is written on the host, {twin.name!r}"
            remedy = "Names that differ only by case are one name to Windows."
            raise IpsecError(f"{where}.name", rule.name, expected, remedy)
        model = twin or _predecessor(rule, policy, before)
        authentication = _with_key(rule.authentication, model.authentication if model else (), where)
        rules.append(replace(rule, filter_list=target.name, filter_action=action.name, authentication=authentication))
    response = policy.default_response
    had = before.default_response.authentication if before else ()
    methods = _with_key(response.authentication, had, f"{path}.default_response")
    return replace(policy, rules=tuple(rules), default_response=replace(response, authentication=methods))


def _unknown(kind: str, name: str, store: Store) -> str:
    """Return what to do about a name that a rule cannot use."""
    for item in store.opaque:
        if item.key == (kind, folded(name)):
            return f"The host has one that cannot be read: {item.reason} A rule that uses it may only stay."
    return "Define it, or name one that the host has."


def _predecessor(rule: Rule, policy: Policy, before: Policy | None) -> Rule | None:
    """Return the one rule without a name that goes and uses what this new one uses: it gets a name, and has its key."""
    if before is None or not rule.name:
        return None

    def alike(item: Rule) -> bool:
        pairs = ((item.filter_list, rule.filter_list), (item.filter_action, rule.filter_action))
        return not item.name and all(folded(one) == folded(other) for one, other in pairs)

    found = [item for item in before.rules if alike(item)]
    return found[0] if len(found) == 1 and not any(map(alike, policy.rules)) else None


def _kept(kind: str, name: str, twin: Rule | None, store: Store) -> Opaque | None:
    """Return what a rule of the host uses and nobody can read: the rule may go on using it."""
    used = None if twin is None else twin.filter_list if kind == FILTER_LIST else twin.filter_action
    if used is None or folded(used) != folded(name):
        return None
    return next((item for item in store.opaque if item.key == (kind, folded(name))), None)


def _names(store: Store) -> dict[Key, str]:
    """Return the display names of the objects by (kind, folded name)."""
    groups = ((FILTER_LIST, store.filter_lists), (FILTER_ACTION, store.filter_actions), (POLICY, store.policies))
    return {(kind, folded(item.name)): item.name for kind, items in groups for item in items}


def _refuse_opaque_names(wanted: Store, path: str) -> None:
    names = _names(wanted)
    for item in wanted.opaque:
        name = names.get(item.key)
        if name is not None:
            expected = f"a name that no other {item.kind.replace('_', ' ')} of the host has"
            remedy = f"The host has one that cannot be read: {item.reason} Choose another name."
            raise IpsecError(path or item.kind, name, expected, remedy)


def keep_needed(current: Store, wanted: Store) -> Store:
    """Return ``wanted`` with the objects that only go when they are named, and what they use.

    That are predefined ones, those that cannot be changed like others, and those in use by what cannot be read.
    """
    needed: set[Key] = set(current.predefined).union(*(item.uses for item in current.opaque))
    needed |= {key for key, mark in current.unmanaged.items() if mark.name or mark.content or mark.kept}
    named = by_name(wanted.policies)
    for policy in current.policies:
        # What a predefined policy is said to be is what counts, not what it uses so far.
        if (POLICY, folded(policy.name)) in needed and folded(policy.name) not in named:
            needed |= uses(policy)
    lists = {key: item for key, item in by_name(current.filter_lists).items() if (FILTER_LIST, key) in needed}
    actions = {key: item for key, item in by_name(current.filter_actions).items() if (FILTER_ACTION, key) in needed}
    policies = {key: item for key, item in by_name(current.policies).items() if (POLICY, key) in needed}
    lists |= by_name(wanted.filter_lists)
    actions |= by_name(wanted.filter_actions)
    policies |= by_name(wanted.policies)
    return replace(
        wanted,
        filter_lists=tuple(lists[key] for key in sorted(lists)),
        filter_actions=tuple(actions[key] for key in sorted(actions)),
        policies=tuple(policies[key] for key in sorted(policies)),
    )


def require_unused(store: Store, gone: set[Key], path: str) -> None:
    """Refuse when ``store`` still uses one of the objects that are ``gone`` from it."""
    for policy in store.policies:
        for rule in policy.rules:
            for kind, name in ((FILTER_LIST, rule.filter_list), (FILTER_ACTION, rule.filter_action)):
                if (kind, folded(name)) in gone:
                    _refuse_removal(kind, name, f"rule {rule.name!r} of policy {policy.name!r}", path)
    for item in store.opaque:
        for kind, name in sorted(item.uses & gone):
            _refuse_removal(kind, name, f"{item.kind} {item.name!r}, which cannot be read,", path)


def _refuse_removal(kind: str, name: str, user: str, path: str) -> None:
    where = f"{path}.{kind}s".lstrip(".") if path else "name"
    remedy = f"{user} uses it: remove that first." if "rule" in user else f"{user} uses it: keep it."
    raise IpsecError(where, name, f"a {kind.replace('_', ' ')} that no rule uses", remedy)
