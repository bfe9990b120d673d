# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of the module session_check: sessions that the controller holds itself."""

from __future__ import annotations

from ..plugin_utils._actions.base import Data, IpsecAction
from ..plugin_utils._clients.hold import hold_all
from ..plugin_utils._clients.request import Session, read_sessions


class ActionModule(IpsecAction[tuple[Session, ...]]):
    """Holds sessions with services and compares what came of them with what was expected."""

    _requires_connection = False

    module = "session_check"
    read_whole = ("sessions",)

    def check(self, given: Data) -> tuple[Session, ...]:
        """Refuse sessions that cannot be held."""
        return read_sessions(given)

    def act(self, args: Data, request: tuple[Session, ...]) -> Data:
        """Return what came of each session; failed when one is not as expected. Check mode is no different."""
        reports = hold_all(request)
        wrong = [one for one in reports if not one.as_expected]
        result: Data = {"changed": False, "passed": not wrong, "sessions": [one.to_data() for one in reports]}
        if wrong and args.get("fail", True):
            lines = "\n".join(f"- {one}" for one in wrong)
            result |= {"failed": True, "msg": f"{len(wrong)} of {len(reports)} sessions are not as expected:\n{lines}"}
        return result
