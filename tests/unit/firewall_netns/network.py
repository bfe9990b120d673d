# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two hosts and two firewalls between them, in network namespaces: a program, run by the test beside it.

    host a --- outer firewall --- inner firewall --- host b

It must be alone in new network and mount namespaces (``unshare``). Both firewalls drop what they forward until the role
has run on them. Every packet is real: a raw socket of one host sends it, one of the other host receives it. What
happened is printed as JSON; judging it is left to the test.
"""

from __future__ import annotations

import ctypes
import itertools
import json
import os
import select
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

SIDES = {
    "a": ("10.0.0.10", "10.0.0.11", "10.0.0.12"),
    "b": ("10.0.1.20", "10.0.1.21", "10.0.1.22"),
}
# Name, IP protocol, UDP port. The last two are what nobody opens.
KINDS = (
    ("ike", 17, 500),
    ("nat_traversal", 17, 4500),
    ("esp", 50, 0),
    ("ah", 51, 0),
    ("udp 501", 17, 501),
    ("gre", 47, 0),
)
FIREWALLS = ("outer", "inner")
QUIET_SECONDS = 0.1

Probe = tuple[str, str, str]  # kind, source, destination


def command(*argv: str, text: str | None = None) -> str:
    """Run a program and return its output; its error output goes into the exception."""
    done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv)}: {done.stdout}{done.stderr}")
    return done.stdout


def inside(name: str, *argv: str, text: str | None = None) -> str:
    """Run a program in a namespace."""
    return command("ip", "netns", "exec", name, *argv, text=text)


@contextmanager
def namespace(name: str) -> Iterator[None]:
    """Have sockets made in a namespace; they stay there."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/self/ns/net") as home, open(f"/run/netns/{name}") as away:
        if libc.setns(away.fileno(), 0):
            raise OSError(ctypes.get_errno(), f"setns {name}")
        try:
            yield
        finally:
            libc.setns(home.fileno(), 0)


def lay_network() -> None:
    """Make hosts, firewalls, cables and routes."""
    for name in (*SIDES, *FIREWALLS):
        command("ip", "netns", "add", name)
        inside(name, "ip", "link", "set", "lo", "up")
    cables = (
        ("a", [f"{address}/24" for address in SIDES["a"]], "outer", ["10.0.0.1/24"]),
        ("outer", ["10.9.0.1/24"], "inner", ["10.9.0.2/24"]),
        ("inner", ["10.0.1.1/24"], "b", [f"{address}/24" for address in SIDES["b"]]),
    )
    for left, left_addresses, right, right_addresses in cables:
        command("ip", "link", "add", f"to-{right}", "netns", left, "type", "veth", "peer", f"to-{left}", "netns", right)
        for name, far, addresses in ((left, right, left_addresses), (right, left, right_addresses)):
            for address in addresses:
                inside(name, "ip", "address", "add", address, "dev", f"to-{far}")
            inside(name, "ip", "link", "set", f"to-{far}", "up")
    for name, gateway in (("a", "10.0.0.1"), ("b", "10.0.1.1"), ("outer", "10.9.0.2"), ("inner", "10.9.0.1")):
        inside(name, "ip", "route", "add", "default", "via", gateway)
    for name in FIREWALLS:
        inside(name, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")


@dataclass(slots=True)
class Wire:
    """Sends probes and sees which arrive."""

    receivers: list[socket.socket] = field(default_factory=list)
    tried: int = 0
    _number: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def listen(self) -> None:
        """Open one raw socket for each protocol on both hosts."""
        for side, protocol in itertools.product(SIDES, sorted({protocol for _name, protocol, _port in KINDS})):
            with namespace(side):
                receiver = socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol)
                receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
                receiver.setblocking(False)
                self.receivers.append(receiver)

    def arriving(self) -> set[Probe]:
        """Send one packet of each kind between every two addresses, both ways; return those that arrive."""
        sent: dict[bytes, tuple[str, str, str, int]] = {}
        for (near, far), (name, protocol, port) in itertools.product((("a", "b"), ("b", "a")), KINDS):
            with namespace(near):
                for source, destination in itertools.product(SIDES[near], SIDES[far]):
                    token = struct.pack("!8sI", b"winsec!!", next(self._number))
                    sent[token] = (name, source, destination, protocol)
                    self._send(protocol, port, source, destination, token)
        self.tried += len(sent)
        arrived: set[Probe] = set()
        for packet, address in self._collect():
            header = (packet[0] & 15) * 4
            for token, (name, source, destination, protocol) in sent.items():
                same = (packet[9], address, socket.inet_ntoa(packet[16:20])) == (protocol, source, destination)
                if same and packet[header:].endswith(token):
                    arrived.add((name, source, destination))
        return arrived

    @staticmethod
    def _send(protocol: int, port: int, source: str, destination: str, token: bytes) -> None:
        udp = struct.pack("!HHHH", port, port, 8 + len(token), 0) if port else b""
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol) as sender:
            sender.bind((source, 0))
            sender.sendto(udp + token, (destination, 0))

    def _collect(self) -> Iterator[tuple[bytes, str]]:
        while ready := select.select(self.receivers, [], [], QUIET_SECONDS)[0]:
            for receiver in ready:
                packet, (address, _port) = receiver.recvfrom(2048)
                yield packet, address


@dataclass(frozen=True, slots=True)
class Role:
    """Runs the role on a firewall, as a user does."""

    folder: Path
    variables: dict[str, object]

    def run(self, firewall: str) -> int:
        """Run the playbook in the namespace of a firewall and return the number of changed tasks."""
        main, kept = self.folder / f"{firewall}.nft", self.folder / f"{firewall}.d" / "winsec-ipsec.nft"
        if not main.exists():
            main.write_text(inside(firewall, "nft", "list", "ruleset"))
        files = {"firewall_nftables_main_file": str(main), "firewall_nftables_file": str(kept)}
        play = [
            {
                "hosts": "all",
                "gather_facts": False,
                "roles": [{"role": "winsec.ipsec.firewall", "vars": self.variables | files}],
            }
        ]
        playbook = self.folder / f"{firewall}.yml"
        playbook.write_text(json.dumps(play))
        inventory = self.folder / "inventory"
        inventory.write_text(f"{firewall} ansible_connection=local ansible_python_interpreter={sys.executable}\n")
        start = "import sys; from ansible.cli.playbook import main; sys.exit(main())"
        output = inside(firewall, sys.executable, "-c", start, "-i", str(inventory), str(playbook))
        recap = next(line for line in output.splitlines() if line.startswith(f"{firewall} ") and "changed=" in line)
        return int(recap.partition("changed=")[2].split()[0])


def rules(firewall: str) -> list[tuple[int, str]]:
    """Return handle and text of each rule of the role's chain, as the kernel lists them."""
    listing = inside(firewall, "nft", "-a", "list", "chain", "inet", "filter", "winsec_ipsec")
    return [
        (int(line.rpartition("# handle ")[2]), line.strip())
        for line in listing.splitlines()
        if "accept comment" in line
    ]


def play(folder: Path, variables: dict[str, object], say: Callable[[str, object], None]) -> None:
    """Lay the network and try every packet at every stage."""
    lay_network()
    wire = Wire()
    wire.listen()
    wire.arriving()
    time.sleep(0.5)  # neighbours have learnt each other's addresses
    say("without firewalls", sorted(wire.arriving()))
    drop = "table inet filter { chain forward { type filter hook forward priority 0; policy drop; }; }\n"
    for name in FIREWALLS:
        inside(name, "nft", "-f", "-", text=drop)
    say("default drop", sorted(wire.arriving()))
    role = Role(folder, variables)
    say("changed on outer", role.run("outer"))
    say("one firewall open", sorted(wire.arriving()))
    say("changed on inner", role.run("inner"))
    say("both open", sorted(wire.arriving()))
    say("changed again", role.run("outer"))
    removed = []
    for name in FIREWALLS:
        kept = inside(name, "nft", "list", "ruleset")
        for index in range(len(rules(name))):
            handle, text = rules(name)[index]
            inside(name, "nft", "delete", "rule", "inet", "filter", "winsec_ipsec", "handle", str(handle))
            removed.append({"firewall": name, "rule": text, "arriving": sorted(wire.arriving())})
            inside(name, "nft", "-f", "-", text=f"flush ruleset\n{kept}")
    say("removed in turn", removed)
    handle, _text = rules("outer")[0]
    inside("outer", "nft", "delete", "rule", "inet", "filter", "winsec_ipsec", "handle", str(handle))
    say("changed after damage", role.run("outer"))
    say("repaired", sorted(wire.arriving()))
    inside("outer", "nft", "-f", str(folder / "outer.nft"))
    say("after a restart", sorted(wire.arriving()))
    say("packets", wire.tried)


def main() -> None:
    """Play with the folder and the role variables of the command line."""
    command("mount", "-t", "tmpfs", "tmpfs", "/run")
    told: dict[str, object] = {"uid map": Path("/proc/self/uid_map").read_text().split(), "pid": os.getpid()}
    play(Path(sys.argv[1]), json.loads(sys.argv[2]), told.__setitem__)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
