# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host's rules as connections of an IKE daemon, and what the daemon tells as associations of the host."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest

from winlab.dataplane.inforce import in_force
from winlab.host import Host
from winlab.ipsec.associations import Traffic, Way
from winlab.ipsec.protection import Protection
from winlab.kernel.authorities import Authorities
from winlab.kernel.enforce import Enforcement, translate
from winlab.kernel.hostrules import closed
from winlab.kernel.keying import stand_in
from winlab.kernel.policies import compile_policies
from winlab.kernel.standing import read_standing
from winlab.services import stop
from winlab.store.model import AuthType
from winlab.testing.policies import in_policy, machine, type_in

FE, BE = "10.0.0.10", "10.0.1.20"
WEB = f"me {BE} protocol=tcp dstport=80"
ESP = 'qmsec="ESP[3DES,SHA1]:0k/900s"'
REQUIRE, REQUEST = f"action=negotiate {ESP}", f"action=negotiate inpass=yes soft=yes {ESP}"
SECRET = "Secret-of-the-test-1"


def front(*rules: tuple[str, str] | tuple[str, str, str], version: str = "2016", methods: str = "3DES-SHA1-2") -> Host:
    """Return a front-end with a policy in force."""
    return in_policy(machine("fe", FE, version=version), *rules, settings=f'activatedefaultrule=no mmsec="{methods}"')


def enforced(host: Host, **more: Any) -> Enforcement:
    """Return what enforces a host's policy."""
    return translate(in_force(host), **more)


def test_a_key_for_a_pair() -> None:
    """Main mode, quick mode, traffic, and the secret for this peer alone."""
    keying = enforced(front((WEB, REQUIRE, f"kerberos=no psk={SECRET}"), methods="3DES-SHA1-3 DES-MD5-1")).keying
    (name,) = keying.connections
    connection = keying.connections[name]
    assert connection["version"] == "1"
    assert (connection["local_addrs"], connection["remote_addrs"]) == ([FE], [f"{BE}/32"])
    assert connection["proposals"] == ["3des-sha1-modp2048", "des-md5-modp768"]
    assert connection["children"] == {
        "t1": {
            "esp_proposals": ["3des-sha1"],
            "life_time": "900s",
            "rekey_time": "810s",
            "rand_time": "0s",
            "mode": "transport",
            "policies": "no",
            "reqid": "1",
            "local_ts": [f"{FE}/32[6/any]"],
            "remote_ts": [f"{BE}/32[6/80]"],
            "start_action": "trap",
        }
    }
    assert keying.secrets == ({"command": "load-shared", "type": "IKE", "data": SECRET, "owners": [BE]},)
    assert SECRET not in repr(keying)


def test_a_lifetime_in_kilobytes_is_one_too() -> None:
    """New keys are made a little before so many bytes have passed."""
    action = 'action=negotiate qmsec="ESP[3DES,SHA1]:20480k/900s"'
    (connection,) = enforced(front((WEB, action, f"kerberos=no psk={SECRET}"))).keying.connections.values()
    (child,) = connection["children"].values()
    assert (child["life_time"], child["rekey_time"]) == ("900s", "810s")
    assert (child["life_bytes"], child["rekey_bytes"]) == ("20971520", "18874368")


def test_ports_of_one_peer_share_a_connection() -> None:
    """Main mode belongs to a peer: all its filters are looked for there."""
    host = front(
        (WEB, REQUIRE), (f"me {BE} protocol=tcp dstport=143", REQUIRE), (f"me {BE} protocol=tcp dstport=110", REQUEST)
    )
    (connection,) = enforced(host).keying.connections.values()
    assert sorted(connection["children"]) == ["t1", "t2", "t3"]


def test_a_wide_filter_is_known_to_narrow_peers() -> None:
    """A rule for a network answers for a host in it too, but only the network's connection asks."""
    host = front((WEB, REQUIRE), ("me 10.0.1.0 dstmask=24", REQUIRE))
    asked = {
        connection["remote_addrs"][0]: {
            name: (child["remote_ts"][0], child["start_action"]) for name, child in connection["children"].items()
        }
        for connection in enforced(host).keying.connections.values()
    }
    narrow, wide = asked[f"{BE}/32"], asked["10.0.1.0/24"]
    assert set(narrow.values()) == {(f"{BE}/32[6/80]", "trap"), (f"{BE}/32", "none")}
    assert set(wide.values()) == {("10.0.1.0/24", "trap")}


def test_kerberos_has_a_stand_in_and_says_so() -> None:
    """A key of the realm: members have it in common, and nobody takes it for Kerberos."""
    one = enforced(front((WEB, REQUIRE)), realm="lab.example")
    assert one.keying.secrets[0]["data"] == stand_in("LAB.EXAMPLE") != stand_in("OTHER.EXAMPLE")
    assert any("stands in for Kerberos" in each for each in one.notes)


def test_a_second_method_is_accepted_and_not_offered() -> None:
    """The first connection asks, the other only answers; that is said."""
    one = enforced(front((WEB, REQUIRE, f"kerberos=yes psk={SECRET}")))
    starts = [child["start_action"] for each in one.keying.connections.values() for child in each["children"].values()]
    assert starts == ["trap", "none"]
    assert any("first authentication only" in each for each in one.notes)


def test_certificates_come_from_the_lab() -> None:
    """Both ends that name an authority have certificates of the same one; without it the rule is refused."""
    authority = "CN=Root, O=Example"
    host = front((WEB, REQUIRE, f'kerberos=no rootca="{authority}"'))
    assert any(f"no certificate of {authority}" in each for each in enforced(host).refused)
    authorities, state = Authorities(), in_force(host)
    mine, theirs = (authorities.identities(name, state)[authority] for name in ("fe", "be"))
    assert mine.authority == theirs.authority
    assert mine.certificate != theirs.certificate
    (connection,) = enforced(host, identities={authority: mine}).keying.connections.values()
    assert connection["local"]["auth"] == connection["remote"]["auth"] == "pubkey"
    assert "PRIVATE" not in repr(mine)


def test_the_default_response_answers_and_asks_nobody() -> None:
    """On Server 2003 the daemon installs what was negotiated; from Vista on there is nothing."""
    for version, answering in (("2003", True), ("2016", False)):
        host = machine("be", BE, version=version)
        type_in(host, "add policy P activatedefaultrule=yes", "set policy P assign=yes")
        one = enforced(host)
        assert one.policies.policies == ()
        assert bool(one.keying.connections) is answering
        for connection in one.keying.connections.values():
            (child,) = connection["children"].values()
            assert (child["start_action"], child["local_ts"], "policies" in child) == ("none", ["dynamic"], False)


def test_without_the_keying_service_packets_are_held() -> None:
    """The policies stay, nobody asks, and so nobody falls back."""
    host = front((WEB, REQUEST))
    assert enforced(host).soft
    stop(host, "IKEEXT")
    one = enforced(host)
    assert one.policies.policies and not one.keying.connections and not one.soft


def told(**more: object) -> dict[str, Any]:
    """Return what the daemon tells of one main mode with one quick mode, as strongSwan 5.9 told it."""
    child = {
        "name": "t1", "uniqueid": "3", "reqid": "1", "state": "INSTALLED", "mode": "TRANSPORT", "protocol": "ESP",
        "spi-in": "c537f3d8", "spi-out": "cad4c4b9", "encr-alg": "3DES_CBC", "integ-alg": "HMAC_SHA1_96",
        "bytes-in": "212", "packets-in": "6", "bytes-out": "277", "packets-out": "8", "life-time": "880",
        "install-time": "20", "local-ts": [f"{FE}/32[tcp]"], "remote-ts": [f"{BE}/32[tcp/http]"],
    }  # fmt: skip
    main = {
        "uniqueid": "1", "version": "1", "state": "ESTABLISHED", "local-host": FE, "remote-host": BE,
        "initiator": "yes", "initiator-spi": "142f18a4a9c4d3d5", "responder-spi": "0102030405060708",
        "encr-alg": "3DES_CBC", "integ-alg": "HMAC_SHA1_96", "prf-alg": "PRF_HMAC_SHA1", "dh-group": "MODP_1024",
        "established": "21", "child-sas": {"t1-3": {**child, **more}},
    }  # fmt: skip
    return {"kerberos1": main}


def test_what_the_daemon_tells_becomes_associations() -> None:
    """Numbers as in the store, both ways with their counters, times by the host's clock."""
    host = front((WEB, REQUIRE))
    host.clock.set(1_000_000)
    state = in_force(host)
    standing = read_standing([told()], [], state, compile_policies(state), 28800)
    (main,) = standing.main_mode
    assert (main.cookie, main.initiator, main.authentication) == (0x142F18A4A9C4D3D5, True, AuthType.KERBEROS)
    assert (main.method.cipher, main.method.hash, main.method.group) == (3, 2, 2)
    assert (main.created, main.lifetime_seconds, main.rule) == (999_979, 28800, state.rules[0])
    assert {each.way: (each.spi, each.packets, each.bytes) for each in standing.quick_mode} == {
        Way.IN: (0xC537F3D8, 6, 212),
        Way.OUT: (0xCAD4C4B9, 8, 277),
    }
    one = standing.quick_mode[0]
    assert one.traffic == Traffic(ip_address(FE), ip_address(BE), 6, 0, 80)
    assert (one.protection, one.pfs, one.lifetime_seconds) == (Protection(None, 3, 2), False, 900)


@pytest.mark.parametrize(("age", "stands"), [(10.0, True), (300.0, False)])
def test_what_fell_back_is_a_soft_association(age: float, stands: bool) -> None:
    """As long as the kernel's policies for it stand."""
    host = front((WEB, REQUEST))
    state = in_force(host)
    fallen = {"reqid": 1, "local": FE, "peer": BE, "age": age, "held": 3.0}
    soft = read_standing([], [fallen], state, compile_policies(state), 0).soft
    assert [each.traffic for each in soft] == ([Traffic(ip_address(FE), ip_address(BE), 6, 0, 80)] if stands else [])


def test_the_hosts_own_firewall_is_asked_about_every_peer() -> None:
    """What it does not let in is dropped, for the peers that there are."""
    host, peer = machine("be", BE), machine("fe", FE)
    rules = closed(host, {"fe": peer}, [ip_address("10.0.0.250")], [5985, 80])
    assert f"ip saddr {FE} udp dport 500 drop" in rules
    assert f"ip saddr {FE} ip protocol 50 drop" in rules
    assert any(each.startswith("ip saddr 10.0.0.250 tcp dport 80 ") for each in rules)
    assert not any("tcp dport 5985 " in each for each in rules), "management is open"
