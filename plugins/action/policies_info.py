# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of the module policies_info: everything that a host has."""

from __future__ import annotations

from typing import Any

from ..plugin_utils._actions.base import Data, IpsecAction, predefined, unmanaged
from ..plugin_utils._actions.query import answered, read_query
from ..plugin_utils._policies.document import write_document
from ..plugin_utils._policies.planning.staging import settled


class ActionModule(IpsecAction[Any]):
    """Reads the policy store."""

    module = "policies_info"

    def check(self, given: Data) -> Any:
        """Return the query, None for none; refuse one that cannot be evaluated."""
        return read_query(given, self.module)

    def act(self, args: Data, request: Any) -> Data:
        """Return the document of the host and facts about it."""
        host = self._converger().read()
        config = write_document(settled(host.store))
        result: Data = {
            "changed": False,
            "config": config,
            "host": host.to_data(),
            "predefined": predefined(host.store),
            "unmanaged": unmanaged(host.store),
        }
        if host.store.findings:
            result["warnings"] = list(host.store.findings)
        if request is not None:
            result["answer"] = answered(request, args["query"], {**config, "host": result["host"]})
        return result
