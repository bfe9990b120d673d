# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the actions that change connection security rules have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from .._consec.document import unmanaged, write_document
from .._consec.engine import ConnectionSecurity
from .._consec.host import Host
from .._consec.offline import stores_of
from .._consec.request import Request
from .._consec.show import changed_rules
from .._consec.wanted import Wanted
from .._flows.guard import Guard
from .._flows.management import Listed
from .._flows.rules_guard import check_rules
from .._windows.registry.saved import parse_saved
from .base import Data, IpsecAction, explained
from .converge import TaskOutcome
from .guard import approach_of
from .offline import PARSED
from .prediction import ChangeTerms


@dataclass(frozen=True, slots=True)
class RulesJudge:
    """The guard over hosts and what shall become of their rules."""

    guard: Guard

    def check(self, have: Host, desired: Wanted, connections: Callable[[], Listed], *, starts: bool) -> tuple[str, ...]:
        """Return warnings; raise IpsecError for a flow that may stop."""
        return check_rules(self.guard, have, desired, connections)


def converge_rules(action: IpsecAction[Any], request: Request) -> Data:
    """Return the result of bringing a host to what a request asks for, or of its prediction in check mode."""
    engine = ConnectionSecurity()
    converger = action.converger(engine)
    action.talk = converger.talk
    judge = RulesJudge(replace(action.guard, approach=approach_of(action)))
    outcome = converger.converge(request, ChangeTerms(check=bool(action._task.check_mode), guard=judge))
    after = outcome.desired.after if outcome.after is None else engine.inventory(outcome.after)
    result: Data = {
        "changed": outcome.changed,
        "commands": list(outcome.commands),
        "host": outcome.host.to_data(),
        "unmanaged": list(unmanaged(outcome.host.local, "local")),
    }
    if outcome.changed or action._task.diff:
        result |= changed_rules(outcome.desired, after)
    if outcome.warnings:
        result["warnings"] = list(outcome.warnings)
    if action._task.diff:
        result["diff"] = _difference(outcome, result)
    return result


def _difference(outcome: TaskOutcome[Host, Wanted], result: Data) -> list[Data]:
    headers: dict[str, Any] = {"before_header": "connection security", "after_header": "connection security"}
    return [{**headers, "before": result["before"], "after": result["after"]}, *explained(outcome)]


def parsed_rules(content: bytes | str, option: str) -> Data:
    """Return the result for a saved registry that an option gave."""
    local, group = stores_of(parse_saved(content, option))
    return {
        "changed": False,
        PARSED: write_document(local),
        "group_policy": write_document(group),
        "unmanaged": [*unmanaged(local, "local"), *unmanaged(group, "group_policy")],
    }
