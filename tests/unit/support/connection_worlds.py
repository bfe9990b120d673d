# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random pairs of hosts with connection security rules about each other, some with a policy of the policy store.

Plain data from few words and addresses, so that rules overlap, ends agree, and most outcomes occur.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from connection_chain import RULE_WORDS, Side, Tuple5, policy_of

Data = dict[str, Any]

VERSIONS = ("2008 R2", "2012", "2012 R2", "2016", "2019", "2022", "2025", "2025")
OWN = (("10.0.0.10", "10.0.0.11", "2001:db8::10"), ("10.0.1.20", "10.0.1.21", "2001:db8:1::20"))
NEAR = (
    ("10.0.0.10", "10.0.0.0/24", "10.0.0.0/31", "10.0.0.9-10.0.0.10", "2001:db8::10"),
    ("10.0.1.20", "10.0.1.0/24", "10.0.1.20/30", "10.0.1.18-10.0.1.25", "2001:db8:1::/64"),
)
WIDE = ("10.0.0.0/8", "2001:db8::/32")
PORTS = (80, 443, 88, 500)
QUICK = (
    {"esp_encryption": "aesgcm256"},
    {"esp_encryption": "aes256", "esp_integrity": "sha256"},
    {"esp_encryption": "3des", "esp_integrity": "sha1"},
    {"esp_encryption": "none", "esp_integrity": "sha1"},
    {"protocol": "ah", "ah_integrity": "sha1"},
    {"protocol": "ah+esp", "ah_integrity": "sha1", "esp_encryption": "aes128", "esp_integrity": "sha1"},
)
FIRST: tuple[Data, ...] = (
    {"method": "computerkerb"},
    {"method": "computerpsk", "preshared_key": "key one"},
    {"method": "computerpsk", "preshared_key": "key two"},
    {"method": "computercert", "authority": "CN=Root A"},
    {"method": "computercert", "authority": "CN=Root B"},
    {"method": "computerntlm"},
    {"method": "anonymous"},
)
SECOND: tuple[list[Data], ...] = (
    [{"method": "userkerb"}],
    [{"method": "userntlm"}, {"method": "anonymous"}],
    [{"method": "userkerb"}, {"method": "userntlm"}],
)
MAIN = (
    {"key_exchange": "dhgroup2", "encryption": "3des", "integrity": "sha1"},
    {"key_exchange": "dhgroup14", "encryption": "aes256", "integrity": "sha256"},
    {"key_exchange": "ecdhp384", "encryption": "aes256", "integrity": "sha384"},
)
FRESH = ("none", "none", "none", "mainmode", "dhgroup2")


@dataclass(frozen=True)
class World:
    """Two hosts, and whether the network between them lets IKE pass."""

    seed: int
    hosts: tuple[Side, Side]
    ike: bool


@dataclass(frozen=True)
class _Shared:
    first: list[Data]
    quick: list[Data]
    fresh: str
    second: list[Data] | None
    main: list[Data]


def world(seed: int) -> World:
    """Return the world of a seed."""
    random = Random(seed)
    shared = _Shared(
        first=random.sample(FIRST, random.choice((1, 1, 1, 2))),
        quick=random.sample(QUICK, random.choice((1, 2, 3))),
        fresh=random.choice(FRESH),
        second=random.choice(SECOND) if random.random() < 0.1 else None,
        main=random.sample(MAIN, random.choice((1, 2))),
    )
    return World(seed, (_side(random, 0, shared), _side(random, 1, shared)), random.random() > 0.2)


def _side(random: Random, index: int, shared: _Shared) -> Side:
    addresses = tuple([OWN[index][0], *(one for one in OWN[index][1:] if random.random() < 0.4)])
    name, peer = "ab"[index], OWN[1 - index][0]
    if random.random() < 0.12:
        word = random.choice(("none", *RULE_WORDS))
        policy = policy_of(word, peer) if word != "none" else {}
        version = random.choice(("2003", "2016", "2022"))
        own = addresses if version != "2003" else addresses[:1]
        return Side(name, own, version, policy=policy)
    rules = [_rule(random, index, number, shared) for number in range(random.choice((1, 1, 2, 2, 3, 4)))]
    document: Data = {"rules": rules}
    if random.random() < 0.25:
        document["main_mode_rules"] = [_main(random, index, number, shared) for number in range(random.choice((1, 2)))]
    if random.random() < 0.2:
        document["defaults"] = {"settings": {"exemptions": random.choice((["icmp"], ["icmp", "dhcp"], ["none"]))}}
    return Side(
        name,
        addresses,
        random.choice(VERSIONS),
        rules=document,
        stopped=random.choices(("", "IKEEXT", "MpsSvc"), (14, 1, 1))[0],
        profile=random.choice(("domain", "domain", "private", "public")),
    )


def _rule(random: Random, index: int, number: int, shared: _Shared) -> Data:
    word = random.choices(tuple(RULE_WORDS), (3, 2, 4, 2))[0]
    rule: Data = {"name": f"R{number}", "action": RULE_WORDS[word], "enabled": random.random() > 0.07}
    if random.random() < 0.35:
        rule["endpoint1"] = [random.choice((*NEAR[index], WIDE[0]))]
    if random.random() < 0.65:
        rule["endpoint2"] = random.sample((*NEAR[1 - index], *WIDE), random.choice((1, 1, 2)))
    if random.random() < 0.5:
        rule["protocol"] = random.choice(("tcp", "tcp", "tcp", "udp", "icmpv4", "46"))
        if rule["protocol"] in ("tcp", "udp"):
            for option in ("port1", "port2"):
                if random.random() < 0.4:
                    rule[option] = sorted(random.sample(PORTS[:3], random.choice((1, 1, 2))))
    if random.random() < 0.15:
        rule["profiles"] = random.choice((["domain"], ["private", "public"], ["public"]))
    if word == "exempt":
        return rule
    rule["first_authentication"] = _first(random, shared)
    if random.random() < 0.9:
        suites = shared.quick if random.random() < 0.7 else random.sample(QUICK, random.choice((1, 2)))
        fresh = shared.fresh if random.random() < 0.85 else random.choice(FRESH)
        rule["quick_mode"] = {"suites": suites, "perfect_forward_secrecy": fresh}
    keyed = any(one["method"] == "computerpsk" for one in rule["first_authentication"])
    if shared.second is not None and not keyed and random.random() < 0.8:
        rule["second_authentication"] = shared.second
    return rule


def _first(random: Random, shared: _Shared) -> list[Data]:
    found = shared.first if random.random() < 0.8 else random.sample(FIRST, random.choice((1, 2)))
    methods = [one["method"] for one in found]
    twice = len(set(methods)) < len(methods) and "computercert" not in methods
    return found[:1] if twice or {"computerpsk", "computerntlm"} <= set(methods) else found


def _main(random: Random, index: int, number: int, shared: _Shared) -> Data:
    main: Data = {
        "name": f"M{number}",
        "first_authentication": _first(random, shared),
        "main_mode": {"suites": shared.main if random.random() < 0.8 else random.sample(MAIN, 1)},
    }
    if random.random() < 0.7:
        main["endpoint2"] = [random.choice((*NEAR[1 - index][:3], WIDE[0]))]
    return main


def packets(found: World, count: int) -> list[Tuple5]:
    """Return packets between the hosts, of the protocols and ports that rules speak of and of others."""
    random = Random(f"packets {found.seed}")
    result: list[Tuple5] = []
    while len(result) < count:
        source, destination = (random.choice(side.addresses) for side in found.hosts)
        if (":" in source) is not (":" in destination):
            continue
        protocol = random.choice((6, 6, 6, 17, 1, 46) if ":" not in source else (6, 6, 17, 46))
        ports = (
            (random.choice((50_000, 50_000, *PORTS)), random.choice((*PORTS, 8080))) if protocol in (6, 17) else (0, 0)
        )
        result.append((source, destination, protocol, *ports))
    return result
