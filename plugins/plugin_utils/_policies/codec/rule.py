# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The data of ``ipsecNFA`` (MS-GPIPSEC 2.2.1.3): authentication, connection type and tunnel of a rule.

[ledger: data-rule, data-rule-blocks, data-connection-types, data-key-vista, data-certificate-text, data-rule-tunnel]
[ledger: data-version-object]
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv6Address
from struct import Struct

from ..._common.errors import IpsecError
from ..._common.secret import Secret
from .cursor import U32, Cursor, length_notes, packed_text
from .form import Form
from .guids import RULE_CLASS, VERSION_CLASS

PRESHARED_KEY, CERTIFICATE, KERBEROS = 1, 3, 5
INTERFACES_ALL, INTERFACES_LAN, INTERFACES_DIALUP = 0xFFFFFFFD, 0xFFFFFFFE, 0xFFFFFFFF
FLAG_MAP_TO_ACCOUNT, FLAG_EXCLUDE_AUTHORITY_NAME = 1, 2

_METHOD_HEAD = Struct("<II")
_TUNNEL = Struct(">I")
_SWITCHES = Struct("<II")  # is a tunnel, is active
_MARK_SIZE = 16
_SECOND_SECTION, _FLAGS, _TUNNEL_IPV6 = (b"\x01" * 15 + bytes([number]) for number in (1, 2, 3))


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationData:
    """One authentication method: its type, its key or authority (by type), and its flags, which Vista brought.

    [ledger: data-rule-count-flags, data-key-clear-text]
    """

    kind: int
    credential: Secret | str | None = None
    flags: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleData:
    """A rule. ``second_section`` is the copy of the methods behind the counted part where it differs from them."""

    authentication: tuple[AuthenticationData, ...]
    interface_type: int = INTERFACES_ALL
    interface_name: str = ""
    tunnel_address: IPv4Address = IPv4Address(0)
    is_tunnel: int = 0
    is_active: int = 1
    tunnel_name: str = ""
    tunnel_ipv6: IPv6Address | None = None
    second_section: tuple[AuthenticationData, ...] | None = None
    notes: tuple[str, ...] = field(default=(), compare=False)


def is_version_object(data: bytes) -> bool:
    """Tell whether the data of a rule is really the mark of the release that made the predefined objects."""
    return data.startswith(VERSION_CLASS)


def decode_rule(data: bytes, path: str) -> RuleData:
    """Return the rule in ``data``; raise StoreError where the bytes cannot be one. Keys become secrets at once."""
    cursor = Cursor(data, path)
    stated = cursor.open(RULE_CLASS)
    start = cursor.position
    methods = _read_methods(cursor, "authentication")
    interface_type = cursor.u32("interface type")
    interface_name = cursor.text("interface name")
    tunnel_address = IPv4Address(cursor.read(_TUNNEL, "tunnel address")[0])
    is_tunnel, is_active = cursor.read(_SWITCHES, "switches")
    tunnel_name = cursor.text("tunnel name")
    notes = length_notes(stated, cursor.position - start)
    rule = RuleData(
        authentication=methods,
        interface_type=interface_type,
        interface_name=interface_name,
        tunnel_address=tunnel_address,
        is_tunnel=is_tunnel,
        is_active=is_active,
        tunnel_name=tunnel_name,
    )
    rule = _with_extensions(cursor, rule)
    return replace(rule, notes=notes + rule.notes + cursor.close())


def _read_methods(cursor: Cursor, name: str) -> tuple[AuthenticationData, ...]:
    count = cursor.count(f"number of {name} methods", _METHOD_HEAD.size)
    return tuple(_read_method(cursor, f"{name} method {index}") for index in range(count))


def _read_method(cursor: Cursor, name: str) -> AuthenticationData:
    kind, size = cursor.read(_METHOD_HEAD, name)
    if kind == PRESHARED_KEY:
        return AuthenticationData(kind=kind, credential=Secret(cursor.utf16(size, name)))
    if kind == CERTIFICATE:
        return AuthenticationData(kind=kind, credential=cursor.utf16(size, name))
    cursor.take(size, name)
    return AuthenticationData(kind=kind)


def _with_extensions(cursor: Cursor, rule: RuleData) -> RuleData:
    while cursor.remaining >= _MARK_SIZE:
        if cursor.sees(_SECOND_SECTION):
            cursor.take(_MARK_SIZE, "mark of the second section")
            second = _read_methods(cursor, "second section")
            if second != tuple(replace(method, flags=0) for method in rule.authentication):
                rule = replace(rule, second_section=second)
        elif cursor.sees(_FLAGS):
            cursor.take(_MARK_SIZE, "mark of the flags")
            count = cursor.count("number of flags", U32.size)
            flags = [cursor.u32(f"flags {index}") for index in range(count)]
            if count != len(rule.authentication):
                rule = replace(rule, notes=(*rule.notes, "has flags for another number of authentication methods"))
            pairs = zip(rule.authentication, flags, strict=False)
            flagged = tuple(replace(method, flags=bits) for method, bits in pairs)
            rule = replace(rule, authentication=flagged + rule.authentication[len(flagged) :])
        elif cursor.sees(_TUNNEL_IPV6):
            cursor.take(_MARK_SIZE, "mark of the IPv6 tunnel")
            rule = replace(rule, tunnel_ipv6=IPv6Address(cursor.take(16, "IPv6 tunnel address")))
        else:
            break
    return rule


def encode_rule(rule: RuleData, form: Form) -> bytes:
    """Return the bytes of the rule; raise IpsecError for flags or an IPv6 tunnel in the older form."""
    body = (
        _packed_methods(rule.authentication, kerberos_text="\0")
        + U32.pack(rule.interface_type)
        + packed_text(rule.interface_name)
        + _TUNNEL.pack(int(rule.tunnel_address))
        + _SWITCHES.pack(rule.is_tunnel, rule.is_active)
        + packed_text(rule.tunnel_name)
    )
    return RULE_CLASS + U32.pack(len(body)) + body + _packed_extensions(rule, form) + b"\0"


def _packed_methods(methods: tuple[AuthenticationData, ...], *, kerberos_text: str) -> bytes:
    # Kerberos has an empty string in the main section and no data at all in the second one.
    parts = [U32.pack(len(methods))]
    for method in methods:
        match method.credential:
            case Secret() as secret:
                text = f"{secret.reveal()}\0"
            case str() as authority:
                text = f"{authority}\0"
            case None:
                text = kerberos_text
        raw = text.encode("utf-16-le")
        parts.append(_METHOD_HEAD.pack(method.kind, len(raw)) + raw)
    return b"".join(parts)


def _packed_extensions(rule: RuleData, form: Form) -> bytes:
    flags = [method.flags for method in rule.authentication]
    if not form.extended:
        if any(flags) or rule.tunnel_ipv6 is not None:
            expected = "a rule without certificate options and without an IPv6 tunnel"
            raise IpsecError("rule", form.name, expected, "Choose the form of Windows Vista and later.")
        return b""
    second = rule.authentication if rule.second_section is None else rule.second_section
    blocks = _SECOND_SECTION + _packed_methods(second, kerberos_text="")
    blocks += _FLAGS + U32.pack(len(flags)) + b"".join(map(U32.pack, flags))
    if rule.tunnel_ipv6 is not None:
        blocks += _TUNNEL_IPV6 + rule.tunnel_ipv6.packed
    return blocks
