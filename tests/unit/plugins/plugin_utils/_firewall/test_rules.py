# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rule strings: every part of the grammar is read, nothing is lost, and openings are found again."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._firewall.openings import Direction, Opening, Protocol
from ansible_collections.winsec.ipsec.plugins.plugin_utils._firewall.rules import (
    OurRule,
    blocks,
    is_opening,
    our_rule,
    rule_name,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.rule_string import Profile, RuleString, parse_rule
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._firewall.rule_registry import (
    PREFIX,
    VERSIONS,
    openings,
    rule_text,
)

words = st.text(st.characters(exclude_characters="|=", exclude_categories=("Cs",)), min_size=1, max_size=8)
values = st.text(st.characters(exclude_characters="|", exclude_categories=("Cs",)), max_size=12)
fields = st.lists(st.tuples(words, values), max_size=8).map(tuple)


def rule(text: str) -> RuleString:
    found = parse_rule(text)
    assert found is not None
    return found


def ours(text: str) -> OurRule:
    found = our_rule(rule(text), PREFIX)
    assert found is not None
    return found


@given(st.sampled_from(VERSIONS), fields)
def test_nothing_is_lost(version: str, parts: tuple[tuple[str, str], ...]) -> None:
    found = RuleString(version, parts)
    assert parse_rule(str(found)) == found


@given(st.lists(st.sampled_from(["v2.30", "|", "Name=x", "Name", "=", "2.30", "v", "\n", "v2.x|"]), max_size=6))
def test_a_text_is_a_rule_that_reads_back_or_none(parts: list[str]) -> None:
    text = "".join(parts)
    found = parse_rule(text)
    assert found is None or str(found) == text


@pytest.mark.parametrize("text", ["", "v2.30", "v2.30|Name=x", "2.30|Name=x|", "v2.30|Name|", "Action=Allow|"])
def test_broken_texts(text: str) -> None:
    assert parse_rule(text) is None


def test_the_published_example() -> None:
    found = rule("v2.30|Action=Block|Active=TRUE|Dir=Out|Protocol=47|Name=GRE|")
    assert (found.name, found.protocol, found.active, found.profiles) == ("GRE", 47, True, frozenset(Profile))
    assert found.ports("LPort") is found.addresses("RA") is None


def test_every_form_of_ports_and_addresses() -> None:
    found = rule(
        "v2.33|LPort=500|LPort=RPC|LPort2_10=1000-1010|RPort=4500|RA4=10.0.0.1|RA4=10.0.1.0/255.255.255.0|RA4=LocalSubnet"
        "|RA6=fe80::/64|RA6=LocalSubnet|LA4=10.0.0.1-10.0.0.3|Profile=Domain|Profile=Private|"
    )
    ports, remote, local = found.ports("LPort"), found.addresses("RA"), found.addresses("LA")
    assert ports is not None and remote is not None and local is not None
    assert (ports.ranges, ports.words) == (((500, 500), (1000, 1010)), ("RPC",))
    assert (remote.words, remote.found.texts()) == (("LocalSubnet",), ["10.0.0.1", "10.0.1.0/24", "fe80::/64"])
    assert local.found.texts() == ["10.0.0.1-10.0.0.3"]
    assert found.profiles == {Profile.DOMAIN, Profile.PRIVATE}


@given(openings, st.integers(0, 2**32))
def test_an_opening_is_found_in_every_spelling(opening: Opening, seed: int) -> None:
    text = rule_text(rule_name(PREFIX, opening.protocol, opening.direction), opening, Random(seed))
    found = ours(text)
    assert (found.protocol, found.direction) == (opening.protocol, opening.direction)
    assert is_opening(found, opening)
    assert str(found.rule) == text


@given(openings, openings, st.integers(0, 2**32))
def test_another_opening_is_told_apart(left: Opening, right: Opening, seed: int) -> None:
    found = ours(rule_text(rule_name(PREFIX, left.protocol, left.direction), left, Random(seed)))
    same = (
        (left.protocol, left.direction, left.profiles) == (right.protocol, right.direction, right.profiles)
        and left.peers.same(right.peers)
        and (left.local is None) == (right.local is None)
        and (left.local is None or right.local is None or left.local.same(right.local))
    )
    assert is_opening(found, right) == same


BASE = "v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=17|LPort=500|RA4=10.0.0.1|Name=winsec.ipsec ike in|"
OPENING = Opening(
    protocol=Protocol.IKE,
    direction=Direction.IN,
    peers=rule(BASE).addresses("RA").found,  # type: ignore[union-attr]
)


@pytest.mark.parametrize(
    "change",
    [
        ("Active=TRUE", "Active=FALSE"),
        ("LPort=500", "LPort=500|LPort=4500"),
        ("LPort=500", "LPort2_10=499-500"),
        ("LPort=500|", ""),
        ("LPort=500", "LPort=500|RPort=500"),
        ("RA4=10.0.0.1|", ""),
        ("RA4=10.0.0.1", "RA4=10.0.0.1|RA4=LocalSubnet"),
        ("RA4=10.0.0.1", "RA4=10.0.0.1|RA42=IntErnet"),
        ("RA4=10.0.0.1", "RA4=10.0.0.1|LA4=10.0.0.2"),
        ("Dir=In", "Dir=In|Profile=Domain"),
        ("Dir=In", "Dir=In|Security=Authenticate"),
        ("Dir=In", "Dir=In|IFType=Lan"),
    ],
)
def test_a_rule_of_ours_that_differs(change: tuple[str, str]) -> None:
    assert is_opening(ours(BASE), OPENING)
    assert not is_opening(ours(BASE.replace(*change)), OPENING)


@pytest.mark.parametrize("name", ["WinSec.IPsec IKE In", "winsec.ipsec ike in 2", "winsec.ipsec ike in 17"])
def test_names_of_ours(name: str) -> None:
    assert is_opening(ours(BASE.replace("winsec.ipsec ike in", name)), OPENING)


@pytest.mark.parametrize(
    "change",
    [
        ("Action=Allow", "Action=Block"),
        ("Action=Allow", "Action=ByPass"),
        ("Dir=In", "Dir=Out"),
        ("Protocol=17", "Protocol=6"),
        ("Protocol=17|", ""),
        ("LPort=500", "LPort=80"),
        ("Dir=In", r"Dir=In|App=C:\x.exe"),
        ("Dir=In", "Dir=In|Svc=ikeext"),
        ("winsec.ipsec ike in", "winsec.ipsec ike inward"),
        ("winsec.ipsec ike in", "winsec_ipsec ike in"),
        ("winsec.ipsec ike in", "my winsec.ipsec ike in"),
        ("winsec.ipsec ike in", "@FirewallAPI.dll,-33757"),
    ],
)
def test_rules_of_others(change: tuple[str, str]) -> None:
    assert our_rule(rule(BASE.replace(*change)), PREFIX) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v2.30|Action=Block|Active=TRUE|Dir=In|Name=all|", True),
        ("v2.30|Action=Block|Active=TRUE|Dir=In|Protocol=256|Name=all|", True),
        ("v2.30|Action=Block|Active=TRUE|Dir=In|Protocol=17|LPort=RPC|Name=x|", True),
        ("v2.30|Action=Block|Active=TRUE|Dir=In|Protocol=17|LPort2_10=400-600|RA4=LocalSubnet|Name=x|", True),
        ("v2.30|Action=Block|Active=FALSE|Dir=In|Name=x|", False),
        ("v2.30|Action=Block|Active=TRUE|Dir=Out|Name=x|", False),
        ("v2.30|Action=Block|Active=TRUE|Dir=In|Protocol=6|Name=x|", False),
        ("v2.30|Action=Block|Active=TRUE|Dir=In|Protocol=17|LPort=501|Name=x|", False),
        ("v2.30|Action=Block|Active=TRUE|Dir=In|RA4=10.0.0.2|Name=x|", False),
        (r"v2.30|Action=Block|Active=TRUE|Dir=In|App=C:\x.exe|Name=x|", False),
        ("v2.30|Action=Allow|Active=TRUE|Dir=In|Name=x|", False),
    ],
)
def test_what_stands_against_an_opening(text: str, expected: bool) -> None:
    assert blocks(rule(text), OPENING) is expected
