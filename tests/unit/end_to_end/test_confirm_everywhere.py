# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Confirmation runs on all versions in both languages, killed at more than 200 points; writes build/confirm.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from confirming import KilledEverywhere, prepared
from lab_runner import run

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
VERSIONS = ("2003", "2008R2", "2012R2", "2016", "2025")


def test_all_hosts_are_asked_and_nothing_is_left_at_any_point() -> None:
    hosts: dict[str, Any] = {}
    points, left_behind = 0, []
    for version in VERSIONS:
        for language in ("en", "de"):
            connection = KilledEverywhere(prepared(version, language), every=19)
            result = run(connection, "confirm", {})
            hosts[f"{version}-{language}"] = result["counts"]
            points += connection.points
            left_behind += [*connection.left_behind, *result["left_behind"]]
    (ROOT / "build").mkdir(exist_ok=True)
    report = {"hosts": hosts, "left_behind": len(left_behind), "kill_points": points}
    (ROOT / "build" / "confirm.json").write_text(json.dumps(report, indent=1) + "\n")
    assert left_behind == []
    assert points >= 200
    assert all(sum(counts.values()) == 106 for counts in hosts.values())
