# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One pair of hosts with one firewall between them, from fresh namespaces: what becomes of a request, on the wire."""

from __future__ import annotations

import base64
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from ..dataplane.inforce import in_force
from ..host import Host
from .authorities import Authorities
from .channel import Channel
from .enforce import Enforcement, check, load, speak_version_2, translate
from .standing import Standing, read_standing
from .wirelog import read_capture

_FIREWALL = "fw"
_CLOSED = "table inet fw { chain through { type filter hook forward priority 0; udp dport { 500, 4500 } drop; }; }"


@dataclass(frozen=True, slots=True)
class Request:
    """One request: was it answered, after how many seconds, and what was on the wire for it, by kind."""

    answered: bool
    seconds: float
    wire: dict[str, int]

    @property
    def fate(self) -> str:
        """Clear, secured or blocked; mixed where an answered request had both clear and protected packets."""
        if not self.answered:
            return "blocked"
        protected = any(self.wire.get(each) for each in ("esp", "ah"))
        in_clear = any(name.startswith("tcp/") for name in self.wire)
        return "mixed" if protected and in_clear else "secured" if protected else "clear"


@dataclass(frozen=True, slots=True)
class Measured:
    """Both requests, all that was captured, what fell back at which end, and what stands there in the end."""

    first: Request
    steady: Request
    capture: bytes
    fallen: dict[str, int]
    standing: dict[str, Standing]
    seconds: float


def measure(
    channel: Channel, label: str, front: Host, back: Host, port: int, *, ike: bool, patience: float, pause: float
) -> Measured:
    """Set a pair up in namespaces of its own, send two requests, tear it down.

    :param ike: whether the firewall lets IKE pass.
    :param patience: how long a request may take.
    :param pause: seconds between the two, for what is still under way.
    :raises NotAsCompiled: when at the end the kernel does not hold exactly what was compiled.
    """
    prefix, began = f"{label}-", time.monotonic()
    states, authorities = {host.name: in_force(host) for host in (front, back)}, Authorities()
    version_2 = speak_version_2((front, back))
    plans = {
        name: translate(state, identities=authorities.identities(name, state), version_2=version_2)
        for name, state in states.items()
    }
    hosts = [
        {"name": each.name, "addresses": [str(one) for one in each.addresses], "at": _FIREWALL}
        for each in (front, back)
    ]
    channel.call("remove", prefix=prefix)
    try:
        channel.call("lay", prefix=prefix, firewalls=[_FIREWALL], hosts=hosts, patience=120)
        if not ike:
            channel.call("execute", name=f"{prefix}{_FIREWALL}", command=["nft", "-f", "-"], text=_CLOSED)
        channel.call("serve", name=f"{prefix}{back.name}", ports=[port])
        for name, plan in plans.items():
            load(channel, f"{prefix}{name}", plan)
        cable: dict[str, Any] = {"name": f"{prefix}{_FIREWALL}", "interface": f"to-{back.name}"}
        asked, captured = [], []
        for wait in (0.0, pause):
            # What is still under way from before the second request is not the second request's.
            time.sleep(wait)
            channel.call("start_capture", **cable)
            asked.append(
                channel.call(
                    "request",
                    name=f"{prefix}{front.name}",
                    address=str(back.addresses[0]),
                    port=port,
                    seconds=patience,
                    patience=patience + 60,
                )
            )
            captured.append(base64.b64decode(channel.call("stop_capture", **cable)))
        fallen = {name: channel.call("fallen_back", name=f"{prefix}{name}") for name in plans}
        standing = {}
        for name, plan in plans.items():
            told = channel.call("keying_associations", name=f"{prefix}{name}")
            standing[name] = read_standing(told, fallen[name], states[name], plan.policies, 0)
        for name, plan in plans.items():
            check_after(channel, f"{prefix}{name}", plan)
    finally:
        channel.call("remove", prefix=prefix, patience=120)
    first, steady = (_request(one, data, port) for one, data in zip(asked, captured, strict=True))
    # One file: the second without its head.
    whole, numbers = captured[0] + captured[1][24:], {name: len(each) for name, each in fallen.items()}
    return Measured(first, steady, whole, numbers, standing, round(time.monotonic() - began, 2))


def check_after(channel: Channel, namespace: str, plan: Enforcement) -> None:
    """Look once more at what the kernel holds, unless the daemon installs policies of its own there."""
    if all(
        child.get("policies") == "no" for one in plan.keying.connections.values() for child in one["children"].values()
    ):
        check(channel.call("policies", name=namespace), plan)


def _request(answer: dict[str, object], capture: bytes, port: int) -> Request:
    kinds = Counter(each.kind for each in read_capture(capture))
    seen = {name: kinds[name] for name in ("ike", "esp", "ah", f"tcp/{port}") if kinds[name]}
    return Request(bool(answer["answered"]), float(str(answer["seconds"])), seen)
