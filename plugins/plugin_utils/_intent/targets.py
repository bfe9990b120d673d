# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each host shall have in the end, filter by filter, and what in the flows cannot be together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from .._common.packets import Address, Place, single
from .._policies.model import (
    Authentication,
    DefaultResponse,
    Filter,
    FilterAction,
    Policy,
    QuickModeMethod,
    Rule,
    folded,
)
from .._policies.words import ActionKind, ConnectionType
from .bindings import Binding, Form
from .ends import End, Ends, Way
from .model import Article, Flow, Host, Level
from .names import plain_name
from .overlap import Naming

_LONGEST_SUITES = 40
_USUAL_LIFETIMES = (100_000, 900)

Pair = tuple[str, str]


@dataclass
class Targets:
    """What the hosts shall have, by their names. ``assigned_only``: a policy that Windows brought along is assigned.

    ``flows`` are the flows of each pair of ends, by the sorted names of the two.
    """

    forms: dict[str, Form] = field(default_factory=dict)
    assigned_only: dict[str, str] = field(default_factory=dict)
    flows: dict[Pair, list[Way]] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def pair_of(a: str, b: str) -> Pair:
    """Return two names in order."""
    return (a, b) if a <= b else (b, a)


def make_targets(ends: Ends) -> Targets:
    """Return what follows from the flows for every host that takes part, and for those that do not too."""
    targets = Targets()
    bindings: dict[str, dict[tuple[object, ...], Binding]] = {}
    for way in ends.ways:
        targets.flows.setdefault(pair_of(way.source.name, way.destination.name), []).append(way)
        for host, far, outgoing in ((way.source, way.destination, True), (way.destination, way.source, False)):
            if isinstance(host, Host):
                mine = bindings.setdefault(host.name, {})
                for one in _bindings(ends, way, host, far, outgoing=outgoing):
                    _put(targets, mine, one, host, way)
    for pair, ways in targets.flows.items():
        targets.refusals += _one_method(pair, ways)
        targets.refusals += _ipv6(ways)
        targets.warnings += _no_family(ways)
    for name, mine in bindings.items():
        initiator = name in ends.asking
        host = ends.hosts[name]
        frame = _frame(ends, initiator=initiator)
        if _is_predefined(ends, host, initiator=initiator):
            targets.assigned_only[name] = frame.name
        targets.forms[name] = Form(frame, tuple(mine.values()))
    return targets


def _put(targets: Targets, mine: dict[tuple[object, ...], Binding], one: Binding, host: Host, way: Way) -> None:
    """Put a filter among those of a host; of two flows that name the same packets the stricter one counts."""
    before = mine.get(one.selector)
    if before is None or (one.requires and not before.requires):
        mine[one.selector] = one
    if before is not None and before.action.methods != one.action.methods:
        targets.refusals.append(
            f"Flows between {host.name} and {one.peer or 'others'} name {way.flow.traffic} twice, with other "
            f"security_methods; one of them is {way.flow.name}. Take the traffic out of one."
        )


def _bindings(ends: Ends, way: Way, host: Host, far: End, *, outgoing: bool) -> Iterator[Binding]:
    rule, action, about = _naming(ends, way, far, host, outgoing=outgoing)
    peer = far.name if isinstance(far, Host) else ""
    for address in _addresses(host, far):
        for port in way.flow.ports or (0,):
            near: Address = Place.ME
            yield Binding(
                peer,
                Filter(
                    source=near if outgoing else address,
                    destination=address if outgoing else near,
                    protocol=way.flow.protocol,
                    destination_port=port,
                ),
                rule,
                action,
                about,
            )


def _addresses(host: Host, far: End) -> list[Address]:
    """Return the addresses of the far end in the families that the host can protect."""
    families = {address.version for address in host.addresses}
    if not host.traits.ranges_and_ipv6 or (isinstance(far, Host) and not far.traits.ranges_and_ipv6):
        families &= {4}
    if isinstance(far, Host):
        return [single(address) for address in far.addresses if address.version in families]
    return [far.network] if far.network.version in families else []


def _naming(ends: Ends, way: Way, far: End, host: Host, *, outgoing: bool) -> tuple[Rule, FilterAction, str]:
    """Return the rule, the action and the description of the list for a filter."""
    article, flow = ends.intent.article, way.flow
    if article is None:
        name = f"IPsec with {plain_name(far.name)}"
        rule = Rule(name=name, filter_list=name, authentication=flow.authentication)
        return rule, general_action(flow, flow.level), f"Traffic between this host and {plain_name(far.name)}"
    if outgoing:
        rule = Rule(
            name="To the back-ends",
            filter_list=article.frontend_filter_list_name,
            authentication=flow.authentication,
            connection_type=ConnectionType.LAN,
        )
        action = _frontend_action(article, flow, host)
        return rule, action, "Traffic from this host to the back-ends"
    rule = Rule(
        name="From the front-ends",
        filter_list=article.backend_filter_list_name,
        authentication=flow.authentication,
        connection_type=ConnectionType.LAN,
    )
    action = FilterAction(
        name=article.backend_filter_action_name,
        description="Accept what comes, answer with IPsec, talk in clear to hosts without it",
        methods=flow.methods,
        accept_unsecured=True,
        fallback_to_clear=True,
        perfect_forward_secrecy=flow.perfect_forward_secrecy,
    )
    return rule, action, "Traffic from the front-ends to this host"


def _frontend_action(article: Article, flow: Flow, host: Host) -> FilterAction:
    request = flow.level is Level.REQUEST
    name = article.frontend_request_filter_action_name if request else article.frontend_filter_action_name
    predefined = predefined_action(host, name)
    if predefined is not None:
        return predefined
    return FilterAction(
        name=name,
        description="Talk to the back-ends with IPsec",
        methods=flow.methods,
        accept_unsecured=request or article.frontend_accept_unsecured,
        fallback_to_clear=request,
        perfect_forward_secrecy=flow.perfect_forward_secrecy,
    )


def predefined_action(host: Host, name: str) -> FilterAction | None:
    """Return the action of this name that Windows brought along, which is used as it is."""
    if folded(name) not in host.predefined_actions or host.store is None:
        return None
    return next((one for one in host.store.filter_actions if folded(one.name) == folded(name)), None)


def general_action(flow: Flow, level: Level) -> FilterAction:
    """Return what is done for a flow at a level; its name follows from what it says."""
    request = level is Level.REQUEST
    return named_action(
        FilterAction(
            name="",
            methods=flow.methods,
            accept_unsecured=request,
            fallback_to_clear=request,
            perfect_forward_secrecy=flow.perfect_forward_secrecy,
        )
    )


def naming_of(ends: Ends, host: Host) -> Naming:
    """Return how what exists only in between is called on a host."""
    article = ends.intent.article
    if article is None:
        return Naming(named_action, named_action)

    def soft(action: FilterAction) -> FilterAction:
        name = article.frontend_request_filter_action_name
        return predefined_action(host, name) or replace(action, name=name)

    def mixed(action: FilterAction) -> FilterAction:
        # What Windows brought along is never changed.
        taken = folded(action.name) in host.predefined_actions
        return replace(action, name=f"{action.name}, both") if taken else action

    return Naming(soft, mixed)


def named_action(action: FilterAction) -> FilterAction:
    """Return an action under the name that follows from what it does, so that other contents have other names."""
    if action.action is not ActionKind.NEGOTIATE:
        return action
    level = "request" if action.fallback_to_clear else "require"
    clear = action.accept_unsecured is not action.fallback_to_clear
    suites = "+".join(map(_suite, action.methods))
    usual = len(suites) <= _LONGEST_SUITES and not clear and not action.perfect_forward_secrecy
    name = f"IPsec {level} {suites[:_LONGEST_SUITES]}"
    if not usual or any(_lifetimes(one) != _USUAL_LIFETIMES for one in action.methods):
        lifetimes = [_lifetimes(one) for one in action.methods]
        content = f"{suites} {lifetimes} {clear} {action.perfect_forward_secrecy}"
        name = f"{name} {hashlib.sha256(content.encode()).hexdigest()[:6]}"
    return replace(action, name=name, description="")


def _lifetimes(method: QuickModeMethod) -> tuple[int, int]:
    return method.lifetime_kilobytes, method.lifetime_seconds


def _suite(method: QuickModeMethod) -> str:
    parts = [f"ah-{method.ah_integrity.value}"] if method.ah_integrity else []
    if method.esp_encryption and method.esp_integrity:
        parts.append(f"{method.esp_encryption.value}-{method.esp_integrity.value}")
    return "-".join(parts)


def _frame(ends: Ends, *, initiator: bool) -> Policy:
    article, main_mode = ends.intent.article, ends.intent.main_mode
    if article is None:
        return Policy(
            name=ends.intent.policy_name, description="IPsec for the flows of the inventory", main_mode=main_mode
        )
    if initiator:
        return Policy(
            name=article.frontend_policy_name,
            description="IPsec to the back-ends",
            main_mode=main_mode,
            default_response=DefaultResponse(enabled=article.frontend_default_response),
        )
    return Policy(
        name=article.backend_policy_name,
        description="Answers the front-ends with IPsec",
        main_mode=main_mode,
        default_response=DefaultResponse(enabled=True),
    )


def _is_predefined(ends: Ends, host: Host, *, initiator: bool) -> bool:
    article = ends.intent.article
    if article is None or initiator or not host.traits.default_response_works:
        return False
    return folded(article.backend_policy_name) in host.predefined_policies


def _one_method(pair: Pair, ways: Iterable[Way]) -> Iterator[str]:
    """Yield a refusal where flows of one pair differ in authentication: two computers have one method (cc736939)."""
    found: dict[tuple[Authentication, ...], str] = {}
    for way in ways:
        found.setdefault(way.flow.authentication, way.flow.name)
    if len(found) > 1:
        names = " and ".join(list(found.values())[:2])
        yield (
            f"The flows {names} give {pair[0]} and {pair[1]} different authentication, and two computers have one "
            "method for all their rules. Give them the same list."
        )


def _ipv6(ways: Iterable[Way]) -> Iterator[str]:
    """Yield a refusal for two hosts that have IPv6 addresses and of which one cannot have policies for them."""
    for way in ways:
        if isinstance(way.source, Host) and isinstance(way.destination, Host):
            ends = (way.source, way.destination)
            unable = [host.name for host in ends if not host.traits.ranges_and_ipv6]
            if unable and all(_has_ipv6(host) for host in ends):
                yield (
                    f"{unable[0]} cannot have policies for IPv6, so {ends[0].name} and {ends[1].name} would talk in "
                    "clear there. Take the IPv6 addresses of one of them out of the inventory, and out of its names."
                )
                return


def _has_ipv6(host: Host) -> bool:
    return any(address.version == 6 for address in host.addresses)


def _no_family(ways: Iterable[Way]) -> Iterator[str]:
    """Yield a warning for two hosts between which no packet can go."""
    for way in ways:
        if isinstance(way.source, Host) and isinstance(way.destination, Host):
            sides = [{address.version for address in host.addresses} for host in (way.source, way.destination)]
            if all(sides) and not sides[0] & sides[1]:
                yield (
                    f"{way.source.name} and {way.destination.name} have no address family in common, so nothing goes "
                    "between them."
                )
                return
