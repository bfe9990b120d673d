# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two implementations of what becomes of a packet say the same: the collection's and the lab's, written apart.

Documents go to two simulated hosts through netsh; each side judges what stands in their registries then. A sample
runs here; ``make flows`` (environment: FLOW_CASES, FLOW_SEED) runs more than a hundred thousand cases. The named tests
are the places where the two once differed, each with what settled it.
"""

from __future__ import annotations

import os
from collections import Counter
from ipaddress import ip_address
from typing import Any

import pytest
from flow_chain import Bench
from flow_worlds import HostSpec, World, packets, world

pytestmark = pytest.mark.slow

Data = dict[str, Any]

CASES = int(os.environ.get("FLOW_CASES", "12000"))
SEED = int(os.environ.get("FLOW_SEED", "0"))
EVERY_FATE = {
    "clear",
    "permit",
    "blocked_here",
    "blocked_there",
    "esp",
    "ah",
    "ah_esp",
    "soft_clear",
    "no_answer",
    "auth_mismatch",
    "mm_proposal_mismatch",
    "qm_proposal_mismatch",
    "filter_not_mirrored",
    "one_sided_drop",
    "tunnel",
}


def test_both_say_the_same() -> None:
    """A packet that equally specific filters of different effect decide about is left out: lint reports those."""
    fates: Counter[str] = Counter()
    seed, cases, ties = SEED, 0, 0
    while cases < CASES:
        bench = Bench(world(seed))
        for packet in (*packets(bench.world, 60), *bench.edges(2)):
            if bench.tied(packet):
                ties += 1
                continue
            cases += 1
            ours, labs = bench.collection(packet), bench.lab(packet)
            assert ours == labs, f"world({seed}), packet {' '.join(map(str, packet))}"
            fates[ours.fate] += 1
        seed += 1
    print(f"\n{cases} cases in {seed - SEED} pairs of hosts, {ties} left out; {dict(fates.most_common())}")
    assert set(fates) == EVERY_FATE, "the worlds are varied enough"
    assert fates.most_common(1)[0][1] < cases / 2
    assert ties < cases / 20


FE, BE = "10.0.0.10", "10.0.1.20"
FE6, BE6 = "2001:db8::10", "2001:db8:1::20"
ESP = [{"esp_encryption": "3des", "esp_integrity": "sha1"}]
REQUIRE: Data = {"action": "negotiate", "security_methods": ESP}
REQUIRE_IN: Data = {**REQUIRE, "accept_unsecured": True}
REQUEST: Data = {**REQUIRE_IN, "fallback_to_clear": True}
FALL_BACK: Data = {**REQUIRE, "fallback_to_clear": True}
PERMIT: Data = {"action": "permit"}
BLOCK: Data = {"action": "block"}

Rule = tuple[Data, Data] | tuple[Data, Data, Data]


def web(source: str, destination: str, *, back: bool = False, mirrored: bool = True) -> Data:
    """Return a filter for TCP to port 80, or one for what comes ``back`` from there."""
    port = "source_port" if back else "destination_port"
    return {"source": source, "destination": destination, "protocol": "tcp", port: 80, "mirrored": mirrored}


OUT, IN = web("me", BE), web(FE, "me")
OUT_ONLY, IN_ONLY = web("me", BE, mirrored=False), web(FE, "me", mirrored=False)
REPLY_OUT, REPLY_IN = web("me", FE, back=True, mirrored=False), web(BE, "me", back=True, mirrored=False)


def host(name: str, *rules: Rule, version: str = "2016", response: bool = False, **more: Any) -> HostSpec:
    """Return a host with these rules (filter, filter action, more of the rule); none means no policy at all."""
    addresses = {"a": (FE, FE6), "b": (BE, BE6)}[name]
    policy = {
        "name": "P",
        "default_response": {"enabled": response, "security_methods": ESP},
        "rules": [
            {"name": f"R{n}", "filter_list": f"L{n}", "filter_action": f"A{n}", **(rule[2] if len(rule) > 2 else {})}
            for n, rule in enumerate(rules)
        ],
    }
    present = bool(rules) or response
    document = {
        "filter_lists": [{"name": f"L{n}", "filters": [rule[0]]} for n, rule in enumerate(rules)],
        "filter_actions": [{"name": f"A{n}", **rule[1]} for n, rule in enumerate(rules)],
        "policies": [policy] if present else [],
        "assigned": "P" if present else "",
    }
    kept = addresses if version != "2003" else addresses[:1]
    return HostSpec(name, version, kept, document, **more)


def said(a: HostSpec, b: HostSpec, *, to: str = BE, port: int = 80, ike: bool = True, **packet: Any) -> str:
    """Return the fate that both sides tell for TCP from a client port; an AssertionError when they differ."""
    bench = Bench(World(0, (a, b), ike, True, True))
    source = FE6 if ":" in to else FE
    protocol, client = packet.get("protocol", 6), packet.get("client", 50_000)
    one = (ip_address(source), ip_address(to), protocol, client, port)
    assert not bench.tied(one)
    ours, labs = bench.collection(one), bench.lab(one)
    assert ours == labs
    return ours.fate


@pytest.mark.parametrize("action", [REQUEST, FALL_BACK, REQUIRE, REQUIRE_IN])
@pytest.mark.parametrize("ike", [True, False])
def test_a_block_at_the_receiver_is_what_stops_a_negotiating_sender(action: Data, ike: bool) -> None:
    """No answer, said the collection. The table of words has "dropped" for Block whoever asks; so it is the block."""
    assert said(host("a", (OUT, action)), host("b", (IN, BLOCK)), ike=ike) == "blocked_there"


def test_a_block_of_the_reply_is_what_stops_a_sender_that_fell_back() -> None:
    """No answer, said the lab. What stops the conversation is a rule that somebody wrote: it is named."""
    a = host("a", (OUT, REQUEST))
    assert said(a, host("b", (REPLY_OUT, BLOCK))) == "blocked_there"
    assert said(host("a", (OUT_ONLY, REQUEST), (REPLY_IN, BLOCK)), host("b")) == "blocked_here"


def test_a_block_of_the_reply_ends_clear_conversations_too() -> None:
    """Clear, said the lab, as the packet does arrive. Nobody can talk that way: the failure is predicted."""
    assert said(host("a"), host("b", (REPLY_OUT, BLOCK))) == "blocked_there"
    assert said(host("a", (REPLY_IN, BLOCK)), host("b")) == "blocked_here"


def test_the_first_thing_on_the_way_names_the_outcome() -> None:
    """The collection put every block of the sender first; the packet never gets as far as its reply."""
    deaf = host("a", (REPLY_IN, BLOCK))
    assert said(deaf, host("b", (IN, REQUIRE))) == "one_sided_drop"
    assert said(deaf, host("b", (IN, BLOCK))) == "blocked_there"
    half = host("a", (OUT_ONLY, REQUIRE), (REPLY_IN, BLOCK))
    assert said(half, host("b", (IN_ONLY, REQUIRE))) == "filter_not_mirrored"


@pytest.mark.parametrize(("action", "expected"), [(FALL_BACK, "soft_clear"), (REQUIRE_IN, "one_sided_drop")])
def test_fallback_alone_lets_a_clear_packet_in(action: Data, expected: str) -> None:
    """Both do so; netsh help says of inpass only what it does, not that soft would need it. Lockout wants both."""
    assert said(host("a"), host("b", (IN, action))) == expected


def test_one_way_negotiation_matters_once_both_agree() -> None:
    """The collection said filter_not_mirrored always.

    Each end needs both directions (TechNet cc782190), but where nothing is agreed upon, something else stopped the
    packet or it went on in clear.
    """
    whole = host("b", (IN, REQUIRE))
    assert said(host("a", (OUT_ONLY, REQUIRE)), whole) == "filter_not_mirrored"
    assert said(host("a", (OUT, REQUIRE)), host("b", (IN_ONLY, REQUIRE))) == "filter_not_mirrored"
    assert said(host("a", (OUT_ONLY, REQUIRE), (REPLY_IN, REQUIRE)), whole) == "esp"
    assert said(host("a", (OUT_ONLY, REQUIRE)), host("b")) == "no_answer"
    assert said(host("a", (OUT_ONLY, REQUEST)), host("b")) == "soft_clear"
    assert said(host("a", (REPLY_IN, REQUIRE)), whole) == "one_sided_drop"
    assert said(host("a", (REPLY_IN, REQUIRE)), host("b")) == "one_sided_drop"
    assert said(host("a", (REPLY_IN, REQUIRE_IN)), host("b")) == "clear"


def test_one_way_negotiation_of_the_reply() -> None:
    """The lab let the receiver ask a sender that had fallen back.

    The sender's soft association stands then, and nothing is negotiated while it does (KB 313236).
    """
    half = host("b", (REPLY_OUT, REQUEST))
    assert said(host("a", (OUT, REQUIRE_IN)), half) == "no_answer"
    assert said(host("a", (OUT, REQUEST)), half) == "soft_clear"
    assert said(host("a", (REPLY_IN, REQUIRE)), half) == "filter_not_mirrored"
    assert said(host("a", response=True, version="2003"), half) == "filter_not_mirrored"


def test_a_receiver_that_blocks_its_own_reply_answers_ike() -> None:
    """Silence, said the collection.

    IKE is exempt, the rule for the packet negotiates, and a block may be one-way (only negotiating filters need their
    mirror): so it is the block that stops it.
    """
    be = host("b", (IN_ONLY, REQUIRE), (REPLY_OUT, BLOCK))
    assert said(host("a", (OUT, REQUIRE)), be) == "blocked_there"
    assert said(host("a", (OUT_ONLY, REQUIRE), (REPLY_IN, BLOCK)), host("b", (IN, REQUIRE))) == "blocked_here"


def test_words_alone_are_ipv4() -> None:
    """The collection let Me and Any cover IPv6. They are stored as IPv4 masks (MS-GPIPSEC 2.2.1.5.1)."""
    wide = host("b", ({"source": "any", "destination": "me"}, BLOCK))
    assert said(host("a"), wide) == "blocked_there"
    assert said(host("a"), wide, to=BE6) == "clear"
    assert said(host("a"), host("b", ({"source": FE6, "destination": "me"}, BLOCK)), to=BE6) == "blocked_there"


@pytest.mark.parametrize("version", ["2008R2", "2016", "2025"])
def test_without_the_keying_service_rules_hold_packets(version: str) -> None:
    """The collection knew one switch for all services. PolicyAgent has the filters, IKEEXT has IKE (from Vista on)."""
    a, b = host("a", (OUT, REQUEST), version=version), host("b", (IN, REQUEST), version=version)
    mute = host("a", (OUT, REQUEST), version=version, stopped="IKEEXT")
    deaf = host("b", (IN, REQUEST), version=version, stopped="IKEEXT")
    assert said(a, b) == "esp"
    assert said(mute, b) == "no_answer"
    assert said(mute, host("b", (IN, BLOCK))) == "no_answer"
    assert said(a, deaf) == "no_answer"
    assert said(host("a"), deaf) == "one_sided_drop"


@pytest.mark.parametrize(("service", "expected"), [("", "blocked_there"), ("PolicyAgent", "clear")])
@pytest.mark.parametrize("version", ["2003", "2016"])
def test_without_the_policy_agent_there_is_no_policy(version: str, service: str, expected: str) -> None:
    """Both do so."""
    assert said(host("a"), host("b", (IN, BLOCK), version=version, stopped=service)) == expected


def test_the_default_response_answers_only_where_no_rule_speaks() -> None:
    """The lab asked for the packet alone. A rule for the reply is a rule for the flow: the failure is predicted."""
    require = host("a", (OUT, REQUIRE))
    assert said(require, host("b", version="2003", response=True)) == "esp"
    for action in (PERMIT, BLOCK, REQUIRE):
        half = host("b", (REPLY_OUT, action), version="2003", response=True)
        assert said(require, half) == "no_answer"


def test_exempt_packets_are_answered_by_no_default_response() -> None:
    """The lab let it answer. What filters never see leaves in clear, and the sender would drop that."""
    kerberos = {"source": "me", "destination": BE, "protocol": "tcp", "destination_port": 88}
    a = host("a", (kerberos, REQUIRE))
    assert said(a, host("b", version="2003", response=True), port=88) == "esp"
    assert said(a, host("b", version="2003", response=True, level=0), port=88) == "no_answer"


@pytest.mark.parametrize("group", ["239.1.1.1", "255.255.255.255"])
def test_groups_answer_nothing(group: str) -> None:
    """The lab judged a reply that comes from the group itself; the collection asked for IKE before it saw a block."""
    every = {"source": "any", "destination": group}
    for action, expected in ((PERMIT, "permit"), (BLOCK, "blocked_here"), (REQUEST, "no_answer")):
        assert said(host("a", (every, action)), host("b"), to=group, protocol=17) == expected
    for action, expected in ((PERMIT, "permit"), (BLOCK, "blocked_there"), (REQUEST, "no_answer")):
        assert said(host("a"), host("b", (every, action)), to=group, protocol=17) == expected
    block, request = host("a", (every, BLOCK)), host("b", (every, REQUEST))
    assert said(block, request, to=group, protocol=17) == "blocked_here"
    backward = {"source": group, "destination": "me", "mirrored": False}
    assert said(host("a", (backward, BLOCK)), host("b"), to=group, protocol=17) == "clear"
    assert said(host("a"), host("b", (every, BLOCK), level=1), to=group, protocol=17) == "clear"


def test_tunnels_are_not_judged() -> None:
    """The lab judged what came before the tunnel was met. Only a packet that never leaves is sure."""
    tunnel = {"tunnel_endpoint": "192.0.2.1"}
    reply = host("b", (REPLY_OUT, REQUIRE, tunnel))
    assert said(host("a"), reply) == "tunnel"
    assert said(host("a", (OUT, REQUIRE)), reply) == "tunnel"
    assert said(host("a", (OUT, BLOCK)), reply) == "blocked_here"


def test_a_permit_is_one_for_the_packet() -> None:
    """The collection counted a permit of the reply too; an expectation of ``permit`` is about the packet."""
    assert said(host("a"), host("b", (REPLY_OUT, PERMIT))) == "clear"
    assert said(host("a"), host("b", (IN_ONLY, PERMIT))) == "permit"
    assert said(host("a", (OUT, PERMIT)), host("b", (IN_ONLY, REQUIRE_IN))) == "permit"


def test_a_sender_must_let_the_reply_in() -> None:
    """Not mirrored, said the collection, and clear, said the lab, where a strict rule meets the reply alone."""
    strict = host("a", (REPLY_IN, REQUIRE))
    assert said(strict, host("b", (IN, REQUEST)), ike=False) == "one_sided_drop"
    assert said(strict, host("b")) == "one_sided_drop"
    assert said(host("a", (OUT_ONLY, REQUEST), (REPLY_IN, REQUIRE)), host("b")) == "no_answer"


def test_a_tunnel_comes_right_after_a_block_between_equal_ranks() -> None:
    """The lab ranked it by its action. No winner is documented (lint reports it); both take the same one now."""
    rules: tuple[Rule, ...] = ((OUT, REQUEST), (OUT, PERMIT, {"tunnel_endpoint": "192.0.2.1"}))
    one = (ip_address(FE), ip_address(BE), 6, 50_000, 80)
    for order in (rules, rules[::-1]):
        bench = Bench(World(0, (host("a", *order), host("b")), True, True, True))
        assert bench.tied(one)
        assert bench.collection(one).fate == bench.lab(one).fate == "tunnel"
