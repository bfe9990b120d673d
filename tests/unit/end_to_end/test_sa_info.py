# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module sa_info on simulated hosts whose traffic was negotiated, refused, or in clear after all."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from lab_runner import LabConnection, run, state_of
from winrm_runner import Controller

from winlab import services
from winlab.host import Host
from winlab.ipsec.fate import Fate
from winlab.lab import HostSpec, Lab
from winlab.testing.pair import BE, FE, REQUEST, REQUIRE, WEB, pair
from winlab.testing.policies import type_in

Data = dict[str, Any]
SHOWN = ("2016", "2025")


def look(host: Host, *, commands: int = 1) -> Data:
    """Return what the module says, and see that it left the host as it was."""
    connection = LabConnection(host)
    before = state_of(host)
    found = run(connection, "sa_info", {})
    assert (found["changed"], len(connection.sent)) == (False, commands)
    assert state_of(host) == before
    return found


def modes(found: Data) -> tuple[int, int]:
    return len(found["main_mode"]), len(found["quick_mode"])


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("version", SHOWN)
def test_an_association_comes_and_goes(version: str, language: str) -> None:
    fe, be, wire = pair(version=version)
    fe.language = be.language = language
    nothing = look(fe)
    assert (nothing["known"], nothing["reason"], modes(nothing)) == (True, "", (0, 0))
    assert wire.send(WEB).fate is Fate.ESP
    here, there = look(fe), look(be)
    assert (here["known"], here["source"], here["reason"]) == (True, "cim", "")
    identities = [set(one.pop("identities")) for end in (here, there) for one in end["quick_mode"]]
    assert identities[0] and identities[0] == identities[1], "the number of the pair, in the lab the same at both ends"
    (cookies,) = (one.pop("identities") for one in here["main_mode"])
    assert [cookies] == [one.pop("identities") for one in there["main_mode"]]
    assert here["main_mode"] == [
        {
            "local": FE,
            "peer": BE,
            "encryption": "3des",
            "integrity": "sha1",
            "dh_group": 2,
            "key_module": "ikev1",
        }
    ]
    protection = {"ah_integrity": "none", "esp_encryption": "3des", "esp_integrity": "sha1", "pfs": False}
    ends = {"local": FE, "peer": BE, "protocol": "tcp", "local_port": 0, "peer_port": 80}
    assert here["quick_mode"] == [{**ends, **protection}]
    mirrored = {"local": BE, "peer": FE, "protocol": "tcp", "local_port": 80, "peer_port": 0}
    assert there["quick_mode"] == [{**mirrored, **protection}]
    assert (here["counters"]["active_main_mode"], here["counters"]["active_quick_mode"]) == (1, 1)
    wire.send(WEB)
    assert look(fe)["counters"]["bytes_sent"] > here["counters"]["bytes_sent"]
    assert here["policy"] == {"store": "local", "assigned": "P", "effective": True, "why_not": ""}
    services.stop(fe, "PolicyAgent")
    stopped = look(fe)
    assert (stopped["known"], modes(stopped)) == (True, (0, 0))
    assert (stopped["policy"]["effective"], stopped["policy"]["store"]) == (False, "local")
    assert "PolicyAgent does not run" in stopped["policy"]["why_not"]


@pytest.mark.parametrize(
    ("offer", "protection"),
    [
        ("AH[SHA1]", ("sha1", "none", "none")),
        ("ESP[DES,None]", ("none", "des", "none")),
        ("ESP[None,MD5]", ("none", "none", "md5")),
        ("AH[MD5]+ESP[3DES,SHA1]", ("md5", "3des", "sha1")),
    ],
)
def test_what_protects(offer: str, protection: tuple[str, str, str]) -> None:
    action = f"action=negotiate soft=no qmpfs=yes qmsec={offer}"
    fe, _be, wire = pair(action, action)
    wire.send(WEB)
    (found,) = look(fe)["quick_mode"]
    assert (found["ah_integrity"], found["esp_encryption"], found["esp_integrity"]) == protection
    assert found["pfs"] is True


@pytest.mark.parametrize("version", ["2008R2", *SHOWN])
def test_clear_text_after_silence_shows_nowhere(version: str) -> None:
    fe, _be, wire = pair(REQUEST, None, version=version)
    assert wire.send(WEB).fate is Fate.SOFT_CLEAR
    found = look(fe, commands=1 if version in SHOWN else 2)
    assert (found["known"], found["quick_mode"]) == (True, [])


def test_the_security_log_of_windows_server_2008_r2() -> None:
    fe, _be, wire = pair(version="2008R2")
    wire.send(WEB)
    found = look(fe, commands=2)
    assert (found["known"], found["source"], found["reason"]) == (True, "events", "")
    (main,), (quick,) = found["main_mode"], found["quick_mode"]
    assert (main["local"], main["peer"], main["encryption"]) == (FE, BE, None)
    assert (quick["protocol"], quick["local_port"], quick["peer_port"]) == ("tcp", 0, 80)
    assert {quick[key] for key in ("ah_integrity", "esp_encryption", "esp_integrity", "pfs")} == {None}
    assert found["counters"]["bytes_sent"] > 0
    services.stop(fe, "PolicyAgent")
    after = look(fe, commands=2)
    assert (after["known"], modes(after)) == (True, (0, 0))


def test_without_auditing_an_empty_log_proves_nothing() -> None:
    fe, _be, wire = pair(version="2008R2")
    fe.audit.enabled = False
    assert look(fe, commands=2)["known"] is True, "the counters say that there is nothing"
    wire.send(WEB)
    found = look(fe, commands=2)
    assert (found["known"], modes(found)) == (False, (0, 0))
    assert "auditing was not on" in found["reason"]


def test_windows_server_2003() -> None:
    fe, _be, wire = pair(version="2003")
    wire.send(WEB)
    found = look(fe, commands=2)
    assert (found["known"], found["source"], modes(found)) == (False, "none", (0, 0))
    assert "Windows Server 2003" in found["reason"]
    assert found["policy"]["effective"] is True


@pytest.mark.parametrize("version", ["2003", "2008R2", *SHOWN])
@pytest.mark.parametrize("ahead", [-3600, 600])
def test_a_clock_that_is_wrong(version: str, ahead: int) -> None:
    host = Host.create("fe", version)
    host.clock.set(time.time() + ahead)
    clock = look(host, commands=1 if version in SHOWN else 2)["clock"]
    # What a loaded machine makes of the read is not a matter of this test.
    assert abs(clock["skew_seconds"] - ahead) < 120


def test_two_rules_are_two_associations() -> None:
    fe, be, wire = pair()
    for host, source, destination, side in ((fe, "me", BE, "dstport"), (be, FE, "me", "dstport")):
        type_in(host, f"add filter L0 {source} {destination} protocol=tcp {side}=110")
    wire.send(WEB)
    wire.send(replace(WEB, destination_port=110))
    found = look(fe)
    assert (found["known"], sorted(one["peer_port"] for one in found["quick_mode"])) == (True, [80, 110])


@pytest.mark.parametrize(("version", "requests"), [("2025", 6), ("2008R2", 10), ("2003", 10)])
def test_requests(version: str, requests: int) -> None:
    with Lab([HostSpec(name="a", version=version, language="de")], transport="basic") as lab:
        host = lab.hosts["a"]
        found = Controller(host).run("sa_info", {})
        assert found["known"] is (version != "2003")
        assert sum(host.log.count().values()) == requests
        (command,) = set(host.log.commands())
        assert "MSFT" not in command, "what is asked goes through standard input"


def test_stops_at_require() -> None:
    fe, _be, wire = pair(REQUIRE, None)
    assert wire.send(WEB).fate is Fate.NO_ANSWER
    found = look(fe)
    assert (found["known"], modes(found)) == (True, (0, 0))
