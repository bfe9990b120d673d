# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rule strings, port openings, and what a host's firewall does with one packet."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from typing import Any

import pytest

from winlab import Host, Kind, Value
from winlab.firewall import Direction, Profile, passes, store
from winlab.firewall.builtin import open_up, read_opening
from winlab.firewall.model import Action, Rule, read, write
from winlab.firewall.portopenings import Opening, openings, put
from winlab.firewall.portopenings import read as read_old
from winlab.firewall.portopenings import write as write_old
from winlab.firewall.spans import AddressSpan, AddressWord, PortSpan, read_address, write_address
from winlab.ipsec.packet import Packet
from winlab.services import State

OWN, PEER = "10.0.1.20", "10.0.0.10"
IN, OUT = Direction.IN, Direction.OUT


def host(version: str = "2016") -> Host:
    return Host.create("h", version, addresses=[OWN])


def span(text: str) -> AddressSpan:
    item = read_address(text)
    assert isinstance(item, AddressSpan)
    return item


def inbound(protocol: int = 17, port: int = 500, peer: str = PEER, peer_port: int = 500, own: str = OWN) -> Packet:
    return Packet(ip_address(peer), ip_address(own), protocol, peer_port, port)


def plant(on: Host, *texts: str) -> Host:
    for number, text in enumerate(texts):
        on.registry.set(store.RULES, f"R{number}", Value(Kind.SZ, text))
    return on


def test_the_published_example() -> None:
    text = "v2.30|Action=Block|Active=TRUE|Dir=Out|Protocol=47|Name=GRE|"
    rule = read(text)
    assert rule == Rule("GRE", Action.BLOCK, OUT, protocol=47)
    assert write(rule, "2.30", masks=False) == text


@pytest.mark.parametrize(
    ("keys", "fields"),
    [
        ("", {}),
        ("Protocol=17|LPort=500|", {"protocol": 17, "local_ports": (PortSpan(500, 500),)}),
        (
            "Protocol=6|LPort=80|LPort=443|LPort2_10=5000-5010|RPort2_10=1024-65535|",
            {
                "protocol": 6,
                "local_ports": (PortSpan(80, 80), PortSpan(443, 443), PortSpan(5000, 5010)),
                "remote_ports": (PortSpan(1024, 65535),),
            },
        ),
        ("Protocol=6|LPort=RPC|", {"protocol": 6, "local_ports": ("RPC",)}),
        ("Profile=Domain|Profile=Private|", {"profiles": (Profile.DOMAIN, Profile.PRIVATE)}),
        (
            "LA4=10.0.0.1|RA4=10.1.0.0/255.255.0.0|RA4=10.0.0.5-10.0.0.9|RA6=2001:db8::/32|",
            {
                "local_v4": (span("10.0.0.1"),),
                "remote_v4": (span("10.1.0.0/16"), span("10.0.0.5-10.0.0.9")),
                "remote_v6": (span("2001:db8::/32"),),
            },
        ),
        ("RA4=LocalSubnet|RA4=DNS|", {"remote_v4": (AddressWord.LOCAL_SUBNET, AddressWord.DNS)}),
        ("App=C:\\a b.exe|Svc=x|", {"program": "C:\\a b.exe", "service": "x"}),
    ],
)
def test_rule_strings_both_ways(keys: str, fields: dict[str, Any]) -> None:
    text = f"v2.10|Action=Allow|Active=TRUE|Dir=In|{keys}Name=N|"
    rule = read(text)
    assert rule == replace(Rule("N", Action.ALLOW, IN), **fields)
    assert write(rule, "2.10", masks=True) == text


def test_order_and_unknown_keys() -> None:
    rule = read(
        "v2.33|Name=A=B|New=1|Dir=In|Edge=TRUE|Active=FALSE|EmbedCtxt=@x.dll,-1|Security=Authenticate|Action=Allow|"
    )
    assert (rule.name, rule.active, rule.edge, rule.group) == ("A=B", False, True, "@x.dll,-1")
    assert rule.extra == (("New", "1"),)
    assert write(rule, "2.33", masks=False) == (
        "v2.33|Action=Allow|Active=FALSE|Dir=In|Name=A=B|EmbedCtxt=@x.dll,-1|Edge=TRUE|Security=Authenticate|New=1|"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2.10|Action=Allow|Dir=In|Name=N|",
        "v2.10",
        "v2.10|Action=Allow|Dir=In|Name=N",
        "v2.10|Action=Allow|Dir=In|Name=N|Desc=x",
        "v2.10|Action=Allow|Dir=In|",
        "v2.10|Action=Maybe|Dir=In|Name=N|",
        "v2.10|Action=Allow|Dir=In|Name=N|Protocol=256|",
        "v2.10|Action=Allow|Dir=In|Name=N|LPort=70000|",
        "v2.10|Action=Allow|Dir=In|Name=N|RA4=10.0.0.0/255.0.255.0|",
        "v2.10|Action=Allow|Dir=In|Name=N|RA4=10.0.0.9-10.0.0.5|",
        "v2.10|Action=Allow|Dir=In|Name=N|Active=YES|",
    ],
)
def test_strings_that_are_no_rules(text: str) -> None:
    with pytest.raises(ValueError):
        read(text)
    assert not passes(plant(host(), text), inbound(), IN)


@pytest.mark.parametrize(
    ("text", "mask", "prefix"),
    [
        ("10.1.2.3/24", "10.1.2.0/255.255.255.0", "10.1.2.0/24"),
        ("10.1.2.3/255.255.255.255", "10.1.2.3", "10.1.2.3"),
        ("10.0.0.1-10.0.0.1", "10.0.0.1", "10.0.0.1"),
        ("0.0.0.0/0", "0.0.0.0/0.0.0.0", "0.0.0.0/0"),
        ("2001:db8::1/64", "2001:db8::/64", "2001:db8::/64"),
        ("localsubnet", "LocalSubnet", "LocalSubnet"),
    ],
)
def test_addresses(text: str, mask: str, prefix: str) -> None:
    item = read_address(text)
    assert (write_address(item, masks=True), write_address(item, masks=False)) == (mask, prefix)


def test_a_new_host() -> None:
    for version, word in (("2008R2", "v2.10|"), ("2016", "v2.26|"), ("2025", "v2.33|")):
        on = host(version)
        texts = [str(value.data) for _name, value in on.registry.values(store.RULES)]
        assert len(texts) == len(list(store.rules(on))) == 6
        assert {text[:6] for text in texts} == {word, "v2.0|A"}
        assert sum("Name=@FirewallAPI.dll,-" in text for text in texts) == 6
        assert sum("Feature9=" in text for text in texts) == 1
        assert on.registry.get(rf"{store.POLICY}\PublicProfile", "EnableFirewall") == Value(Kind.DWORD, 1)
        assert (on.services["MpsSvc"].state, "SharedAccess" in on.services) == (State.RUNNING, False)
        assert not passes(on, inbound(), IN)
        assert passes(on, inbound(), OUT)
    old = host("2003")
    assert old.services["SharedAccess"].state == State.RUNNING
    assert not old.registry.exists(store.RULES)
    assert old.registry.get(rf"{store.POLICY}\StandardProfile", "EnableFirewall") == Value(Kind.DWORD, 0)
    assert not old.registry.exists(rf"{store.POLICY}\PublicProfile")
    assert passes(old, inbound(), IN)


@pytest.mark.parametrize("version", ["2003", "2008R2", "2016", "2025"])
def test_management_is_open_from_the_start(version: str) -> None:
    on = host(version)
    store.switch(on, True)
    for port, open_ in ((5985, True), (5986, True), (3389, False)):
        assert passes(on, inbound(6, port, peer_port=50000), IN) is open_


ALLOW, BLOCK = "v2.26|Action=Allow|Active=TRUE|Dir=In|", "v2.26|Action=Block|Active=TRUE|Dir=In|"


@pytest.mark.parametrize(
    ("keys", "packet", "open_"),
    [
        ("Protocol=17|LPort=500|", inbound(), True),
        ("", inbound(), True),
        ("Protocol=17|", inbound(), True),
        ("Protocol=6|LPort=500|", inbound(), False),
        ("Protocol=17|LPort=4500|", inbound(), False),
        ("Protocol=17|LPort2_10=400-500|", inbound(), True),
        ("Protocol=17|LPort2_10=400-499|", inbound(), False),
        ("Protocol=17|RPort=500|", inbound(), True),
        ("Protocol=17|RPort=501|", inbound(), False),
        ("Protocol=50|", inbound(50, 0, peer_port=0), True),
        ("Protocol=50|", inbound(51, 0, peer_port=0), False),
        ("RA4=10.0.0.10|", inbound(), True),
        ("RA4=10.0.0.11|RA4=10.0.0.8/255.255.255.252|", inbound(), True),
        ("RA4=10.0.0.0/29|", inbound(), False),
        ("RA4=10.0.0.9-10.0.0.10|", inbound(), True),
        ("RA6=2001:db8::/32|", inbound(), False),
        ("RA4=10.0.0.10|", inbound(peer="2001:db8::1", own="2001:db8::2"), False),
        ("RA6=2001:db8::/32|", inbound(peer="2001:db8::1", own="2001:db8::2"), True),
        ("RA4=LocalSubnet|", inbound(), False),
        ("RA4=LocalSubnet|", inbound(peer="10.0.1.99"), True),
        ("RA4=DNS|", inbound(), False),
        ("LA4=10.0.1.20|", inbound(), True),
        ("LA4=10.0.1.21|", inbound(), False),
        ("Profile=Private|Profile=Domain|", inbound(), True),
        ("Profile=Public|", inbound(), False),
        (r"App=C:\Windows\System32\svchost.exe|Svc=IKEEXT|", inbound(), True),
        ("Svc=*|", inbound(), True),
        ("App=System|", inbound(), False),
        (r"App=C:\tool.exe|", inbound(), False),
        ("Svc=*|", inbound(6, 80), False),
        ("Security=Authenticate|", inbound(), False),
        ("Whatever=1|", inbound(), True),
    ],
)
def test_matching(keys: str, packet: Packet, open_: bool) -> None:
    assert passes(plant(host(), f"{ALLOW}{keys}Name=N|"), packet, IN) is open_
    everything = f"{ALLOW}Name=All|"
    assert passes(plant(host(), everything, f"{BLOCK}{keys}Name=N|"), packet, IN) is not open_


def test_the_ends_of_an_outbound_rule() -> None:
    on = plant(host(), "v2.26|Action=Block|Active=TRUE|Dir=Out|Protocol=17|RPort=53|RA4=10.0.0.10|Name=N|")
    query = Packet(ip_address(OWN), ip_address(PEER), 17, 50000, 53)
    assert not passes(on, query, OUT)
    assert passes(on, replace(query, destination=ip_address("10.0.0.11")), OUT)
    assert passes(on, replace(query, source_port=53, destination_port=50000), OUT)


def test_words_count_for_the_family_of_their_key() -> None:
    on = Host.create("h", addresses=[OWN, "2001:db8::2"])
    near = inbound(peer="2001:db8::1", own="2001:db8::2")
    assert not passes(plant(on, f"{ALLOW}RA4=LocalSubnet|Name=N|"), near, IN)
    assert passes(plant(on, f"{ALLOW}RA4=LocalSubnet|RA6=LocalSubnet|Name=N|"), near, IN)


def test_profiles_switches_and_the_service() -> None:
    on = plant(host(), "v2.26|Action=Allow|Active=TRUE|Dir=Out|Protocol=17|Name=N|", f"{ALLOW}Protocol=17|Name=N|")
    tcp = inbound(6, 80)
    assert (passes(on, tcp, IN), passes(on, tcp, OUT), passes(on, inbound(), IN)) == (False, True, True)
    store.set_setting(on, Profile.DOMAIN, store.OUTBOUND, 1)
    assert (passes(on, tcp, OUT), passes(on, inbound(), OUT)) == (False, True)
    store.set_setting(on, Profile.DOMAIN, store.INBOUND, 0)
    assert passes(on, tcp, IN)
    store.set_setting(on, Profile.DOMAIN, store.NO_EXCEPTIONS, 1)
    assert not passes(on, inbound(), IN)
    on.profile = Profile.PRIVATE
    assert (passes(on, inbound(), IN), passes(on, tcp, IN), passes(on, tcp, OUT)) == (True, False, True)
    store.set_setting(on, Profile.PRIVATE, store.ENABLE, 0)
    assert passes(on, tcp, IN)
    on.profile = Profile.PUBLIC
    assert not passes(on, tcp, IN)
    on.services["MpsSvc"].state = State.STOPPED
    assert passes(on, tcp, IN)


def test_inactive_rules_and_rules_of_a_group_policy() -> None:
    on = plant(host(), "v2.26|Action=Allow|Active=FALSE|Dir=In|Name=N|")
    assert not passes(on, inbound(), IN)
    store.plant_group_policy_rule(on, "{1}", f"{ALLOW}Protocol=17|LPort=500|Name=N|")
    assert passes(on, inbound(), IN)
    plant(on, f"{BLOCK}Protocol=17|Name=N|")
    assert not passes(on, inbound(), IN)


@pytest.mark.parametrize(
    ("text", "opening"),
    [
        ("500:UDP:*:Enabled:IKE", Opening(500, "UDP", "IKE")),
        ("80:TCP:LocalSubNet:Disabled:a:b", Opening(80, "TCP", "a:b", (AddressWord.LOCAL_SUBNET,), False)),
        (
            "500:UDP:10.0.0.5/255.255.255.255,10.1.0.0/255.255.0.0,LocalSubNet:Enabled:IKE",
            Opening(500, "UDP", "IKE", (span("10.0.0.5"), span("10.1.0.0/16"), AddressWord.LOCAL_SUBNET)),
        ),
    ],
)
def test_openings_of_server_2003(text: str, opening: Opening) -> None:
    assert read_old(text) == opening
    assert write_old(opening) == text


@pytest.mark.parametrize(
    "text", ["", "500:UDP:*:Enabled", "500:ESP:*:Enabled:x", "500:UDP:*:On:x", "x:UDP:*:Enabled:x"]
)
def test_values_that_are_no_openings(text: str) -> None:
    with pytest.raises(ValueError):
        read_old(text)
    old = host("2003")
    before = len(list(openings(old, Profile.DOMAIN)))
    key = rf"{store.POLICY}\DomainProfile\GloballyOpenPorts\List"
    old.registry.set(key, "odd", Value(Kind.SZ, text))
    assert len(list(openings(old, Profile.DOMAIN))) == before


def test_what_the_firewall_of_server_2003_lets_in() -> None:
    old = host("2003")
    store.switch(old, True)
    assert not passes(old, inbound(), IN)
    assert passes(old, inbound(), OUT)
    for protocol in (1, 50, 51):
        assert passes(old, inbound(protocol, 0), IN)
    put(old, Opening(500, "UDP", "IKE", (span("10.0.0.10"),)), [Profile.DOMAIN])
    assert passes(old, inbound(), IN)
    assert not passes(old, inbound(peer="10.0.0.11"), IN)
    assert not passes(old, inbound(6), IN)
    put(old, Opening(500, "UDP", "IKE", enabled=False), [Profile.DOMAIN])
    assert not passes(old, inbound(), IN)
    old.profile = Profile.PUBLIC
    assert not passes(old, inbound(), IN)
    put(old, Opening(500, "UDP", "IKE"), [Profile.PRIVATE])
    assert passes(old, inbound(), IN)
    store.set_setting(old, Profile.PRIVATE, store.NO_EXCEPTIONS, 1)
    assert not passes(old, inbound(), IN)
    assert passes(old, inbound(50, 0), IN)


@pytest.mark.parametrize("version", ["2003", "2016"])
def test_initial_openings(version: str) -> None:
    on = host(version)
    store.switch(on, True)
    for text in ("udp/500", "TCP/80", "50"):
        open_up(on, text)
    assert passes(on, inbound(), IN)
    assert passes(on, inbound(6, 80), IN)
    assert passes(on, inbound(50, 0), IN)
    assert not passes(on, inbound(17, 4500), IN)


@pytest.mark.parametrize("text", ["udp", "50/500", "udp/70000", "256", "", "esp", "udp/"])
def test_openings_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="is not an opening"):
        read_opening(text)
