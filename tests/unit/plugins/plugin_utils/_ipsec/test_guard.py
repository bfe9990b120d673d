# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guard over flows that must never stop: what options say, what is looked at, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._ipsec.errors import IpsecError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._ipsec.flows.lockout import Direction
from ansible_collections.winsec.ipsec.plugins.plugin_utils._ipsec.host import Host, Service
from ansible_collections.winsec.ipsec.plugins.plugin_utils._ipsec.model import POLICY, Foreign, Store
from ansible_collections.winsec.ipsec.plugins.plugin_utils._ipsec.planning.guard import Guard, read_guard
from ansible_collections.winsec.ipsec.plugins.plugin_utils._ipsec.values import AddressRange
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._ipsec.flows.scenes import (
    BE,
    BLOCK,
    CONTROLLER,
    FE,
    SERVER_2003,
    SERVER_2016,
    does,
    filter_of,
    store_of,
)

CUT = store_of(does(BLOCK, filter_of(CONTROLLER, "me", "tcp")))
GUARD = read_guard({}, host=[FE], controller=[CONTROLLER], port=5985)


def host(store: Store | None = None, **words: object) -> Host:
    services = {"PolicyAgent": Service(4, 2)}
    return Host(
        **{"version": SERVER_2016, "store": store or Store(), "services": services, "domain_policy": None, **words}
    )


def refusal(guard: Guard, desired: Store, target: Host | None = None) -> str:
    try:
        guard.check(target or host(), desired)
    except IpsecError as error:
        return str(error)
    return ""


def test_the_connection_itself_is_guarded() -> None:
    said = refusal(GUARD, CUT)
    assert said.startswith(f"critical flow management is 'stopped at {CONTROLLER}:")
    assert f"-> {FE}:5985 tcp" in said
    assert "add management to allow_lockout" in said


def test_nothing_to_guard_is_no_refusal() -> None:
    assert refusal(replace(GUARD, allowed=frozenset({"management"})), CUT) == ""
    assert refusal(replace(GUARD, host_addresses=()), CUT) == ""
    assert refusal(GUARD, replace(CUT, assigned=None)) == ""
    assert refusal(GUARD, store_of(does(BLOCK, filter_of(BE, "me", "tcp")))) == ""
    assert refusal(read_guard({}, host=[FE], controller=[CONTROLLER]), CUT) == ""
    assert refusal(read_guard({}, host=[FE], port=5985), CUT) == ""


def test_what_is_stopped_already_is_not_stopped_by_the_change() -> None:
    assert refusal(GUARD, CUT, host(CUT)) == ""


def test_a_policy_that_does_not_act_stops_nothing() -> None:
    """The agent is started with the change: what the policy in force would do counts from then on."""
    assert refusal(GUARD, CUT, host(CUT, services={"PolicyAgent": Service(1, 2)}))
    foreign = Foreign(kind=POLICY, name="F", identity="{1}", reason="odd", assigned=True)
    assert refusal(GUARD, CUT, host(replace(CUT, foreign=(foreign,))))
    spare = replace(foreign, assigned=False)
    assert refusal(GUARD, CUT, host(replace(CUT, foreign=(spare,)))) == ""


def test_the_version_and_its_exemptions_count() -> None:
    """What filters never see cannot be stopped by them: Kerberos, with the exemptions of 2003 at level 0."""
    kerberos = read_guard(
        {"critical_flows": [{"name": "kdc", "peers": [BE], "traffic": "tcp/88", "direction": "outbound"}]}, host=[FE]
    )
    cut = store_of(does(BLOCK, filter_of("me", BE, "tcp")))
    old = host(version=SERVER_2003, exemption_level=0)
    assert refusal(kerberos, cut, old) == ""
    assert "critical flow kdc" in refusal(kerberos, cut, replace(old, exemption_level=3))
    assert "critical flow kdc" in refusal(kerberos, cut, replace(old, version=SERVER_2016, exemption_level=3))


def test_options_come_before_what_the_connection_says() -> None:
    found = read_guard(
        {
            "host_addresses": [" 10.0.0.99 "],
            "controller_addresses": ["10.0.9.0/24", "10.0.8.1", "10.0.7.1-10.0.7.9"],
            "management_ports": ["5986", 22],
            "name": "an option of the module",
        },
        host=[FE],
        controller=[CONTROLLER],
        port=5985,
    )
    assert found.host_addresses == (ip_address("10.0.0.99"),)
    (flow,) = found.flows
    assert flow.name == "management"
    assert flow.peers == (
        ip_network("10.0.9.0/24"),
        ip_address("10.0.8.1"),
        AddressRange(ip_address("10.0.7.1"), ip_address("10.0.7.9")),
    )
    space = str(flow.traffic)
    assert "5986" in space
    assert "22" in space
    assert "5985" not in space


def test_servers_and_own_flows_are_added() -> None:
    flow = {"name": "web", "peers": ["0.0.0.0/1"], "traffic": "tcp/443"}
    found = read_guard(
        {
            "dns_servers": ["10.0.0.2"],
            "domain_controllers": ["10.0.0.3"],
            "critical_flows": [flow, {**flow, "name": "out", "direction": "outbound"}],
            "allow_lockout": ["web", "management"],
        }
    )
    assert len(found.flows) == 4
    assert [each.peers for each in found.flows[:2]] == [(ip_address("10.0.0.2"),), (ip_address("10.0.0.3"),)]
    assert [(each.name, each.direction) for each in found.flows[2:]] == [
        ("web", Direction.INBOUND),
        ("out", Direction.OUTBOUND),
    ]
    assert found.allowed == {"web", "management"}
    assert found.host_addresses == ()


FLOW = {"name": "web", "peers": [BE], "traffic": "tcp/443"}


@pytest.mark.parametrize(
    ("options", "path", "expected"),
    [
        ({"host_addresses": [FE, "fe1"]}, "host_addresses[1]", "one address of the host"),
        ({"controller_addresses": ["me"]}, "controller_addresses[0]", "an address, a network or a range"),
        ({"dns_servers": ["dns"]}, "dns_servers[0]", "an address, a network or a range"),
        ({"management_ports": [0]}, "management_ports[0]", "a port from 1 to 65535"),
        ({"management_ports": [1, 65536]}, "management_ports[1]", "a port from 1 to 65535"),
        ({"management_ports": ["http"]}, "management_ports[0]", "a port from 1 to 65535"),
        ({"management_ports": ["\u00b2"]}, "management_ports[0]", "a port from 1 to 65535"),
        ({"critical_flows": [{**FLOW, "peers": []}]}, "critical_flows[0].peers", "at least one address"),
        ({"critical_flows": [{**FLOW, "name": None}]}, "critical_flows[0].name", "a name for the flow"),
        ({"critical_flows": [{**FLOW, "traffic": None}]}, "critical_flows[0].traffic", "for example tcp/443"),
        ({"critical_flows": [{**FLOW, "peers": None}]}, "critical_flows[0].peers", "addresses"),
        ({"critical_flows": [{**FLOW, "port": 1}]}, "critical_flows[0]", ""),
        ({"allow_lockout": ["web"]}, "allow_lockout[0]", "one of management"),
        ({"allow_lockout": ["dns"], "critical_flows": [FLOW]}, "allow_lockout[0]", "one of management, web"),
    ],
)
def test_refusals_name_the_option(options: dict[str, object], path: str, expected: str) -> None:
    with pytest.raises(IpsecError) as caught:
        read_guard(options)
    assert caught.value.path.startswith(path)
    assert expected in caught.value.expected


@pytest.mark.parametrize("port", [1, 65535, "5985"])
def test_ports_from_end_to_end(port: object) -> None:
    assert read_guard({"controller_addresses": [CONTROLLER], "management_ports": [port]}).flows
