# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The base of the actions that take a whole document, with a host and without one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Generic, TypeVar

from .._common.errors import IpsecError
from .._windows.netsh.line import Line
from .base import Data, IpsecAction
from .offline import Parsing, Rendering, read_offline, write_script

Asked = TypeVar("Asked")


class DocumentAction(IpsecAction["Asked | Parsing | Rendering[Asked]"], Generic[Asked]):
    """Merges, replaces, overrides or deletes what a document names; parses and renders one without a host."""

    read_whole = ("config", "running_config")

    def check(self, given: Data) -> Asked | Parsing | Rendering[Asked]:
        """Read the document; refuse one that no host could take. Another state is refused later."""
        offline = read_offline(given, lambda config: self.document(config, "overridden"))
        if offline is not None:
            return offline
        if given.get("config") is None:
            raise IpsecError("config", None, "a document", "Add config.")
        return self.document(given["config"], str(given.get("state") or "merged"))

    def act(self, args: Data, request: Asked | Parsing | Rendering[Asked]) -> Data:
        """Bring the host to the document, or do without the host."""
        if isinstance(request, Parsing):
            return self._parsed(request)
        if isinstance(request, Rendering):
            return self._rendered(args, request)
        return self.change(args, request)

    def document(self, config: object, state: str) -> Asked:
        """Return what a document asks for with a state; with one that is not known, as with merged."""
        raise NotImplementedError

    def change(self, args: Data, request: Asked) -> Data:
        """Return the result of a change of the host."""
        raise NotImplementedError

    def parse(self, content: bytes | str, option: str) -> Data:
        """Return the result for a saved registry that an option gave."""
        raise NotImplementedError

    def script(self, request: Asked) -> Sequence[Line]:
        """Return the lines that make a document on a host that has nothing."""
        raise NotImplementedError

    def _parsed(self, request: Parsing) -> Data:
        if request.source is None:
            return self.parse(request.text or "", "running_config")
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
        return self.parse(content, "src")

    def _rendered(self, args: Data, request: Rendering[Asked]) -> Data:
        lines = self.script(request.request)
        shown = [line.redacted() for line in lines]
        result: Data = {"changed": False, "rendered": shown}
        if request.target is not None:
            path = Path(self._loader.path_dwim(args["dest"]))
            result["changed"] = write_script(path, lines, check=bool(self._task.check_mode))
            if self._task.diff and result["changed"]:
                # What the file had may hold keys of others.
                result["diff"] = [{"prepared": f"{path}:\n" + "".join(f"{line}\n" for line in shown)}]
        return result
