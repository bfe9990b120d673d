# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Security log: events of IPsec, as wevtutil.exe prints them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from winlab import Host, services
from winlab.audit import CAPACITY
from winlab.dataplane.wire import refresh
from winlab.ipsec.packet import Network
from winlab.shell import run
from winlab.testing.pair import BE, FE, IKE, KEY, REQUEST, REQUIRE, START, WEB, counted, pair
from winlab.testing.policies import POLICY, machine, type_in

NAMESPACE = "{http://schemas.microsoft.com/win/2004/08/events/event}"


def events(host: Host, *numbers: int, more: str = "/c:200 /rd:true /f:xml") -> list[ElementTree.Element]:
    either = " or ".join(f"EventID={number}" for number in numbers)
    finished = run(host, f'wevtutil.exe qe Security "/q:*[System[({either})]]" {more}', None)
    assert finished.code == 0, finished
    return list(ElementTree.fromstring(b"<all>" + finished.stdout + b"</all>"))


def data_of(event: ElementTree.Element) -> dict[str | None, str | None]:
    return {each.get("Name"): each.text for each in event.iter(f"{NAMESPACE}Data")}


def number(event: ElementTree.Element) -> int:
    return int(event.findtext(f"{NAMESPACE}System/{NAMESPACE}EventID", ""))


def test_events_of_a_life() -> None:
    fe, be, wire = pair(version="2008R2")
    wire.send(WEB)
    established, quick = reversed(events(fe, 4650, 5451))
    assert (number(established), number(quick)) == (4650, 5451)
    main, fields = data_of(established), data_of(quick)
    assert (main["LocalAddress"], main["RemoteAddress"], main["MMLifetime"]) == (FE, BE, "480")
    assert (fields["LocalAddress"], fields["RemotePort"], fields["IpProtocol"]) == (FE, "80", "6")
    assert fields["MainModeSaId"] == main["MMSAID"]
    assert re.fullmatch(r"%%\d+", main["MMCipherAlg"] or "")
    theirs = data_of(events(be, 5451)[0])
    assert (theirs["InboundSpi"], theirs["OutboundSpi"]) == (fields["OutboundSpi"], fields["InboundSpi"])
    services.stop(fe, "PolicyAgent")
    assert {number(each): data_of(each) for each in events(fe, 4655, 5452)} == {
        4655: {"LocalAddress": FE, "RemoteAddress": BE, "KeyModName": main["KeyModName"], "MMSAID": main["MMSAID"]},
        5452: {
            "LocalAddress": FE,
            "LocalPort": "0",
            "LocalTunnelEndpoint": "-",
            "RemoteAddress": BE,
            "RemotePort": "80",
            "RemoteTunnelEndpoint": "-",
            "IpProtocol": "6",
            "QuickModeSaId": fields["QuickModeSaId"],
        },
    }
    # The peer hears of it with the next packet.
    assert not events(be, 4655, 5452)
    wire.send(WEB)
    assert sorted(number(each) for each in events(be, 4655, 5452)) == [4655, 5452]


@pytest.mark.parametrize(
    ("front", "back", "keys", "network", "found"),
    [
        (REQUIRE, REQUIRE, (KEY, "kerberos=no psk=Secret-2"), Network(), {"fe": [4653], "be": [4653]}),
        (REQUIRE, None, (KEY, KEY), Network(), {"fe": [4653], "be": []}),
        (REQUIRE, REQUIRE, (KEY, KEY), Network(ike=False), {"fe": [4653], "be": []}),
        (
            REQUIRE,
            "action=negotiate soft=no qmsec=AH[SHA1]",
            (KEY, KEY),
            Network(),
            {"fe": [4654], "be": [4654]},
        ),
        (None, REQUEST, (KEY, KEY), Network(), {"fe": [], "be": [4653]}),
    ],
)
def test_events_of_failures(
    front: str | None, back: str | None, keys: tuple[str, str], network: Network, found: dict[str, list[int]]
) -> None:
    fe, be, wire = pair(front, back, keys=keys, version="2008R2")
    wire.network = network
    wire.send(WEB)
    for host in (fe, be):
        assert [number(each) for each in events(host, 4650, 4653, 4654, 5451)] == found[host.name]
        assert all(data_of(each)["FailureReason"] for each in events(host, 4653, 4654))
    assert "Secret" not in repr(fe.audit.events({4653})) + repr(be.audit.events({4653}))
    failures = sum(1 for each in found["fe"] if each == 4653)
    assert counted(fe, "FailedMainModeNegotiations", IKE) == (failures,)


def test_nobody_fails_while_a_soft_association_stands() -> None:
    fe, _be, wire = pair(REQUEST, None, version="2008R2")
    for _number in range(3):
        wire.send(WEB)
    assert len(events(fe, 4653)) == 1


def test_certificates_have_an_event_of_their_own() -> None:
    certificate = 'kerberos=no rootca="CN=Lab CA certmap:no excludecaname:no"'
    fe, _be, wire = pair(keys=(certificate, certificate), version="2008R2")
    wire.send(WEB)
    (event,) = events(fe, 4650, 4651)
    known = data_of(event)
    assert number(event) == 4651
    assert list(known)[:9] == [
        *(f"LocalMM{what}" for what in ("PrincipalName", "CertHash", "IssuingCA", "RootCA")),
        *(f"RemoteMM{what}" for what in ("PrincipalName", "CertHash", "IssuingCA", "RootCA")),
        "LocalAddress",
    ]
    assert known["MMSAID"] == str(fe.associations.main_mode[0].cookie)


def test_no_auditing_no_events() -> None:
    fe, be, wire = pair(version="2008R2")
    fe.audit.enabled = False
    wire.send(WEB)
    assert not events(fe, 4650, 5451)
    assert len(events(be, 4650, 5451)) == 2
    assert not Host.create("new").audit.enabled


def test_order_count_and_time() -> None:
    fe, be, wire = pair(version="2008R2")
    for _number in range(3):
        wire.send(WEB)
        for host in (fe, be):
            host.clock.advance(1000)
    times = [each.find(f"{NAMESPACE}System/{NAMESPACE}TimeCreated") for each in events(fe, 5451)]
    stamps = [each.get("SystemTime", "") for each in times if each is not None]
    assert stamps == sorted(stamps, reverse=True)
    assert stamps[-1] == datetime.fromtimestamp(START, UTC).strftime("%Y-%m-%dT%H:%M:%S.000000000Z")
    oldest = events(fe, 5451, more="/c:1 /rd:false /f:xml")
    assert data_of(oldest[0]) == data_of(events(fe, 5451)[-1])
    assert len(events(fe, 5451, more="/c:2 /rd:true /f:xml")) == 2


def test_the_log_is_bounded() -> None:
    host = machine("fe", FE)
    host.audit.enabled = True
    for _number in range(CAPACITY + 5):
        host.audit.write(4650, 0.0, {})
    kept = host.audit.events({4650})
    assert (len(kept), kept[0].record) == (CAPACITY, 6)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ('qe Security "/q:*[EventData]" /f:xml', 15001),
        ("qe Security /f:xml", 15001),
        ('qe System "/q:*[System[(EventID=1)]]" /f:xml', 15007),
        ('qe Security "/q:*[System[(EventID=1)]]" /f:text', 87),
        ('qe Security "/q:*[System[(EventID=1)]]" /x:1', 87),
        ("cl Security", 87),
    ],
)
def test_other_questions_to_the_log_are_refused(arguments: str, code: int) -> None:
    finished = run(machine("fe", FE), f"wevtutil {arguments}", None)
    assert (finished.stdout, finished.code) == (b"", code)
    assert finished.stderr


STEPS = st.one_of(
    st.just(("send",)),
    st.just(("answer",)),
    st.tuples(st.just("wait"), st.integers(0, 1), st.sampled_from((10, 901, 30_000))),
    st.tuples(st.just("restart"), st.integers(0, 1)),
    st.tuples(st.just("assign"), st.integers(0, 1), st.sampled_from(("yes", "no"))),
    st.tuples(st.just("network"), st.booleans()),
)


@settings(max_examples=25)
@given(actions=st.tuples(st.sampled_from((REQUIRE, REQUEST)), st.sampled_from((REQUIRE, REQUEST))), data=st.data())
def test_what_began_and_did_not_end_is_what_stands(actions: tuple[str, str], data: st.DataObject) -> None:
    fe, be, wire = pair(*actions, version="2008R2")
    hosts = (fe, be)
    for step in data.draw(st.lists(STEPS, min_size=3, max_size=10)):
        match step:
            case ("send",):
                wire.send(WEB)
            case ("answer",):
                wire.send(WEB.reply())
            case ("wait", whose, seconds):
                hosts[whose].clock.advance(seconds)
            case ("restart", whose):
                services.stop(hosts[whose], "PolicyAgent")
                services.start(hosts[whose], "PolicyAgent")
            case ("assign", whose, yes):
                type_in(hosts[whose], f"set policy {POLICY} assign={yes}")
            case ("network", ike):
                wire.network = Network(ike=ike)
    for host in hosts:
        refresh(host)
        open_main, open_quick = set(), set()
        for event in reversed(events(host, 4650, 4655, 5451, 5452)):
            known = data_of(event)
            match number(event):
                case 4650:
                    open_main.add(known["MMSAID"])
                case 4655:
                    open_main.remove(known["MMSAID"])
                case 5451:
                    open_quick.add(known["QuickModeSaId"])
                case 5452:
                    open_quick.remove(known["QuickModeSaId"])
        assert open_main == {str(each.cookie) for each in host.associations.main_mode}
        assert open_quick == {str(each.pair) for each in host.associations.quick_mode}
    assert (fe.counters.bytes_sent, be.counters.bytes_sent) == (be.counters.bytes_received, fe.counters.bytes_received)
