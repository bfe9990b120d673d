# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sets of addresses, and the texts that they are read from."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.address_sets import (
    AddressSet,
    Interval,
    parse_addresses,
    read_interval,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._firewall.rule_registry import address_sets


def members(found: AddressSet) -> set[tuple[int, int]]:
    """Return every address, one by one: the plain meaning of a set."""
    return {(item.version, number) for item in found.intervals for number in range(item.first, item.last + 1)}


@given(address_sets, address_sets)
def test_comparisons_are_those_of_the_addresses(left: AddressSet, right: AddressSet) -> None:
    mine, others = members(left), members(right)
    assert left.same(right) == (mine == others)
    assert left.covers(right) == (mine >= others)
    assert left.meets(right) == bool(mine & others)


@given(address_sets)
def test_texts_are_read_back(found: AddressSet) -> None:
    assert parse_addresses(found.texts(), "peers") == found
    assert [read_interval(text) for text in found.texts()] == list(found.intervals)
    assert found.as_networks().same(found)
    networks = {(net.version, int(each)) for net in found.networks() for each in net}
    assert networks == members(found)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("10.0.0.10", "10.0.0.10", "10.0.0.10"),
        ("10.0.0.0/24", "10.0.0.0", "10.0.0.255"),
        ("10.0.0.0/255.255.255.0", "10.0.0.0", "10.0.0.255"),
        ("10.0.0.7/255.255.255.0", "10.0.0.0", "10.0.0.255"),
        ("10.0.0.5/255.255.255.255", "10.0.0.5", "10.0.0.5"),
        ("10.0.0.1-10.0.1.3", "10.0.0.1", "10.0.1.3"),
        ("2001:db8::/64", "2001:db8::", "2001:db8::ffff:ffff:ffff:ffff"),
        ("fe80::1-fe80::5", "fe80::1", "fe80::5"),
        ("0.0.0.0/0", "0.0.0.0", "255.255.255.255"),
    ],
)
def test_stored_forms(text: str, first: str, last: str) -> None:
    low, high = ip_address(first), ip_address(last)
    assert read_interval(text) == Interval(low.version, int(low), int(high))


@given(
    st.sampled_from(
        [
            "LocalSubnet",
            "DNS",
            "*",
            "",
            "10.0.0.1/33",
            "10.0.0.9-10.0.0.1",
            "10.0.0.1-::2",
            "10.0.0.0/255.0.255.0",
            "1.2.3",
            "10.0.0.1/x",
        ]
    )
)
def test_what_is_no_address_is_a_word(text: str) -> None:
    assert read_interval(text) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("me", "others would be let in"),
        ("any", "expected an address,"),
        ("dns", "expected an address,"),
        ("host.example", "Names are not resolved"),
        ("10.0.0.1/24", "beyond its mask"),
        ("0.0.0.0/0", "0.0.0.0/1"),
        ("10.0.0.9-10.0.0.1", "not above the last"),
        ("10.0.0.1 & x", "expected"),
    ],
)
def test_refusals_name_the_option_and_a_remedy(text: str, words: str) -> None:
    with pytest.raises(IpsecError) as caught:
        parse_addresses(["10.0.0.1", text], "peers")
    assert caught.value.path == "peers[1]"
    assert words in str(caught.value)
    assert "me, any" not in str(caught.value)
