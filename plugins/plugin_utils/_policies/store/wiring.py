# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which object uses which: lookup by reference, users of an object, and remarks on references that do not fit.

Damage is reported and never repaired (MS-GPIPSEC 3.1.5 says which references there must be).

[ledger: store-case-ignored, store-owners, store-deleted-in-order]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..codec.guids import DEFAULT_RESPONSE
from .objects import KIND_WORDS, Kind, Reference, Stored, StoredObject


class Wiring:
    """The objects of a store by reference, and the objects that use each of them."""

    def __init__(self, stored: Stored) -> None:
        self.objects = stored.objects
        self._known = {each.reference: each for each in stored.objects}
        self._users: dict[Reference, list[StoredObject]] = {}
        for user in stored.objects:
            for used in dict.fromkeys(user.references):
                self._users.setdefault(used, []).append(user)

    def of_kind(self, kind: Kind) -> Iterator[StoredObject]:
        """Yield the objects of one class in stored order."""
        return (each for each in self.objects if each.kind is kind)

    def find(self, reference: Reference, kind: Kind) -> StoredObject | None:
        """Return the object that a reference names, None when it is missing or of another class."""
        found = self._known.get(reference)
        return found if found is not None and found.kind is kind else None

    def users(self, used: StoredObject) -> tuple[StoredObject, ...]:
        """Return the objects that refer to this one."""
        return tuple(self._users.get(used.reference, ()))

    def findings(self) -> Iterator[str]:
        """Yield a sentence for everything that is odd about references, owners and objects without users."""
        for each in self.objects:
            yield from self._of_references(each)
            yield from self._of_owners(each)
            if each.odd_data_type:
                yield f"The {each.label} states an unknown type of data."
            if each.data is None:
                yield f"The {each.label} is half written: it has no data."
            if not self.users(each) and _needs_a_user(each):
                yield f"The {each.label} belongs to no {_user_words(each)}."

    def _of_references(self, each: StoredObject) -> Iterator[str]:
        fields = (
            (each.main_modes, Kind.MAIN_MODE),
            (each.rules, Kind.RULE),
            (each.filter_lists, Kind.FILTER_LIST),
            (each.filter_actions, Kind.FILTER_ACTION),
        )
        for references, kind in fields:
            for reference, count in Counter(references).items():
                if count > 1:
                    yield f"The {each.label} refers {count} times to one {KIND_WORDS[kind]}."
                used = self.find(reference, kind)
                if used is None:
                    yield f"The {each.label} refers to a {KIND_WORDS[kind]} that does not exist."
                elif each.reference not in used.owners:
                    yield f"The {used.label} does not name the {each.label} among its owners."

    def _of_owners(self, each: StoredObject) -> Iterator[str]:
        for reference, count in Counter(each.owners).items():
            if count > 1:
                yield f"The {each.label} names one owner {count} times."
            owner = self._known.get(reference)
            if owner is None:
                yield f"The {each.label} names an owner that does not exist."
            elif each.reference not in owner.references:
                yield f"The {each.label} names the {owner.label} as its owner, which does not refer to it."


def _needs_a_user(each: StoredObject) -> bool:
    if each.kind is Kind.FILTER_ACTION:
        return each.action_type == DEFAULT_RESPONSE
    return each.kind in (Kind.RULE, Kind.MAIN_MODE)


def _user_words(each: StoredObject) -> str:
    return KIND_WORDS[Kind.RULE if each.kind is Kind.FILTER_ACTION else Kind.POLICY]
