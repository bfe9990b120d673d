# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The worked example, played from end to end: lab up, site.yml twice, a summary for people and build/site.json.

With DATAPLANE=kernel the hosts' policies are enforced by a Linux kernel and an IKE daemon, what passed between
front-ends and back-ends in the second run is captured (build/site/*.pcap, counted in build/site.json), and rollback.yml
takes all back.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"
sys.path.insert(0, str(ROOT / "tests" / "lab"))

from winlab.exchange import BACKEND, FRONTEND, ServicesSpec  # noqa: E402  # the lab is no installed package
from winlab.kernel.borders import FIREWALLS  # noqa: E402
from winlab.kernel.carrier import carrier  # noqa: E402
from winlab.kernel.firewalls import NetworkFirewalls  # noqa: E402
from winlab.kernel.plane import PREFIX, KernelCrossing, over_the_kernel  # noqa: E402
from winlab.kernel.wirelog import read_capture  # noqa: E402
from winlab.lab import Lab, LabHost  # noqa: E402
from winlab.spec import HostSpec  # noqa: E402
from winlab.store import policy_store  # noqa: E402

HOSTS = (
    ("be1", "exchange_backends", "2003", "de", "10.0.1.20"),
    ("be2", "exchange_backends", "2016", "en", "10.0.1.21"),
    ("fe1", "exchange_frontends", "2003", "en", "10.0.0.10"),
    ("fe2", "exchange_frontends", "2025", "de", "10.0.0.11"),
)
PAIRS = tuple((fe, be) for fe in ("fe1", "fe2") for be in ("be1", "be2"))
# What the network firewalls let through in clear between front-ends and back-ends: not the port that is protected.
CLEAR_PORTS = (110, 143)
COUNTED = {"esp": "esp", "ah": "ah", "ike": "ike", "tcp80": "tcp/80"}
ROLES = {"exchange_backends": "back-end", "exchange_frontends": "front-end"}


CONTROLLER, MANAGEMENT_PORT = "10.0.0.250", 5985
PASSWORD = "Lab-Mailbox-1"


def specs() -> list[HostSpec]:
    """Return the four hosts of the example: two pairs of mixed versions and languages, with mailboxes at the back."""
    services = {
        "exchange_backends": lambda name: ServicesSpec(role=BACKEND, mailboxes={f"user-of-{name}": PASSWORD}),
        "exchange_frontends": lambda _name: ServicesSpec(role=FRONTEND),
    }
    return [
        HostSpec(
            name=name,
            version=version,
            language=language,
            groups=(group,),
            # The lab's hosts are reached by other ports than those that they see.
            vars={"ipsec_address": address, "ipsec_management_ports": [MANAGEMENT_PORT]},
            addresses=(address,),
            controller=CONTROLLER,
            services=services[group](name),
        )
        for name, group, version, language, address in HOSTS
    ]


def to_prove(lab: Lab) -> dict[str, object]:
    """Return what verify.yml tries: the web through every pair, mail through both front-ends, clear text."""
    names = {role: [name for name, group, *_rest in HOSTS if group == role] for role in ROLES}
    doors = lab.exchange.doors
    pairs = [(fe, be) for fe in names["exchange_frontends"] for be in names["exchange_backends"]]
    through = [("http", 80, pair) for pair in pairs]
    through += [("imap", 143, pairs[0]), ("pop3", 110, pairs[-1])]
    sessions: list[dict[str, object]] = [
        {
            "name": f"{protocol} of {be} through {fe}",
            "protocol": protocol,
            "host": doors[fe][protocol].host,
            "port": doors[fe][protocol].port,
            "frontend": fe,
            "backend": be,
            "service_port": port,
            **({"path": "/exchange/"} if protocol == "http" else {}),
            "user": f"user-of-{be}",
            "password": PASSWORD,
            # Real negotiations take real time, and an emulated machine on a busy one takes more.
            **({"timeout": 60} if isinstance(lab.exchange.crossing, KernelCrossing) else {}),
        }
        for protocol, port, (fe, be) in through
    ]
    sessions += [
        {
            "name": f"clear text to {be}",
            "protocol": "tcp",
            "host": doors[be]["http"].host,
            "port": doors[be]["http"].port,
            "backend": be,
            "service_port": 80,
            "source": CONTROLLER,
        }
        for be in names["exchange_backends"]
    ]
    expect = [f"controller -> {name} tcp/5985: clear" for name, *_rest in HOSTS]
    expect += [f"internet -> {name} tcp/443: clear" for name in names["exchange_frontends"]]
    return {
        "ipsec_sessions": sessions,
        "ipsec_networks": {"controller": CONTROLLER},
        "ipsec_expect": expect,
        "ipsec_report_folder": str(BUILD / "report"),
    }


def play(inventories: Iterable[Path], *arguments: str, playbook: str = "site.yml") -> dict[str, bool]:
    """Run a playbook, show its output, and return which hosts it changed. Exits when it fails."""
    environment = {name: value for name, value in os.environ.items() if name != "NTLM_USER_FILE"}
    environment |= {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORKS": "10", "PYTHONUNBUFFERED": "1"}
    command = [str(Path(sys.executable).with_name("ansible-playbook"))]
    command += [word for path in inventories for word in ("-i", str(path))]
    command += [str(ROOT / "playbooks" / playbook), *arguments]
    changed: dict[str, bool] = {}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    for line in process.stdout or ():
        print(f"    {line}", end="", flush=True)
        if match := re.match(r"(\S+)\s+: ok=\d+\s+changed=(\d+)", line):
            changed[match[1]] = match[2] != "0"
    if process.wait() != 0:
        sys.exit(f"{playbook} ended with code {process.returncode}; see above.")
    return changed


def sent(host: LabHost) -> list[str]:
    """Return the changing lines that a host's netsh and sc really got, as the lab recorded them."""
    netsh = ("ipsec static ", "advfirewall ", "firewall ")
    batch = ("netsh.exe ipsec static ", "sc.exe config", "sc.exe start", "schtasks.exe /create", "schtasks.exe /delete")
    lines = host.log.stdin().decode("ascii").splitlines()
    return [line.removesuffix(" <nul 2>&1") for line in lines if line.startswith(netsh + batch)]


def describe(host: LabHost, group: str, first: bool, second: bool) -> dict[str, Any]:
    """Return what the lab itself sees on a host."""
    state = policy_store(host.host).snapshot()
    assigned = state["assigned"]
    policy = next((item for item in state["policies"] if item["name"] == assigned), None)
    return {
        "role": ROLES[group],
        "version": host.spec.version,
        "assigned_policy": assigned,
        "rules": policy["rules"] if policy else [],
        "changed_first": first,
        "changed_second": second,
    }


def summary(found: Mapping[str, Mapping[str, Any]], commands: Mapping[str, Iterable[str]]) -> str:
    """Return the result for people to read."""
    lines = ["", "What the hosts have now, as the lab reads it from their registries:"]
    for name, host in found.items():
        lines += [
            "",
            f"{name}  {host['role']}, Windows Server {host['version']}",
            f"  in force: {host['assigned_policy']}",
        ]
        lines += [f"  rule:     {rule_line(rule)}" for rule in host["rules"]]
        lines += [f"  sent:     {command}" for command in commands[name]]
        second = "changed again" if host["changed_second"] else "no change"
        lines.append(f"  runs:     first {'changed' if host['changed_first'] else 'no change'}, second {second}")
    return "\n".join(lines)


def rule_line(rule: Mapping[str, Any]) -> str:
    """Return one rule on one line."""
    means = ", ".join(method["type"] for method in rule["authentication"])
    common = f"{means}, connections {rule['connection']}, {'active' if rule['active'] else 'not active'}"
    if rule["default_response"]:
        return f"(default response), {common}"
    return f"{rule['name']}: filter list {rule['filter_list']}, filter action {rule['filter_action']}, {common}"


@contextmanager
def laboratory(kind: str) -> Iterator[Lab]:
    """Run the hosts on a data plane: "model" or "kernel"."""
    if kind == "model":
        with Lab(specs()) as lab:
            yield lab
        return
    if kind != "kernel":
        sys.exit(f"DATAPLANE is model or kernel, not {kind}.")

    def say(text: str) -> None:
        print(text, flush=True)

    with carrier(say) as plane, Lab(specs(), crossing=over_the_kernel(plane.channel, specs(), say)) as lab:
        yield lab


@contextmanager
def guarded(lab: Lab, folder: Path) -> Iterator[list[Path]]:
    """Where packets are real, put default-drop firewalls between the hosts; yield the inventory that has them."""
    crossing = lab.exchange.crossing
    if not isinstance(crossing, KernelCrossing):
        yield []
        return
    crossing.guard(PAIRS, CLEAR_PORTS)
    with NetworkFirewalls(crossing.channel, {name: PREFIX + name for name in FIREWALLS}) as firewalls:
        path = folder / "firewalls.yml"
        path.write_text(json.dumps(firewalls.inventory(), indent=2) + "\n")
        yield [path]


@contextmanager
def captured(lab: Lab, folder: Path, wire: dict[str, dict[str, int]], counters: dict[str, Any]) -> Iterator[None]:
    """Capture at the back-ends' firewall, where packets are real; tell what passed between each pair, by kind.

    The counters of both firewalls tell the same on their own account.
    """
    crossing = lab.exchange.crossing
    if not isinstance(crossing, KernelCrossing):
        yield
        return
    backends = [name for name, group, *_rest in HOSTS if group == "exchange_backends"]
    names = {address: name for name, _group, _version, _language, address in HOSTS}
    before = {name: crossing.counted(name) for name in FIREWALLS}
    for name in backends:
        crossing.captured(name, begin=True)
    yield
    for name in FIREWALLS:
        after = _quiet(crossing, name)
        counters[name] = {kind: after[kind] - before[name][kind] for kind in after}
    for name in backends:
        data = crossing.captured(name, begin=False)
        (folder / f"{name}.pcap").write_bytes(data)
        for each in read_capture(data):
            ends = sorted(names.get(str(one), "") for one in (each.source, each.destination))
            if all(ends):
                pair = " - ".join(reversed(ends))
                wire.setdefault(pair, Counter())[each.kind] += 1


def rolled_back(lab: Lab, inventories: Iterable[Path], wanted: Path) -> list[str]:
    """Where packets are real, play rollback.yml; return what the kernel holds afterwards that was not there before."""
    crossing = lab.exchange.crossing
    if not isinstance(crossing, KernelCrossing):
        return []
    print("playbooks/rollback.yml", flush=True)
    play(inventories, "-e", f"@{wanted}", playbook="rollback.yml")
    left = []
    for name, *_rest in HOSTS:
        crossing.look(name)
        if crossing.channel.call("policies", name=PREFIX + name):
            left.append(f"policies of {name}")
    # The firewalls are closed again, so that nothing gets through by that port at all.
    return left + [f"tcp/80 from {fe} to {be}" for fe, be in PAIRS[:1] if crossing.reaches(fe, be, 80)]


def _quiet(crossing: KernelCrossing, firewall: str) -> dict[str, int]:
    """Return the counters of a firewall when they have stopped: ends of connections may still be under way."""
    last: dict[str, int] = {}
    for _try in range(20):
        now = crossing.counted(firewall)
        if now == last:
            return now
        last = now
        time.sleep(0.5)
    return last


def miscounted(wire: Mapping[str, Mapping[str, int]], counters: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Return where the counters of a firewall tell something else than the captures."""
    total = {kind: sum(kinds.get(name, 0) for kinds in wire.values()) for kind, name in COUNTED.items()}
    return [f"{name} counted {found}, captured were {total}" for name, found in counters.items() if found != total]


def unprotected(wire: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Return what is wrong with what passed on the wire: web traffic in clear, or none that was protected."""
    wrong = [
        f"{pair}: {kinds['tcp/80']} clear segments of TCP/80" for pair, kinds in wire.items() if kinds.get("tcp/80")
    ]
    return wrong + [f"{pair}: nothing protected" for pair, kinds in wire.items() if not {"esp", "ah"} & set(kinds)]


def main() -> None:
    """Play the example; exit non-zero when the second run changes anything, or web traffic was seen in clear then."""
    BUILD.mkdir(exist_ok=True)
    seconds: dict[str, float] = {}
    began = time.monotonic()

    def lap(name: str) -> None:
        seconds[name] = round(time.monotonic() - began - sum(seconds.values()), 2)

    kind = os.environ.get("DATAPLANE") or "model"
    wire: dict[str, dict[str, int]] = {}
    counters: dict[str, dict[str, int]] = {}
    folder = BUILD / "site"
    folder.mkdir(exist_ok=True)
    with laboratory(kind) as lab, guarded(lab, folder) as firewalls:
        saved = folder / "saved"
        for old in saved.glob("*"):
            old.unlink()
        inventory = folder / "inventory.yml"
        lab.inventory(inventory)
        wanted = folder / "vars.yml"
        wanted.write_text(json.dumps({"ipsec_saved_folder": str(saved), **to_prove(lab)}, indent=2) + "\n")
        lap("lab")
        print("first run of playbooks/site.yml", flush=True)
        first = play([inventory, *firewalls], "-e", f"@{wanted}")
        lap("first")
        commands = {name: sent(lab.hosts[name]) for name, *_rest in HOSTS}
        print("second run of playbooks/site.yml", flush=True)
        with captured(lab, folder, wire, counters):
            second = play([inventory, *firewalls], "-e", f"@{wanted}")
        lap("second")
        found = {name: describe(lab.hosts[name], group, first[name], second[name]) for name, group, *_rest in HOSTS}
        left = rolled_back(lab, [inventory, *firewalls], wanted)
        lap("rollback")
    lap("teardown")
    result = {"data_plane": kind, "hosts": found, "wire": wire, "counters": counters, "seconds": seconds}
    (BUILD / "site.json").write_text(json.dumps(result, indent=2) + "\n")
    print(summary(found, commands))
    proof = json.loads((BUILD / "report" / "report.json").read_text())
    print(f"\nThe proof: {proof['summary']['verdict']}")
    for check in proof["proof"]["checks"]:
        if check["outcome"] != "passed":
            print(f"  {check['outcome']}: {check['subject']}: {check['title']}. {check['evidence']}")
    print("For people: build/report/index.html, beside report.json and junit.xml.")
    print(f"The same as data: build/site.json. Seconds: {', '.join(f'{k} {v}' for k, v in seconds.items())}.")
    if kind == "kernel":
        print("\nOn the wire in the second run, packets by kind (captures: build/site/*.pcap):")
        for pair, kinds in wire.items():
            print(f"  {pair}: {', '.join(f'{name} {number}' for name, number in sorted(kinds.items()))}")
        for name, kinds in counters.items():
            print(f"  counters of {name}: {', '.join(f'{kind} {number}' for kind, number in kinds.items())}")
        wrong = unprotected(wire) + miscounted(wire, counters)
        if left:
            sys.exit(f"rollback.yml left {', '.join(left)}.")
        if len(wire) < len(PAIRS) or wrong:
            sys.exit(f"Not only protected web traffic: {'; '.join(wrong) or 'pairs are missing'}.")
    again = [name for name, changed in second.items() if changed]
    if again or not all(host["changed_first"] for host in found.values()):
        sys.exit(f"Not idempotent: the second run changed {', '.join(again) or 'nothing, but neither did the first'}.")


if __name__ == "__main__":
    main()
