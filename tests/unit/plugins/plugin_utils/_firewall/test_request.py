# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of the module as openings."""

from __future__ import annotations

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._firewall.request import read_openings
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.rule_string import Profile


def test_defaults() -> None:
    found = read_openings({"peers": ["10.0.0.1"]})
    assert [(each.protocol, each.direction) for each in found.openings] == [
        ("ike", "in"),
        ("ike", "out"),
        ("nat_traversal", "in"),
        ("nat_traversal", "out"),
        ("esp", "in"),
        ("esp", "out"),
    ]
    assert {each.profiles for each in found.openings} == {frozenset(Profile)}
    assert {(each.local_port, each.remote_port) for each in found.openings} == {
        (500, None),
        (500, 500),
        (4500, None),
        (4500, 4500),
        (None, None),
    }


def test_one_text_may_hold_several() -> None:
    assert read_openings({"peers": "10.0.0.1, 10.0.0.2"}) == read_openings({"peers": ["10.0.0.2", "10.0.0.1"]})


def test_absent_needs_nothing() -> None:
    assert read_openings({"state": "absent", "name_prefix": "x"}).openings == ()


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({}, "peers"),
        ({"peers": []}, "peers"),
        ({"peers": ["LocalSubnet"]}, "peers[0]"),
        ({"peers": ["10.0.0.1"], "protocols": []}, "protocols"),
        ({"peers": ["10.0.0.1"], "protocols": ["esp", "gre"]}, "protocols[1]"),
        ({"peers": ["10.0.0.1"], "directions": ["both"]}, "directions[0]"),
        ({"peers": ["10.0.0.1"], "profiles": ["any"]}, "profiles[0]"),
        ({"peers": ["10.0.0.1"], "local_addresses": ["::1"]}, "local_addresses"),
        ({"peers": ["10.0.0.1"], "local_addresses": ["me"]}, "local_addresses[0]"),
        ({"peers": ["10.0.0.1"], "name_prefix": "@x"}, "name_prefix"),
        ({"peers": ["10.0.0.1"], "name_prefix": "a|b"}, "name_prefix"),
        ({"peers": ["10.0.0.1"], "name_prefix": 'a" b'}, "name_prefix"),
        ({"peers": ["10.0.0.1"], "name_prefix": "x" * 201}, "name_prefix"),
        ({"peers": ["10.0.0.1"], "name_prefix": "\u00fc"}, "name_prefix"),
    ],
)
def test_refusals(options: dict[str, object], path: str) -> None:
    with pytest.raises(IpsecError) as caught:
        read_openings(options)
    assert caught.value.path == path
