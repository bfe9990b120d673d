# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operations that turn one object into another. What is equal gives none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..._windows.netsh.text import LOST, trouble
from ..model import DefaultResponse, Filter, FilterAction, FilterList, Policy, Rule, rules_by_key
from ..words import ActionKind
from . import operations as op


def filter_list_changes(have: FilterList | None, want: FilterList) -> Iterator[op.Operation]:
    """Yield what makes ``want`` of ``have``: additions first, so that no packet loses its filter for a moment."""
    if have is None:
        yield op.CreateFilterList(want.name, want.description)
    elif have.description != want.description:
        yield op.DescribeFilterList(have.name, want.description)
    old = _descriptions(have.filters if have else ())
    new = _descriptions(want.filters)
    for selector, filters in new.items():
        if selector not in old:
            yield from (op.AddFilter(want.name, item) for item in filters.values())
    for selector, filters in new.items():
        # netsh cannot change a filter, and deletes all that share a selector.
        # [ledger: netsh-no-set-filter, netsh-delete-filter-matches-all, netsh-duplicate-filter]
        if selector in old and filters.keys() != old[selector].keys():
            yield op.DeleteFilter(want.name, _any(filters))
            yield from (op.AddFilter(want.name, item) for item in filters.values())
    for selector, filters in old.items():
        if selector not in new:
            yield op.DeleteFilter(want.name, _any(filters))


def _any(filters: dict[str, Filter]) -> Filter:
    """Return one of the filters that share a selector."""
    return next(iter(filters.values()))


def _descriptions(filters: tuple[Filter, ...]) -> dict[object, dict[str, Filter]]:
    """Return the filters by selector, then by description."""
    found: dict[object, dict[str, Filter]] = {}
    for item in filters:
        found.setdefault(item.selector, {}).setdefault(item.description, item)
    return found


def filter_action_changes(have: FilterAction | None, want: FilterAction) -> Iterator[op.Operation]:
    """Yield what makes ``want`` of ``have``: one operation or none."""
    if have is None:
        yield op.CreateFilterAction(want)
    elif _normal(have) != _normal(want):
        yield op.ChangeFilterAction(want, _described(have, want))


def _normal(action: FilterAction) -> FilterAction:
    """Return the action without what has no meaning for its kind."""
    if action.action is ActionKind.NEGOTIATE:
        return action
    return FilterAction(name=action.name, description=action.description, action=action.action)


def policy_changes(have: Policy | None, want: Policy) -> Iterator[op.Operation]:
    """Yield what makes ``want`` of ``have``: settings, default response, then rules."""
    if have is None:
        yield op.CreatePolicy(want)
        # The host fills its default response rule in as its version does.
        yield op.ChangeDefaultResponse(want.name, want.default_response)
        have = replace(want, rules=())
    elif _settings(have) != _settings(want):
        yield op.ChangePolicy(want, _described(have, want))
        response = replace(have.default_response, enabled=want.default_response.enabled)
        have = replace(have, default_response=response)
    if have.default_response != want.default_response:
        yield op.ChangeDefaultResponse(want.name, want.default_response)
    old, new = rules_by_key(have.rules), rules_by_key(want.rules)
    for key, rule in new.items():
        if key not in old:
            yield op.AddRule(want.name, rule)
        elif rule != old[key]:
            yield from _rule_changes(want.name, old[key], rule)
    yield from (op.DeleteRule(want.name, rule.name) for key, rule in old.items() if key not in new)


def changed_rules(have: Policy, want: Policy) -> Iterator[Rule]:
    """Yield the rules of ``have`` that change or go."""
    new = rules_by_key(want.rules)
    return (rule for key, rule in rules_by_key(have.rules).items() if new.get(key) != rule)


def _described(have: FilterAction | Policy | Rule, want: FilterAction | Policy | Rule) -> bool:
    """Tell whether a description is said: one that netsh cannot be given, or that a console has lost, stays.

    [ledger: netsh-set-keeps-the-rest]
    """
    lost = trouble(want.description) is not None or LOST in want.description
    return have.description != want.description or not lost


def _settings(policy: Policy) -> Policy:
    return replace(policy, rules=(), default_response=DefaultResponse())


def _rule_changes(policy: str, have: Rule, want: Rule) -> Iterator[op.Operation]:
    if have.tunnel_endpoint is not None and want.tunnel_endpoint is None:
        # netsh documents no word that takes a tunnel away.
        # [ledger: netsh-no-word-removes-tunnel]
        yield op.DeleteRule(policy, have.name)
        yield op.AddRule(policy, want)
    else:
        yield op.ChangeRule(policy, want, _described(have, want))
