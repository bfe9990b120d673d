# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real packets: pairs of simulated hosts on the kernel data plane. Run by ``tools/check kernel`` (LAB_KERNEL=1).

All pairs are measured first, some at a time; each test looks at one of them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from kernel_pairs import BE, FE, PORT, Cell, expected

from winlab.dataplane.inforce import in_force
from winlab.host import Host
from winlab.ipsec.associations import Way
from winlab.kernel.carrier import Carrier
from winlab.kernel.direct import Direct
from winlab.kernel.image import prepare
from winlab.kernel.packages import Unavailable
from winlab.kernel.pair import Measured, measure
from winlab.kernel.policies import compile_policies
from winlab.testing.policies import in_policy, machine

pytestmark = pytest.mark.skipif(not os.environ.get("LAB_KERNEL"), reason="real packets are for tools/check kernel")

OUT, IN = f"me {BE} protocol=tcp dstport={PORT}", f"{FE} me protocol=tcp dstport={PORT}"
AUTHORITY = "CN=Lab Root, O=Example, C=US"
KEY, OTHER_KEY = "kerberos=no psk=Secret-1", "kerberos=no psk=Secret-2"
CERTIFICATE = f'kerberos=no rootca="{AUTHORITY}"'
CELLS = [
    Cell(*text.split())
    for text in (
        "open none none",
        "open request respond",
        "open request none",
        "open require require",
        "open none strict",
        "open block none",
        "closed request request",
        "closed strict require",
        "open request respond ah",
        "open require request certificates",
    )
]


@dataclass(frozen=True)
class Deal:
    """What both ends offer in main and quick mode and how they authenticate, and what must come of it."""

    quick: str
    main: str = "3DES-SHA1-2"
    keys: tuple[str, str] = (KEY, KEY)
    fate: str = "secured"
    wire: str = "esp"
    soft: bool = False
    pfs: bool = False

    def hosts(self) -> tuple[Host, Host]:
        """Return both ends."""
        action = f"action=negotiate inpass={'yes' if self.soft else 'no'} soft={'yes' if self.soft else 'no'}"
        action += f' qmpfs={"yes" if self.pfs else "no"} qmsec="{self.quick}"'
        ends = (("fe", FE, OUT, self.keys[0]), ("be", BE, IN, self.keys[1]))
        return tuple(  # type: ignore[return-value]
            in_policy(machine(name, address), (filters, action, key), settings=f'mmsec="{self.main}"')
            for name, address, filters, key in ends
        )


DEALS = {
    "3DES and SHA-1, group 2048": Deal("ESP[3DES,SHA1]", main="3DES-SHA1-3"),
    "DES and MD5, group 768": Deal("ESP[DES,MD5]", main="DES-MD5-1"),
    "no encryption": Deal("ESP[None,SHA1]"),
    "AH with SHA-1": Deal("AH[SHA1]", wire="ah"),
    "AH with MD5": Deal("AH[MD5]", wire="ah"),
    "fresh keys": Deal("ESP[3DES,SHA1]", pfs=True),
    "certificates": Deal("ESP[3DES,SHA1]", keys=(CERTIFICATE, CERTIFICATE)),
    "Kerberos, by its stand-in": Deal("ESP[3DES,SHA1]", keys=("kerberos=yes", "kerberos=yes")),
    "another key": Deal("ESP[3DES,SHA1]", keys=(KEY, OTHER_KEY), fate="blocked"),
    "another key is no silence": Deal("ESP[3DES,SHA1]", keys=(KEY, OTHER_KEY), fate="blocked", soft=True),
    "certificate and key": Deal("ESP[3DES,SHA1]", keys=(CERTIFICATE, KEY), fate="blocked"),
}


@pytest.fixture(scope="module")
def measured(plane: Carrier) -> Mapping[Cell | str, Measured]:
    """Measure all pairs in one data plane."""
    tasks = {}
    with ThreadPoolExecutor(8) as pool:
        for number, (name, one) in enumerate([*((cell, cell) for cell in CELLS), *DEALS.items()]):
            ike = not isinstance(one, Cell) or one.ike == "open"
            arguments = (plane.channel, f"t{number}", *one.hosts(), PORT)
            tasks[name] = pool.submit(measure, *arguments, ike=ike, patience=25.0, pause=2.0)
    found = {name: task.result() for name, task in tasks.items()}
    left = plane.channel.call("left")
    assert not any(each.startswith("t") for names in left.values() for each in names), left
    return found


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: f"{cell.variant}-{cell.ike}-{cell.front}-{cell.back}")
def test_the_kernel_does_what_is_expected(measured: Mapping[Cell | str, Measured], cell: Cell) -> None:
    """First request, steady state, and clear segments in each."""
    found, wanted = measured[cell], expected(cell.variant)[cell]
    assert (found.first.fate, found.steady.fate) == (wanted.first, wanted.steady)
    segments = [bool(each.wire.get(f"tcp/{PORT}")) for each in (found.first, found.steady)]
    assert segments == [wanted.clear_first, wanted.clear_steady]


@pytest.mark.parametrize("name", DEALS)
def test_what_is_offered_is_negotiated(measured: Mapping[Cell | str, Measured], name: str) -> None:
    """The algorithms of the policy are those on the wire, and both ends tell of the same associations."""
    found, deal = measured[name], DEALS[name]
    assert (found.first.fate, found.steady.fate) == (deal.fate, deal.fate)
    front, back = found.standing["fe"], found.standing["be"]
    if deal.fate == "blocked":
        assert not front.quick_mode and not found.first.wire.get(f"tcp/{PORT}")
        return
    assert found.steady.wire.keys() == {deal.wire}
    for one in (front, back):
        assert {str(each.protection) for each in one.quick_mode} == {deal.quick}
        assert {each.pfs for each in one.quick_mode} == {deal.pfs}
        cipher, hashing, group = deal.main.split("-")
        methods = {(each.method.cipher, each.method.hash, each.method.group) for each in one.main_mode}
        assert methods == {({"DES": 1, "3DES": 3}[cipher], {"MD5": 1, "SHA1": 2}[hashing], int(group))}
        assert all(each.packets > 0 for each in one.quick_mode)
    spis = [{each.way: each.spi for each in one.quick_mode} for one in (front, back)]
    assert (spis[0][Way.IN], spis[0][Way.OUT]) == (spis[1][Way.OUT], spis[1][Way.IN])
    assert {each.cookie for each in front.main_mode} == {each.cookie for each in back.main_mode}


@pytest.mark.parametrize("user", [False, True], ids=["root", "user namespace"])
def test_namespaces_of_the_running_kernel_carry_it_too(user: bool) -> None:
    """Network, block policies and daemon, without ESP: whether the kernel has that is what `probe` tells."""
    if not user and os.geteuid():
        pytest.skip("only root makes namespaces without a user namespace")
    try:
        made = prepare(print, emulated=True)
        carried = Direct(made, user=user)
        with carried as data_plane:
            channel = data_plane.channel
            hosts = [
                {"name": "fe", "addresses": [FE], "at": "outer"},
                {"name": "be", "addresses": [BE], "at": "inner"},
            ]
            channel.call("lay", prefix="d-", firewalls=["outer", "inner"], hosts=hosts)
            channel.call("serve", name="d-be", ports=[80, 81])
            policies = compile_policies(in_force(in_policy(machine("be", BE), (IN, "action=block")))).policies
            channel.call("policies", name="d-be", lines=[each.words() for each in policies])
            answers = [
                channel.call("request", name="d-fe", address=BE, port=port, seconds=seconds)["answered"]
                for port, seconds in ((80, 1.0), (81, 30.0))
            ]
            channel.call("start_keying", name="d-fe", secrets=[], connections={})
            assert channel.call("keying_associations", name="d-fe") == []
            channel.call("remove", prefix="d-")
            left = channel.call("left")
    except Unavailable as reason:
        pytest.skip(str(reason))
    assert answers == [False, True]
    assert not any(left.values())
