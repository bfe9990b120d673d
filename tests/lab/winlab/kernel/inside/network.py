# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts and firewalls as namespaces, one cable from each host to its firewall, and the kernel's IPsec policies.

A host has its addresses and nothing of the subnets around them: all goes to its firewall. Firewalls stand in a row.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from .namespaces import FOLDER, run, within

GATEWAY = "169.254.0.1"
_KEYS = {size: "0x" + "".join(f"{7 * each % 256:02x}" for each in range(1, size + 1)) for size in (8, 16, 20, 24)}
_ALGORITHMS = (
    ("esp", f"enc cbc(des3_ede) {_KEYS[24]} auth hmac(sha1) {_KEYS[20]}"),
    ("esp", f"enc cbc(des) {_KEYS[8]} auth hmac(md5) {_KEYS[16]}"),
    ("esp", f'enc ecb(cipher_null) "" auth hmac(sha1) {_KEYS[20]}'),
    ("ah", f"auth hmac(sha1) {_KEYS[20]}"),
    ("ah", f"auth hmac(md5) {_KEYS[16]}"),
)


class Networks:
    """All namespaces; names of one network begin with its prefix."""

    def __init__(self) -> None:
        # The kernel takes one at a time anyway, and interface numbers of others must not come in between.
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        """Return the namespaces that exist."""
        return sorted(each.name for each in Path(FOLDER).glob("*"))

    def lay(self, prefix: str, firewalls: Sequence[str], hosts: Sequence[Mapping[str, object]]) -> None:
        """Make a network.

        :param firewalls: names, in the order in which they stand.
        :param hosts: each with name, addresses and the firewall that it is plugged into.
        """
        commands = []
        for name in (*firewalls, *(str(each["name"]) for each in hosts)):
            commands.append(f"netns add {prefix}{name}")
        with self._lock:
            run(["ip", "-batch", "-"], "\n".join(commands))
            run(["ip", "-batch", "-"], "\n".join(_cables(prefix, firewalls, hosts)))
            for name in firewalls:
                _inside(f"{prefix}{name}", _links(name, firewalls, hosts))
                set_value(f"{prefix}{name}", "ipv4/ip_forward", "1")
            for each in hosts:
                addresses = [str(one) for one in _list(each["addresses"])]
                commands = ["link set lo up", "link set wire up"]
                commands += [f"address add {one}/32 dev wire" for one in addresses]
                commands += [
                    f"route add {GATEWAY} dev wire",
                    f"route add default via {GATEWAY} dev wire src {addresses[0]}",
                ]
                _inside(f"{prefix}{each['name']}", commands)
                for setting in ("disable_xfrm", "disable_policy"):
                    # What a host sends to itself is nobody's business.
                    set_value(f"{prefix}{each['name']}", f"ipv4/conf/lo/{setting}", "1")

    def remove(self, prefix: str) -> None:
        """Remove a network."""
        with self._lock:
            found = [name for name in self.names() if name.startswith(prefix)]
            run(["ip", "-batch", "-"], "\n".join(f"netns delete {name}" for name in found))

    def execute(self, name: str, command: Sequence[str], text: str | None = None) -> str:
        """Run a program in a namespace and return what it prints."""
        return run(["ip", "netns", "exec", name, *command], text)

    def attempt(self, name: str, command: Sequence[str], text: str = "") -> dict[str, object]:
        """Run a program in a namespace; return its exit code, output and errors, whatever comes of it."""
        whole = ["ip", "netns", "exec", name, *command]
        done = subprocess.run(whole, input=text, capture_output=True, text=True, check=False)
        return {"code": done.returncode, "output": done.stdout, "errors": done.stderr}

    def policies(self, name: str, lines: Sequence[str] | None = None, *, flush: bool = True) -> str:
        """Load IPsec policies in place of all that are there, if any are given; return what the kernel then has.

        :param flush: whether what is there goes first, with all associations. Otherwise the lines say what goes.
        """
        if lines is not None:
            _inside(name, [*(["xfrm policy flush", "xfrm state flush"] if flush else []), *lines])
        return run(["ip", "-netns", name, "xfrm", "policy", "list", "nosock"])

    def associations(self, name: str) -> str:
        """Return the kernel's associations with their counters."""
        return run(["ip", "-netns", name, "-statistics", "xfrm", "state", "list"])

    def statistics(self, name: str) -> dict[str, int]:
        """Return what the kernel counted for a namespace: errors of IPsec, and counters of its packet filter."""
        with within(name), open("/proc/thread-self/net/xfrm_stat") as place:
            found = {word: int(number) for word, number in (line.split() for line in place)}
        rules = json.loads(run(["ip", "netns", "exec", name, "nft", "-j", "list", "counters"]))
        counters = (each["counter"] for each in rules["nftables"] if "counter" in each)
        return {**found, **{each["name"]: each["packets"] for each in counters}}

    def probe(self) -> list[str]:
        """Try every algorithm that policies may name once; return what this kernel lacks.

        Kernels load what they need when it is first asked for. Better now than while somebody waits for a connection.
        """
        space, lacking = "probe", []
        with self._lock:
            run(["ip", "netns", "add", space])
            try:
                for number, (protocol, words) in enumerate(_ALGORITHMS, 1):
                    state = f"src 192.0.2.1 dst 192.0.2.2 proto {protocol} spi {0x1000 + number} mode transport {words}"
                    try:
                        _inside(space, [f"xfrm state add {state}"])
                    except RuntimeError as bad:
                        lacking.append(f"{protocol} {words.split(' 0x')[0]}: {bad}")
            finally:
                run(["ip", "netns", "delete", space])
        return lacking


def set_value(name: str, setting: str, value: str) -> None:
    """Set a value below net of a namespace."""
    with within(name), open(f"/proc/sys/net/{setting}", "w") as place:
        place.write(value)


def _inside(name: str, commands: Sequence[str]) -> None:
    run(["ip", "-netns", name, "-batch", "-"], "\n".join(commands))


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else []


def _cables(prefix: str, firewalls: Sequence[str], hosts: Sequence[Mapping[str, object]]) -> list[str]:
    pairs = [(one, f"to-{other}", other, f"to-{one}") for one, other in itertools.pairwise(firewalls)]
    pairs += [(str(each["name"]), "wire", str(each["at"]), f"to-{each['name']}") for each in hosts]
    return [
        f"link add {left} netns {prefix}{one} type veth peer name {right} netns {prefix}{other}"
        for one, left, other, right in pairs
    ]


def _links(name: str, firewalls: Sequence[str], hosts: Sequence[Mapping[str, object]]) -> list[str]:
    """Return the commands that bring up one firewall: its cables, and which addresses are behind which."""
    place = firewalls.index(name)
    neighbours = {-1: firewalls[place - 1] if place else "", 1: "".join(firewalls[place + 1 : place + 2])}
    commands = ["link set lo up"]
    for other in filter(None, neighbours.values()):
        commands.append(f"link set to-{other} up")
        mine, theirs = f"169.254.1.{place + 1}", f"169.254.1.{firewalls.index(other) + 1}"
        commands += [f"address add {mine}/32 peer {theirs}/32 dev to-{other}"]
    for each in hosts:
        where = firewalls.index(str(each["at"]))
        if where == place:
            cable = f"to-{each['name']}"
            commands += [f"link set {cable} up", f"address add {GATEWAY}/32 dev {cable}"]
            commands += [f"route add {one} dev {cable}" for one in _list(each["addresses"])]
        else:
            other = neighbours[1 if where > place else -1]
            hop = f"169.254.1.{firewalls.index(other) + 1}"
            commands += [f"route add {one} via {hop} dev to-{other}" for one in _list(each["addresses"])]
    return commands
