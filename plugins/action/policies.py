# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of the module policies: a whole document in one task."""

from __future__ import annotations

from ..plugin_utils._actions.base import Data, IpsecAction, foreign
from ..plugin_utils._policies.document import write_document
from ..plugin_utils._policies.planning.intent import Mode, check_document, desired_store
from ..plugin_utils._windows.timer import check_timeout


class ActionModule(IpsecAction):
    """Merges, replaces, overrides or deletes what a document names."""

    module = "policies"

    def check(self, given: Data) -> None:
        """Refuse a document that no host could take."""
        state = given.get("state") or "merged"
        if given.get("config") is not None and state in tuple(Mode):
            check_document(given["config"], Mode(state))
        check_timeout(given.get("confirm_timeout"))

    def act(self, args: Data) -> Data:
        """Bring the host to the document."""
        config, mode = args["config"], Mode(args.get("state", "merged"))
        outcome = self.converge(
            lambda store: desired_store(store, config, mode),
            args,
            in_force=bool(config.get("assigned")),
        )
        return {**self.report(outcome, write_document), "foreign": foreign((outcome.after or outcome.desired).store)}
