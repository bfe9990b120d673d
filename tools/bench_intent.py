# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long it takes from flows to the documents, openings and expectations of all hosts, judged at every moment.

Seconds are processor time of one run in a process of its own, and its peak of memory counts the interpreter too.
``first``: no host has a policy yet. ``change``: all hosts get another authentication method by overlap.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "collections")]

from ansible_collections.winsec.ipsec.plugins.plugin_utils._intent.data import to_data  # noqa: E402
from ansible_collections.winsec.ipsec.plugins.plugin_utils._intent.deployment import deploy  # noqa: E402
from ansible_collections.winsec.ipsec.plugins.plugin_utils._intent.read import read_intent  # noqa: E402

Data = dict[str, Any]

HOSTS, FLOWS = 200, 2000
KINDS = ("first", "change")
_PORTS = (80, 443, 1433, 5022)


def flows(method: Data) -> list[Data]:
    """Return flows between hosts, each with one port."""
    chance = random.Random(1)
    found = []
    for number in range(FLOWS):
        source, destination = chance.sample(range(HOSTS), 2)
        port = _PORTS[(source + destination) % len(_PORTS)]
        flow = {"name": f"f{number}", "from": f"h{source}", "to": f"h{destination}", "ports": [port]}
        found.append({**flow, "authentication": [method]})
    return found


def hosts(configs: Data) -> list[Data]:
    """Return the hosts with the documents that they have."""
    facts = {"version": "10.0.14393", "exemption_level": 3, "services": {}}
    return [
        {
            "name": f"h{number}",
            "addresses": [f"10.1.{number // 250}.{number % 250 + 1}"],
            "info": {"config": configs.get(f"h{number}", {}), "host": facts},
        }
        for number in range(HOSTS)
    ]


def deployed(method: Data, configs: Data) -> tuple[Data, float]:
    """Return what follows, and the processor time that it took."""
    given = {"flows": flows(method), "hosts": hosts(configs)}
    began = time.process_time()
    found: Data = to_data(deploy(read_intent(given)))
    took = time.process_time() - began
    if found["refusals"]:
        raise SystemExit(str(found["refusals"][0]))
    return found, took


def once(kind: str) -> Data:
    """Return the figures of one run in this process."""
    found, took = deployed({"method": "kerberos"}, {})
    if kind == "change":
        configs = {name: mine["config"] for name, mine in found["hosts"].items()}
        found, took = deployed({"method": "certificate", "authority": "CN=Example CA"}, configs)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    documents = sum(len(mine["documents"]) for mine in found["hosts"].values())
    return {
        "seconds": round(took, 2),
        "peak_mebibytes": round(peak),
        "documents": documents,
        "pairs": len(found["pairs"]),
    }


def measure() -> Data:
    """Return the figures of each kind of run, each in a process of its own."""
    rows: Data = {}
    for kind in KINDS:
        done = subprocess.run([sys.executable, __file__, kind], check=True, capture_output=True, text=True)
        rows[kind] = json.loads(done.stdout)
    return {"hosts": HOSTS, "flows": FLOWS, **rows}


def table(figures: Data) -> str:
    """Return the figures for people to read."""
    lines = ["", f"{'deployment':>40}{'seconds':>10}{'peak MiB':>10}{'documents':>11}"]
    for kind in KINDS:
        row = figures[kind]
        name = f"{figures['hosts']} hosts, {figures['flows']} flows, {kind}"
        lines.append(f"{name:>40}{row['seconds']:>10.2f}{row['peak_mebibytes']:>10}{row['documents']:>11}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(json.dumps(once(sys.argv[1]) if len(sys.argv) > 1 else measure()))
