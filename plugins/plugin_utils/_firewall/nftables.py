# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Passages as an nftables chain, compared with what the kernel has.

In nftables the verdict accept ends one base chain only: another base chain of the same hook may still drop the packet.
So a table of its own could open nothing. Our rules stand in a chain of their own *inside the table of the firewall's
administrator*, and a jump at the head of each chain that filters leads there. Both are replaced in one transaction.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._common.address_sets import AddressSet, Interval, read_interval
from .._common.errors import IpsecError
from .lines import nft_text
from .openings import Protocol
from .passages import Passage, distinct

COMMENT = "winsec.ipsec"
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,60}")
# nft takes the stars of a file name for a pattern, and ends the name with a double quote.
_FILE = re.compile(r"/[A-Za-z0-9_.,+=:@~/ -]*[A-Za-z0-9_.,+=:@~-]")
_FAMILIES = ("inet", "ip", "ip6")
_NUMBERS = {"udp": 17, "esp": 50, "ah": 51}


@dataclass(frozen=True, slots=True)
class ChainPlace:
    """Where the rules stand: family and table of the administrator, our chain, and the chains that lead to it."""

    family: str = "inet"
    table: str = "filter"
    chain: str = "winsec_ipsec"
    hooks: tuple[str, ...] = ("forward",)

    def __post_init__(self) -> None:
        if self.family not in _FAMILIES:
            raise IpsecError("family", self.family, f"one of {', '.join(_FAMILIES)}", "Name the family of your table.")
        for path, name in (("table", self.table), ("chain", self.chain), *(("hooks", hook) for hook in self.hooks)):
            if not _WORD.fullmatch(name):
                raise IpsecError(path, name, "a name of letters, digits and _.-", "Correct the name.")
        if not self.hooks or self.chain in self.hooks:
            expected = "chains of yours, other than the chain of our rules"
            raise IpsecError("hooks", ", ".join(self.hooks), expected, "Name the chains that filter, such as forward.")

    def __str__(self) -> str:
        return f"{self.family} {self.table}"


@dataclass(frozen=True, slots=True)
class Change:
    """What the kernel needs: one transaction for ``nft -f``, empty when it has everything."""

    script: str

    @property
    def differs(self) -> bool:
        """Whether the kernel differs from what is wanted."""
        return bool(self.script)


@dataclass(slots=True)
class Found:
    """What the kernel has: all chains, ours by what its rules let through, the handles of jumps to it by chain."""

    chains: set[str] = field(default_factory=set)
    passages: list[tuple[object, ...] | None] = field(default_factory=list)
    jumps: dict[str, list[int]] = field(default_factory=dict)


def rule_text(passage: Passage) -> str:
    """Return the rule of one passage, without its place."""
    address = "ip" if passage.version == 4 else "ip6"
    what = f"udp dport {passage.protocol.port}" if passage.protocol.port else f"meta l4proto {passage.protocol.value}"
    return (
        f"{address} saddr {_set(passage.source)} {address} daddr {_set(passage.destination)} "
        f'{what} counter accept comment "{COMMENT} {passage.protocol.value}"'
    )


def chain_script(place: ChainPlace, passages: Iterable[Passage]) -> list[str]:
    """Return the lines that make our chain hold exactly these passages."""
    where = f"{place} {place.chain}"
    wanted = _of_family(place, passages)
    return [f"add chain {where}", f"flush chain {where}", *(f"add rule {where} {rule_text(item)}" for item in wanted)]


def file_text(place: ChainPlace, passages: Iterable[Passage]) -> str:
    """Return the file that the administrator's own file includes at its end; it expects the table to be there."""
    lines = [
        "# Openings for IPsec, made by the role winsec.ipsec.firewall: changes by hand are overwritten.",
        "# Included after the table and its chains, in the file that begins with flush ruleset.",
        *chain_script(place, passages),
        *(_jump(place, hook) for hook in place.hooks),
    ]
    return nft_text(lines)


def include_line(file: str) -> str:
    """Return the line by which the administrator's own file includes ours."""
    if not _FILE.fullmatch(file):
        expected = "a whole path of letters, digits, blanks and _.,+=:@~-"
        raise IpsecError("firewall_nftables_file", file, expected, "Choose another name for the file.")
    return f'include "{file}"'


def make_change(place: ChainPlace, listing: Mapping[str, Any], passages: Iterable[Passage] | None) -> Change:
    """Return what brings the kernel to the passages, None to none and no chain.

    ``listing`` is what ``nft -j list table`` printed. Raises :class:`IpsecError` when a chain of the administrator that
    shall lead to ours is not there.
    """
    found = read_listing(place, listing)
    for hook in place.hooks if passages is not None else ():
        if hook not in found.chains:
            expected = f"one of the chains of {place}: {', '.join(map(ascii, sorted(found.chains))) or 'it has none'}"
            raise IpsecError("hooks", hook, expected, "Name the chains that filter, such as forward.")
    unwanted = [
        f"delete rule {place} {_told(chain)} handle {handle}"
        for chain, handles in found.jumps.items()
        for handle in handles
        if passages is None or chain not in place.hooks or len(handles) != 1
    ]
    if passages is None:
        there = place.chain in found.chains
        where = f"{place} {place.chain}"
        return _change([*unwanted, *([f"flush chain {where}", f"delete chain {where}"] if there else [])])
    wanted = _of_family(place, passages)
    same = place.chain in found.chains and sorted(map(repr, found.passages)) == sorted(
        repr(item.key) for item in wanted
    )
    missing = [_jump(place, hook) for hook in place.hooks if len(found.jumps.get(hook, ())) != 1]
    return _change([*([] if same else chain_script(place, wanted)), *unwanted, *missing])


def _told(chain: str) -> str:
    """Return the name of a chain of others if nft can be told it: the kernel takes any text for a name."""
    if not _WORD.fullmatch(chain):
        expected = "a name of letters, digits and _.- for each chain with a jump to ours"
        raise IpsecError("chain", chain, expected, "Remove the jump from that chain, or rename the chain.")
    return chain


def read_listing(place: ChainPlace, listing: Mapping[str, Any]) -> Found:
    """Return what a listing says about our chain and about what leads to it."""
    found = Found()
    for item in listing.get("nftables", ()):
        chain, rule = item.get("chain"), item.get("rule")
        if chain is not None and (chain["family"], chain["table"]) == (place.family, place.table):
            found.chains.add(chain["name"])
        if rule is None or (rule["family"], rule["table"]) != (place.family, place.table):
            continue
        if rule["chain"] == place.chain:
            found.passages.append(read_rule(rule["expr"]))
        elif any(isinstance(part, Mapping) and _target(part) == place.chain for part in rule["expr"]):
            found.jumps.setdefault(rule["chain"], []).append(int(rule["handle"]))
    return found


def read_rule(parts: Sequence[Mapping[str, Any]]) -> tuple[object, ...] | None:
    """Return the key of the passage that a rule lets through, None for a rule that we do not make."""
    sides: dict[str, AddressSet] = {}
    protocol: Protocol | None = None
    accepted = False
    for part in parts:
        if set(part) == {"counter"}:
            continue
        if set(part) == {"accept"}:
            accepted = True
            continue
        match = part.get("match")
        if match is None or match["op"] != "==":
            return None
        left = match["left"]
        payload = left.get("payload", {})
        if payload.get("protocol") in ("ip", "ip6") and payload.get("field") in ("saddr", "daddr"):
            addresses = _addresses(match["right"])
            if addresses is None or payload["field"] in sides:
                return None
            sides[payload["field"]] = addresses
            continue
        found = _protocol(left, match["right"])
        if found is None or protocol is not None:
            return None
        protocol = found
    if not accepted or protocol is None or set(sides) != {"saddr", "daddr"}:
        return None
    return protocol, sides["saddr"].merged, sides["daddr"].merged


def _protocol(left: Mapping[str, Any], right: Any) -> Protocol | None:
    if left.get("payload") == {"protocol": "udp", "field": "dport"}:
        return next((item for item in Protocol if item.port is not None and item.port == right), None)
    if left.get("meta") == {"key": "l4proto"}:
        number = _NUMBERS.get(right, right)
        return next((item for item in Protocol if item.port is None and item.number == number), None)
    return None


def _addresses(right: Any) -> AddressSet | None:
    items = right["set"] if isinstance(right, Mapping) and "set" in right else [right]
    found = [_interval(item) for item in items]
    intervals = [item for item in found if item is not None]
    return AddressSet(intervals) if len(intervals) == len(found) else None


def _interval(item: Any) -> Interval | None:
    if isinstance(item, str):
        return read_interval(item)
    if isinstance(item, Mapping) and "prefix" in item:
        return read_interval(f"{item['prefix']['addr']}/{item['prefix']['len']}")
    if isinstance(item, Mapping) and "range" in item:
        return read_interval("-".join(item["range"]))
    return None


def _target(part: Mapping[str, Any]) -> str | None:
    verdict = part.get("jump") or part.get("goto")
    return verdict["target"] if isinstance(verdict, Mapping) else None


def _of_family(place: ChainPlace, passages: Iterable[Passage]) -> tuple[Passage, ...]:
    version = {"inet": None, "ip": 4, "ip6": 6}[place.family]
    return tuple(item for item in distinct(passages) if version in (None, item.version))


def _set(addresses: AddressSet) -> str:
    return f"{{ {', '.join(map(str, addresses.merged))} }}"


def _jump(place: ChainPlace, hook: str) -> str:
    return f'insert rule {place} {hook} jump {place.chain} comment "{COMMENT}"'


def _change(lines: list[str]) -> Change:
    return Change(nft_text(lines))
