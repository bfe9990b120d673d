# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which rule of a host decides about a packet."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from winlab import Kind, Value
from winlab.dataplane.inforce import in_force
from winlab.dataplane.matching import Choice, Decision, decide, exempt, rank
from winlab.ipsec.packet import Packet
from winlab.store import policy_store
from winlab.testing.policies import in_policy, machine

ME, PEER, SUBNET_PEER = "10.0.0.10", "10.0.1.20", "10.0.1.77"


def packet(source: str, destination: str, protocol: int = 6, sport: int = 0, dport: int = 0) -> Packet:
    return Packet(ip_address(source), ip_address(destination), protocol, sport, dport)


def choice(one: Packet, *rules: tuple[str, str] | tuple[str, str, str], version: str = "2016") -> Decision:
    host = in_policy(machine("h", ME, "192.0.2.5", "2001:db8::5", version=version), *rules)
    return decide(in_force(host), one)


@pytest.mark.parametrize(
    ("one", "hits"),
    [
        (packet(ME, PEER, 6, 1025, 80), True),
        (packet("192.0.2.5", PEER, 6, 1025, 80), True),
        (packet(PEER, ME, 6, 80, 1025), True),
        (packet(PEER, ME, 6, 1025, 80), False),
        (packet("10.0.0.11", PEER, 6, 1025, 80), False),
        (packet(ME, SUBNET_PEER, 6, 1025, 80), False),
        (packet(ME, PEER, 17, 1025, 80), False),
        (packet(ME, PEER, 6, 1025, 81), False),
    ],
)
def test_a_mirrored_filter_from_me(one: Packet, hits: bool) -> None:
    found = choice(one, (f"me {PEER} protocol=tcp dstport=80", "action=block"))
    assert found.choice is (Choice.BLOCK if hits else Choice.NOTHING)


def test_a_filter_that_is_not_mirrored_has_one_direction() -> None:
    rule = (f"me {PEER} mirrored=no", "action=block")
    assert choice(packet(ME, PEER), rule).choice is Choice.BLOCK
    assert choice(packet(PEER, ME), rule).choice is Choice.NOTHING


@pytest.mark.parametrize(
    ("side", "address", "hits"),
    [
        ("10.0.1.0-10.0.1.77", SUBNET_PEER, True),
        ("10.0.1.0-10.0.1.76", SUBNET_PEER, False),
        ("10.0.1.0 dstmask=255.255.255.0", SUBNET_PEER, True),
        ("10.0.1.0 dstmask=255.255.255.192", SUBNET_PEER, False),
        ("2001:db8:1:: dstmask=64", "2001:db8:1::9", True),
        ("2001:db8:1:: dstmask=64", "2001:db8:2::9", False),
    ],
)
def test_ranges_and_subnets(side: str, address: str, hits: bool) -> None:
    source = "2001:db8::5" if ":" in address else ME
    found = choice(packet(source, address), (f"srcaddr=me dstaddr={side}", "action=block"))
    assert (found.choice is Choice.BLOCK) is hits


def test_a_filter_without_an_address_is_about_ipv4() -> None:
    assert choice(packet(ME, PEER), ("any any", "action=block")).choice is Choice.BLOCK
    assert choice(packet("2001:db8::5", "2001:db8::9"), ("any any", "action=block")).choice is Choice.NOTHING


@pytest.mark.parametrize(
    ("general", "special"),
    [
        ("any any", "any me"),
        ("me any", f"me {PEER}"),
        ("me 10.0.0.0 dstmask=255.0.0.0", "me 10.0.1.0 dstmask=255.255.255.0"),
        # A host on one side is worth more than a port on the other.
        ("me 10.0.1.0 dstmask=255.255.255.0 protocol=tcp dstport=80", f"me {PEER}"),
        (f"me {PEER}", f"me {PEER} protocol=tcp"),
        (f"me {PEER} protocol=tcp", f"me {PEER} protocol=tcp dstport=80"),
        (f"me {PEER} protocol=tcp dstport=80", f"me {PEER} protocol=tcp srcport=1025 dstport=80"),
        # 200 addresses need a prefix of 24, so a prefix of 25 is narrower, whatever the range covers.
        ("srcaddr=me dstaddr=10.0.1.0-10.0.1.199", "me 10.0.1.0 dstmask=255.255.255.128"),
        ("any 10.0.1.0 dstmask=255.255.255.0", "8.0.0.0 10.0.1.0 srcmask=248.0.0.0 dstmask=255.255.255.0"),
    ],
)
@pytest.mark.parametrize("first", [0, 1])
def test_the_most_specific_filter_wins_in_any_order(general: str, special: str, first: int) -> None:
    rules = [(general, "action=block"), (special, "action=permit")]
    found = choice(packet(ME, PEER, 6, 1025, 80), *(rules[::-1] if first else rules))
    assert found.choice is Choice.PERMIT


def test_ranks() -> None:
    host = in_policy(
        machine("h", ME),
        ("any any", "action=block"),
        ("srcaddr=me dstaddr=10.0.0.0-10.0.0.255 protocol=udp dstport=5", "action=block"),
        ("srcaddr=10.0.0.0-10.0.1.0 dstaddr=any", "action=block"),
        ("srcaddr=me dstaddr=2001:db8:: dstmask=64", "action=block"),
    )
    ranks = {rule.name: rank(rule.directions[0]) for rule in in_force(host).rules}
    assert ranks == {"R0": (-2, 0, 0), "R1": (32 + 24, 1, 1), "R2": (23 - 1, 0, 0), "R3": (128 + 64, 0, 0)}


STRICT = ("action=block", "action=negotiate soft=no", "action=negotiate soft=yes", "action=permit")


@pytest.mark.parametrize("strict", [0, 1, 2])
@pytest.mark.parametrize("first", [0, 1])
def test_the_stricter_rule_wins_at_equal_rank(strict: int, first: int) -> None:
    rules = [(f"me {PEER}", STRICT[strict]), (f"me {PEER}", STRICT[strict + 1])]
    host = in_policy(machine("h", ME), *(rules[::-1] if first else rules))
    found = decide(in_force(host), packet(ME, PEER))
    assert found.rule is not None
    assert found.rule.name == f"R{first}"


def test_the_first_rule_as_stored_wins_where_nothing_else_tells() -> None:
    host = in_policy(
        machine("h", ME), *[(f"me {PEER}", f"action=negotiate qmsec={one}") for one in ("AH[MD5]", "AH[SHA1]")]
    )
    # netsh puts new rules first.
    state = in_force(host)
    assert [rule.name for rule in state.rules] == ["R1", "R0"]
    assert decide(state, packet(ME, PEER)).rule == state.rules[0]


def test_disabled_and_dialup_rules_never_apply() -> None:
    for words in ("activate=no", "conntype=dialup"):
        assert choice(packet(ME, PEER), ("any any", "action=block", words)).choice is Choice.NOTHING
    for words in ("conntype=lan", "conntype=all"):
        assert choice(packet(ME, PEER), ("any any", "action=block", words)).choice is Choice.BLOCK


def test_a_rule_of_a_tunnel() -> None:
    found = choice(packet(ME, PEER), ("any any", "action=negotiate", "tunnel=192.0.2.9"))
    assert found.choice is Choice.TUNNEL


def test_server_types_match_nothing() -> None:
    assert choice(packet(ME, PEER, 17, 0, 53), ("me dns", "action=block")).choice is Choice.NOTHING


def test_what_is_not_in_force() -> None:
    host = in_policy(machine("h", ME), ("any any", "action=block"))
    one = packet(ME, PEER)
    assert decide(in_force(host), one).choice is Choice.BLOCK
    host.services["PolicyAgent"].state = host.services["PolicyAgent"].state.STOPPED
    assert decide(in_force(host), one).choice is Choice.NOTHING
    host.services["PolicyAgent"].state = host.services["PolicyAgent"].state.RUNNING
    policy_store(host).add_foreign("domain_policy")
    assert decide(in_force(host), one).choice is Choice.NOTHING
    host = in_policy(machine("h", ME), ("any any", "action=block"))
    policy_store(host).objects.assign(None)
    assert decide(in_force(host), one).choice is Choice.NOTHING


KERBEROS_IN = packet(PEER, ME, 6, 88, 3389)
KERBEROS_OUT = packet(ME, PEER, 17, 1025, 88)
RSVP = packet(ME, PEER, 46)
IKE = packet(ME, PEER, 17, 500, 500)
NAT_T = packet(ME, PEER, 17, 1025, 4500)
MULTICAST = packet(ME, "224.0.0.1", 2)
BROADCAST = packet(ME, "255.255.255.255", 17, 68, 67)
PLAIN = packet(ME, PEER, 6, 1025, 80)
ICMP_LIKE = packet(ME, PEER, 1)
ALL = (KERBEROS_IN, KERBEROS_OUT, RSVP, IKE, NAT_T, MULTICAST, BROADCAST, PLAIN, ICMP_LIKE)
BY_LEVEL = {
    0: {KERBEROS_IN, KERBEROS_OUT, RSVP, IKE, MULTICAST, BROADCAST},
    1: {IKE, MULTICAST, BROADCAST},
    2: {KERBEROS_IN, KERBEROS_OUT, RSVP, IKE},
    3: {IKE},
    None: {IKE},
}


@pytest.mark.parametrize("level", BY_LEVEL)
@pytest.mark.parametrize(("version", "service"), [("2003", "IPSec"), ("2016", "PolicyAgent")])
def test_exemptions_by_level(level: int | None, version: str, service: str) -> None:
    host = in_policy(machine("h", ME, version=version), ("any any", "action=block"))
    other = {"IPSec": "PolicyAgent", "PolicyAgent": "IPSec"}[service]
    services = r"HKLM\SYSTEM\CurrentControlSet\Services"
    host.registry.set(rf"{services}\{other}", "NoDefaultExempt", Value(Kind.DWORD, 0))
    if level is not None:
        host.registry.set(rf"{services}\{service}", "NoDefaultExempt", Value(Kind.DWORD, level))
    state = in_force(host)
    expected = BY_LEVEL[level] | ({NAT_T} if version != "2003" else set())
    assert {one for one in ALL if exempt(state, one)} == expected
    assert {one for one in ALL if decide(state, one).choice is Choice.NOTHING} == expected
