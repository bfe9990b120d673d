# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refusal of changes after which a flow that must never stop would stop, before anything is sent.

What is not known never counts as harmless: a flow that carries the task and is not known, a policy that cannot be
judged, a server role that may stand for any peer. Each is refused with what to say to go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv6Address

from .._common.errors import IpsecError
from .._common.fields import Fields, one_port
from .._common.packets import (
    AddressRange,
    Place,
    ServerRole,
    parse_address,
    parse_one_address,
)
from .._policies.host import Host
from .._policies.in_force import InForce, in_force
from .._policies.model import FILTER_LIST, Store, by_name
from .._policies.planning.references import reachable
from .._windows.services import KEY_EXCHANGE
from .endpoint import Addresses, Endpoint
from .essentials import missing_essentials
from .lockout import (
    CriticalFlow,
    FlowDirection,
    domain_controllers,
    find_lockouts,
    leases,
    management,
    name_service,
    peers_that_pass,
)
from .management import Approach, Connection, Given, Listed, known_management
from .partition import holds
from .space import IpAddress
from .traffic import parse_traffic

FLOW_OPTIONS = ("name", "peers", "direction", "traffic")
GUARD_OPTIONS = (
    "host_addresses",
    "controller_addresses",
    "management_ports",
    "dns_servers",
    "dhcp_servers",
    "domain_controllers",
    "critical_flows",
    "allow_lockout",
)
MANAGEMENT = "management"
# The options that name servers, and the flow to them.
_SERVERS = {"dns_servers": name_service, "dhcp_servers": leases, "domain_controllers": domain_controllers}


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """The flows of a host that must pass in clear, and the names of those that may stop all the same.

    ``flows`` are those that options name, ``dns`` and ``dhcp`` the servers among their peers. The flow that carries the
    task, ``management``, is worked out from ``given``, ``approach`` and what the host sees.
    """

    given: Given = field(default_factory=Given)
    approach: Approach = field(default_factory=Approach)
    flows: tuple[CriticalFlow, ...] = ()
    dns: tuple[IpAddress, ...] = ()
    dhcp: tuple[IpAddress, ...] = ()
    allowed: frozenset[str] = frozenset()

    @property
    def guarded(self) -> tuple[CriticalFlow, ...]:
        """The flows that options name and that may not stop."""
        return tuple(flow for flow in self.flows if flow.name not in self.allowed)

    def check(
        self, host: Host, desired: Store, connections: Callable[[], Listed] = Listed, *, starts: bool = False
    ) -> tuple[str, ...]:
        """Return warnings about what the policy stops although hosts can hardly do without it.

        ``starts`` says that the task starts the services; ``connections`` asks the host for its own, if they matter.
        Raises :class:`IpsecError` with the packet that would no longer pass once ``desired`` is in force, and with what
        to say when the flow that carries the task, or what the policy does, is not known.
        """
        if desired.assigned is None:
            return ()
        (acting, unclear), (after, trouble) = _judged(host.store), _judged(desired)
        wakes = starts and not host.agent_running
        if not wakes and _meaning(host.store, acting, unclear) == _meaning(desired, after, trouble):
            return ()
        keys, before = _exchanges_keys(host, starts), None if wakes else acting
        unknown = MANAGEMENT not in self.allowed or (self.guarded and not self.given.hosts)
        listed = connections() if unknown else Listed()
        guarded = [(self.guarded, self.given.hosts or self._addressed(listed))]
        if MANAGEMENT not in self.allowed:
            acts = before if host.agent_running else None
            found = known_management(self.given, self.approach, listed, lambda each: self._let_in(host, acts, each))
            guarded.insert(0, ((management(found.controllers, found.ports),), found.hosts))
        for flows, addresses in guarded:
            if not flows:
                continue
            if trouble is not None:
                raise _unjudged(trouble, flows)
            if not addresses:
                expected = "the addresses of the host, which decide what the policy does"
                raise IpsecError("host_addresses", None, expected, "Give the addresses of the host.")
            endpoint = self._endpoint(host, addresses, keys=keys)
            for lost in find_lockouts(before, after, endpoint, flows):
                expected = "a change after which it still passes in clear"
                remedy = f"{lost.outcome.why} Permit the flow, or add {lost.flow.name} to allow_lockout if it may stop."
                raise IpsecError(f"critical flow {lost.flow.name}", f"stopped at {lost.packet}", expected, remedy)
        addresses = guarded[-1][1]
        if after is None or not addresses:
            return ()
        declared = {flow.name for flow in self.flows} | self.allowed
        endpoint = self._endpoint(host, addresses, keys=keys)
        return tuple(missing_essentials(after, endpoint, declared))

    def _addressed(self, listed: Listed) -> tuple[IpAddress, ...]:
        """Return the host's own addresses at which it is managed."""
        ports = self.given.ports or self.approach.ports
        mine = (each.local for each in listed.connections if listed.exact or each.port in ports)
        return tuple(dict.fromkeys(mine))

    def _let_in(self, host: Host, acts: InForce | None, connections: Sequence[Connection]) -> tuple[Connection, ...]:
        """Return the connections that the policy that acts on packets now lets through in clear."""
        if acts is None:
            return tuple(connections)
        keys, passing = _exchanges_keys(host, starts=False), {}
        for local, port in {(each.local, each.port) for each in connections}:
            peers = {each.peer for each in connections if (each.local, each.port) == (local, port)}
            endpoint = self._endpoint(host, (local,), keys=keys)
            passing[local, port] = peers_that_pass(acts, endpoint, management(peers, (port,)))
        return tuple(
            each for each in connections if holds(passing[each.local, each.port][each.peer.version], int(each.peer))
        )

    def _endpoint(self, host: Host, addresses: tuple[IpAddress, ...], *, keys: bool) -> Endpoint:
        return Endpoint(
            name="host",
            addresses=addresses,
            traits=host.version.traits,
            exemption_level=host.exemption_level,
            key_exchange_running=keys,
            dns=self.dns,
            dhcp=self.dhcp,
            cautious=True,
        )


def _exchanges_keys(host: Host, starts: bool) -> bool:
    """Tell whether key exchange runs while a policy acts; without it rules hold packets that they negotiate for.

    While the policy agent does not run no policy acts, and whoever starts it starts both.

    [ledger: force-no-ikeext-holds]
    """
    service = host.services.get(KEY_EXCHANGE)
    return starts or service is None or service.running or not host.agent_running


def _judged(store: Store) -> tuple[InForce | None, IpsecError | None]:
    """Return what a store puts in force, None for nothing; or None and why it cannot be judged."""
    try:
        return in_force(store), None
    except IpsecError as error:
        return None, error


def _unjudged(trouble: IpsecError, flows: tuple[CriticalFlow, ...]) -> IpsecError:
    """Return the refusal of a policy of which nobody can tell whether it stops a flow."""
    names = ", ".join(flow.name for flow in flows)
    remedy = f"{trouble.remedy} To go on all the same, name {names} in allow_lockout."
    return IpsecError(trouble.path, trouble.value, trouble.expected, remedy)


def _meaning(store: Store, found: InForce | None, trouble: IpsecError | None) -> object:
    """Return what decides about packets: what is in force, or what one that cannot be judged is known to use."""
    if trouble is None:
        return None if found is None else _acts(found)
    used = reachable(store, store.assigned)
    lists, actions = by_name(store.filter_lists), by_name(store.filter_actions)
    objects = [lists.get(name) if kind == FILTER_LIST else actions.get(name) for kind, name in sorted(used)]
    return store.assigned, objects


def _acts(found: InForce) -> object:
    """Return what a policy does to packets, without what is only there for people."""
    rules = [
        (
            replace(bound.rule, description="", filter_list="", filter_action=""),
            frozenset(each.selector for each in bound.filters.filters),
            replace(bound.action, name="", description=""),
        )
        for bound in found.rules
    ]
    return found.policy.main_mode, found.policy.default_response, rules


def read_guard(given: Mapping[str, object], approach: Approach | None = None) -> Guard:
    """Return the guard that options describe, for a task that comes by ``approach``.

    Raises :class:`IpsecError` with the option path for addresses, ports and flows that cannot be read.
    """
    fields = Fields({key: value for key, value in given.items() if key in GUARD_OPTIONS}, "", GUARD_OPTIONS)
    servers = {key: _peers(fields, key) for key in _SERVERS}
    flows = [_SERVERS[key](found) for key, found in servers.items() if found]
    flows += [_flow(item, where) for where, item in fields.items("critical_flows")]
    return Guard(
        given=Given(
            hosts=tuple(_own(item, where) for where, item in fields.elements("host_addresses")),
            controllers=_peers(fields, "controller_addresses"),
            ports=tuple(one_port(item, where) for where, item in fields.elements("management_ports")),
        ),
        approach=approach or Approach(),
        flows=tuple(flows),
        dns=_singles(servers["dns_servers"]),
        dhcp=_singles(servers["dhcp_servers"]),
        allowed=frozenset(_known(item, where, flows) for where, item in fields.elements("allow_lockout")),
    )


def _singles(found: Iterable[Addresses]) -> tuple[IpAddress, ...]:
    """Return the single addresses; a network or a range does not say which of its hosts is the server."""
    return tuple(one for one in found if isinstance(one, (IPv4Address, IPv6Address)))


def _flow(data: object, path: str) -> CriticalFlow:
    fields = Fields(data, path, FLOW_OPTIONS)
    for key, expected in (("name", "a name for the flow"), ("peers", "addresses"), ("traffic", "for example tcp/443")):
        fields.require(key, expected)
    peers = _peers(fields, "peers")
    if not peers:
        raise IpsecError(fields.at("peers"), [], "at least one address", "Name the hosts at the other end.")
    return CriticalFlow(
        fields.text("name", ""),
        peers,
        fields.choice("direction", FlowDirection, FlowDirection.INBOUND),
        parse_traffic(fields.text("traffic", ""), fields.at("traffic")),
    )


def _known(name: str, path: str, flows: Iterable[CriticalFlow]) -> str:
    names = {flow.name for flow in flows} | {MANAGEMENT}
    if name not in names:
        raise IpsecError(path, name, f"one of {', '.join(sorted(names))}", "Name a flow that is guarded.")
    return name


def _peers(fields: Fields, key: str) -> tuple[Addresses, ...]:
    found: list[Addresses] = []
    for where, item in fields.elements(key):
        address = parse_address(item, where)
        if isinstance(address, (Place, ServerRole)):
            raise IpsecError(where, item, "an address, a network or a range", "Words do not say which hosts these are.")
        single = not isinstance(address, AddressRange) and address.num_addresses == 1
        found.append(address.network_address if single and not isinstance(address, AddressRange) else address)
    return tuple(found)


def _own(text: str, path: str) -> IpAddress:
    return parse_one_address(text, path, "one address of the host", "Give an IPv4 or IPv6 address.")
