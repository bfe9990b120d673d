# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook drift as a schedule runs it: a report and an exit code, and repair where it weakens nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playbook_runner import meaning, play

from winlab.lab import Lab
from winlab.spec import HostSpec
from winlab.testing.policies import type_in
from winlab.wsman.faultplan import Effect, Fault

pytestmark = pytest.mark.slow

Data = dict[str, Any]
ADDRESSES = {"web1": "10.0.0.10", "sql1": "10.0.1.20", "sql2": "10.0.1.21"}
FLOW: Data = {"name": "Web to SQL", "from": "web", "to": "sql", "ports": [1433]}
POLICY = "IPsec flows"


@pytest.fixture(scope="module")
def declared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    specs = [
        HostSpec(name=name, version="2016", groups=(name[:3],), vars={"ipsec_addresses": [address]})
        for name, address in ADDRESSES.items()
    ]
    with Lab(specs) as running:
        done = play("protect.yml", tmp_path_factory.mktemp("first"), running, "-e", json.dumps({"ipsec_flows": [FLOW]}))
        assert done.returncode == 0, done.stdout + done.stderr
        yield running


def look(folder: Path, running: Lab, *arguments: str, flow: Data | None = None, code: int = 0, **more: Any) -> Data:
    """Return the report; a repair that is not asked for changes nothing."""
    report = folder / "drift.json"
    before = meaning(running)
    variables = {"ipsec_flows": [flow or FLOW], "ipsec_drift_report": str(report), **more}
    done = play("drift.yml", folder, running, "-e", json.dumps(variables), *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert (report.stat().st_mode & 0o777) == 0o600
    if not more.get("ipsec_repair"):
        assert meaning(running) == before
    found: Data = json.loads(report.read_text())
    assert found["passed"] is (code == 0)
    return found


def states(report: Data) -> Data:
    return {name: one["state"] for name, one in report["hosts"].items()}


def test_as_declared(tmp_path: Path, declared: Lab) -> None:
    found = look(tmp_path, declared)
    assert states(found) == dict.fromkeys(sorted(ADDRESSES), "as_declared")
    assert (found["pairs"], found["refusals"], found["left"]) == ([], [], [])


def test_drift_is_reported_and_repaired(tmp_path: Path, declared: Lab) -> None:
    type_in(declared.hosts["sql1"].host, f'set policy name="{POLICY}" assign=no')
    found = look(tmp_path, declared, code=2)
    assert states(found) == {"sql1": "drifted", "sql2": "as_declared", "web1": "as_declared"}
    assert found["hosts"]["sql1"]["findings"] == ["Its policy is not as declared: 1 commands would mend it."]
    assert [(one["from"], one["to"], one["now"], one["then"]) for one in found["pairs"]] == [
        ("web1", "sql1", "cut_off", "required")
    ]
    found = look(tmp_path, declared, ipsec_repair=True)
    assert set(states(found).values()) == {"as_declared"}


def test_a_host_that_does_not_answer_is_a_failure_and_the_rest_is_repaired(tmp_path: Path, declared: Lab) -> None:
    type_in(declared.hosts["sql1"].host, f'set policy name="{POLICY}" assign=no')
    declared.faults.add(Fault(effect=Effect.DROP_BEFORE, host="sql2", times=None))
    try:
        found = look(tmp_path, declared, code=2, ipsec_repair=True)
    finally:
        declared.faults.clear()
    assert states(found) == {"sql1": "as_declared", "sql2": "no_answer", "web1": "as_declared"}
    assert found["hosts"]["sql2"]["findings"] == ["There was no answer."]
    look(tmp_path, declared)


def test_what_no_overlap_can_make_is_left_and_named(tmp_path: Path, declared: Lab) -> None:
    """More traffic for one pair would interrupt it; what is wrong elsewhere is repaired."""
    type_in(declared.hosts["sql2"].host, f'set policy name="{POLICY}" assign=no')
    wider = [FLOW, {"name": "More", "from": "web", "to": "sql1", "ports": [1434]}]
    found = look(tmp_path, declared, code=2, ipsec_flows=wider, ipsec_repair=True, ipsec_allow_swap=[])
    assert states(found)["sql2"] == "as_declared"
    assert "Pairs: sql1 and web1." in " ".join(found["left"])
    look(tmp_path, declared)


def test_nothing_is_not_as_declared(tmp_path: Path, declared: Lab) -> None:
    assert set(states(look(tmp_path, declared, code=2, flow={**FLOW, "to": "sqll"})).values()) == {"not_judged"}
    for inventory in ("all: {hosts: {}}\n", "all: {hosts: {a: {ansible_connection: local}}}\n"):
        variables = json.dumps({"ipsec_flows": [FLOW], "ipsec_drift_report": str(tmp_path / "none.json")})
        done = play("drift.yml", tmp_path, declared, "-e", variables, inventory=inventory)
        assert done.returncode == 2, done.stdout + done.stderr


def test_a_limit_is_said(tmp_path: Path, declared: Lab) -> None:
    found = look(tmp_path, declared, "--limit", "web1,sql1")
    assert (found["outside_of_the_limit"], sorted(found["hosts"])) == (["sql2"], ["sql1", "web1"])
