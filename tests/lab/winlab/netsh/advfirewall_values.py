# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags of `netsh advfirewall firewall` and the fields of a rule that they stand for (help of netsh).

[ledger: fw-protocol-numbers]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..firewall.model import Action, Direction
from ..firewall.spans import AddressItem, AddressWord, PortItem, read_address, read_port
from .firewall_common import bad, one_of, profiles
from .words import Given

ADD_TAGS = (
    "name",
    "dir",
    "action",
    "program",
    "service",
    "description",
    "enable",
    "profile",
    "localip",
    "remoteip",
    "localport",
    "remoteport",
    "protocol",
    "edge",
    "security",
)
CRITERIA_TAGS = (
    "name",
    "dir",
    "profile",
    "program",
    "service",
    "localip",
    "remoteip",
    "localport",
    "remoteport",
    "protocol",
)

Fields = dict[str, Any]
"""Names of fields of a rule with their values."""

_PROTOCOLS = {"tcp": 6, "udp": 17, "icmpv4": 1, "icmpv6": 58}
_PORT_WORDS = {word.lower(): word for word in ("RPC", "RPC-EPMap", "IPHTTPS", "Teredo", "Ply2Disc")}


def fields(given: Given) -> Fields:
    """Return the fields that tags set; a refusal for the first value that does not fit."""
    found: Fields = {}
    for tag, value in given.pairs:
        found.update(_READERS[tag](tag, value))
    return found


def _text(field: str) -> Callable[[str, str], Fields]:
    """Return the reader of a text. A bar would end the value in the rule string."""

    def reader(tag: str, value: str) -> Fields:
        if "|" in value:
            raise bad(tag, value)
        return {field: value}

    return reader


def _name(tag: str, value: str) -> Fields:
    if not value or value.lower() == "all" or "|" in value:
        raise bad(tag, value)
    return {"name": value}


def _direction(tag: str, value: str) -> Fields:
    return {"direction": Direction(one_of(tag, value, ("in", "out")).capitalize())}


def _action(tag: str, value: str) -> Fields:
    """Bypassing is for secured traffic only, which these tags cannot ask for."""
    return {"action": Action(one_of(tag, value, ("allow", "block")).capitalize())}


def _truth(field: str) -> Callable[[str, str], Fields]:
    return lambda tag, value: {field: one_of(tag, value, ("yes", "no")) == "yes"}


def _protocol(tag: str, value: str) -> Fields:
    word, colon, rest = value.lower().partition(":")
    if word in ("icmpv4", "icmpv6"):
        kind, _comma, code = rest.partition(",")
        if colon and not all(part in ("any", "*") or _byte(part) for part in (kind, code or "any")):
            raise bad(tag, value)
        codes = ":".join("*" if part in ("any", "") else part for part in (kind, code))
        return {"protocol": _PROTOCOLS[word], "icmp": (codes,)}
    if value.lower() == "any":
        return {"protocol": None, "icmp": ()}
    if value.lower() in _PROTOCOLS:
        return {"protocol": _PROTOCOLS[value.lower()], "icmp": ()}
    if not _byte(value):
        raise bad(tag, value)
    return {"protocol": int(value), "icmp": ()}


def _byte(text: str) -> bool:
    return text.isascii() and text.isdecimal() and int(text) <= 255


def _ports(field: str) -> Callable[[str, str], Fields]:
    def reader(tag: str, value: str) -> Fields:
        if value.lower() == "any":
            return {field: ()}
        return {field: tuple(_port(tag, part.strip(), value) for part in value.split(","))}

    return reader


def _port(tag: str, part: str, value: str) -> PortItem:
    try:
        item = read_port(part)
    except ValueError:
        raise bad(tag, value) from None
    if not isinstance(item, str):
        return item
    if item.lower() not in _PORT_WORDS:
        raise bad(tag, value)
    return _PORT_WORDS[item.lower()]


def _addresses(side: str) -> Callable[[str, str], Fields]:
    """Return the reader of an address list. Words stand for addresses of both families."""

    def reader(tag: str, value: str) -> Fields:
        v4: list[AddressItem] = []
        v6: list[AddressItem] = []
        for part in [] if value.lower() == "any" else value.split(","):
            try:
                item = read_address(part.strip())
            except ValueError:
                raise bad(tag, value) from None
            if isinstance(item, AddressWord):
                if side == "local":
                    raise bad(tag, value)
                v4.append(item)
                v6.append(item)
            else:
                (v4 if item.first.version == 4 else v6).append(item)
        return {f"{side}_v4": tuple(v4), f"{side}_v6": tuple(v6)}

    return reader


_SECURITY = {
    "notrequired": "",
    "authenticate": "Authenticate",
    "authenc": "AuthenticateEncrypt",
    "authdynenc": "AnE-Nego",
    "authnoencap": "An-NoEncap",
}


def _security(tag: str, value: str) -> Fields:
    """Read what traffic must be before the rule matches. The words come with their registry form from documents."""
    if value.lower() not in _SECURITY:
        raise bad(tag, value)
    return {"security": _SECURITY[value.lower()]}


_READERS: dict[str, Callable[[str, str], Fields]] = {
    "name": _name,
    "dir": _direction,
    "action": _action,
    "program": _text("program"),
    "service": _text("service"),
    "description": _text("description"),
    "enable": _truth("active"),
    "profile": profiles,
    "localip": _addresses("local"),
    "remoteip": _addresses("remote"),
    "localport": _ports("local_ports"),
    "remoteport": _ports("remote_ports"),
    "protocol": _protocol,
    "edge": _truth("edge"),
    "security": _security,
}
