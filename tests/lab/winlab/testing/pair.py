# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two simulated hosts with a wire between them, and the questions that tests put to them."""

from __future__ import annotations

import re
from ipaddress import ip_address

from ..dataplane.wire import Wire
from ..host import Host
from ..ipsec.packet import Packet
from ..shell import Finished, run
from .policies import in_policy, machine

FE, BE = "10.0.0.10", "10.0.1.20"
WEB = Packet(ip_address(FE), ip_address(BE), 6, 1025, 80, size=100)
THERE, HERE = f"me {BE} protocol=tcp dstport=80", f"{FE} me protocol=tcp dstport=80"
OFFER = 'qmsec="ESP[3DES,SHA1]:100000k/900s"'
REQUIRE, REQUEST = f"action=negotiate soft=no {OFFER}", f"action=negotiate inpass=yes soft=yes {OFFER}"
KEY = "kerberos=no psk=Secret-1"
START = 1_764_044_400.0
CIMV2, STANDARD = "root/cimv2", "root/standardcimv2"
DRIVER, IKE = "Win32_PerfRawData_Counters_IPsecDriver", "Win32_PerfRawData_Counters_IPsecIKEv1IPv4"


def pair(
    front: str | None = REQUIRE,
    back: str | None = REQUIRE,
    *,
    keys: tuple[str, str] = (KEY, KEY),
    version: str = "2016",
    methods: str = "3DES-SHA1-2",
) -> tuple[Host, Host, Wire]:
    """Return a front-end, a back-end and the wire between them; their clocks stand still and they audit.

    :param front: the filter action for port 80 of the back-end, None for a host without a policy; `back` likewise.
    :param keys: how each end authenticates, in the words of netsh.
    """
    fe, be = machine("fe", FE, version=version), machine("be", BE, version=version)
    for host, filters, action, key in ((fe, THERE, front, keys[0]), (be, HERE, back, keys[1])):
        host.clock.set(START)
        host.audit.enabled = True
        if action:
            in_policy(host, (filters, action, key), settings=f'mmsec="{methods}"')
    return fe, be, Wire([fe, be])


def printed(finished: Finished) -> str:
    """Return what came behind the banner of cmd.exe."""
    return finished.stdout.decode("cp850").split("\r\n\r\n", 1)[1]


def counted(host: Host, names: str, name: str = DRIVER) -> tuple[int, ...]:
    """Return counters as wmic tells them."""
    finished = run(host, f"wmic.exe path {name} get {names} /value", None)
    assert finished.code == 0, finished
    found = dict(re.findall(r"(\w+)=(\d+)\r\r\n", finished.stdout.decode()))
    return tuple(int(found[each]) for each in names.split(","))
