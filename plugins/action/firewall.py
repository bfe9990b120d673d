# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of the module firewall: all openings of a host's own firewall in one task."""

from __future__ import annotations

from ..plugin_utils._actions.base import Data, IpsecAction, explained
from ..plugin_utils._actions.converge import TaskOutcome
from ..plugin_utils._actions.prediction import ChangeTerms
from ..plugin_utils._firewall.engine import Openings, Wanted
from ..plugin_utils._firewall.request import OpeningsRequest, read_openings
from ..plugin_utils._firewall.state import Firewall


class ActionModule(IpsecAction[OpeningsRequest]):
    """Opens the host's own firewall for IPsec, or closes what was opened."""

    module = "firewall"

    def check(self, given: Data) -> OpeningsRequest:
        """Refuse openings that no host could have."""
        return read_openings(given)

    def act(self, args: Data, request: OpeningsRequest) -> Data:
        """Make the openings of the options, and no others of the name prefix."""
        engine = Openings()
        converger = self.converger(engine)
        self.talk = converger.talk
        outcome = converger.converge(request, ChangeTerms(check=bool(self._task.check_mode)))
        plan = outcome.desired.plan
        after = plan.after if outcome.after is None else engine.desired(outcome.after, request).plan.before
        result: Data = {
            "changed": outcome.changed,
            "commands": list(outcome.commands),
            "foreign": list(plan.foreign),
            "not_expressible": list(plan.not_expressible),
            "host": outcome.host.to_data(),
        }
        if outcome.changed or self._task.diff:
            result |= {"before": plan.before, "after": after}
        if outcome.warnings:
            result["warnings"] = list(outcome.warnings)
        if self._task.diff:
            result["diff"] = _difference(outcome, after)
        return result


def _difference(outcome: TaskOutcome[Firewall, Wanted], after: list[dict[str, object]]) -> list[Data]:
    headers = {"before_header": "firewall openings", "after_header": "firewall openings"}
    shown = {**headers, "before": {"openings": outcome.desired.plan.before}, "after": {"openings": after}}
    return [shown, *explained(outcome)]
