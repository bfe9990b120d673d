# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Unmanaged is not opaque: what an odd object means to packets is known, or it is said that it is not."""

from __future__ import annotations

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.secret import Secret
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.filter_action import Offer
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.filter_range import AddressData
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.form import VISTA
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.rule import (
    AuthenticationData,
    decode_rule,
    encode_rule,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.in_force import in_force
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import (
    FILTER_ACTION,
    FILTER_LIST,
    POLICY,
    Filter,
    FilterAction,
    FilterList,
    Policy,
    Rule,
    Store,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.store import read_store
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.words import ActionKind, ConnectionType
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._policies.damage import (
    STORE,
    change,
    esp,
    image,
    list_with,
    range_with,
    reasons,
    response_action,
    response_rule,
    response_with,
    rule_with,
)
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._policies.store.test_unmanaged import (
    ACTION_DAMAGE,
    LIST_DAMAGE,
    POLICY_DAMAGE,
)
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._policies.wire import Image, image_of

# What these mean to packets is known; of all other damage it is not.
SEEN = {
    POLICY: {
        "authority beyond ASCII",
        "authority with an apostrophe",
        "Kerberos twice",
        "lifetime",
        "lifetimes of offers",
        "limits of offers",
        "kilobytes",
        "main mode offers alike",
        "rule named default",
        "rule name",
    },
    FILTER_LIST: {"host bits", "bits without a mask", "me twice", "no name", "name", "prefix"},
    FILTER_ACTION: {"alike", "no name"},
}
DAMAGE = {POLICY: POLICY_DAMAGE, FILTER_LIST: LIST_DAMAGE, FILTER_ACTION: ACTION_DAMAGE}
CASES = [(kind, case) for kind, damage in DAMAGE.items() for case in damage]


@pytest.mark.parametrize(("kind", "case"), CASES)
def test_what_is_known_is_judged_and_what_is_not_is_called_so(kind: str, case: str) -> None:
    found = image()
    DAMAGE[kind][case][0](found)
    store = read_store(found.as_keys())
    key, reason = next((key, reason) for key, reason in reasons(store).items() if key[0] == kind)
    assert store.assigned == "Policy"
    if case in SEEN[kind]:
        assert store.opaque == ()
        judged = in_force(store)
        assert judged is not None
        assert [bound.action.action for bound in judged.rules] == [ActionKind.NEGOTIATE]
        return
    assert [item.key for item in store.opaque] == [key]
    with pytest.raises(IpsecError) as caught:
        in_force(store)
    said = str(caught.value)
    assert "what it does is not known: It " in said
    assert said.endswith(". Check what it does by hand.")
    assert ".." not in said
    # It is said in the words of what is the matter, be it the policy or what it uses.
    assert reason.rstrip(".") in said


def switched_off(found: Image) -> None:
    change(found.key("Rule"), decode_rule, encode_rule, is_active=0)


@pytest.mark.parametrize("case", [case for case in CASES if case[1] not in SEEN[case[0]]], ids=str)
def test_what_is_switched_off_needs_no_judgement(case: tuple[str, str]) -> None:
    kind, name = case
    found = image()
    switched_off(found)
    DAMAGE[kind][name][0](found)
    store = read_store(found.as_keys())
    known = not any(item.kind == POLICY for item in store.opaque)
    # What is not a matter of the rule, or is about whether it is on, or about a rule that is not there, still counts.
    ours = kind != POLICY or name in RULE_IS_OFF
    assert known == ours, store.opaque
    if ours:
        judged = in_force(store)
        assert judged is not None
        assert judged.rules == ()


RULE_IS_OFF = {
    "unknown interface",
    "interface by name",
    "tunnel by name",
    "tunnel to nowhere",
    "tunnel switch",
    "unknown authentication",
    "flags on Kerberos",
    "flags on a key",
    "flags on a certificate",
    "no authentication",
    "sections disagree",
    "rule without an action",
    "rule without a list",
}


def blocking(found: Image) -> None:
    found.key("Action")["ipsecNegotiationPolicyAction"] = ("REG_SZ", "{3f91a819-7647-11d1-864d-d46a00000000}")


def test_authentication_means_nothing_where_nobody_negotiates() -> None:
    for case in ("unknown authentication", "no authentication", "sections disagree"):
        found = image()
        blocking(found)
        POLICY_DAMAGE[case][0](found)
        judged = in_force(read_store(found.as_keys()))
        assert judged is not None
        assert [(bound.action.action, bound.rule.authentication) for bound in judged.rules] == [(ActionKind.BLOCK, ())]


def test_a_default_response_that_is_off_answers_nobody_whatever_else_is_odd() -> None:
    for damage in (response_with(), response_with(Offer(algorithms=(esp(3, 2),)), Offer()), response_cut):
        found = image()
        change(response_rule(found), decode_rule, encode_rule, is_active=0)
        damage(found)
        store = read_store(found.as_keys())
        assert store.unmanaged[POLICY, "policy"].content
        judged = in_force(store)
        assert judged is not None
        assert judged.policy.default_response.enabled is False
        assert len(judged.rules) == 1


def response_cut(found: Image) -> None:
    action = response_action(found)
    action["ipsecData"] = ("REG_BINARY", action["ipsecData"][1][:30])


def test_two_keys_of_which_one_is_used() -> None:
    keys = tuple(AuthenticationData(kind=1, credential=Secret(word)) for word in ("one", "two"))
    for methods, known in ((keys, False), (keys[:1] * 2, True)):
        found = image()
        rule_with(authentication=methods)(found)
        store = read_store(found.as_keys())
        assert reasons(store) == {(POLICY, "policy"): "It has authentication methods that are alike."}
        assert (store.opaque_in_force is None) == known


def test_bits_beyond_a_mask_mean_nothing() -> None:
    for address, mask, meant in (
        (0xC0000204, 0xFFFFFF00, "192.0.2.0/24"),
        (0x00000005, 0xFFFFFF00, "0.0.0.0/24"),
        (0x00000005, 0x00000000, "any"),
    ):
        found = image()
        list_with(destination=address, destination_mask=mask)(found)
        judged = in_force(read_store(found.as_keys()))
        assert judged is not None
        (item,) = judged.rules[0].filters.filters
        assert str(item.destination) == meant
    found = image()
    range_with(destination=AddressData(kind=4, version=2, first=b"\x20\x01" + b"\1" * 14, second=b"\x10" + bytes(15)))(
        found
    )
    judged = in_force(read_store(found.as_keys()))
    assert judged is not None
    (item,) = judged.rules[0].filters.filters
    assert str(item.destination) == "2001::/16"


def snap_in() -> Image:
    """Return a store as the snap-in leaves it: rules without names, one for all connections, one for the LAN."""
    bad, good = (FilterList(name=name, filters=(Filter(source_port=port, protocol=6),)) for name, port in PORTS)
    block, permit = (FilterAction(name=word.title(), action=word) for word in (ActionKind.BLOCK, ActionKind.PERMIT))
    rules = (
        Rule(name="A", filter_list="Bad", filter_action="Block"),
        Rule(name="B", filter_list="Good", filter_action="Permit", connection_type=ConnectionType.LAN),
    )
    store = Store(
        filter_lists=(bad, good),
        filter_actions=(block, permit),
        policies=(Policy(name="Hardening", rules=rules),),
        assigned="Hardening",
    )
    return image_of(store, VISTA)


PORTS = (("Bad", 445), ("Good", 443))


def test_two_rules_without_a_name() -> None:
    found = snap_in()
    for name in "AB":
        del found.key(name)["ipsecName"]
    store = read_store(found.as_keys())
    assert reasons(store) == {}
    assert [(rule.name, rule.filter_list) for rule in store.policies[0].rules] == [("", "Bad"), ("", "Good")]
    judged = in_force(store)
    assert judged is not None
    assert {(bound.rule.filter_list, bound.action.action, bound.rule.connection_type) for bound in judged.rules} == {
        ("Bad", ActionKind.BLOCK, ConnectionType.ALL),
        ("Good", ActionKind.PERMIT, ConnectionType.LAN),
    }


def test_names_that_windows_2000_lent_are_none() -> None:
    """An object without a name got the value that was written just before: an identifier, a type, a reference."""
    found = image()
    settings = found.key("ipsecISAKMPPolicy")
    settings["ipsecName"] = ("REG_SZ", str(settings["ipsecID"][1]).upper())
    action, response = response_action(found), response_rule(found)
    action["ipsecName"] = action["ipsecNegotiationPolicyAction"]
    response["ipsecName"] = response["ipsecNegotiationPolicyReference"]
    rule = found.key("Rule")
    rule["ipsecName"] = rule["ipsecNegotiationPolicyReference"]
    store = read_store(found.as_keys())
    assert reasons(store) == {}
    assert store.policies[0].default_response == STORE.policies[0].default_response
    assert [each.name for each in store.policies[0].rules] == [""]


def test_a_description_of_nuls_is_no_matter() -> None:
    found = image()
    list_with(description="\0" * 8, destination_mask=0xFF000000, destination=0x0A000001)(found)
    judged = in_force(read_store(found.as_keys()))
    assert judged is not None
    assert len(judged.rules[0].filters.filters) == 1
