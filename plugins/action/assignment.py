# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of the module assignment: which policy is in force."""

from __future__ import annotations

from ..plugin_utils._actions.base import Data, IpsecAction
from ..plugin_utils._policies.model import Store
from ..plugin_utils._policies.planning.intent import assigned_store, check_assignment
from ..plugin_utils._windows.timer import check_timeout


class ActionModule(IpsecAction[None]):
    """Assigns or unassigns a policy."""

    module = "assignment"

    def check(self, given: Data) -> None:
        """Refuse names that no policy can have."""
        check_assignment(given.get("name"), given.get("state") or "assigned", given.get("guid"))
        check_timeout(given.get("confirm_timeout"))

    def act(self, args: Data, request: None) -> Data:
        """Assign the policy and make its services run, or unassign it."""
        assign = args.get("state", "assigned") == "assigned"
        outcome = self.converge(
            lambda store: assigned_store(store, args.get("name"), assign=assign, guid=args.get("guid") or ""),
            args,
            in_force=assign,
        )
        return self.report(outcome, _view)


def _view(store: Store) -> Data:
    return {"assigned": store.assigned or ""}
