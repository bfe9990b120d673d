# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connection security rule, and its string in the registry (MS-GPFAS 2.2.6.2). [ledger: cs-rule-grammar]"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from ..firewall.model import Profile
from ..firewall.spans import AddressItem, PortSpan, read_number
from .fields import (
    ACTIVE,
    PLATFORMS,
    PROFILES,
    TEXTS,
    Field,
    Pairs,
    addresses,
    decode,
    encode,
    ports,
    truth,
    word,
    write_truth,
)


class Action(StrEnum):
    """What a rule asks of its traffic, inbound and outbound."""

    REQUIRE_BOTH = "Secure"
    REQUIRE_IN = "SecureServer"
    REQUEST = "Boundary"
    EXEMPT = "DoNotSecure"


class InterfaceType(StrEnum):
    """Kinds of interfaces."""

    LAN = "Lan"
    WIRELESS = "Wireless"
    REMOTE_ACCESS = "RemoteAccess"


class KeyModule(StrEnum):
    """Protocols that negotiate keys."""

    DEFAULT = "KeyModDefault"
    IKE_V1 = "IkeV1"
    AUTH_IP = "AuthIP"
    IKE_V2 = "IkeV2"


TUNNEL_KEYS = tuple(f"{end}Tunnel{family}" for end in ("R", "L") for family in (4, 6))
"""Ends of static tunnels. The specification maps R to the local and L to the remote end, against their letters."""

DYNAMIC_TUNNEL_KEYS = tuple(f"{key}_2" for key in TUNNEL_KEYS)
"""Ends of dynamic tunnels: R remote, L local."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. Empty tuples and the protocol None stand for any, a text None for a key that is not there.

    `local` is endpoint 1. `tunnel` holds the ends of a tunnel as key and address, `extra` what says nothing here.
    """

    action: Action
    name: str | None = None
    description: str | None = None
    group: str | None = None
    active: bool = False
    profiles: tuple[Profile, ...] = ()
    protocol: int | None = None
    local_ports: tuple[PortSpan, ...] = ()
    remote_ports: tuple[PortSpan, ...] = ()
    local_v4: tuple[AddressItem, ...] = ()
    local_v6: tuple[AddressItem, ...] = ()
    remote_v4: tuple[AddressItem, ...] = ()
    remote_v6: tuple[AddressItem, ...] = ()
    interfaces: tuple[str, ...] = ()
    interface_types: tuple[InterfaceType, ...] = ()
    auth1: str | None = None
    auth2: str | None = None
    crypto2: str | None = None
    tunnel: Pairs = ()
    clear_out: bool | None = None
    bypass: bool | None = None
    authorize: bool | None = None
    key_modules: tuple[KeyModule, ...] = ()
    machines: str | None = None
    users: str | None = None
    platforms: tuple[str, ...] = ()
    platform_from: str | None = None
    skip: str | None = None
    extra: Pairs = ()


def _tunnel(key: str) -> Field:
    return Field(key, "tunnel", lambda text: (key, text), lambda item: str(item[1]), True, lambda item: item[0] == key)


def _fields(*, masks: bool = False) -> tuple[Field, ...]:
    return (
        Field("Action", "action", word(Action)),
        *TEXTS,
        Field("Protocol", "protocol", lambda text: read_number(text, 255)),
        ACTIVE,
        PROFILES,
        *addresses(masks=masks),
        *ports("EP1", "local_ports"),
        *ports("EP2", "remote_ports"),
        Field("IF", "interfaces", many=True),
        Field("IFType", "interface_types", word(InterfaceType), many=True),
        Field("Auth1Set", "auth1"),
        Field("Auth2Set", "auth2"),
        Field("Crypto2Set", "crypto2"),
        *map(_tunnel, (*TUNNEL_KEYS, *DYNAMIC_TUNNEL_KEYS)),
        Field("SecureInClearOut", "clear_out", truth, write_truth),
        Field("ByPassTunnel", "bypass", truth, write_truth),
        Field("Authz", "authorize", truth, write_truth),
        Field("KeyMod", "key_modules", word(KeyModule), many=True),
        Field("TransportMachineAuthzSDDL", "machines"),
        Field("TransportUserAuthzSDDL", "users"),
        *PLATFORMS,
    )


_FIELDS, _MASKED = _fields(), _fields(masks=True)
_CONDITIONS = (
    "local_v4",
    "local_v6",
    "local_ports",
    "remote_v4",
    "remote_v6",
    "remote_ports",
    "interfaces",
    "interface_types",
)
_SETS = ("auth1", "auth2", "crypto2")
_REST = (
    "tunnel",
    "clear_out",
    "bypass",
    "authorize",
    "key_modules",
    "machines",
    "users",
    "group",
    "platforms",
    "platform_from",
    "skip",
)
ORDER = ("action", "name", "description", "protocol", "active", "profiles", *_CONDITIONS, *_SETS, *_REST)
"""Order of the fields as in strings of schema 2.28 and later."""

OLD_ORDER = ("action", "active", "profiles", "protocol", *_CONDITIONS, "name", "description", *_SETS, *_REST)
"""Order of the fields as in the example of the specification, schema 2.10."""


@lru_cache(maxsize=8192)
def read(text: str) -> Rule:
    """Decode a rule string.

    :raises ValueError: for a string without an action, or with a value that its key cannot have.
    """
    found, extra = decode(text, _FIELDS)
    if "action" not in found:
        raise ValueError("Action is missing")
    return Rule(action=found.pop("action"), **found, extra=extra)


def write(rule: Rule, version: str, *, masks: bool = False, old_order: bool = False) -> str:
    """Encode a rule; `version` like "2.26", `masks`: subnets of IPv4 with a mask instead of a prefix length."""
    fields = _MASKED if masks else _FIELDS
    return encode(rule, fields, version, rule.extra, OLD_ORDER if old_order else ORDER)
