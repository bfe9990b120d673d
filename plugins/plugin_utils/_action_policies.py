# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The base of the action policies: a whole document in one task."""

from __future__ import annotations

from ._action import Data, IpsecAction, foreign
from ._ipsec.document import write_document
from ._ipsec.planning.intent import Mode, check_document, desired_store
from ._ipsec.revert import check_timeout


class PoliciesAction(IpsecAction):
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
        return {**self.report(outcome, write_document), "foreign": foreign(outcome.after)}
