# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packets one after another: associations, their counters, their end."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import pytest

from winlab import Host, Kind, Value, services
from winlab.dataplane.wire import FALLBACK_SECONDS, Wire
from winlab.ipsec.associations import SOFT_SECONDS, Way
from winlab.ipsec.fate import Fate
from winlab.ipsec.packet import Network, Packet
from winlab.store.model import AuthType
from winlab.testing.policies import POLICY, in_policy, machine, type_in

FE, BE = "10.0.0.10", "10.0.1.20"
WEB = Packet(ip_address(FE), ip_address(BE), 6, 1025, 80, size=100)
THERE, HERE = f"me {BE} protocol=tcp dstport=80", f"{FE} me protocol=tcp dstport=80"
OFFER = 'qmsec="ESP[3DES,SHA1]:100000k/900s"'
REQUIRE, REQUEST = f"action=negotiate soft=no {OFFER}", f"action=negotiate inpass=yes soft=yes {OFFER}"
KEY = "kerberos=no psk=Secret-1"
START = 1_000_000.0


def hosts(front: str | None, back: str | None) -> tuple[Host, Host]:
    fe, be = machine("fe", FE), machine("be", BE)
    fe.clock.set(START)
    be.clock.set(START + 7)
    if front:
        in_policy(fe, (THERE, front, KEY), settings="mmlifetime=60")
    if back:
        in_policy(be, (HERE, back, KEY))
    return fe, be


def pass_time(seconds: float, *both: Host) -> None:
    for host in both:
        host.clock.advance(seconds)


def test_a_negotiation_leaves_records_at_both_ends() -> None:
    fe, be = hosts(REQUIRE, REQUIRE)
    sent = Wire([fe, be]).send(WEB)
    assert (sent.fate, sent.delivered, sent.replied, sent.algorithms) == (Fate.ESP, True, True, "ESP[3DES,SHA1]")
    (ours,), (theirs,) = fe.associations.main_mode, be.associations.main_mode
    assert ours.cookie == theirs.cookie
    assert (ours.initiator, theirs.initiator) == (True, False)
    assert (str(ours.local), str(ours.peer), str(theirs.local), str(theirs.peer)) == (FE, BE, BE, FE)
    assert (ours.authentication, ours.lifetime_seconds) == (AuthType.PSK, 3600)
    assert (ours.created, theirs.created) == (START, START + 7)
    out, into = fe.associations.quick_mode
    assert {one.spi for one in fe.associations.quick_mode} == {one.spi for one in be.associations.quick_mode}
    assert (out.way, into.way) == (Way.OUT, Way.IN)
    assert (out.traffic.protocol, out.traffic.local_port, out.traffic.peer_port) == (6, 0, 80)
    assert all(one.traffic == out.traffic.swapped() for one in be.associations.quick_mode)
    assert (out.lifetime_seconds, str(out.protection)) == (900, "ESP[3DES,SHA1]")


def test_secrets_do_not_show() -> None:
    fe, be = hosts(REQUIRE, REQUIRE)
    Wire([fe, be]).send(WEB)
    assert "Secret-1" not in repr(fe) + repr(be)


def test_counters_move_and_nothing_is_negotiated_twice() -> None:
    fe, be = hosts(REQUIRE, REQUIRE)
    wire = Wire([fe, be])
    for _number in range(3):
        assert wire.send(WEB).fate is Fate.ESP
    assert wire.send(replace(WEB, source_port=2000, size=1000)).fate is Fate.ESP
    for host in (fe, be):
        assert [(one.packets, one.bytes) for one in host.associations.quick_mode] == [(4, 1300), (4, 1300)]
        assert len(host.associations.main_mode) == 1
    assert wire.send(WEB.reply()).fate is Fate.ESP
    assert [one.packets for one in fe.associations.quick_mode] == [5, 5]


def test_other_traffic_is_not_covered() -> None:
    fe, be = hosts(REQUIRE, REQUIRE)
    wire = Wire([fe, be])
    wire.send(WEB)
    assert wire.send(replace(WEB, destination_port=81)).fate is Fate.CLEAR
    assert [one.packets for one in fe.associations.quick_mode] == [1, 1]


def test_an_association_ends_with_its_lifetime() -> None:
    fe, be = hosts(REQUIRE, REQUIRE)
    wire = Wire([fe, be])
    wire.send(WEB)
    first = {one.spi for one in fe.associations.quick_mode}
    pass_time(899, fe, be)
    wire.send(WEB)
    assert {one.spi for one in fe.associations.quick_mode} == first
    pass_time(1, fe, be)
    assert wire.send(WEB).fate is Fate.ESP
    assert not first & {one.spi for one in fe.associations.quick_mode}
    assert len(fe.associations.quick_mode) == len(be.associations.quick_mode) == 2
    # The main mode outlives its quick modes.
    assert [one.created for one in fe.associations.main_mode] == [START]
    pass_time(2700, fe, be)
    wire.send(WEB)
    assert [one.created for one in fe.associations.main_mode] == [START + 3600]


def test_a_standing_association_needs_the_network_too() -> None:
    fe, be = hosts(REQUIRE, REQUIRE)
    wire = Wire([fe, be])
    wire.send(WEB)
    wire.network = Network(ike=False)
    assert wire.send(WEB).fate is Fate.ESP
    wire.network = Network(esp=False)
    sent = wire.send(WEB)
    assert (sent.fate, sent.delivered, sent.replied) == (Fate.NO_ANSWER, False, False)


@pytest.mark.parametrize("service", ["PolicyAgent", "IKEEXT"])
@pytest.mark.parametrize("whose", [0, 1])
def test_a_restart_ends_the_associations_of_both(service: str, whose: int) -> None:
    pair = hosts(REQUIRE, REQUIRE)
    wire = Wire(pair)
    wire.send(WEB)
    first = {one.spi for one in pair[0].associations.quick_mode}
    services.stop(pair[whose], service)
    services.start(pair[whose], service)
    assert not pair[whose].associations.quick_mode
    assert wire.send(WEB).fate is Fate.ESP
    for host in pair:
        assert len(host.associations.quick_mode) == 2
        assert len(host.associations.main_mode) == 1
        assert not first & {one.spi for one in host.associations.quick_mode}


def test_a_change_of_the_rule_ends_its_associations() -> None:
    fe, be = hosts(REQUIRE, REQUIRE)
    wire = Wire([fe, be])
    wire.send(WEB)
    type_in(be, "set filteraction A0 qmsec=AH[SHA1]")
    assert wire.send(WEB).fate is Fate.QM_PROPOSAL_MISMATCH
    assert not fe.associations.quick_mode
    assert not be.associations.quick_mode
    type_in(fe, f"set policy {POLICY} assign=n")
    assert wire.send(WEB).fate is Fate.ONE_SIDED_DROP


def test_a_more_specific_block_beats_a_standing_association() -> None:
    fe, be = hosts(REQUIRE, REQUIRE)
    wire = Wire([fe, be])
    wire.send(WEB)
    type_in(be, f"add filter X {HERE} srcport=1025", "add filteraction X action=block")
    type_in(be, f"add rule name=X policy={POLICY} filterlist=X filteraction=X")
    assert wire.send(WEB).fate is Fate.BLOCKED_THERE
    assert wire.send(replace(WEB, source_port=1026)).fate is Fate.ESP


def test_a_soft_association_stands_for_300_seconds() -> None:
    fe, be = hosts(REQUEST, None)
    wire = Wire([fe, be])
    sent = wire.send(WEB)
    assert (sent.fate, sent.held_seconds, sent.algorithms) == (Fate.SOFT_CLEAR, FALLBACK_SECONDS, "")
    assert [str(one.traffic.peer) for one in fe.associations.soft] == [BE]
    assert not be.associations.soft
    in_policy(be, (HERE, REQUEST, KEY))
    pass_time(SOFT_SECONDS - 1, fe, be)
    sent = wire.send(WEB)
    assert (sent.fate, sent.held_seconds) == (Fate.SOFT_CLEAR, 0.0)
    assert len(fe.associations.soft) == 1
    pass_time(1, fe, be)
    assert wire.send(WEB).fate is Fate.ESP
    assert not fe.associations.soft


def test_a_restart_of_the_agent_ends_the_soft_association_at_once() -> None:
    fe, be = hosts(REQUEST, None)
    wire = Wire([fe, be])
    wire.send(WEB)
    in_policy(be, (HERE, REQUIRE, KEY))
    assert wire.send(WEB).fate is Fate.NO_ANSWER
    services.stop(fe, "PolicyAgent")
    services.start(fe, "PolicyAgent")
    assert wire.send(WEB).fate is Fate.ESP


def test_a_soft_association_of_the_peer_holds_too() -> None:
    fe, be = hosts(None, REQUEST)
    wire = Wire([fe, be])
    assert wire.send(WEB).fate is Fate.SOFT_CLEAR
    assert len(be.associations.soft) == 1
    in_policy(fe, (THERE, REQUIRE, KEY))
    assert wire.send(WEB).fate is Fate.NO_ANSWER
    pass_time(SOFT_SECONDS, fe, be)
    assert wire.send(WEB).fate is Fate.ESP


def test_a_negotiation_that_the_answer_asks_for_counts_the_answer_alone() -> None:
    fe = machine("fe", FE, version="2003")
    type_in(fe, 'set policy "Client (Respond Only)" assign=y')
    be = in_policy(machine("be", BE, version="2003"), (HERE, REQUEST))
    wire = Wire([fe, be])
    assert wire.send(WEB).fate is Fate.ESP
    assert {one.way: one.packets for one in fe.associations.quick_mode} == {Way.IN: 1, Way.OUT: 0}
    # From now on the respond-only host protects what it sends, until the association ends.
    assert wire.send(WEB).fate is Fate.ESP
    assert {one.way: one.packets for one in be.associations.quick_mode} == {Way.IN: 1, Way.OUT: 2}
    type_in(be, f"set policy {POLICY} assign=n")
    assert wire.send(WEB).fate is Fate.CLEAR


def test_exempt_packets_stay_out_of_the_association_of_a_default_response() -> None:
    fe, be = machine("fe", FE, version="2003"), machine("be", BE, version="2003")
    in_policy(fe, (f"me {BE}", REQUIRE))
    type_in(be, 'set policy "Client (Respond Only)" assign=y')
    be.registry.set(r"HKLM\SYSTEM\CurrentControlSet\Services\IPSec", "NoDefaultExempt", Value(Kind.DWORD, 0))
    wire = Wire([fe, be])
    assert wire.send(WEB).fate is Fate.ESP
    back = WEB.reply()
    assert wire.send(replace(back, source_port=89)).fate is Fate.ESP
    assert wire.send(replace(back, source_port=88)).fate is Fate.ONE_SIDED_DROP


def test_addresses_that_belong_to_nobody_or_to_two() -> None:
    fe, be = hosts(None, None)
    with pytest.raises(ValueError, match=r"10\.0\.9\.9 belongs to no host"):
        Wire([fe, be]).send(replace(WEB, destination=ip_address("10.0.9.9")))
    with pytest.raises(ValueError, match="the same host"):
        Wire([fe, be]).send(replace(WEB, destination=WEB.source))
    with pytest.raises(ValueError, match="belongs to fe and to other"):
        Wire([fe, machine("other", FE)])
