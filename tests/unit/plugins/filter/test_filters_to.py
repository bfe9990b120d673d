# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters of one host to or from many peers."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.winsec.ipsec.plugins.filter.filters_to import FilterModule
from ansible_collections.winsec.ipsec.plugins.plugin_utils._ipsec.document.filter_list import read_filter

FILTERS = FilterModule().filters()


def test_every_port_of_every_peer():
    found = FILTERS["filters_to"](["10.0.1.20", "10.0.1.21"], [80, 143])
    assert [(item["source"], item["destination"], item["destination_port"]) for item in found] == [
        ("me", "10.0.1.20", "80"),
        ("me", "10.0.1.20", "143"),
        ("me", "10.0.1.21", "80"),
        ("me", "10.0.1.21", "143"),
    ]


def test_from_peers():
    (found,) = FILTERS["filters_from"](["10.0.0.10"], [53], "udp")
    assert found == {"source": "10.0.0.10", "destination": "me", "protocol": "udp", "destination_port": "53"}


@pytest.mark.parametrize("name", FILTERS)
def test_the_result_is_what_filter_lists_take(name):
    assert all(read_filter(item, "f").mirrored for item in FILTERS[name](["10.0.0.10"], ["80"]))


@pytest.mark.parametrize(("peers", "ports"), [("10.0.0.10", [80]), (["10.0.0.10"], 80), (["10.0.0.10"], "80")])
def test_lists_are_expected(peers, ports):
    with pytest.raises(AnsibleFilterError, match="expected a list"):
        FILTERS["filters_to"](peers, ports)
