# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the model calls stored objects: by their names, or by their GUIDs where a name would not tell them apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ..codec.guids import DEFAULT_RESPONSE
from ..model import folded
from ..names import is_guid, sent_name_trouble
from .objects import Kind, StoredObject


class StoreNames:
    """The names of policies, filter lists and filter actions in the model. What belongs to a rule has none there."""

    def __init__(self, objects: Iterable[StoredObject]) -> None:
        self._known = {
            each.reference: each
            for each in objects
            if each.kind in (Kind.POLICY, Kind.FILTER_LIST, Kind.FILTER_ACTION) and not belongs_to_a_rule(each)
        }
        self._counts = Counter((each.kind, folded(each.name)) for each in self._known.values())

    def __call__(self, stored: StoredObject) -> str:
        """Return what the model calls an object."""
        return stored.identity if not stored.name or self._repeated(stored) or is_guid(stored.name) else stored.name

    def knows(self, stored: StoredObject) -> bool:
        """Tell whether an object stands for itself in the model."""
        return stored.reference in self._known

    def trouble(self, stored: StoredObject) -> str:
        """Return why netsh cannot be given the name of an object, empty where it can."""
        if not stored.name:
            return "has no name"
        if self._repeated(stored):
            return f"has the name of another object of its kind, {stored.name!a}"
        found = sent_name_trouble(stored.name)
        return f"has a name that netsh cannot be given: expected {found[0]}" if found else ""

    def _repeated(self, stored: StoredObject) -> bool:
        return self._counts[stored.kind, folded(stored.name)] > 1


def belongs_to_a_rule(each: StoredObject) -> bool:
    """Tell whether a filter action is only the inner part of a default response rule."""
    return each.kind is Kind.FILTER_ACTION and not each.name and each.action_type == DEFAULT_RESPONSE
