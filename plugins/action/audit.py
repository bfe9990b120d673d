# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of the module audit: what in documents is weak, on the controller alone."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime

from ..plugin_utils._actions.base import Data, IpsecAction
from ..plugin_utils._audit.check import Audit, read_audit
from ..plugin_utils._audit.rules import Severity
from ..plugin_utils._common.said import said_in_lines


class ActionModule(IpsecAction[Audit]):
    """Looks for weak cryptography, secrets and exceptions in documents. No host is asked."""

    _requires_connection = False

    module = "audit"
    read_whole = ("hosts", "waivers")

    def today(self) -> date:
        """Return the day on which waivers are judged."""
        return datetime.now(UTC).date()

    def check(self, given: Data) -> Audit:
        """Refuse documents and waivers that cannot be read."""
        return read_audit(given)

    def act(self, args: Data, request: Audit) -> Data:
        """Return the findings; failed when open ones reach the severity that the options name."""
        findings = request.findings(self.today())
        failing = request.failing(findings)
        still_open = Counter(one.severity for one in findings if one.waiver is None)
        result: Data = {
            "changed": False,
            "passed": not failing,
            "findings": [one.to_data() for one in findings],
            "open": {severity.value: still_open[severity] for severity in Severity},
            "waived": sum(one.waiver is not None for one in findings),
        }
        if failing:
            count = f"{len(failing)} findings of severity {request.fail_on.value} or worse"
            lines = said_in_lines([f"{count} are open:", *(f"- {one}" for one in failing)])
            result |= {"failed": True, "msg": lines}
        return result
