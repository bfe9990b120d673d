# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What shows the associations of connection security rules: netsh, management classes, events."""

from __future__ import annotations

import pytest
from netsh_lines import once

from winlab import Host
from winlab.dataplane.wire import Wire
from winlab.ipsec.fate import Fate
from winlab.testing.connections import GCM, KEY, in_connections, type_in
from winlab.testing.pair import BE, FE, START, WEB, pair
from winlab.wmi.associations import main_mode, quick_mode

RULE = f"action=requireinrequireout {KEY} {GCM} protocol=tcp port2=80"
MIRRORED = RULE.replace("port2", "port1")


@pytest.fixture
def talked() -> tuple[Host, Host, Wire]:
    fe, be = (Host.create(name, "2025", addresses=[address]) for name, address in (("fe", FE), ("be", BE)))
    for host, rule in ((fe, RULE), (be, MIRRORED)):
        host.clock.set(START)
        host.audit.enabled = True
        in_connections(host, rule)
        type_in(host, "mainmode add rule name=m mmsecmethods=ecdhp384:aes256-sha384")
    wire = Wire([fe, be])
    assert wire.send(WEB).fate is Fate.ESP
    return fe, be, wire


def test_netsh(talked: tuple[Host, Host, Wire]) -> None:
    fe, _be, _wire = talked
    code, said = once(fe, "advfirewall monitor show mmsa")
    assert code == 0
    for line in (
        f"Local IP Address:                     {FE}",
        f"Remote IP Address:                    {BE}",
        "Auth1:                                ComputerPSK",
        "MM Offer:                             ECDHP384-AES256-SHA384",
    ):
        assert f"{line}\r\n" in said
    code, said = once(fe, f"advfirewall monitor show qmsa {FE} {BE}")
    assert code == 0
    for line in (
        "Remote Port:                          80",
        "Protocol:                             TCP",
        "QM Offer:                             ESP:AESGCM256-AESGCM256+60min+100000kb",
    ):
        assert f"{line}\r\n" in said
    assert once(fe, f"advfirewall monitor show qmsa {BE} {FE}")[0] == 1
    assert once(fe, f"advfirewall monitor show mmsa {BE}")[0] == 1


def test_rules_in_force_and_profile(talked: tuple[Host, Host, Wire]) -> None:
    fe, _be, _wire = talked
    assert "RequireInRequireOut" in once(fe, "advfirewall monitor show consec rule name=all")[1]
    assert "ECDHP384-AES256-SHA384" in once(fe, "advfirewall monitor show mainmode")[1]
    assert "Domain" in once(fe, "advfirewall monitor show currentprofile")[1]
    type_in(fe, "consec set rule name=all new enable=no")
    assert once(fe, "advfirewall monitor show consec")[0] == 1


def test_deleting_associations(talked: tuple[Host, Host, Wire]) -> None:
    fe, be, wire = talked
    assert once(fe, "advfirewall monitor delete qmsa")[0] == 1
    assert once(fe, "advfirewall monitor delete mmsa all")[0] == 0
    assert not fe.associations.main_mode
    assert not fe.associations.quick_mode
    assert once(fe, "advfirewall monitor show mmsa")[0] == 1
    assert wire.send(WEB).fate is Fate.ESP
    assert len(be.associations.quick_mode) == 2
    assert once(fe, "advfirewall monitor delete qmsa all")[0] == 0
    assert len(fe.associations.main_mode) == 1


def test_the_policy_store_shows_in_the_same_lists() -> None:
    fe, _be, wire = pair()
    wire.send(WEB)
    assert "MM Offer:                             DHGroup2-3DES-SHA1" in once(fe, "advfirewall monitor show mmsa")[1]
    assert "QM Offer:                             ESP:SHA1-3DES+15min" in once(fe, "advfirewall monitor show qmsa")[1]


def test_management_classes(talked: tuple[Host, Host, Wire]) -> None:
    fe, _be, _wire = talked
    (main_row,) = main_mode(fe)
    assert (main_row["CipherAlgorithm"], main_row["HashAlgorithm"], main_row["GroupId"]) == (65003, 65002, 20)
    assert main_row["KeyModule"] == 0
    inbound, _outbound = quick_mode(fe)
    assert (inbound["FirstTransformType"], inbound["FirstCipherAlgorithm"]) == (4, 65006)
    assert (inbound["FirstIntegrityAlgorithm"], inbound["RemotePort"]) == (65005, 80)


def test_ipsec_dynamic_and_events(talked: tuple[Host, Host, Wire]) -> None:
    fe, _be, _wire = talked
    said = once(fe, "ipsec dynamic show all")[1]
    assert "AES-256-SHA384-20" in said
    assert "ESP[AES-GCM-256]" in said
    written = {event.number: event.data for event in fe.audit.events((4650, 5451))}
    assert written[4650]["DHGroup"] != "-"
    assert written[5451]["CipherType"] != "-"


def test_key_modules_have_numbers() -> None:
    rule = 'action=requireinrequireout auth1=computercert auth1ca="CN=A"'
    for versions, number in (("2016", 1), ("2025", 2)):
        hosts = [Host.create(name, versions, addresses=[address]) for name, address in (("fe", FE), ("be", BE))]
        for host in hosts:
            in_connections(host, rule)
        Wire(hosts).send(WEB)
        assert [row["KeyModule"] for row in main_mode(hosts[0])] == [number]
