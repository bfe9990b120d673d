# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects of one store by their kinds, and what of them can be read."""

from __future__ import annotations

from .filter_actions import FilterActions
from .filter_lists import FilterLists
from .identifiers import ObjectClass
from .keeper import Keeper
from .objects import Objects
from .policies import Policies
from .rules import Rules
from .view import FilterActionView, FilterListView, PolicyView, read_action, read_list, read_policy


class Contents:
    """Reads and changes the local store. Nothing but decoded copies of blobs is kept between two calls."""

    def __init__(self, host: Keeper) -> None:
        self.host = host
        self.objects = Objects(host)
        self.filter_lists = FilterLists(self.objects)
        self.filter_actions = FilterActions(self.objects)
        self.rules = Rules(self.objects, self.filter_actions)
        self.policies = Policies(self.objects, self.rules)

    def list_policies(self) -> list[PolicyView]:
        """Return all readable policies with their rules, in order of creation."""
        views = (read_policy(self.objects, name) for name in self.objects.names(ObjectClass.POLICY))
        return [view for view in views if view is not None]

    def list_filter_lists(self) -> list[FilterListView]:
        """Return all readable filter lists with their filters, in order of creation."""
        views = (read_list(self.objects, name) for name in self.objects.names(ObjectClass.FILTER))
        return [view for view in views if view is not None]

    def list_filter_actions(self) -> list[FilterActionView]:
        """Return all readable filter actions, those of default response rules included, in order of creation."""
        views = (read_action(self.objects, name) for name in self.objects.names(ObjectClass.NEGOTIATION))
        return [view for view in views if view is not None]

    def assigned_policy(self) -> str | None:
        """Return the display name of the policy in force, None if there is none."""
        key = self.objects.assigned()
        return None if key is None else self.objects.text(key, "ipsecName")
