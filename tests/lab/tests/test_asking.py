# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions about packets, over the control port of a lab."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from winlab.control import Control
from winlab.lab import HostSpec, Lab
from winlab.services import start
from winlab.testing.policies import in_policy

WEB, SQL = "10.0.0.10", "10.0.1.20"
REQUIRE = "action=negotiate soft=no qmsec=ESP[3DES,SHA1]"
KEY = "kerberos=no psk=Secret-1"


@pytest.fixture(name="lab", scope="module")
def a_lab() -> Iterator[Lab]:
    """A web server of 2016 and a database of 2003, which protect TCP/1433, and a host without addresses."""
    specs = (
        HostSpec(name="web1", addresses=(WEB,), openings=("udp/500", "50")),
        HostSpec(name="sql1", version="2003", addresses=(SQL,)),
        HostSpec(name="bare"),
    )
    with Lab(specs) as lab:
        for name, ends in (("web1", f"me {SQL}"), ("sql1", f"{WEB} me")):
            host = lab.hosts[name].host
            for service in ("PolicyAgent", "IKEEXT"):
                start(host, service)
            in_policy(host, (f"{ends} protocol=tcp dstport=1433", REQUIRE, KEY))
        yield lab


@pytest.fixture(name="control")
def a_control_port(lab: Lab) -> Iterator[Control]:
    with Control(lab) as control:
        yield control


def ask(control: Control, path: str = "/packets", **data: object) -> dict[str, object]:
    request = urllib.request.Request(control.url + path, json.dumps(data).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=5) as answer:
        found = json.load(answer)
    assert isinstance(found, dict)
    return found


def test_what_is_protected_and_what_is_not(control: Control) -> None:
    assert ask(control, source="web1", destination="sql1", port=1433) == {
        "fate": "esp",
        "sentence": "protected by ESP[3DES,SHA1]",
        "delivered": True,
        "replied": True,
    }
    assert ask(control, source="web1", destination="sql1", port=1434)["fate"] == "clear"
    assert ask(control, source="web1", destination="sql1", protocol="udp", port=1433)["fate"] == "clear"
    assert ask(control, source="web1", destination="sql1", protocol="icmp")["fate"] == "clear"


def test_a_question_leaves_nothing_behind(lab: Lab, control: Control) -> None:
    host = lab.hosts["web1"].host
    before = (host.counters.quick_mode_negotiations, len(host.associations.main_mode))
    assert ask(control, source="web1", destination="sql1", port=1433)["fate"] == "esp"
    assert (host.counters.quick_mode_negotiations, len(host.associations.main_mode)) == before == (0, 0)


def test_the_firewall_of_a_host_has_a_say_when_it_is_asked_to(control: Control) -> None:
    question = {"source": "sql1", "destination": "web1", "port": 80}
    assert ask(control, **question)["fate"] == "clear"
    found = ask(control, **question, filtering="all")
    assert (found["fate"], found["delivered"]) == ("blocked_there", False)
    assert "firewall of web1" in str(found["sentence"])


def test_the_network_in_between_has_a_say(control: Control) -> None:
    ask(control, "/network", ike=False)
    try:
        found = ask(control, source="web1", destination="sql1", port=1433)
    finally:
        ask(control, "/network", ike=True)
    assert found["fate"] == "no_answer"
    assert "drops IKE" in str(found["sentence"])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "needs source and destination"),
        ({"source": "web1"}, "needs destination"),
        ({"source": "web1", "destination": "web1"}, "to another one"),
        ({"source": "web1", "destination": "nobody"}, "nobody is no host"),
        ({"source": "bare", "destination": "web1"}, "bare is no host of the lab that has addresses"),
        ({"source": "web1", "destination": "sql1", "port": "80"}, "port (int)"),
        ({"source": "web1", "destination": "sql1", "port": True}, "port (int)"),
        ({"source": "web1", "destination": "sql1", "port": 65536}, "0 to 65535"),
        ({"source": "web1", "destination": "sql1", "colour": "red"}, "expected a mapping"),
        ({"source": "web1", "destination": "sql1", "protocol": "gre"}, "unknown protocol gre"),
        ({"source": "web1", "destination": "sql1", "filtering": "some"}, "unknown filtering some"),
    ],
)
def test_a_question_that_does_not_fit_is_refused(control: Control, data: dict[str, object], said: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        ask(control, **data)
    with caught.value as refused:
        assert refused.code == 400
        assert said in json.load(refused)["error"]
