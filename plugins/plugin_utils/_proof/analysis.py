# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the flow analysis says about the pairs of a deployment: as they should be, and as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from .._common.errors import IpsecError
from .._flows.check import FlowAnalysis, read_check
from .._flows.endpoint import Endpoint
from .._flows.negotiation import Agreement
from .._flows.outcome import PASSING_IN_CLEAR, SECURED, Outcome
from .._flows.pair import Pair
from .._flows.semantics import View
from .._flows.space import Packet
from .._flows.traffic import parse_traffic
from .evidence import Evidence, HeldSession, HostEvidence, WantedFlow


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedFlow:
    """Packets of a flow from one host to another, such as from a front-end to a port of a back-end.

    ``wanted`` is what both agree on when they have what they should have, None where that is not protection at all or
    nobody told. ``outcome`` is the worst that becomes of them with what the hosts have; None where a host could not be
    read. ``alone`` is what the source does with a destination that knows no IPsec.
    """

    asked: WantedFlow
    source: HostEvidence
    destination: HostEvidence
    wanted: Agreement | None
    outcome: Outcome | None
    packet: Packet | None
    alone: Outcome | None

    @property
    def secured(self) -> bool:
        """Whether every packet is protected, as far as the policies say."""
        return self.outcome is not None and self.outcome.kind in SECURED

    @property
    def name(self) -> str:
        """The flow in words."""
        return f"{self.source.name} -> {self.destination.name} {self.asked.traffic}"

    @property
    def port(self) -> int:
        """The port of the service, 0 for all ports."""
        return self.asked.port

    @property
    def key(self) -> str:
        """The flow as a part of the names of checks."""
        ends = f"{self.source.name}.{self.destination.name}"
        what = str(self.port) if self.asked.protocol == "tcp" and self.port else self.asked.traffic.replace("/", ".")
        return f"{ends}.{what}"

    def carries(self, session: HeldSession) -> bool:
        """Tell whether a session is part of it."""
        ends = (self.source.name, self.destination.name)
        return (session.frontend, session.backend) == ends and self.asked.carries(session.port)


@dataclass(frozen=True, slots=True)
class Analysis:
    """The flows of all pairs, and the check of further expectations; ``troubles`` says why a host is not judged."""

    flows: tuple[JudgedFlow, ...]
    expectations: FlowAnalysis | None
    troubles: Mapping[str, str]

    def flow(self, session: HeldSession) -> JudgedFlow | None:
        """Return the flow of a session, None for a port that is not protected."""
        return next((flow for flow in self.flows if flow.carries(session)), None)


def analyse(evidence: Evidence) -> Analysis:
    """Judge every flow, and the expectations where all hosts could be read."""
    is_now: dict[str, Endpoint] = {}
    should_be: dict[str, Endpoint] = {}
    troubles: dict[str, str] = {}
    for host in evidence.hosts:
        try:
            is_now |= _end(host, _in_effect(host)) if host.info is not None else {}
            should_be |= _end(replace(host, info=_healthy(host)), host.wanted) if host.wanted is not None else {}
        except IpsecError as error:
            troubles[host.name] = str(error)
    views = {name: View(end) for name, end in is_now.items()}
    intended = {name: View(end) for name, end in should_be.items()}
    flows = tuple(_flow(one, evidence, views, intended) for one in evidence.flows)
    expectations = None
    if len(is_now) == len(evidence.hosts):
        data = [_host_data(host, _in_effect(host)) for host in evidence.hosts]
        expectations = read_check({"hosts": data, "networks": evidence.networks, "expect": list(evidence.expect)})
    return Analysis(flows, expectations, troubles)


def from_outside(source: str, host: HostEvidence, port: int) -> Outcome | None:
    """Return what becomes of clear text from an address to a port of a host; None where the host cannot be judged."""
    if host.info is None:
        return None
    try:
        end = _end(host, _in_effect(host))[host.name]
        other = read_check({"hosts": [{"name": "outside", "addresses": [source]}]}).hosts[0]
    except IpsecError:
        return None
    return _worst(Pair(other, end), f"tcp/{port}")[0]


def _in_effect(host: HostEvidence) -> Mapping[str, object]:
    """Return the document that acts on packets: none of the host's own where the domain decides."""
    if host.domain_policy or not host.facts.get("local_policy_counts", True):
        return {}
    return host.config


def _healthy(host: HostEvidence) -> Mapping[str, object]:
    """Return the facts of the host as they should be: its version, with services that run."""
    facts = {key: host.facts.get(key) for key in ("version", "exemption_level")}
    return {"host": {**facts, "services": {}}}


def _end(host: HostEvidence, config: Mapping[str, object] | None) -> dict[str, Endpoint]:
    return {host.name: read_check({"hosts": [_host_data(host, config)]}).hosts[0]}


def _host_data(host: HostEvidence, config: Mapping[str, object] | None) -> dict[str, object]:
    running = {name: service.running for name, service in host.services.items()}
    return {
        "name": host.name,
        "addresses": list(host.addresses),
        "config": config or {},
        "version": host.facts.get("version"),
        "exemption_level": host.facts.get("exemption_level"),
        "services_running": running.get("PolicyAgent", True),
        "key_exchange_running": running.get("IKEEXT", True),
    }


def _flow(
    asked: WantedFlow, evidence: Evidence, is_now: Mapping[str, View], should_be: Mapping[str, View]
) -> JudgedFlow:
    names, traffic = (asked.source, asked.destination), asked.traffic
    source, destination = map(evidence.named, names)
    wanted = outcome = alone = packet = None
    if all(name in should_be for name in names):
        agreed, _packet = _worst(Pair(should_be[names[0]], should_be[names[1]]), traffic)
        wanted = agreed.agreement if agreed and isinstance(agreed.agreement, Agreement) else None
    if names[0] in is_now:
        bare = Endpoint(
            name=names[1], addresses=read_check({"hosts": [_host_data(destination, {})]}).hosts[0].addresses
        )
        alone = _worst(Pair(is_now[names[0]], bare), traffic)[0]
        if names[1] in is_now:
            outcome, packet = _worst(Pair(is_now[names[0]], is_now[names[1]]), traffic)
    return JudgedFlow(
        asked=asked,
        source=source,
        destination=destination,
        wanted=wanted,
        outcome=outcome,
        packet=packet,
        alone=alone,
    )


def _worst(pair: Pair, traffic: str) -> tuple[Outcome | None, Packet | None]:
    """Return the worst outcome with a packet that has it: in clear, then stopped, then protected.

    None where the two ends have no address family in common.
    """
    regions = list(pair.regions(parse_traffic(traffic, "traffic").space()))
    if not regions:
        return None, None
    space, outcome = min(
        regions, key=lambda region: (region[1].kind in SECURED, region[1].kind not in PASSING_IN_CLEAR)
    )
    return outcome, space.example()
