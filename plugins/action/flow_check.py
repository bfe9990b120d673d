# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of the module flow_check: what documents do to packets, on the controller alone."""

from __future__ import annotations

from ..plugin_utils._actions.base import Data, IpsecAction
from ..plugin_utils._common.said import said_in_lines
from ..plugin_utils._flows.check import read_check


class ActionModule(IpsecAction):
    """Judges expectations about flows under given documents. No host is asked."""

    _requires_connection = False

    module = "flow_check"

    def check(self, given: Data) -> None:
        """Refuse documents, names and expectations that cannot be judged."""
        read_check(given)

    def act(self, args: Data) -> Data:
        """Return the failures, the flow matrix and the findings; failed when an expectation does not hold."""
        check = read_check(args)
        failures = check.failures()
        result: Data = {
            "changed": False,
            "passed": not failures,
            "failures": [one.to_data() for one in failures],
            "matrix": check.matrix(),
            "findings": [one.to_data() for one in check.findings()],
        }
        if failures and args.get("fail", True):
            count = f"{len(failures)} of {len(check.expectations)} expectations"
            lines = said_in_lines([f"{count} about flows do not hold:", *(f"- {one}" for one in failures)])
            result |= {"failed": True, "msg": lines}
        return result
