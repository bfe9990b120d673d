# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What our codec says a host writes for an object, byte for byte.

Identifiers that a host draws are taken from what it wrote, everything else from the object as it was asked for.

[ledger: data-group-14, data-filter-me-any, data-server-roles, data-words-are-ipv4, data-range-blocks, data-range-flag]
[ledger: data-soft-offer, data-pfs-first-offer, data-main-mode-lifetime]
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

from .._common.packets import Address, AddressRange, Place, ServerRole
from .._policies.codec import filter_action as action_codes
from .._policies.codec import filter_list as list_codes
from .._policies.codec import filter_range as range_codes
from .._policies.codec import rule as rule_codes
from .._policies.codec.filter_action import Algorithm, FilterActionData, Offer, encode_filter_action
from .._policies.codec.filter_list import FilterListData, FilterSpec, encode_filter_list
from .._policies.codec.filter_range import AddressData, PortData, RangeSpec
from .._policies.codec.form import Form
from .._policies.codec.guids import BLOCK, NEGOTIATE, NEGOTIATE_ACCEPTING_UNSECURED, PERMIT
from .._policies.codec.main_mode import MainModeData, encode_main_mode, offer_for
from .._policies.codec.policy import PolicyData, encode_policy
from .._policies.codec.rule import AuthenticationData, RuleData, encode_rule
from .._policies.model import (
    Authentication,
    Certificate,
    DefaultResponse,
    Filter,
    FilterAction,
    Kerberos,
    MainMode,
    Policy,
    PresharedKey,
    QuickModeMethod,
    Rule,
)
from .._policies.store.express import (
    AH_INTEGRITIES,
    CONNECTION_TYPES,
    DH_GROUPS,
    ESP_ENCRYPTIONS,
    ESP_INTEGRITIES,
    MAIN_MODE_ENCRYPTIONS,
    MAIN_MODE_INTEGRITIES,
)
from .._policies.words import ActionKind, effective_quick_modes

_AH = {word: code for code, word in AH_INTEGRITIES.items()}
_CIPHERS = {word: code for code, word in ESP_ENCRYPTIONS.items()}
_HASHES = {word: code for code, word in ESP_INTEGRITIES.items()}
_MAIN_CIPHERS = {word: code for code, word in MAIN_MODE_ENCRYPTIONS.items()}
_MAIN_HASHES = {word: code for code, word in MAIN_MODE_INTEGRITIES.items()}
_GROUPS = {word: code for code, word in DH_GROUPS.items()}
_CONNECTIONS = {word: code for code, word in CONNECTION_TYPES.items()}
_ROLES = {
    ServerRole.DNS: list_codes.SPECIAL_DNS,
    ServerRole.WINS: list_codes.SPECIAL_WINS,
    ServerRole.DHCP: list_codes.SPECIAL_DHCP,
    ServerRole.GATEWAY: list_codes.SPECIAL_GATEWAY,
}
_FULL_MASK = 0xFFFFFFFF
_SECONDS_PER_MINUTE = 60


def action_guid(action: FilterAction) -> str:
    """Return the GUID by which a filter action tells what it does."""
    if action.action is ActionKind.NEGOTIATE:
        return NEGOTIATE_ACCEPTING_UNSECURED if action.accept_unsecured else NEGOTIATE
    return PERMIT if action.action is ActionKind.PERMIT else BLOCK


def filter_action(action: FilterAction, form: Form) -> bytes:
    """Return the data of a filter action."""
    pfs = action.perfect_forward_secrecy
    return _offers(action.methods, pfs, form, clear=action.fallback_to_clear)


def response_action(response: DefaultResponse, form: Form) -> bytes:
    """Return the data of the action of a default response rule."""
    return _offers(response.methods, response.perfect_forward_secrecy, form)


def _offers(methods: tuple[QuickModeMethod, ...], pfs: bool, form: Form, *, clear: bool = False) -> bytes:
    offers = [_offer(method, pfs) for method in methods]
    return encode_filter_action(FilterActionData(offers=tuple([*offers, Offer()] if clear else offers)), form)


def _offer(method: QuickModeMethod, pfs: bool) -> Offer:
    algorithms = []
    if method.ah_integrity is not None:
        algorithms.append(Algorithm(operation=action_codes.OPERATION_AH, algorithm=_AH[method.ah_integrity]))
    if method.esp_encryption is not None and method.esp_integrity is not None:
        cipher, integrity = _CIPHERS[method.esp_encryption], _HASHES[method.esp_integrity]
        algorithms.append(Algorithm(operation=action_codes.OPERATION_ESP, algorithm=cipher, integrity=integrity))
    return Offer(
        algorithms=tuple(algorithms),
        lifetime_seconds=method.lifetime_seconds,
        lifetime_kilobytes=method.lifetime_kilobytes,
        pfs=int(pfs),
    )


def policy(found: Policy, form: Form) -> bytes:
    """Return the data of a policy."""
    return encode_policy(PolicyData(polling_seconds=found.polling_interval_minutes * _SECONDS_PER_MINUTE), form)


def main_mode(found: MainMode, seen: MainModeData, form: Form) -> bytes:
    """Return the data of main mode settings; ``seen`` gives the identifier, which means nothing.

    Lifetime and limit stand in each method too: those of the settings count for the random functions alone.
    """
    seconds = found.lifetime_minutes * _SECONDS_PER_MINUTE
    limit = effective_quick_modes(found.quick_modes, found.perfect_forward_secrecy)
    offers = (
        offer_for(
            _MAIN_CIPHERS[each.encryption],
            _MAIN_HASHES[each.integrity],
            _GROUPS[each.dh_group],
            seconds,
            form,
        )
        for each in found.methods
    )
    data = MainModeData(
        offers=tuple(replace(each, quick_modes=limit) for each in offers),
        instance=seen.instance,
        master_pfs=int(found.perfect_forward_secrecy),
        quick_modes=limit,
        lifetime_seconds=seconds if form.header_lifetime else 0,
    )
    return encode_main_mode(data, form)


def rule(found: Rule, form: Form) -> bytes:
    """Return the data of a rule."""
    endpoint = found.tunnel_endpoint
    return encode_rule(
        RuleData(
            authentication=tuple(map(_authentication, found.authentication)),
            interface_type=_CONNECTIONS[found.connection_type],
            tunnel_address=endpoint if isinstance(endpoint, IPv4Address) else IPv4Address(0),
            is_tunnel=int(endpoint is not None),
            is_active=int(found.enabled),
            tunnel_ipv6=endpoint if isinstance(endpoint, IPv6Address) else None,
        ),
        form,
    )


def response_rule(response: DefaultResponse, form: Form) -> bytes:
    """Return the data of a default response rule."""
    methods = tuple(map(_authentication, response.authentication))
    return encode_rule(RuleData(authentication=methods, is_active=int(response.enabled)), form)


def _authentication(found: Authentication) -> AuthenticationData:
    match found:
        case Kerberos():
            return AuthenticationData(kind=rule_codes.KERBEROS)
        case PresharedKey():
            return AuthenticationData(kind=rule_codes.PRESHARED_KEY, credential=found.key)
        case Certificate():
            flags = rule_codes.FLAG_MAP_TO_ACCOUNT * found.map_to_account
            flags |= rule_codes.FLAG_EXCLUDE_AUTHORITY_NAME * found.exclude_authority_name
            return AuthenticationData(kind=rule_codes.CERTIFICATE, credential=found.authority, flags=flags)


def filter_list(filters: tuple[Filter, ...], seen: FilterListData, form: Form) -> bytes:
    """Return the data of a filter list; ``seen`` gives the identifiers of its filters.

    Whether blocks stand beside a range is for the host to say: those that it wrote are taken over.
    """
    plain = [_spec(each) for each in filters if not _needs_second_part(each)]
    specs = [
        spec._replace(identity=seen.specs[number].identity) if number < len(seen.specs) else spec
        for number, spec in enumerate(plain)
    ]
    ranges = [each for each in filters if _needs_second_part(each)]
    identities = [each.identity for each in seen.ranges]
    identities += [bytes(16)] * (len(ranges) - len(identities))
    data = FilterListData(
        specs=(*specs, *(seen.specs[len(specs) :] if ranges else ())),
        ranges=tuple(_range_spec(each, identity) for each, identity in zip(ranges, identities, strict=False)),
        count_override=seen.count_override if ranges else 0,
    )
    return encode_filter_list(data, form)


def _is_ipv6(found: Filter) -> bool:
    return any(_version(side) == range_codes.IPV6 for side in (found.source, found.destination))


def _needs_second_part(found: Filter) -> bool:
    return _is_ipv6(found) or any(isinstance(side, AddressRange) for side in (found.source, found.destination))


def _version(side: Address) -> int:
    if isinstance(side, (Place, ServerRole)):
        return range_codes.IPV4
    found = side.first if isinstance(side, AddressRange) else side.network_address
    return range_codes.IPV4 if found.version == 4 else range_codes.IPV6


def _block(side: Address) -> tuple[int, int]:
    if isinstance(side, (Place, ServerRole)):
        return (0, 0) if side is Place.ANY else (0, _FULL_MASK)
    if isinstance(side, AddressRange):
        raise TypeError("a range is written in a block of its own")
    return int(side.network_address), int(side.netmask)


def _spec(found: Filter) -> FilterSpec:
    (source, source_mask), (destination, destination_mask) = _block(found.source), _block(found.destination)
    special = 0
    if isinstance(found.source, ServerRole):
        special = _ROLES[found.source]
    elif isinstance(found.destination, ServerRole):
        special = _ROLES[found.destination] | list_codes.SPECIAL_ON_DESTINATION
    return FilterSpec(
        identity=bytes(16),
        mirrored=int(found.mirrored),
        protocol=found.protocol,
        source_port=found.source_port,
        destination_port=found.destination_port,
        special=special,
        source=source,
        source_mask=source_mask,
        destination=destination,
        destination_mask=destination_mask,
        description=found.description,
    )


def _range_spec(found: Filter, identity: bytes) -> RangeSpec:
    version = range_codes.IPV6 if _is_ipv6(found) else range_codes.IPV4
    return RangeSpec(
        identity=identity,
        source=_side(found.source, version),
        destination=_side(found.destination, version),
        description=found.description,
        mirrored=int(found.mirrored),
        source_ports=_ports(found.source_port),
        destination_ports=_ports(found.destination_port),
        protocol=found.protocol,
        flags=range_codes.FLAG_REPLACES_BLOCKS if version == range_codes.IPV4 else 0,
    )


def _side(side: Address, version: int) -> AddressData:
    if isinstance(side, (Place, ServerRole)):
        kind = range_codes.ADDRESS_ANY if side is Place.ANY else range_codes.ADDRESS_ME
        return AddressData(kind=kind, version=version)
    if isinstance(side, AddressRange):
        first, last = _padded(side.first), _padded(side.last)
        return AddressData(kind=range_codes.ADDRESS_RANGE, version=version, first=first, second=last)
    first = _padded(side.network_address)
    if side.prefixlen == side.max_prefixlen:
        return AddressData(kind=range_codes.ADDRESS_SINGLE, version=version, first=first)
    second = _padded(side.netmask) if side.version == 4 else bytes([side.prefixlen]).ljust(16, b"\0")
    return AddressData(kind=range_codes.ADDRESS_SUBNET, version=version, first=first, second=second)


def _padded(address: IPv4Address | IPv6Address) -> bytes:
    return address.packed.ljust(16, b"\0")


def _ports(port: int) -> PortData:
    return PortData(kind=range_codes.PORT_SINGLE, first=port) if port else PortData()
