# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the model cannot say or netsh cannot be told: each case is reported with its reason, and hides nothing else."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.secret import Secret
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.filter_action import Algorithm, Offer
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.filter_range import AddressData, PortData
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.rule import (
    AuthenticationData,
    decode_rule,
    encode_rule,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import (
    FILTER_ACTION,
    FILTER_LIST,
    POLICY,
    Store,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.references import reachable, uses
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.store import read_store
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._policies.damage import (
    STORE,
    action_with,
    change,
    esp,
    image,
    list_with,
    main_mode_with,
    mm,
    range_with,
    reasons,
    response_rule,
    response_with,
    rule_with,
    setting,
)
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._policies.wire import Image

POLICY_DAMAGE: dict[str, tuple[Callable[[Image], None], str]] = {
    "unknown interface": (rule_with(interface_type=7), "It applies to an interface that is not a connection type."),
    "interface by name": (rule_with(interface_name="x"), "It applies to an interface that is not a connection type."),
    "tunnel by name": (rule_with(is_tunnel=1, tunnel_name="gate"), "It has a tunnel endpoint by name."),
    "tunnel to nowhere": (rule_with(is_tunnel=1), "It has a tunnel without an address."),
    "tunnel switch": (rule_with(is_tunnel=2), "It has an unknown value for tunnel mode."),
    "rule switch": (rule_with(is_active=2), "It has an unknown value for the switch of a rule."),
    "unknown authentication": (
        rule_with(authentication=(AuthenticationData(kind=2),)),
        "It has an authentication method of an unknown type or with unknown flags.",
    ),
    "flags on Kerberos": (
        rule_with(authentication=(AuthenticationData(kind=5, flags=1),)),
        "It has an authentication method of an unknown type or with unknown flags.",
    ),
    "flags on a key": (
        rule_with(authentication=(AuthenticationData(kind=1, credential=Secret("a"), flags=1),)),
        "It has an authentication method of an unknown type or with unknown flags.",
    ),
    "flags on a certificate": (
        rule_with(authentication=(AuthenticationData(kind=3, credential="CN=x", flags=4),)),
        "It has a certificate method with unknown flags.",
    ),
    "authority beyond ASCII": (
        rule_with(authentication=(AuthenticationData(kind=3, credential="CN=ü"),)),
        "It has a certificate authority that netsh cannot be given: expected ASCII characters only.",
    ),
    "authority with an apostrophe": (
        rule_with(authentication=(AuthenticationData(kind=3, credential="CN='"),)),
        "It has a certificate authority that netsh cannot be given.",
    ),
    "no authentication": (rule_with(authentication=()), "It has no authentication method."),
    "Kerberos twice": (
        rule_with(authentication=(AuthenticationData(kind=5), AuthenticationData(kind=5))),
        "It has authentication methods that are alike.",
    ),
    "sections disagree": (
        rule_with(
            authentication=(AuthenticationData(kind=1, credential=Secret("a")),),
            second_section=(AuthenticationData(kind=1, credential=Secret("b")),),
        ),
        "It has two sections of authentication methods that disagree.",
    ),
    "lifetime": (
        main_mode_with(lifetime_seconds=90),
        "It has a main mode lifetime that is not a whole number of minutes.",
    ),
    "lifetimes of offers": (
        main_mode_with(lifetime_seconds=0, offers=(mm(lifetime_seconds=60), mm(group=1, lifetime_seconds=120))),
        "It has main mode offers with different lifetimes.",
    ),
    "limits of offers": (
        main_mode_with(offers=(mm(quick_modes=1), mm(group=1, quick_modes=2))),
        "It has main mode offers with different limits of quick modes.",
    ),
    "kilobytes": (
        main_mode_with(offers=(mm(lifetime_kilobytes=1),)),
        "It has a main mode offer with a limit in kilobytes.",
    ),
    "options": (main_mode_with(options=1), "It has certificate options for all of its main mode."),
    "first offers": (main_mode_with(first_offers=(9, 0, 0, 0)), "It has an unknown first main mode offer."),
    "random function": (
        main_mode_with(offers=(mm(random_function=5),)),
        "It has a main mode offer with an unknown random function.",
    ),
    "no main mode offer": (main_mode_with(offers=()), "It has no main mode offer."),
    "main mode without a cipher": (
        main_mode_with(offers=(mm(encryption=0),)),
        "It has a main mode offer with an algorithm or a group that netsh has no word for.",
    ),
    "main mode without a hash": (
        main_mode_with(offers=(mm(integrity=0),)),
        "It has a main mode offer with an algorithm or a group that netsh has no word for.",
    ),
    "main mode without a group": (
        main_mode_with(offers=(mm(group=0),)),
        "It has a main mode offer with an algorithm or a group that netsh has no word for.",
    ),
    "main mode offers alike": (
        main_mode_with(offers=(mm(), mm(encryption=2))),
        "It has main mode offers that are alike.",
    ),
    "master PFS": (
        main_mode_with(master_pfs=2),
        "It has an unknown value for perfect forward secrecy of main mode.",
    ),
    "rule named default": (
        setting("Rule", "ipsecName", "Default"),
        "It has a rule name that netsh cannot be given: expected a name other than default.",
    ),
    "rule name": (
        setting("Rule", "ipsecName", 'a"b'),
        'It has a rule name that netsh cannot be given: expected a text without ".',
    ),
    "rule without an action": (
        setting("Rule", "ipsecNegotiationPolicyReference", None),
        "It has a rule with no filter action.",
    ),
    "rule without a list": (
        setting("Rule", "ipsecFilterReference", None),
        "It has a rule with no filter list.",
    ),
    "no settings": (
        setting("Policy", "ipsecISAKMPReference", None),
        "It has a policy with no main mode settings.",
    ),
    "settings missing": (
        setting("Policy", "ipsecISAKMPReference", "gone"),
        "It refers to a main mode settings that does not exist.",
    ),
    "rule missing": (setting("Policy", "ipsecNFAReference", "gone"), "It refers to a rule that does not exist."),
    "half-written rule": (setting("Rule", "ipsecData", None), "It has no data in its rule 'Rule'."),
    "response in a tunnel": (
        lambda found: change(
            response_rule(found), decode_rule, encode_rule, is_tunnel=1, tunnel_address=IPv4Address("10.0.0.1")
        ),
        "It has a default response rule with a tunnel or for some connections only.",
    ),
    "response for some connections": (
        lambda found: change(response_rule(found), decode_rule, encode_rule, interface_type=0xFFFFFFFE),
        "It has a default response rule with a tunnel or for some connections only.",
    ),
    "response without offers": (response_with(), "It has a default response rule without any offer."),
    "response that falls back": (
        response_with(Offer(algorithms=(esp(3, 2),)), Offer()),
        "It has a default response rule that does more than negotiate.",
    ),
}


@pytest.mark.parametrize("case", POLICY_DAMAGE)
def test_what_cannot_be_said_of_a_policy_is_reported(case: str) -> None:
    damage, reason = POLICY_DAMAGE[case]
    found = image()
    damage(found)
    store = read_store(found.as_keys())
    assert reasons(store) == {(POLICY, "policy"): reason}
    assert store.assigned == "Policy"
    assert store.identity(POLICY, "Policy") == found.path("ipsecPolicy{")[-38:]
    assert store.filter_lists == STORE.filter_lists
    assert store.filter_actions == STORE.filter_actions
    in_use = {(FILTER_LIST, "list"), (FILTER_ACTION, "action")}
    expected = {
        "rule without an action": in_use - {(FILTER_ACTION, "action")},
        "rule without a list": in_use - {(FILTER_LIST, "list")},
        "rule missing": set(),
    }.get(case, in_use)
    assert reachable(store, "Policy") - {(POLICY, "policy")} == expected


LIST_DAMAGE: dict[str, tuple[Callable[[Image], None], str]] = {
    "mask": (
        list_with(destination=1, destination_mask=0xFF00FF00),
        "It has a mask that is not contiguous in filter 1.",
    ),
    "host bits": (
        list_with(destination=0x0A000001, destination_mask=0xFF000000),
        "It has an address with bits beyond its mask in filter 1.",
    ),
    "bits without a mask": (list_with(destination=5), "It has an address with bits beyond its mask in filter 1."),
    "source name": (list_with(source_name="a.example"), "It has a host by its DNS name in filter 1."),
    "destination name": (list_with(destination_name="a.example"), "It has a host by its DNS name in filter 1."),
    "protocol": (list_with(protocol=256), "It has an unknown protocol in filter 1."),
    "tunnel": (list_with(is_tunnel=1), "It has a tunnel in filter 1."),
    "options": (list_with(options=1), "It has unknown options in filter 1."),
    "mirrored": (list_with(mirrored=2), "It has an unknown value for mirroring in filter 1."),
    "special": (list_with(special=5), "It has an unknown kind of server in filter 1."),
    "role without me": (
        list_with(special=0x81, source=0x0A000000, source_mask=0xFF000000),
        "It has a kind of server whose other side is not the host itself in filter 1.",
    ),
    "source port": (list_with(protocol=1, source_port=5), "It has a port without TCP or UDP in filter 1."),
    "destination port": (list_with(destination_port=5), "It has a port without TCP or UDP in filter 1."),
    "me twice": (list_with(destination_mask=0xFFFFFFFF), "It has the host itself on both sides of filter 1."),
    "port range": (
        range_with(protocol=6, source_ports=PortData(kind=2, first=1, last=9)),
        "It has a range of ports in filter 1.",
    ),
    "flags": (range_with(flags=1), "It has unknown flags in filter 1."),
    "address type": (
        range_with(destination=AddressData(kind=3, version=1)),
        "It has an unknown form of address in filter 1.",
    ),
    "address family": (
        range_with(destination=AddressData(kind=1, version=3)),
        "It has an unknown form of address in filter 1.",
    ),
    "two families": (
        range_with(source=AddressData(kind=0, version=1)),
        "It has two families of addresses in filter 1.",
    ),
    "IPv6 words": (
        range_with(destination=AddressData(kind=0, version=2)),
        "It has words for IPv6 addresses only in filter 1.",
    ),
    "backward range": (
        range_with(destination=AddressData(kind=2, version=1, first=b"\2" * 16, second=b"\1" * 16)),
        "It has a range of addresses that runs backwards in filter 1.",
    ),
    "prefix": (
        range_with(destination=AddressData(kind=4, version=2, first=b"\1" * 16, second=b"\x08" * 16)),
        "It has an address with bits beyond its prefix, or no prefix, in filter 1.",
    ),
    "no host": (range_with(destination=AddressData(kind=1, version=1)), "It has the address of no host in filter 1."),
    "no name": (setting("List", "ipsecName", ""), "It has no name."),
    "name": (
        setting("List", "ipsecName", "100%"),
        "It has a name that netsh cannot be given: expected a text without %.",
    ),
    "half written": (setting("List", "ipsecData", None), "It has no data in its filter list 'List'."),
}


def check_part(kind: str, damage: Callable[[Image], None], reason: str) -> Store:
    """Damage a filter list or a filter action: it is reported, and the policy that uses it is as it was."""
    found = image()
    damage(found)
    store = read_store(found.as_keys())
    told = reasons(store)
    (key,) = (each for each in told if each[0] == kind)
    assert told.pop(key) == reason
    # A rule cannot be told the name of what it uses either.
    assert all("which netsh cannot be told by name" in other for other in told.values())
    assert bool(told) == ("name" in reason.replace("DNS name", ""))
    assert store.assigned == "Policy"
    (policy,) = store.policies
    assert reachable(store, "Policy") == {(POLICY, "policy"), key} | uses(STORE.policies[0]) - {(kind, kind[7:])}
    assert len(policy.rules) == 1
    return store


@pytest.mark.parametrize("case", LIST_DAMAGE)
def test_a_filter_list_that_cannot_be_told_is_reported(case: str) -> None:
    store = check_part(FILTER_LIST, *LIST_DAMAGE[case])
    assert store.filter_actions == STORE.filter_actions


ACTION_DAMAGE: dict[str, tuple[Callable[[Image], None], str]] = {
    "operation": (
        action_with(Offer(algorithms=(Algorithm(operation=3, algorithm=1),))),
        "It has an offer with an operation other than AH and ESP.",
    ),
    "twice ESP": (
        action_with(Offer(algorithms=(esp(3, 2), esp(2, 1)))),
        "It has an offer that applies AH or ESP twice.",
    ),
    "hash": (
        action_with(Offer(algorithms=(Algorithm(operation=1, algorithm=3),))),
        "It has an AH offer with an unknown hash.",
    ),
    "cipher": (action_with(Offer(algorithms=(esp(4, 2),))), "It has an ESP offer with an unknown algorithm."),
    "ESP hash": (action_with(Offer(algorithms=(esp(3, 3),))), "It has an ESP offer with an unknown algorithm."),
    "nothing": (
        action_with(Offer(algorithms=(esp(1, 0),))),
        "It has an ESP offer that neither encrypts nor authenticates.",
    ),
    "flags": (action_with(Offer(algorithms=(esp(3, 2),), flags=1)), "It has an offer with unknown flags."),
    "pfs": (
        action_with(Offer(algorithms=(esp(3, 2),), pfs=2)),
        "It has an unknown value for perfect forward secrecy.",
    ),
    "alike": (
        action_with(Offer(algorithms=(esp(3, 2),)), Offer(algorithms=(esp(3, 2),))),
        "It has offers that are alike.",
    ),
    "no offer": (action_with(Offer()), "It negotiates without any offer."),
    "action": (setting("Action", "ipsecNegotiationPolicyAction", "{x}"), "It has an unknown action."),
    "type": (
        setting("Action", "ipsecNegotiationPolicyType", "{62F49E13-6C37-11D1-864C-14A300000000}"),
        "It has a type that only the action of a default response rule has, or an unknown one.",
    ),
    "no name": (setting("Action", "ipsecName", None), "It has no name."),
}


@pytest.mark.parametrize("case", ACTION_DAMAGE)
def test_a_filter_action_that_cannot_be_told_is_reported(case: str) -> None:
    store = check_part(FILTER_ACTION, *ACTION_DAMAGE[case])
    assert store.filter_lists == STORE.filter_lists
