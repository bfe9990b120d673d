# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refusal of connection security rules after which a flow that must never stop might stop, before anything is sent.

This is a cautious judgement and no analysis of what both ends do: a rule that requires protection is taken to stop
every packet that it may match, unless an exemption matches all of the flow and wins over that rule for certain. What is
not known about a rule counts against it. A flow that comes through such a rule today goes on to.

[ledger: cs-ranking, cs-both-directions]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from .._common.address_sets import read_interval
from .._common.errors import IpsecError
from .._consec.definitions import RuleDefinition
from .._consec.host import Host
from .._consec.order import specificity
from .._consec.stock import Held, Inventory, enabled_rules
from .._consec.wanted import Wanted
from .._consec.words import ACTIONS, CLEAR_OUT, EXEMPT, PLACES
from .endpoint import Addresses, bounds
from .guard import MANAGEMENT, Guard
from .lockout import CriticalFlow, FlowDirection, management
from .management import Listed, known_management
from .partition import Side, meet, side, without
from .space import IpAddress

_REQUIRING = (*(word for word in ACTIONS.values() if word.startswith("require")), CLEAR_OUT)
_ANY = "any"
_DHCP, _FIRST_WITH_DHCP = "dhcp", (2, 10)


@dataclass(frozen=True, slots=True)
class _Flow:
    """A flow as a rule sees it: addresses and ports of this host and of the peers."""

    flow: CriticalFlow
    own: tuple[Addresses, ...]
    ports: tuple[Side, Side]


@dataclass(frozen=True, slots=True)
class _Stop:
    """A rule that may stop a flow."""

    flow: str
    name: str
    rule: object


def check_rules(
    guard: Guard, have: Host, wanted: Wanted, connections: Callable[[], Listed] = Listed
) -> tuple[str, ...]:
    """Raise IpsecError for a change after which a critical flow may stop that passes now.

    ``connections`` asks the host for its own, if they matter.
    """
    before, after = _deciding(wanted.before), _deciding(wanted.after)
    if before == after or not any(_requires(each) for each in enabled_rules(wanted.after)):
        return ()
    needs = MANAGEMENT not in guard.allowed
    listed = connections() if needs or (guard.guarded and not guard.given.hosts) else Listed()
    own = guard.given.hosts or tuple(dict.fromkeys(each.local for each in listed.connections))
    flows = [(flow, own) for flow in guard.guarded if not (flow.name == _DHCP and _leases_pass(have))]
    if needs:
        found = known_management(guard.given, guard.approach, listed)
        flows.insert(0, (management(found.controllers, found.ports), found.hosts))
    seen = [_seen(flow, own) for flow, own in flows]
    known = set(_stops(wanted.before, seen))
    for stop in _stops(wanted.after, seen):
        if stop not in known:
            remedy = (
                "Exempt the flow by a more specific rule with action noauthentication, or "
                f"add {stop.flow} to allow_lockout if it may stop."
            )
            expected = "a change after which it passes in clear for certain"
            raise IpsecError(f"critical flow {stop.flow}", f"stopped by the rule {stop.name}", expected, remedy)
    return ()


def _leases_pass(have: Host) -> bool:
    """Tell whether packets of DHCP are exempt by default (MS-GPFAS 2.2.1)."""
    told = have.local.settings.exemptions
    return (have.schema or (0, 0)) >= _FIRST_WITH_DHCP if told is None else _DHCP in told


def _deciding(inventory: Inventory) -> frozenset[object]:
    return frozenset(_identity(each) for each in enabled_rules(inventory))


def _identity(held: Held) -> object:
    return (held.name, held.definition) if held.definition is not None else held.rule and str(held.rule.text)


def _requires(held: Held) -> bool:
    action = held.values.get("action") if held.definition is None else getattr(held.definition, "action", None)
    return action is None or action in _REQUIRING


def _seen(flow: CriticalFlow, own: Iterable[IpAddress]) -> _Flow:
    ends = (flow.traffic.destination_ports, flow.traffic.source_ports)
    return _Flow(flow, tuple(own), ends if flow.direction is FlowDirection.INBOUND else (ends[1], ends[0]))


def _stops(inventory: Inventory, flows: Iterable[_Flow]) -> Iterator[_Stop]:
    rules = enabled_rules(inventory)
    exempt = [
        each.definition
        for each in rules
        if isinstance(each.definition, RuleDefinition) and each.definition.action == EXEMPT
    ]
    for flow in flows:
        for held in rules:
            if _requires(held) and _may_match(held, flow) and not any(_saves(each, held, flow) for each in exempt):
                yield _Stop(flow.flow.name, held.name or "without a name", _identity(held))


def _may_match(held: Held, seen: _Flow) -> bool:
    """Tell whether a rule may match a packet of a flow, in either sense of its ends: which one counts is not sure."""
    protocol = _value(held, "protocol", _ANY)
    if protocol != _ANY and not meet(seen.flow.traffic.protocols, _one(protocol)):
        return False
    ends = [(_value(held, f"endpoint{number}", ()), _value(held, f"port{number}", ())) for number in (1, 2)]
    mine, theirs = (seen.own, seen.ports[0]), (seen.flow.peers, seen.ports[1])
    return any(
        _end_may_match(*one, *mine) and _end_may_match(*other, *theirs)
        for one, other in ((ends[0], ends[1]), (ends[1], ends[0]))
    )


def _value(held: Held, option: str, unknown: Any) -> Any:
    return held.values.get(option, unknown) if held.definition is None else getattr(held.definition, option)


def _one(protocol: str) -> Side:
    return side([(int(protocol), int(protocol))])


def _end_may_match(
    endpoint: tuple[str, ...], ports: tuple[str, ...], addresses: tuple[Addresses, ...], their_ports: Side
) -> bool:
    if ports and not meet(_ports(ports), their_ports):
        return False
    if not endpoint or not addresses:
        return True
    known = {family: side(list(bounds(addresses, family))) for family in (4, 6)}
    for text in endpoint:
        found = read_interval(text)
        if found is None or meet(known[found.version], ((found.first, found.last),)):
            return True
    return False


def _ports(texts: tuple[str, ...]) -> Side:
    ends = [[int(part) for part in text.split("-")] for text in texts]
    return side([(each[0], each[-1]) for each in ends])


def _saves(exempt: RuleDefinition, held: Held, seen: _Flow) -> bool:
    """Tell whether an exemption matches all of a flow and wins over a rule for certain."""
    # A word such as localsubnet may stand for one address, and then wins.
    words = [text for end in ("endpoint1", "endpoint2") for text in _value(held, end, ()) if text in PLACES]
    if held.definition is None or exempt.profiles or exempt.interface_types or words:
        return False
    protocols = seen.flow.traffic.protocols
    if exempt.protocol != _ANY and without(protocols, _one(exempt.protocol)):
        return False
    mine = _covers(exempt.endpoint1, exempt.port1, seen.own, seen.ports[0])
    theirs = _covers(exempt.endpoint2, exempt.port2, seen.flow.peers, seen.ports[1])
    return mine and theirs and specificity(exempt) > specificity(held.definition)


def _covers(
    endpoint: tuple[str, ...], ports: tuple[str, ...], addresses: tuple[Addresses, ...], their_ports: Side
) -> bool:
    if ports and without(their_ports, _ports(ports)):
        return False
    if not endpoint:
        return True
    if not addresses:
        return False
    for family in (4, 6):
        intervals = [each for each in map(read_interval, endpoint) if each is not None and each.version == family]
        mine = side([(each.first, each.last) for each in intervals])
        if without(side(list(bounds(addresses, family))), mine):
            return False
    return True
