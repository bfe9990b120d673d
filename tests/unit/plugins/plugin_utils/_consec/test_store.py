# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A store as a whole: rules with their sets, redirects of group policies, what is no rule and no set."""

from __future__ import annotations

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.document import unmanaged, write_document
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.kinds import Kind
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.model import Opaque
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.store import read_store
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.registry.keys import Keys, Value
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._consec.stores import (
    FIRST_ID,
    FIRST_SET,
    PRIMARY_FIRST,
    PRIMARY_QUICK,
    QUICK_ID,
    QUICK_SET,
    ROOT,
    RULE,
    RULE_ID,
    SERVER_2016,
    WHOLE,
    keys_of,
    store_of,
    told,
)


def test_a_whole_store() -> None:
    store = store_of(WHOLE)
    (rule,), (main,) = store.rules, store.main_mode_rules
    assert (rule.id, main.id) == (RULE_ID, RULE_ID)
    assert (rule.doubts, main.doubts, store.opaque) == ((), (), ())
    assert [(each.kind, each.doubts) for each in store.sets] == [
        (Kind.FIRST, ()),
        (Kind.QUICK_MODE, ()),
        (Kind.MAIN_MODE, ()),
    ]
    document = write_document(store)
    assert [each["method"] for each in document["sets"]["first_authentication"][0]["suites"]] == [
        "computercert",
        "computerkerb",
    ]
    assert document["defaults"]["quick_mode"] is None
    assert list(unmanaged(store, "local")) == []


def test_no_key_is_an_empty_store() -> None:
    assert write_document(read_store(None, ROOT, SERVER_2016)) == write_document(store_of({}))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "does not begin"),
        ("Action=Secure|", "does not begin"),
        ("v2.26|Action=Secure", "end with a bar"),
        ("v2.26|Action|", "between two bars"),
    ],
)
def test_a_damaged_rule_is_kept_out(text: str, reason: str) -> None:
    (found,) = store_of({"ConSecRules": {RULE_ID: text}}).opaque
    assert (found.kind, found.id) == (Kind.RULE, RULE_ID)
    assert reason in found.reason


def test_a_rule_of_another_type_is_kept_out() -> None:
    keys = Keys({rf"{ROOT}\ConSecRules": {"a": Value("REG_DWORD", 1), "b": Value("REG_EXPAND_SZ", RULE)}})
    assert [each.id for each in read_store(keys, ROOT, SERVER_2016).opaque] == ["a", "b"]


def test_a_set_that_is_not_there_and_one_in_doubt() -> None:
    (rule,) = store_of({"ConSecRules": {RULE_ID: RULE}}).rules
    assert told(rule.doubts) == [("first_authentication", False), ("quick_mode", False)]
    doubtful = {**QUICK_SET, rf"Phase2CryptoSets\{QUICK_ID}": {"Version": "2.26", "PFS": "New"}}
    (rule,) = store_of({"ConSecRules": {RULE_ID: RULE}, **FIRST_SET, **doubtful}).rules
    assert told(rule.doubts) == [("quick_mode", False)]


def test_names_of_several_rules() -> None:
    store = store_of({**WHOLE, "ConSecRules": {"a": RULE, "b": RULE.replace("web-backend", "WEB-backend")}})
    assert [told(each.doubts) for each in store.rules] == [[("name", True)]] * 2


def test_a_primary_set_in_the_local_form() -> None:
    parts = {name.replace(QUICK_ID, PRIMARY_QUICK): values for name, values in QUICK_SET.items()}
    document = write_document(store_of(parts))
    assert document["defaults"]["quick_mode"]["id"] == PRIMARY_QUICK
    assert document["sets"]["quick_mode"] == []


def test_a_primary_set_behind_the_redirect_of_a_group_policy() -> None:
    redirect = {"Phase1AuthenticationSets": {PRIMARY_FIRST: FIRST_ID.lower()}}
    store = store_of({**redirect, **FIRST_SET})
    assert write_document(store)["defaults"]["first_authentication"]["id"] == FIRST_ID
    assert store.opaque == ()
    (lost,) = store_of(redirect).opaque
    assert lost == Opaque(Kind.FIRST, PRIMARY_FIRST, "it does not name one set of the store")


@pytest.mark.parametrize("place", ["Phase2CryptoSet", "PHASE2CRYPTOSETS"])
def test_either_spelling_of_the_key(place: str) -> None:
    parts = {name.replace("Phase2CryptoSets", place): values for name, values in QUICK_SET.items()}
    assert [each.id for each in store_of(parts).sets] == [QUICK_ID]


def test_other_keys_are_not_ours() -> None:
    store = store_of({"FirewallRules": {"a": "v2.30|Action=Allow|"}, r"ConSecRules\Deeper": {"b": RULE}, "Odd": {}})
    assert (store.rules, store.sets) == ((), ())


def test_settings() -> None:
    values = {
        "SAIdlTime": Value("REG_DWORD", 600),
        "IPsecExempt": Value("REG_DWORD", 9),
        "IPsecThroughNAT": Value("REG_DWORD", 1),
        "StrongCRLCheck": Value("REG_DWORD", 7),
        "PresharedKeyEncoding": Value("REG_DWORD", 1),
        "IPsecTransportRemoteUserAuthorizationList": Value("REG_DWORD", 1),
    }
    found = read_store(Keys({ROOT: values}), ROOT, SERVER_2016).settings
    assert (found.idle_seconds, found.exemptions, found.through_nat) == (
        600,
        ("neighbordiscovery", "dhcp"),
        "serverbehindnat",
    )
    assert (found.crl_check, found.key_in_utf8, found.packet_queue) == (None, True, None)
    assert told(found.doubts) == [("crl_check", False), ("transport_users", False)]


def test_every_kind_of_object_is_listed_with_its_reasons() -> None:
    keys = keys_of({**WHOLE, "MainModeRules": {"m": "v2.26|Name=m|New=1|"}, "ConSecRules": {"r": "v2.26|", "d": ""}})
    both = Keys({**{path: dict(key.values) for path, key in keys.items()}, ROOT: {"SAIdlTime": Value("REG_SZ", "1")}})
    found = list(unmanaged(read_store(both, ROOT, SERVER_2016), "local"))
    assert [(each["kind"], each["name"], each["known"]) for each in found] == [
        ("rules", "", False),
        ("main_mode_rules", "m", False),
        ("settings", "", False),
        ("rules", "", False),
    ]
    assert all(each["store"] == "local" and each["reasons"] for each in found)
