# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The firewall before Vista: exceptions are read, made one for each port, and what has no words there is said."""

from __future__ import annotations

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._firewall.plan import Plan, make_plan
from ansible_collections.winsec.ipsec.plugins.plugin_utils._firewall.port_entry import Slot, parse_entry
from ansible_collections.winsec.ipsec.plugins.plugin_utils._firewall.request import read_openings
from ansible_collections.winsec.ipsec.plugins.plugin_utils._firewall.state import Firewall
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.versions import WindowsVersion

BOTH = {"domain": True, "standard": True}
OURS = "500:UDP:10.0.0.1/255.255.255.255:Enabled:winsec.ipsec ike"
MASK = "255.255.255.255"


def host(entries: dict[Slot, list[str]] | None = None) -> Firewall:
    found = {}
    for slot, texts in (entries or {}).items():
        for text in texts:
            entry = parse_entry(text)
            assert entry is not None
            found[slot, entry.port] = entry
    return Firewall(version=WindowsVersion(5, 2, 3790), running=True, on=BOTH, local_counts=BOTH, entries=found)


def plan(entries: dict[Slot, list[str]] | None = None, **options: object) -> Plan:
    given: dict[str, object] = {"peers": ["10.0.0.1"], "protocols": ["ike"], "directions": ["in"]}
    request = read_openings(given | options)
    return make_plan(host(entries), request.prefix, request.openings)


def test_entries_are_read() -> None:
    entry = parse_entry("4500:UDP:10.0.0.5/255.255.255.0,LocalSubNet:Enabled:a:b")
    assert entry is not None and entry.scope is not None
    assert (entry.port, entry.words, entry.enabled, entry.name) == (4500, ("LocalSubNet",), True, "a:b")
    assert entry.scope.texts() == ["10.0.0.0/24"]
    everywhere = parse_entry("137:UDP:*:Disabled:@xpsp2res.dll,-22001")
    assert everywhere is not None
    assert (everywhere.scope, everywhere.words, everywhere.enabled) == (None, (), False)


@pytest.mark.parametrize("text", ["", "500", "445:TCP:*:Enabled:x", "500:UDP:*:On:x", "500:UDP:*"])
def test_what_is_no_udp_exception(text: str) -> None:
    assert parse_entry(text) is None


def test_one_line_for_both_profiles() -> None:
    assert plan().commands == [
        f'firewall add portopening protocol=UDP port=500 name="winsec.ipsec ike" mode=ENABLE scope=CUSTOM '
        f"addresses=10.0.0.1/{MASK} profile=ALL"
    ]


def test_profiles() -> None:
    only = plan(profiles=["domain"])
    assert only.commands[0].endswith("profile=DOMAIN")
    assert plan({Slot.DOMAIN: [OURS]}).commands[0].endswith("profile=STANDARD")
    half = plan(profiles=["domain", "public"])
    assert half.commands[0].endswith("profile=DOMAIN")
    assert "public alone" in half.not_expressible[0]["reason"]


def test_ranges_become_networks_and_ipv6_is_said() -> None:
    found = plan(peers=["10.0.0.1-10.0.0.3", "2001:db8::1"])
    assert f"addresses=10.0.0.1/{MASK},10.0.0.2/255.255.255.254 " in found.commands[0]
    assert "2001:db8::1 is left out" in found.warnings[0]
    assert plan(peers=["2001:db8::1"]).commands == []


def test_the_same_addresses_are_no_change() -> None:
    split = "500:UDP:10.0.0.2/255.255.255.254,10.0.0.0/255.255.255.254:Enabled:winsec.ipsec ike"
    entries = {slot: [split] for slot in Slot}
    assert not plan(entries, peers=["10.0.0.0-10.0.0.3"]).changed
    assert plan(entries, peers=["10.0.0.0/30", "10.0.0.9"]).changed


@pytest.mark.parametrize(
    "text",
    [
        OURS.replace("Enabled", "Disabled"),
        OURS.replace("10.0.0.1/", "10.0.0.2/"),
        OURS.replace(":Enabled", ",LocalSubNet:Enabled"),
        OURS.replace(f"10.0.0.1/{MASK}", "*"),
    ],
)
def test_what_differs_is_written_over_and_else_made_again(text: str) -> None:
    found = plan({slot: [text] for slot in Slot})
    assert [line.redacted().split(" port=")[0] for line in found.add] == ["firewall add portopening protocol=UDP"]
    assert [line.redacted().split(" ")[1] for line in found.again] == ["delete", "add"]


def test_what_is_no_longer_wanted_goes() -> None:
    found = plan({slot: [OURS] for slot in Slot}, state="absent")
    assert found.commands == ["firewall delete portopening protocol=UDP port=500 profile=ALL"]
    assert found.after == []


def test_exceptions_of_others() -> None:
    wide = "500:UDP:*:Enabled:VPN"
    narrow = "500:UDP:LocalSubNet:Enabled:VPN"
    entries = {slot: [wide] for slot in Slot}
    found = plan(entries)
    assert (found.changed, [item["name"] for item in found.foreign]) == (False, ["VPN", "VPN"])
    assert not plan(entries, state="absent").changed
    with pytest.raises(IpsecError, match=r"UDP port 500 is .*'VPN'"):
        plan({Slot.DOMAIN: [narrow]})


def test_what_cannot_be_said_is_said() -> None:
    found = plan(protocols=["ike", "esp", "ah"], directions=["in", "out"])
    assert [item["opening"] for item in found.not_expressible] == ["ike out", "esp in", "esp out", "ah in", "ah out"]
    assert any("protocol 50" in text and "not documented" in text for text in found.warnings)
    assert len(found.warnings) == 5
    with pytest.raises(IpsecError, match="local_addresses"):
        plan(local_addresses=["10.0.0.9"])
