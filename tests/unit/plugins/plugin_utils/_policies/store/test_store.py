# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stores with something odd in them that can still be said: findings, references, limits and versions."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import StoreError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.packets import AddressRange, Place, ServerRole
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.filter_action import FilterActionData, Offer
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.filter_list import (
    FilterListData,
    FilterSpec,
    decode_filter_list,
    encode_filter_list,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.filter_range import (
    AddressData,
    PortData,
    RangeSpec,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.form import LEGACY, VISTA
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.policy import PolicyData, encode_policy
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.rule import decode_rule, encode_rule
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import (
    FILTER_LIST,
    POLICY,
    DefaultResponse,
    Filter,
    FilterAction,
    FilterList,
    Store,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.store import read_store
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.words import (
    ActionKind,
    DhGroup,
    Encryption,
    Integrity,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.registry.keys import Keys
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._policies.damage import (
    STORE,
    action_with,
    change,
    esp,
    image,
    main_mode_with,
    mm,
    range_with,
    reasons,
    response_action,
    response_rule,
    rule_with,
    setting,
)
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._policies.wire import ROOT, Image, image_of


def test_the_undamaged_store() -> None:
    assert read_store(image().as_keys()) == STORE


def test_polling_interval() -> None:
    found = image()
    values = found.key("Policy")
    values["ipsecData"] = ("REG_BINARY", encode_policy(PolicyData(polling_seconds=10_830), VISTA))
    store = read_store(found.as_keys())
    assert reasons(store) == {(POLICY, "policy"): "It has a polling interval that is not a whole number of minutes."}
    assert store.policies[0].polling_interval_minutes == 181
    values["ipsecData"] = ("REG_BINARY", encode_policy(PolicyData(polling_seconds=0), VISTA))
    assert read_store(found.as_keys()) == STORE


def test_only_the_first_flag_of_perfect_forward_secrecy_counts() -> None:
    for first, second in ((1, 0), (0, 1)):
        found = image()
        action_with(Offer(algorithms=(esp(3, 2),), pfs=first), Offer(algorithms=(esp(2, 1),), pfs=second))(found)
        (action,) = read_store(found.as_keys()).filter_actions
        assert action.perfect_forward_secrecy is bool(first)


def test_offers_of_a_permit_have_no_effect() -> None:
    found = image()
    permit = "{8A171DD2-77E3-11D1-8659-A04F00000000}"
    setting("Action", "ipsecNegotiationPolicyAction", permit)(found)
    store = read_store(found.as_keys())
    assert store.filter_actions == (FilterAction(name="Action", action=ActionKind.PERMIT),)
    assert store.findings == (
        "The filter action 'Action' does not negotiate; its offers have no effect and were left out.",
    )


def test_lifetimes_and_limits_of_main_mode() -> None:
    def settings(**fields: object) -> Any:
        found = image()
        main_mode_with(**fields)(found)
        return read_store(found.as_keys()).policies[0].main_mode

    assert settings(lifetime_seconds=0, offers=(mm(),)).lifetime_minutes == 480
    assert settings(lifetime_seconds=0, offers=(mm(lifetime_seconds=120), mm(group=1))).lifetime_minutes == 2
    assert settings(lifetime_seconds=60, offers=(mm(lifetime_seconds=120),)).lifetime_minutes == 1
    assert settings(offers=(mm(quick_modes=3),)).quick_modes == 3
    # With fresh keys for every main mode no limit is a limit of one; what others stated beside them is shown.
    assert settings(master_pfs=1, quick_modes=0, offers=(mm(),)).quick_modes == 1
    assert settings(master_pfs=1, quick_modes=0, offers=(mm(quick_modes=3),)).quick_modes == 3
    assert settings(master_pfs=1, quick_modes=5).quick_modes == 5
    # An offer that overrides its method has the limits of the header.
    overriding = mm(random_function=4, lifetime_seconds=60, lifetime_kilobytes=9, quick_modes=3)
    found = settings(lifetime_seconds=0, offers=(overriding,))
    assert (found.lifetime_minutes, found.quick_modes) == (480, 0)
    assert [each.dh_group for each in found.methods] == [DhGroup.HIGH]


def test_new_dh_bytes_come_before_the_methods_and_end_with_a_zero() -> None:
    found = image()
    main_mode_with(first_offers=(2, 3, 0, 9), offers=(mm(1, 1, 1),))(found)
    methods = read_store(found.as_keys()).policies[0].main_mode.methods
    assert [(each.encryption, each.integrity, each.dh_group) for each in methods] == [
        (Encryption.DES, Integrity.SHA1, DhGroup.HIGH),
        (Encryption.TRIPLE_DES, Integrity.MD5, DhGroup.HIGH),
        (Encryption.DES, Integrity.MD5, DhGroup.LOW),
    ]


def test_ranges_replace_the_blocks_that_stand_for_them() -> None:
    whole = AddressData(
        kind=2, version=1, first=b"\x0a\0\0\x14".ljust(16, b"\0"), second=b"\x0a\0\0\x1d".ljust(16, b"\0")
    )
    me = AddressData(kind=8, version=3)

    def block(address: int, mask: int, identity: int) -> FilterSpec:
        return FilterSpec(
            identity=bytes([identity]) * 16,
            source_mask=0xFFFFFFFF,
            destination=address,
            destination_mask=mask,
        )

    specs = (
        block(0x0A000014, 0xFFFFFFFC, 1),  # .20-.23, the same identifier
        block(0x0A000018, 0xFFFFFFFC, 7),  # .24-.27, inside
        block(0x0A00001C, 0xFFFFFFFE, 8),  # .28-.29, the end of the range
        block(0x0A00001C, 0xFFFFFFFC, 9),  # .28-.31, reaches beyond
        block(0x0A000013, 0xFFFFFFFF, 10),  # .19, right before
    )
    for flags, kept in ((8, 2), (0, 5)):
        found = image()
        spec = RangeSpec(identity=b"\1" * 16, source=me, destination=whole, flags=flags)
        change(found.key("List"), decode_filter_list, encode_filter_list, specs=specs, ranges=(spec,))
        (filter_list,) = read_store(found.as_keys()).filter_lists
        assert len(filter_list.filters) == kept + 1
        expected = AddressRange(IPv4Address("10.0.0.20"), IPv4Address("10.0.0.29"))
        assert filter_list.filters[-1] == Filter(destination=expected)


def test_ipv6_forms() -> None:
    def subnet(version: int, first: bytes, second: bytes) -> AddressData:
        return AddressData(kind=4, version=version, first=first.ljust(16, b"\0"), second=second.ljust(16, b"\0"))

    for data, expected in (
        (AddressData(kind=1, version=2, first=bytes(15) + b"\1"), IPv6Network("::1/128")),
        (subnet(2, b"\x20\1", b"\x10"), IPv6Network("2001::/16")),
        (subnet(1, b"\x0a", b"\xff"), IPv4Network("10.0.0.0/8")),
        (AddressData(kind=0, version=3), Place.ANY),
    ):
        found = image()
        range_with(destination=data)(found)
        (filter_list,) = read_store(found.as_keys()).filter_lists
        assert filter_list.filters == (Filter(destination=expected),)


@pytest.mark.parametrize(
    ("kind", "role"),
    [(0x10, ServerRole.DNS), (0x20, ServerRole.WINS), (0x40, ServerRole.DHCP), (0x80, ServerRole.GATEWAY)],
)
def test_server_roles_of_the_second_part(kind: int, role: ServerRole) -> None:
    found = image()
    ports = {"source_ports": PortData(kind=0, first=5), "destination_ports": PortData(kind=1, first=53)}
    range_with(destination=AddressData(kind=kind, version=3), protocol=17, **ports)(found)
    (filter_list,) = read_store(found.as_keys()).filter_lists
    assert filter_list.filters == (Filter(destination=role, protocol=17, destination_port=53),)


def test_ipv6_tunnel_replaces_the_other_address() -> None:
    found = image()
    endpoint = IPv6Address("2001:db8::9")
    rule_with(is_tunnel=1, tunnel_address=IPv4Address("10.0.0.1"), tunnel_ipv6=endpoint)(found)
    assert read_store(found.as_keys()).policies[0].rules[0].tunnel_endpoint == endpoint


def test_repeated_filters_are_kept_once() -> None:
    found = image()
    spec = FilterSpec(identity=bytes(16), source_mask=0xFFFFFFFF)
    other = spec._replace(description="other words", identity=b"\1" * 16)
    change(
        found.key("List"),
        decode_filter_list,
        encode_filter_list,
        specs=(spec, other, spec._replace(identity=b"\2" * 16), spec),
    )
    store = read_store(found.as_keys())
    assert store.filter_lists[0].filters == (Filter(), Filter(description="other words"))
    assert store.findings == (
        "The filter list 'List' holds 2 filters that repeat others exactly; they were read once.",
    )


def test_two_objects_of_one_name_go_by_their_guids() -> None:
    found = image()
    first, second = "{00000000-0000-0000-0000-000000000001}", found.path("ipsecFilter{")[-38:]
    twin = dict(found.key("List"))
    twin["ipsecName"] = ("REG_SZ", "LIST")
    del twin["ipsecOwnersReference"]
    found.keys[f"{ROOT}\\ipsecFilter{{00000000-0000-0000-0000-000000000001}}"] = twin
    store = read_store(found.as_keys())
    assert reasons(store) == {
        (FILTER_LIST, first): "It has the name of another object of its kind, 'LIST'.",
        (FILTER_LIST, second): "It has the name of another object of its kind, 'List'.",
        (POLICY, "policy"): "It has a rule that uses the filter list 'List', which netsh cannot be told by name.",
    }
    assert [item.name for item in store.filter_lists] == [first, second]
    assert [rule.filter_list for rule in store.policies[0].rules] == [second]


@pytest.mark.parametrize("name", ["{00000000-0000-0000-0000-000000000001}", "{00000000-0000-0000-0000-00000000000A}"])
def test_a_name_that_looks_like_a_guid_is_not_taken_for_one(name: str) -> None:
    found = image()
    identity = found.path("ipsecFilter{")[-38:]
    twin = dict(found.key("List"))
    del twin["ipsecOwnersReference"]
    twin["ipsecName"] = ("REG_SZ", "")
    found.keys[f"{ROOT}\\ipsecFilter{{00000000-0000-0000-0000-000000000001}}"] = twin
    setting("List", "ipsecName", name)(found)
    store = read_store(found.as_keys())
    assert len({item.name for item in store.filter_lists}) == 2
    assert {item.name for item in store.filter_lists} == {
        "{00000000-0000-0000-0000-000000000001}",
        identity,
    }


def test_an_action_and_a_list_may_share_a_name() -> None:
    found = image()
    setting("Action", "ipsecName", "List")(found)
    assert reasons(read_store(found.as_keys())) == {}


def test_two_rules_of_one_name() -> None:
    two = replace(
        STORE.policies[0], rules=(*STORE.policies[0].rules, replace(STORE.policies[0].rules[0], name="Other"))
    )
    found = image_of(replace(STORE, policies=(two,)), VISTA)
    found.key("Other")["ipsecName"] = ("REG_SZ", "RULE")
    store = read_store(found.as_keys())
    assert reasons(store) == {(POLICY, "policy"): "It has 2 rules with the name 'RULE'."}
    assert [rule.name for rule in store.policies[0].rules] == ["RULE", "Rule"]


def test_policies_with_shared_rules_and_settings_are_kept() -> None:
    second = replace(STORE.policies[0], name="Second", rules=(), default_response=DefaultResponse())
    for name, start in (
        ("ipsecNFAReference", "It shares its rule 'Rule' with another policy."),
        ("ipsecISAKMPReference", "It shares its main mode settings {"),
    ):
        found = image_of(replace(STORE, policies=(STORE.policies[0], second)), VISTA)
        found.key("Second")[name] = found.key("Policy")[name]
        store = read_store(found.as_keys())
        assert list(reasons(store)) == [(POLICY, "policy"), (POLICY, "second")]
        assert all(reason.startswith(start) for reason in reasons(store).values())
        assert all(mark.kept for mark in store.unmanaged.values())


def test_two_default_responses() -> None:
    second = replace(STORE.policies[0], name="Second", rules=())
    found = image_of(replace(STORE, policies=(STORE.policies[0], second)), VISTA)
    moved = found.key("Second")["ipsecNFAReference"][1]
    found.key("Second")["ipsecNFAReference"] = ("REG_MULTI_SZ", ())
    own = found.key("Policy")["ipsecNFAReference"][1]
    assert isinstance(own, tuple)
    assert isinstance(moved, tuple)
    found.key("Policy")["ipsecNFAReference"] = ("REG_MULTI_SZ", (*own, *moved))
    store = read_store(found.as_keys())
    assert reasons(store) == {(POLICY, "policy"): "It has two default response rules."}


def test_a_default_response_that_is_off_may_have_odd_fields() -> None:
    for active, opaque in ((0, 0), (1, 1)):
        found = image()
        change(response_rule(found), decode_rule, encode_rule, is_active=active, interface_type=0)
        store = read_store(found.as_keys())
        assert len(store.opaque) == opaque
        assert [each.default_response.enabled for each in store.policies] == [False] * (1 - opaque)


def test_references_that_do_not_fit_are_findings() -> None:
    found = image()
    gone = r"SOFTWARE\Policies\Microsoft\Windows\IPSEC\Policy\Local\ipsecNFA{00000000-0000-0000-0000-000000000000}"
    owners = found.key("List")["ipsecOwnersReference"][1]
    assert isinstance(owners, tuple)
    settings_path = found.path("ipsecISAKMPPolicy")
    found.key("List")["ipsecOwnersReference"] = (
        "REG_MULTI_SZ",
        (*owners, *owners, gone, settings_path),
    )
    del found.key("Action")["ipsecOwnersReference"]
    store = read_store(found.as_keys())
    settings = f"main mode settings {settings_path[-38:]}"
    assert set(store.findings) == {
        "The filter list 'List' names one owner 2 times.",
        "The filter list 'List' names an owner that does not exist.",
        f"The filter list 'List' names the {settings} as its owner, which does not refer to it.",
        "The filter action 'Action' does not name the rule 'Rule' among its owners.",
    }
    assert replace(store, findings=()) == STORE


def test_orphans_are_findings() -> None:
    found = image()
    del found.key("Policy")["ipsecNFAReference"]
    response = next(p for p, v in found.keys.items() if v is response_rule(found))[-38:]
    found.keys = {path: values for path, values in found.keys.items() if not path.endswith(response)}
    store = read_store(found.as_keys())
    action = next(p for p, v in found.keys.items() if v is response_action(found))[-38:]
    assert "The rule 'Rule' belongs to no policy." in store.findings
    assert f"The filter action {action} belongs to no rule." in store.findings
    assert reasons(store) == {}
    assert store.policies[0].rules == ()
    assert store.policies[0].default_response == DefaultResponse()


def test_lists_and_actions_without_users_are_ordinary() -> None:
    bare = replace(STORE, policies=(), assigned=None)
    assert read_store(image_of(bare, VISTA).as_keys()) == bare


def test_reference_repeated() -> None:
    found = image()
    values = found.key("Policy")
    rules = values["ipsecNFAReference"][1]
    assert isinstance(rules, tuple)
    values["ipsecNFAReference"] = ("REG_MULTI_SZ", rules * 2)
    store = read_store(found.as_keys())
    assert store.policies == STORE.policies
    assert set(store.findings) >= {"The policy 'Policy' refers 2 times to one rule."}


def test_odd_frames_types_and_keys_are_findings() -> None:
    found = image()
    values = found.key("List")
    values["ipsecDataType"] = ("REG_DWORD", 5)
    data = values["ipsecData"][1]
    assert isinstance(data, bytes)
    values["ipsecData"] = ("REG_BINARY", data[:16] + bytes(4) + data[20:])
    found.keys[f"{ROOT}\\Strange"] = {}
    store = read_store(found.as_keys())
    assert set(store.findings) == {
        "The key 'Strange' is no object of a policy store; it was left out.",
        "The filter list 'List' states an unknown type of data.",
        "The filter list 'List' has a length field that does not fit its contents.",
    }
    values["ipsecDataType"] = ("REG_DWORD", 598)
    assert len(read_store(found.as_keys()).findings) == 2


def test_policy_in_force() -> None:
    found = image()
    root = found.keys[ROOT]
    root["ActivePolicy"] = ("REG_SZ", str(root["ActivePolicy"][1]).upper())
    assert read_store(found.as_keys()).assigned == "Policy"
    root["ActivePolicy"] = ("REG_SZ", found.path("List"))
    store = read_store(found.as_keys())
    assert store.assigned is None
    assert store.findings == ("The store puts a policy in force that does not exist.",)
    root["ActivePolicy"] = ("REG_SZ", "")
    assert read_store(found.as_keys()) == replace(STORE, assigned=None)


def test_everything_ignores_case_and_single_texts_stand_for_lists() -> None:
    found = Image(
        {
            path.upper(): {
                name.upper(): ("REG_SZ", data[0]) if isinstance(data, tuple) and len(data) == 1 else (kind, data)
                for name, (kind, data) in values.items()
            }
            for path, values in image().keys.items()
        }
    )
    assert read_store(found.as_keys()) == STORE


def test_version_object_is_skipped() -> None:
    found = image()
    data = bytes.fromhex("6f5c1f6ab772d211acf00060b0ecca17") + bytes(20)
    path = f"{ROOT}\\ipsecNFA{{6A1F5C6F-72B7-11D2-ACF0-0060B0ECCA17}}"
    found.keys[path] = {"ipsecData": ("REG_BINARY", data)}
    assert read_store(found.as_keys()) == STORE


def test_predefined_objects_are_known_by_their_identifier() -> None:
    found = image()
    path = found.path("List")
    known = "{7238523A-70FA-11D1-864C-14A300000000}"
    old = path[-38:]
    text = {p.replace(old, known): {n: swapped(v, old, known) for n, v in vs.items()} for p, vs in found.keys.items()}
    store = read_store(Image(text).as_keys())
    assert store == replace(STORE, predefined=frozenset({(FILTER_LIST, "list")}))


def swapped(value: tuple[str, Any], old: str, new: str) -> tuple[str, Any]:
    kind, data = value
    if isinstance(data, str):
        return kind, data.replace(old, new)
    return kind, tuple(part.replace(old, new) for part in data) if isinstance(data, tuple) else data


def test_another_root_is_not_an_empty_store() -> None:
    with pytest.raises(StoreError, match=r"expected the key HKEY_LOCAL_MACHINE"):
        read_store(Keys({r"HKEY_LOCAL_MACHINE\SOFTWARE\Other": {}}))
    assert read_store(Keys({r"HKLM\Elsewhere": {}}), r"HKEY_LOCAL_MACHINE\Elsewhere") == Store()


def test_both_forms_mean_the_same() -> None:
    assert read_store(image_of(STORE, LEGACY).as_keys()) == read_store(image_of(STORE, VISTA).as_keys()) == STORE


def test_ten_thousand_filters_are_read_in_a_second() -> None:
    filters = tuple(Filter(destination=IPv4Network((0x0A000000 + number, 32))) for number in range(10_000))
    large = Store(filter_lists=(FilterList(name="Large", filters=filters),))
    keys = image_of(large, VISTA).as_keys()
    start = time.process_time()
    read = read_store(keys)
    seconds = time.process_time() - start
    assert read == large
    assert seconds < (1 if sys.gettrace() is None else 3)  # counting lines for the coverage costs several times as much


def test_an_empty_filter_list_and_an_unused_permit() -> None:
    found = FilterListData()
    assert encode_filter_list(found, VISTA)[16:] == bytes(8)
    bare = Store(
        filter_lists=(FilterList(name="Empty"),),
        filter_actions=(FilterAction(name="Permit", action=ActionKind.PERMIT),),
    )
    assert read_store(image_of(bare, LEGACY).as_keys()) == bare
    assert FilterActionData().allows_clear is False


def test_a_rule_without_a_name_is_kept_as_it_is() -> None:
    found = image()
    del found.key("Rule")["ipsecName"]
    store = read_store(found.as_keys())
    assert [rule.name for rule in store.policies[0].rules] == [""]
    assert reasons(store) == {}


def test_descriptions_may_hold_what_netsh_cannot_be_given() -> None:
    found = image()
    for part in ("Policy", "Rule", "List", "Action"):
        found.key(part)["description"] = ("REG_SZ", 'Büro "1"\t%')
    store = read_store(found.as_keys())
    assert reasons(store) == {}
    texts = [item.description for item in (*store.policies, *store.filter_lists, *store.filter_actions)]
    assert {*texts, store.policies[0].rules[0].description} == {'Büro "1"\t%'}
