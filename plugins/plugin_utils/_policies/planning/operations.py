# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The changes that one netsh command can make, as values. Each is atomic: it is there or it is not.

[ledger: netsh-add-filter-makes-list]
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter

from ..model import FILTER_ACTION, FILTER_LIST, POLICY, DefaultResponse, Filter, FilterAction, Key, Policy, Rule, folded


class _KeyOf:
    """The (kind, folded name) of the object that an operation changes, by the attribute that holds its name."""

    def __init__(self, kind: str, name: str = "") -> None:
        self._kind = kind
        self._name = attrgetter(name) if name else None

    def __get__(self, operation: object, owner: type | None = None) -> Key:
        return self._kind, folded(self._name(operation)) if self._name else ""


@dataclass(frozen=True, slots=True)
class CreateFilterList:
    """Make an empty filter list."""

    name: str
    description: str

    key = _KeyOf(FILTER_LIST, "name")


@dataclass(frozen=True, slots=True)
class DescribeFilterList:
    """Change the description of a filter list."""

    name: str
    description: str

    key = _KeyOf(FILTER_LIST, "name")


@dataclass(frozen=True, slots=True)
class DeleteFilterList:
    """Remove a filter list that no rule uses."""

    name: str

    key = _KeyOf(FILTER_LIST, "name")


@dataclass(frozen=True, slots=True)
class AddFilter:
    """Add a filter to a filter list that exists."""

    filter_list: str
    filter: Filter

    key = _KeyOf(FILTER_LIST, "filter_list")


@dataclass(frozen=True, slots=True)
class DeleteFilter:
    """Remove every filter with this selector from a filter list, whatever its description."""

    filter_list: str
    filter: Filter

    key = _KeyOf(FILTER_LIST, "filter_list")


@dataclass(frozen=True, slots=True)
class CreateFilterAction:
    """Make a filter action."""

    action: FilterAction

    key = _KeyOf(FILTER_ACTION, "action.name")


@dataclass(frozen=True, slots=True)
class ChangeFilterAction:
    """Give a filter action that exists all of these settings; its description only if it is ``described``."""

    action: FilterAction
    described: bool = True

    key = _KeyOf(FILTER_ACTION, "action.name")


@dataclass(frozen=True, slots=True)
class DeleteFilterAction:
    """Remove a filter action that no rule uses."""

    name: str

    key = _KeyOf(FILTER_ACTION, "name")


@dataclass(frozen=True, slots=True)
class CreatePolicy:
    """Make a policy, not assigned and without rules but the default response rule that the host makes."""

    policy: Policy

    key = _KeyOf(POLICY, "policy.name")


@dataclass(frozen=True, slots=True)
class ChangePolicy:
    """Give a policy that exists these settings, its description only if it is ``described``; its rules stay."""

    policy: Policy
    described: bool = True

    key = _KeyOf(POLICY, "policy.name")


@dataclass(frozen=True, slots=True)
class DeletePolicy:
    """Remove a policy with its rules."""

    name: str

    key = _KeyOf(POLICY, "name")


@dataclass(frozen=True, slots=True)
class ChangeDefaultResponse:
    """Give the default response rule of a policy all of these settings."""

    policy: str
    response: DefaultResponse

    key = _KeyOf(POLICY, "policy")


@dataclass(frozen=True, slots=True)
class AddRule:
    """Add a rule to a policy."""

    policy: str
    rule: Rule

    key = _KeyOf(POLICY, "policy")


@dataclass(frozen=True, slots=True)
class ChangeRule:
    """Give a rule that exists all of these settings; its description only if it is ``described``."""

    policy: str
    rule: Rule
    described: bool = True

    key = _KeyOf(POLICY, "policy")


@dataclass(frozen=True, slots=True)
class DeleteRule:
    """Remove a rule from a policy."""

    policy: str
    name: str

    key = _KeyOf(POLICY, "policy")


@dataclass(frozen=True, slots=True)
class Rename:
    """Give a policy, filter list or filter action another name. ``identity`` finds one whatever its name is."""

    kind: str
    name: str
    new_name: str
    identity: str = ""

    @property
    def key(self) -> Key:
        """The kind and the folded name of the object that it changes."""
        return self.kind, folded(self.name)


@dataclass(frozen=True, slots=True)
class Assign:
    """Put a policy in force; the one that was in force no longer is. ``identity`` finds one of any name."""

    policy: str
    identity: str = ""

    key = _KeyOf("assignment")


@dataclass(frozen=True, slots=True)
class Unassign:
    """Leave no policy in force, if ``policy`` is the one that was. ``identity`` finds one of any name."""

    policy: str
    identity: str = ""

    key = _KeyOf("assignment")


Operation = (
    CreateFilterList
    | DescribeFilterList
    | DeleteFilterList
    | AddFilter
    | DeleteFilter
    | CreateFilterAction
    | ChangeFilterAction
    | DeleteFilterAction
    | CreatePolicy
    | ChangePolicy
    | DeletePolicy
    | ChangeDefaultResponse
    | AddRule
    | ChangeRule
    | DeleteRule
    | Rename
    | Assign
    | Unassign
)
