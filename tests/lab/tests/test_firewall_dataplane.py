# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the hosts' own firewalls do to negotiations, to protected packets, to applications and to management."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
import requests
from winrm.protocol import Protocol

from winlab import Host
from winlab.dataplane.hostfirewall import Filtering
from winlab.dataplane.judge import judge
from winlab.dataplane.management import passes
from winlab.dataplane.wire import Delivery, Wire
from winlab.firewall import Profile, store
from winlab.firewall.builtin import open_up
from winlab.ipsec.fate import Fate
from winlab.ipsec.packet import Network, Packet
from winlab.lab import HostSpec, Lab, LabHost
from winlab.netsh.talk import talk
from winlab.testing.policies import in_policy, machine

FE, BE = "10.0.0.10", "10.0.1.20"
WEB = Packet(ip_address(FE), ip_address(BE), 6, 1025, 80)
THERE, HERE = f"me {BE} protocol=tcp dstport=80", f"{FE} me protocol=tcp dstport=80"
ESP, AH = "qmsec=ESP[3DES,SHA1]", "qmsec=AH[SHA1]"
REQUIRE, REQUEST = "action=negotiate inpass=no soft=no", "action=negotiate inpass=yes soft=yes"
BLOCK_OUT = "advfirewall set allprofiles firewallpolicy blockinbound,blockoutbound"
IPSEC, ALL = Filtering.IPSEC, Filtering.ALL
OPEN = ("udp/500", "50", "51")


def pair(front: str | None, back: str | None, version: str = "2016", methods: str = ESP) -> tuple[Host, Host]:
    """Return two hosts with these filter actions; their firewalls are on and as they came."""
    fe, be = machine("fe", FE, version=version), machine("be", BE, version=version)
    for host, one, action in ((fe, THERE, front), (be, HERE, back)):
        store.switch(host, True)
        if action:
            in_policy(host, (one, action if "negotiate" not in action else f"{action} {methods}"))
    return fe, be


def opened(host: Host, *openings: str) -> Host:
    for each in openings:
        open_up(host, each)
    return host


def sent(fe: Host, be: Host, packet: Packet = WEB, filtering: Filtering = IPSEC) -> Delivery:
    """Send one packet over a fresh wire, and check that a judgement without history agrees."""
    fate = judge(fe, be, packet, filtering=filtering)
    delivery = Wire([fe, be], filtering=filtering).send(packet)
    assert delivery.fate is fate
    return delivery


def test_openings_at_both_ends_let_them_talk() -> None:
    fe, be = pair(REQUIRE, REQUIRE)
    opened(fe, "50")
    opened(be, "udp/500", "50")
    assert sent(fe, be).fate is Fate.ESP


@pytest.mark.parametrize(
    ("front", "back", "methods", "fate", "reason"),
    [
        (("50",), ("50",), ESP, Fate.NO_ANSWER, "the firewall of be drops IKE"),
        (OPEN, (), ESP, Fate.NO_ANSWER, "the firewall of be drops IKE"),
        (OPEN, ("udp/500",), ESP, Fate.NO_ANSWER, "which the firewall of be drops"),
        (("udp/500",), OPEN, ESP, Fate.NO_ANSWER, "which the firewall of fe drops"),
        (("50",), ("udp/500", "50"), AH, Fate.NO_ANSWER, "which the firewall of be drops"),
        (("51",), ("udp/500", "51"), AH, Fate.AH, ""),
        (("51",), ("udp/500", "51"), "qmsec=AH[SHA1]+ESP[3DES,None]", Fate.NO_ANSWER, "the firewall of be drops"),
        (("50", "51"), OPEN, "qmsec=AH[SHA1]+ESP[3DES,None]", Fate.AH_ESP, ""),
    ],
)
def test_what_an_opening_is_needed_for(
    front: tuple[str, ...], back: tuple[str, ...], methods: str, fate: Fate, reason: str
) -> None:
    fe, be = pair(REQUIRE, REQUIRE, methods=methods)
    delivery = sent(opened(fe, *front), opened(be, *back))
    assert delivery.fate is fate
    assert reason in delivery.sentence


def test_who_opens_the_negotiation_needs_a_way_out_and_the_other_one_a_way_in() -> None:
    fe, be = pair(REQUIRE, REQUIRE)
    opened(fe, *OPEN)
    opened(be, *OPEN)
    talk(fe, BLOCK_OUT)
    assert "the firewall of fe drops IKE" in sent(fe, be).sentence
    talk(fe, "advfirewall firewall add rule name=O dir=out action=allow protocol=50")
    assert "the firewall of fe drops IKE" in sent(fe, be).sentence
    # The other way round fe only answers IKE, and answers pass.
    assert judge(be, fe, WEB.reply(), filtering=IPSEC) is Fate.ESP
    talk(fe, "advfirewall firewall add rule name=O dir=out action=allow protocol=udp remoteport=500")
    assert sent(fe, be).fate is Fate.ESP
    talk(fe, "advfirewall firewall delete rule name=O protocol=50")
    assert sent(fe, be).sentence == "the firewall of fe drops ESP[3DES,SHA1]"


def test_the_receiver_negotiates_for_its_answer() -> None:
    """Only the host that answers IKE needs to let it in; the agreement itself fails, as ever, without a mirror."""
    fe, be = pair(None, "action=negotiate inpass=yes soft=no")
    in_policy(fe, (f"{BE} me protocol=tcp srcport=80 mirrored=no", f"{REQUEST} {ESP}"))
    delivery = sent(fe, be)
    assert delivery.fate is Fate.ONE_SIDED_DROP
    assert "the firewall of fe drops IKE" in delivery.sentence
    opened(be, "50")
    assert sent(opened(fe, "50", "udp/500"), be).fate is Fate.FILTER_NOT_MIRRORED
    assert sent(fe, be, filtering=Filtering.IGNORED).fate is Fate.FILTER_NOT_MIRRORED


def test_falling_back_when_the_firewall_keeps_ike_out() -> None:
    fe, be = pair(REQUEST, REQUEST)
    delivery = sent(opened(fe, *OPEN), be)
    assert (delivery.fate, delivery.delivered, delivery.replied) == (Fate.SOFT_CLEAR, True, True)
    assert "the firewall of be drops IKE" in delivery.sentence


def test_without_filtering_nothing_is_asked() -> None:
    fe, be = pair(REQUIRE, REQUIRE)
    assert sent(fe, be, filtering=Filtering.IGNORED).fate is Fate.ESP
    assert judge(fe, be, WEB) is Fate.ESP
    assert sent(*pair(REQUIRE, REQUIRE)).fate is Fate.NO_ANSWER


def test_the_network_stays_closed_behind_open_firewalls() -> None:
    fe, be = pair(REQUIRE, REQUIRE)
    opened(fe, *OPEN)
    opened(be, *OPEN)
    for network, sentence in ((Network(ike=False), "the network drops IKE"), (Network(esp=False), "the network drops")):
        assert sentence in Wire([fe, be], network, filtering=IPSEC).send(WEB).sentence


def test_server_2003_needs_openings_for_ike_only() -> None:
    fe, be = pair(REQUIRE, REQUIRE, version="2003")
    assert "the firewall of be drops IKE" in sent(fe, be).sentence
    line = "firewall add portopening protocol=UDP port=500 name=IKE scope=CUSTOM addresses={} profile=ALL"
    talk(be, line.format("10.0.0.99"))
    assert sent(fe, be).fate is Fate.NO_ANSWER
    talk(be, line.format(FE))
    assert sent(fe, be).fate is Fate.ESP


def test_a_standing_association_ends_at_a_firewall_that_closes() -> None:
    fe, be = pair(REQUIRE, REQUIRE)
    opened(fe, *OPEN)
    opened(be, "udp/500")
    talk(be, "advfirewall firewall add rule name=ESP dir=in action=allow protocol=50")
    wire = Wire([fe, be], filtering=IPSEC)
    assert wire.send(WEB).fate is Fate.ESP
    assert "standing" in wire.send(WEB).sentence
    counted = [each.packets for each in fe.associations.quick_mode]
    talk(be, "advfirewall firewall delete rule name=ESP")
    closed = wire.send(WEB)
    assert (closed.fate, closed.sentence) == (Fate.NO_ANSWER, "the firewall of be drops ESP[3DES,SHA1]")
    assert [each.packets for each in fe.associations.quick_mode] == counted
    wire.filtering = Filtering.IGNORED
    assert wire.send(WEB).fate is Fate.ESP


@pytest.mark.parametrize("actions", [(None, None), ("action=permit", None), (REQUIRE, REQUIRE), (REQUEST, REQUEST)])
def test_packets_of_applications_are_filtered_on_request(actions: tuple[str | None, str | None]) -> None:
    fe, be = pair(*actions)
    opened(fe, *OPEN)
    opened(be, *OPEN)
    before = judge(fe, be, WEB, filtering=IPSEC)
    wire = Wire([fe, be], filtering=ALL)
    for _again in range(2):
        dropped = wire.send(WEB)
        assert (dropped.fate, dropped.delivered, dropped.replied) == (Fate.BLOCKED_THERE, False, False)
        assert dropped.sentence == "the firewall of be drops the packet on its way in"
    # The negotiation went well, but nothing came through what it set up.
    assert [each.packets for each in be.associations.quick_mode] == ([0, 0] if before is Fate.ESP else [])
    opened(be, "tcp/80")
    assert sent(fe, be, filtering=ALL).fate is before
    talk(fe, "advfirewall firewall add rule name=W dir=out action=block protocol=tcp remoteport=80")
    dropped = sent(fe, be, filtering=ALL)
    assert (dropped.fate, dropped.delivered) == (Fate.BLOCKED_HERE, False)
    assert dropped.sentence == "the firewall of fe drops the packet on its way out"
    assert judge(fe, be, WEB, filtering=IPSEC) is before


def test_what_would_not_arrive_anyway_keeps_its_fate() -> None:
    fe, be = pair(REQUIRE, None)
    opened(be, *OPEN)
    assert sent(fe, be, filtering=ALL).fate is Fate.NO_ANSWER


def test_management_needs_its_opening() -> None:
    controller = ip_address("10.0.0.250")
    host = Host.create("h", addresses=[FE])
    assert passes(controller, host, 5985)
    assert not passes(controller, host, 8080)
    talk(host, 'advfirewall firewall delete rule name="Windows Remote Management (HTTP-In)"')
    assert not passes(controller, host, 5985)
    assert passes(controller, host, 5986)
    talk(host, "advfirewall set allprofiles state off")
    assert passes(controller, host, 5985)


def reachable(host: LabHost) -> bool:
    try:
        protocol = Protocol(host.url, transport="basic", username="Administrator", password="Lab-Passw0rd")
        protocol.close_shell(protocol.open_shell())
    except requests.ConnectionError:
        return False
    return True


def test_a_host_that_closes_its_own_management_port_is_gone() -> None:
    block = "advfirewall firewall add rule name=Shut dir=in action=block protocol=tcp localport=5985"
    specs = [
        HostSpec(name="open", addresses=(FE,)),
        HostSpec(name="shut", addresses=(BE,), netsh=(block,)),
        HostSpec(name="off", addresses=("10.0.1.21",), netsh=(block,), firewall="off"),
        HostSpec(name="other", addresses=("10.0.1.22",), management_port=8080),
        HostSpec(name="old", addresses=("10.0.1.23",), version="2003", firewall="on", management_port=8080),
        HostSpec(name="public", addresses=("10.0.1.24",), netsh=(f"{block} profile=domain",), network_profile="public"),
    ]
    with Lab(specs) as lab:
        assert {name: reachable(host) for name, host in lab.hosts.items()} == {
            "open": True,
            "shut": False,
            "off": True,
            "other": True,
            "old": True,
            "public": True,
        }
        assert lab.hosts["public"].host.profile is Profile.PUBLIC


@pytest.mark.parametrize(
    ("options", "fate"),
    [
        ({}, Fate.NO_ANSWER),
        ({"openings": ("udp/500", "50")}, Fate.ESP),
        ({"openings": ("udp/500",)}, Fate.NO_ANSWER),
        ({"firewall": "off"}, Fate.ESP),
    ],
)
def test_the_wire_of_a_lab_heeds_the_firewalls(options: dict[str, object], fate: Fate) -> None:
    plain = [{"name": "fe", "addresses": [FE], **options}, {"name": "be", "addresses": [BE], **options}]
    with Lab([HostSpec.from_plain(each) for each in plain]) as lab:
        for name, one in (("fe", THERE), ("be", HERE)):
            host = in_policy(lab.hosts[name].host, (one, f"{REQUIRE} {ESP}"))
            for service in ("PolicyAgent", "IKEEXT"):
                host.services[service].state = host.services["BFE"].state
        assert lab.wire().send(WEB).fate is fate
        assert lab.wire(filtering=Filtering.IGNORED).send(WEB).fate is Fate.ESP


def test_options_of_a_specification() -> None:
    spec = HostSpec.from_plain({"name": "a", "firewall": False, "openings": [50, "udp/500"]})
    assert (spec.firewall, spec.openings, spec.network_profile) == ("off", ("50", "udp/500"), "domain")
    assert HostSpec.from_plain({"name": "a", "firewall": True}).firewall == "on"
    assert HostSpec.from_plain({"name": "a"}).firewall is None
    for option, value in (("firewall", "maybe"), ("openings", ["icmp"]), ("network_profile", "guest")):
        with pytest.raises(ValueError, match="host a: "):
            HostSpec.from_plain({"name": "a", option: value})
