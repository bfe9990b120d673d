# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A store as a host would hold it: registry keys with real data, and the text in which a host shows them.

The codes are written out here from MS-GPIPSEC 2.2.1 and not taken from the reader under test.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from uuid import NAMESPACE_URL, uuid5

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.packets import (
    Address,
    AddressRange,
    Place,
    ServerRole,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.secret import Secret
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.filter_action import (
    Algorithm,
    FilterActionData,
    Offer,
    encode_filter_action,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.filter_list import (
    FilterListData,
    FilterSpec,
    encode_filter_list,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.filter_range import (
    AddressData,
    PortData,
    RangeSpec,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.form import Form
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.main_mode import (
    MainModeData,
    encode_main_mode,
    offer_for,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.policy import PolicyData, encode_policy
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.rule import (
    AuthenticationData,
    RuleData,
    encode_rule,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import (
    Authentication,
    Certificate,
    DefaultResponse,
    Filter,
    FilterList,
    Kerberos,
    MainMode,
    Policy,
    PresharedKey,
    QuickModeMethod,
    Rule,
    Store,
    folded,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.words import (
    ActionKind,
    ConnectionType,
    DhGroup,
    Encryption,
    Integrity,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.registry.keys import Data, Keys, Value

ROOT = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\IPSec\Policy\Local"
_IN_REFERENCES = r"SOFTWARE\Policies\Microsoft\Windows\IPSEC\Policy\Local"

_ACTION_IDS = {
    (ActionKind.BLOCK, False): "{3f91a819-7647-11d1-864d-d46a00000000}",
    (ActionKind.PERMIT, False): "{8a171dd2-77e3-11d1-8659-a04f00000000}",
    (ActionKind.NEGOTIATE, False): "{8a171dd3-77e3-11d1-8659-a04f00000000}",
    (ActionKind.NEGOTIATE, True): "{3f91a81a-7647-11d1-864d-d46a00000000}",
}
_STANDARD_TYPE = "{62f49e10-6c37-11d1-864c-14a300000000}"
_DEFAULT_RESPONSE_TYPE = "{62f49e13-6c37-11d1-864c-14a300000000}"
_INTERFACES = {ConnectionType.ALL: 0xFFFFFFFD, ConnectionType.LAN: 0xFFFFFFFE, ConnectionType.DIALUP: 0xFFFFFFFF}
_GROUPS = {DhGroup.LOW: 1, DhGroup.MEDIUM: 2, DhGroup.HIGH: 0x10000001}
_MAIN_MODE_CIPHERS = {Encryption.DES: 1, Encryption.TRIPLE_DES: 3}
_ESP_CIPHERS = {Encryption.NONE: 1, Encryption.DES: 2, Encryption.TRIPLE_DES: 3}
_HASHES = {Integrity.NONE: 0, Integrity.MD5: 1, Integrity.SHA1: 2}
_ROLES = {ServerRole.DNS: 1, ServerRole.WINS: 2, ServerRole.DHCP: 3, ServerRole.GATEWAY: 4}


@dataclass
class Image:
    """A registry that tests may damage: values (type word, data) by name, by key."""

    keys: dict[str, dict[str, tuple[str, Data]]] = field(default_factory=dict)

    def as_keys(self) -> Keys:
        """Return the registry without a way through text."""
        return Keys({path: {n: Value(*v) for n, v in values.items()} for path, values in self.keys.items()})

    def key(self, part: str) -> dict[str, tuple[str, Data]]:
        """Return the values of the one object of the name ``part``, or whose key's name contains ``part``."""
        found = [values for values in self.keys.values() if values.get("ipsecName", ("", ""))[1] == part]
        if not found:
            found = [values for path, values in self.keys.items() if part in path.rpartition("\\")[2]]
        assert len(found) == 1, part
        return found[0]

    def path(self, part: str) -> str:
        """Return the path of the one key that :meth:`key` finds."""
        values = self.key(part)
        return next(path for path, each in self.keys.items() if each is values)


def guid(*words: str) -> str:
    """Return a {guid} that is always the same for the same words."""
    return f"{{{uuid5(NAMESPACE_URL, '/'.join(words))}}}"


def image_of(store: Store, form: Form) -> Image:
    """Return the registry of a host of ``form`` that has this store."""
    image = Image({ROOT: {}})
    for item in store.filter_lists:
        path = _add(image, "ipsecFilter", guid("list", folded(item.name)), encode_filter_list(_list(item), form))
        _name(image, path, item.name, item.description)
    for action in store.filter_actions:
        data = encode_filter_action(
            _action(action.methods, action.fallback_to_clear, action.perfect_forward_secrecy), form
        )
        path = _add(image, "ipsecNegotiationPolicy", guid("action", folded(action.name)), data)
        _name(image, path, action.name, action.description)
        _act(image, path, _ACTION_IDS[action.action, action.accept_unsecured], _STANDARD_TYPE)
    for policy in store.policies:
        _add_policy(image, policy, form)
        if store.assigned == policy.name:
            target = f"{_IN_REFERENCES}\\ipsecPolicy{guid('policy', folded(policy.name))}"
            image.keys[ROOT]["ActivePolicy"] = ("REG_SZ", target)
    return image


def _add(image: Image, name: str, identity: str, data: bytes) -> str:
    path = f"{ROOT}\\{name}{identity}"
    image.keys[path] = {
        "className": ("REG_SZ", name),
        "name": ("REG_SZ", name + identity),
        "ipsecID": ("REG_SZ", identity),
        "ipsecDataType": ("REG_DWORD", 0x100),
        "ipsecData": ("REG_BINARY", data),
        "whenChanged": ("REG_DWORD", 1_700_000_000),
    }
    return path


def _name(image: Image, path: str, name: str, description: str) -> None:
    image.keys[path]["ipsecName"] = ("REG_SZ", name)
    if description:
        image.keys[path]["description"] = ("REG_SZ", description)


def _act(image: Image, path: str, action: str, action_type: str) -> None:
    image.keys[path]["ipsecNegotiationPolicyAction"] = ("REG_SZ", action)
    image.keys[path]["ipsecNegotiationPolicyType"] = ("REG_SZ", action_type)


def _refer(image: Image, user: str, value: str, used: str, *, many: bool) -> None:
    """Make ``user`` refer to ``used``, first in its list, and be first among its owners."""

    def first(path: str, name: str, target: str) -> None:
        known = image.keys[path].get(name, ("", ()))[1]
        assert isinstance(known, tuple)
        image.keys[path][name] = ("REG_MULTI_SZ", (target, *known))

    target = used.replace(ROOT, _IN_REFERENCES)
    if many:
        first(user, value, target)
    else:
        image.keys[user][value] = ("REG_SZ", target)
    first(used, "ipsecOwnersReference", user.replace(ROOT, _IN_REFERENCES))


def _add_policy(image: Image, policy: Policy, form: Form) -> None:
    word = folded(policy.name)
    data = encode_policy(PolicyData(polling_seconds=policy.polling_interval_minutes * 60), form)
    path = _add(image, "ipsecPolicy", guid("policy", word), data)
    _name(image, path, policy.name, policy.description)
    settings = encode_main_mode(_main_mode(policy.main_mode, form), form)
    settings_path = _add(image, "ipsecISAKMPPolicy", guid("isakmp", word), settings)
    _refer(image, path, "ipsecISAKMPReference", settings_path, many=False)
    response = policy.default_response
    # What a reader takes for a policy that has no such rule.
    if response != DefaultResponse():
        switch = int(response.enabled)
        rule = RuleData(authentication=_methods(response.authentication), is_active=switch)
        rule_path = _add(image, "ipsecNFA", guid("rule", word), encode_rule(rule, form))
        offers = _action(response.methods, False, response.perfect_forward_secrecy)
        action_path = _add(image, "ipsecNegotiationPolicy", guid("response", word), encode_filter_action(offers, form))
        _act(image, action_path, _ACTION_IDS[ActionKind.NEGOTIATE, False], _DEFAULT_RESPONSE_TYPE)
        _refer(image, rule_path, "ipsecNegotiationPolicyReference", action_path, many=False)
        _refer(image, path, "ipsecNFAReference", rule_path, many=True)
    for item in policy.rules:
        rule_path = _add(image, "ipsecNFA", guid("rule", word, folded(item.name)), encode_rule(_rule(item), form))
        _name(image, rule_path, item.name, item.description)
        used = f"{ROOT}\\ipsecFilter{guid('list', folded(item.filter_list))}"
        _refer(image, rule_path, "ipsecFilterReference", used, many=True)
        used = f"{ROOT}\\ipsecNegotiationPolicy{guid('action', folded(item.filter_action))}"
        _refer(image, rule_path, "ipsecNegotiationPolicyReference", used, many=False)
        _refer(image, path, "ipsecNFAReference", rule_path, many=True)


def _main_mode(main_mode: MainMode, form: Form) -> MainModeData:
    seconds = main_mode.lifetime_minutes * 60
    # An offer that overrides its method takes the lifetime of the header, which older hosts leave at 0.
    return MainModeData(
        offers=tuple(
            offer_for(
                _MAIN_MODE_CIPHERS[each.encryption], _HASHES[each.integrity], _GROUPS[each.dh_group], seconds, form
            )
            for each in main_mode.methods
        ),
        master_pfs=int(main_mode.perfect_forward_secrecy),
        quick_modes=main_mode.quick_modes,
        lifetime_seconds=seconds if form.header_lifetime else 0,
    )


def _action(methods: Iterable[QuickModeMethod], fallback: bool, pfs: bool) -> FilterActionData:
    offers = [
        Offer(
            algorithms=_algorithms(method),
            lifetime_seconds=method.lifetime_seconds,
            lifetime_kilobytes=method.lifetime_kilobytes,
            pfs=int(pfs),
        )
        for method in methods
    ]
    return FilterActionData(offers=(*offers, Offer()) if fallback else tuple(offers))


def _algorithms(method: QuickModeMethod) -> tuple[Algorithm, ...]:
    found = []
    if method.ah_integrity is not None:
        found.append(Algorithm(operation=1, algorithm=_HASHES[method.ah_integrity]))
    if method.esp_encryption is not None and method.esp_integrity is not None:
        cipher, integrity = _ESP_CIPHERS[method.esp_encryption], _HASHES[method.esp_integrity]
        found.append(Algorithm(operation=2, algorithm=cipher, integrity=integrity))
    return tuple(found)


def _methods(methods: Iterable[Authentication]) -> tuple[AuthenticationData, ...]:
    found = []
    for method in methods:
        match method:
            case Kerberos():
                found.append(AuthenticationData(kind=5))
            case PresharedKey(key=Secret() as key):
                found.append(AuthenticationData(kind=1, credential=key))
            case Certificate():
                flags = int(method.map_to_account) | int(method.exclude_authority_name) << 1
                found.append(AuthenticationData(kind=3, credential=method.authority, flags=flags))
            case _:
                raise TypeError(type(method))
    return tuple(found)


def _rule(rule: Rule) -> RuleData:
    end = rule.tunnel_endpoint
    return RuleData(
        authentication=_methods(rule.authentication),
        interface_type=_INTERFACES[rule.connection_type],
        tunnel_address=end if isinstance(end, IPv4Address) else IPv4Address(0),
        tunnel_ipv6=end if isinstance(end, IPv6Address) else None,
        is_tunnel=int(end is not None),
        is_active=int(rule.enabled),
    )


def _list(filter_list: FilterList) -> FilterListData:
    specs, ranges = [], []
    for index, item in enumerate(filter_list.filters):
        identity = uuid5(NAMESPACE_URL, f"{folded(filter_list.name)}/{index}").bytes_le
        sides = (item.source, item.destination)
        if any(isinstance(side, (AddressRange, IPv6Network)) for side in sides):
            ranges.append(_range_spec(item, identity))
        else:
            specs.append(_spec(item, identity))
    return FilterListData(specs=tuple(specs), ranges=tuple(ranges))


def _spec(item: Filter, identity: bytes) -> FilterSpec:
    source, source_mask = _block(item.source)
    destination, destination_mask = _block(item.destination)
    special = _ROLES[item.source] if isinstance(item.source, ServerRole) else 0
    if isinstance(item.destination, ServerRole):
        special = 0x80 | _ROLES[item.destination]
    return FilterSpec(
        identity=identity,
        description=item.description,
        mirrored=int(item.mirrored),
        source=source,
        source_mask=source_mask,
        destination=destination,
        destination_mask=destination_mask,
        protocol=item.protocol,
        source_port=item.source_port,
        destination_port=item.destination_port,
        special=special,
    )


def _block(side: Address) -> tuple[int, int]:
    if isinstance(side, IPv4Network):
        return int(side.network_address), int(side.netmask)
    return (0, 0) if side is Place.ANY else (0, 0xFFFFFFFF)


def _range_spec(item: Filter, identity: bytes) -> RangeSpec:
    sides = (item.source, item.destination)
    versions = {side.first.version if isinstance(side, AddressRange) else side.version
                for side in sides if isinstance(side, (AddressRange, IPv4Network, IPv6Network))}  # fmt: skip
    (version,) = versions
    return RangeSpec(
        identity=identity,
        source=address_data(item.source, version),
        destination=address_data(item.destination, version),
        description=item.description,
        mirrored=int(item.mirrored),
        source_ports=PortData(kind=1, first=item.source_port) if item.source_port else PortData(),
        destination_ports=PortData(kind=1, first=item.destination_port) if item.destination_port else PortData(),
        protocol=item.protocol,
    )


def address_data(side: Address, version: int) -> AddressData:
    """Return one side of a filter of the second part; ``version`` is that of the other side for words."""
    code = 1 if version == 4 else 2
    if side is Place.ANY:
        return AddressData(kind=0, version=code)
    if side is Place.ME:
        return AddressData(kind=8, version=3)
    if isinstance(side, AddressRange):
        return AddressData(kind=2, version=code, first=_padded(side.first.packed), second=_padded(side.last.packed))
    if not isinstance(side, (IPv4Network, IPv6Network)):
        raise TypeError(type(side))
    first = _padded(side.network_address.packed)
    if side.prefixlen == side.max_prefixlen:
        return AddressData(kind=1, version=code, first=first)
    second = side.netmask.packed if isinstance(side, IPv4Network) else bytes([side.prefixlen])
    return AddressData(kind=4, version=code, first=first, second=_padded(second))


def _padded(raw: bytes) -> bytes:
    return raw.ljust(16, b"\0")
