# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters of one host to or from many peers."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.winsec.ipsec.plugins.filter.filters_to import FilterModule
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.document.filter_list import read_filter

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


def test_one_text_may_hold_several_as_everywhere_in_ansible():
    expected = FILTERS["filters_to"](["10.0.1.20", "10.0.1.21"], [80, 110])
    assert FILTERS["filters_to"]("10.0.1.20, 10.0.1.21", "80,110") == expected
    assert FILTERS["filters_to"](["10.0.1.20"], 80) == FILTERS["filters_to"]("10.0.1.20", "80") == expected[:1]


@pytest.mark.parametrize(
    ("peers", "ports", "words"),
    [
        ({"preshared_key": "Xy7"}, [80], "the list of peers is a mapping (not shown): expected a list"),
        (["10.0.0.10"], [{"preshared_key": "Xy7"}], "ports[0] is a mapping (not shown): expected a text"),
        ([["Xy7"]], [80], "the list of peers[0] is a list (not shown): expected a text"),
        (["10.0.0.10"], [True], "ports[0] is True: expected a text"),
    ],
)
def test_texts_are_expected(peers, ports, words):
    with pytest.raises(AnsibleFilterError) as refused:
        FILTERS["filters_to"](peers, ports)
    assert words in str(refused.value)
    assert "Xy7" not in str(refused.value)
