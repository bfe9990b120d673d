# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The objects that a run makes to compare their bytes: every option of the policy store, in unassigned policies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from .._common.packets import Address, AddressRange, Place, ServerRole
from .._common.secret import Secret
from .._policies.model import (
    Authentication,
    Certificate,
    DefaultResponse,
    Filter,
    FilterAction,
    FilterList,
    Kerberos,
    MainMode,
    MainModeMethod,
    Policy,
    PresharedKey,
    QuickModeMethod,
    Rule,
)
from .._policies.planning import operations as op
from .._policies.words import ActionKind, ConnectionType, DhGroup, Encryption, Integrity
from .._windows.versions import WindowsVersion

Naming = Callable[[str], str]
# Addresses that documents use (RFC 5737, RFC 3849): no host has them.
_NEAR, _FAR = "192.0.2.0/24", "198.51.100.7/32"
_AUTHORITY = "C=XX, O=Winsec Confirm, CN=Winsec Confirm Root"


@dataclass(frozen=True, slots=True)
class Wanted:
    """An object with the check that compares it and the statements that it bears on."""

    check: str
    about: str
    found: FilterList | FilterAction | Policy


def _address(text: str) -> Address:
    if text in ("any", "me"):
        return Place(text)
    if text in [role.value for role in ServerRole]:
        return ServerRole(text)
    if "-" in text:
        first, last = (ip_address(part) for part in text.split("-"))
        return AddressRange(first, last)
    return ip_network(text)


def _filter(
    source: str,
    destination: str,
    protocol: int = 0,
    ports: tuple[int, int] = (0, 0),
    *,
    mirrored: bool = True,
    description: str = "",
) -> Filter:
    return Filter(
        source=_address(source),
        destination=_address(destination),
        protocol=protocol,
        source_port=ports[0],
        destination_port=ports[1],
        mirrored=mirrored,
        description=description,
    )


def _esp(encryption: str, integrity: str, kilobytes: int = 0, seconds: int = 0, ah: str = "") -> QuickModeMethod:
    return QuickModeMethod(
        ah_integrity=Integrity(ah) if ah else None,
        esp_encryption=Encryption(encryption) if encryption else None,
        esp_integrity=Integrity(integrity) if encryption else None,
        lifetime_kilobytes=kilobytes,
        lifetime_seconds=seconds,
    )


_PLAIN = (
    _filter("me", "any"),
    _filter("any", "me", mirrored=False),
    _filter(_NEAR, _FAR, description="two networks"),
    _filter("me", _FAR, 6, (0, 80)),
    _filter(_FAR, "me", 17, (500, 0), mirrored=False),
    _filter("me", _NEAR, 6, (1025, 443)),
    _filter("me", "203.0.113.1/32", 1),
    _filter("me", "203.0.113.2/32", 255),
    _filter("me", "203.0.113.3/32", 47),
)
_RANGES = (_filter("192.0.2.10-192.0.2.20", _FAR), _filter("any", "203.0.113.9-203.0.113.200", 6, (0, 25)))
_IPV6 = (
    _filter("2001:db8::1/128", "2001:db8:1::/48"),
    _filter("2001:db8::10/128", "2001:db8::20/128", 6, (0, 80), mirrored=False),
)
_ROLES = tuple(
    pair
    for role in ("dns", "wins", "dhcp", "gateway")
    for pair in (_filter("me", role, 17, (0, 53)), _filter(role, "me", mirrored=False))
)
_OFFERS = (
    (_esp("3des", "sha1", 100_000, 3_600),),
    (_esp("des", "md5"), _esp("3des", "none", seconds=900), _esp("none", "sha1", kilobytes=50_000)),
    (_esp("", "", 20_480, 300, ah="md5"), _esp("", "", ah="sha1")),
    (_esp("3des", "sha1", 100_000, 3_600, ah="sha1"), _esp("des", "sha1", 0, 0, ah="md5")),
)
_MAIN_METHODS = tuple(
    MainModeMethod(encryption=encryption, integrity=integrity, dh_group=group)
    for encryption in (Encryption.TRIPLE_DES, Encryption.DES)
    for integrity in (Integrity.SHA1, Integrity.MD5)
    for group in DhGroup
)


def filter_lists(name: Naming, version: WindowsVersion) -> Iterator[Wanted]:
    """Yield filter lists; those that the version has not are left out."""
    yield Wanted("object.filter-list", "data-filter-frame", FilterList(name=name("L empty"), description="no filter"))
    for number, each in enumerate(_PLAIN):
        about = "data-filter-v1 data-filter-me-any netsh-mirrored netsh-protocol-words netsh-port-zero-is-any"
        found = FilterList(name=name(f"L plain {number}"), filters=(each,))
        yield Wanted("object.filter", f"{about} data-network-order", found)
    yield Wanted("object.filter-list", "data-filter-frame", FilterList(name=name("L many"), filters=_PLAIN))
    for number, each in enumerate(_ROLES):
        about = "data-server-roles netsh-server-roles data-words-are-ipv4"
        yield Wanted("object.server-roles", about, FilterList(name=name(f"L role {number}"), filters=(each,)))
    if version.ranges_and_ipv6:
        for number, each in enumerate(_RANGES):
            about = "netsh-range-form data-filter-v2 data-range-flag data-filter-length-v2"
            yield Wanted("object.ranges", about, FilterList(name=name(f"L range {number}"), filters=(each,)))
        for number, each in enumerate(_IPV6):
            about = "netsh-ipv6-prefix data-filter-v2"
            yield Wanted("object.ipv6", about, FilterList(name=name(f"L six {number}"), filters=(each,)))


def filter_actions(name: Naming) -> Iterator[Wanted]:
    """Yield filter actions."""
    for kind in (ActionKind.PERMIT, ActionKind.BLOCK):
        about = "data-action-guids data-filter-action" + (" data-block-guid" if kind is ActionKind.BLOCK else "")
        yield Wanted("object.filter-action", about, FilterAction(name=name(f"A {kind}"), action=kind))
    for number, methods in enumerate(_OFFERS):
        about = "data-filter-action netsh-qm-methods-grammar data-action-guids"
        yield Wanted("object.filter-action", about, FilterAction(name=name(f"A offer {number}"), methods=methods))
    for number in range(1, 8):
        about = "data-action-guids data-filter-action"
        about += " data-soft-offer" if number & 2 else ""
        about += " data-pfs-flag" if number & 4 else ""
        found = FilterAction(
            name=name(f"A flags {number}"),
            description="flags of a filter action",
            methods=_OFFERS[0],
            accept_unsecured=bool(number & 1),
            fallback_to_clear=bool(number & 2),
            perfect_forward_secrecy=bool(number & 4),
        )
        yield Wanted("object.filter-action", about, found)


def policies(name: Naming, version: WindowsVersion, key: str) -> Iterator[Wanted]:
    """Yield policies without rules, and one with rules of every form. ``key`` is a key of the run."""
    about = "data-main-mode netsh-mm-methods-grammar netsh-mm-lifetime-minutes data-main-mode-lifetime"
    for number, method in enumerate(_MAIN_METHODS):
        more = " data-group-14" if method.dh_group is DhGroup.HIGH else ""
        mode = MainMode(methods=(method,), lifetime_minutes=60 + number)
        found = Policy(name=name(f"P main {number}"), main_mode=mode)
        yield Wanted("object.main-mode", about + more, found)
    yield Wanted("object.main-mode", about, Policy(name=name("P methods"), main_mode=MainMode(methods=_MAIN_METHODS)))
    for limit, fresh in ((0, False), (5, False), (1, True)):
        about = "data-quick-mode-limit " + ("netsh-mmpfs-sets-limit" if fresh else "netsh-mmpfs-no-keeps-limit")
        mode = MainMode(quick_modes=limit, perfect_forward_secrecy=fresh)
        yield Wanted("object.mmpfs", about, Policy(name=name(f"P limit {limit}"), main_mode=mode))
    for minutes in (1, 180, 10_000):
        found = Policy(name=name(f"P poll {minutes}"), polling_interval_minutes=minutes, description="polling")
        yield Wanted("object.polling", "netsh-polling-minutes data-polling", found)
    yield from _responses(name, key)
    for check, about, rule in _rules(name, version, key):
        yield Wanted(check, about, Policy(name=name(f"P {rule.name.split(' ', 1)[1]}"), rules=(rule,)))


def _responses(name: Naming, key: str) -> Iterator[Wanted]:
    about = "netsh-default-response-words data-default-response"
    for number, response in enumerate(
        (
            DefaultResponse(),
            DefaultResponse(enabled=True),
            DefaultResponse(methods=_OFFERS[1], perfect_forward_secrecy=True),
            DefaultResponse(authentication=(PresharedKey(Secret(key)), Kerberos())),
        )
    ):
        found = Policy(name=name(f"P response {number}"), default_response=response)
        yield Wanted("object.default-response", about, found)


def _rules(name: Naming, version: WindowsVersion, key: str) -> Iterator[tuple[str, str, Rule]]:
    plain = Rule(name=name("R"), filter_list=name("L plain 0"), filter_action=name("A offer 0"))
    secret, authority = PresharedKey(Secret(key)), Certificate(_AUTHORITY)
    for kind in ConnectionType:
        about = "data-rule data-rule-blocks data-connection-types"
        yield "object.rule", about, replace(plain, name=name(f"R {kind}"), connection_type=kind)
    off = replace(plain, name=name("R off"), enabled=False, description="a rule that is off")
    yield "object.rule", "data-rule data-rule-blocks", off
    about = "netsh-authentication-order data-key-clear-text data-key-vista"
    orders: tuple[tuple[Authentication, ...], ...] = (
        (secret,),
        (secret, Kerberos()),
        (Kerberos(), secret),
        (authority, secret, Kerberos()),
    )
    for number, order in enumerate(orders):
        yield "object.authentication", about, replace(plain, name=name(f"R order {number}"), authentication=order)
    about = "netsh-rootca-text data-certificate-text data-rule-count-flags"
    yield "object.certificate", about, replace(plain, name=name("R authority"), authentication=(authority,))
    if version.certificate_options:
        for number in (1, 2, 3):
            flagged = replace(plain, name=name(f"R flags {number}"), authentication=(_flagged(number),))
            yield "object.certificate", f"{about} data-certificate-flags", flagged
    ends: list[IPv4Address | IPv6Address] = [IPv4Address("192.0.2.254")]
    ends += [IPv6Address("2001:db8::fe")] if version.ranges_and_ipv6 else []
    for end in ends:
        found = replace(plain, name=name(f"R tunnel {end.version}"), tunnel_endpoint=end, filter_list=name("L tunnel"))
        yield "object.tunnel", "data-rule-tunnel", found


def _flagged(number: int) -> Certificate:
    return Certificate(_AUTHORITY, map_to_account=bool(number & 1), exclude_authority_name=bool(number & 2))


def tunnelled(name: Naming) -> Wanted:
    """Return the filter list of the tunnels: they take no mirrored filters."""
    found = FilterList(name=name("L tunnel"), filters=(_filter(_NEAR, _FAR, mirrored=False),))
    return Wanted("object.filter", "data-filter-v1", found)


def operations(wanted: Wanted) -> Iterator[op.Operation]:
    """Yield what makes an object."""
    found = wanted.found
    if isinstance(found, FilterList):
        yield op.CreateFilterList(found.name, found.description)
        yield from (op.AddFilter(found.name, each) for each in found.filters)
    elif isinstance(found, FilterAction):
        yield op.CreateFilterAction(found)
    else:
        yield op.CreatePolicy(found)
        if found.default_response != DefaultResponse():
            yield op.ChangeDefaultResponse(found.name, found.default_response)
        yield from (op.AddRule(found.name, each) for each in found.rules)
