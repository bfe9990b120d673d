# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""User data and the model: what is written is read back, and what is wrong is refused with its path."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.packets import Place
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.secret import Secret
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.document import read_document, write_document
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.document.filter_action import read_filter_action
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.document.filter_list import (
    read_filter,
    read_filter_list,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.document.policy import (
    read_policy,
    read_rule,
    write_policy,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import (
    Certificate,
    Filter,
    FilterList,
    Kerberos,
    PresharedKey,
    Store,
)
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._policies.strategies import stores

MARKED = "a key that no name or option spells"


@given(stores(modern=True))
def test_what_is_written_is_read_back(store):
    data = write_document(store)
    again = read_document(data)
    assert write_document(again) == data
    for one, other in zip(again.filter_lists, store.filter_lists, strict=True):
        assert (one.name, one.description, set(one.filters)) == (other.name, other.description, set(other.filters))
    assert again.filter_actions == store.filter_actions
    assert again.assigned == store.assigned
    assert [policy.name for policy in again.policies] == [policy.name for policy in store.policies]


def keyed(methods):
    """Return the authentication methods with ``MARKED`` in place of every key."""
    return tuple(
        dataclasses.replace(method, key=Secret(MARKED)) if isinstance(method, PresharedKey) else method
        for method in methods
    )


@given(stores(modern=True))
def test_documents_are_plain_data_without_keys(store):
    # A generated key can happen to be a word that every document holds.
    policies = tuple(
        dataclasses.replace(
            policy,
            rules=tuple(dataclasses.replace(rule, authentication=keyed(rule.authentication)) for rule in policy.rules),
            default_response=dataclasses.replace(
                policy.default_response, authentication=keyed(policy.default_response.authentication)
            ),
        )
        for policy in store.policies
    )
    assert MARKED not in json.dumps(write_document(dataclasses.replace(store, policies=policies)))


def test_a_filter_says_little():
    assert read_filter({}, "f") == Filter(source=Place.ME, destination=Place.ANY, mirrored=True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"destination": "10.0.1.0/24"}, {"destination": "10.0.1.0/255.255.255.0"}),
        ({"destination": "10.0.1.20"}, {"destination": "10.0.1.20/32"}),
        ({"destination": "10.0.1.20"}, {"destination": "10.0.1.20/255.255.255.255"}),
        ({"destination": "10.0.1.20"}, {"destination": " 10.0.1.20-10.0.1.20 "}),
        ({"destination": "2001:DB8::1"}, {"destination": "2001:db8:0::1/128"}),
        ({"source": "ME", "destination": "Any"}, {}),
        ({"protocol": 6, "destination_port": 80}, {"protocol": "TCP", "destination_port": "80"}),
        ({"protocol": "tcp", "source_port": 0}, {"protocol": "6", "source_port": "any"}),
        ({"mirrored": "yes"}, {"mirrored": True}),
        ({"mirrored": None, "source": None}, {}),
    ],
)
def test_forms_of_one_filter_are_one(one, other):
    assert read_filter(one, "f") == read_filter(other, "f")


def test_equal_filters_are_kept_once():
    found = read_filter_list(
        {"name": "L", "filters": [{"destination": "10.0.1.20"}, {"destination": "10.0.1.20/32"}]}, "l"
    )
    assert len(found.filters) == 1


@pytest.mark.parametrize(
    "more",
    [
        {"mirrored": False},
        {"description": "x"},
        {"protocol": 6},
        {"protocol": 6, "source_port": 80},
        {"protocol": 6, "destination_port": 80},
        {"source": Place.ANY},
        {"destination": Place.ME},
    ],
)
def test_the_order_of_filters_does_not_show(more):
    """Prediction and host may have the same filters in another order; netsh appends, a document does not say where."""
    one, other = Filter(), Filter(**more)
    shown = [
        write_document(Store(filter_lists=(FilterList(name="L", filters=filters),)))
        for filters in ((one, other), (other, one))
    ]
    assert shown[0] == shown[1]


def test_authentication_keeps_its_order():
    methods = [
        {"method": "certificate", "authority": 'O="Firm, Inc.", CN=Root', "map_to_account": True},
        {"method": "preshared_key", "preshared_key": "a key"},
        {"method": "kerberos"},
    ]
    rule = read_rule({"name": "R", "filter_list": "L", "filter_action": "A", "authentication": methods}, "r")
    assert rule.authentication == (
        Certificate('O="Firm, Inc.", CN=Root', map_to_account=True),
        PresharedKey(Secret("a key")),
        Kerberos(),
    )


@pytest.mark.parametrize(
    "data",
    [
        {"method": "preshared_key", "preshared_key": 'hush"hush'},
        {"method": "preshared_key", "preshared_key": "hushhüsh"},
        {"method": "preshared_key", "presharedkey": "hushhush"},
        {"method": "kerberos", "preshared_key": "hushhush"},
        {"method": "preshared_key", "preshared_key": ["hushhush"]},
        "hushhush",
    ],
)
def test_no_refusal_shows_a_key(data):
    with pytest.raises(IpsecError) as caught:
        read_rule({"name": "R", "filter_list": "L", "filter_action": "A", "authentication": [data]}, "r")
    assert "hush" not in str(caught.value)
    assert str(caught.value).startswith("r.authentication[0]")


def test_partial_objects_need_their_names_only():
    assert read_rule({"name": "R"}, "r", partial=True).name == "R"
    assert read_filter_action({"name": "A"}, "a", partial=True).name == "A"
    with pytest.raises(IpsecError, match=r"r\.filter_list is None"):
        read_rule({"name": "R"}, "r")
    with pytest.raises(IpsecError, match=r"a\.action is None"):
        read_filter_action({"name": "A"}, "a")
    with pytest.raises(IpsecError, match="name is None"):
        read_policy({}, "", partial=True)


@pytest.mark.parametrize(
    ("said", "limit"),
    [
        ({}, 0),
        ({"quick_modes": 5}, 5),
        ({"perfect_forward_secrecy": False, "quick_modes": 0}, 0),
        ({"perfect_forward_secrecy": True}, 1),
        ({"perfect_forward_secrecy": True, "quick_modes": 0}, 1),
        ({"perfect_forward_secrecy": True, "quick_modes": 1}, 1),
        # Nobody makes this pair with netsh, but a host may have it, and what it has is read back as it is.
        ({"perfect_forward_secrecy": True, "quick_modes": 5}, 5),
    ],
)
def test_fresh_keys_of_main_mode_limit_quick_modes(said, limit):
    found = read_policy({"name": "P", "main_mode": said}, "")
    assert found.main_mode.quick_modes == limit
    assert read_policy(write_policy(found), "") == found
