# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module session_check with the lab's front-ends and back-ends: what works, what refuses, and what fails why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from lab_runner import LabConnection, run

from winlab import services
from winlab.host import Host
from winlab.lab import Lab
from winlab.spec import LabSpec
from winlab.testing.policies import in_policy

Data = dict[str, Any]
FE, BE = "10.0.0.10", "10.0.1.20"
PASSWORD = "Anna-Passw0rd"
PLAIN, TLS = ("http", "imap", "pop3"), ("https", "imaps", "pop3s")
REQUIRE = ("action=negotiate soft=no qmsec=ESP[3DES,SHA1]", "kerberos=no psk=Secret-1")


@pytest.fixture(name="lab")
def fixture_lab() -> Iterator[Lab]:
    patience = {"timeout_seconds": 0.05}
    front: Data = {"name": "fe", "version": "2003", "addresses": [FE], "services": {"role": "frontend", **patience}}
    back: Data = {"name": "be", "version": "2003", "addresses": [BE]}
    back["services"] = {"role": "backend", "mailboxes": {"anna": PASSWORD}, **patience}
    with Lab(LabSpec.from_plain({"hosts": [front, back]}).hosts) as lab:
        yield lab


def require(lab: Lab, name: str, filters: str) -> None:
    host = lab.hosts[name].host
    services.start(host, "PolicyAgent")
    in_policy(host, *[(f"{filters} protocol=tcp dstport={port}", *REQUIRE) for port in (80, 143, 110)])


def sessions(lab: Lab, host: str, *protocols: str, password: str = PASSWORD, probe: bool = False) -> list[Data]:
    """Return what came of a session by each protocol, or of a look whether anything answers there."""
    doors = lab.exchange.variables(host)["lab_services"]
    assert isinstance(doors, dict)
    asked = []
    for name in protocols:
        door = doors[name]
        one = {"name": name, "host": door["host"], "port": door["port"], "timeout": 30}
        if probe:
            asked.append({**one, "protocol": "tcp", "expect": "refused"})
            continue
        path = {"path": "/exchange/"} if name.startswith("http") else {}
        credentials = {"user": "anna", "password": password}
        asked.append({**one, "protocol": name, "validate_certs": False, **credentials, **path})
    connection = LabConnection(Host.create("unused", "2016"))
    found = run(connection, "session_check", {"sessions": asked, "fail": False})
    assert password not in str(found)
    assert connection.sent == []
    result: list[Data] = found["sessions"]
    return result


def outcomes(found: list[Data]) -> set[tuple[str, str]]:
    return {(one["outcome"], one["stage"]) for one in found}


def test_users_of_a_front_end_can_work(lab: Lab) -> None:
    assert outcomes(sessions(lab, "fe", *PLAIN, *TLS)) == {("works", "command")}
    assert outcomes(sessions(lab, "fe", *PLAIN, *TLS, password="Wrong-Passw0rd")) == {("failed", "logon")}


def test_users_can_work_over_a_protected_hop_and_a_back_end_answers_nobody_in_clear(lab: Lab) -> None:
    assert outcomes(sessions(lab, "be", *PLAIN, probe=True)) == {("works", "command")}, "nothing is protected yet"
    require(lab, "fe", f"me {BE}")
    require(lab, "be", "any me")
    assert outcomes(sessions(lab, "fe", *PLAIN, *TLS)) == {("works", "command")}
    refused = sessions(lab, "be", *PLAIN, probe=True)
    assert {one["outcome"] for one in refused} == {"refused"}
    assert all(one["as_expected"] and "no answer came" in one["detail"] for one in refused)


def test_a_front_end_that_is_alone_with_its_policy(lab: Lab) -> None:
    require(lab, "fe", f"me {BE}")
    found = sessions(lab, "fe", *PLAIN)
    assert {one["outcome"] for one in found} == {"failed"}
    (web,) = [one for one in found if one["name"] == "http"]
    assert "status 503" in web["detail"]
