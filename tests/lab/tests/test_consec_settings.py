# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`netsh advfirewall mainmode`, `set global` and `show global`."""

from __future__ import annotations

import pytest
from netsh_lines import LOCAL, done, once

from winlab import Host, Kind, Value
from winlab.consec import crypto, store
from winlab.consec.store import Origin, SetKind

ADD = "advfirewall mainmode add rule"


def strings(host: Host) -> list[str]:
    return [str(value.data) for _name, value in host.registry.values(rf"{LOCAL}\MainModeRules")]


def main_set(host: Host) -> crypto.MainSet:
    (_id, rule), *_none = store.main_mode_rules(host)
    found = store.main_set(host, rule.crypto1 or "", Origin.LOCAL)
    assert found is not None
    return found


PRIMARY = "Crypto1Set={E5A5D32A-4BCE-4e4d-B07F-4AB1BA7E5FE1}|"


def test_main_mode_rules() -> None:
    host = done(Host.create("h", "2019"), f"{ADD} name=m mmsecmethods=default endpoint2=192.0.2.0/24 profile=domain")
    assert strings(host) == [f"v2.29|Name=m|Desc=|Active=TRUE|Profile=Domain|EP2_4=192.0.2.0/24|{PRIMARY}"]
    done(
        host,
        "advfirewall mainmode set rule name=m new mmsecmethods=ecdhp384:aes256-sha384,dhgroup2:3des-sha1 "
        "mmkeylifetime=60min,3sess mmforcedh=yes",
    )
    assert main_set(host) == crypto.MainSet(
        (crypto.MainSuite("ECDH-384", "AES-256", "SHA384"), crypto.MainSuite("DH2", "3DES", "SHA1")), 60, 3, True
    )
    done(host, "advfirewall mainmode set rule name=m new mmkeylifetime=90min enable=no")
    assert (main_set(host).minutes, main_set(host).sessions) == (90, 3)
    assert (
        "MainModeSecMethods:                   ECDHP384-AES256-SHA384,DHGroup2-3DES-SHA1"
        in once(host, "advfirewall mainmode show rule name=all")[1].splitlines()
    )
    assert once(host, "advfirewall mainmode show rule name=all type=dynamic")[0] == 1
    done(host, "advfirewall mainmode delete rule name=all")
    assert not strings(host)
    assert not host.registry.subkeys(rf"{LOCAL}\Phase1CryptoSet")


@pytest.mark.parametrize(
    "tags",
    [
        "mmsecmethods=default",
        "name=all",
        "name=m mmsecmethods=3des-sha1",
        "name=m mmsecmethods=dhgroup2:aesgcm256-sha256",
        "name=m mmsecmethods=dhgroup2:aes256-aesgmac256",
        "name=m mmsecmethods=dhgroup5:aes256-sha1",
        "name=m mmkeylifetime=0min",
        "name=m mmkeylifetime=2881min",
        "name=m mmkeylifetime=3sess",
        "name=m mmkeylifetime=60",
        "name=m mmkeylifetime=60min,9999999999sess",
        "name=m endpoint2=::1",
        "name=m auth2=userkerb",
        "name=m action=requestinrequestout",
        "name=m qmpfs=none",
    ],
)
def test_main_mode_refused(tags: str) -> None:
    host = Host.create("h")
    assert once(host, f"{ADD} {tags}")[0] == 1
    assert not strings(host)


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        ("strongcrlcheck 2", "StrongCRLCheck", Value(Kind.DWORD, 2)),
        ("saidletimemin 5", "SAIdlTime", Value(Kind.DWORD, 300)),
        ("saidletimemin 60", "SAIdlTime", Value(Kind.DWORD, 3600)),
        ("defaultexemptions none", "IPsecExempt", Value(Kind.DWORD, 0)),
        ("defaultexemptions neighbordiscovery,icmp,dhcp", "IPsecExempt", Value(Kind.DWORD, 11)),
        ("ipsecthroughnat serverandclientbehindnat", "IPsecThroughNAT", Value(Kind.DWORD, 2)),
        (
            "authzusergrp O:LSD:(A;;CC;;;WD)",
            "IPsecTunnelRemoteUserAuthorizationList",
            Value(Kind.SZ, "O:LSD:(A;;CC;;;WD)"),
        ),
    ],
)
def test_global_settings(words: str, name: str, value: Value) -> None:
    host = done(Host.create("h"), f"advfirewall set global ipsec {words}")
    assert host.registry.get(LOCAL, name) == value


@pytest.mark.parametrize(
    "words",
    [
        "ipsec strongcrlcheck 3",
        "ipsec saidletimemin 4",
        "ipsec saidletimemin 61",
        "ipsec saidletimemin five",
        "ipsec defaultexemptions none,icmp",
        "ipsec defaultexemptions icmp,icmp",
        "ipsec defaultexemptions",
        "ipsec defaultexemptions notconfigured",
        "ipsec ipsecthroughnat 1",
        "ipsec authzusergrp everybody",
        "ipsec strongcrlcheck 1 saidletimemin 5",
        "ipsec nothing 1",
        "kernel strongcrlcheck 1",
        "mainmode mmsecmethods dhgroup2",
        "mainmode mmkeylifetime 0min",
    ],
)
def test_global_refused(words: str) -> None:
    host = Host.create("h")
    before = host.registry.values(LOCAL)
    assert once(host, f"advfirewall set global {words}")[0] == 1
    assert host.registry.values(LOCAL) == before


def test_global_main_mode_is_the_primary_set() -> None:
    host = done(
        Host.create("h", "2025"),
        "advfirewall set global mainmode mmsecmethods ecdhp256:aes128-sha256",
        "advfirewall set global mainmode mmkeylifetime 60min,0sess",
    )
    primary = SetKind.CRYPTO1.primary
    assert host.registry.subkeys(rf"{LOCAL}\Phase1CryptoSet") == [primary]
    assert store.main_set(host, primary, Origin.LOCAL) == crypto.MainSet(
        (crypto.MainSuite("ECDH-256", "AES-128", "SHA256"),), 60
    )
    code, said = once(host, "advfirewall show global")
    assert code == 0
    assert "MainModeSecMethods:                   ECDHP256-AES128-SHA256" in said
    assert "DefaultExemptions:                    NeighborDiscovery,DHCP" in said
    done(
        host,
        "advfirewall set global mainmode mmsecmethods default",
        "advfirewall set global mainmode mmkeylifetime 480min,0sess",
    )
    assert not host.registry.subkeys(rf"{LOCAL}\Phase1CryptoSet")


def test_only_the_local_store_opens() -> None:
    host = done(Host.create("h"), "advfirewall set store local", "advfirewall show store")
    assert once(host, "advfirewall set store gpo=dc1")[0] == 1
