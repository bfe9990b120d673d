# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""New keys while a transfer goes on: the lifetime of quick mode ends several times during one connection.

netsh takes no lifetime below 300 s, so what was translated is given a shorter one. Run by ``tools/check kernel``.
"""

from __future__ import annotations

import base64
import os
import time
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from kernel_pairs import BE, FE, PORT, Cell

from winlab.dataplane.inforce import in_force
from winlab.kernel.carrier import Carrier
from winlab.kernel.enforce import Enforcement, load, translate
from winlab.kernel.pair import check_after
from winlab.kernel.wirelog import read_capture

pytestmark = pytest.mark.skipif(not os.environ.get("LAB_KERNEL"), reason="real packets are for tools/check kernel")

LIFE = {"life_time": "9s", "rekey_time": "5s"}
SECONDS, PIECES = 18.0, 36


def shortened(plan: Enforcement) -> Enforcement:
    """Return what was translated, with a short life for quick modes."""
    connections = {
        name: {**one, "children": {key: {**child, **LIFE} for key, child in one["children"].items()}}
        for name, one in plan.keying.connections.items()
    }
    return replace(plan, keying=replace(plan.keying, connections=connections))


def test_a_transfer_outlives_its_keys(plane: Carrier) -> None:
    """Every piece arrives, in order, under at least three pairs of associations, and no segment is in clear."""
    call, hosts = plane.channel.call, Cell("open", "strict", "strict").hosts()
    plans = {host.name: shortened(translate(in_force(host))) for host in hosts}
    ends = [{"name": name, "addresses": [address], "at": "fw"} for name, address in (("fe", FE), ("be", BE))]
    cable: dict[str, Any] = {"name": "k-fw", "interface": "to-be"}
    call("lay", prefix="k-", firewalls=["fw"], hosts=ends, patience=120)
    try:
        for name, plan in plans.items():
            load(plane.channel, f"k-{name}", plan)
        call("listen", name="k-be", ports=[PORT])
        call("start_capture", **cable)
        number = call("open", source="k-fe", target="k-be", address=BE, port=PORT, seconds=25.0, patience=60)
        assert number, call("keying_log", name="k-fe")
        sent, got, keys = b"", b"", set()
        for piece in range(PIECES):
            data = b"%04d" % piece * 256
            call("send", number=number, end="near", data=base64.b64encode(data).decode())
            sent += data
            while len(got) < len(sent):
                came = call("receive", number=number, end="far", seconds=20.0)
                assert came, (piece, len(got), call("keying_log", name="k-fe")[-3000:])
                got += base64.b64decode(came)
            told = call("keying_associations", name="k-fe")
            for one in (each for found in told for each in found.values()):
                keys |= {child["spi-out"] for child in one["child-sas"].values()}
            time.sleep(SECONDS / PIECES)
        captured = read_capture(base64.b64decode(call("stop_capture", **cable)))
        for name, plan in plans.items():
            check_after(plane.channel, f"k-{name}", plan)
    finally:
        call("remove", prefix="k-", patience=120)
    assert got == sent
    assert len(keys) >= 3, keys
    kinds = Counter(each.kind for each in captured)
    assert kinds["esp"] >= PIECES
    assert not kinds[f"tcp/{PORT}"]
