# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What whole tasks cost on the wire, beside the same work as one task for each netsh line.

Requests and bytes come from the request log of a simulated host that Ansible's own winrm connection reaches; they do
not vary. Seconds are medians with their spread and hold the start of Ansible. The peers send two samples of the lines,
small ones unless all is measured. What a line more costs is taken from these, since every line is a task with a
connection of its own and costs the same.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "collections"), str(ROOT / "tests" / "lab")]

from bench_core import document  # noqa: E402
from bench_play import Data, median, play, spread  # noqa: E402
from winrm.protocol import Protocol  # noqa: E402

from winlab.lab import HostSpec, Lab, LabHost  # noqa: E402
from winlab.shell import ShellOptions  # noqa: E402
from winlab.spec import DEFAULT_USERS  # noqa: E402

FILTERS = 500
SIZES = (1, 50, 500)
Samples = tuple[int, int]
SAMPLES: dict[str, Samples] = {"brief": (3, 12), "full": (10, 40)}
PEERS = ("peer_win_command", "peer_raw")
ANSWER = json.dumps(
    {"changed": True, "rc": 0} | dict.fromkeys(("cmd", "stdout", "stderr", "start", "end", "delta"), "")
)
OPENINGS: Data = {"name": "Six openings", "winsec.ipsec.firewall": {"peers": ["10.0.1.20"]}}
# The same openings as users write them: one task for each rule, nothing read back.
ONE_TASK_PER_RULE: list[Data] = [
    {
        "name": f"{protocol} {direction}",
        "ansible.builtin.raw": f"netsh advfirewall firewall add rule name={protocol}-{direction} dir={direction} "
        f"action=allow protocol={protocol} {port} remoteip=10.0.1.20",
    }
    for protocol, port in (("udp", "localport=500"), ("udp", "localport=4500"), ("50", ""))
    for direction in ("in", "out")
]


def brought_to(data: Data) -> list[Data]:
    """Return the one task that brings the host to a document."""
    return [{"name": "Bring the host to it", "winsec.ipsec.policies": {"config": data, "state": "overridden"}}]


def line_tasks(module: str, count: int) -> list[Data]:
    """Return tasks of one module, each of which sends one netsh line that adds a filter."""
    add = "netsh ipsec static add filter filterlist=Peer srcaddr=me protocol=tcp"
    return [
        {"name": f"Filter {number}", module: f"{add} dstaddr=10.9.1.{number + 1} dstport={1024 + number}"}
        for number in range(count)
    ]


def measured(host: LabHost, runs: int, once: Callable[[], float]) -> Data:
    """Return requests and bytes of the last run, and the seconds of all of them."""
    seconds = []
    for _run in range(runs):
        host.log.clear()
        seconds.append(once())
    up, down = host.log.bytes()
    return {
        "requests": len(host.log.entries()),
        "bytes_up": up,
        "bytes_down": down,
        "seconds": median(seconds),
        "spread_seconds": spread(seconds),
    }


def for_all_lines(few: Data, many: Data, samples: Samples) -> Data:
    """Return the cost of all lines from those of two samples: what is the same for both is counted once."""
    fewer, more = samples
    lines, found = 2 * FILTERS, {}
    for key in ("requests", "bytes_up", "bytes_down", "seconds"):
        each = (many[key] - few[key]) / (more - fewer)
        found[key] = few[key] + each * (lines - fewer)
    # Both ends of both samples may be wrong by half their spread.
    wrong = (few["spread_seconds"] + many["spread_seconds"]) / (more - fewer) * lines
    rounded: Data = {key: round(found[key]) for key in ("requests", "bytes_up", "bytes_down")}
    return rounded | {"seconds": round(found["seconds"], 2), "spread_seconds": round(wrong, 2)}


def measure_wire(transport: str, folder: Path, runs: int, windows: Path | None, samples: Samples) -> dict[str, Data]:
    """Return the cost of tasks by name: sizes, unchanged, all filters exchanged, the peers, firewalls, the floor.

    ``windows`` is where the collection ansible.windows is; without it win_command is left out.
    """
    inventory = folder / f"{transport}.yml"
    found: dict[str, Data] = {}
    with Lab([HostSpec(name="bench", shell=ShellOptions(module_answer=ANSWER))], transport=transport) as lab:
        lab.inventory(inventory)
        host = lab.hosts["bench"]

        def tasks(work: list[Data], changed: int, *collections: Path) -> float:
            return play(folder, inventory, work, f"changed={changed} ", collections=collections).seconds

        def exchange(networks: Iterator[int]) -> float:
            return tasks(brought_to(document(FILTERS, network=next(networks))), 1)

        for size in SIZES:
            data = document(size)
            found[f"first_{size}"] = measured(host, 1, lambda data=data: tasks(brought_to(data), 1))  # type: ignore[misc]
            if size != FILTERS:
                found[f"steady_{size}"] = measured(host, runs, lambda data=data: tasks(brought_to(data), 0))  # type: ignore[misc]
        found["steady"] = measured(host, runs, lambda: tasks(brought_to(document(FILTERS)), 0))
        networks = iter(range(11, 11 + runs))
        found["change_500"] = measured(host, runs, lambda: exchange(networks))

        def sampled(module: str, *collections: Path) -> Data:
            rows = []
            for count in samples:
                work = line_tasks(module, count)
                rows.append(measured(host, runs, lambda work=work, count=count: tasks(work, count, *collections)))  # type: ignore[misc]
            return for_all_lines(rows[0], rows[1], samples)

        found["peer_raw"] = sampled("ansible.builtin.raw")
        if windows is not None:
            found["peer_win_command"] = sampled("ansible.windows.win_command", windows)
        found["firewall"] = measured(host, 1, lambda: tasks([OPENINGS], 1))
        found["firewall_steady"] = measured(host, runs, lambda: tasks([OPENINGS], 0))
        found["firewall_peer_raw"] = measured(host, 1, lambda: tasks(ONE_TASK_PER_RULE, len(ONE_TASK_PER_RULE)))
        found["physical_floor"] = measured(host, runs, lambda: one_command(host, transport))
    return found


def one_command(host: LabHost, transport: Any) -> float:
    """Run one command with standard input in one shell, and nothing else: what WinRM itself costs."""
    user, password = next(iter(DEFAULT_USERS.items()))
    encryption: Any = "never" if transport == "basic" else "always"
    began = time.monotonic()
    protocol = Protocol(host.url, transport=transport, username=user, password=password, message_encryption=encryption)
    shell = protocol.open_shell(codepage=65001)
    command = protocol.run_command(shell, "cmd.exe /d /q", console_mode_stdin=False)
    protocol.send_command_input(shell, command, b"exit 0\r\n", end=True)
    protocol.get_command_output(shell, command)
    protocol.cleanup_command(shell, command)
    protocol.close_shell(shell)
    return time.monotonic() - began


def table(wire: dict[str, dict[str, Data]]) -> str:
    """Return the figures for people to read; the last column compares with the exchange of all filters."""
    titles = f"{'task':>18}{'login':>8}{'requests':>10}{'bytes up':>13}{'bytes down':>12}{'seconds':>17}"
    lines = ["", f"{titles}{'of change_500':>15}"]
    for name, logins in wire.items():
        for login, row in logins.items():
            whole = wire["change_500"][login]["seconds"]
            seconds = f"{row['seconds']:.2f} (± {row['spread_seconds'] / 2:.2f})"
            sizes = f"{row['requests']:>10}{row['bytes_up']:>13}{row['bytes_down']:>12}{seconds:>17}"
            lines.append(f"{name:>18}{login:>8}{sizes}{row['seconds'] / whole:>14.2f}x")
    return "\n".join(lines)


def as_data(wire: dict[str, dict[str, Data]], why: str, samples: Samples) -> dict[str, Data]:
    """Return the figures in the shape of build/bench.json: the peers stand under what they are compared with.

    ``why`` tells why win_command could not be measured, if it could not.
    """
    found = {name: dict(logins) for name, logins in wire.items() if name not in PEERS}
    for peer in PEERS:
        counted = {"lines_measured": samples, "lines": 2 * FILTERS}
        found["change_500"][peer] = wire[peer] | counted if peer in wire else {"not_measured": why}
    return found
