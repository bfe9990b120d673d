# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses on their way into documents and judgements: one address, network or range, or refused with the reason."""

from __future__ import annotations

import ipaddress
import string
from collections.abc import Callable
from typing import Any

import proofs
import pytest
from ansible.errors import AnsibleFilterError
from hostile import BULK, Tally, hostile, texts
from hypothesis import given

from ansible_collections.winsec.ipsec.plugins.filter.filters_to import FilterModule
from ansible_collections.winsec.ipsec.plugins.plugin_utils._associations.address import host_address
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.packets import format_address, parse_address
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.check import read_check
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.guard import read_guard
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.document.filter_list import read_filter
from ansible_collections.winsec.ipsec.plugins.plugin_utils._proof.evidence import read_evidence
from ansible_collections.winsec.ipsec.plugins.plugin_utils._proof.reading import read_proof

FILTERS = FilterModule().filters()
GOOD = ("10.0.0.1", "10.0.0.0/24", "10.0.0.0/255.255.255.0", "10.0.0.1-10.0.0.9", "2001:DB8::1", "2001:db8::/64", "me")
CHARACTERS = frozenset(string.ascii_lowercase + string.digits + ".:/-")


def reads_back(text: str) -> bool:
    try:
        found = parse_address(text, "x")
    except IpsecError as error:
        assert str(error).isascii()
        return False
    shown = format_address(found)
    assert set(shown) <= CHARACTERS
    assert parse_address(shown, "x") == found
    if shown not in ("me", "any", "dns", "wins", "dhcp", "gateway"):
        ends = [ipaddress.ip_address(end) for end in shown.partition("/")[0].split("-")]
        assert [str(end) for end in ends] == shown.partition("/")[0].split("-")
    return True


@given(hostile(*GOOD))
def test_an_address_is_written_from_what_it_means(text: str) -> None:
    reads_back(text)


def test_thousands_of_addresses() -> None:
    tally = Tally()
    for text in (*GOOD, *texts(BULK, 90, *GOOD)):
        tally.take(reads_back(text))
    assert tally.seen >= 5000
    assert min(tally.arrived, tally.refused) >= 50


def through_a_filter(name: str, text: str) -> bool:
    try:
        (found,) = FILTERS[name]([text], [80])
    except AnsibleFilterError as error:
        assert str(error).isascii()
        return False
    side = found["destination" if name == "filters_to" else "source"]
    assert set(side) <= CHARACTERS
    assert format_address(parse_address(text, "x")) == side
    return True


def test_thousands_of_peers() -> None:
    tally = Tally()
    for number, text in enumerate((*GOOD, *texts(BULK, 91, *GOOD))):
        name = ("filters_to", "filters_from")[number % 2]
        tally.take(through_a_filter(name, text))
    assert min(tally.arrived, tally.refused) >= 50


def test_ports_and_protocols_of_filters_are_read_with_the_document() -> None:
    for text in texts(BULK, 92, "80", "tcp"):
        for item in (*FILTERS["filters_to"](["10.0.0.1"], [text]), *FILTERS["filters_from"](["10.0.0.1"], [80], text)):
            try:
                found = read_filter(item, "f")
            except IpsecError:
                continue
            assert 0 <= found.destination_port <= 65535
            assert 0 <= found.protocol <= 255


def reported(text: str) -> dict[str, Any]:
    """Return a proof in which the first host has this address."""
    found: dict[str, Any] = proofs.realistic()
    found["hosts"][0] = {**found["hosts"][0], "addresses": [text]}
    return found


HOST: dict[str, Any] = {"name": "fe", "role": "front_end", "address": "10.0.0.1"}
PLACES: dict[str, Callable[[str], object]] = {
    "document": lambda text: read_filter({"destination": text}, "f"),
    "guard host": lambda text: read_guard({"host_addresses": [text]}),
    "guard controller": lambda text: read_guard({"controller_addresses": [text]}),
    "guard dns": lambda text: read_guard({"dns_servers": [text]}),
    "guard domain": lambda text: read_guard({"domain_controllers": [text]}),
    "guard flow": lambda text: read_guard(
        {"critical_flows": [{"name": "x", "peers": [text], "traffic": "tcp/1", "direction": "inbound"}]}
    ),
    "flow_check host": lambda text: read_check({"hosts": [{"name": "h", "addresses": [text]}]}),
    "flow_check network": lambda text: read_check({"hosts": [], "networks": {"n": [text]}}),
    "proof": lambda text: read_evidence({"hosts": [{**HOST, "address": text}]}),
    "report": lambda text: read_proof(reported(text)),
    "filters_to": lambda text: FILTERS["filters_to"]([text], [80]),
    "filters_from": lambda text: FILTERS["filters_from"]([text], [80]),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "text", ["fe80::1%3", "fe80::1%eth0", "fe80::1%1 x\nipsec static add filterlist name=x", "fe80::1%"]
)
def test_a_scope_is_refused_with_the_reason(place: str, text: str) -> None:
    with pytest.raises((IpsecError, AnsibleFilterError), match=r"since filters have no scope\. Leave out the %"):
        PLACES[place](text)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "text", ["\uff11\uff10.0.0.1", "10.0.0.\u0661", "2001:db8::\uff11", "fe80::1\u20281", "10.0.0.1\n2"]
)
def test_digits_of_other_scripts_are_no_address(place: str, text: str) -> None:
    with pytest.raises((IpsecError, AnsibleFilterError), match="expected"):
        PLACES[place](text)


def test_hosts_show_scopes_by_number_only() -> None:
    assert host_address("fe80::1%12") == "fe80::1%12"
    assert host_address("FE80::0:1") == "fe80::1"
    for text in ("fe80::1%eth0", "fe80::1%1 x", "fe80::1%12\n", "10.0.0.1%1", "fe80::1%\u0661", "fe80::1%", "<b>", ""):
        with pytest.raises(ValueError):
            host_address(text)
