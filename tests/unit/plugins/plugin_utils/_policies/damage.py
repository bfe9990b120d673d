# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small sound store, and ways to damage the image of it, for tests of the reader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Network
from typing import Any

from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.filter_action import (
    Algorithm,
    Offer,
    decode_filter_action,
    encode_filter_action,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.filter_list import (
    FilterSpec,
    decode_filter_list,
    encode_filter_list,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.filter_range import AddressData, RangeSpec
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.form import VISTA
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.main_mode import (
    MainModeOffer,
    decode_main_mode,
    encode_main_mode,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.rule import decode_rule, encode_rule
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import (
    DefaultResponse,
    Filter,
    FilterAction,
    FilterList,
    Kerberos,
    Key,
    Policy,
    QuickModeMethod,
    Rule,
    Store,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.words import Encryption, Integrity
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._policies.wire import Image, image_of

ESP = QuickModeMethod(esp_encryption=Encryption.TRIPLE_DES, esp_integrity=Integrity.SHA1)
RESPONSE = DefaultResponse(enabled=True, authentication=(Kerberos(),), methods=(ESP,), perfect_forward_secrecy=False)
STORE = Store(
    filter_lists=(FilterList(name="List", filters=(Filter(destination=IPv4Network("10.0.0.0/8")),)),),
    filter_actions=(FilterAction(name="Action", methods=(ESP,)),),
    policies=(
        Policy(
            name="Policy",
            default_response=RESPONSE,
            rules=(Rule(name="Rule", filter_list="List", filter_action="Action"),),
        ),
    ),
    assigned="Policy",
)
Values = dict[str, Any]


def image() -> Image:
    return image_of(STORE, VISTA)


def change(values: Values, decode: Callable[..., Any], encode: Callable[..., bytes], **fields: object) -> None:
    data = replace(decode(values["ipsecData"][1], "x"), **fields)
    values["ipsecData"] = ("REG_BINARY", encode(data, VISTA))


def rule_with(**fields: object) -> Callable[[Image], None]:
    return lambda found: change(found.key("Rule"), decode_rule, encode_rule, **fields)


def main_mode_with(**fields: object) -> Callable[[Image], None]:
    return lambda found: change(found.key("ipsecISAKMPPolicy"), decode_main_mode, encode_main_mode, **fields)


def action_with(*offers: Offer) -> Callable[[Image], None]:
    return lambda found: change(found.key("Action"), decode_filter_action, encode_filter_action, offers=offers)


def response_with(*offers: Offer) -> Callable[[Image], None]:
    def damage(found: Image) -> None:
        change(response_action(found), decode_filter_action, encode_filter_action, offers=offers)

    return damage


def list_with(**fields: object) -> Callable[[Image], None]:
    spec = FilterSpec(**{"identity": bytes(16), "source_mask": 0xFFFFFFFF, **fields})  # type: ignore[arg-type]
    return lambda found: change(found.key("List"), decode_filter_list, encode_filter_list, specs=(spec,))


def range_with(**fields: object) -> Callable[[Image], None]:
    sides = {"source": AddressData(kind=8, version=3), "destination": AddressData(kind=1, version=2, first=b"\1" * 16)}
    spec = RangeSpec(**{"identity": bytes(16), **sides, **fields})  # type: ignore[arg-type]
    return lambda found: change(found.key("List"), decode_filter_list, encode_filter_list, specs=(), ranges=(spec,))


def setting(part: str, name: str, value: str | None) -> Callable[[Image], None]:
    def damage(found: Image) -> None:
        if value is None:
            del found.key(part)[name]
        else:
            found.key(part)[name] = ("REG_SZ", value)

    return damage


def response_rule(found: Image) -> Values:
    paths = [v for p, v in found.keys.items() if "ipsecNFA" in p and "ipsecName" not in v]
    return paths[0]


def response_action(found: Image) -> Values:
    return next(v for p, v in found.keys.items() if "Negotiation" in p and "ipsecName" not in v)


def esp(algorithm: int, integrity: int) -> Algorithm:
    return Algorithm(operation=2, algorithm=algorithm, integrity=integrity)


def mm(encryption: int = 3, integrity: int = 2, group: int = 2, **fields: int) -> MainModeOffer:
    return MainModeOffer(encryption=encryption, integrity=integrity, group=group, **fields)


def reasons(store: Store) -> dict[Key, str]:
    """Return why objects cannot be changed, or are not known, by kind and folded name."""
    return {key: mark.reason for key, mark in store.unmanaged.items()} | {
        each.key: each.reason for each in store.opaque
    }
