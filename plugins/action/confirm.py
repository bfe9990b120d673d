# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of the module confirm: which of our statements about Windows hold on a host that may be touched."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

from ..plugin_utils._actions.base import Data, IpsecAction
from ..plugin_utils._common.errors import IpsecError
from ..plugin_utils._common.file_name import file_name
from ..plugin_utils._confirm.bundle import bundle, key_of
from ..plugin_utils._confirm.model import counted
from ..plugin_utils._confirm.run import confirm, look
from ..plugin_utils._confirm.table import lines
from ..plugin_utils._confirm.talk import Talk
from ..plugin_utils._remote.connection import Remote

# Its first digit is a letter: capitals must be told from small letters.
_TOKEN_BYTES = 4


class ActionModule(IpsecAction[None]):
    """Runs the checks, removes what they made, and writes the bundle."""

    module = "confirm"

    def check(self, given: Data) -> None:
        """There is nothing to refuse before the host was read."""

    def act(self, args: Data, request: None) -> Data:
        """Return the outcome of every check; a host that has the store it had before was not changed."""
        remote = Remote(self, self.host)
        talk = Talk(remote.run, f"c{secrets.token_hex(_TOKEN_BYTES)[1:]}")
        in_force = bool(args.get("allow_policy_in_force"))
        if self._task.check_mode:
            report = look(talk, in_force=in_force)
        else:
            report = confirm(talk, key_of(talk.token), in_force=in_force, renew=remote.renew)
        result: Data = {
            "changed": bool(report.left or report.found) or not report.store_as_before,
            "counts": counted(report.checks),
            "checks": [each.to_data() for each in report.checks],
            "table": list(lines(report)),
            "left_behind": report.left,
            "removed_first": report.found,
            "store_as_before": report.store_as_before,
            "version": report.version,
        }
        if args.get("folder") and not self._task.check_mode:
            path = Path(self._loader.path_dwim(args["folder"])) / f"confirm-{file_name(self.host or 'host')}.json"
            self._write(path, bundle(report, talk))
            result["bundle"] = str(path)
        return result

    @staticmethod
    def _write(path: Path, data: Data) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            expected = "a folder that can be written to on the controller"
            text = f"The system says: {error.strerror or error}."
            raise IpsecError("folder", str(path.parent), expected, text) from None
