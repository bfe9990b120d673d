# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tool for bundles: what it finds in one, what it shows, and which states it gives the ledger."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tools"))
import bundle as tool
import ledger

Data = dict[str, Any]


def made(**changes: Any) -> Data:
    """Return a bundle with one confirmed and one differing point."""
    points = [
        {"about": ["netsh-goes-on"], "what": "lines", "state": "confirmed", "expected": "1", "seen": "1", "reason": ""},
        {
            "about": ["netsh-new-guids"],
            "what": "GUIDs",
            "state": "differs",
            "expected": "yes",
            "seen": 'no: "x"',
            "reason": "",
        },
    ]
    checks = [{"check": "netsh.goes-on", "state": "differs", "reason": "", "points": points}]
    exchanges = [{"line": "netsh.exe", "sent": ["exit"], "said": [0]}]
    whole = {
        "form": 1,
        "windows": "10.0.14393",
        "left_behind": 0,
        "checks": checks,
        "pieces": ["hello"],
        "exchanges": exchanges,
    }
    return {**whole, **changes}


def test_a_bundle_is_fine_and_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "confirm-fe1.json"
    path.write_text(json.dumps(made()))
    assert tool.main(["check", str(path)]) == 0
    assert tool.main(["show", str(path)]) == 0
    said = capsys.readouterr().out
    assert "> exit" in said and "< hello" in said and "GUIDs: expected 'yes'" in said


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"form": 2}, "no bundle of form 1"),
        ({"more": 1}, "other keys"),
        ({"pieces": ["from 10.1.2.3"]}, "the address 10.1.2.3"),
        ({"pieces": ["S-1-5-21-7"]}, "an account"),
        ({"checks": [{"check": "no.such", "state": "confirmed", "points": []}]}, "no.such"),
    ],
)
def test_what_a_bundle_must_not_have_is_named(changes: Data, words: str) -> None:
    assert any(words in each for each in tool.findings(made(**changes)))


def test_a_bundle_becomes_states_of_the_ledger_once(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    shutil.copytree(ledger.FOLDER, folder)
    path = tmp_path / "confirm-fe1.json"
    path.write_text(json.dumps(made()))
    before = {one.name: one for one in ledger.read_ledger(folder).statements}
    for _time in range(2):
        assert tool.main(["ledger", str(path), "--folder", str(folder)]) == 0
    after = {one.name: one for one in ledger.read_ledger(folder).statements}
    changed = {name for name, one in after.items() if one != before[name]}
    assert changed == {"netsh-goes-on", "netsh-new-guids"}
    assert after["netsh-goes-on"].state == "confirmed"
    assert after["netsh-goes-on"].seen == (ledger.Seen("10.0.14393", "confirm-fe1.json"),)
    assert after["netsh-new-guids"].state == "differs"
    assert after["netsh-new-guids"].seen[0].answer == 'GUIDs: expected yes, seen no: "x"'


def test_a_second_host_that_confirms_leaves_what_differs(tmp_path: Path) -> None:
    text = (ledger.FOLDER / "30-store.yml").read_text() + (ledger.FOLDER / "20-netsh.yml").read_text()
    first = tool.applied(text, tool.outcomes(made()), "5.2.3790", "one")
    good = {"netsh-new-guids": tool.Outcome("netsh-new-guids", "confirmed")}
    second = tool.applied(first, good, "6.1.7601", "two")
    part = second[second.index("- id: netsh-new-guids") :].partition("\n\n")[0]
    assert "state: differs" in part and 'version: "5.2.3790"' in part and 'version: "6.1.7601"' in part
