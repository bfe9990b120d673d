# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of the module policies: a whole document in one task."""

from __future__ import annotations

from pathlib import Path

from ..plugin_utils._actions.base import Data, IpsecAction, unmanaged
from ..plugin_utils._actions.offline import (
    Parsing,
    Rendering,
    parsed,
    read_offline,
    script_lines,
    write_script,
)
from ..plugin_utils._common.errors import IpsecError
from ..plugin_utils._policies.document import write_document
from ..plugin_utils._policies.planning.intent import Mode, Request, read_request, requested_store
from ..plugin_utils._windows.timer import check_timeout


class ActionModule(IpsecAction[Request | Parsing | Rendering]):
    """Merges, replaces, overrides or deletes what a document names; parses and renders one without a host."""

    module = "policies"
    read_whole = ("config", "running_config")

    def check(self, given: Data) -> Request | Parsing | Rendering:
        """Read the document; refuse one that no host could take. Another state is refused later."""
        request = read_offline(given) or self._read(given)
        check_timeout(given.get("confirm_timeout"))
        return request

    def _read(self, given: Data) -> Request:
        config, state = given.get("config"), given.get("state")
        if config is None:
            raise IpsecError("config", None, "a document", "Add config.")
        return read_request(config, Mode(state) if state in tuple(Mode) else Mode.MERGED)

    def act(self, args: Data, request: Request | Parsing | Rendering) -> Data:
        """Bring the host to the document, or do without the host."""
        if isinstance(request, Parsing):
            return self._parsed(request)
        if isinstance(request, Rendering):
            return self._rendered(args, request)
        in_force = bool(request.given.get("assigned"))
        outcome = self.converge(lambda store: requested_store(store, request), args, in_force=in_force)
        found = (outcome.after or outcome.desired).store
        return {**self.report(outcome, write_document), "unmanaged": unmanaged(found)}

    def _parsed(self, request: Parsing) -> Data:
        if request.source is None:
            return parsed(request.text or "", "running_config")
        try:
            # A file with keys in it may well be encrypted.
            real = self._loader.get_real_file(self._find_needle("files", request.source))
            try:
                content = Path(real).read_bytes()
            finally:
                self._loader.cleanup_tmp_file(real)
        except OSError as error:
            expected = "a file that can be read on the controller"
            raise IpsecError("src", request.source, expected, f"The system says: {error.strerror or error}.") from None
        return parsed(content, "src")

    def _rendered(self, args: Data, request: Rendering) -> Data:
        lines = script_lines(request.request)
        shown = [line.redacted() for line in lines]
        result: Data = {"changed": False, "rendered": shown}
        if request.target is not None:
            path = Path(self._loader.path_dwim(args["dest"]))
            result["changed"] = write_script(path, lines, check=bool(self._task.check_mode))
            if self._task.diff and result["changed"]:
                # What the file had may hold keys of others.
                result["diff"] = [{"prepared": f"{path}:\n" + "".join(f"{line}\n" for line in shown)}]
        return result
