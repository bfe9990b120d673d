# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What connection security rules do to packets, between two hosts that have them and with hosts of the policy store."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import pytest

from winlab import Host, services
from winlab.dataplane.hostfirewall import Filtering
from winlab.dataplane.judge import Judgement, weigh
from winlab.dataplane.management import passes
from winlab.dataplane.wire import Wire
from winlab.ipsec.connection import KeyModule
from winlab.ipsec.fate import Fate
from winlab.ipsec.packet import BROADCAST, Network, Packet
from winlab.testing.connections import GCM, KEY, in_connections, type_in
from winlab.testing.pair import BE, FE, HERE, START, THERE, WEB
from winlab.testing.policies import in_policy, machine

REQUEST, REQUIRE_IN = "action=requestinrequestout", "action=requireinrequestout"
REQUIRE, EXEMPT = "action=requireinrequireout", "action=noauthentication"
KERBEROS = "auth1=computerkerb"
CERTIFICATE = 'auth1=computercert auth1ca="CN=A"'
CLOSED = Network(ike=False)


def host(name: str, *rules: str, version: str = "2016") -> Host:
    made = Host.create(name, version, addresses=[FE if name == "fe" else BE])
    made.clock.set(START)
    return in_connections(made, *rules)


def pair(front: str, back: str, *, versions: tuple[str, str] = ("2016", "2016")) -> tuple[Host, Host]:
    return host("fe", front, version=versions[0]), host("be", back, version=versions[1])


def agreed(found: Judgement) -> tuple[str, str, str]:
    """Return module, protection and authentication of what came about."""
    assert found.bargain is not None, found
    agreement = found.bargain.agreement
    return agreement.module, str(agreement.protection), agreement.second


ACTIONS = {"none": "", "exempt": EXEMPT, "request": REQUEST, "require in": REQUIRE_IN, "require": REQUIRE}
# What becomes of a conversation, by the rules of its two ends: c in clear, P protected, U in clear first and then
# protected, X nothing. Columns: none, exempt, request, require in, require.
OPEN = {
    "none": "c c c X X",
    "exempt": "c c c X X",
    "request": "c c U P P",
    "require in": "X X U P P",
    "require": "X X P P P",
}
SILENT = {
    "none": "c c c X X",
    "exempt": "c c c X X",
    "request": "c c c X X",
    "require in": "X X X X X",
    "require": "X X X X X",
}


def letter(found: Judgement) -> str:
    if not (found.delivered and found.replied):
        return "X"
    if found.bargain is None:
        return "c"
    return "U" if found.clear_first[0] else "P"


@pytest.mark.parametrize(("network", "expected"), [(Network(), OPEN), (CLOSED, SILENT)], ids=["open", "closed"])
def test_matrix(network: Network, expected: dict[str, str]) -> None:
    for front, row in expected.items():
        found = []
        for back in ACTIONS:
            rules = [f"{ACTIONS[each]} {KEY if 're' in each else ''}" for each in (front, back)]
            fe, be = (
                host(name, *([rule] if rule.strip() else [])) for name, rule in zip(("fe", "be"), rules, strict=True)
            )
            found.append(letter(weigh(fe, be, WEB, network)))
        assert " ".join(found) == row, front


def test_the_first_packets_of_a_request_go_in_clear() -> None:
    wire = Wire([*pair(f"{REQUEST} {KEY} {GCM}", f"{REQUEST} {KEY} {GCM}")])
    first, second = wire.send(WEB), wire.send(WEB)
    assert (first.fate, first.arrived_in_clear, first.held_seconds) == (Fate.ESP, True, 0.0)
    assert (second.fate, second.arrived_in_clear, second.algorithms) == (Fate.ESP, False, "ESP[AES-GCM-256]")


def test_a_request_upgrades_before_a_receiver_that_requires() -> None:
    delivery = Wire([*pair(f"{REQUEST} {KEY}", f"{REQUIRE} {KEY}")]).send(WEB)
    assert (delivery.fate, delivery.arrived_in_clear) == (Fate.ESP, False)


def test_what_is_secured_is_not_brought_back_to_clear() -> None:
    fe, be = pair(f"{REQUEST} {KEY}", f"{REQUEST} {KEY}")
    wire = Wire([fe, be])
    wire.send(WEB)
    wire.network = CLOSED
    assert wire.send(WEB).fate is Fate.ESP
    wire.network = Network(ike=False, esp=False)
    assert wire.send(WEB).fate is Fate.NO_ANSWER


def test_associations_end_with_their_rule_and_with_the_keying_modules() -> None:
    fe, be = pair(f"{REQUIRE} {KEY}", f"{REQUIRE} {KEY}")
    wire = Wire([fe, be])
    assert wire.send(WEB).fate is Fate.ESP
    services.stop(fe, "PolicyAgent")
    assert len(fe.associations.main_mode) == 1
    type_in(fe, "consec set rule name=C0 new qmsecmethods=esp:sha1-3des")
    assert wire.send(WEB).algorithms == "ESP[3DES,SHA1]"
    services.stop(fe, "IKEEXT")
    assert not fe.associations.main_mode
    assert wire.send(WEB).fate is Fate.NO_ANSWER


def test_keying_that_does_not_run_leaves_a_request_in_clear() -> None:
    fe, be = pair(f"{REQUEST} {KEY}", f"{REQUEST} {KEY}")
    services.stop(fe, "IKEEXT")
    assert weigh(fe, be, WEB).fate is Fate.SOFT_CLEAR


@pytest.mark.parametrize(
    ("front", "back", "fate"),
    [
        (KEY, "auth1=computerpsk auth1psk=other", Fate.AUTH_MISMATCH),
        (KEY, KERBEROS, Fate.AUTH_MISMATCH),
        (CERTIFICATE, 'auth1=computercert auth1ca="CN=B"', Fate.AUTH_MISMATCH),
        (f"{KEY} qmsecmethods=esp:sha256-aes256", f"{KEY} {GCM}", Fate.QM_PROPOSAL_MISMATCH),
        (f"{KEY} {GCM} qmpfs=ecdhp256", f"{KEY} {GCM} qmpfs=ecdhp384", Fate.QM_PROPOSAL_MISMATCH),
        (f"{KEY} {GCM} qmpfs=mainmode", f"{KEY} {GCM}", Fate.QM_PROPOSAL_MISMATCH),
        (f"{KEY} {GCM} qmpfs=mainmode", f"{KEY} {GCM} qmpfs=dhgroup2", Fate.ESP),
        (f"{KERBEROS} auth2=userkerb", KERBEROS, Fate.AUTH_MISMATCH),
        (f"{KERBEROS} auth2=userkerb,anonymous", KERBEROS, Fate.ESP),
        (f"{KERBEROS} auth2=userkerb", f"{KERBEROS} auth2=userntlm,userkerb", Fate.ESP),
    ],
)
def test_what_two_ends_have_in_common(front: str, back: str, fate: Fate) -> None:
    fe, be = pair(f"{REQUIRE} {front}", f"{REQUIRE} {back}")
    assert weigh(fe, be, WEB).fate is fate
    if fate is Fate.ESP:
        return
    # Who only requests goes on in clear, although the other end answered.
    fe, be = pair(f"{REQUEST} {front}", f"{REQUEST} {back}")
    assert weigh(fe, be, WEB).fate is Fate.SOFT_CLEAR


@pytest.mark.parametrize(
    ("versions", "authentication", "module"),
    [
        (("2016", "2016"), KERBEROS, KeyModule.AUTH_IP),
        (("2016", "2016"), KEY, KeyModule.IKE_V1),
        (("2008R2", "2022"), CERTIFICATE, KeyModule.AUTH_IP),
        (("2016", "2025"), KERBEROS, KeyModule.IKE_V1),
        (("2025", "2025"), CERTIFICATE, KeyModule.IKE_V2),
        (("2025", "2025"), KERBEROS, KeyModule.IKE_V1),
        (("2025", "2025"), KEY, KeyModule.IKE_V1),
        (("2025", "2016"), f"{KERBEROS} auth2=userkerb", KeyModule.AUTH_IP),
        (("2025", "2016"), "auth1=computerntlm", KeyModule.AUTH_IP),
    ],
)
def test_key_modules(versions: tuple[str, str], authentication: str, module: KeyModule) -> None:
    rule = f"{REQUIRE} {authentication} {GCM}"
    found = agreed(weigh(*pair(rule, rule, versions=versions), WEB))
    assert found[:2] == (module, "ESP[AES-GCM-256]")


def test_version_2_of_ike_has_no_ah() -> None:
    rule = f"{REQUIRE} {CERTIFICATE} qmsecmethods=ah:sha1,esp:sha1-3des"
    assert agreed(weigh(*pair(rule, rule, versions=("2025", "2025")), WEB))[1] == "ESP[3DES,SHA1]"
    assert agreed(weigh(*pair(rule, rule), WEB))[1] == "AH[SHA1]"


def test_authip_goes_on_to_the_next_method_and_ike_does_not() -> None:
    methods = 'auth1=computerkerb,computercert auth1ca="CN=A"'
    fe, be = pair(f"{REQUIRE} {methods}", f"{REQUIRE} {methods}")
    be.clock.set(START + 600)
    assert agreed(weigh(fe, be, WEB))[0] == KeyModule.AUTH_IP
    # Of a new and an old host only the first version of IKE is common.
    fe, be = pair(f"{REQUIRE} {methods}", f"{REQUIRE} {methods}", versions=("2016", "2025"))
    be.clock.set(START + 600)
    found = weigh(fe, be, WEB)
    assert (found.fate, found.sentence) == (Fate.AUTH_MISMATCH, "Kerberos fails: the clocks differ by 600 s")


def test_the_defaults_protect_without_encryption() -> None:
    assert agreed(weigh(*pair(REQUIRE, REQUIRE), WEB))[1] == "ESP[None,SHA1]"


def test_main_mode_rules() -> None:
    fe, be = pair(f"{REQUIRE} {KEY}", f"{REQUIRE} {KEY}")
    type_in(fe, f"mainmode add rule name=m mmsecmethods=ecdhp384:aes256-sha384 endpoint2={BE}")
    assert weigh(fe, be, WEB).fate is Fate.MM_PROPOSAL_MISMATCH
    type_in(be, "mainmode add rule name=m mmsecmethods=ecdhp384:aes256-sha384 mmkeylifetime=60min")
    found = weigh(fe, be, WEB)
    assert found.bargain is not None
    method = found.bargain.agreement.method
    assert (method.cipher, method.hash, method.group) == (65003, 65002, 20)
    assert found.bargain.agreement.main_lifetime == 3600
    # The global setting is for what no main-mode rule speaks of; the more specific one of two counts.
    type_in(fe, "mainmode add rule name=wide mmsecmethods=dhgroup1:des-md5")
    type_in(be, "set global mainmode mmsecmethods dhgroup1:des-md5")
    assert weigh(fe, be, WEB).fate is Fate.ESP
    type_in(be, "mainmode add rule name=k auth1=computerkerb endpoint2=" + FE)
    assert weigh(fe, be, WEB).fate is Fate.MM_PROPOSAL_MISMATCH


PORT = "protocol=tcp port2=80"


@pytest.mark.parametrize(
    ("rules", "protected"),
    [
        ((f"{REQUIRE} {KEY}", f"{EXEMPT} endpoint2={BE}"), False),
        ((f"{EXEMPT}", f"{REQUIRE} {KEY} endpoint2={BE}"), True),
        ((f"{EXEMPT} endpoint2=10.0.1.0/24", f"{REQUIRE} {KEY} endpoint2=10.0.0.0/16"), False),
        ((f"{EXEMPT} endpoint2=10.0.1.16/29", f"{REQUIRE} {KEY} endpoint2=10.0.1.20-10.0.1.23"), True),
        ((f"{EXEMPT} endpoint2=10.0.1.0/24 {PORT}", f"{REQUIRE} {KEY} endpoint2={BE}"), True),
        ((f"{EXEMPT} {PORT}", f"{REQUIRE} {KEY} protocol=tcp"), False),
        ((f"{EXEMPT} protocol=tcp", f"{REQUIRE} {KEY}"), False),
        # Equally specific: the stricter one, whatever the order.
        ((f"{EXEMPT} {PORT}", f"{REQUIRE} {KEY} {PORT}"), True),
        ((f"{REQUIRE} {KEY} {PORT}", f"{EXEMPT} {PORT}"), True),
        ((f"{REQUIRE} {KEY}", f"{EXEMPT} protocol=tcp port2=80-90"), False),
        ((f"{REQUIRE} {KEY}", f"{EXEMPT} protocol=tcp port1=80"), True),
        ((f"{REQUIRE} {KEY}", f"{EXEMPT} endpoint2=localsubnet"), True),
        ((f"{REQUIRE} {KEY}", f"{EXEMPT} endpoint2=dns"), True),
        ((f"{REQUIRE} {KEY}", f"{EXEMPT} interfacetype=ras {PORT}"), True),
        ((f"{REQUIRE} {KEY}", f"{EXEMPT} {PORT} enable=no"), True),
        ((f"{REQUIRE} {KEY}", f"{EXEMPT} {PORT} profile=public"), True),
        ((f"{REQUIRE} {KEY}", f"{EXEMPT} endpoint2=2001:db8::/32"), True),
    ],
)
def test_the_most_specific_rule_decides(rules: tuple[str, str], protected: bool) -> None:
    found = weigh(host("fe", *rules), host("be", f"{REQUEST} {KEY}"), WEB)
    assert (found.fate is Fate.ESP) == protected


@pytest.mark.parametrize(
    ("packet", "setting", "clear"),
    [
        (replace(WEB, protocol=17, source_port=500, destination_port=500), "none", True),
        (replace(WEB, protocol=17, source_port=4500, destination_port=4500), "none", True),
        (replace(WEB, protocol=1, source_port=0, destination_port=0), "none", False),
        (replace(WEB, protocol=1, source_port=0, destination_port=0), "icmp", True),
        (replace(WEB, protocol=17, source_port=68, destination_port=67), "dhcp", True),
        (replace(WEB, protocol=17, source_port=68, destination_port=67), "icmp", False),
        (replace(WEB, protocol=6, source_port=88, destination_port=88), "dhcp", False),
    ],
)
def test_default_exemptions(packet: Packet, setting: str, clear: bool) -> None:
    fe, be = pair(f"{REQUIRE} {KEY}", f"{REQUIRE} {KEY}")
    for each in (fe, be):
        type_in(each, f"set global ipsec defaultexemptions {setting}")
    assert (weigh(fe, be, packet).fate is Fate.CLEAR) == clear


def test_groups_get_what_is_only_requested() -> None:
    packet = replace(WEB, protocol=17, destination=BROADCAST)
    for front, fate in ((REQUEST, Fate.CLEAR), (REQUIRE, Fate.NO_ANSWER)):
        assert weigh(host("fe", f"{front} {KEY}"), host("be"), packet).fate is fate


def test_tunnels_are_not_judged() -> None:
    tunnel = f"mode=tunnel endpoint1={FE} endpoint2={BE} localtunnelendpoint={FE} remotetunnelendpoint={BE} {REQUIRE}"
    assert weigh(host("fe", tunnel), host("be"), WEB).fate is Fate.TUNNEL


OFFER = 'qmsec="ESP[3DES,SHA1]:100000k/900s"'
LEGACY = f"action=negotiate soft=no {OFFER}"
SOFT = f"action=negotiate inpass=yes soft=yes {OFFER}"
MIXED = "auth1=computerpsk auth1psk=Secret-1 qmsecmethods=esp:aesgcm256-aesgcm256,esp:sha1-3des"


def legacy(name: str, action: str, filters: str, version: str, settings: str = 'mmsec="3DES-SHA1-2"') -> Host:
    made = machine(name, FE if name == "fe" else BE, version=version)
    made.clock.set(START)
    return in_policy(made, (filters, action, "kerberos=no psk=Secret-1"), settings=settings)


@pytest.mark.parametrize("version", ["2003", "2008R2", "2016"])
@pytest.mark.parametrize(
    ("action", "rule", "letters"),
    [
        (LEGACY, REQUIRE, "P"),
        (LEGACY, REQUEST, "P"),
        (SOFT, REQUEST, "P"),
        (SOFT, REQUIRE_IN, "P"),
        ("action=permit", REQUIRE, "X"),
        ("action=permit", REQUEST, "c"),
        ("action=block", REQUEST, "X"),
    ],
)
def test_mixed_pairs(version: str, action: str, rule: str, letters: str) -> None:
    """A policy of the policy store in front, and behind a host with connection security; then the other way round."""
    front = weigh(legacy("fe", action, THERE, version), host("be", f"{rule} {MIXED}", version="2025"), WEB)
    assert letter(front) == letters
    if letters == "P":
        assert agreed(front)[:2] == (KeyModule.IKE_V1, "ESP[3DES,SHA1]")
    back = weigh(host("fe", f"{rule} {MIXED}", version="2025"), legacy("be", action, HERE, version), WEB)
    # What is only requested goes in clear first where the other end lets it in.
    early = rule in (REQUEST, REQUIRE_IN) and action == SOFT
    assert letter(back) == ("U" if early else letters)


def test_a_mixed_pair_needs_a_main_mode_in_common() -> None:
    fe = legacy("fe", LEGACY, THERE, "2003", 'mmsec="3DES-MD5-2"')
    assert weigh(fe, host("be", f"{REQUIRE} {MIXED}"), WEB).fate is Fate.MM_PROPOSAL_MISMATCH
    assert weigh(legacy("fe", LEGACY, THERE, "2003"), host("be", f"{REQUIRE} {KEY} {GCM}"), WEB).fate is (
        Fate.QM_PROPOSAL_MISMATCH
    )


def test_the_policy_store_is_asked_first_on_a_host_with_both() -> None:
    fe = in_connections(legacy("fe", "action=permit", THERE, "2016"), f"{REQUIRE} {KEY}")
    be = host("be", f"{REQUEST} {KEY}")
    assert weigh(fe, be, WEB).fate is Fate.SOFT_CLEAR
    assert weigh(fe, be, replace(WEB, destination_port=81)).fate is Fate.ESP


def test_a_rule_for_one_port_covers_that_port() -> None:
    fe, be = pair(f"{REQUIRE} {KEY} protocol=tcp port2=80", f"{REQUIRE} {KEY} protocol=tcp port1=80")
    wire = Wire([fe, be])
    assert wire.send(WEB).fate is Fate.ESP
    (one, _other) = fe.associations.quick_mode
    assert (one.traffic.protocol, one.traffic.local_port, one.traffic.peer_port) == (6, 0, 80)
    assert wire.send(replace(WEB, destination_port=81)).fate is Fate.CLEAR
    assert len(fe.associations.quick_mode) == 2


def test_a_key_beside_a_second_authentication_is_stored_and_not_enforced() -> None:
    fe = host("fe", f"{REQUIRE} {KEY} auth2=userkerb")
    assert weigh(fe, host("be"), WEB).fate is Fate.CLEAR


def test_ipv6() -> None:
    fe, be = (
        Host.create(name, addresses=[address]) for name, address in (("fe", "2001:db8::1"), ("be", "2001:db8::2"))
    )
    for each in (fe, be):
        in_connections(each, f"{REQUIRE} {KEY} {GCM}")
    packet = Packet(ip_address("2001:db8::1"), ip_address("2001:db8::2"), 6, 1025, 80)
    assert weigh(fe, be, packet).fate is Fate.ESP


def test_a_rule_that_requires_locks_the_controller_out_unless_it_is_exempt() -> None:
    controller = ip_address("10.0.0.250")
    be = host("be", f"{REQUEST} {KEY}")
    assert passes(controller, be, 5985)
    type_in(be, "consec set rule name=C0 new action=requireinrequestout")
    assert not passes(controller, be, 5985)
    in_connections(be, f"{EXEMPT} name=management protocol=tcp port1=5985")
    assert passes(controller, be, 5985)


@pytest.mark.parametrize(
    ("security", "suites", "arrives"),
    [
        ("authenticate", GCM, True),
        ("authenticate", "qmsecmethods=esp:sha1-none", True),
        ("authenc", GCM, True),
        ("authenc", "qmsecmethods=ah:sha1", False),
        ("authdynenc", GCM, True),
        ("authnoencap", GCM, False),
        ("notrequired", GCM, True),
    ],
)
def test_firewall_rules_for_secured_traffic(security: str, suites: str, arrives: bool) -> None:
    fe, be = pair(f"{REQUEST} {KEY} {suites}", f"{REQUEST} {KEY} {suites}")
    for line in (
        f"name=web dir=in action=allow protocol=tcp localport=80 security={security}",
        "name=ike dir=in action=allow protocol=udp localport=500",
        "name=esp dir=in action=allow protocol=50",
        "name=ah dir=in action=allow protocol=51",
    ):
        for each in (fe, be):
            type_in(each, f"firewall add rule {line}")
    delivery = Wire([fe, be], filtering=Filtering.ALL).send(WEB)
    assert delivery.delivered == arrives
    # What a firewall takes only protected does not get in before it is.
    assert delivery.arrived_in_clear == (security == "notrequired")
    type_in(fe, "consec delete rule name=all")
    assert weigh(fe, be, WEB, filtering=Filtering.ALL).delivered == (security == "notrequired")
