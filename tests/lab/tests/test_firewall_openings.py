# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`netsh firewall`, the context before Vista: port openings and the operational mode."""

from __future__ import annotations

import re

import pytest
from netsh_lines import OK, done, once

from winlab import Host, Kind, Value
from winlab.firewall import Profile, store
from winlab.firewall.portopenings import openings, write


def written(host: Host, profile: Profile = Profile.DOMAIN) -> list[str]:
    return [write(each) for each in openings(host, profile) if each.port < 5985]


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ('protocol=UDP port=500 name="IKE"', ["500:UDP:*:Enabled:IKE"]),
        ("udp 500 IKE disable subnet", ["500:UDP:LocalSubNet:Disabled:IKE"]),
        (
            "protocol=UDP port=500 name=IKE mode=ENABLE scope=CUSTOM addresses=10.0.0.5/255.255.255.255,LocalSubnet",
            ["500:UDP:10.0.0.5/255.255.255.255,LocalSubNet:Enabled:IKE"],
        ),
        (
            "protocol=TCP port=80 name=W addresses=10.0.0.5,10.1.0.0/16",
            ["80:TCP:10.0.0.5/255.255.255.255,10.1.0.0/255.255.0.0:Enabled:W"],
        ),
        ("protocol=ALL port=53 name=D", ["53:TCP:*:Enabled:D", "53:UDP:*:Enabled:D"]),
    ],
)
def test_add_a_port_opening(line: str, values: list[str]) -> None:
    host = Host.create("h", "2003")
    assert once(host, f"firewall add portopening {line} profile=all") == (0, OK)
    assert written(host) == written(host, Profile.PRIVATE) == values
    name = ":".join(values[0].split(":")[:2])
    key = rf"{store.POLICY}\StandardProfile\GloballyOpenPorts\List"
    assert host.registry.get(key, name) == Value(Kind.SZ, values[0])


@pytest.mark.parametrize(
    "line",
    [
        "protocol=50 port=1 name=ESP",
        "protocol=udp name=IKE",
        "protocol=udp port=0 name=IKE",
        "protocol=udp port=500-501 name=IKE",
        "protocol=udp port=500",
        "protocol=udp port=500 name=IKE scope=custom",
        "protocol=udp port=500 name=IKE scope=all addresses=10.0.0.5",
        "protocol=udp port=500 name=IKE addresses=10.0.0.5-10.0.0.6",
        "protocol=udp port=500 name=IKE addresses=2001:db8::1",
        "protocol=udp port=500 name=IKE addresses=dns",
        "protocol=udp port=500 name=IKE dir=in",
        "protocol=udp port=500 name=IKE profile=public",
    ],
)
def test_port_openings_that_are_refused(line: str) -> None:
    host = Host.create("h", "2003")
    code, said = once(host, f"firewall add portopening {line}")
    assert (code, "Ok." in said, written(host)) == (1, False, [])


def test_profiles_of_port_openings() -> None:
    host = Host.create("h", "2003")
    done(host, "firewall add portopening udp 500 One", "firewall add portopening udp 500 Two profile=standard")
    assert (written(host), written(host, Profile.PRIVATE)) == (["500:UDP:*:Enabled:One"], ["500:UDP:*:Enabled:Two"])
    done(host, "firewall add portopening udp 500 Three scope=subnet")
    assert written(host) == ["500:UDP:LocalSubNet:Enabled:Three"]
    said = once(host, "firewall show portopening")[1]
    assert re.search(r"^500 +UDP +Enable +Three / LocalSubNet\r$", said, re.MULTILINE)
    assert re.search(r"^500 +UDP +Enable +Two / \*\r$", said, re.MULTILINE)
    done(host, "firewall delete portopening udp 500")
    assert (written(host), len(written(host, Profile.PRIVATE))) == ([], 1)
    assert once(host, "firewall delete portopening udp 500") == (1, "\r\nThere is no such port opening.\r\n\r\n")
    done(host, "firewall delete portopening all 500 all")
    assert written(host, Profile.PRIVATE) == []


def test_the_operational_mode() -> None:
    host = done(Host.create("h", "2003"), "firewall set opmode enable profile=all")
    done(host, "firewall set opmode mode=ENABLE exceptions=DISABLE profile=standard")
    both = [
        [store.setting(host, profile, name) for name in (store.ENABLE, store.NO_EXCEPTIONS)]
        for profile in (Profile.DOMAIN, Profile.PRIVATE)
    ]
    assert both == [[1, 0], [1, 1]]
    said = once(host, "firewall show opmode")[1]
    assert re.findall(r"^(?:Operational|Exception) mode: +(\w+)", said, re.MULTILINE) == [
        "Enable",
        "Enable",
        "Enable",
        "Disable",
    ]
    done(host, "firewall set opmode disable")
    assert store.setting(host, Profile.DOMAIN, store.ENABLE) == 0
    assert once(host, "firewall set opmode")[0] == 1
    assert "Aktivieren" in once(done_german(), "firewall show opmode")[1]


def done_german() -> Host:
    host = Host.create("h", "2003", language="de")
    assert once(host, "firewall set opmode enable") == (0, "OK.\r\n\r\n")
    return host
