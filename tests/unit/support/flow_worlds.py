# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random pairs of hosts with policies about each other, and packets near the edges of their filters. Plain data.

Everything comes from a few words and addresses, so that filters overlap, ends agree, and most outcomes occur.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address
from random import Random
from typing import Any

Data = dict[str, Any]
Address = IPv4Address | IPv6Address
# source, destination, protocol, source port, destination port
Tuple5 = tuple[Address, Address, int, int, int]

VERSIONS = ("2003", "2008R2", "2016", "2025")
OWN = (("10.0.0.10", "10.0.0.11", "2001:db8::10"), ("10.0.1.20", "10.0.1.21", "2001:db8:1::20"))
NEAR = (
    ("10.0.0.10", "10.0.0.0/24", "10.0.0.0/31"),
    ("10.0.1.20", "10.0.1.0/24", "10.0.1.20/30"),
)
WIDE = ("10.0.0.0/8", "10.0.0.0/23")
RANGES = ("10.0.0.9-10.0.1.20", "10.0.0.10-10.0.0.11", "10.0.1.18-10.0.1.25", "10.0.1.20-10.0.1.21")
IPV6 = ("2001:db8::10", "2001:db8:1::20", "2001:db8::/32", "2001:db8:1::/64", "2001:db8::10-2001:db8:1::21")
ROLES = ("dns", "wins", "dhcp", "gateway")
GROUPS = ("239.1.1.1", "224.0.0.1", "255.255.255.255", "ff02::1")
PORTS = (80, 443, 88, 500, 4500)
PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1, "46": 46}
METHODS = (
    {"esp_encryption": "3des", "esp_integrity": "sha1"},
    {"esp_encryption": "3des", "esp_integrity": "md5"},
    {"esp_encryption": "none", "esp_integrity": "sha1"},
    {"ah_integrity": "sha1"},
    {"ah_integrity": "md5", "esp_encryption": "des", "esp_integrity": "none"},
)
AUTHENTICATION = (
    {"method": "kerberos"},
    {"method": "preshared_key", "preshared_key": "key one"},
    {"method": "preshared_key", "preshared_key": "key two"},
    {"method": "certificate", "authority": "CN=Root A"},
    {"method": "certificate", "authority": "CN=Root B"},
)
MAIN_MODES = tuple(
    {"encryption": encryption, "integrity": integrity, "dh_group": group}
    for encryption in ("3des", "des")
    for integrity in ("sha1", "md5")
    for group in ("2048", "1024")
)


@dataclass(frozen=True)
class HostSpec:
    """One host. ``level`` None leaves NoDefaultExempt unset; ``stopped`` is a service that does not run."""

    name: str
    version: str
    addresses: tuple[str, ...]
    document: Data = field(repr=False)
    level: int | None = None
    stopped: str = ""


@dataclass(frozen=True)
class World:
    """Two hosts and what the network between them passes."""

    seed: int
    hosts: tuple[HostSpec, HostSpec]
    ike: bool
    esp: bool
    ah: bool


@dataclass(frozen=True)
class _Shared:
    """What both ends know of: methods, authentication, main modes, and traffic from the first to the second."""

    methods: list[Data]
    keys: list[Data]
    modes: list[Data]
    protocol: str
    port: object


def world(seed: int) -> World:
    """Return the world of a seed."""
    random = Random(seed)
    # Both ends mostly draw on the same few methods, else they would rarely agree.
    methods = random.sample(METHODS, random.choice((1, 1, 2, 3)))
    keys = random.sample(AUTHENTICATION, random.choice((1, 1, 2)))
    modes = random.sample(MAIN_MODES, random.choice((1, 2)))
    talk = (random.choice(("any", "tcp", "tcp", "udp")), random.choice(("any", *PORTS[:3])))
    shared = _Shared(methods, keys, modes, talk[0], talk[1] if talk[0] in ("tcp", "udp") else "any")
    specs = [_host(random, index, shared) for index in (0, 1)]
    ike, esp, ah = (random.random() > 0.1 for _each in range(3))
    return World(seed, (specs[0], specs[1]), ike, esp, ah)


def _host(random: Random, index: int, shared: _Shared) -> HostSpec:
    version = random.choice(VERSIONS)
    modern = version != "2003"
    addresses = [OWN[index][0]]
    addresses += [one for one in OWN[index][1:] if random.random() < 0.4 and (modern or ":" not in one)]
    stopped = random.choices(("", "PolicyAgent", "IKEEXT" if modern else ""), (12, 1, 1))[0]
    return HostSpec(
        name="ab"[index],
        version=version,
        addresses=tuple(addresses),
        document=_document(random, index, modern, shared),
        level=random.choice((None, None, 0, 1, 2, 3)),
        stopped=stopped,
    )


def _document(random: Random, index: int, modern: bool, shared: _Shared) -> Data:
    count = random.choice((0, 1, 1, 2, 2, 3, 4, 6))
    lists = [{"name": f"L{n}", "filters": _filters(random, index, modern)} for n in range(count)]
    actions = [_action(random, f"A{n}", shared.methods) for n in range(count)]
    if count and random.random() < 0.7:
        # A rule about the traffic that both ends know of, mostly negotiating and mirrored.
        lists[0] = {"name": "L0", "filters": [_expected(random, index, shared)]}
        actions[0] = _negotiating(random, "A0", shared.methods) if random.random() < 0.8 else actions[0]
    rules = [
        {
            "name": f"R{n}",
            "filter_list": f"L{n}",
            "filter_action": f"A{n}",
            "authentication": _few(random, shared.keys, AUTHENTICATION),
            "connection_type": random.choices(("all", "lan", "dialup"), (6, 3, 1))[0],
            "tunnel_endpoint": random.choices(("none", "192.0.2.1"), (24, 1))[0],
            "enabled": random.random() < 0.95,
        }
        for n in range(count)
    ]
    policy: Data = {
        "name": "P",
        "rules": rules,
        "main_mode": {"security_methods": _few(random, shared.modes, MAIN_MODES)},
        "default_response": {
            "enabled": random.random() < 0.5,
            "authentication": _few(random, shared.keys, AUTHENTICATION),
            "security_methods": _few(random, shared.methods, METHODS),
        },
    }
    assigned = "P" if random.random() < 0.95 else ""
    return {"filter_lists": lists, "filter_actions": actions, "policies": [policy], "assigned": assigned}


def _few(random: Random, shared: list[Data], every: tuple[Data, ...]) -> list[Data]:
    """Return one to three, mostly of the shared ones; at most one pre-shared key, as netsh takes one."""
    pool = shared if random.random() < 0.9 else list(every)
    found: list[Data] = []
    for one in random.sample(pool, min(len(pool), random.choice((1, 2, 3, 3)))):
        if one.get("method") != "preshared_key" or not any(other.get("method") == "preshared_key" for other in found):
            found.append(one)
    return found


def _action(random: Random, name: str, methods: list[Data]) -> Data:
    kind = random.choices(("permit", "block", "negotiate"), (2, 1, 5))[0]
    if kind != "negotiate":
        return {"name": name, "action": kind}
    return _negotiating(random, name, methods)


def _negotiating(random: Random, name: str, methods: list[Data]) -> Data:
    # Require, Require with a clear first packet, Request, and fallback alone.
    accept, fall_back = random.choice(((False, False), (True, False), (True, True), (False, True)))
    return {
        "name": name,
        "action": "negotiate",
        "accept_unsecured": accept,
        "fallback_to_clear": fall_back,
        "perfect_forward_secrecy": random.random() < 0.07,
        "security_methods": _few(random, methods, METHODS),
    }


def _filters(random: Random, index: int, modern: bool) -> list[Data]:
    found: list[Data] = []
    selectors: set[tuple[object, ...]] = set()
    for _each in range(random.choice((1, 1, 2, 3))):
        one = _filter(random, index, modern)
        selector = tuple(one.values())
        if selector not in selectors:
            selectors.add(selector)
            found.append(one)
    return found


def _expected(random: Random, index: int, shared: _Shared) -> Data:
    """Return a filter for the shared traffic as one end sees it."""
    peer = random.choice((NEAR[1 - index][0], NEAR[1 - index][1], "any"))
    return {
        "source": peer if index else "me",
        "destination": "me" if index else peer,
        "protocol": shared.protocol,
        "source_port": "any",
        "destination_port": shared.port,
        "mirrored": random.random() < 0.85,
    }


def _filter(random: Random, index: int, modern: bool) -> Data:
    six = modern and random.random() < 0.2
    mine = ["me", "me", "me", "any", *(IPV6 if six else (*NEAR[index], *WIDE))]
    other = ["any", "any", *(IPV6 if six else (*NEAR[1 - index], NEAR[1 - index][0], *WIDE))]
    if modern and not six:
        mine += RANGES
        other += RANGES
    if random.random() < 0.05:
        mine, other = ["me"], list(ROLES)
    ends = [random.choice(mine), random.choice(other)]
    if random.random() < 0.4:
        ends.reverse()
    protocol = random.choices(("any", "tcp", "udp", "icmp", "46"), (3, 6, 2, 1, 1))[0]
    ports = [
        random.choice(("any", "any", "any", *PORTS)) if protocol in ("tcp", "udp") else "any" for _each in range(2)
    ]
    mirrored = random.random() < 0.8
    names = ("source", "destination", "protocol", "source_port", "destination_port", "mirrored")
    return dict(zip(names, (*ends, protocol, *ports, mirrored), strict=True))


def packets(found: World, count: int) -> list[Tuple5]:
    """Return packets from the first host to the second or to a group, near the edges of the filters."""
    random = Random(f"packets of {found.seed}")
    a, b = found.hosts
    filters = [item for spec in (a, b) for one in spec.document["filter_lists"] for item in one["filters"]]
    result: list[Tuple5] = []
    while len(result) < count:
        source = ip_address(random.choice(a.addresses))
        there = GROUPS if random.random() < 0.04 else b.addresses
        fitting = [one for one in map(ip_address, there) if one.version == source.version]
        if fitting:
            result.append((source, random.choice(fitting), *_traffic(random, filters)))
    return result


def _traffic(random: Random, filters: list[Data]) -> tuple[int, int, int]:
    """Return protocol, source and destination port: mostly those of a filter or of its mirror, or close to them."""
    ports: list[object] = ["any", "any"]
    protocol = random.choice((6, 6, 17, 1, 46, 50))
    if filters and random.random() < 0.7:
        one = random.choice(filters)
        ports = [one["source_port"], one["destination_port"]]
        if random.random() < 0.3:
            ports.reverse()
        protocol = PROTOCOLS.get(one["protocol"], protocol)
    if protocol not in (6, 17):
        return protocol, 0, 0
    found = [random.choice((0, 1, 1024, 50_000, 65535, *PORTS)) if port == "any" else int(str(port)) for port in ports]
    first, second = (min(port + random.choice((0,) * 8 + (1,)), 65535) for port in found)
    return protocol, first, second
