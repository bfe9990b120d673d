# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans judged by the flow analysis: after every step both ends together do the old or the new thing to each packet."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from ties import tied

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.packets import Place
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.endpoint import Endpoint
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.pair import fate
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.semantics import View
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.space import Packet
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.in_force import in_force
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import (
    Filter,
    FilterAction,
    FilterList,
    Policy,
    Rule,
    Store,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.plan import make_plan
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._policies.planning.test_plan import (
    AH,
    ESP,
    pairs,
    states,
)

pytestmark = pytest.mark.slow

OWN = ip_address("10.0.0.10")
PEERS = [ip_address(text) for text in ("10.0.1.20", "10.0.1.21", "10.0.1.99")]
# A peer that answers with either protocol, and lets clear packets in.
ANSWERING = Store(
    filter_lists=(FilterList(name="Any", filters=(Filter(source=Place.ANY, destination=Place.ME),)),),
    filter_actions=(FilterAction(name="Respond", methods=(ESP, AH), accept_unsecured=True, fallback_to_clear=True),),
    policies=(Policy(name="P", rules=(Rule(name="R", filter_list="Any", filter_action="Respond"),)),),
    assigned="P",
)


def end(store: Store, address: IPv4Address | IPv6Address = OWN) -> Endpoint:
    return Endpoint(name=str(address), addresses=(address,), policy=in_force(store))


def outcome(store: Store, packet: Packet) -> object:
    """Return what both ends do to a packet, without the names of what decides."""
    found = fate(end(store), end(ANSWERING, packet.destination), packet)
    agreed = found.agreement
    return found.kind, agreed


@given(pairs())
def test_no_packet_ever_has_a_third_outcome(pair):
    current, desired = pair
    seen = states(current, make_plan(current, desired))
    for peer in PEERS:
        for protocol, port in ((6, 80), (6, 443), (17, 53)):
            packet = Packet(OWN, peer, protocol, 50000, port)
            # Nobody documents a winner of equals; lint reports them.
            if any(tied(View(end(store)), packet) or tied(View(end(store)), packet.reply) for store in seen):
                continue
            allowed = (outcome(current, packet), outcome(desired, packet))
            assert all(outcome(store, packet) in allowed for store in seen)
