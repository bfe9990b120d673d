# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of the module connection_security: a whole document in one task.

[ledger: cs-every-match, cs-methods-grammar]
"""

from __future__ import annotations

from collections.abc import Sequence

from ..plugin_utils._actions.base import Data
from ..plugin_utils._actions.document import DocumentAction
from ..plugin_utils._actions.rules import converge_rules, parsed_rules
from ..plugin_utils._consec.offline import script_lines
from ..plugin_utils._consec.request import Mode, Request, read_request
from ..plugin_utils._windows.netsh.line import Line


class ActionModule(DocumentAction[Request]):
    """Brings a host to a document of connection security rules, or works on one without a host."""

    module = "connection_security"

    def document(self, config: object, state: str) -> Request:
        """Return what the document asks for."""
        return read_request(config, Mode(state) if state in tuple(Mode) else Mode.MERGED)

    def change(self, args: Data, request: Request) -> Data:
        """Bring the host to the document."""
        return converge_rules(self, request)

    def parse(self, content: bytes | str, option: str) -> Data:
        """Return the documents of a saved registry."""
        return parsed_rules(content, option)

    def script(self, request: Request) -> Sequence[Line]:
        """Return the lines for a host that has no rules."""
        return script_lines(request)
