# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of the module firewall: all openings of a host's own firewall in one task."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..plugin_utils._actions.base import Data, IpsecAction
from ..plugin_utils._firewall.plan import Plan, make_plan
from ..plugin_utils._firewall.request import Request, read_request
from ..plugin_utils._firewall.state import QUESTIONS, Firewall, read_firewall
from ..plugin_utils._remote.connection import Remote
from ..plugin_utils._windows.netsh.script import Batch, Complaint
from ..plugin_utils._windows.talk import ChangeError, HostSession


@dataclass(slots=True)
class FirewallSession(HostSession[Firewall]):
    """A talk in which netsh may say what it likes: its words are localised, and even success is not silent.

    ``said`` holds the first answer to the lines that were sent last; what the lines did is read from the registry.
    """

    said: str = ""
    asked: str = ""

    def _report(self, batch: Batch, found: list[Complaint]) -> None:
        self.said = self.asked = ""
        for complaint in found[:1]:
            self.said = complaint.answer or "nothing, and the netsh session ended before this command was answered"
            self.asked = batch.lines[complaint.index].redacted() if complaint.index < len(batch.lines) else "exit"


@dataclass(frozen=True, slots=True, kw_only=True)
class FirewallOutcome:
    """What a task found, what it did or would do, and our openings as they are now."""

    host: Firewall
    plan: Plan
    after: list[dict[str, object]]
    commands: list[str] = field(default_factory=list)


def converge(talk: FirewallSession, request: Request, *, check: bool) -> FirewallOutcome:
    """Bring the host to the openings of the request, or predict that.

    What is new is added and read back before anything old is removed. Raises :class:`ChangeError` when reading the
    host again does not show what was sent.
    """
    host = talk.read()
    plan = make_plan(host, request.prefix, request.openings)
    if check or not plan.changed:
        return FirewallOutcome(host=host, plan=plan, after=plan.after, commands=plan.commands)
    left = plan
    if plan.add:
        host = talk.send(plan.add)
        left = make_plan(host, request.prefix, request.openings)
        if left.add and left.again:
            host = talk.send(left.again)
            left = make_plan(host, request.prefix, request.openings)
        _check(talk, left.add, "the openings are not there")
    if left.delete:
        host = talk.send(left.delete)
        left = make_plan(host, request.prefix, request.openings)
        _check(talk, (*left.add, *left.delete), "the old openings are still there")
    return FirewallOutcome(host=host, plan=plan, after=left.before, commands=talk.done)


def _check(talk: FirewallSession, left: tuple[object, ...], what: str) -> None:
    if left:
        message = f"Reading the host again shows that {what}."
        raise ChangeError(message, talk.done, talk.asked, talk.said)


class ActionModule(IpsecAction):
    """Opens the host's own firewall for IPsec, or closes what was opened."""

    module = "firewall"

    def check(self, given: Data) -> None:
        """Refuse openings that no host could have."""
        read_request(given)

    def act(self, args: Data) -> Data:
        """Make the openings of the options, and no others of the name prefix."""
        remote = Remote(self, self.host)
        check = bool(self._task.check_mode)
        talk = self.talk = FirewallSession(remote.run, QUESTIONS, read_firewall, remote.renew)
        outcome = converge(talk, read_request(args), check=check)
        plan = outcome.plan
        result: Data = {
            "changed": plan.changed,
            "commands": outcome.commands,
            "foreign": list(plan.foreign),
            "not_expressible": list(plan.not_expressible),
            "host": outcome.host.to_data(),
        }
        if plan.changed or self._task.diff:
            result |= {"before": plan.before, "after": outcome.after}
        if plan.warnings:
            result["warnings"] = list(plan.warnings)
        if self._task.diff:
            result["diff"] = _difference(plan, outcome)
        return result


def _difference(plan: Plan, outcome: FirewallOutcome) -> list[Data]:
    headers = {"before_header": "firewall openings", "after_header": "firewall openings"}
    before, after = {"openings": plan.before}, {"openings": outcome.after}
    shown: list[Data] = [{**headers, "before": before, "after": after}]
    if plan.changed:
        shown.append({"prepared": "commands:\n" + "".join(f"{line}\n" for line in outcome.commands)})
    return shown
