# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host's rules as policies of the Linux kernel: they decide as the lab's model does, nothing is left out silently.

No kernel is needed here: how it picks a policy (the lowest priority number among those that match) is written down in
`asked`.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winlab.dataplane.inforce import InForce, directions, in_force
from winlab.dataplane.matching import Choice, decide
from winlab.ipsec.packet import Packet
from winlab.ipsec.rule import Rule
from winlab.kernel.enforce import NotAsCompiled, check, translate
from winlab.kernel.installed import read_policies
from winlab.kernel.policies import Policy, Selector, clear_policies, compile_policies
from winlab.store.model import Action, Algorithm, Filter, Offer, Side, SideKind
from winlab.testing.policies import in_policy, machine

OWN, PEER = "10.0.0.10", "10.0.1.20"
ESP = Offer((Algorithm(2, 3, 2),))
AH = Offer((Algorithm(1, 2),))
BOTH = Offer((Algorithm(1, 2), Algorithm(2, 3, 2)))
OFFER = 'qmsec="ESP[3DES,SHA1]"'


def side(text: str) -> Side:
    """Return a side from a short text: me, any, an address or a network."""
    if text in ("me", "any"):
        return Side(SideKind(text))
    network = IPv4Network(text)
    return Side(SideKind.ADDRESS, network.network_address, int(network.netmask))


def rule(
    action: Action, *filters: Filter, inpass: bool = False, soft: bool = False, offers: tuple[Offer, ...] = (ESP,)
) -> Rule:
    """Return a rule that filters belong to."""
    found = tuple(each for one in filters for each in directions(one))
    return Rule("R", "R", action, inpass, soft, offers if action is Action.NEGOTIATE else (), (), False, found)


def state(*rules: Rule, own: tuple[str, ...] = (OWN,), level: int = 3) -> InForce:
    """Return what is in force on a host."""
    named = tuple(replace(each, key=f"R{number}", name=f"R{number}") for number, each in enumerate(rules))
    return InForce(frozenset(map(ip_address, own)), named, None, None, level, keying=True, modern=True)


def asked(policies: tuple[Policy, ...], way: str, packet: Packet) -> Policy | None:
    """Return the policy that the kernel asks about a packet."""
    found = [
        each
        for each in policies
        if each.way == way
        and packet.source in each.selector.source
        and packet.destination in each.selector.destination
        and each.selector.protocol in (0, packet.protocol)
        and each.selector.source_port in (0, packet.source_port)
        and each.selector.destination_port in (0, packet.destination_port)
    ]
    return min(found, key=lambda each: each.priority, default=None)


SIDES = st.sampled_from(["me", "any", OWN, PEER, "10.0.1.0/24", "10.0.0.0/16", "10.0.0.0/24", "0.0.0.0/0"]).map(side)
PORTS = st.sampled_from([0, 0, 80, 81])
FILTERS = st.builds(
    lambda source, destination, protocol, sport, dport, mirrored: Filter(
        source, destination, protocol, sport if protocol else 0, dport if protocol else 0, mirrored
    ),
    SIDES,
    SIDES,
    st.sampled_from([0, 6, 17]),
    PORTS,
    PORTS,
    st.booleans(),
)
RULES = st.builds(
    lambda action, filters, inpass, soft: rule(action, *filters, inpass=inpass, soft=soft),
    st.sampled_from(list(Action)),
    st.lists(FILTERS, min_size=1, max_size=3),
    st.booleans(),
    st.booleans(),
)
FAR = st.sampled_from([PEER, "10.0.1.21", "10.0.0.99", "192.0.2.7"]).map(IPv4Address)


@given(
    rules=st.lists(RULES, min_size=1, max_size=4),
    level=st.sampled_from([0, 1, 2, 3]),
    far=FAR,
    kind=st.sampled_from([6, 17, 1]),
    ports=st.tuples(st.sampled_from([80, 81, 88, 1025]), st.sampled_from([80, 81, 88, 1025])),
)
def test_the_kernel_decides_as_the_model_does(
    rules: list[Rule], level: int, far: IPv4Address, kind: int, ports: tuple[int, int]
) -> None:
    """For every packet that leaves or arrives: the same choice, and clear packets are let in or not alike."""
    host = state(*rules, level=level)
    compiled = compile_policies(host)
    assert compiled.refused == ()
    near = ip_address(OWN)
    numbers = ports if kind != 1 else (0, 0)
    for way, packet in (("out", Packet(near, far, kind, *numbers)), ("in", Packet(far, near, kind, *numbers))):
        wanted, found = decide(host, packet), asked(compiled.policies, way, packet)
        if found is None:
            assert wanted.choice is Choice.NOTHING
        elif found.template is None:
            assert wanted.choice is Choice.BLOCK if found.block else wanted.clear
        else:
            assert wanted.choice is Choice.NEGOTIATE
            assert found.template.optional == (way == "in" and wanted.lets_clear_in)


@given(rules=st.lists(RULES, min_size=1, max_size=4))
def test_the_kernel_takes_them_all(rules: list[Rule]) -> None:
    """No two have one selector, none has another's priority, and there is room below each for letting go."""
    compiled = compile_policies(state(*rules)).policies
    assert len({(each.way, each.selector) for each in compiled}) == len(compiled)
    priorities = sorted(each.priority for each in compiled)
    assert all(later - earlier > 5 for earlier, later in itertools.pairwise(priorities))


def test_both_ways_of_a_filter_have_one_number() -> None:
    """What leaves and what comes back belongs to one association."""
    one = Filter(side("me"), side(PEER), 6, 0, 80)
    compiled = compile_policies(state(rule(Action.NEGOTIATE, one)))
    (asked_for,) = compiled.negotiated
    assert {each.template.reqid for each in compiled.policies if each.template} == {asked_for.reqid}
    assert [each.words() for each in compiled.policies] == [
        "xfrm policy add src 10.0.0.10/32 dst 10.0.1.20/32 proto 6 dport 80 dir out priority 10000 action allow"
        " tmpl proto esp reqid 1 mode transport level required",
        "xfrm policy add src 10.0.1.20/32 dst 10.0.0.10/32 proto 6 sport 80 dir in priority 10010 action allow"
        " tmpl proto esp reqid 1 mode transport level required",
    ]


def test_a_one_way_block_is_one_policy() -> None:
    """A filter that is not mirrored says nothing about the way back."""
    one = Filter(side(PEER), side("me"), 6, 0, 80, mirrored=False)
    assert [each.words() for each in compile_policies(state(rule(Action.BLOCK, one))).policies] == [
        "xfrm policy add src 10.0.1.20/32 dst 10.0.0.10/32 proto 6 dport 80 dir in priority 10000 action block"
    ]


def test_ranges_become_networks() -> None:
    """A range is as many policies as it takes networks."""
    span = Side(SideKind.RANGE, IPv4Address("10.0.1.20"), last=IPv4Address("10.0.1.22"))
    found = compile_policies(state(rule(Action.PERMIT, Filter(side("me"), span, mirrored=False)))).policies
    assert {str(each.selector.destination) for each in found} == {"10.0.1.20/31", "10.0.1.22/32"}


def test_letting_go_is_narrower_than_the_rule_and_comes_before_it() -> None:
    """The lines for a fallback name the peer, the ports of the filter, a mark and an end."""
    one = Filter(side("me"), side("10.0.1.0/24"), 6, 0, 80)
    compiled = compile_policies(state(rule(Action.NEGOTIATE, one, soft=True, inpass=True)))
    (asked_for,) = compiled.negotiated
    out, back = clear_policies(asked_for)
    before = asked_for.priority - 5
    tail = f"mark 0 mask 0x80000000 priority {before} action allow limit time-hard 300"
    assert out == f"xfrm policy update src {{own}}/32 dst {{peer}}/32 proto 6 dport 80 dir out {tail}"
    assert back == f"xfrm policy update src {{peer}}/32 dst {{own}}/32 proto 6 sport 80 dir in {tail}"


@pytest.mark.parametrize(
    ("offers", "kind", "note"),
    [
        ((ESP,), "esp", ""),
        ((AH, ESP), "ah", "ESP"),
        ((ESP, AH, BOTH), "esp", "AH, AH and ESP"),
        ((BOTH, AH), "ah", "AH and ESP"),
    ],
)
def test_one_protocol_a_policy(offers: tuple[Offer, ...], kind: str, note: str) -> None:
    """The first protocol that can be asked for is; what is left out is said."""
    compiled = compile_policies(state(rule(Action.NEGOTIATE, Filter(side("me"), side(PEER)), offers=offers)))
    assert {each.template.protocol for each in compiled.policies if each.template} == {kind}
    assert compiled.notes == ((f"rule R0: its offers of {note} are not made",) if note else ())


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (rule(Action.NEGOTIATE, Filter(side("me"), side(PEER)), offers=(BOTH,)), "AH and ESP together"),
        (rule(Action.NEGOTIATE, Filter(side("me"), side(PEER)), offers=()), "offers nothing"),
        (replace(rule(Action.NEGOTIATE, Filter(side("me"), side(PEER))), tunnel=True), "tunnels"),
        (
            rule(Action.BLOCK, Filter(side("me"), Side(SideKind.ADDRESS, IPv4Address("10.0.0.1"), 0xFF00FF00))),
            "holes",
        ),
        (rule(Action.BLOCK, Filter(side("me"), Side(SideKind.ADDRESS, ip_address("2001:db8::1"), 128))), "IPv6"),
    ],
)
def test_what_cannot_be_said_is_refused(bad: Rule, reason: str) -> None:
    """Nothing is approximated: the text names the rule and the reason."""
    (text,) = compile_policies(state(bad)).refused
    assert text.startswith("rule R0: ")
    assert reason in text


PRINTED = """\
src 10.0.1.20/32 dst 10.0.0.10/32 proto 6 sport 80~
\tdir in priority 10010 ptype main~
\ttmpl src 0.0.0.0 dst 0.0.0.0
\t\tproto esp reqid 1 mode transport
\t\tlevel use~
src 10.0.0.10/32 dst 10.0.1.20/32 proto tcp dport 80~
\tdir out priority 10000 ptype main~
\ttmpl src 0.0.0.0 dst 0.0.0.0
\t\tproto esp reqid 1 mode transport
src 10.0.0.10/32 dst 10.0.1.20/32 proto 6 dport 80~
\tdir out priority 9995 ptype main~
\tmark 0/0x80000000~
src 10.0.9.0/24 dst 10.0.0.10/32~
\tdir in action block priority 10020 ptype main~
""".replace("~", " ")


def test_what_the_kernel_prints_is_read() -> None:
    """Policies, as iproute2 printed them; those of a fallback apart."""
    plain, marked = read_policies(PRINTED)
    words = {each.words() for each in plain}
    assert words == {
        "xfrm policy add src 10.0.1.20/32 dst 10.0.0.10/32 proto 6 sport 80 dir in priority 10010 action allow"
        " tmpl proto esp reqid 1 mode transport level use",
        "xfrm policy add src 10.0.0.10/32 dst 10.0.1.20/32 proto 6 dport 80 dir out priority 10000 action allow"
        " tmpl proto esp reqid 1 mode transport level required",
        "xfrm policy add src 10.0.9.0/24 dst 10.0.0.10/32 dir in priority 10020 action block",
    }
    (soft,) = marked
    assert soft.priority == 9995


def test_a_difference_to_the_kernel_is_told() -> None:
    """A policy that nobody compiled is as wrong as one that is not there."""
    host = in_policy(machine("fe", OWN), (f"me {PEER} protocol=tcp dstport=80", f"action=negotiate inpass=yes {OFFER}"))
    wanted = translate(in_force(host))
    fitting = "".join(PRINTED.partition("src 10.0.9.0/24")[:1])
    check(fitting, wanted)
    with pytest.raises(NotAsCompiled, match=r"lacking: nothing; surplus: .*10\.0\.9\.0/24.*action block"):
        check(PRINTED, wanted)
    with pytest.raises(NotAsCompiled, match=r"lacking: .*dir out.*; surplus: nothing"):
        check(fitting[: fitting.index("src 10.0.0.10")], wanted)


def test_nobody_answers_ike_where_no_rule_negotiates() -> None:
    """A daemon's refusal would be an answer; so IKE is let in from those only that a rule could be about."""
    host = in_policy(machine("fe", OWN), (f"me {PEER} protocol=tcp dstport=80", f"action=negotiate {OFFER}"))
    assert f"ip saddr {{ {PEER}/32 }} accept" in translate(in_force(host)).filter_rules()
    other = in_policy(machine("fe", OWN), (f"me {PEER}", "action=block"))
    assert "accept" not in translate(in_force(other)).filter_rules()


def test_selectors_are_narrowed_to_own_addresses() -> None:
    """What a host with two addresses sends to anybody is two policies a way."""
    found = compile_policies(
        state(rule(Action.BLOCK, Filter(side("me"), side("any"))), own=(OWN, "10.0.0.11"))
    ).policies
    assert {(each.way, each.selector) for each in found} == {
        (way, Selector(*(ends if way == "out" else ends[::-1])))
        for way in ("out", "in")
        for ends in ((IPv4Network(own), IPv4Network("0.0.0.0/0")) for own in (OWN, "10.0.0.11"))
    }
