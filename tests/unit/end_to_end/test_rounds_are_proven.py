# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook protect looks whether a round works: one pair first, by associations younger than the round."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from lab_runner import run
from playbook_runner import play

from winlab.ipsec.packet import Network, Packet
from winlab.lab import Lab
from winlab.spec import HostSpec

pytestmark = pytest.mark.slow

Data = dict[str, Any]
ADDRESSES = {"web1": "10.0.0.1", "web2": "10.0.0.2", "sql1": "10.0.1.1"}
PAIRS = (("web1", "sql1"), ("web2", "sql1"))
FLOW: Data = {"name": "Web to SQL", "from": "web", "to": "sql", "ports": [1433]}
CERTIFIED = {**FLOW, "authentication": [{"method": "certificate", "authority": "CN=Example CA"}]}


@pytest.fixture
def running() -> Iterator[Lab]:
    specs = [
        HostSpec(
            name=name,
            version="2025",
            groups=(name[:3],),
            addresses=(address,),
            firewall="off",
            vars={"ipsec_addresses": [address], "ipsec_management_ports": [5985]},
        )
        for name, address in ADDRESSES.items()
    ]
    with Lab(specs) as found:
        yield found


def send(lab: Lab, *pairs: tuple[str, str], network: Network | None = None) -> set[str]:
    """Send a packet of every pair, and return what became of them."""
    ends = [[ip_address(ADDRESSES[name]) for name in pair] for pair in pairs]
    return {lab.wire(network).send(Packet(*pair, 6, 50_000, 1433)).fate.value for pair in ends}


@contextmanager
def talking(lab: Lab, *pairs: tuple[str, str]) -> Iterator[set[str]]:
    """Let the pairs talk all the time."""
    over, fates = threading.Event(), set()

    def talk() -> None:
        while not over.wait(0.2):
            locks = [each.endpoint.operations.shells.running for each in lab.hosts.values()]
            for lock in locks:
                lock.acquire()
            try:
                fates.update(send(lab, *pairs))
            finally:
                for lock in locks:
                    lock.release()

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        yield fates
    finally:
        over.set()
        thread.join()


def protect(folder: Path, lab: Lab, flow: Data, *, code: int = 0, **more: Any) -> str:
    done = play("protect.yml", folder, lab, "-e", json.dumps({"ipsec_flows": [flow], **more}))
    assert done.returncode == code, done.stdout + done.stderr
    return " ".join((done.stdout + done.stderr).split())


def methods(lab: Lab, name: str) -> dict[str, list[str]]:
    config = run(lab.hosts[name].host, "policies_info", {})["config"]
    (policy,) = [policy for policy in config["policies"] if policy["name"] == config["assigned"]]
    return {
        rule["name"].removeprefix("IPsec with "): [one["method"] for one in rule["authentication"]]
        for rule in policy["rules"]
    }


def test_pairs_that_talk_are_proven_and_quiet_ones_named(tmp_path: Path, running: Lab) -> None:
    assert "web1 -> sql1 tcp/1433: Not proven yet: nothing has gone between them." in protect(tmp_path, running, FLOW)
    assert send(running, *PAIRS) == {"esp"}
    with talking(running, *PAIRS) as fates:
        said = protect(tmp_path, running, CERTIFIED, ipsec_proof_seconds=60)
        assert "Not proven" not in said
        assert fates == {"esp"}
    assert methods(running, "sql1") == {"web1": ["certificate"], "web2": ["certificate"]}


def test_a_pair_that_falls_silent_stops_the_round_for_all_others(tmp_path: Path, running: Lab) -> None:
    protect(tmp_path, running, FLOW)
    assert send(running, ("web1", "sql1")) == {"esp"}
    said = protect(tmp_path, running, CERTIFIED, code=2, ipsec_proof_seconds=0)
    assert "web1 -> sql1 tcp/1433: They had an association before the round, and have none that is younger." in said
    assert "Changed so far: sql1, web1." in said
    assert methods(running, "web2") == {"sql1": ["kerberos", "certificate"]}
    assert methods(running, "web1") == {"sql1": ["certificate"]}
    # Everybody can still talk, and the way back is open.
    assert send(running, *PAIRS) == {"esp"}
    protect(tmp_path, running, FLOW, ipsec_unproven_round="continue")
    assert methods(running, "sql1") == {"web1": ["kerberos"], "web2": ["kerberos"]}


def test_traffic_that_the_inventory_makes(tmp_path: Path, running: Lab) -> None:
    probe = tmp_path / "probe.yml"
    probe.write_text(
        json.dumps([{"name": "Say", "ansible.builtin.debug": {"msg": "probing {{ ipsec__rows | length }}"}}])
    )
    said = protect(tmp_path, running, FLOW, code=2, ipsec_unproven_round="stop", ipsec_probe_tasks=str(probe))
    assert "probing 1" in said, "the first pair"
    assert "The round is not proven" in said
