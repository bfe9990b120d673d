# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sets from their values: words, older and newer forms, certificates, and keys that nobody sees."""

from __future__ import annotations

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.secret import Secret
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.document import unmanaged, write_document
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.model import (
    AuthenticationSuite,
    MainModeSuite,
    QuickModeSuite,
    SuiteSet,
)
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._consec.stores import (
    FIRST_ID,
    MAIN_SET,
    QUICK_SET,
    RULE,
    RULE_ID,
    Texts,
    store_of,
    told,
)

LIFETIME = {"TimeOutMinutes": "60", "TimeOutKbytes": "100000"}
CANARY = "canary-7f3a9zq"


def authentication(*suites: Texts, kind: str = "Phase1AuthenticationSets") -> SuiteSet:
    keys = {rf"{kind}\x\{index:04}": values for index, values in enumerate(suites)}
    (found,) = store_of({rf"{kind}\x": {"Version": "2.26"}, **keys}).sets
    return found


def quick_mode(*suites: Texts, **header: str) -> SuiteSet:
    keys = {rf"Phase2CryptoSets\x\{index:04}": {**LIFETIME, **values} for index, values in enumerate(suites)}
    (found,) = store_of({r"Phase2CryptoSets\x": {"PFS": "Disable", **header}, **keys}).sets
    return found


def main_mode(**suite: str) -> SuiteSet:
    header = {"TimeOutMinutes": "480", "TimeOutSessions": "0"}
    (found,) = store_of({r"Phase1CryptoSet\x": header, r"Phase1CryptoSet\x\0000": suite}).sets
    return found


def test_quick_mode() -> None:
    (found,) = store_of(QUICK_SET).sets
    assert (found.perfect_forward_secrecy, found.doubts) == ("ecdhp384", ())
    first, second = found.suites or ()
    assert first == QuickModeSuite(
        protocol="esp",
        ah_integrity="none",
        esp_integrity="aesgcm256",
        esp_encryption="aesgcm256",
        lifetime_minutes=60,
        lifetime_kilobytes=100000,
    )
    assert isinstance(second, QuickModeSuite)
    assert (second.esp_integrity, second.esp_encryption) == ("sha256", "aes256")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"Protocol": "ESP", "EspHash": "SHA1"}, ("esp", "none", "sha1", "none")),
        ({"Protocol": "ESP", "2_1EspHash": "AES-GCM256"}, ("esp", "none", "aesgmac256", "none")),
        ({"Protocol": "AH", "AhHash": "SHA1"}, ("ah", "sha1", "none", "none")),
        (
            {
                "Protocol": "AH&ESP",
                "2_1AhHash": "AES-GCM256",
                "2_1Encryption": "AES-GCM256",
                "2_1EspHash": "AES-GCM256",
            },
            ("ah+esp", "aesgmac256", "aesgcm256", "aesgcm256"),
        ),
        ({"2_9Protocol": "AUTH_NO_ENCAP", "AhHash": "SHA1"}, ("authnoencap", "sha1", "none", "none")),
    ],
)
def test_intents(values: Texts, words: tuple[str, ...]) -> None:
    found = quick_mode(values)
    ((suite),) = found.suites or ()
    assert isinstance(suite, QuickModeSuite)
    assert (suite.protocol, suite.ah_integrity, suite.esp_integrity, suite.esp_encryption) == words
    assert found.doubts == ()


@pytest.mark.parametrize(
    ("values", "option"),
    [
        ({"Protocol": "ESP"}, "suites[0].protocol"),
        ({"Protocol": "ESP", "EspHash": "SHA512"}, "suites[0].esp_integrity"),
        ({"Protocol": "ESP", "EspHash": "SHA1", "2_1EspHash": "SHA256"}, "suites[0].esp_integrity"),
        ({"Protocol": "ESP", "EspHash": "SHA1", "2_1Encryption": "AES-GCM128"}, "suites[0].protocol"),
        ({"Protocol": "AH", "EspHash": "SHA1"}, "suites[0].protocol"),
        ({"EspHash": "SHA1"}, "suites[0].protocol"),
        ({"Protocol": "ESP", "EspHash": "SHA1", "TimeOutMinutes": "x"}, "suites[0].lifetime_minutes"),
        ({"Protocol": "ESP", "EspHash": "SHA1", "3_0EspHash": "SHA3"}, "suites[0]"),
        ({"Protocol": "ESP", "EspHash": "SHA1", "SkipVersion": "x"}, "suites[0]"),
    ],
)
def test_quick_mode_in_doubt(values: Texts, option: str) -> None:
    assert told(quick_mode(values).doubts) == [(option, False)]


@pytest.mark.parametrize(
    ("header", "known"),
    [({"2_16PFS": "Disable"}, "none"), ({"2_16PFS": "ReKeyDH24"}, None), ({"PFS": "ReKeyDH24"}, None)],
)
def test_the_older_and_the_newer_form_beside_each_other(header: dict[str, str], known: str | None) -> None:
    found = quick_mode({"Protocol": "ESP", "EspHash": "SHA1"}, **header)
    assert found.perfect_forward_secrecy == known
    assert told(found.doubts) == ([] if known else [("perfect_forward_secrecy", False)])


def test_main_mode() -> None:
    (found,) = store_of(MAIN_SET).sets
    assert (found.force_diffie_hellman, found.lifetime_minutes, found.sessions, found.doubts) == (True, 480, 0, ())
    assert found.suites == (MainModeSuite(key_exchange="ecdhp384", encryption="aes256", integrity="sha384"),)
    later = main_mode(**{"2_16KeyExchange": "DH24", "Encryption": "AES-128", "Hash": "SHA1"})
    assert later.doubts == ()
    both = main_mode(**{"KeyExchange": "DH2", "2_16KeyExchange": "DH24", "Encryption": "AES-128", "Hash": "SHA1"})
    assert told(both.doubts) == [("suites[0].key_exchange", False)]
    skipped = main_mode(KeyExchange="DH2", Encryption="AES-128", Hash="SHA1", SkipVersion="2.26")
    assert told(skipped.doubts) == [("suites[0]", True)]


def test_a_set_with_gaps_and_one_without_suites() -> None:
    values = {"Method": "MachineKerb"}
    parts = {r"Phase1AuthenticationSets\x\0000": values, r"Phase1AuthenticationSets\x\0002": values}
    assert told(store_of(parts).sets[0].doubts) == [("suites", False)]
    deeper = {r"Phase1AuthenticationSets\x\0000": values, r"Phase1AuthenticationSets\x\0000\y": values}
    assert told(store_of(deeper).sets[0].doubts) == [("suites", False)]
    assert told(authentication().doubts) == [("suites", False)]
    assert authentication(kind="Phase2AuthenticationSets").doubts == ()


def test_certificates() -> None:
    found = authentication(
        {
            "Method": "MachineCert",
            "CAName": "O=Example, CN=Example Root CA",
            "CertAccountMapping": "TRUE",
            "IntermediateCA": "TRUE",
            "OtherCertSigning": "ECDSA384",
            "SkipVersion": "2.8",
            "CertCriteria": "v2.26|CriteriaType=Validate|NameType=DNS|Name=a.example.org|Eku=1.3.6|Eku=1.3.7|",
        }
    )
    (suite,) = found.suites or ()
    assert isinstance(suite, AuthenticationSuite)
    assert (suite.method, suite.authority, suite.signature) == (
        "computercert",
        "O=Example, CN=Example Root CA",
        "ecdsap384",
    )
    assert (suite.intermediate, suite.certificate_mapping, suite.exclude_ca_name, suite.health) == (
        True,
        True,
        False,
        False,
    )
    assert suite.criteria is not None
    assert (suite.criteria.type, suite.criteria.ekus, suite.criteria.name) == (
        "validate",
        ("1.3.6", "1.3.7"),
        "a.example.org",
    )
    assert told(found.doubts) == [("suites[0].criteria", True)]


@pytest.mark.parametrize(
    "criteria",
    [
        "CriteriaType=Both|",
        "v2.26|Eku=1|",
        "v2.26|CriteriaType=Any|",
        "v2.26|CriteriaType=Both|CriteriaType=Both|",
        "v2.26|CriteriaType=Both|Name=a|",
        "v2.26|CriteriaType=Both|NameType=X|Name=a|",
        "v2.26|CriteriaType=Both|FollowRenewal=YES|",
        "v2.26|CriteriaType=Both|New=1|",
    ],
)
def test_criteria_in_doubt(criteria: str) -> None:
    found = authentication({"Method": "MachineCert", "CAName": "CN=x", "CertCriteria": criteria})
    assert told(found.doubts) == [("suites[0].criteria", False)]


@pytest.mark.parametrize(
    ("values", "option"),
    [
        ({"Method": "UserKerb"}, "suites[0].method"),
        ({}, "suites[0].method"),
        ({"Method": "MachineCert"}, "suites[0].authority"),
        ({"Method": "MachineCert", "CAName": "CN=x", "OtherCertSigning": "DSA"}, "suites[0].signature"),
        ({"Method": "MachineCert", "CAName": "CN=x", "HealthCert": "1"}, "suites[0].health"),
        ({"Method": "MachineKerb", "AllowProxy": "TRUE"}, "suites[0].proxy"),
        ({"Method": "MachineKerb", "CAName": "CN=x"}, "suites[0]"),
        ({"Method": "MachineSHKey"}, "suites[0].method"),
    ],
)
def test_authentication_in_doubt(values: Texts, option: str) -> None:
    assert told(authentication(values).doubts) == [(option, False)]


KEYS_IN_PLACES: list[Texts] = [
    {"Method": "MachineSHKey", "SHKey": CANARY},
    {"Method": "MachineSHKey", "SHKEY": CANARY, "CAName": CANARY},
    {"Method": "MachineKerb", "SHKey": CANARY},
    {"Method": CANARY, "SHKey": CANARY},
    {"Method": "MachineSHKey", "2_33SHKey": CANARY, CANARY: CANARY},
    {"Method": "MachineSHKey", "SHKey": CANARY, "SkipVersion": CANARY},
    {"Method": "MachineKerb", "AllowProxy": CANARY},
    {"Method": "MachineCert", "CAName": "CN=x", "HealthCert": CANARY, "CertCriteria": CANARY},
]


@pytest.mark.parametrize("values", KEYS_IN_PLACES)
def test_no_key_is_shown(values: Texts) -> None:
    store = store_of(
        {
            "ConSecRules": {RULE_ID: RULE},
            rf"Phase1AuthenticationSets\{FIRST_ID}": {"Version": "2.26"},
            rf"Phase1AuthenticationSets\{FIRST_ID}\0000": values,
            "Phase1AuthenticationSets": {CANARY: CANARY},
        }
    )
    shown = repr((store, write_document(store), list(unmanaged(store, "local"))))
    assert "canary" not in shown
    assert "7f3a9zq" not in shown


def test_a_key_is_a_secret() -> None:
    found = authentication({"Method": "MachineSHKey", "SHKey": CANARY})
    (suite,) = found.suites or ()
    assert suite == AuthenticationSuite(method="computerpsk", key=Secret(CANARY))
    assert found.doubts == ()


def test_a_key_excludes_a_second_authentication() -> None:
    second = {r"Phase2AuthenticationSets\two\0000": {"Method": "UserKerb"}}
    first = {rf"Phase1AuthenticationSets\{FIRST_ID}\0000": {"Method": "MachineSHKey", "SHKey": CANARY}}
    (rule,) = store_of({"ConSecRules": {RULE_ID: f"{RULE}Auth2Set=two|"}, **first, **second, **QUICK_SET}).rules
    assert told(rule.doubts) == [("second_authentication", True)]
