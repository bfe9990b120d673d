# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The confirmation run and the ledger: each check is asked or has a reason, each point names statements."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

from lab_runner import run

from ansible_collections.winsec.ipsec.plugins.plugin_utils._confirm.groups import ASKED, NOT_ASKED
from winlab.host import Host

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tools"))
import ledger as tool


@cache
def ledger() -> tool.Ledger:
    return tool.read_ledger()


def test_every_check_of_the_ledger_is_asked_or_has_a_reason() -> None:
    assert not set(ASKED) & set(NOT_ASKED)
    assert {*ASKED, *NOT_ASKED} == {check.name for check in ledger().checks}


def test_every_point_names_statements_of_the_ledger() -> None:
    known = {statement.name for statement in ledger().statements}
    result = run(Host.create("host", "2016"), "confirm", {})
    points = [point for check in result["checks"] for point in check["points"]]
    assert len(points) > 400
    assert {name for point in points for name in point["about"]} <= known
    assert all(point["about"] for point in points)
