# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules from their texts: what is told is read, what is not sure is unknown with the reason."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.model import MainModeRule, Rule
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.rules import read_main_mode_rule, read_rule
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.rule_string import parse_rule
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._consec.stores import (
    MAIN_RULE,
    PRIMARY_FIRST,
    RULE,
    SERVER_2016,
    SETS,
    told,
)


def rule(text: str, schema: tuple[int, int] = SERVER_2016) -> Rule:
    found = parse_rule(text)
    assert found is not None
    return read_rule("id", found, schema)


def main_mode_rule(text: str, schema: tuple[int, int] = SERVER_2016) -> MainModeRule:
    found = parse_rule(text)
    assert found is not None
    return read_main_mode_rule("id", found, schema)


def test_a_rule_that_leaves_no_doubt() -> None:
    found = rule(RULE)
    assert found.doubts == ()
    assert None not in [getattr(found, each.name) for each in fields(found)]
    assert (found.name, found.action, found.mode, found.enabled) == (
        "web-backend",
        "requireinrequireout",
        "transport",
        True,
    )
    assert (found.protocol, found.port1, found.port2) == ("6", ("80",), ())
    assert (found.endpoint1, found.endpoint2) == ((), ("192.0.2.10", "192.0.2.11"))
    assert (found.profiles, found.interface_types, found.group) == ((), (), "winsec")


def test_letter_case_and_order_mean_nothing() -> None:
    version, *parts = RULE.rstrip("|").split("|")
    turned = "|".join([version, *("=".join((p.split("=", 1)[0].upper(), p.split("=", 1)[1])) for p in parts[::-1]), ""])
    found = rule(turned.replace("=Secure|", "=SECURE|").replace("=TRUE|", "=true|"))
    assert (found.name, found.action, found.enabled, found.doubts) == ("web-backend", "requireinrequireout", True, ())


@pytest.mark.parametrize(
    ("word", "action"),
    [("Secure", "requireinrequireout"), ("SecureServer", "requireinrequestout"), ("Boundary", "requestinrequestout")],
)
def test_actions(word: str, action: str) -> None:
    assert rule(f"v2.0|Action={word}|{SETS}").action == action


def test_an_exemption() -> None:
    found = rule("v2.26|Action=DoNotSecure|Name=x|Protocol=17|Active=TRUE|EP1Port2_10=5000-5010|")
    assert (found.action, found.port1, found.first_authentication, found.doubts) == (
        "noauthentication",
        ("5000-5010",),
        "",
        (),
    )


def test_a_missing_active_is_false_and_a_primary_set_is_the_default() -> None:
    found = rule(f"v2.10|Action=Boundary|Auth1Set={PRIMARY_FIRST.lower()}|Crypto2Set=x|")
    assert (found.enabled, found.first_authentication, found.second_authentication) == (False, "default", "")


def test_a_word_for_addresses_counts_where_it_stands_for_both_families() -> None:
    both = rule(f"v2.10|Action=Secure|EP2_4=LocalSubnet|EP2_6=LOCALSUBNET|EP2_6=fe80::/10|{SETS}")
    assert (both.endpoint2, both.doubts) == (("localsubnet", "fe80::/10"), ())
    one = rule(f"v2.10|Action=Secure|EP2_4=LocalSubnet|{SETS}")
    assert (one.endpoint2, told(one.doubts)) == (None, [("endpoint2", False)])


def test_a_tunnel_has_ends_in_the_later_form_and_none_in_the_earlier() -> None:
    later = rule(f"v2.20|Action=Secure|LTunnel4_2=192.0.2.1|RTunnel4_2=198.51.100.1|{SETS}")
    assert (later.mode, later.local_tunnel_endpoint, later.remote_tunnel_endpoint, later.doubts) == (
        "tunnel",
        ("192.0.2.1",),
        ("198.51.100.1",),
        (),
    )
    earlier = rule(f"v2.20|Action=Secure|LTunnel4=192.0.2.1|RTunnel4=198.51.100.1|{SETS}")
    assert (earlier.mode, earlier.local_tunnel_endpoint, earlier.remote_tunnel_endpoint) == ("tunnel", None, None)
    assert told(earlier.doubts) == [("local_tunnel_endpoint", False), ("remote_tunnel_endpoint", False)]


def test_what_only_tunnels_have() -> None:
    ends = "LTunnel4_2=192.0.2.1|RTunnelFqdn=vpn.example.org|"
    found = rule(f"v2.20|Action=Secure|ByPassTunnel=TRUE|Authz=TRUE|{ends}{SETS}")
    assert (found.exempt_protected_connections, found.apply_authorization) == (True, True)
    assert found.remote_tunnel_endpoint == ("vpn.example.org",)
    several = rule(f"v2.20|Action=Secure|RTunEndpts4=192.0.2.1|RTunEndpts4=192.0.2.2|{SETS}")
    assert (several.mode, several.remote_tunnel_endpoint) == ("tunnel", ("192.0.2.1", "192.0.2.2"))
    assert told(several.doubts) == [("remote_tunnel_endpoint", True)]


def test_clear_out_is_an_action_of_tunnels() -> None:
    clear = f"Action=Secure|SecureInClearOut=TRUE|{SETS}"
    assert rule(f"v2.20|{clear}LTunnel4_2=192.0.2.1|RTunnel4_2=198.51.100.1|").action == "requireinclearout"
    found = rule(f"v2.20|{clear}")
    assert (found.action, found.mode) == (None, None)


UNKNOWN = [
    ("Action=Secur|", ["action"]),
    ("Action=Secure|Action=Secure|", ["action"]),
    ("Active=YES|", ["enabled"]),
    ("Profile=Domain|Profile=Guest|", ["profiles"]),
    ("Protocol=256|", ["protocol"]),
    ("Protocol=²|", ["protocol"]),
    ("Protocol=17|EP1Port=65536|", ["port1"]),
    ("Protocol=17|EP2Port=RPC|", ["port2"]),
    ("Protocol=17|EP2Port2_10=9-1|", ["port2"]),
    ("Protocol=17|EP2Port2_10=1-9|", ["port2"]),  # ranges are for exemptions
    ("EP1Port=80|", ["port1"]),  # without a protocol that has ports
    ("EP1_4=192.0.2.1/255.0.255.0|", ["endpoint1"]),
    ("EP1_4=2001:db8::1|", ["endpoint1"]),
    ("EP2_6=somewhere|", ["endpoint2"]),
    ("IFType=Vpn|", ["interface_types"]),
    ("KeyMod=IkeV3|", ["key_modules"]),
    ("ByPassTunnel=TRUE|", ["mode"]),
    ("RTunnel4_2=x|", ["remote_tunnel_endpoint"]),
    ("RTunnel4_2=192.0.2.1|RTunnel4_2=192.0.2.2|", ["remote_tunnel_endpoint"]),
    ("Name=a|Name=b|", ["name"]),
    ("PointToSite=TRUE|", [""]),
    ("SecurityRealmEnabled=TRUE|", [""]),
    ("Platform=2:6:2|Platform2=GTEQ|", ["enabled"]),
    ("SkipVer=new|", ["enabled"]),
    ("Auth1Set=x|", ["first_authentication"]),  # the second one of its name
]


@pytest.mark.parametrize(("more", "options"), UNKNOWN)
def test_what_is_not_sure_is_unknown(more: str, options: list[str]) -> None:
    start = "" if more.startswith("Action") else "Action=Secure|"
    found = rule(f"v2.26|{start}{more}{SETS}")
    assert told(found.doubts) == [(option, False) for option in options]
    for option in options:
        assert option == "" or getattr(found, option) is None


def test_sets_and_actions_go_together() -> None:
    assert told(rule(f"v2.0|Action=DoNotSecure|{SETS}").doubts) == [
        ("first_authentication", False),
        ("quick_mode", False),
    ]
    assert told(rule("v2.0|Action=Secure|").doubts) == [("first_authentication", False), ("quick_mode", False)]


FOREIGN = [
    ("KeyMod=IkeV2|", "key_modules"),
    ("IF={3B1C6C2A-3D6B-4C5E-8A0F-2F6E3E9A0001}|", "interfaces"),
    ("LTunnel4_2=192.0.2.1|RTunnelFqdn=vpn.example.org|", "remote_tunnel_endpoint"),
    ("KeyManagerDictate=TRUE|", "key_modules"),
    ("FwdLifetime=60|", "mode"),
    ("TransportMachineAuthzSDDL=O:SYD:|", "mode"),
    ("SkipVer=2.26|", "enabled"),
]


@pytest.mark.parametrize(("more", "option"), FOREIGN)
def test_what_is_known_and_netsh_has_no_words_for(more: str, option: str) -> None:
    assert told(rule(f"v2.26|Action=Secure|{more}{SETS}").doubts) == [(option, True)]


@pytest.mark.parametrize("more", ["KeyMod=KeyModDefault|", "FwdLifetime=0|", "KeyManagerNotify=FALSE|", "SkipVer=2.9|"])
def test_what_says_as_much_as_nothing(more: str) -> None:
    assert rule(f"v2.26|Action=Secure|{more}{SETS}").doubts == ()


def test_a_main_mode_rule() -> None:
    found = main_mode_rule(MAIN_RULE)
    assert (found.name, found.enabled, found.endpoint1, found.endpoint2) == ("web-mm", True, (), ("192.0.2.0/24",))
    assert found.doubts == ()
    assert told(main_mode_rule(MAIN_RULE, (2, 1)).doubts) == [("enabled", True)]
    odd: list[Any] = [*main_mode_rule(f"{MAIN_RULE}Action=Secure|").doubts]
    assert "'action'" in odd[0].reason


def test_a_reason_quotes_the_host_on_one_line() -> None:
    (doubt,) = rule(f"v2.26|Action=\x1b[31m\nnow{'x' * 99}|{SETS}").doubts
    assert doubt.reason.isprintable()
    assert len(doubt.reason) < 120
