# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of the module connection_security_rule: one rule is present or absent."""

from __future__ import annotations

from ..plugin_utils._actions.base import Data, IpsecAction
from ..plugin_utils._actions.rules import converge_rules
from ..plugin_utils._consec.request import Request, read_one_rule


class ActionModule(IpsecAction[Request]):
    """A connection security rule is present or absent."""

    module = "connection_security_rule"

    def check(self, given: Data) -> Request:
        """Read the rule; refuse one that no host could take."""
        return read_one_rule(given)

    def act(self, args: Data, request: Request) -> Data:
        """Make the rule present with the options given, or absent."""
        return converge_rules(self, request)
