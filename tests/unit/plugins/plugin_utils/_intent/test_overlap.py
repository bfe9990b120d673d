# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host has for one peer in between: the old in front, and nothing that was protected begins to give way."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.secret import Secret
from ansible_collections.winsec.ipsec.plugins.plugin_utils._intent.bindings import OTHER_KEY, Binding
from ansible_collections.winsec.ipsec.plugins.plugin_utils._intent.overlap import (
    Around,
    Naming,
    accepting,
    both_main_modes,
    both_methods,
    both_suites,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import (
    Certificate,
    Filter,
    FilterAction,
    Kerberos,
    MainModeMethod,
    PresharedKey,
    QuickModeMethod,
    Rule,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.words import (
    ActionKind,
    DhGroup,
    Encryption,
    Integrity,
)

SHA1 = QuickModeMethod(esp_encryption=Encryption.TRIPLE_DES, esp_integrity=Integrity.SHA1)
MD5 = replace(SHA1, esp_integrity=Integrity.MD5)
AH = QuickModeMethod(ah_integrity=Integrity.SHA1)
REQUIRE = FilterAction(name="Require", methods=(SHA1,))
NAMING = Naming(lambda action: replace(action, name="soft"), lambda action: replace(action, name="mixed"))
PEER = ip_network("10.0.1.1/32")
RULE = Rule(name="R", filter_list="L", filter_action="A")
CERTIFICATE = Certificate("CN=A")
ALONE = Around()


def binding(port: int = 1433, action: FilterAction = REQUIRE, rule: Rule = RULE) -> Binding:
    return Binding("sql1", Filter(destination=PEER, protocol=6, destination_port=port), rule, action)


def found(before: list[Binding], after: list[Binding], around: Around = ALONE) -> dict[int, FilterAction]:
    return {one.filter.destination_port: one.action for one in accepting(before, after, NAMING, around)}


def test_a_narrow_filter_that_a_wide_one_follows_goes_on_insisting() -> None:
    assert found([binding()], [binding(port=0)])[1433] == REQUIRE


def test_a_filter_that_nothing_follows_gives_way() -> None:
    action = found([binding(), binding(port=80)], [binding()])[80]
    assert (action.name, action.accept_unsecured, action.fallback_to_clear) == ("soft", True, True)


def test_a_wide_filter_of_nobody_alone_decided_before() -> None:
    everybody = replace(binding(port=0), peer="", filter=Filter(protocol=6))
    assert found([], [binding()], Around(beside=[everybody]))[1433] == REQUIRE
    assert found([], [binding()])[1433].fallback_to_clear


def test_what_was_blocked_stays_blocked_until_both_are_there() -> None:
    block = FilterAction(name="Block", action=ActionKind.BLOCK)
    assert found([binding(action=block)], [binding()])[1433] == block


def test_a_peer_that_asks_already_is_answered_with_its_methods() -> None:
    theirs = binding(rule=replace(RULE, authentication=(CERTIFICATE,)), action=replace(REQUIRE, methods=(AH,)))
    (one,) = accepting([], [binding()], NAMING, Around(theirs=[theirs]))
    assert one.rule.authentication == (CERTIFICATE, Kerberos())
    assert one.action.methods == (AH, SHA1)


def test_methods_one_key_and_the_old_in_front() -> None:
    key, other = PresharedKey(Secret("one")), PresharedKey(Secret("two"))
    assert both_methods([Kerberos()], [CERTIFICATE]) == (Kerberos(), CERTIFICATE)
    assert both_methods([Kerberos(), CERTIFICATE], [CERTIFICATE]) == (Kerberos(), CERTIFICATE)
    assert both_methods([PresharedKey()], [key]) == (key,)
    assert both_methods([OTHER_KEY], [key, Kerberos()]) == (OTHER_KEY, Kerberos())
    assert both_methods([key], [other]) == (key,)


def test_suites_take_new_lifetimes_at_once() -> None:
    longer = replace(SHA1, lifetime_seconds=7200)
    assert both_suites([SHA1, MD5], [AH, longer]) == (longer, MD5, AH)


def test_a_weak_offer_that_both_lists_share_is_not_what_they_meet_at() -> None:
    """Generated deployment 1549: of 1024 and 768, and of 2048 and 768, 768 would be the first in common."""
    low, medium, high = (MainModeMethod(dh_group=group) for group in DhGroup)
    assert both_main_modes([medium], [high]) == (medium, high)
    assert both_main_modes([medium, low], [high, low]) == (high, medium, low)
