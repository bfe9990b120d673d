# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a host is looked at: by its policy, by its connection security rules, or by both in the step of a migration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from .._common.errors import IpsecError
from .choice import Choice
from .connection_view import ConnectionView
from .endpoint import Endpoint
from .partition import Side, Sides
from .semantics import Candidates, Decision, DecisionKind, Reading, View
from .space import Packet

_SILENT = (DecisionKind.NO_POLICY, DecisionKind.NO_MATCH, DecisionKind.EXEMPT)


class BothView:
    """A host with a policy and rules in force.

    A block of the policy drops the packet (Windows Filtering Platform, filter arbitration), and where one engine is
    silent the other one decides. Which of them negotiates where both speak is documented nowhere.
    """

    def __init__(self, host: Endpoint) -> None:
        self.host = host
        self.policy_view, self.connection_view = View(host), ConnectionView(host)
        self.responds_by_default = False

    def where(self, family: int) -> Side:
        """Return the addresses of the host in a family as integers."""
        return self.policy_view.where(family)

    @property
    def keying(self) -> bool:
        """Whether the host can negotiate."""
        return self.policy_view.keying

    def lists(self, family: int) -> list[Candidates]:
        """Return what decides in both engines."""
        return [*self.policy_view.lists(family), *self.connection_view.lists(family)]

    def choices(self, family: int, left: Sides) -> list[Choice]:
        """Return :meth:`lists` by their addresses."""
        return [*self.policy_view.choices(family, left), *self.connection_view.choices(family, left)]

    def readings(self, numbers: Sequence[int | None]) -> tuple[Reading, ...]:
        """Return what may be decided about packet and reply."""
        packet, reply = numbers[:2]
        return _together(self.policy_view.readings((packet, reply)), self.connection_view.readings(numbers[2:]))

    def readings_of(self, packet: Packet) -> tuple[Reading, ...]:
        """Return what may be decided about one packet and its reply."""
        return _together(self.policy_view.readings_of(packet), self.connection_view.readings_of(packet))


def _together(policy: Sequence[Reading], connection: Sequence[Reading]) -> tuple[Reading, ...]:
    found = [(_both(mine[0], its[0]), _both(mine[1], its[1])) for mine in policy for its in connection]
    return tuple(dict.fromkeys(found))


def _both(policy: Decision, connection: Decision) -> Decision:
    if policy.kind is DecisionKind.BLOCK or connection.kind in _SILENT:
        return policy
    if policy.kind in _SILENT or policy.kind is connection.kind is DecisionKind.PERMIT:
        return connection
    reason = "a policy and connection security rules both speak of it, and which one acts is documented nowhere"
    return Decision(DecisionKind.UNKNOWN, reason=reason)


Looking: TypeAlias = View | ConnectionView | BothView


def policy_view(view: Looking) -> View | None:
    """Return how the policy of a host is looked at, None for a host with rules alone."""
    if isinstance(view, BothView):
        return view.policy_view
    return view if isinstance(view, View) else None


def connection_view(view: Looking) -> ConnectionView | None:
    """Return how the connection security rules of a host are looked at, None for a host without any."""
    if isinstance(view, BothView):
        return view.connection_view
    return view if isinstance(view, ConnectionView) else None


def look(host: Endpoint) -> Looking:
    """Return how a host is looked at; IpsecError for both engines at once, outside the step of a migration."""
    if host.rules_in_force is None:
        return View(host)
    policy = host.policy_in_force
    if policy is None:
        return ConnectionView(host)
    if host.both_engines:
        return BothView(host)
    expected = "no connection security rules in force beside it: which of the two engines acts is documented nowhere"
    remedy = "Unassign the policy or disable the rules. For the step of a migration set both_engines."
    raise IpsecError(f"{host.name}.policy", policy.policy.name, expected, remedy)
