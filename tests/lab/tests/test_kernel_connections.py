# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connection security rules as policies of the kernel and connections of an IKE daemon."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest

from winlab import Host, services
from winlab.dataplane.inforce import in_force
from winlab.ipsec.algorithms import NewCipher, NewHash
from winlab.ipsec.connection import KeyModule
from winlab.kernel.authorities import Authorities
from winlab.kernel.enforce import Enforcement, speak_version_2, translate
from winlab.kernel.standing import read_standing
from winlab.testing.connections import GCM, KEY, in_connections, type_in
from winlab.testing.pair import BE, FE
from winlab.testing.policies import in_policy, machine

REQUIRE = f"action=requireinrequireout endpoint2={BE}"
CERTIFICATE = 'auth1=computercert auth1ca="CN=A"'
MODERN = "mainmode add rule name=m mmsecmethods=ecdhp384:aes256-sha384"


def host(*rules: str, version: str = "2016") -> Host:
    return in_connections(Host.create("fe", version, addresses=[FE]), *rules)


def enforced(one: Host, **more: Any) -> Enforcement:
    state = in_force(one)
    return translate(state, identities=Authorities().identities("fe", state), **more)


def lines(found: Enforcement) -> list[str]:
    return [each.words().removeprefix("xfrm policy add ") for each in found.policies.policies]


def template(way: str, level: str, ends: str = f"src {FE}/32 dst {BE}/32", priority: int = 10_000) -> str:
    return f"{ends} dir {way} priority {priority} action allow tmpl proto esp reqid 1 mode transport level {level}"


BACK = f"src {BE}/32 dst {FE}/32"


@pytest.mark.parametrize(
    ("action", "out", "into"),
    [
        ("requireinrequireout", "required", "required"),
        ("requireinrequestout", "use", "required"),
        ("requestinrequestout", "use", "use"),
    ],
)
def test_what_is_requested_may_be_missing(action: str, out: str, into: str) -> None:
    one = host(f"action={action} endpoint2={BE} {KEY} {GCM}")
    type_in(one, "set global ipsec defaultexemptions none")
    assert lines(enforced(one)) == [template("out", out), template("in", into, BACK, 10_010)]


def test_exemptions_and_their_order() -> None:
    one = host(f"{REQUIRE} {KEY}", f"action=noauthentication endpoint2={BE} protocol=tcp port1=5985")
    found = lines(enforced(one))
    assert found[0].endswith("priority 1000 action allow")
    assert f"{BACK} proto 6 dport 5985 dir in priority 10010 action allow" in found
    assert template("in", "required", BACK, 10_030) in found


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (f"{REQUIRE} mode=tunnel endpoint1={FE} localtunnelendpoint={FE} remotetunnelendpoint={BE}", "tunnels"),
        (f"action=requireinrequireout endpoint2=2001:db8::1 {KEY}", "IPv6"),
        ("action=noauthentication protocol=tcp port1=1-1000", "1000 ports"),
        (f"{REQUIRE} {KEY} qmsecmethods=ah:sha1+esp:sha1-aes128", "nothing that can be made"),
        (f"{REQUIRE} auth1=computerkerb auth2=userkerb", "a second authentication"),
        (f"{REQUIRE} auth1=computerntlm", "authentication by NTLM"),
        (f"{REQUIRE} auth1=computercertecdsap256 auth1ecdsap256ca=CN=A", "no certificate of CN=A ECDSA256"),
    ],
)
def test_refused(rule: str, text: str) -> None:
    assert text in "; ".join(enforced(host(rule)).refused)


def test_a_host_with_both_engines_is_refused() -> None:
    one = in_policy(machine("fe", FE), (f"me {BE}", "action=permit"))
    in_connections(one, f"{REQUIRE} {KEY}")
    assert "beside a policy of the policy store" in "; ".join(enforced(one).refused)


def test_a_key() -> None:
    one = host(f"{REQUIRE} {KEY} {GCM},esp:sha256-aes128 qmpfs=ecdhp256 protocol=tcp port2=80")
    type_in(one, MODERN)
    keying = enforced(one).keying
    (connection,) = keying.connections.values()
    assert (connection["version"], connection["proposals"]) == ("1", ["aes256-sha384-ecp384"])
    (child,) = connection["children"].values()
    assert child["esp_proposals"] == ["aes256gcm16-ecp256", "aes128-sha256-ecp256"]
    assert (child["remote_ts"], child["start_action"]) == ([f"{BE}/32[6/80]"], "trap")
    assert keying.secrets == ({"command": "load-shared", "type": "IKE", "data": "Secret-1", "owners": [BE]},)
    assert "Secret-1" not in repr(keying)


@pytest.mark.parametrize(
    ("version", "peer", "spoken", "asking"),
    [("2016", "2025", ["1"], "1"), ("2025", "2016", ["1", "2"], "1"), ("2025", "2025", ["1", "2"], "2")],
)
def test_certificates_and_versions_of_ike(version: str, peer: str, spoken: list[str], asking: str) -> None:
    other = Host.create("be", peer, addresses=[BE])
    found = enforced(host(f"{REQUIRE} {CERTIFICATE} {GCM}", version=version), version_2=speak_version_2([other]))
    connections = list(found.keying.connections.values())
    assert [each["version"] for each in connections] == spoken
    asked = [
        each["version"]
        for each in connections
        if any(child["start_action"] == "trap" for child in each["children"].values())
    ]
    assert asked == [asking]


def test_offers() -> None:
    methods = "esp:sha1-none,esp:aesgmac256-none,esp:sha256-3des,ah:sha256"
    one = host(f"{REQUIRE} {KEY} qmsecmethods={methods}")
    found = enforced(one)
    (connection,) = found.keying.connections.values()
    (child,) = connection["children"].values()
    assert child["esp_proposals"] == ["null-sha1", "aes256gmac", "3des-sha256"]
    assert "its offers of AH are not made" in "; ".join(found.notes)


def test_kerberos_is_stood_in_for() -> None:
    found = enforced(host(f"{REQUIRE} auth1=computerkerb"))
    assert list(found.keying.connections) == ["kerberos1"]
    assert "stands in for AuthIP" in "; ".join(found.notes)


def test_without_keying_nobody_asks() -> None:
    one = host(f"{REQUIRE} {KEY}")
    services.stop(one, "IKEEXT")
    found = enforced(one)
    assert not found.keying.connections
    assert lines(found)


def test_what_stands() -> None:
    one = host(f"{REQUIRE} {CERTIFICATE} {GCM}", version="2025")
    state = in_force(one)
    policies = enforced(one).policies
    child = {
        "name": "t1",
        "reqid": "1",
        "state": "INSTALLED",
        "protocol": "ESP",
        "encr-alg": "AES_GCM_16",
        "encr-keysize": "256",
        "local-ts": [f"{FE}/32"],
        "remote-ts": [f"{BE}/32"],
        "spi-in": "c1",
        "spi-out": "c2",
    }
    told = {
        "certificate2": {
            "version": "2",
            "state": "ESTABLISHED",
            "initiator-spi": "ab",
            "local-host": FE,
            "remote-host": BE,
            "encr-alg": "AES_CBC",
            "encr-keysize": "256",
            "integ-alg": "HMAC_SHA2_384_192",
            "prf-alg": "PRF_HMAC_SHA2_384",
            "dh-group": "ECP_384",
            "child-sas": {"t1-1": child},
        }
    }
    standing = read_standing([told], [], state, policies, 3600)
    (main,) = standing.main_mode
    assert (main.module, main.peer) == (KeyModule.IKE_V2, ip_address(BE))
    assert (main.method.cipher, main.method.hash, main.method.group) == (NewCipher.AES_256, NewHash.SHA384, 20)
    assert [str(each.protection) for each in standing.quick_mode] == ["ESP[AES-GCM-256]"] * 2
    assert standing.quick_mode[0].rule == state.connections.rules[0]
    child.update({"encr-alg": "NULL_AES_GMAC", "encr-keysize": "128"})
    (quick, _other) = read_standing([told], [], state, policies, 3600).quick_mode
    assert str(quick.protection) == "ESP[None,AES-GMAC-128]"
