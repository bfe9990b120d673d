# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of the module connection_security_info: the connection security rules of a host.

[ledger: cs-keys-local, cs-key-clear-text, cs-rights, cs-from-2008]
"""

from __future__ import annotations

from typing import Any

from ..plugin_utils._actions.base import Data, IpsecAction
from ..plugin_utils._actions.query import answered, read_query
from ..plugin_utils._consec.document import unmanaged, write_document
from ..plugin_utils._consec.host import QUESTIONS, Host, read_host
from ..plugin_utils._remote.connection import Remote
from ..plugin_utils._windows.talk import HostSession


class ActionModule(IpsecAction[Any]):
    """Reads connection security rules."""

    module = "connection_security_info"

    def check(self, given: Data) -> Any:
        """Return the query, None for none; refuse one that cannot be evaluated."""
        return read_query(given, self.module)

    def act(self, args: Data, request: Any) -> Data:
        """Return the documents of the host and facts about it; check mode is no different."""
        remote = Remote(self, self.host)
        host = HostSession[Host](remote.run, QUESTIONS, read_host, renew=remote.renew).read()
        config, group_policy = write_document(host.local), write_document(host.group)
        result: Data = {
            "changed": False,
            "config": config,
            "group_policy": group_policy,
            "host": host.to_data(),
            "unmanaged": [*unmanaged(host.local, "local"), *unmanaged(host.group, "group_policy")],
        }
        if request is not None:
            data = {**config, "group_policy": group_policy, "host": result["host"]}
            result["answer"] = answered(request, args["query"], data)
        return result
