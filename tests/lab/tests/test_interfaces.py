# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host's registry says of its network interfaces."""

from __future__ import annotations

import pytest

from winlab import shell
from winlab.host import Host
from winlab.interfaces import TCPIP, Interface
from winlab.spec import LabSpec


def told(host: Host, words: str) -> str:
    done = shell.run(host, f"reg.exe query {TCPIP}\\{words}", b"")
    assert done.code == 0
    return done.stdout.decode()


def test_addresses_of_a_host_are_those_of_its_interface() -> None:
    text = told(Host.create("a", "2016", addresses=("10.0.0.1", "10.0.0.2", "fd00::1")), r"Parameters\Interfaces /s")
    assert r"IPAddress    REG_MULTI_SZ    10.0.0.1\010.0.0.2" in text
    assert "EnableDHCP    REG_DWORD    0x0" in text
    assert "fd00" not in text


@pytest.mark.parametrize("version", ["2003", "2025"])
def test_a_lease_none_and_an_adapter_that_is_gone(version: str) -> None:
    given = (
        Interface(("10.0.0.5",), dhcp=True),
        Interface((), dhcp=True),
        Interface(("10.9.9.9",), bound=False),
    )
    host = Host.create("a", version, interfaces=given)
    text = told(host, r"Parameters\Interfaces /s")
    values = [line.split() for line in text.splitlines() if "IPAddress" in line]
    leased = [row[-1] for row in values if row[0] == "DhcpIPAddress"]
    assert sorted(leased) == ["0.0.0.0", "10.0.0.5"]
    fixed = sorted(row[-1].replace(r"\0\0", "") for row in values if row[0] == "IPAddress")
    assert fixed == (["0.0.0.0", "0.0.0.0", "10.9.9.9"] if version == "2003" else ["10.9.9.9"])
    assert told(host, "Linkage /v Bind").count(r"\Device\{") == 2


def test_interfaces_of_a_specification() -> None:
    data = {"hosts": [{"name": "a", "interfaces": [{"addresses": ["10.0.0.1"], "dhcp": True}]}]}
    assert LabSpec.from_plain(data).hosts[0].interfaces == (Interface(("10.0.0.1",), dhcp=True),)


@pytest.mark.parametrize("wrong", [{"adress": []}, {"addresses": ["fd00::1"]}, {"dhcp": "yes"}])
def test_what_does_not_fit(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"interfaces of a|Expected 4|Only decimal"):
        LabSpec.from_plain({"hosts": [{"name": "a", "interfaces": [wrong]}]})
