# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user says about an object on top of what the host has of it.

Of a filter list only the filters that are given are read, and compared as values: a host may have thousands of others.
Filter actions and policies are small. What the host has of them is written as a user would, what is given is laid over
it, and the whole is read again, so that it is judged as if the user had said it all.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..._common.mappings import mapping
from ..document.filter_action import NEGOTIATE_OPTIONS
from ..model import FilterList, folded
from ..words import ActionKind

Data = Mapping[str, object]


def merged_list(before: FilterList, said: FilterList, given: Data, *, keep: bool) -> FilterList:
    """Return ``before`` with what is given on top, which ``said`` is on its own; ``keep`` keeps its other filters.

    A filter that is given again takes the place of its twin, whose description may differ.
    """
    filters = before.filters
    if given.get("filters") is not None:
        again = {item.selector for item in said.filters}
        kept = (item for item in before.filters if item.selector not in again)
        filters = (*kept, *said.filters) if keep else said.filters
    described = before if given.get("description") is None else said
    return FilterList(name=before.name, description=described.description, filters=filters)


def overlaid(existing: dict[str, object], given: Data, *, keep: bool) -> dict[str, object]:
    """Return the ``existing`` options with what is given on top; ``keep`` keeps rules that are not named."""
    result = {**existing, **{key: value for key, value in given.items() if value is not None}}
    for key in ("main_mode", "default_response"):
        part = given.get(key)
        if isinstance(part, Mapping):
            result[key] = {**mapping(existing.get(key)), **part}
    if str(result.get("action")).lower() in (ActionKind.PERMIT, ActionKind.BLOCK):
        # What only a negotiation has goes with it, unless it is asked for, which is then refused.
        result = {key: value for key, value in result.items() if key not in NEGOTIATE_OPTIONS or key in given}
    if given.get("rules") is not None:
        result["rules"] = _overlaid_rules(listed(existing.get("rules")), listed(given["rules"]), keep=keep)
    return result


def _overlaid_rules(existing: list[Data], given: list[Data], *, keep: bool) -> list[Data]:
    left = list(existing)
    named: list[Data] = []
    for rule in given:
        said = {option: value for option, value in rule.items() if value is not None}
        twin = _twin(left, said)
        if twin is not None:
            left.remove(twin)
        named.append({**(twin or {}), **said})
    return [*(left if keep else ()), *named]


def _twin(rules: list[Data], said: Data) -> Data | None:
    """Return the first rule that is meant: of the same name, and of those the one that uses the same."""
    same = [rule for rule in rules if folded(str(rule["name"])) == folded(str(said["name"]))]
    if said["name"] and len(same) == 1:
        return same[0]
    return next((rule for rule in same if all(_says(rule, said, option) for option in _USES)), None)


_USES = ("filter_list", "filter_action")


def _says(rule: Data, said: Data, option: str) -> bool:
    return option not in said or folded(str(rule.get(option))) == folded(str(said[option]))


def given_only(data: Data) -> Data:
    """Return options without those that are None, which count as not given, at every depth.

    Filters are left as they are: nothing of them is merged option by option, and there may be thousands.
    """
    return {key: value if key == "filters" else _given_below(value) for key, value in data.items() if value is not None}


def _given_below(value: object) -> object:
    if isinstance(value, Mapping):
        return given_only(value)
    return [_given_below(item) for item in value] if isinstance(value, (list, tuple)) else value


def listed(value: object) -> list[Data]:
    """Return the elements of an option that is a list of mappings, none where it is not given."""
    return list(value) if isinstance(value, (list, tuple)) else []
