# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of the module deployment: what follows from flows between groups, on the controller alone."""

from __future__ import annotations

from ..plugin_utils._actions.base import Data, IpsecAction
from ..plugin_utils._common.said import said_in_lines
from ..plugin_utils._intent.data import to_data
from ..plugin_utils._intent.deployment import deploy
from ..plugin_utils._intent.model import Intent
from ..plugin_utils._intent.read import read_intent


class ActionModule(IpsecAction[Intent]):
    """Makes the rounds of a deployment. No host is asked."""

    _requires_connection = False

    module = "deployment"
    read_whole = ("flows", "hosts", "groups", "main_mode", "article", "allow_swap")

    def check(self, given: Data) -> Intent:
        """Refuse flows and hosts that cannot be read."""
        return read_intent(given)

    def act(self, args: Data, request: Intent) -> Data:
        """Return the rounds; failed when the inventory, or a change, is refused."""
        result: Data = {"changed": False, **to_data(deploy(request))}
        refusals = result["refusals"]
        if refusals and args.get("fail", True):
            first = "Nothing can be judged:" if request.switches.only_look else "Nothing can be changed:"
            result |= {"failed": True, "msg": said_in_lines([first, *(f"- {one}" for one in refusals)])}
        return result
