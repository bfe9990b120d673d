# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One task for many hosts, beside actions that do less and less of it: where the time goes.

The simulated hosts run in a process of their own, whose processor time is told apart. ``noop`` is an action that
returns at once and uses no connection: what Ansible itself needs for that many hosts. ``log_on`` opens a shell and
closes it. ``one_command`` sends one line with standard input and looks at nothing: what any action over this connection
needs, and so the floor. ``ours`` reads a policy store and finds nothing to change. ``winrs`` is the same over the
connection plugin of this collection.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

import yaml
from bench_core import document
from bench_play import ROOT, Cost, Data, median, play, spread
from bench_wire import brought_to

COUNTS = (1, 10, 50, 200)
# What the inventory says is for NTLM.
LOGINS = {
    "basic": {"ansible_winrm_transport": "basic", "ansible_winrm_message_encryption": "never"},
    "ntlm": dict[str, str](),
}
FORKS = 25
FILTERS = 10
RATIOS = {
    "ratio_to_noop": ("ours", "noop"),
    "ratio_to_one_command": ("ours", "one_command"),
    "floor_ratio_to_noop": ("one_command", "noop"),
}
# Actions in the order of what they do, with what each adds.
PARTS = {
    "noop": "ansible_itself",
    "log_on": "log_on_and_shell",
    "one_command": "one_command",
    "ours": "read_compare_and_tell",
}
# With NTLM, on hosts that are there already; both ends of the forks, unless there is time for more.
SLOW_HOSTS, SLOW_SECONDS, SLOW_FORKS, MORE_FORKS = 50, 0.5, (5, 50), (5, 10, 25, 50)
_PATIENCE_SECONDS = 60.0

# An action that is given to both sides of the comparison as a file beside the playbook.
ACTION = """
from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    _requires_connection = {connected}

    def run(self, tmp=None, task_vars=None):
        super().run(tmp, task_vars)
        {work}
        return {{"changed": False}}
"""
WORK = {
    "noop": ACTION.format(connected=False, work="pass"),
    "log_on": ACTION.format(connected=True, work="self._connection._connect()"),
    "one_command": ACTION.format(
        connected=True, work='self._connection.exec_command("cmd.exe /d /q", in_data=b"exit 0\\r\\n", sudoable=False)'
    ),
}


@dataclass(frozen=True, slots=True)
class Hosts:
    """Simulated hosts that run elsewhere."""

    inventory: Path
    control: str
    pid: int

    def cpu_seconds(self) -> float:
        """Return the processor time of the hosts so far; 0 where the system does not tell."""
        path = Path(f"/proc/{self.pid}/stat")
        if not path.exists():
            return 0.0
        user, system = path.read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@contextmanager
def hosts(count: int, folder: Path) -> Iterator[Hosts]:
    """Run that many hosts in a process of their own; the inventory says winrm and NTLM."""
    spec, state, inventory = folder / "lab.yml", folder / "state", folder / "inventory.yml"
    names = [{"name": f"h{number}"} for number in range(count)]
    spec.write_text(yaml.safe_dump({"transport": "ntlm", "connection": "winrm", "hosts": names}))
    command = [sys.executable, "-m", "winlab", "--spec", spec, "--inventory", inventory, "--state-dir", state]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "tests" / "lab")}
    process = subprocess.Popen([str(word) for word in command], env=environment, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not (state / "lab.json").exists():
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit("The simulated hosts did not start.")
            time.sleep(0.1)
        ready = yaml.safe_load((state / "lab.json").read_text())
        yield Hosts(inventory, ready["control"], process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def measure_many(runs: int) -> Data:
    """Return rows by number of hosts and login, and seconds by forks."""
    found: Data = {}
    for count in COUNTS:
        with tempfile.TemporaryDirectory(prefix="bench-") as scratch, hosts(count, Path(scratch)) as there:
            folder, ours = Path(scratch), brought_to(document(FILTERS))
            play(folder, there.inventory, ours, "changed=1 ", forks=FORKS)
            found[f"hosts_{count}"] = {login: _row(folder, there, count, login, runs) for login in LOGINS}
            if count == SLOW_HOSTS:
                found["forks"] = _by_forks(folder, there, SLOW_FORKS if runs == 1 else MORE_FORKS)
    return found


def _row(folder: Path, there: Hosts, count: int, login: str, runs: int) -> Data:
    """Return seconds for one task on all hosts, for the actions beside it, and their ratios."""
    (folder / "action_plugins").mkdir(exist_ok=True)
    for name, text in WORK.items():
        (folder / "action_plugins" / f"{name}.py").write_text(text)
    ours = brought_to(document(FILTERS))
    own = [{**task, "vars": {"ansible_connection": "winsec.ipsec.winrs"}} for task in ours]
    work = {**{name: [{name: {}}] for name in WORK}, "ours": ours, "winrs": own}
    costs: dict[str, list[Cost]] = {name: [] for name in work}
    busy = 0.0
    # In turns, so that what else the machine does hits all of them alike.
    for _run in range(runs):
        for name, tasks in work.items():
            before = there.cpu_seconds()
            cost = play(folder, there.inventory, tasks, "changed=0 ", forks=FORKS, variables=LOGINS[login])
            costs[name].append(cost)
            if name == "ours":
                busy = there.cpu_seconds() - before
    return summary(costs, count, busy)


def summary(costs: dict[str, list[Cost]], count: int, busy: float) -> Data:
    """Return the row of one size: medians, spreads, ratios, processor time."""
    wall = {name: [cost.seconds for cost in found] for name, found in costs.items()}
    cpu = {name: median(cost.cpu_seconds for cost in found) for name, found in costs.items()}
    row: Data = {"seconds": median(wall["ours"]), "spread_seconds": spread(wall["ours"])}
    for name in ("noop", "one_command", "winrs"):
        row[f"{name}_seconds"] = median(wall[name])
        row[f"{name}_spread_seconds"] = spread(wall[name])
    for name, (upper, lower) in RATIOS.items():
        # Each pair ran one after the other.
        pairs = [mine / other for mine, other in zip(wall[upper], wall[lower], strict=True)]
        row[name], row[f"{name}_spread"] = median(pairs), spread(pairs)
    row["profile_ms_per_host"] = profile(cpu, count)
    row["hosts_cpu_seconds"] = round(busy, 2)
    return row


def profile(cpu: dict[str, float], count: int) -> Data:
    """Return the processor time of the controller by what each action does more than the one before it, by host."""
    parts, so_far = {}, 0.0
    for name, told in PARTS.items():
        parts[told] = round((cpu[name] - so_far) / count * 1000, 1)
        so_far = cpu[name]
    return parts


def _by_forks(folder: Path, there: Hosts, series: tuple[int, ...]) -> Data:
    """Return seconds by forks for hosts that take their time from now on."""
    body = json.dumps({"effect": "slow", "operation": "Send", "seconds": SLOW_SECONDS, "times": None})
    urlopen(Request(f"{there.control}/faults", data=body.encode(), method="POST")).close()
    ours = brought_to(document(FILTERS))
    return {
        str(forks): round(play(folder, there.inventory, ours, "changed=0 ", forks=forks).seconds, 2) for forks in series
    }


def table(rows: Data) -> str:
    """Return the figures for people to read."""
    names = ("ours", "winrs", "noop", "one_command")
    titles = "".join(f"{f'{name} s':>15}" for name in names)
    lines = ["", f"{'hosts':>8}{'login':>8}{titles}{'of noop':>10}{'the floor':>11}"]
    for count in COUNTS:
        for login, row in rows[f"hosts_{count}"].items():
            cells = (row["seconds"], *(row[f"{name}_seconds"] for name in names[1:]))
            ratios = f"{row['ratio_to_noop']:>9.2f}x{row['floor_ratio_to_noop']:>10.2f}x"
            lines.append(f"{count:>8}{login:>8}" + "".join(f"{cell:>15.2f}" for cell in cells) + ratios)
    lines += ["", "The controller's processor time in ms for each host, and what each part adds:"]
    for login, row in rows[f"hosts_{COUNTS[-1]}"].items():
        parts = ", ".join(f"{name.replace('_', ' ')} {ms}" for name, ms in row["profile_ms_per_host"].items())
        lines.append(f"{COUNTS[-1]:>8}{login:>8}  {parts}")
    lines += ["", f"{SLOW_HOSTS} hosts that answer after {SLOW_SECONDS} s, seconds by forks: {rows['forks']}"]
    return "\n".join(lines)
