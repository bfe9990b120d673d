# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holding packets, and letting them go in clear when the other end stays silent.

The kernel holds what needs an association and asks for one (an "acquire"). Some seconds later, if there is none and the
peer has not said one word of IKE since, policies of limited life let the traffic pass. A peer that answers, even if
only to refuse, is a peer that speaks IKE: nothing falls back then.
"""

from __future__ import annotations

import select
import socket
import struct
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .namespaces import run, within

_NETLINK_XFRM = 6
_ACQUIRE_GROUP = 1
_ACQUIRE = 0x17  # XFRM_MSG_ACQUIRE
_IKE_PORTS = (500, 4500)
_HEADER = 16  # nlmsghdr
# Offsets in xfrm_user_acquire: the state's destination, its source, then after the selector the policy's priority.
_DESTINATION, _SOURCE, _FAMILY, _PRIORITY = 0, 24, 40 + 40, 96 + 152


@dataclass(frozen=True, slots=True)
class Acquire:
    """What the kernel asks for: an association between two addresses, because of the policy with a priority."""

    source: str
    destination: str
    priority: int


def acquires(data: bytes) -> list[Acquire]:
    """Return the acquires among the messages that arrived; IPv4 only."""
    found, place = [], 0
    while place + _HEADER <= len(data):
        size, kind = struct.unpack_from("=IH", data, place)
        body = data[place + _HEADER : place + size]
        if kind == _ACQUIRE and struct.unpack_from("=H", body, _FAMILY)[0] == socket.AF_INET:
            source, destination = (socket.inet_ntoa(body[at : at + 4]) for at in (_SOURCE, _DESTINATION))
            found.append(Acquire(source, destination, struct.unpack_from("=I", body, _PRIORITY)[0]))
        place += max(_HEADER, (size + 3) & ~3)
    return found


@dataclass(slots=True)
class _Watch:
    """One namespace: its rules by the priority of their policies, and what is pending."""

    name: str
    rules: dict[int, Mapping[str, Any]]
    hold: float
    silence: str
    over: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None
    heard: dict[str, float] = field(default_factory=dict)
    pending: dict[tuple[int, str, str], float] = field(default_factory=dict)
    fallen: list[dict[str, Any]] = field(default_factory=list)
    trouble: str = ""


class Fallbacks:
    """Who is watched."""

    def __init__(self) -> None:
        self._watches: dict[str, _Watch] = {}

    def names(self) -> list[str]:
        """Return the namespaces that are watched."""
        return sorted(self._watches)

    def watch(self, name: str, rules: Sequence[Mapping[str, Any]], hold: float, silence: str) -> None:
        """Watch a namespace.

        :param rules: each with the priority of the policy that holds, its reqid, and the command words of the policies
            that let go, in which {peer} stands for the peer's address.
        :param hold: seconds to wait for an association.
        :param silence: line for nft that has the host answer no IKE of {peer} as long as its traffic goes in clear.
        """
        self.unwatch(name)
        one = _Watch(name, {int(each["priority"]): each for each in rules}, hold, silence)
        with within(name):
            netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_XFRM)
            raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
        netlink.bind((0, _ACQUIRE_GROUP))
        one.thread = threading.Thread(target=_look, args=(one, netlink, raw), daemon=True)
        one.thread.start()
        self._watches[name] = one

    def unwatch(self, name: str) -> None:
        """Watch a namespace no more."""
        one = self._watches.pop(name, None)
        if one is not None:
            one.over.set()
            if one.thread is not None:
                one.thread.join()

    def remove(self, prefix: str) -> None:
        """Watch some namespaces no more."""
        for name in [each for each in self.names() if each.startswith(prefix)]:
            self.unwatch(name)

    def fallen(self, name: str) -> list[dict[str, Any]]:
        """Return what fell back in a namespace: reqid, both addresses, seconds since."""
        one = self._watches.get(name)
        if one is None:
            return []
        if one.trouble:
            raise RuntimeError(one.trouble)
        now = time.monotonic()
        return [{**each, "age": round(now - each["at"], 3)} for each in one.fallen]


def _look(one: _Watch, netlink: socket.socket, raw: socket.socket) -> None:
    with netlink, raw:
        while not one.over.is_set():
            try:
                _step(one, netlink, raw)
            except (OSError, RuntimeError) as bad:
                # Told when somebody asks: a watcher that fails silently would look like a peer that never answers.
                one.trouble = f"watching {one.name}: {bad}"


def _step(one: _Watch, netlink: socket.socket, raw: socket.socket) -> None:
    for ready in select.select([netlink, raw], [], [], 0.05)[0]:
        data = ready.recv(1 << 16)
        now = time.monotonic()
        if ready is raw:
            begin = (data[0] & 15) * 4
            if struct.unpack_from("!H", data, begin)[0] in _IKE_PORTS:
                one.heard[socket.inet_ntoa(data[12:16])] = now
            continue
        for each in acquires(data):
            if each.priority in one.rules:
                one.pending.setdefault((each.priority, each.source, each.destination), now)
    for key, since in list(one.pending.items()):
        if time.monotonic() - since >= one.hold:
            del one.pending[key]
            _decide(one, key, since)


def _decide(one: _Watch, key: tuple[int, str, str], since: float) -> None:
    priority, source, destination = key
    rule = one.rules[priority]
    if one.heard.get(destination, -1.0) >= since:
        return
    states = run(
        [
            "ip",
            "-netns",
            one.name,
            "xfrm",
            "state",
            "list",
            "src",
            source,
            "dst",
            destination,
            "reqid",
            str(rule["reqid"]),
        ]
    )
    # What the kernel only asks for has no key index yet.
    if any("spi 0x" in line and "spi 0x00000000" not in line for line in states.splitlines()):
        return
    lines = [str(line).replace("{peer}", destination).replace("{own}", source) for line in rule["clear"]]
    run(["ip", "-netns", one.name, "-batch", "-"], "\n".join(lines))
    run(["ip", "netns", "exec", one.name, "nft", "-f", "-"], one.silence.replace("{peer}", destination))
    one.fallen.append(
        {"reqid": rule["reqid"], "local": source, "peer": destination, "at": time.monotonic(), "held": one.hold}
    )
