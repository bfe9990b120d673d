# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The base of the actions that keep one object: a filter list, a filter action or a policy."""

from __future__ import annotations

from typing import Any

from .._flows.guard import GUARD_OPTIONS
from .._policies.document.filter_action import write_filter_action
from .._policies.document.filter_list import write_filter_list
from .._policies.document.policy import write_policy
from .._policies.model import FILTER_ACTION, FILTER_LIST, POLICY, Store, by_name, folded
from .._policies.planning.intent import ObjectRequest, read_object, store_with_object, without_object
from .._windows.timer import check_timeout
from .base import Data, IpsecAction


class ObjectAction(IpsecAction[ObjectRequest]):
    """Makes one object present or absent. The module has the name of the kind of object."""

    def check(self, given: Data) -> ObjectRequest:
        """Read the object; refuse what no host could take as this kind of object."""
        only = {"name": given.get("name"), "guid": given.get("guid")}
        request = read_object(self.module, only if _absent(given) else _options(given))
        check_timeout(given.get("confirm_timeout"))
        return request

    def whole(self, given: Data) -> tuple[str, ...]:
        """Return what was read: of an object that goes, its name alone."""
        return () if _absent(given) else super().whole(given)

    def act(self, args: Data, request: ObjectRequest) -> Data:
        """Make the object present with the options given, or absent."""
        name = request.said.name
        if _absent(args):
            outcome = self.converge(lambda store: without_object(store, self.module, name, request.guid), args)
        else:
            outcome = self.converge(lambda store: store_with_object(store, request), args)
        return self.report(outcome, lambda store: _view(store, self.module, name))


def _absent(given: Data) -> bool:
    return given.get("state") == "absent"


def _options(given: Data) -> Data:
    return {key: value for key, value in given.items() if key not in ("state", "confirm_timeout", *GUARD_OPTIONS)}


def _view(store: Store, kind: str, name: str) -> dict[str, Any]:
    """Return one object as user data, empty when it is not there."""
    key = folded(name)
    if kind == FILTER_LIST and (filter_list := by_name(store.filter_lists).get(key)):
        return write_filter_list(filter_list)
    if kind == FILTER_ACTION and (action := by_name(store.filter_actions).get(key)):
        return write_filter_action(action)
    if kind == POLICY and (policy := by_name(store.policies).get(key)):
        return write_policy(policy)
    return {}
