# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host obeys its own policy: who locks the controller out is cut off, and only the host itself can undo it."""

from __future__ import annotations

import json
import time
import urllib.request
from ipaddress import ip_address

import pytest
import requests
from winrm.protocol import Protocol

from winlab.control import Control
from winlab.dataplane.management import passes
from winlab.ipsec.fate import Fate
from winlab.ipsec.packet import Network, Packet
from winlab.lab import HostSpec, Lab, LabHost
from winlab.spec import LabSpec
from winlab.testing.policies import in_policy, machine

CONTROLLER, OWN = "10.0.0.250", "10.0.0.10"
BLOCK = (
    "add policy Out",
    "add filter Web any me protocol=tcp dstport=5985",
    "add filteraction Stop action=block",
    "add rule name=Stop policy=Out filterlist=Web filteraction=Stop",
)
PREPARED = tuple(f"ipsec static {line}" for line in BLOCK)
ESP = "qmsec=ESP[3DES,SHA1]"


def run(host: LabHost, *lines: str) -> list[int]:
    """Run commands on fresh connections, and return their exit codes."""
    codes = []
    for line in lines:
        protocol = Protocol(host.url, transport="basic", username="Administrator", password="Lab-Passw0rd")
        shell = protocol.open_shell()
        codes.append(protocol.get_command_output(shell, protocol.run_command(shell, line))[2])
        protocol.close_shell(shell)
    return codes


def reachable(host: LabHost) -> bool:
    try:
        run(host, "hostname")
    except requests.ConnectionError:
        return False
    return True


@pytest.mark.parametrize(
    ("rules", "open_"),
    [
        ([("any me protocol=tcp dstport=5985", "action=block")], False),
        ([(f"{CONTROLLER} me", "action=block")], False),
        ([("any me protocol=tcp dstport=5986", "action=block")], True),
        ([("10.0.0.251 me", "action=block")], True),
        ([("any any", "action=block"), (f"{CONTROLLER} me protocol=tcp dstport=5985", "action=permit")], True),
        ([("me any protocol=tcp srcport=5985 mirrored=no", "action=block")], False),
        ([("me any", f"action=negotiate inpass=yes soft=yes {ESP}")], True),
        ([("me any", f"action=negotiate inpass=yes soft=no {ESP}")], False),
        ([("me any", f"action=negotiate inpass=no soft=no {ESP}")], False),
    ],
)
def test_what_lets_a_controller_without_ipsec_through(rules: list[tuple[str, str]], open_: bool) -> None:
    host = in_policy(machine("h", OWN), *rules)
    assert passes(ip_address(CONTROLLER), host, 5985) is open_
    host.services["PolicyAgent"].state = host.services["PolicyAgent"].state.STOPPED
    assert passes(ip_address(CONTROLLER), host, 5985)


def test_a_host_without_addresses_is_always_reachable() -> None:
    assert passes(ip_address(CONTROLLER), in_policy(machine("h"), ("any any", "action=block")), 5985)


def test_a_block_makes_the_endpoint_disappear_and_the_scheduled_unassign_brings_it_back() -> None:
    spec = HostSpec(name="fe1", addresses=(OWN,), netsh=PREPARED)
    with Lab([spec, HostSpec(name="other", addresses=("10.0.0.11",))], minute_seconds=1.0) as lab:
        host = lab.hosts["fe1"]
        undo = (
            'schtasks /create /f /tn undo /ru SYSTEM /sc MINUTE /mo 3 /tr "netsh ipsec static set policy Out assign=n"'
        )
        assert run(host, "sc start PolicyAgent", "sc start IKEEXT", undo) == [0, 0, 0]
        begin = time.monotonic()
        # The answer to the command that cuts the line is lost, and so is everything after it.
        with pytest.raises(requests.ConnectionError):
            run(host, "netsh ipsec static set policy Out assign=y")
        assert not reachable(host)
        assert reachable(lab.hosts["other"])
        runs = host.host.tasks["undo"].runs
        while not reachable(host):
            assert time.monotonic() - begin < 15, "the host does not come back"
            time.sleep(0.05)
        assert host.host.tasks["undo"].runs == runs + 1
        assert run(host, "schtasks /delete /f /tn undo") == [0]


def test_stopping_the_service_opens_the_port_again() -> None:
    spec = HostSpec(name="fe1", addresses=(OWN,), netsh=(*PREPARED, "ipsec static set policy Out assign=y"))
    with Lab([spec]) as lab, Control(lab) as control:
        host = lab.hosts["fe1"]
        assert reachable(host)
        for state, open_ in (("running", False), ("stopped", True)):
            body = json.dumps({"PolicyAgent": state}).encode()
            urllib.request.urlopen(f"{control.url}/hosts/fe1/services", body).close()
            assert reachable(host) is open_


def test_the_address_and_the_port_of_management_belong_to_the_specification() -> None:
    assigned = (*PREPARED, "ipsec static set policy Out assign=y")
    specs = [
        HostSpec(name="a", version="2003", addresses=(OWN,), netsh=assigned),
        HostSpec(name="b", version="2003", addresses=("10.0.0.11",), netsh=assigned, management_port=5986),
        HostSpec(name="c", version="2003", netsh=assigned),
    ]
    with Lab(specs) as lab:
        assert {name: reachable(host) for name, host in lab.hosts.items()} == {"a": False, "b": True, "c": True}


def test_an_own_question_takes_the_place_of_the_policy() -> None:
    assigned = (*PREPARED, "ipsec static set policy Out assign=y")
    spec = HostSpec(name="a", version="2003", addresses=(OWN,), netsh=assigned)
    with Lab([spec], reachable=lambda _host: True) as lab:
        assert reachable(lab.hosts["a"])


def test_the_wire_of_a_lab() -> None:
    specs = [HostSpec(name="fe1", addresses=(OWN,)), HostSpec(name="be1", addresses=("10.0.1.20",))]
    with Lab(specs) as lab:
        in_policy(lab.hosts["fe1"].host, ("me any", f"action=negotiate soft=yes {ESP}"))
        packet = Packet(ip_address(OWN), ip_address("10.0.1.20"), 6, 1025, 80)
        assert lab.wire().send(packet).fate is Fate.CLEAR
        # The other way round PolicyAgent would hold the answers of a host that cannot negotiate yet.
        assert run(lab.hosts["fe1"], "sc start IKEEXT", "sc start PolicyAgent") == [0, 0]
        assert lab.wire(Network(ike=False)).send(packet).fate is Fate.SOFT_CLEAR
        with Control(lab) as control:
            body = json.dumps({"PolicyAgent": "stopped"}).encode()
            urllib.request.urlopen(f"{control.url}/hosts/fe1/services", body).close()
        assert not lab.hosts["fe1"].host.associations.soft


def test_specification_fields() -> None:
    plain = {
        "minute_seconds": 2,
        "hosts": [{"name": "a", "addresses": [OWN], "controller": "10.1.1.1", "management_port": 5986}],
    }
    spec = LabSpec.from_plain(plain)
    assert spec.minute_seconds == 2.0
    assert (spec.hosts[0].addresses, spec.hosts[0].controller, spec.hosts[0].management_port) == (
        (OWN,),
        "10.1.1.1",
        5986,
    )
    for field, value in (("addresses", ["10.0.0"]), ("controller", "nobody")):
        with pytest.raises(ValueError, match="host a: "):
            LabSpec.from_plain({"hosts": [{"name": "a", field: value}]})
