# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which changes of an object are refused, because netsh cannot be told the object, or not all of it."""

from __future__ import annotations

from collections.abc import Iterable

from ..._common.errors import IpsecError
from ..model import FILTER_ACTION, FILTER_LIST, POLICY, Key, Policy, Rule, Store, Unmanaged, folded
from ..names import sent_rule_trouble
from . import operations as op
from .changes import changed_rules

_REWRITES = (op.DeleteFilter, op.ChangeFilterAction, op.ChangePolicy, op.ChangeDefaultResponse, op.ChangeRule)
_BY_OTHER_MEANS = (op.Rename, op.Assign, op.Unassign)


def check_permitted(operations: Iterable[op.Operation], current: Store) -> None:
    """Raise :class:`IpsecError` for the first operation on an object that cannot be changed like that."""
    for item in operations:
        if isinstance(item, (op.AddRule, op.ChangeRule)):
            _check_uses(item.policy, item.rule, current)
        mark = current.unmanaged.get(item.key)
        if mark is None or isinstance(item, _BY_OTHER_MEANS):
            continue
        why, remedy = _refusal(item, mark)
        if why:
            raise refused(item.key, current, f"no change of it: it {why}", remedy)


def _check_uses(policy: str, rule: Rule, current: Store) -> None:
    """Refuse a rule that is to be sent and uses what netsh can find by its GUID only.

    [ledger: netsh-rule-needs-name]
    """
    for kind, name in ((FILTER_LIST, rule.filter_list), (FILTER_ACTION, rule.filter_action)):
        why = current.mark(kind, name).name
        if why:
            words = kind.replace("_", " ")
            expected = f"a {words} of a name that netsh can be given, and this one {why}"
            remedy = f"Give the {words} another name first, by its GUID: option guid of the module {kind}."
            raise IpsecError(f"policies[{policy!r}].rules[{rule.name!r}].{kind}", name, expected, remedy)
    if not rule.authentication:
        path = f"policies[{policy!r}].rules[{rule.name!r}].authentication"
        remedy = "netsh cannot be told the methods that the host has: say which ones shall be there."
        raise IpsecError(path, [], "at least one authentication method", remedy)


def _refusal(item: op.Operation, mark: Unmanaged) -> tuple[str, str]:
    if mark.kept:
        return mark.kept, "Make a policy of another name, and assign that one."
    if mark.name:
        return mark.name, "Give it another name first, by its GUID: option guid of the module for one such object."
    if mark.content and isinstance(item, _REWRITES):
        if isinstance(item, op.DeleteFilter) and item.filter.selector not in mark.filters:
            return "", ""
        if isinstance(item, (op.DeleteFilter, op.ChangeFilterAction)):
            return mark.content, "Make one of another name, let the rules use that, and remove this one."
        return mark.content, "Say all of the policy in a document with state replaced, which makes it anew."
    return "", ""


def refused(key: Key, store: Store, expected: str, remedy: str) -> IpsecError:
    """Return the refusal for an object, by the name that it has on the host."""
    kind, name = key
    return IpsecError(kind, store.named(kind).get(name, name), expected, remedy)


def to_be_made_anew(current: Store, desired: Store, have: Policy, want: Policy) -> bool:
    """Tell whether a policy is made anew instead of changed.

    That is so when a rule changes or goes that netsh cannot be told by name, and when the policy holds what netsh
    cannot be told and all of it was said (then ``desired`` has no mark). Raises :class:`IpsecError` when the new one
    would have rules without names.

    [ledger: netsh-rule-id-counting]
    """
    key = (POLICY, folded(have.name))
    mark = current.unmanaged.get(key)
    nameless = next((rule for rule in changed_rules(have, want) if not can_be_told(rule, have)), None)
    rewritten = bool(mark and mark.content) and not desired.unmanaged.get(key)
    if nameless is None and not rewritten:
        return False
    check_permitted((op.DeletePolicy(have.name), *(op.AddRule(have.name, rule) for rule in want.rules)), current)
    for rule in want.rules:
        if not can_be_told(rule, want):
            words = sent_rule_trouble(rule.name)
            why = words[0] if words else "a name that no other rule has"
            expected = f"{why}, since the policy must be made anew for this change"
            remedy = (
                f"netsh cannot be told the rule {nameless.name!a} of the host. Name each rule."
                if nameless
                else "Name each rule."
            )
            raise IpsecError(f"policies[{want.name!r}].rules[].name", rule.name, expected, remedy)
    return True


def can_be_told(rule: Rule, policy: Policy) -> bool:
    """Tell whether netsh can be told one rule of a policy: by a name that it takes, and that no other rule has."""
    same = sum(folded(other.name) == folded(rule.name) for other in policy.rules)
    return same == 1 and sent_rule_trouble(rule.name) is None
