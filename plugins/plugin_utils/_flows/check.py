# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Policy unit tests: documents of hosts, names of networks and expectations in, failures and a flow matrix out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any

from .._common.errors import IpsecError
from .._common.fields import Fields, element, freely_named
from .._common.packets import parse_address, parse_one_address
from .._policies.document import read_document
from .._policies.in_force import in_force
from .._windows.versions import WindowsVersion, parse_version
from .connection_documents import PROFILES, read_connections
from .endpoint import EXEMPTION_LEVELS, Endpoint
from .expect import ELSEWHERE, Expectation, Failure, judge, name_ends, read_expectations, traffic_of
from .explain import flow_matrix
from .finding import LintFinding
from .lint import lint_host, lint_pair
from .outcome import Network
from .traffic import parse_traffic

OPTIONS = ("hosts", "networks", "expect", "flows", "closed", "fail")
HOST_OPTIONS = (
    "name",
    "addresses",
    "config",
    "version",
    "exemption_level",
    "services_running",
    "key_exchange_running",
    "connection_security",
    "profile",
    "stands_for",
    "both_engines",
)
DEFAULT_VERSION = "2025"
_NAME = re.compile(r"[^\s:>]+")


class Closed(StrEnum):
    """What a network may not let pass."""

    IKE = "ike"
    ESP = "esp"
    AH = "ah"


@dataclass(frozen=True, slots=True)
class FlowAnalysis:
    """Hosts with their policies, the other ends, and what is asked about them."""

    hosts: tuple[Endpoint, ...]
    others: tuple[Endpoint, ...]
    expectations: tuple[Expectation, ...]
    flows: tuple[str, ...]
    network: Network

    def failures(self) -> tuple[Failure, ...]:
        """Return the expectations that do not hold, each with a packet that shows it."""
        return judge(self.expectations, self.network)

    def matrix(self) -> list[object]:
        """Return a row for each flow from and to every host, see :func:`.explain.flow_matrix`."""
        return flow_matrix(self.hosts, self.flows, self.network, self.others)

    def findings(self) -> list[LintFinding]:
        """Return what lint finds on each host, and on each pair of hosts that an expectation names."""
        found = [finding for host in self.hosts for finding in lint_host(host)]
        pairs = {(one.source.name, one.destination.name): (one.source, one.destination) for one in self.expectations}
        for a, b in pairs.values():
            if a in self.hosts and b in self.hosts and a is not b:
                found += lint_pair(a, b, self.network)
        return found


def read_check(given: Mapping[str, object]) -> FlowAnalysis:
    """Return what options describe; IpsecError with the option path for whatever cannot be read or judged."""
    fields = Fields(given, "", OPTIONS)
    fields.require("hosts", "a list of hosts")
    hosts = [_host(data, where) for where, data in fields.items("hosts")]
    names: dict[str, Endpoint | list[str]] = {}
    for index, host in enumerate(hosts):
        if host.name in names:
            raise IpsecError(f"hosts[{index}].name", host.name, "each name once", "Rename one of them.")
        names[host.name] = host
    for name, addresses in _networks(fields.mapping("networks")):
        if name in names:
            raise IpsecError(f"networks[{name!r}]", name, "a name that no host has", "Rename one of them.")
        names[name] = addresses
    ends = name_ends(names, "networks")
    lines = [item for _where, item in fields.items("expect")]
    expectations = read_expectations(lines, ends, "expect")
    flows = [_flow(item, where) for where, item in fields.elements("flows")]
    named = [one for line in expectations for one in (line.source, line.destination)]
    others = [end for name, end in ends.items() if end not in hosts and (name in names or end in named)]
    closed = {_closed(item, where) for where, item in fields.elements("closed")}
    network = Network(ike=Closed.IKE not in closed, esp=Closed.ESP not in closed, ah=Closed.AH not in closed)
    # Without flows of its own the matrix has those that the expectations speak of.
    spoken = flows or dict.fromkeys(map(traffic_of, expectations))
    return FlowAnalysis(tuple(hosts), tuple(others), expectations, tuple(spoken), network)


def _host(data: object, path: str) -> Endpoint:
    fields = Fields(data, path, HOST_OPTIONS)
    fields.require("name", "a name for the host")
    fields.require("addresses", "the addresses of the host")
    config = fields.mapping("config")
    level = None
    if fields.given("exemption_level"):
        level = fields.number("exemption_level", 0, EXEMPTION_LEVELS[0], EXEMPTION_LEVELS[-1], "NoDefaultExempt")
    store = read_document(config, fields.at("config"))
    version = _version(fields)
    rules = read_connections(
        fields.mapping("connection_security"), fields.at("connection_security"), version, _profile(fields)
    )
    found = Endpoint(
        name=_host_name(fields.text("name", ""), fields.at("name")),
        addresses=_addresses(fields),
        policy=in_force(store, fields.at("config.assigned")),
        traits=version.traits,
        exemption_level=level,
        services_running=fields.flag("services_running", True),
        key_exchange_running=fields.flag("key_exchange_running", True) and (rules is None or rules.keying),
        connections=rules.connections if rules is not None else None,
        both_engines=fields.flag("both_engines", False),
        **_meanings(fields),
    )
    if found.rules_in_force is not None and found.policy_in_force is not None and not found.both_engines:
        expected = "no policy assigned beside it: which of the two engines acts on a packet is documented nowhere"
        remedy = "Unassign the policy or disable the rules. For the ordered step of a migration set both_engines."
        raise IpsecError(fields.at("connection_security"), "rules in force", expected, remedy)
    return found


def _profile(fields: Fields) -> str:
    text = fields.text("profile", "").strip().lower()
    if fields.given("profile") and text not in PROFILES:
        raise fields.error(
            "profile", text, f"one of {', '.join(PROFILES)}", "Name the active profile, or leave it out."
        )
    return text


_MEANINGS = {"dns": "dns", "wins": "wins", "dhcp": "dhcp", "defaultgateway": "gateway"}


def _meanings(fields: Fields) -> dict[str, Any]:
    """Return what words for servers and networks stand for on a host."""
    given = Fields(fields.mapping("stands_for"), fields.at("stands_for"), (*_MEANINGS, "localsubnet"))
    remedy = "Give the addresses of the servers."
    found: dict[str, Any] = {
        field: tuple(parse_one_address(item, where, "an address", remedy) for where, item in given.elements(word))
        for word, field in _MEANINGS.items()
    }
    subnets = []
    for where, item in given.elements("localsubnet"):
        network = parse_address(item, where)
        if not isinstance(network, (IPv4Network, IPv6Network)):
            raise IpsecError(where, item, "a network", "Give the networks to which the host is connected.")
        subnets.append(network)
    return {**found, "subnets": tuple(subnets)}


def _version(fields: Fields) -> WindowsVersion:
    return parse_version(fields.text("version", DEFAULT_VERSION), fields.at("version"))


def _addresses(fields: Fields) -> tuple[IPv4Address | IPv6Address, ...]:
    remedy = "Give single addresses; networks belong under networks."
    found = [
        parse_one_address(item, where, "an IPv4 or IPv6 address", remedy)
        for where, item in fields.elements("addresses")
    ]
    if not found:
        raise IpsecError(fields.at("addresses"), [], "at least one address", "Give the addresses of the host.")
    return tuple(found)


def _networks(data: object) -> Iterable[tuple[str, list[str]]]:
    remedy = "Write internet: 203.0.113.0/24, for example."
    for key, value in freely_named(data, "networks", "names with their addresses", remedy).items():
        name = _name(key, f"networks[{key!r}]")
        items = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
        if not items or any(isinstance(item, (Mapping, list)) or item is None for item in items):
            expected = "an address, a network, a range or a list of these"
            raise IpsecError(f"networks[{name!r}]", value, expected, "Give the addresses themselves.")
        yield name, [element(item, f"networks[{name!r}]") for item in items]


def _name(text: str, path: str) -> str:
    if not _NAME.fullmatch(text):
        expected = "a name without blanks, colons and arrows, as expectations need it"
        remedy = "Choose another name. In an inventory, ansible_host can hold the address of a host."
        raise IpsecError(path, text, expected, remedy)
    return text


def _host_name(text: str, path: str) -> str:
    """Return the name of a host, which whoever names machines may have chosen: it takes no word from expectations."""
    if text in ELSEWHERE:
        expected = f"a name other than {' and '.join(ELSEWHERE)}, which are all hosts without a name in expectations"
        raise IpsecError(path, text, expected, "Rename the host.")
    return _name(text, path)


def _flow(text: str, path: str) -> str:
    parse_traffic(text, path)
    return text


def _closed(text: str, path: str) -> Closed:
    word = text.lower()
    if word not in tuple(Closed):
        raise IpsecError(path, text, f"one of {', '.join(Closed)}", "Name what the network stops.")
    return Closed(word)
