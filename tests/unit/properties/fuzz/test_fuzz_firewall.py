# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host's firewall has stored: any rule, exception and address is read, or taken for what it is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from wounds import bounded, texts

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.address_sets import AddressSet, read_interval
from ansible_collections.winsec.ipsec.plugins.plugin_utils._firewall.port_entry import parse_entry
from ansible_collections.winsec.ipsec.plugins.plugin_utils._firewall.rules import our_rule
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.rule_string import parse_rule

pytestmark = pytest.mark.slow

PREFIX = "winsec.ipsec"
PEERS = AddressSet(filter(None, (read_interval("10.0.0.0/8"), read_interval("fe80::/10"))))
RULES = [
    "v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=17|LPort=500|RA4=10.0.0.0/255.0.0.0|Name=winsec.ipsec ike in|",
    "v2.0|Action=Block|Active=TRUE|Dir=Out|Protocol=50|RA4=10.0.0.1-10.0.0.9|RA6=fe80::/64|Profile=Domain|Name=x|",
    "v2.31|Action=Allow|Active=FALSE|Dir=In|Protocol=6|LPort2_10=80-90|RPort=RPC|LA4=LocalSubnet|Name=@a.dll,-1|Desc=|",
]
ENTRIES = [
    "500:UDP:10.0.0.5/255.255.255.255,LocalSubNet:Enabled:winsec.ipsec ike",
    "4500:UDP:*:Disabled:IPsec",
    "80:TCP:*:Enabled:Web",
]
WORDS = [
    *("|", "=", "v2.30|", "Protocol=", "LPort=", "RPort2_10=", "RA4=", "RA6=", "LA4=", "Profile=", "Name=", "Active="),
    *("/", "-", ",", ":", "::", "9", "255.", "0", ".", "fe80::1%1", "²", "٣", " ", "\n", "*", "LocalSubNet", "UDP"),
]


@given(text=texts(RULES, WORDS))
def test_rule_strings(text: str) -> None:
    with bounded():
        found = parse_rule(text)
        if found is None:
            return
        assert str(found) == text
        assert found.protocol is None or 0 <= found.protocol < 256
        assert found.profiles
        for side in ("L", "R"):
            ports, addresses = found.ports(f"{side}Port"), found.addresses(f"{side}A")
            assert ports is None or isinstance(ports.may_hold(500), bool)
            assert addresses is None or isinstance(addresses.may_meet(PEERS), bool)
        our_rule(found, PREFIX)


@given(text=texts(ENTRIES, WORDS))
def test_port_openings(text: str) -> None:
    with bounded():
        found = parse_entry(text)
        if found is not None:
            assert isinstance(found.suffices(PEERS), bool)
            assert isinstance(found.is_scope(PEERS), bool)


@given(text=texts(["10.0.0.0/8", "10.0.0.1-10.0.0.9", "fe80::/64", "10.0.0.0/255.0.0.0"], WORDS))
def test_addresses(text: str) -> None:
    with bounded():
        found = read_interval(text)
        if found is not None:
            assert read_interval(str(found)) == found


@pytest.mark.parametrize(
    "text",
    [
        f"v2.30|Protocol={'1' * 30_000}|",
        "v2.30|" + "LPort=1|" * 30_000,
        "v2.30|" + "RA4=10.0.0.1|" * 10_000,
        "v2.30|LPort=" + " " * 30_000 + "x|",
        "v2.30|LPort=1" + " " * 30_000 + "-x|",
        f"v2.30|RA4=10.0.0.0/{'1' * 30_000}|",
        f"v2.30|RA4={'1' * 30_000}|",
    ],
    ids=["protocol", "ports", "addresses", "blanks", "dash", "mask", "address"],
)
def test_long_rules_take_no_longer_than_they_are(text: str) -> None:
    with bounded():
        found = parse_rule(text)
        assert found is not None
        assert found.protocol is None
        found.ports("LPort")
        found.addresses("RA")
