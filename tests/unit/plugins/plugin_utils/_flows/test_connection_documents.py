# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is in force of what a host shows: both stores, locks, services, profiles, and doubts that stay doubts."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.document import unmanaged, write_document
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.store import read_store
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.check import read_check
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.outcome import Outcome
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.outcome import OutcomeKind as K
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.pair import Pair
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.space import Packet
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.registry.keys import Key, Value

FE, BE = "10.0.0.10", "10.0.1.20"
ROOT = r"HKLM\Root"
Data = dict[str, Any]


def store(*rules: str, sets: tuple[Key, ...] = ()) -> tuple[Data, list[Data]]:
    """Return the document of a store with rules, and what is odd about it."""
    values = {f"{{{number}}}": Value("REG_SZ", text) for number, text in enumerate(rules)}
    keys = [Key(rf"{ROOT}\ConSecRules", values), *sets]
    found = read_store({each.path.casefold(): each for each in keys}, ROOT, (2, 26))
    return write_document(found), list(unmanaged(found, "local"))


def fate(local: Any = None, group: Any = None, host: Data | None = None, **more: Any) -> Outcome:
    """Return what becomes of a packet to a host without rules."""
    given: Data = {"config": local[0] if local else {}, "group_policy": group[0] if group else {}, "host": host or {}}
    given["unmanaged"] = (local[1] if local else []) + [
        {**each, "store": "group_policy"} for each in (group or ([], []))[1]
    ]
    a = {"name": "a", "addresses": [FE], "version": "2016", "connection_security": given, **more}
    ends = read_check({"hosts": [a, {"name": "b", "addresses": [BE]}]}).hosts
    return Pair(*ends).fate(Packet(ip_address(FE), ip_address(BE), 6, 50_000, 80))


PRIMARY = "Auth1Set={E5A5D32A-4BCE-4e4d-B07F-4AB1BA7E5FE3}|Crypto2Set={E5A5D32A-4BCE-4e4d-B07F-4AB1BA7E5FE2}|"
REQUIRE = f"v2.26|Action=Secure|Name=R|Active=TRUE|{PRIMARY}"


def test_a_rule_of_the_registry() -> None:
    found = fate(store(REQUIRE))
    assert found.kind is K.NO_ANSWER
    assert found.here.rule == "R"


@pytest.mark.parametrize(
    "text",
    [
        REQUIRE + "Unheard=of|",
        REQUIRE + "Platform=2:6:1|",
        REQUIRE + "IF={11111111-2222-3333-4444-555555555555}|",
        REQUIRE + "TransportMachineAuthzSDDL=O:LSD:(A;;CC;;;S-1-5-21-1)|",
        REQUIRE + "KeyManagerDictate=TRUE|",
        REQUIRE + "EP2_4=LocalSubnet|",
        REQUIRE + "RTunnel4=192.0.2.1|LTunnel4=192.0.2.2|EP1_4=10.0.0.10|EP2_4=10.0.1.20|",
        "v2.26|Action=Secure|Name=R|Active=TRUE|Auth1Set={missing}|Crypto2Set={missing}|",
        "no rule at all",
    ],
)
def test_doubts_are_unknown(text: str) -> None:
    found = fate(store(text))
    assert found.kind is K.UNKNOWN
    assert found.why


def test_a_doubt_counts_only_where_the_rule_may_apply() -> None:
    assert fate(store(REQUIRE + "Unheard=of|EP2_4=192.0.2.1|")).kind is K.CLEAR
    assert fate(store(REQUIRE + "Unheard=of|Protocol=17|")).kind is K.CLEAR


@pytest.mark.parametrize(
    "text",
    [
        REQUIRE.replace("Active=TRUE", "Active=FALSE"),
        REQUIRE + "SkipVer=2.26|",
        REQUIRE + "IFType=RemoteAccess|",
    ],
)
def test_rules_that_are_not_in_force(text: str) -> None:
    assert fate(store(text)).kind is K.CLEAR


def profiles(**more: Data) -> Data:
    """Return the facts of a host about its profiles."""
    usual = {"on": True, "local_rules_count": True}
    return {"profiles": {name: {**usual, **more.get(name, {})} for name in ("domain", "private", "public")}}


def test_locks_profiles_and_services() -> None:
    rule = store(REQUIRE)
    lock = {"local_rules_count": False}
    assert fate(rule, host=profiles(domain=lock), profile="domain").kind is K.CLEAR
    assert fate(rule, host=profiles(domain=lock), profile="public").kind is K.NO_ANSWER
    assert fate(rule, host=profiles(domain=lock)).kind is K.UNKNOWN
    assert fate(None, rule, host=profiles(domain=lock), profile="domain").kind is K.NO_ANSWER
    assert fate(rule, host=profiles(domain={"on": False}), profile="domain").kind is K.CLEAR
    assert fate(rule, host={"services": {"MpsSvc": {"running": False}}}).kind is K.CLEAR
    assert fate(rule, host={"services": {"IKEEXT": {"running": False}}}).kind is K.NO_ANSWER


def test_group_policy_stands_beside_and_wins_by_identifier() -> None:
    exempt = store("v2.26|Action=DoNotSecure|Name=E|Active=TRUE|EP2_4=10.0.1.20|")
    assert fate(store(REQUIRE), exempt).kind is K.PERMIT
    other = {**exempt[0], "rules": [{**exempt[0]["rules"][0], "id": "{other}"}]}
    assert fate(store(REQUIRE), (other, [])).kind is K.PERMIT
    wide = store("v2.26|Action=DoNotSecure|Name=E|Active=TRUE|")
    assert fate(store(REQUIRE), wide).kind is K.PERMIT
    other = {**wide[0], "rules": [{**wide[0]["rules"][0], "id": "{other}"}]}
    assert fate(store(REQUIRE), (other, [])).kind is K.UNKNOWN


def test_a_windows_without_rules() -> None:
    with pytest.raises(IpsecError) as refused:
        fate(store(REQUIRE), version="2003")
    assert refused.value.path == "hosts[0].connection_security"


def test_a_mistake_of_a_person_is_refused() -> None:
    host = {"name": "a", "addresses": [FE], "connection_security": {"rules": [{"name": "R", "action": "require"}]}}
    with pytest.raises(IpsecError) as refused:
        read_check({"hosts": [host]})
    assert refused.value.path == "hosts[0].connection_security.rules[0].action"
