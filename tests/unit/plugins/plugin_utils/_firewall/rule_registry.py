# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Generated openings and rules, and a registry of rules that carries out the lines of ``netsh advfirewall``.

The registry writes rules in any spelling that the grammar has for the same content (MS-GPFAS): order of keys, ranges
as networks, masks, halves, words for all, keys of later versions.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_network, summarize_address_range
from random import Random

from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.address_sets import AddressSet, Interval
from ansible_collections.winsec.ipsec.plugins.plugin_utils._firewall.openings import Direction, Opening, Protocol
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.rule_string import Profile

VERSIONS = ("2.10", "2.20", "2.22", "2.27", "2.30", "2.31", "2.33")
PREFIX = "winsec.ipsec"


def _interval(version: int, start: int, size: int) -> Interval:
    base = int(IPv4Address("10.0.0.0")) if version == 4 else int(IPv6Address("2001:db8::"))
    return Interval(version, base + start, base + start + size)


intervals = st.builds(_interval, st.sampled_from((4, 4, 6)), st.integers(0, 300), st.integers(0, 40))
address_sets = st.builds(AddressSet, st.lists(intervals, min_size=1, max_size=4))
openings = st.builds(
    Opening,
    protocol=st.sampled_from(Protocol),
    direction=st.sampled_from(Direction),
    peers=address_sets,
    local=st.none() | address_sets,
    profiles=st.sets(st.sampled_from(Profile), min_size=1).map(frozenset),
)


@st.composite
def wanted_openings(draw: st.DrawFn) -> tuple[Opening, ...]:
    """Openings as a task asks for them: the same addresses and profiles for every protocol and direction."""
    first = draw(openings)
    kinds = draw(st.sets(st.tuples(st.sampled_from(Protocol), st.sampled_from(Direction)), max_size=6))
    return tuple(
        Opening(protocol=protocol, direction=direction, peers=first.peers, local=first.local, profiles=first.profiles)
        for protocol, direction in sorted(kinds)
    )


def spelled(addresses: AddressSet, chance: Random) -> list[tuple[int, str]]:
    """Return (family, text) of the same addresses in some spelling, in some order."""
    found: list[tuple[int, str]] = []
    for item in addresses.intervals:
        kind = IPv4Address if item.version == 4 else IPv6Address
        first, last = kind(item.first), kind(item.last)
        middle = chance.randint(item.first, item.last)
        halves = [(first, kind(middle)), (kind(middle + 1), last)] if middle < item.last else [(first, last)]
        form = chance.choice(("range", "networks", "masks", "halves"))
        if form == "range":
            found.append((item.version, f"{first}-{last}"))
        elif form == "halves":
            found += [(item.version, f"{low}-{high}") for low, high in halves]
        else:
            for network in summarize_address_range(first, last):  # type: ignore[type-var]
                length = network.netmask if form == "masks" and item.version == 4 else network.prefixlen
                found.append((item.version, f"{network.network_address}/{length}"))
    chance.shuffle(found)
    return found


def rule_text(name: str, opening: Opening, chance: Random, *, active: bool = True) -> str:
    """Return a registry string of the opening in some spelling."""
    number = {"esp": 50, "ah": 51}.get(opening.protocol, 17)
    port = {"ike": 500, "nat_traversal": 4500}.get(opening.protocol)
    fields = [
        ("Action", "Allow"),
        ("Active", "TRUE" if active else "FALSE"),
        ("Dir", opening.direction.value.capitalize()),
        ("Protocol", str(number)),
        ("Name", name),
    ]
    if len(opening.profiles) < 3 or chance.random() < 0.3:
        fields += [("Profile", profile.value.capitalize()) for profile in opening.profiles]
    sides = ["LPort"] if opening.direction is Direction.IN else ["LPort", "RPort"]
    for side in sides if port else []:
        fields.append(chance.choice([(side, str(port)), (f"{side}2_10", f"{port}-{port}")]))
        if chance.random() < 0.2:
            fields.append((side, str(port)))
    fields += [(f"RA{family}", text) for family, text in spelled(opening.peers, chance)]
    if opening.local is not None:
        fields += [(f"LA{family}", text) for family, text in spelled(opening.local, chance)]
    fields += chance.sample([("Desc", "a=b"), ("EmbedCtxt", "@x.dll,-1"), ("Edge", "FALSE"), ("Later3_1", "?")], 2)
    chance.shuffle(fields)
    return "|".join([f"v{chance.choice(VERSIONS)}", *(f"{key}={value}" for key, value in fields), ""])


@dataclass(slots=True)
class RuleRegistry:
    """Rules by their registry names. ``apply`` carries out one netsh line, which ``refuses`` may keep it from."""

    rules: dict[str, str]
    chance: Random
    refuses: Callable[[str], bool] = lambda line: False
    _count: int = field(default=0)

    def apply(self, line: str) -> None:
        """Carry out ``advfirewall firewall add rule`` or ``delete rule``, as the help describes them."""
        if self.refuses(line):
            return
        match = re.fullmatch(r"advfirewall firewall (add|delete) rule (.*)", line)
        assert match is not None, line
        given = dict(part.split("=", 1) for part in shlex.split(match[2]))
        if match[1] == "delete":
            assert set(given) == {"name"}
            kept = {key: text for key, text in self.rules.items() if _name(text) != given["name"].casefold()}
            self.rules = kept
            return
        self._count += 1
        self.rules[f"{{{self._count:08X}}}"] = self._added(given)

    def _added(self, given: dict[str, str]) -> str:
        numbers = {"udp": "17"}
        parts = [
            f"v{self.chance.choice(VERSIONS)}",
            f"Action={given.pop('action').capitalize()}",
            "Active=TRUE",
            f"Dir={given.pop('dir').capitalize()}",
            f"Protocol={numbers.get(given['protocol'], given['protocol'])}",
        ]
        del given["protocol"]
        profile = given.pop("profile")
        parts += [] if profile == "any" else [f"Profile={word.capitalize()}" for word in profile.split(",")]
        parts += [
            f"{key}={given.pop(tag)}" for key, tag in (("LPort", "localport"), ("RPort", "remoteport")) if tag in given
        ]
        for key, tag in (("LA", "localip"), ("RA", "remoteip")):
            value = given.pop(tag)
            for text in [] if value == "any" else value.split(","):
                family = 6 if ":" in text else 4
                slash = text.partition("/")
                masked = f"{slash[0]}/{ip_network(text).netmask}" if slash[1] and family == 4 else text
                parts.append(f"{key}{family}={self.chance.choice([text, masked])}")
        parts.append(f"Name={given.pop('name')}")
        assert not given, given
        return "|".join([*parts, ""])


def _name(text: str) -> str:
    match = re.search(r"\|Name=([^|]*)\|", text)
    return match[1].casefold() if match else ""
