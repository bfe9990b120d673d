# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A firewall rule of Windows Vista and later, and its string in the registry (MS-GPFAS 2.2.2).

A string is `v` VERSION `|` and then KEY `=` VALUE `|` any number of times. Keys repeat for lists; their order means
nothing; keys that are not known here are kept and skipped.

[ledger: fw-rule-string, fw-unknown-keys]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from .spans import AddressItem, PortItem, PortSpan, read_address, read_port, write_address, write_port


class Direction(StrEnum):
    """Which way a packet goes, seen from the host."""

    IN = "In"
    OUT = "Out"


class Action(StrEnum):
    """What a matching rule does."""

    ALLOW = "Allow"
    BLOCK = "Block"
    BYPASS = "ByPass"


class Profile(StrEnum):
    """The kind of network that a host is on."""

    DOMAIN = "Domain"
    PRIVATE = "Private"
    PUBLIC = "Public"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. Empty tuples, empty texts and the protocol None stand for any.

    `security` is what the rule asks of traffic before it matches, in the words of the specification. `name` and `group`
    may point to a resource, like `@FirewallAPI.dll,-28502`. `extra` holds keys that say nothing about packets here, or
    that are not known.
    """

    name: str
    action: Action
    direction: Direction
    active: bool = True
    protocol: int | None = None
    profiles: tuple[Profile, ...] = ()
    local_ports: tuple[PortItem, ...] = ()
    remote_ports: tuple[PortItem, ...] = ()
    local_v4: tuple[AddressItem, ...] = ()
    local_v6: tuple[AddressItem, ...] = ()
    remote_v4: tuple[AddressItem, ...] = ()
    remote_v6: tuple[AddressItem, ...] = ()
    icmp: tuple[str, ...] = ()
    program: str = ""
    service: str = ""
    description: str = ""
    group: str = ""
    edge: bool = False
    security: str = ""
    extra: tuple[tuple[str, str], ...] = ()


# Ranges of ports came with version 2.10 and have keys of their own.
_PORT_KEYS = {"LPort": "local_ports", "LPort2_10": "local_ports", "RPort": "remote_ports", "RPort2_10": "remote_ports"}
_ADDRESS_KEYS = {"LA4": "local_v4", "RA4": "remote_v4", "LA6": "local_v6", "RA6": "remote_v6"}
_TEXT_KEYS = {
    "Name": "name",
    "App": "program",
    "Svc": "service",
    "Desc": "description",
    "EmbedCtxt": "group",
    "Security": "security",
    "Security2": "security",
    "Security2_9": "security",
}
# Where a word for secured traffic goes that schema 2.0 does not have.
_SECURITY_KEYS = {"AnE-Nego": "Security2", "An-NoEncap": "Security2_9"}
_ICMP_KEYS = ("ICMP4", "ICMP6")


def split(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Return version and pairs of a rule string.

    :raises ValueError: for text that is not of the form, with the reason.
    """
    head, *parts = text.split("|")
    if not head.startswith("v") or not head[1:].replace(".", "", 1).isdecimal():
        raise ValueError("no version")
    if not parts or parts.pop():
        raise ValueError("the last bar is missing")
    pairs = []
    for part in parts:
        key, equals, value = part.partition("=")
        if not key or not equals:
            raise ValueError(f"{part!r} is not a pair")
        pairs.append((key, value))
    return head[1:], pairs


def _truth(value: str) -> bool:
    if value.upper() not in ("TRUE", "FALSE"):
        raise ValueError(f"{value!r} is not a truth value")
    return value.upper() == "TRUE"


def read(text: str) -> Rule:
    """Decode a rule string.

    :raises ValueError: for a string without name, action or direction, or with a value that its key cannot have.
    """
    _version, pairs = split(text)
    single: dict[str, str] = {}
    lists: dict[str, list[PortItem | AddressItem]] = {}
    profiles: list[Profile] = []
    icmp: list[str] = []
    extra: list[tuple[str, str]] = []
    for key, value in pairs:
        if key in _PORT_KEYS:
            lists.setdefault(_PORT_KEYS[key], []).append(read_port(value))
        elif key in _ADDRESS_KEYS:
            lists.setdefault(_ADDRESS_KEYS[key], []).append(read_address(value))
        elif key == "Profile":
            profiles.append(Profile(value))
        elif key in _ICMP_KEYS:
            icmp.append(value)
        elif key in _TEXT_KEYS or key in ("Action", "Active", "Dir", "Protocol", "Edge"):
            single[key] = value
        else:
            extra.append((key, value))
    for key in ("Action", "Dir", "Name"):
        if key not in single:
            raise ValueError(f"{key} is missing")
    protocol = int(single["Protocol"]) if "Protocol" in single else None
    if protocol is not None and not 0 <= protocol <= 255:
        raise ValueError(f"{protocol} is not a protocol")
    texts = {field: single[key] for key, field in _TEXT_KEYS.items() if key in single}
    return Rule(
        action=Action(single["Action"]),
        direction=Direction(single["Dir"]),
        active=_truth(single.get("Active", "TRUE")),
        protocol=protocol,
        profiles=tuple(profiles),
        icmp=tuple(icmp),
        edge=_truth(single.get("Edge", "FALSE")),
        extra=tuple(extra),
        **texts,  # type: ignore[arg-type]
        **{field: tuple(items) for field, items in lists.items()},  # type: ignore[arg-type]
    )


def write(rule: Rule, version: str, *, masks: bool) -> str:
    """Encode a rule; `version` like "2.10", `masks`: subnets of IPv4 with a mask instead of a prefix length."""
    return "".join(f"{part}|" for part in (f"v{version}", *(f"{key}={value}" for key, value in _pairs(rule, masks))))


def _pairs(rule: Rule, masks: bool) -> Iterator[tuple[str, str]]:
    yield "Action", rule.action
    yield "Active", str(rule.active).upper()
    yield "Dir", rule.direction
    if rule.protocol is not None:
        yield "Protocol", str(rule.protocol)
    for profile in rule.profiles:
        yield "Profile", profile
    yield from _ports("LPort", rule.local_ports)
    yield from _ports("RPort", rule.remote_ports)
    for code in rule.icmp:
        yield "ICMP6" if rule.protocol == 58 else "ICMP4", code
    for key, field in _ADDRESS_KEYS.items():
        for item in getattr(rule, field):
            yield key, write_address(item, masks=masks)
    for key in ("App", "Svc", "Name", "Desc", "EmbedCtxt"):
        value = getattr(rule, _TEXT_KEYS[key])
        if value:
            yield key, value
    if rule.edge:
        yield "Edge", "TRUE"
    if rule.security:
        yield _SECURITY_KEYS.get(rule.security, "Security"), rule.security
    yield from rule.extra


def _ports(key: str, items: Iterable[PortItem]) -> Iterator[tuple[str, str]]:
    for item in items:
        ranged = isinstance(item, PortSpan) and item.first != item.last
        yield f"{key}2_10" if ranged else key, write_port(item)
