# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's netstat and what else tells a host how it is reached."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from winlab import shell
from winlab.connections import TcpConnection, managed
from winlab.host import Host
from winlab.lab import HostSpec, Lab


def said(host: Host, line: str) -> tuple[int, list[list[str]]]:
    done = shell.run(host, line, None)
    return done.code, [row.split() for row in done.stdout.decode(host.oem_encoding).splitlines() if row.strip()]


@pytest.mark.parametrize(("language", "state"), [("en", "ESTABLISHED"), ("de", "HERGESTELLT")])
def test_rows(language: str, state: str) -> None:
    host = Host.create("h", language=language, addresses=("10.0.0.10",))
    code, rows = said(host, "netstat.exe -n -o")
    assert code == 0
    assert rows[2] == ["TCP", "10.0.0.10:5985", "10.0.0.250:49152", state, "4"]
    assert rows[3][-1] == "0"
    assert said(host, "netstat -n")[1][2] == rows[2][:-1]


def test_addresses_of_ipv6_stand_in_brackets() -> None:
    host = Host.create("h")
    host.connections = (TcpConnection(ip_address("2001:db8::1"), 22, ip_address("2001:db8::2"), 40000),)
    assert said(host, "netstat.exe -n -o")[1][2][1:3] == ["[2001:db8::1]:22", "[2001:db8::2]:40000"]


def test_names_are_not_looked_up() -> None:
    assert said(Host.create("h"), "netstat.exe -o")[0] == 1


def test_a_host_sees_what_policies_speak_of_and_not_where_its_endpoint_listens() -> None:
    specs = [
        HostSpec(name="plain"),
        HostSpec(name="behind", addresses=("10.0.0.10",), controller="10.0.0.9", management_port=5986),
    ]
    with Lab(specs) as lab:
        plain, behind = lab.hosts["plain"], lab.hosts["behind"]
        assert plain.host.connections == managed(ip_address("127.0.0.1"), plain.port)
        assert behind.host.connections == managed(ip_address("10.0.0.10"), 5986, "10.0.0.9")


def test_set_shows_the_variables_that_begin_so() -> None:
    host = Host.create("h")
    code = shell.run(host, "set computern", None)
    assert (code.code, code.stdout) == (0, b"COMPUTERNAME=H\r\n")
    assert shell.run(host, "set nosuch", None).code == 1
