# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Generated strings and sets: every text survives byte for byte, every one is read, and no key comes out of any."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.secret import Secret
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.document import unmanaged, write_document
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.rules import read_main_mode_rule, read_rule
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.store import read_store
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.registry.keys import Keys, Value
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.rule_string import Damaged, RuleString, decode_rule
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._consec.stores import (
    MAIN_RULE,
    ROOT,
    RULE,
    SERVER_2016,
    SETS,
    store_of,
    told,
)

WORD = st.text(st.characters(exclude_characters="|=", exclude_categories=["Cs"]), max_size=8)
TEXT = st.text(st.characters(exclude_characters="|", exclude_categories=["Cs"]), max_size=12)
ADDRESSES = st.sampled_from(
    ["192.0.2.1", "192.0.2.0/24", "192.0.2.0/255.255.255.0", "192.0.2.1-192.0.2.9", "LocalSubnet", "dns", "fe80::/10"]
)
VALUES = {
    "Action": st.sampled_from(["SecureServer", "Boundary", "Secure", "DoNotSecure"]),
    "Active": st.sampled_from(["TRUE", "FALSE", "true"]),
    "Profile": st.sampled_from(["Domain", "Private", "Public"]),
    "Protocol": st.integers(0, 255).map(str),
    "IFType": st.sampled_from(["Lan", "Wireless", "RemoteAccess"]),
    "KeyMod": st.sampled_from(["KeyModDefault", "IkeV1", "AuthIP", "IkeV2"]),
    "EP1Port2_10": st.just("1-9"),
    **dict.fromkeys(("Name", "Desc", "EmbedCtxt", "Auth1Set", "Auth2Set", "Crypto1Set", "Crypto2Set"), TEXT),
    **dict.fromkeys(("EP1_4", "EP2_4", "EP1_6", "EP2_6", "RTunEndpts4", "RTunEndpts6"), ADDRESSES),
    **dict.fromkeys(("EP1Port", "EP2Port"), st.integers(0, 65535).map(str)),
    **dict.fromkeys(("RTunnel4", "LTunnel4", "RTunnel4_2", "LTunnel4_2", "RTunnel6_2"), ADDRESSES),
    **dict.fromkeys(
        ("SecureInClearOut", "ByPassTunnel", "Authz", "KeyManagerDictate"), st.sampled_from(["TRUE", "FALSE"])
    ),
    **dict.fromkeys(("Platform", "Platform2", "SkipVer", "FwdLifetime", "TransportUserAuthzSDDL", "RTunnelFqdn"), TEXT),
}
KNOWN = st.sampled_from(sorted(VALUES)).flatmap(lambda key: VALUES[key].map(lambda value: (key, value)))
FIELDS = st.lists(st.one_of(KNOWN, KNOWN, st.tuples(WORD, TEXT)), max_size=14)
VERSIONS = st.tuples(st.integers(0, 999), st.integers(0, 999)).map(lambda pair: f"{pair[0]}.{pair[1]:02}")
CANARY = "canary-7f3a9zq"


def joined(version: str, fields: list[tuple[str, str]]) -> str:
    return "|".join([f"v{version}", *(f"{key}={value}" for key, value in fields), ""])


@given(version=VERSIONS, fields=FIELDS)
def test_every_text_of_the_grammar_and_more_survives(version: str, fields: list[tuple[str, str]]) -> None:
    """Unknown fields in every place, any order, any number of times, any version."""
    text = joined(version, fields)
    found = decode_rule(text)
    assert isinstance(found, RuleString)
    assert (found.version, list(found.fields)) == (version, fields)
    assert str(found) == text
    for rule in (read_rule("x", found, SERVER_2016), read_main_mode_rule("x", found, SERVER_2016)):
        assert all(each.reason.isprintable() and len(each.reason) < 250 for each in rule.doubts)
        options = {each.option for each in rule.doubts}
        unknown = {name for name in ("endpoint1", "endpoint2", "profiles", "enabled") if getattr(rule, name) is None}
        assert unknown <= options


@given(text=st.one_of(st.text(), st.text().map(lambda text: f"v2.26|{text}|"), st.text("v2.|=Aa\n", max_size=20)))
def test_a_damaged_text_survives_too(text: str) -> None:
    found = decode_rule(text)
    assert str(found) == text
    assert not isinstance(found, Damaged) or found.reason


@given(at=st.integers(0, 12), key=WORD.filter(str.strip), value=TEXT, text=st.sampled_from([RULE, MAIN_RULE]))
def test_a_field_of_a_later_windows_makes_a_rule_unknown_in_every_place(
    at: int, key: str, value: str, text: str
) -> None:
    version, *fields = text.removesuffix("|").split("|")
    fields.insert(at, f"New{key}={value}")
    found = decode_rule("|".join([version, *fields, ""]))
    assert isinstance(found, RuleString)
    read = read_rule if text is RULE else read_main_mode_rule
    assert told(read("x", found, SERVER_2016).doubts) == [("", False)]


@given(order=st.permutations(RULE.removesuffix("|").split("|")[1:]))
def test_the_order_of_fields_means_nothing(order: list[str]) -> None:
    def read(parts: list[str]) -> Any:
        found = decode_rule("|".join(["v2.26", *parts, ""]))
        assert isinstance(found, RuleString)
        return read_rule("x", found, SERVER_2016)

    found, plain = read(order), read(sorted(order, reverse=True))
    assert {*(found.endpoint2 or ())} == {*(plain.endpoint2 or ())} == {"192.0.2.10", "192.0.2.11"}
    assert (found.action, found.name, found.port1, found.doubts) == (plain.action, plain.name, plain.port1, ())


@given(version=VERSIONS, fields=FIELDS, main=st.booleans())
def test_a_rule_has_its_whole_text(version: str, fields: list[tuple[str, str]], main: bool) -> None:
    text = joined(version, fields)
    place = "MainModeRules" if main else "ConSecRules"
    store = store_of({place: {"{Id}": text}})
    (rule,) = store.main_mode_rules if main else store.rules
    assert (rule.id, str(rule.text)) == ("{Id}", text)


SET_KEYS = st.sampled_from(
    ["Phase1AuthenticationSets", "Phase2AuthenticationSet", "Phase1CryptoSet", "Phase2CryptoSets"]
)
NAMES = st.sampled_from(
    [
        *("Method", "CAName", "SHKey", "CertCriteria", "OtherCertSigning", "AllowProxy", "ProxyServer", "SkipVersion"),
        *(
            "KeyExchange",
            "2_16KeyExchange",
            "Encryption",
            "Hash",
            "2_1Hash",
            "Protocol",
            "2_9Protocol",
            "PFS",
            "2_16PFS",
        ),
        *("2_1Encryption", "AhHash", "EspHash", "2_1EspHash", "TimeOutMinutes", "TimeOutKbytes", "DoNotSkipDH", "Odd"),
    ]
)
WORDS = st.sampled_from(
    [
        *("MachineKerb", "MachineCert", "MachineSHKey", "UserNtlm", "CN=x", "TRUE", "FALSE", "ECDSA256", "2.0", "2.40"),
        *(
            "DH2",
            "DH24",
            "AES-256",
            "AES-GCM256",
            "SHA1",
            "SHA256",
            "ESP",
            "AH&ESP",
            "60",
            "",
            "Disable",
            "v2.26|Eku=1|",
        ),
    ]
)
DATA = st.one_of(WORDS.map(lambda text: Value("REG_SZ", text)), st.just(Value("REG_DWORD", 1)))
STORES = st.dictionaries(
    st.tuples(SET_KEYS, st.sampled_from(["", r"\a", r"\a\0000", r"\a\0001", r"\b\0000", r"\a\0000\x"])).map("".join),
    st.dictionaries(NAMES, DATA, max_size=6),
    max_size=6,
)


@given(parts=STORES)
def test_any_sets_are_read(parts: dict[str, dict[str, Value]]) -> None:
    store = read_store(Keys({rf"{ROOT}\{path}": values for path, values in parts.items()}), ROOT, SERVER_2016)
    json.dumps([write_document(store), list(unmanaged(store, "local"))])
    for each in store.sets:
        options = " ".join(doubt.option for doubt in each.doubts)
        for index, suite in enumerate(each.suites or ()):
            first = suite.__slots__[0]
            assert getattr(suite, first) is not None or f"suites[{index}].{first}" in options


@given(values=st.dictionaries(NAMES, DATA, max_size=8), kind=SET_KEYS)
def test_a_set_has_all_its_values(values: dict[str, Value], kind: str) -> None:
    """Names as they are spelled, types and order; a key is a secret, and nothing of its suite is lost."""
    keys = Keys({rf"{ROOT}\{kind}\Id": {"Name": Value("REG_SZ", "n")}, rf"{ROOT}\{kind}\Id\0000": values})
    (found,) = read_store(keys, ROOT, SERVER_2016).sets
    assert (found.stored.id, [each.name for each in found.stored.header]) == ("Id", ["Name"])
    for _name, suite in found.stored.suites:
        assert [(each.name, each.type) for each in suite] == [(name, value.type) for name, value in values.items()]
        data = [each.data.reveal() if isinstance(each.data, Secret) else each.data for each in suite]
        assert [str(each) for each in data] == [str(value.data) for value in values.values()]
        assert "Auth" not in kind or all(isinstance(each.data, Secret) for each in suite if each.name == "SHKey")


@given(
    parts=STORES,
    name=st.sampled_from(["SHKey", "shkey", "SHKEY", "SHKey ", "2_33SHKey"]),
    key=st.sampled_from([CANARY, f"{CANARY}|x=y", f"v2.26|CriteriaType={CANARY}|", f"{CANARY}\x07é"]),
    place=st.sampled_from([r"\a", r"\a\0000", r"\b\0000", r"\a\0000\x", ""]),
    method=st.sampled_from(["MachineSHKey", "MachineKerb", "MachineCert", "New"]),
)
def test_no_key_comes_out_of_any_set(
    parts: dict[str, dict[str, Value]], name: str, key: str, place: str, method: str
) -> None:
    path = rf"Phase1AuthenticationSets{place}"
    planted = {**parts.get(path, {}), "Method": Value("REG_SZ", method), name: Value("REG_SZ", key)}
    keys = Keys({rf"{ROOT}\{each}": values for each, values in {**parts, path: planted}.items()})
    store = read_store(keys, ROOT, SERVER_2016)
    shown = repr((keys, store, write_document(store), list(unmanaged(store, "local"))))
    assert "7f3a9zq" not in shown


@pytest.mark.parametrize("count", [2000])
def test_many_rules_are_read_at_once(count: int) -> None:
    values = {f"id{number}": Value("REG_SZ", RULE.replace("web", f"web{number}")) for number in range(count)}
    store = read_store(Keys({rf"{ROOT}\ConSecRules": values}), ROOT, SERVER_2016)
    assert len(write_document(store)["rules"]) == count
    assert SETS in RULE
