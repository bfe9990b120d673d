# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role firewall refuses options before any program of a firewall is started, and shows none of what they hold.

``nft`` and ``firewall-cmd`` are scripts here that write down what they were started with.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from playbook_runner import run

KEY = "Canary-7f3a9Zq"
FLOWS = [{"from": ["10.0.0.1"], "to": ["10.0.0.2"]}]
WRONG: dict[str, Any] = {
    "firewall_nftables_table": ["filter; flush ruleset", "filter\n", "-f", "", {"preshared_key": KEY}],
    "firewall_nftables_family": ["inet filter; flush ruleset; list table inet", KEY, [KEY], {"preshared_key": KEY}],
    "firewall_backend": [f"../{KEY}", KEY, [KEY], {"preshared_key": KEY}],
    "firewall_state": [KEY, {"preshared_key": KEY}],
    "firewall_firewalld_policy": [{"preshared_key": KEY}],
    "firewall_nftables_file": [{"preshared_key": KEY}],
    "firewall_flows": [[{"from": {"preshared_key": KEY}, "to": ["10.0.0.2"]}], {"preshared_key": KEY}],
    "firewall_protocols": [{"preshared_key": KEY}, [{"preshared_key": KEY}]],
}
# These are read by what builds the rules, behind the first look at the firewall.
READ_LATER = ("firewall_flows", "firewall_protocols")


def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put the scripts on the path; return the file in which they write, which is there once one was started."""
    log, folder = tmp_path / "started", tmp_path / "bin"
    folder.mkdir()
    for name in ("nft", "firewall-cmd"):
        (folder / name).write_text(f"#!/bin/sh\nprintf '%s ' \"$0\" \"$@\" >>'{log}'\necho '{{\"nftables\": []}}'\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return log


def play(tmp_path: Path, given: list[dict[str, Any]]) -> str:
    """Run the role once for each set of options; return what it said. Each of them must fail."""
    role = {"ansible.builtin.include_role": {"name": "winsec.ipsec.firewall"}}
    tasks = [
        {
            "block": [
                {**role, "vars": {"firewall_flows": FLOWS, **one}},
                {"ansible.builtin.fail": {"msg": f"taken: set {number}"}},
            ],
            "rescue": [{"ansible.builtin.debug": {"msg": "next"}}],
        }
        for number, one in enumerate(given)
    ]
    book, inventory = tmp_path / "book.yml", tmp_path / "inventory.yml"
    book.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    inventory.write_text(json.dumps({"all": {"hosts": {"fw": {"ansible_connection": "local"}}}}))
    done = run(book, inventory, "-v")
    assert done.returncode == 0, done.stdout
    assert f"rescued={len(given)}" in done.stdout
    return done.stdout + done.stderr


def test_no_program_is_started_with_words_that_it_would_read_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = started(tmp_path, monkeypatch)
    given = [{name: value} for name in WRONG if name not in READ_LATER for value in WRONG[name]]
    said = play(tmp_path, given)
    assert "taken: set" not in said
    assert KEY not in said
    assert not log.exists(), log.read_text()


def test_keys_in_flows_and_protocols_are_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = started(tmp_path, monkeypatch)
    backends = [{"firewall_backend": "asa", "firewall_output_file": str(tmp_path / "asa")}, {}]
    given = [{**backend, name: value} for backend in backends for name in READ_LATER for value in WRONG[name]]
    said = play(tmp_path, given)
    assert "taken: set" not in said
    assert KEY not in said
    assert not (tmp_path / "asa").exists()
    assert "-f" not in (log.read_text() if log.exists() else "").split()
