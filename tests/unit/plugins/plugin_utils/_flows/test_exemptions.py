# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Packets that no filter sees, by level and version."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.outcome import OutcomeKind
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.pair import analyse, fate
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.semantics import DecisionKind, View
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.space import Packet
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.versions import WindowsVersion
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._flows.scenes import (
    BE,
    BLOCK,
    DC,
    FE,
    REQUEST,
    SERVER_2003,
    SERVER_2008,
    SERVER_2016,
    XP,
    does,
    filter_of,
    host,
    packet,
)

KERBEROS = [
    packet(FE, DC, "tcp", 88),
    packet(FE, DC, "udp", 88),
    packet(FE, DC, "tcp", 80, source_port=88),
    packet(FE, DC, "udp", 9, source_port=88),
]
RSVP = [packet(FE, DC, "46")]
IKE = [packet(FE, DC, "udp", 500), packet(FE, DC, "udp", 9, source_port=500)]
MULTICAST = [packet(FE, "239.1.1.1", "udp", 9), packet("2001:db8::10", "ff02::1", "icmp")]
BROADCAST = [packet(FE, "255.255.255.255", "udp", 67)]
NEVER = [packet(FE, DC), packet(FE, DC, "tcp", 500), packet(FE, DC, "icmp"), packet(FE, "10.0.0.255", "udp", 9)]

# level -> what passes everything
LEVELS = {
    0: [KERBEROS, RSVP, IKE, MULTICAST, BROADCAST],
    1: [IKE, MULTICAST, BROADCAST],
    2: [KERBEROS, RSVP, IKE],
    3: [IKE],
}


@pytest.mark.parametrize("level", LEVELS)
def test_levels(level: int) -> None:
    everything = (filter_of("any", "any"), filter_of("any", "::/1"), filter_of("any", "8000::/1"))
    view = View(host("fe", f"{FE} 2001:db8::10", does(BLOCK, *everything), exemption_level=level))
    for group in (KERBEROS, RSVP, IKE, MULTICAST, BROADCAST, NEVER):
        expected = DecisionKind.EXEMPT if group in LEVELS[level] else DecisionKind.BLOCK
        assert [view.decide(one).kind for one in group] == [expected] * len(group)


@pytest.mark.parametrize(("version", "level"), [(XP, 0), (SERVER_2003, 3), (SERVER_2008, 3), (SERVER_2016, 3)])
def test_default_level(version: WindowsVersion, level: int) -> None:
    assert host("fe", FE, version=version).level == level


@pytest.mark.parametrize(("version", "kind"), [(SERVER_2003, DecisionKind.BLOCK), (SERVER_2008, DecisionKind.EXEMPT)])
def test_port_4500_from_vista_on(version: WindowsVersion, kind: DecisionKind) -> None:
    view = View(host("fe", FE, does(BLOCK), version=version))
    assert view.decide(packet(FE, DC, "udp", 4500)).kind is kind
    assert view.decide(packet(FE, DC, "udp", 9, source_port=4500)).kind is kind


def test_source_port_88_walks_around_a_block_at_level_0() -> None:
    block = does(BLOCK, filter_of("any", "me", "tcp", 0, 80))
    attack = packet(FE, BE, "tcp", 80, source_port=88)
    for level, kind in ((0, OutcomeKind.CLEAR), (3, OutcomeKind.BLOCKED_THERE)):
        be = host("be", BE, block, exemption_level=level)
        assert fate(host("fe", FE), be, attack).kind is kind
        regions = analyse(host("fe", FE), be)
        assert [outcome.kind for space, outcome in regions if attack in space] == [kind]


def test_groups_get_no_reply_and_no_negotiation() -> None:
    group = Packet(packet(FE, BE).source, packet(FE, "239.1.1.1").destination, 17, 50_000, 9)
    assert fate(host("fe", FE), host("be", BE), group).kind is OutcomeKind.CLEAR
    fe = host("fe", FE, does(BLOCK, filter_of("any", "me", mirrored=False)))
    assert fate(fe, host("be", BE), group).kind is OutcomeKind.CLEAR, "nothing comes back from a group"
    both = [host(name, address, does(REQUEST, filter_of("any", "any"))) for name, address in (("fe", FE), ("be", BE))]
    assert fate(both[0], both[1], group).kind is OutcomeKind.NO_ANSWER
    assert fate(host("fe", FE), both[1], group).kind is OutcomeKind.NO_ANSWER
    exempt = [replace(one, exemption_level=1) for one in both]
    assert fate(exempt[0], exempt[1], group).kind is OutcomeKind.CLEAR


def test_other_levels_are_refused() -> None:
    with pytest.raises(IpsecError, match="0, 1, 2 or 3"):
        host("fe", FE, exemption_level=4)
