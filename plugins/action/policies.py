# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of the module policies: a whole document in one task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..plugin_utils._actions.base import Data, unmanaged
from ..plugin_utils._actions.document import DocumentAction
from ..plugin_utils._actions.offline import Parsing, Rendering
from ..plugin_utils._actions.policy_files import parsed, script_lines
from ..plugin_utils._policies.document import write_document
from ..plugin_utils._policies.planning.intent import Mode, Request, read_request, requested_store
from ..plugin_utils._windows.netsh.line import Line
from ..plugin_utils._windows.timer import check_timeout


class ActionModule(DocumentAction[Request]):
    """Brings a host to a document of policies, or works on one without a host."""

    module = "policies"

    def check(self, given: Data) -> Request | Parsing | Rendering[Request]:
        """Read the document; refuse one that no host could take, and a time that is none."""
        request = super().check(given)
        check_timeout(given.get("confirm_timeout"))
        return request

    def document(self, config: Any, state: str) -> Request:
        """Return what the document asks for."""
        return read_request(config, Mode(state) if state in tuple(Mode) else Mode.MERGED)

    def change(self, args: Data, request: Request) -> Data:
        """Bring the host to the document."""
        in_force = bool(request.given.get("assigned"))
        outcome = self.converge(lambda store: requested_store(store, request), args, in_force=in_force)
        found = (outcome.after or outcome.desired).store
        return {**self.report(outcome, write_document), "unmanaged": unmanaged(found)}

    def parse(self, content: bytes | str, option: str) -> Data:
        """Return the document of a saved registry."""
        return parsed(content, option)

    def script(self, request: Request) -> Sequence[Line]:
        """Return the lines for a store that is empty."""
        return script_lines(request)
