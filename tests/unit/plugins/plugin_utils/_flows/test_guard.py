# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guard over flows that must never stop: what options say, what is looked at, and what is refused."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.packets import AddressRange
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows import guard as guard_module
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.guard import Guard, read_guard
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.lockout import FlowDirection
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.management import Approach, Connection, Listed
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.host import Host
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import POLICY, Opaque, Store
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.services import Service
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._flows.scenes import (
    BE,
    BLOCK,
    CONTROLLER,
    FE,
    PERMIT,
    REQUEST,
    SERVER_2003,
    SERVER_2016,
    does,
    filter_of,
    store_of,
)

CUT = store_of(does(BLOCK, filter_of(CONTROLLER, "me", "tcp")))
HARMLESS = store_of(does(BLOCK, filter_of(BE, "me", "tcp")))
APPROACH = Approach(port=5985, controllers=(ip_address(CONTROLLER),))
GUARD = read_guard({}, APPROACH)
MINE = Connection(ip_address(FE), 5985, ip_address(CONTROLLER))
SEEN = Listed((MINE,))


def host(store: Store | None = None, **words: object) -> Host:
    services = {"PolicyAgent": Service(4, 2)}
    return Host(
        **{"version": SERVER_2016, "store": store or Store(), "services": services, "domain_policy": None, **words}
    )


ASLEEP = {"services": {"PolicyAgent": Service(1, 2)}}


def refusal(
    guard: Guard, desired: Store, target: Host | None = None, listed: Listed | None = SEEN, *, starts: bool = False
) -> str:
    try:
        guard.check(target or host(), desired, lambda: listed or Listed(), starts=starts)
    except IpsecError as error:
        return str(error)
    return ""


def asks(guard: Guard, have: Host, desired: Store) -> bool:
    """Tell whether the host is asked for its connections."""
    asked: list[Listed] = []
    with suppress(IpsecError):
        guard.check(have, desired, lambda: asked.append(SEEN) or SEEN)
    return bool(asked)


def test_the_connection_itself_is_guarded() -> None:
    said = refusal(GUARD, CUT)
    assert said.startswith(f"critical flow management is 'stopped at {CONTROLLER}:")
    assert f"-> {FE}:5985 tcp" in said
    assert "add management to allow_lockout" in said
    assert asks(GUARD, host(), CUT)


def test_nothing_to_guard_is_no_refusal() -> None:
    free = replace(GUARD, allowed=frozenset({"management"}))
    assert refusal(free, CUT) == ""
    assert not asks(free, host(), CUT)
    assert refusal(GUARD, replace(CUT, assigned=None)) == ""
    assert not asks(GUARD, host(CUT), replace(CUT, assigned=None))
    assert refusal(GUARD, HARMLESS) == ""


def test_what_does_not_change_for_packets_needs_no_knowledge() -> None:
    wider = replace(HARMLESS, filter_lists=(*HARMLESS.filter_lists, replace(CUT.filter_lists[0], name="unused")))
    assert not asks(GUARD, host(HARMLESS), wider)
    assert refusal(GUARD, wider, host(HARMLESS), Listed()) == ""


def test_a_guard_without_knowledge_refuses_with_what_to_set() -> None:
    """Host names that do not resolve, port forwards, hosts that list nothing: never silently off."""
    for listed in (None, Listed()):
        said = refusal(GUARD, HARMLESS, listed=listed)
        assert "Set host_addresses, controller_addresses and management_ports" in said
        assert "allow_lockout" in said
    forwarded = refusal(replace(GUARD, approach=replace(APPROACH, port=27001)), HARMLESS)
    assert "no connection at port 27001" in forwarded
    assert f"The host sees {CONTROLLER} -> {FE}:5985." in forwarded
    nothing = refusal(read_guard({}), HARMLESS)
    assert "which does not say one" in nothing
    told = {"host_addresses": [FE], "controller_addresses": [CONTROLLER], "management_ports": [5985]}
    assert refusal(read_guard(told), HARMLESS, listed=None) == ""
    assert "stopped at" in refusal(read_guard(told), CUT, listed=None)


def test_what_the_host_sees_comes_before_what_the_controller_believes() -> None:
    """Behind address translation the packets come from somewhere else."""
    behind = replace(GUARD, approach=Approach(port=5985, controllers=(ip_address("192.0.2.9"),)))
    assert "stopped at" in refusal(behind, CUT)
    other = Connection(ip_address(FE), 5985, ip_address("10.0.9.77"))
    # Somebody else's session is no matter of this task, unless nobody knows which is which.
    cut_other = store_of(does(BLOCK, filter_of("10.0.9.77", "me", "tcp")))
    assert refusal(GUARD, cut_other, listed=Listed((MINE, other))) == ""
    assert "stopped at 10.0.9.77" in refusal(behind, cut_other, listed=Listed((MINE, other)))


def test_over_ssh_the_host_knows_the_very_connection() -> None:
    exact = Listed((replace(MINE, port=2222),), exact=True)
    guard = replace(GUARD, approach=Approach(port=22, over_ssh=True))
    assert f"-> {FE}:2222 tcp" in refusal(guard, CUT, listed=exact)


def test_a_connection_from_the_host_itself_hides_the_real_one() -> None:
    tunnel = Listed((Connection(ip_address("127.0.0.1"), 5985, ip_address("127.0.0.1")),))
    assert "a tunnel or a relay ends there" in refusal(GUARD, HARMLESS, listed=tunnel)


def test_a_view_that_the_working_connection_disproves_is_no_view() -> None:
    """What the policy in force stops cannot be what carries the task."""
    closed = host(CUT)
    changed = replace(CUT, filter_lists=(replace(CUT.filter_lists[0], filters=HARMLESS.filter_lists[0].filters),))
    said = refusal(GUARD, changed, closed)
    assert "yet this task came through" in said
    assert "Set controller_addresses and management_ports" in said
    alive = Connection(ip_address(FE), 5985, ip_address("10.0.9.77"))
    assert refusal(GUARD, changed, closed, Listed((MINE, alive))) == ""
    wrong = read_guard({"controller_addresses": ["192.0.2.0/24"]}, APPROACH)
    assert "comes from controller_addresses" in refusal(wrong, HARMLESS)


def test_a_policy_that_does_not_act_stops_nothing() -> None:
    """The agent is started with the change: what the policy in force would do counts from then on."""
    assert "stopped at" in refusal(GUARD, CUT, host(CUT, **ASLEEP), starts=True)
    assert "stopped at" in refusal(GUARD, CUT, host(HARMLESS, **ASLEEP))
    # A sleeping policy that would stop it anyway is not made worse.
    redder = replace(CUT, filter_lists=(replace(CUT.filter_lists[0], filters=CUT.filter_lists[0].filters * 2),))
    assert refusal(GUARD, redder, host(CUT, **ASLEEP)) == ""


def test_what_cannot_be_judged_does_not_pass() -> None:
    opaque = Opaque(kind=POLICY, name="F", identity="{1}", reason="It is odd")
    unknown = Store(opaque=(opaque,), assigned="F", filter_lists=CUT.filter_lists)
    assert refusal(GUARD, CUT, host(unknown))
    assert refusal(GUARD, HARMLESS, host(unknown)) == ""
    used = replace(opaque, uses=frozenset({("filter_list", CUT.filter_lists[0].name.casefold())}))
    before = replace(unknown, opaque=(used,))
    after = replace(before, filter_lists=HARMLESS.filter_lists)
    assert "It is odd" in refusal(GUARD, after, host(before))
    assert refusal(GUARD, before, host(before)) == ""
    assert refusal(replace(GUARD, allowed=frozenset({"management"})), after, host(before)) == ""


@pytest.mark.parametrize("role", ["dns", "wins", "dhcp", "gateway"])
def test_a_server_role_counts_as_any_peer_unless_it_is_known(role: str) -> None:
    block = store_of(does(BLOCK, filter_of("me", role, "any")))
    said = refusal(GUARD, block)
    assert "stopped at" in said
    if role in ("dns", "dhcp"):
        known = read_guard({f"{role}_servers": ["10.0.0.2"], "allow_lockout": [role]}, APPROACH)
        assert refusal(known, block) == ""
        guarded = read_guard({f"{role}_servers": ["10.0.0.2"]}, APPROACH)
        assert f"critical flow {role} is 'stopped at {FE}" in refusal(guarded, block)


def test_nobody_relies_on_a_permit_for_an_unknown_server() -> None:
    servers = {"dhcp_servers": ["10.0.0.2"]}
    policy = store_of(does(BLOCK, filter_of("me", "10.0.0.0/24", "udp")), does(PERMIT, filter_of("me", "dhcp", "udp")))
    assert refusal(read_guard(servers, APPROACH), policy) == ""
    flow = {"name": "wins", "peers": ["10.0.0.2"], "traffic": "udp/137", "direction": "outbound"}
    names = store_of(does(BLOCK, filter_of("me", "10.0.0.0/24", "udp")), does(PERMIT, filter_of("me", "wins", "udp")))
    assert "critical flow wins" in refusal(read_guard({"critical_flows": [flow]}, APPROACH), names)


def test_what_may_pass_by_fallback_now_may_be_in_use() -> None:
    """Found by test_no_lockout: replies that fall back to clear may carry the task, confirmed or not."""
    replies = filter_of("me", CONTROLLER, "tcp", mirrored=False)
    before = store_of(does(replace(REQUEST, accept_unsecured=False), replies))
    assert "stopped at" in refusal(GUARD, store_of(does(BLOCK, replies)), host(before))


def test_what_hung_on_the_same_fallback_before_is_not_stopped_by_the_change() -> None:
    """Found by test_store_seen: the policy itself under another name."""
    replies = replace(REQUEST, accept_unsecured=False)
    both = does(replies, filter_of("me", CONTROLLER, "tcp"))
    more = does(BLOCK, filter_of("me", FE, "udp"))
    assert not refusal(GUARD, store_of(both, more), host(store_of(both)))
    taken_in = does(replace(replies, accept_unsecured=True), filter_of("me", CONTROLLER, "tcp"))
    assert "stopped at" in refusal(GUARD, store_of(both), host(store_of(taken_in)))
    one_way = does(replies, filter_of("me", CONTROLLER, "tcp", mirrored=False))
    assert "stopped at" in refusal(GUARD, store_of(both), host(store_of(one_way)))


def test_words_may_mean_both_families() -> None:
    """Whether a block of Any meets IPv6 is not confirmed: a guard takes the worse."""
    six = Listed((Connection(ip_address("2001:db8::10"), 5985, ip_address("2001:db8::99")),))
    assert "stopped at [2001:db8::99]" in refusal(
        GUARD, store_of(does(BLOCK, filter_of("any", "me", "any"))), listed=six
    )
    assert refusal(GUARD, HARMLESS, listed=six) == ""


def test_a_policy_that_stops_everything_warns_of_what_hosts_cannot_do_without() -> None:
    everything = does(BLOCK, filter_of("any", "me", "any"))
    managed = does(PERMIT, filter_of(CONTROLLER, "me", "tcp", 0, 5985))
    closed = store_of(everything, managed)
    said = " ".join(GUARD.check(host(), closed, lambda: SEEN))
    for word in ("DHCP", "DNS", "NTP", "Kerberos"):
        assert word in said
    dns = does(PERMIT, filter_of("me", "10.0.0.2", "udp"))
    assert "DNS" not in " ".join(GUARD.check(host(), store_of(everything, managed, dns), lambda: SEEN))
    assert GUARD.check(host(), HARMLESS, lambda: SEEN) == ()
    free = replace(GUARD, allowed=frozenset({"management", "dhcp"}))
    assert "DHCP" not in " ".join(free.check(host(), closed, lambda: SEEN))


def test_the_version_and_its_exemptions_count() -> None:
    """What filters never see cannot be stopped by them: Kerberos, with the exemptions of 2003 at level 0."""
    kerberos = read_guard(
        {"critical_flows": [{"name": "kdc", "peers": [BE], "traffic": "tcp/88", "direction": "outbound"}]}, APPROACH
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
        APPROACH,
    )
    assert found.given.hosts == (ip_address("10.0.0.99"),)
    assert found.given.controllers == (
        ip_network("10.0.9.0/24"),
        ip_address("10.0.8.1"),
        AddressRange(ip_address("10.0.7.1"), ip_address("10.0.7.9")),
    )
    assert found.given.ports == (5986, 22)
    assert "no connection at port 5986 or 22" in refusal(found, CUT)
    assert "stopped at 10.0.9.9" in refusal(found, CUT, listed=Listed((replace(MINE, port=22),)))


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
        ("web", FlowDirection.INBOUND),
        ("out", FlowDirection.OUTBOUND),
    ]
    assert found.allowed == {"web", "management"}
    assert found.given.hosts == ()


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
    assert read_guard({"management_ports": [port]}).given.ports == (int(str(port)),)


def test_all_connections_of_a_busy_host_are_judged_in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each by itself would take minutes with thousands of filters in force."""
    asked = []
    genuine = guard_module.peers_that_pass
    monkeypatch.setattr(guard_module, "peers_that_pass", lambda *given: asked.append(given) or genuine(*given))
    busy = Listed(tuple(Connection(ip_address(FE), 5985, ip_address("10.7.0.0") + number) for number in range(2000)))
    closed = store_of(does(BLOCK, filter_of("10.7.0.9", "me", "tcp")))
    wider = store_of(does(BLOCK, filter_of("10.7.0.0/29", "me", "tcp")))
    assert "stopped at 10.7.0.0:" in refusal(GUARD, wider, host(closed), busy)
    assert len(asked) == 1


def test_what_is_in_force_is_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    genuine = guard_module.in_force
    monkeypatch.setattr(guard_module, "in_force", lambda store: asked.append(store) or genuine(store))
    assert "stopped at" in refusal(GUARD, CUT, host(HARMLESS))
    assert asked == [HARMLESS, CUT]
