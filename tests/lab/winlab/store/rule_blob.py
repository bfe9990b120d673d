# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blobs of rules (MS-GPIPSEC 2.2.1.3, bytes of real stores).

[ledger: data-rule, data-key-vista, data-certificate-text, data-rule-tunnel]
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from construct import (
    Bytes,
    Const,
    ConstructError,
    GreedyBytes,
    Int32ul,
    Optional,
    Prefixed,
    PrefixedArray,
    Rebuild,
    Struct,
    Terminated,
)

from ..versions import WindowsVersion
from .identifiers import BLOB_IDS, ObjectClass
from .model import Authentication, AuthType, RuleBody
from .text_field import BlobError, pack_wide, unpack_wide

_METHODS = PrefixedArray(Int32ul, Struct("type" / Int32ul, "data" / Prefixed(Int32ul, GreedyBytes)))

_BODY = Struct(
    "methods" / _METHODS,
    "connection" / Int32ul,
    "interface" / Prefixed(Int32ul, GreedyBytes),
    "tunnel" / Bytes(4),
    "is_tunnel" / Int32ul,
    "is_active" / Int32ul,
    "tunnel_name" / Prefixed(Int32ul, GreedyBytes),
)

_ALTERNATE = Struct("marker" / Const(b"\x01" * 16), "methods" / _METHODS)
_FLAGS = Struct("marker" / Const(b"\x01" * 15 + b"\x02"), "flags" / PrefixedArray(Int32ul, Int32ul))
_TUNNEL_V6 = Struct("marker" / Const(b"\x01" * 15 + b"\x03"), "address" / Bytes(16))

# The length in front of the body counts neither the extensions nor the closing byte. Readers go by the counts inside.
_NFA = Struct(
    "id" / Const(BLOB_IDS[ObjectClass.NFA]),
    "length" / Rebuild(Int32ul, lambda this: len(_BODY.build(this.body))),
    "body" / _BODY,
    "alternate" / Optional(_ALTERNATE),
    "flags" / Optional(_FLAGS),
    "tunnel_v6" / Optional(_TUNNEL_V6),
    "tail" / Const(b"\0"),
    Terminated,
)

_NOTHING = b"\0\0"


def _main_data(each: Authentication) -> bytes:
    return _NOTHING if each.type == AuthType.KERBEROS else pack_wide(each.text)


def _alternate_data(each: Authentication) -> bytes:
    return b"" if each.type == AuthType.KERBEROS else pack_wide(each.text)


def encode_rule(rule: RuleBody, version: WindowsVersion) -> bytes:
    """Return the blob of a rule; extensions only where the version writes them. [ledger: data-rule-blocks]"""
    four = rule.tunnel if isinstance(rule.tunnel, IPv4Address) else IPv4Address(0)
    body = {
        "methods": [{"type": each.type, "data": _main_data(each)} for each in rule.authentication],
        "connection": rule.connection,
        "interface": _NOTHING,
        "tunnel": four.packed,
        "is_tunnel": int(rule.tunnel is not None),
        "is_active": int(rule.active),
        "tunnel_name": _NOTHING,
    }
    blob: dict[str, Any] = {"body": body, "alternate": None, "flags": None, "tunnel_v6": None}
    if version.nfa_extensions:
        alternates = [{"type": each.type, "data": _alternate_data(each)} for each in rule.authentication]
        blob["alternate"] = {"methods": alternates}
        blob["flags"] = {"flags": [each.flags for each in rule.authentication]}
        if isinstance(rule.tunnel, IPv6Address):
            blob["tunnel_v6"] = {"address": rule.tunnel.packed}
    return bytes(_NFA.build(blob))


@lru_cache(maxsize=256)
def decode_rule(blob: bytes) -> RuleBody:
    """Return what the bytes stand for; BlobError if they do not decode."""
    try:
        parsed: Any = _NFA.parse(blob)
    except ConstructError as err:
        raise BlobError(f"rule: {err}") from err
    flags = list(parsed.flags.flags) if parsed.flags else []
    authentication = []
    for number, each in enumerate(parsed.body.methods):
        text = unpack_wide(each.data)
        authentication.append(Authentication(int(each.type), text, int(flags[number]) if number < len(flags) else 0))
    tunnel: IPv4Address | IPv6Address | None = None
    if parsed.body.is_tunnel:
        six = parsed.tunnel_v6
        tunnel = IPv6Address(bytes(six.address)) if six else IPv4Address(bytes(parsed.body.tunnel))
    return RuleBody(tuple(authentication), int(parsed.body.connection), tunnel, bool(parsed.body.is_active))
