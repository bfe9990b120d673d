# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What connection security rules do to packets: which one decides, what is in force, what two ends agree on."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.check import read_check
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.outcome import Network, Outcome
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.outcome import OutcomeKind as K
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.pair import Pair
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.space import Packet

FE, BE = "10.0.0.10", "10.0.1.20"
GCM = {"suites": [{"esp_encryption": "aesgcm256"}]}
AES = {"suites": [{"esp_encryption": "aes256", "esp_integrity": "sha256"}]}
LEGACY = {"suites": [{"esp_encryption": "3des", "esp_integrity": "sha1"}]}
KEY = {"method": "computerpsk", "preshared_key": "one"}
CERTIFICATE = {"method": "computercert", "authority": "CN=Root"}
KERBEROS = {"method": "computerkerb"}
REQUEST, REQUIRE_IN, REQUIRE, EXEMPT = (
    *("requestinrequestout", "requireinrequestout", "requireinrequireout", "noauthentication"),
)
Data = dict[str, Any]


def rule(action: str, **more: Any) -> Data:
    """Return a rule, with a suite and a method where it protects."""
    usual: Data = {"quick_mode": GCM, "first_authentication": [KERBEROS]} if action != EXEMPT else {}
    return {"name": action, "action": action, **usual, **more}


def host(name: str, *rules: Data, document: Data | None = None, **more: Any) -> Data:
    """Return a host as flow_check gets it."""
    own = {"a": FE, "b": BE}[name]
    return {"name": name, "addresses": [own], "connection_security": {"rules": list(rules), **(document or {})}, **more}


def fate(a: Data, b: Data, *, port: int = 80, protocol: int = 6, ike: bool = True) -> Outcome:
    """Return what becomes of a packet from the one to the other."""
    ends = read_check({"hosts": [a, b]}).hosts
    ports = (50_000, port) if protocol in (6, 17) else (0, 0)
    return Pair(*ends, Network(ike=ike)).fate(Packet(ip_address(FE), ip_address(BE), protocol, *ports))


def test_the_suite_is_told() -> None:
    found = fate(host("a", rule(REQUIRE)), host("b", rule(REQUIRE)))
    assert found.kind is K.ESP
    assert str(found.agreement) == "ESP[aesgcm256], main mode aes128-sha1-dhgroup2, Kerberos, by IKEv1"
    assert found.here.to_data()["action"] == REQUIRE
    assert found.here.word == "Require"


def test_request_begins_in_clear() -> None:
    found = fate(host("a", rule(REQUEST)), host("b", rule(REQUIRE)))
    assert found.kind is K.UPGRADED
    assert "what is sent first goes in clear" in found.why
    assert fate(host("a", rule(REQUIRE)), host("b", rule(REQUEST))).kind is K.ESP
    assert fate(host("a", rule(REQUEST)), host("b")).kind is K.SOFT_CLEAR


@pytest.mark.parametrize(
    ("more", "specific"),
    [
        ({"endpoint2": [BE]}, True),
        ({"endpoint2": ["10.0.1.0/24"]}, True),
        ({"endpoint1": [FE]}, True),
        ({"protocol": "tcp"}, True),
        ({"protocol": "tcp", "port2": [80]}, True),
        ({"endpoint2": ["10.0.1.1-10.0.1.30"]}, True),
        ({}, False),
    ],
)
def test_the_more_specific_rule_wins_and_ties_are_unknown(more: Data, specific: bool) -> None:
    found = fate(host("a", rule(REQUIRE), rule(EXEMPT, **more)), host("b"))
    assert found.kind is (K.PERMIT if specific else K.UNKNOWN)
    if not specific:
        assert "which of the rules" in found.why


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"endpoint1": [FE]}, {"endpoint2": [BE]}),
        ({"endpoint2": ["10.0.1.1-10.0.1.30"]}, {"endpoint2": ["10.0.1.0/24"]}),
        ({"protocol": "tcp", "port1": [50_000]}, {"protocol": "tcp", "port2": [80]}),
    ],
)
def test_what_nobody_has_compared_is_unknown(one: Data, other: Data) -> None:
    a = host("a", rule(REQUIRE, **one), rule(EXEMPT, **other))
    assert fate(a, host("b")).kind is K.UNKNOWN


def test_a_tie_of_rules_that_do_the_same_is_none() -> None:
    same = {**rule(REQUIRE), "name": "the same again"}
    assert fate(host("a", rule(REQUIRE), same), host("b", rule(REQUIRE))).kind is K.ESP


def test_what_comes_to_the_same_is_known_although_the_winner_is_not() -> None:
    either = (rule(REQUIRE, quick_mode=AES), {**rule(REQUIRE, quick_mode=GCM), "name": "other"})
    assert fate(host("a", *either), host("b")).kind is K.NO_ANSWER
    assert fate(host("a", *either), host("b", rule(REQUIRE))).kind is K.UNKNOWN


def test_the_more_specific_rule_wins_over_both_of_a_tie() -> None:
    a = host("a", rule(REQUIRE), rule(REQUEST), rule(EXEMPT, endpoint2=[BE]))
    assert fate(a, host("b")).kind is K.PERMIT


@pytest.mark.parametrize(("profile", "kind"), [("domain", K.NO_ANSWER), ("public", K.CLEAR), (None, K.UNKNOWN)])
def test_the_active_profile_decides(profile: str | None, kind: K) -> None:
    assert fate(host("a", rule(REQUIRE, profiles=["domain"]), profile=profile), host("b")).kind is kind


def test_a_disabled_rule_is_none() -> None:
    assert fate(host("a", rule(REQUIRE, enabled=False)), host("b")).kind is K.CLEAR


def test_exemptions() -> None:
    icmp = {"defaults": {"settings": {"exemptions": ["icmp"]}}}
    assert fate(host("a", rule(REQUIRE)), host("b"), protocol=1).kind is K.NO_ANSWER
    assert fate(host("a", rule(REQUIRE), document=icmp), host("b"), protocol=1).kind is K.CLEAR
    assert fate(host("a", rule(REQUIRE)), host("b"), protocol=17, port=500).kind is K.CLEAR


def test_a_tunnel_is_unknown() -> None:
    tunnel = rule(
        REQUIRE, mode="tunnel", endpoint1=[FE], endpoint2=[BE], local_tunnel_endpoint=FE, remote_tunnel_endpoint=BE
    )
    found = fate(host("a", tunnel), host("b"))
    assert found.kind is K.UNKNOWN
    assert "tunnels are not judged" in found.why
    assert fate(host("a", {**tunnel, "action": "requireinclearout"}), host("b")).kind is K.UNKNOWN


def test_words_stand_for_what_is_said() -> None:
    words = rule(EXEMPT, endpoint2=["dns"])
    assert fate(host("a", rule(REQUIRE), words), host("b")).kind is K.UNKNOWN
    assert fate(host("a", rule(REQUIRE), words, stands_for={"dns": [BE]}), host("b")).kind is K.PERMIT
    assert fate(host("a", rule(REQUIRE), words, stands_for={"dns": ["10.0.0.2"]}), host("b")).kind is K.NO_ANSWER
    subnet = host("a", rule(REQUIRE, endpoint2=["localsubnet"]), stands_for={"localsubnet": ["10.0.0.0/24"]})
    assert fate(subnet, host("b")).kind is K.CLEAR


@pytest.mark.parametrize(
    ("one", "other", "versions", "module"),
    [
        ([KERBEROS], [KERBEROS], ("2022", "2025"), "IKEv1"),
        ([KERBEROS], [KERBEROS], ("2022", "2019"), "AuthIP"),
        ([CERTIFICATE], [CERTIFICATE], ("2025", "2025"), "IKEv2"),
        ([CERTIFICATE], [CERTIFICATE], ("2016", "2025"), "IKEv1"),
        ([KEY], [KEY], ("2016", "2016"), "IKEv1"),
        ([{"method": "computerntlm"}], [{"method": "computerntlm"}], ("2025", "2012"), "AuthIP"),
    ],
)
def test_the_key_module_follows_version_and_authentication(
    one: list[Data], other: list[Data], versions: tuple[str, str], module: str
) -> None:
    a = host("a", rule(REQUIRE, first_authentication=one), version=versions[0])
    b = host("b", rule(REQUIRE, first_authentication=other), version=versions[1])
    found = fate(a, b)
    assert found.kind is K.ESP
    assert found.to_data()["agreement"].endswith(f"by {module}")


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ({"first_authentication": [KERBEROS]}, {"first_authentication": [CERTIFICATE]}, K.AUTH_MISMATCH),
        ({"quick_mode": AES}, {"quick_mode": GCM}, K.QM_PROPOSAL_MISMATCH),
        ({"quick_mode": {**GCM, "perfect_forward_secrecy": "ecdhp384"}}, {}, K.QM_PROPOSAL_MISMATCH),
        ({"second_authentication": [{"method": "userkerb"}]}, {}, K.AUTH_MISMATCH),
    ],
)
def test_what_is_not_in_common(one: Data, other: Data, kind: K) -> None:
    a, b = host("a", rule(REQUIRE, **one)), host("b", rule(REQUIRE, **other))
    assert fate(a, b).kind is kind
    a = host("a", rule(REQUEST, **one))
    assert fate(a, b).kind is kind
    assert fate(a, host("b", rule(REQUEST, **other))).kind is K.SOFT_CLEAR


def test_a_second_authentication_is_told() -> None:
    second = {"second_authentication": [{"method": "userkerb"}]}
    found = fate(host("a", rule(REQUIRE, **second)), host("b", rule(REQUIRE, **second)))
    assert found.to_data()["agreement"].endswith("Kerberos and Kerberos of the user, by AuthIP")


def test_main_mode_rules() -> None:
    strong = {"suites": [{"key_exchange": "ecdhp384", "encryption": "aes256", "integrity": "sha384"}]}
    main = {"main_mode_rules": [{"name": "M", "endpoint2": ["10.0.0.0/8"], "main_mode": strong}]}
    a, b = host("a", rule(REQUIRE), document=main), host("b", rule(REQUIRE))
    assert fate(a, b).kind is K.MM_PROPOSAL_MISMATCH
    found = fate(a, host("b", rule(REQUIRE), document=main))
    assert "main mode aes256-sha384-ecdhp384" in str(found.agreement)


def test_part_of_a_set_is_told_only_where_it_does_not_matter() -> None:
    mixed = [KERBEROS, CERTIFICATE]
    a = host("a", rule(REQUIRE, first_authentication=mixed))
    b = host("b", rule(REQUIRE, first_authentication=mixed))
    found = fate(a, b)
    assert found.kind is K.ESP
    assert "or Kerberos, by IKEv1" in str(found.agreement)
    told = {"defaults": {"settings": {"match_per_key_module": True}}}
    both = [{**one, "connection_security": {**one["connection_security"], **told}} for one in (a, b)]
    assert str(fate(both[0], both[1]).agreement).endswith("certificate of CN=Root, by IKEv2")


def test_lists_of_computers_are_unknown() -> None:
    listed = {"defaults": {"settings": {"transport_computers": "O:LSD:(A;;CC;;;S-1-5-21-1)"}}}
    found = fate(host("a", rule(REQUIRE)), host("b", rule(REQUIRE), document=listed))
    assert found.kind is K.UNKNOWN
    assert "on a list" in found.why
    assert fate(host("a", rule(REQUIRE), document=listed), host("b")).kind is K.NO_ANSWER


def test_authentication_without_encapsulation_is_not_judged() -> None:
    bare = {"suites": [{"protocol": "authnoencap", "esp_integrity": "sha256"}, {"esp_encryption": "aesgcm256"}]}
    a, b = (host(name, rule(REQUIRE, quick_mode=bare)) for name in ("a", "b"))
    assert fate(a, b).kind is K.UNKNOWN
    assert fate(a, host("b", rule(REQUIRE))).kind is K.ESP


POLICY: Data = {
    "filter_lists": [{"name": "L", "filters": [{"source": "me", "destination": FE}]}],
    "filter_actions": [
        {"name": "A", "action": "negotiate", "security_methods": [{"esp_encryption": "3des", "esp_integrity": "sha1"}]}
    ],
    "policies": [
        {
            "name": "P",
            "main_mode": {"security_methods": [{"encryption": "3des", "integrity": "sha1", "dh_group": "1024"}]},
            "rules": [{"name": "R", "filter_list": "L", "filter_action": "A"}],
        }
    ],
    "assigned": "P",
}


@pytest.mark.parametrize("version", ["2003", "2008", "2016", "2025"])
def test_a_mixed_pair_speaks_ikev1_with_what_the_defaults_have(version: str) -> None:
    legacy = {"name": "b", "addresses": [BE], "config": POLICY, "version": version}
    found = fate(host("a", rule(REQUIRE, quick_mode=LEGACY)), legacy)
    assert str(found.agreement) == "ESP[3des,sha1], main mode 3des-sha1-dhgroup2, Kerberos, by IKEv1"
    assert fate(host("a", rule(REQUIRE)), legacy).kind is K.QM_PROPOSAL_MISMATCH
    keyed = rule(REQUIRE, quick_mode=LEGACY, first_authentication=[KEY])
    assert fate(host("a", keyed), legacy).kind is K.AUTH_MISMATCH


def test_both_engines_on_one_host() -> None:
    elsewhere = {**POLICY, "filter_lists": [{"name": "L", "filters": [{"source": "me", "destination": BE}]}]}
    a = host("a", rule(REQUIRE), config=elsewhere)
    with pytest.raises(IpsecError) as refused:
        fate(a, host("b"))
    assert refused.value.path == "hosts[0].connection_security"
    assert "both_engines" in refused.value.remedy
    assert fate({**a, "both_engines": True}, host("b")).kind is K.UNKNOWN
    beside = host("a", rule(REQUIRE, endpoint2=["192.0.2.1"]), config=elsewhere, both_engines=True)
    assert fate(beside, host("b")).kind is K.NO_ANSWER
    block = {**elsewhere, "filter_actions": [{"name": "A", "action": "block"}]}
    assert fate({**a, "config": block, "both_engines": True}, host("b")).kind is K.BLOCKED_HERE
    asleep = host("a", rule(REQUIRE, enabled=False), config=elsewhere)
    assert fate(asleep, host("b")).here.policy == "P"


def findings(a: Data, b: Data) -> list[tuple[str, str]]:
    """Return kind and rule of what is found about two hosts."""
    asked = {"hosts": [a, b], "expect": ["a -> b tcp/80: esp"]}
    return [(one.kind.value, one.rule) for one in read_check(asked).findings()]


def test_findings() -> None:
    assert findings(host("a", rule(REQUIRE)), host("b", rule(REQUIRE))) == []
    assert findings(host("a", rule(REQUIRE), rule(REQUEST)), host("b")) == [("equal_rank_overlap", REQUIRE)]
    hidden = (rule(REQUIRE), rule(REQUEST), rule(EXEMPT, endpoint1=[FE]))
    assert findings(host("a", *hidden), host("b")) == []
    assert findings(host("a", rule(EXEMPT, endpoint2=["dns"])), host("b")) == [("not_known", EXEMPT)]
    bare = {"name": "bare", "action": REQUIRE}
    assert findings(host("a", bare), host("b", bare)) == [("not_encrypted", "bare")]
    assert findings(host("a", rule(REQUIRE)), host("b")) == [("no_answer", REQUIRE)]
