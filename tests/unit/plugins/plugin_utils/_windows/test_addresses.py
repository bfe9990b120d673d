# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The own addresses of a host, from what reg.exe prints; nothing that a host says there is an error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lab_runner import run

from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.addresses import read_addresses
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.queries import Section
from winlab.host import Host
from winlab.interfaces import Interface

KEY = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters\Interfaces"
BOUND = (
    "\r\nHKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Linkage\r\n"
    "    Bind    REG_MULTI_SZ    \\Device\\{AA}\\0\\Device\\{bb}\\0\\Device\\NdisWanIp\r\n\r\n"
)


def own(*keys: tuple[str, tuple[str, ...]], bound: str = BOUND, code: int = 0) -> list[str] | None:
    text = "".join(f"\r\n{KEY}\\{name}\r\n" + "".join(f"    {line}\r\n" for line in lines) for name, lines in keys)
    found = read_addresses({"interfaces": Section(text, code), "bound": Section(bound, 0)})
    return None if found is None else [str(one) for one in found]


def test_set_by_hand_leased_and_left_over() -> None:
    fixed = ("{aa}", ("EnableDHCP    REG_DWORD    0x0", r"IPAddress    REG_MULTI_SZ    10.0.0.2\010.0.0.1"))
    # The address of the lease that it had before is not used any more.
    fixed = (fixed[0], (*fixed[1], "DhcpIPAddress    REG_SZ    10.5.5.5"))
    leased = (
        "{BB}",
        (
            "EnableDHCP    REG_DWORD    0x1",
            "IPAddress    REG_MULTI_SZ    0.0.0.0",
            "DhcpIPAddress    REG_SZ    10.0.1.9",
        ),
    )
    gone = ("{CC}", ("EnableDHCP    REG_DWORD    0x0", "IPAddress    REG_MULTI_SZ    10.9.9.9"))
    elsewhere = (r"{BB}\0123", ("DhcpIPAddress    REG_SZ    192.168.1.7",))
    assert own(fixed, leased, gone, elsewhere) == ["10.0.0.1", "10.0.0.2", "10.0.1.9"]


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("EnableDHCP    REG_DWORD    0x1", "DhcpIPAddress    REG_SZ    0.0.0.0"),
        ("DhcpIPAddress    REG_SZ    255.255.255.255",),
        ("IPAddress    REG_MULTI_SZ    ",),
        ("IPAddress    REG_DWORD    0x7",),
        ("IPAddress    REG_SZ    {{ lookup('pipe', 'id') }}",),
        ("IPAddress    REG_BINARY    zz",),
    ],
)
def test_no_address_is_not_known(lines: tuple[str, ...]) -> None:
    assert own(("{AA}", lines)) is None


def test_what_could_not_be_asked_is_not_known() -> None:
    fixed = ("{AA}", ("IPAddress    REG_MULTI_SZ    10.0.0.1",))
    assert own(fixed) == ["10.0.0.1"]
    assert own(fixed, code=1) is None
    assert own(fixed, bound="Access is denied.") is None
    assert read_addresses({"interfaces": Section("", 0), "bound": Section("ERROR", 1)}) is None


@given(st.text(max_size=200), st.text(max_size=200), st.integers(0, 1))
def test_no_answer_is_an_error(interfaces: str, bound: str, code: int) -> None:
    read_addresses({"interfaces": Section(interfaces, code), "bound": Section(bound, 0)})


@pytest.mark.parametrize("version", ["2003", "2008R2", "2016", "2025"])
def test_a_host_tells_them_as_a_fact(version: str) -> None:
    interfaces = (
        Interface(("10.0.0.1", "10.0.0.2")),
        Interface(("10.0.1.1",), dhcp=True),
        Interface(("10.9.9.9",), bound=False),
    )
    told = run(Host.create("a", version, interfaces=interfaces), "policies_info", {})["host"]
    assert told["own_addresses"] == ["10.0.0.1", "10.0.0.2", "10.0.1.1"]
    assert run(Host.create("a", version), "policies_info", {})["host"]["own_addresses"] is None
    one = Host.create("a", version, addresses=("10.0.0.7", "fd00::7"))
    assert run(one, "sa_info", {})["host"]["own_addresses"] == ["10.0.0.7"]
