# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module report as a task: a proof in, three files out, and no host asked."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import proofs
import pytest
from ansible.errors import AnsibleActionFail
from lab_runner import LabConnection, run

from winlab.host import Host

Data = dict[str, Any]


def write(proof: Data, folder: Path, **modes: bool) -> Data:
    """Return the result of a task; its connection must never be used."""
    connection = LabConnection(Host.create("unused", "2016"))
    result = run(connection, "report", {"proof": proof, "folder": str(folder)}, **modes)
    assert connection.sent == []
    return result


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_three_files_and_nothing_else_the_second_time_unchanged(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "report"
    first = write(proofs.realistic(), folder)
    assert first["changed"] is True
    assert {first[key] for key in ("page", "data", "junit")} == {str(path) for path in folder.iterdir()}
    before = contents(folder)
    assert sorted(before) == ["index.html", "junit.xml", "report.json"]
    second = write(proofs.realistic(), folder)
    assert second == {**first, "changed": False}
    assert contents(folder) == before


def test_a_changed_proof_changes_the_files(tmp_path: Path) -> None:
    write(proofs.small(), tmp_path)
    assert write({**proofs.small(), "title": "Another"}, tmp_path)["changed"] is True
    assert json.loads((tmp_path / "report.json").read_text())["proof"]["title"] == "Another"


def test_check_mode_writes_nothing_and_diff_mode_names_the_files(tmp_path: Path) -> None:
    folder = tmp_path / "report"
    predicted = write(proofs.small(), folder, check_mode=True, diff=True)
    assert not folder.exists()
    done = write(proofs.small(), folder, diff=True)
    assert predicted == done
    (shown,) = done["diff"]
    assert [line.split(" ", 1) for line in shown["prepared"].splitlines()] == [
        ["new:", str(folder / name)] for name in ("index.html", "report.json", "junit.xml")
    ]
    (folder / "junit.xml").write_text("old")
    (shown,) = write(proofs.small(), folder, check_mode=True, diff=True)["diff"]
    assert shown["prepared"] == f"changed: {folder / 'junit.xml'}\n"
    assert (folder / "junit.xml").read_text() == "old"


def test_counts_and_verdict(tmp_path: Path) -> None:
    found = write(proofs.realistic(), tmp_path)
    counts = found["counts"]
    assert (counts["passed"], counts["failed"], counts["unproven"], found["outcome"]) == (4, 2, 1, "failed")
    assert (counts["hosts"], counts["drifted"]) == (6, 1)
    # One of the waivers ended before the day of the proof.
    assert (counts["findings"], counts["waived"]) == (2, 1)
    assert sum(counts["flows"].values()) == len(proofs.realistic()["flows"])
    assert found["verdict"].startswith("Not as declared: 2 of 7 checks failed, 1 unproven, 4 passed;")


@pytest.mark.parametrize(
    ("outcomes", "whole"),
    [
        ([], "unproven"),
        (["passed"], "passed"),
        (["passed", "unproven"], "unproven"),
        (["unproven", "failed"], "failed"),
    ],
)
def test_the_whole_is_as_good_as_its_worst_check(tmp_path: Path, outcomes: list[str], whole: str) -> None:
    checks = [{"id": str(number), "title": "T", "outcome": one} for number, one in enumerate(outcomes)]
    assert write({**proofs.small(), "checks": checks}, tmp_path)["outcome"] == whole


def test_junit_has_a_case_for_each_check(tmp_path: Path) -> None:
    write(proofs.realistic(), tmp_path)
    root = ElementTree.parse(tmp_path / "junit.xml").getroot()
    (suite,) = root
    assert {key: suite.get(key) for key in ("tests", "failures", "skipped", "errors")} == {
        "tests": "7",
        "failures": "2",
        "skipped": "1",
        "errors": "0",
    }
    cases = {case.get("name", "").partition(":")[0]: case for case in suite}
    failure = cases["flow-fe2-be2-80"].find("failure")
    assert failure is not None
    assert failure.get("message") == "be2 has no filter for 10.0.0.11"
    lines = (failure.text or "").splitlines()
    assert [line for line in lines if line.startswith("- ")] == [
        "- be2 has no filter for 10.0.0.11",
        "- The service IKEEXT of be2 does not run",
        "- The clocks are too far apart for Kerberos",
    ]
    skipped = cases["associations-be2"].find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "Windows Server 2008 R2 records associations only while auditing is on."
    assert {child.tag for child in cases["flow-fe1-be1-80"]} == {"system-out"}


def test_data_hold_the_proof_and_no_preshared_key(tmp_path: Path) -> None:
    once, again = tmp_path / "once", tmp_path / "again"
    proof = proofs.small()
    key = "Zwiebelkuchen-17"
    rule = proof["hosts"][0]["config"]["policies"][0]["rules"][0]
    rule["authentication"] = [{"method": "preshared_key", "preshared_key": key}]
    result = write(proof, once)
    assert all(key.encode() not in text for text in contents(once).values())
    assert key not in repr(result)
    data = json.loads((once / "report.json").read_text())["proof"]
    assert data["flows"][0]["rules"] == proof["flows"][0]["rules"]
    assert data["hosts"][0]["associations"]["main_mode"] == proof["hosts"][0]["associations"]["main_mode"]
    # What is written is itself a proof, and the same one.
    write(data, again)
    assert contents(again) == contents(once)


def put(proof: Data, path: str, value: Any) -> Data:
    """Return the proof with another value at ``path``, written hosts.0.name."""
    proof = copy.deepcopy(proof)
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    node: Any = proof
    for part in way:
        node = node[part]
    node[last] = value
    return proof


WRONG = [
    ("title", " ", "proof.title", "what the report is about"),
    ("made", "yesterday", "proof.made", "a moment in UTC"),
    ("made", "2026-02-30T00:00:00Z", "proof.made", "a moment in UTC"),
    ("flow", [], "proof.flow", "Did you mean flows?"),
    ("hosts", {}, "proof.hosts", "a list"),
    ("hosts.1.name", "fe1", "proof.hosts[1].name", "each name once"),
    ("hosts.0.role", "frontend", "proof.hosts[0].role", "front-end"),
    ("hosts.0.colour", "red", "proof.hosts[0].colour", "one of the options"),
    ("hosts.0.addresses", ["10.0.0"], "proof.hosts[0].addresses[0]", "an IPv4 or IPv6 address"),
    ("hosts.0.exemption_level", 4, "proof.hosts[0].exemption_level", "from 0 to 3"),
    ("hosts.0.services", {"IKEEXT": {"runs": True}}, "proof.hosts[0].services.IKEEXT.runs", "running"),
    (
        "hosts.0.config.policies.0.rules.0.filter_list",
        None,
        "proof.hosts[0].config.policies[0].rules[0].filter_list",
        "",
    ),
    ("hosts.0.associations.source", "guess", "proof.hosts[0].associations.source", "cim"),
    ("hosts.0.associations.counters", {"a": "many"}, "proof.hosts[0].associations.counters.a", "a whole number"),
    (
        "hosts.0.associations.quick_mode.0.peer_port",
        65536,
        "proof.hosts[0].associations.quick_mode[0].peer_port",
        "65535",
    ),
    ("flows.0.outcome", "encrypted", "proof.flows[0].outcome", "protected"),
    ("flows.0.rules", "none", "proof.flows[0].rules", "a mapping"),
    ("checks.0.outcome", None, "proof.checks[0].outcome", "Add outcome."),
    ("checks.0.causes", [{"remedy": "x"}], "proof.checks[0].causes[0].cause", "a possible cause"),
    ("findings", [{"id": "a", "severity": "bad", "text": "t"}], "proof.findings[0].severity", "high"),
    (
        "findings",
        [{"id": "a", "severity": "low", "text": "t", "waiver": {"reason": "r", "until": "2026-13-01"}}],
        "proof.findings[0].waiver.until",
        "a day",
    ),
]


@pytest.mark.parametrize(("path", "value", "where", "words"), WRONG, ids=[f"{one[0]}={one[1]!r:.20}" for one in WRONG])
def test_what_is_wrong_is_refused_with_its_path(tmp_path: Path, path: str, value: Any, where: str, words: str) -> None:
    with pytest.raises(AnsibleActionFail) as caught:
        write(put(proofs.small(), path, value), tmp_path / "report")
    text = str(caught.value)
    assert text.startswith(f"{where} is "), text
    assert words in text
    assert not (tmp_path / "report").exists()


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(AnsibleActionFail, match=r"^folder is .*expected a folder that can be written to"):
        write(proofs.small(), tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"
