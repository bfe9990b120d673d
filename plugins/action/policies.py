# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of the module policies: a whole document in one task."""

from __future__ import annotations

from ..plugin_utils._actions.base import Data, IpsecAction, unmanaged
from ..plugin_utils._policies.document import write_document
from ..plugin_utils._policies.planning.intent import Mode, Request, read_request, requested_store
from ..plugin_utils._windows.timer import check_timeout


class ActionModule(IpsecAction[Request]):
    """Merges, replaces, overrides or deletes what a document names."""

    module = "policies"
    read_whole = ("config",)

    def check(self, given: Data) -> Request:
        """Read the document; refuse one that no host could take. Another state, or no document, is refused later."""
        config, state = given.get("config"), given.get("state")
        mode = Mode(state) if state in tuple(Mode) else Mode.MERGED
        request = read_request({} if config is None else config, mode)
        check_timeout(given.get("confirm_timeout"))
        return request

    def act(self, args: Data, request: Request) -> Data:
        """Bring the host to the document."""
        in_force = bool(request.given.get("assigned"))
        outcome = self.converge(lambda store: requested_store(store, request), args, in_force=in_force)
        found = (outcome.after or outcome.desired).store
        return {**self.report(outcome, write_document), "unmanaged": unmanaged(found)}
