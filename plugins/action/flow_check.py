# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of the module flow_check: what documents do to packets, on the controller alone."""

from __future__ import annotations

from ..plugin_utils._actions.base import Data, IpsecAction
from ..plugin_utils._common.said import said_in_lines
from ..plugin_utils._flows.check import FlowAnalysis, read_check


class ActionModule(IpsecAction[FlowAnalysis]):
    """Judges expectations about flows under given documents. No host is asked."""

    _requires_connection = False

    module = "flow_check"
    read_whole = ("hosts", "networks", "expect")

    def check(self, given: Data) -> FlowAnalysis:
        """Refuse documents, names and expectations that cannot be judged."""
        return read_check(given)

    def act(self, args: Data, request: FlowAnalysis) -> Data:
        """Return the failures, the flow matrix and the findings; failed when an expectation does not hold."""
        failures = request.failures()
        result: Data = {
            "changed": False,
            "passed": not failures,
            "failures": [one.to_data() for one in failures],
            "matrix": request.matrix(),
            "findings": [one.to_data() for one in request.findings()],
        }
        if failures and args.get("fail", True):
            count = f"{len(failures)} of {len(request.expectations)} expectations"
            lines = said_in_lines([f"{count} about flows do not hold:", *(f"- {one}" for one in failures)])
            result |= {"failed": True, "msg": lines}
        return result
