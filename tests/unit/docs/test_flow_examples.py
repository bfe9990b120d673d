# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide on flows says what its examples really answer."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import yaml
from lab_runner import run

from winlab.host import Host

GUIDE = (Path(__file__).resolve().parents[3] / "docs/docsite/rst/guide_flows.rst").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    found = re.findall(rf"^\.\. code-block:: {kind}\n((?:   .*\n|\n)+)", GUIDE, re.MULTILINE)
    return [textwrap.dedent(text).strip() for text in found]


def play(number: int, **host: Any) -> dict[str, Any]:
    """Return the result of an example; ``host`` changes its last host."""
    (task,) = yaml.safe_load(blocks("yaml")[number])
    task["winsec.ipsec.flow_check"]["hosts"][-1].update(host)
    return run(Host.create("unused", "2016"), "flow_check", task["winsec.ipsec.flow_check"])


def test_the_example_that_passes() -> None:
    found = play(0)
    assert found["passed"] is True
    assert found["findings"] == []


def test_the_example_that_fails_says_what_the_guide_shows() -> None:
    found = play(1)
    (shown,) = blocks("text")
    assert " ".join(found["msg"].split()) == " ".join(shown.split())
    assert play(1, version="2003")["passed"] is True


def test_the_table_of_the_article() -> None:
    """The rows of the table: outcomes by action, for an older, a newer and a silent back-end."""
    rows = re.findall(r"\* - (requests|requires) security\n((?:     - ``\w+``\n)+)", GUIDE)
    assert [action for action, _cells in rows] == ["requests", "requires"]
    for action, cells in rows:
        (task,) = yaml.safe_load(blocks("yaml")[1])
        options = {**task["winsec.ipsec.flow_check"], "fail": False, "flows": ["tcp/80"]}
        front, back = options["hosts"]
        front["config"]["filter_actions"][0]["fallback_to_clear"] = action == "requests"
        outcomes = []
        for change in ({"version": "2003"}, {"version": "2008"}, {"config": {}}):
            found = run(Host.create("unused", "2016"), "flow_check", {**options, "hosts": [front, {**back, **change}]})
            (row,) = [row for row in found["matrix"] if row["from"] == "fe"]
            outcomes += [cell["outcome"] for cell in row["outcomes"]]
        assert outcomes == re.findall(r"``(\w+)``", cells)
