# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes that would cut the controller off, by every module and over every connection plugin: no host is lost."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from types import SimpleNamespace
from typing import Any

import cut_off
import pytest
from ansible.errors import AnsibleActionFail
from cut_off import CLOSED, CONTROLLER, CUTS, OWN, PORT, ObeyingConnection, alive, obeying, wait
from lab_runner import run, state_of, tree
from winrm_runner import WINRS, Controller, connect

from ansible_collections.winsec.ipsec.plugins.plugin_utils._actions.guard import approach_of
from winlab.dataplane.management import passes
from winlab.host import Host
from winlab.lab import HostSpec, Lab
from winlab.netsh.talk import static
from winlab.services import State
from winlab.store import policy_store

Data = dict[str, Any]
VERSIONS = pytest.mark.parametrize("version", ["2003", "2016", "2025"])
MODULES = pytest.mark.parametrize("module", CUTS)
# How each connection plugin is reached in an inventory, with and without its port.
WAYS = {
    "winrm": {"connection": "winrm"},
    "winrs": {"connection": WINRS},
    "psrp": {"connection": "psrp"},
    "ssh cmd": {"connection": "ssh", "ssh": "cmd"},
    "ssh powershell": {"connection": "ssh", "ssh": "powershell"},
}


def guarded(version: str) -> Host:
    """A host that lets nothing but management through."""
    return obeying(version, *CLOSED, "set policy name=Guarded assign=yes")


@VERSIONS
@MODULES
def test_every_module_is_refused(module: str, version: str) -> None:
    host = guarded(version)
    before = state_of(host)
    with pytest.raises(AnsibleActionFail, match=r"critical flow management is 'stopped at 10\.0\.0\.250:"):
        run(ObeyingConnection(host), module, CUTS[module])
    assert state_of(host) == before
    with pytest.raises(AnsibleActionFail, match="critical flow management"):
        run(ObeyingConnection(host), module, CUTS[module], check_mode=True)


@VERSIONS
@MODULES
def test_whoever_dares_gets_the_host_back(module: str, version: str) -> None:
    """Every module that changes has the window in which a change must be confirmed."""
    host = guarded(version)
    before = tree(host)
    daring = {**CUTS[module], "allow_lockout": ["management"], "confirm_timeout": 60}
    predicted = run(ObeyingConnection(host), module, daring, check_mode=True, diff=True)
    texts = [line for line in predicted["commands"] if "schtasks.exe" in line]
    assert [text.split()[1] for text in texts] == ["/create", "/delete"]
    assert all(text in predicted["diff"][1]["prepared"] for text in texts)
    with pytest.raises(AnsibleActionFail, match="has reverted by itself") as caught:
        run(
            ObeyingConnection(host),
            module,
            daring,
            sleep=lambda seconds: wait(host, seconds),
            clock=host.clock.now,
        )
    assert caught.value._result["reverted"]
    assert alive(host)
    assert host.tasks == {}
    found = policy_store(host).snapshot()
    assert found["assigned"] == "Guarded"
    assert "~winsec~" not in str(found)
    assert names(tree(host)) == names(before)


def names(found: dict[str, Any]) -> set[str]:
    return {path.lower() for path in found}


@VERSIONS
def test_a_change_that_is_confirmed_is_told_with_its_timer(version: str) -> None:
    host = guarded(version)
    wider = {"name": "Mgmt", "confirm_timeout": 60, "filters": [{"source": "10.0.0.0/24", "destination": "me"}]}
    done = run(
        ObeyingConnection(host), "filter_list", wider, sleep=lambda seconds: wait(host, seconds), clock=host.clock.now
    )
    assert done["changed"]
    assert done["confirmed"]
    told = [line for line in done["commands"] if "schtasks.exe" in line]
    assert [text.split()[1] for text in told] == ["/create", "/delete"]
    assert "guid={" in told[0]
    again = run(ObeyingConnection(host), "filter_list", wider)
    assert (again["changed"], again["commands"]) == (False, [])


@pytest.fixture(name="labs", scope="module")
def fixture_labs() -> Iterator[dict[str, Lab]]:
    """A lab for each way: hosts that are reached directly, and hosts that are reached behind a translation."""
    labs: dict[str, Lab] = {}
    try:
        for number, (way, words) in enumerate(WAYS.items(), 3):
            ssh = words.get("ssh")
            netsh = (*(f"ipsec static {line}" for line in CLOSED),)
            direct = f"127.0.{number}.1"
            # The port that they see is set when it is known; behind a translation they see others.
            specs = [
                HostSpec(name="direct", version="2003", address=direct, netsh=netsh, ssh=ssh),
                HostSpec(
                    name="translated", version="2003", addresses=(OWN,), netsh=netsh, ssh=ssh, management_port=PORT
                ),
            ]
            lab = Lab(specs, connection=words["connection"], transport="basic", reachable=reached)
            labs[way] = lab.__enter__()
        yield labs
    finally:
        for lab in labs.values():
            lab.__exit__()


def reached(host: Host) -> bool:
    """Tell whether a host lets through what it sees as the connection of its controller."""
    own = host.connections[0]
    judged = host.addresses or (own.local,)
    return all(
        passes(each.peer, with_address(host, each.local), each.local_port)
        for each in host.connections
        if not each.waits and each.local in judged
    )


def with_address(host: Host, address: Any) -> Host:
    """Return the host as one that has this address only; it shares everything else with it."""
    if host.addresses:
        return host
    copy = Host(**{name: getattr(host, name) for name in host.__dataclass_fields__})
    copy.addresses = (address,)
    return copy


def begin(lab: Lab, name: str) -> Host:
    """Bring a host back to where it lets nothing but management through."""
    each = lab.hosts[name]
    each.log.clear()
    host = each.host
    ports = {one.local_port for one in host.connections}
    static(host, "set policy name=Guarded assign=no", "delete all", *CLOSED)
    for one in host.connections:
        static(host, f"add filter filterlist=Mgmt srcaddr={one.peer} dstaddr=me protocol=TCP dstport={one.local_port}")
    static(host, "set policy name=Guarded assign=yes")
    assert ports
    return host


GIVEN = {"host_addresses": [OWN], "controller_addresses": [CONTROLLER], "management_ports": [PORT]}


@pytest.mark.parametrize("way", WAYS)
@MODULES
def test_over_every_connection_no_host_is_lost(labs: dict[str, Lab], way: str, module: str) -> None:
    lab = labs[way]
    for name, options, expected in (
        ("direct", {}, "stopped at"),
        ("translated", {}, "stopped at" if way.startswith("ssh") else "no connection at port"),
        ("translated", GIVEN, "stopped at"),
    ):
        host = begin(lab, name)
        variables = dict(lab.variables(name))
        before = state_of(host)
        with pytest.raises(AnsibleActionFail) as caught:
            Controller(lab.hosts[name], variables=variables).run(module, {**CUTS[module], **options})
        assert "critical flow management is 'not known'" in str(
            caught.value
        ) or "critical flow management is 'stopped" in str(caught.value)
        assert expected in str(caught.value), (name, options)
        assert caught.value._result["commands"] == []
        assert state_of(host) == before
        assert reached(host)


def test_behind_translated_addresses_what_the_policy_stops_is_not_taken_for_management() -> None:
    """A closed policy lets in only what the host sees: to the addresses of the controller it looks shut."""
    host = guarded("2003")
    wrong = {"controller_addresses": ["127.0.0.1"], "management_ports": [PORT], "host_addresses": ["127.0.0.1"]}
    other = {"name": "Mgmt", "filters": [{"source": "10.9.9.9", "destination": "me", "protocol": "tcp"}]}
    before = state_of(host)
    with pytest.raises(AnsibleActionFail, match="comes from controller_addresses"):
        run(ObeyingConnection(host), "filter_list", {**other, **wrong})
    # A host that does not list its connections cannot prove them wrong, but the policy in force can.
    host.connections = ()
    with pytest.raises(AnsibleActionFail, match="does not list its connections"):
        run(Silent(host), "filter_list", other)
    assert state_of(host) == before
    assert alive(host)


class Silent(ObeyingConnection):
    """A connection to a host that does not list its connections, whose address is that of an address translation."""

    def get_option(self, name: str) -> Any:
        return {"remote_addr": "127.0.0.1", "port": PORT}[name]


@pytest.mark.parametrize("role", ["dns", "wins", "dhcp", "gateway"])
def test_a_server_role_that_nobody_explains_may_be_the_controller(role: str) -> None:
    host = obeying("2016")
    closed = {
        "filter_lists": [{"name": "Server", "filters": [{"source": "me", "destination": role}]}],
        "filter_actions": [{"name": "Blk", "action": "block"}],
        "policies": [{"name": "P", "rules": [{"name": "R", "filter_list": "Server", "filter_action": "Blk"}]}],
        "assigned": "P",
    }
    with pytest.raises(AnsibleActionFail, match="critical flow management is 'stopped at"):
        run(ObeyingConnection(host), "policies", {"config": closed})
    known = {"dns": "dns_servers", "dhcp": "dhcp_servers"}
    if role in known:
        words = {known[role]: ["10.0.0.53"], "allow_lockout": [role]}
        assert run(ObeyingConnection(host), "policies", {"config": closed, **words})["changed"]
    assert alive(host)


DEFAULT_PORTS = {"winrm": 5986, WINRS: 5986, "psrp": 5986, "ssh": 22}


@pytest.mark.parametrize("connection", DEFAULT_PORTS)
def test_a_port_that_nobody_gave_is_that_of_the_plugin(connection: str) -> None:
    """The option of psrp and of ssh has no default: they work it out."""
    variables: Data = {"ansible_connection": connection, "ansible_host": "127.0.0.1", "ansible_shell_type": "cmd"}
    for more, port in (({}, DEFAULT_PORTS[connection]), ({"ansible_port": 2222}, 2222)):
        action = SimpleNamespace(_connection=connect({**variables, **more}))
        found = approach_of(action)
        assert (found.port, found.over_ssh) == (port, connection == "ssh")
        assert found.controllers == (ip_address("127.0.0.1"),)
    if connection == "psrp":
        action = SimpleNamespace(_connection=connect({**variables, "ansible_psrp_protocol": "http"}))
        assert approach_of(action).port == 5985


def test_a_name_that_does_not_resolve_says_nothing_of_the_controller() -> None:
    variables: Data = {"ansible_connection": "winrm", "ansible_host": "no-such-host.invalid"}
    assert approach_of(SimpleNamespace(_connection=connect(variables))).controllers == ()


@pytest.mark.parametrize("version", ["2008R2", "2016", "2025"])
@pytest.mark.parametrize("state", [State.STOPPED, State.START_PENDING, State.STOP_PENDING])
def test_without_key_exchange_what_negotiates_lets_nobody_in(version: str, state: State) -> None:
    """Falling back takes somebody who asks first; these modules do not start it."""
    host = guarded(version)
    host.services["IKEEXT"].state = state
    before = state_of(host)
    esp = [{"esp_encryption": "3des", "esp_integrity": "sha1"}]
    asking = {"action": "negotiate", "security_methods": esp, "accept_unsecured": True, "fallback_to_clear": True}
    for module, args in (
        ("filter_action", {"name": "Prm", **asking}),
        ("policies", {"config": {"filter_actions": [{"name": "Prm", **asking}]}, "state": "replaced"}),
    ):
        with pytest.raises(AnsibleActionFail, match="critical flow management is 'stopped at"):
            run(ObeyingConnection(host), module, args)
    assert state_of(host) == before
    host.services["IKEEXT"].state = State.RUNNING
    assert run(ObeyingConnection(host), "filter_action", {"name": "Prm", **asking})["changed"]
    assert alive(host)


ESP: Data = {"security_methods": [{"esp_encryption": "3des", "esp_integrity": "sha1"}]}
SOFT: Data = {"action": "negotiate", "accept_unsecured": True, "fallback_to_clear": True, **ESP}


def document(soft: Data, strict: Data, action: Data) -> Data:
    lists = [{"name": "Soft", "filters": [soft]}, {"name": "Strict", "filters": [strict]}]
    actions = [{"name": "Ask", **SOFT}, {"name": "Strict", **action}]
    rules = [
        {"name": "R1", "filter_list": "Soft", "filter_action": "Ask"},
        {"name": "R2", "filter_list": "Strict", "filter_action": "Strict"},
    ]
    policy = {"name": "P", "rules": rules}
    return {"filter_lists": lists, "filter_actions": actions, "policies": [policy], "assigned": "P"}


@pytest.mark.parametrize("version", ["2003", "2016"])
@pytest.mark.parametrize("role", ["dns", "wins", "dhcp", "gateway"])
@pytest.mark.parametrize(
    "action",
    [{"action": "block"}, {"action": "negotiate", "accept_unsecured": True, **ESP}],
    ids=["block", "accept but do not fall back"],
)
def test_a_server_role_that_nobody_knows_excuses_nothing(version: str, role: str, action: Data) -> None:
    """Its filter takes clear text and would win, if the controller were that server."""
    host = obeying(version)
    cut = document({"source": role, "destination": "me"}, {"source": "any", "destination": "me"}, action)
    with pytest.raises(AnsibleActionFail, match="critical flow management is 'stopped at"):
        run(ObeyingConnection(host), "policies", {"config": cut})
    assert alive(host)


def test_words_that_may_mean_ipv6_excuse_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cut_off, "OWN", "fd00::10")
    monkeypatch.setattr(cut_off, "CONTROLLER", "fd00::250")
    host = obeying("2016")
    strict = {"source": "any", "destination": "fd00::/64"}
    cut = document({"source": "any", "destination": "me"}, strict, {"action": "block"})
    with pytest.raises(AnsibleActionFail, match="critical flow management is 'stopped at"):
        run(ObeyingConnection(host), "policies", {"config": cut})
    assert alive(host)


def test_what_a_server_role_may_have_stopped_before_is_guarded_all_the_same() -> None:
    """Nobody knows that the name server was the server for names of the old kind, so it may have passed until now."""
    host = obeying(
        "2016",
        "add filterlist name=Names",
        "add filter filterlist=Names srcaddr=wins dstaddr=me",
        "add filteraction name=Blk action=block",
        "add policy name=Old activatedefaultrule=no",
        "add rule name=R policy=Old filterlist=Names filteraction=Blk",
    )
    static(host, "set policy name=Old assign=yes")
    wider = {"name": "Names", "filters": [{"source": "10.0.0.53", "destination": "me"}], "dns_servers": ["10.0.0.53"]}
    with pytest.raises(AnsibleActionFail, match="critical flow dns is 'stopped at"):
        run(ObeyingConnection(host), "filter_list", {**wider, "allow_lockout": ["management"]})


@pytest.mark.parametrize("version", ["2003", "2016"])
def test_a_server_role_that_is_in_force_already_does_not_stand_in_the_way(version: str) -> None:
    """The task came through, so the controller is not that server."""
    host = obeying(
        version,
        "add filterlist name=Names",
        "add filter filterlist=Names srcaddr=wins dstaddr=me",
        "add filterlist name=Web",
        "add filter filterlist=Web srcaddr=any dstaddr=me protocol=TCP dstport=80",
        "add filteraction name=Blk action=block",
        "add policy name=Old activatedefaultrule=no",
        "add rule name=R policy=Old filterlist=Names filteraction=Blk",
        "add rule name=S policy=Old filterlist=Web filteraction=Blk",
        "set policy name=Old assign=yes",
    )
    web = [{"source": "any", "destination": "me", "protocol": "tcp", "destination_port": port} for port in (80, 81)]
    assert run(ObeyingConnection(host), "filter_list", {"name": "Web", "filters": web})["changed"]
    assert alive(host)
