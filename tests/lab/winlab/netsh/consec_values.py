# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags of `netsh advfirewall consec` and `mainmode` and the fields of a rule that they stand for (help of netsh)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_address
from typing import Any

from ..consec.rule import Action, InterfaceType, Rule
from ..firewall.spans import AddressItem, AddressWord, PortSpan, read_address, read_port
from .consec_words import FIRST_TAGS, SECOND_TAGS
from .firewall_common import Refusal, bad, one_of, profiles
from .words import Given

Fields = dict[str, Any]
"""Names of fields of a rule with their values."""

ACTIONS = {
    "requireinrequestout": Action.REQUIRE_IN,
    "requestinrequestout": Action.REQUEST,
    "requireinrequireout": Action.REQUIRE_BOTH,
    "noauthentication": Action.EXEMPT,
    "requireinclearout": Action.REQUIRE_BOTH,
}
_PROTOCOLS = {"tcp": 6, "udp": 17, "icmpv4": 1, "icmpv6": 58}
_INTERFACES = {"lan": InterfaceType.LAN, "wireless": InterfaceType.WIRELESS, "ras": InterfaceType.REMOTE_ACCESS}

ADD_TAGS = (
    "name",
    "endpoint1",
    "endpoint2",
    "action",
    "description",
    "mode",
    "enable",
    "profile",
    "type",
    "localtunnelendpoint",
    "remotetunnelendpoint",
    "port1",
    "port2",
    "protocol",
    "interfacetype",
    *FIRST_TAGS,
    *SECOND_TAGS,
    "qmpfs",
    "qmsecmethods",
    "exemptipsecprotectedconnections",
    "applyauthz",
)
SELECTORS = ("name", "group", "type", "profile", "endpoint1", "endpoint2", "port1", "port2", "protocol")
MAIN_MODE_TAGS = (
    "name",
    "mmsecmethods",
    "mmforcedh",
    "mmkeylifetime",
    "description",
    "enable",
    "profile",
    "endpoint1",
    "endpoint2",
    *FIRST_TAGS,
    "type",
)
MAIN_MODE_SELECTORS = ("name", "type", "profile", "endpoint1", "endpoint2")


def fields(given: Given) -> Fields:
    """Return the fields that tags set, apart from sets and tunnels; a refusal for the first value that does not fit."""
    found: Fields = {}
    for tag, value in given.pairs:
        if tag in _READERS:
            found.update(_READERS[tag](tag, value))
    return found


def _name(tag: str, value: str) -> Fields:
    if not value or "|" in value:
        raise bad(tag, value)
    return {"name": value}


def _description(tag: str, value: str) -> Fields:
    """Read a text. A bar would end the value in the rule string."""
    if "|" in value or not value:
        raise bad(tag, value)
    return {"description": value}


def _action(tag: str, value: str) -> Fields:
    word = one_of(tag, value, tuple(ACTIONS))
    return {"action": ACTIONS[word], "clear_out": True if word == "requireinclearout" else None}


def _truth(field: str, *, absent: bool = False) -> Callable[[str, str], Fields]:
    """Return the reader of yes or no; `absent`: a no is not written."""

    def reader(tag: str, value: str) -> Fields:
        yes = one_of(tag, value, ("yes", "no")) == "yes"
        return {field: None if absent and not yes else yes}

    return reader


def _protocol(tag: str, value: str) -> Fields:
    word = value.lower()
    if word == "any":
        return {"protocol": None}
    if word in _PROTOCOLS:
        return {"protocol": _PROTOCOLS[word]}
    if not (value.isascii() and value.isdecimal()) or int(value) > 255:
        raise bad(tag, value)
    return {"protocol": int(value)}


def _ports(field: str) -> Callable[[str, str], Fields]:
    def reader(tag: str, value: str) -> Fields:
        if value.lower() == "any":
            return {field: ()}
        try:
            items = tuple(read_port(part.strip()) for part in value.split(","))
        except ValueError:
            raise bad(tag, value) from None
        if not all(isinstance(item, PortSpan) for item in items):
            raise bad(tag, value)
        return {field: items}

    return reader


def _endpoint(side: str) -> Callable[[str, str], Fields]:
    """Return the reader of a list of addresses. Words stand for addresses of both families.

    [ledger: cs-words-both-families]
    """

    def reader(tag: str, value: str) -> Fields:
        v4: list[AddressItem] = []
        v6: list[AddressItem] = []
        for part in [] if value.lower() == "any" else value.split(","):
            try:
                item = read_address(part.strip())
            except ValueError:
                raise bad(tag, value) from None
            if isinstance(item, AddressWord):
                v4.append(item)
                v6.append(item)
            else:
                (v4 if item.first.version == 4 else v6).append(item)
        return {f"{side}_v4": tuple(v4), f"{side}_v6": tuple(v6)}

    return reader


def _interface(tag: str, value: str) -> Fields:
    word = one_of(tag, value, (*_INTERFACES, "any"))
    return {"interface_types": () if word == "any" else (_INTERFACES[word],)}


def _type(tag: str, value: str) -> Fields:
    """Dynamic rules, which only the service remembers, are not in the lab."""
    if one_of(tag, value, ("dynamic", "static")) == "dynamic":
        raise Refusal("consec_dynamic")
    return {}


def _end(tag: str, value: str) -> str:
    if value.lower() == "any":
        return ""
    try:
        return str(ip_address(value))
    except ValueError:
        raise bad(tag, value) from None


def tunnel(given: Given, rule: Rule) -> Rule:
    """Return a rule with the ends of the tunnel that tags ask for.

    A tunnel is static if it has both ends, both endpoints and the one action that goes with it, and else dynamic. A
    rule cannot say that both ends are any, so that is refused (lab's choices).

    [ledger: cs-tunnel-static-or-dynamic, cs-tunnel-any-any]
    """
    tags = ("localtunnelendpoint", "remotetunnelendpoint")
    mode = given.get("mode")
    wanted = one_of("mode", mode, ("transport", "tunnel")) == "tunnel" if mode else bool(rule.tunnel)
    if not any(tag in given for tag in tags):
        if wanted and not rule.tunnel:
            raise Refusal("missing", tag=tags[0])
        return rule if wanted else replace(rule, tunnel=())
    if not wanted:
        raise Refusal("consec_tunnel_only")
    local, remote = (_end(tag, given.get(tag) or "any") for tag in tags)
    if not (local or remote):
        raise Refusal("consec_tunnel_ends")
    endpoints = (rule.local_v4 or rule.local_v6) and (rule.remote_v4 or rule.remote_v6)
    strict = rule.action is Action.REQUIRE_BOTH and not rule.clear_out
    static = bool(local and remote and endpoints and strict)
    ends = []
    for address, dynamic_letter, static_letter in ((local, "L", "R"), (remote, "R", "L")):
        family = "6" if ":" in address else "4"
        # The old forms are written as the specification maps them, against their letters.
        key = f"{static_letter}Tunnel{family}" if static else f"{dynamic_letter}Tunnel{family}_2"
        if address:
            ends.append((key, address))
    return replace(rule, tunnel=tuple(ends))


_READERS: dict[str, Callable[[str, str], Fields]] = {
    "name": _name,
    "endpoint1": _endpoint("local"),
    "endpoint2": _endpoint("remote"),
    "action": _action,
    "description": _description,
    "enable": _truth("active"),
    "profile": profiles,
    "type": _type,
    "port1": _ports("local_ports"),
    "port2": _ports("remote_ports"),
    "protocol": _protocol,
    "interfacetype": _interface,
    "exemptipsecprotectedconnections": _truth("bypass", absent=True),
    "applyauthz": _truth("authorize", absent=True),
}
