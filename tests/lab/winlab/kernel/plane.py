# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel data plane of a whole lab: conversations of its hosts are real connections between namespaces.

    client, front-ends --- outer firewall --- inner firewall --- back-ends, other hosts, controllers

Services are nginx and Dovecot in the hosts' namespaces. Where programs cannot change their user (a user namespace with
but one user in it) the lab's own stand-ins serve, outside, over connections that are real all the same.

Whatever a host does is decided anew from its registry whenever somebody sends or asks something: what has changed is
translated and loaded first. A policy that cannot be enforced faithfully is not enforced at all: the host is cut off
from everybody, and that is said.
"""

from __future__ import annotations

import base64
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

from ..dataplane.inforce import in_force
from ..dataplane.matching import Choice, decide
from ..exchange import FRONTEND, ServicesSpec
from ..exchange.crossing import Conversation, Crossing, Entrance, Locks
from ..host import Host
from ..ipsec.fate import Fate
from ..ipsec.packet import Address, Network
from ..spec import HostSpec
from . import realm
from .account import count, covering, note
from .authorities import Authorities
from .borders import CLIENT, COUNTERS, FIREWALLS, between, guard
from .channel import Channel, Failed
from .enforce import Enforcement, load, speak_version_2, translate
from .hostrules import closed
from .servers import run, servers
from .standing import Standing, read_standing
from .tunnel import Tunnels

PATIENCE = 20.0
"""Seconds for a connection between two hosts: enough for both ends to hold packets and fall back to clear text."""
KNOCK_PATIENCE = 9.0
"""Seconds for one of a controller: enough for the one end that holds packets."""
PREFIX = "lab-"
_AT_ONCE = 4
_LOGON_AGAIN_SECONDS = 10.0
_REMEMBERED_SECONDS = 2.0
_ISOLATED = ("xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir {way} priority 1 action block",)


@dataclass(slots=True)
class _Enforced:
    """What is loaded for a host, and what was last seen there."""

    host: Host
    guard: threading.RLock = field(default_factory=threading.RLock)
    loaded: Enforcement | None = None
    complete: bool = True
    since: float = 0.0
    standing: Standing = field(default_factory=lambda: Standing((), (), ()))
    refused: str = ""
    counted: dict[int, int] = field(default_factory=dict)


class KernelCrossing(Crossing):
    """All conversations of a lab, over the kernel.

    :param services: by name of the host, the ports on which it answers, management included.
    :param outside: names of the hosts behind the outer firewall; the others are behind the inner one.
    :param controllers: addresses from which hosts are managed.
    :param say: told what is not quite what a policy says, once.
    """

    def __init__(
        self,
        hosts: Mapping[str, Host],
        locks: Locks,
        channel: Channel,
        *,
        services: Mapping[str, tuple[int, ...]],
        outside: frozenset[str],
        controllers: tuple[Address, ...],
        say: Callable[[str], None],
    ) -> None:
        super().__init__(hosts, locks)
        self.channel = channel
        self._services = services
        self._say = say
        self._said: set[str] = set()
        self._ends = {name: _Enforced(host) for name, host in hosts.items()}
        self._tunnels = Tunnels(channel)
        self._authorities = Authorities()
        self._controllers = {address: f"controller{number}" for number, address in enumerate(controllers)}
        self._relays: Mapping[str, frozenset[str]] = {}
        self._knocked: dict[tuple[Address, str, int], tuple[float, Enforcement | None, bool]] = {}
        plugged = [
            {
                "name": name,
                "addresses": [str(each) for each in host.addresses if each.version == 4],
                "at": FIREWALLS[0] if name in outside else FIREWALLS[1],
            }
            for name, host in hosts.items()
        ]
        plugged += [
            {"name": name, "addresses": [str(address)], "at": FIREWALLS[1]}
            for address, name in self._controllers.items()
        ]
        plugged.append({"name": "client", "addresses": [CLIENT], "at": FIREWALLS[0]})
        plugged.append({"name": realm.NAME, "addresses": [realm.ADDRESS], "at": FIREWALLS[1]})
        self.realm = realm.Realm(channel, PREFIX, hosts)
        channel.call("lay", prefix=PREFIX, firewalls=FIREWALLS, hosts=plugged, patience=180)
        for name, host in hosts.items():
            channel.call("execute", name=PREFIX + name, command=["nft", "-f", "-"], text=COUNTERS)
            host.live = lambda name=name: self.look(name)

    def close(self) -> None:
        """Take the network down; the hosts are on their own again."""
        for each in self._ends.values():
            each.host.live = None
        self._tunnels.close()
        # What is gone already needs no removal.
        with suppress(Failed):
            self.channel.call("remove", prefix=PREFIX, patience=120)

    def serve(
        self,
        specs: Mapping[str, ServicesSpec],
        owners: Mapping[str, Mapping[str, str]],
        certificate: tuple[str, str] | None,
    ) -> Entrance | None:
        """Start nginx and Dovecot in the hosts' namespaces; where they cannot run stand-ins serve, and that is said."""
        real = bool(specs) and bool(self.channel.call("programs_possible"))
        if specs and not real:
            self._tell("nginx and Dovecot need users of their own, which there are not here: stand-ins serve")
        taken: dict[str, set[int]] = {}
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            addresses = {name: str(host.addresses[0]) for name, host in self._hosts.items()}
            tasks = []
            for name, spec in specs.items() if real else ():
                for one in servers(name, spec, owners.get(name, {}), addresses, certificate):
                    taken.setdefault(name, set()).update(one.ports)
                    tasks.append(pool.submit(run, self.channel, PREFIX + name, one))
            for each in tasks:
                each.result()
        for name, ports in self._services.items():
            free = [port for port in ports if port not in taken.get(name, ())]
            self.channel.call("listen", name=PREFIX + name, ports=free)
        self._relays = {name: frozenset(each.values()) for name, each in owners.items()}
        return self.enter if real else None

    def enter(self, controller: Address, name: str, port: int) -> socket.socket | None:
        """Connect a controller to the server behind a port of a host."""
        # A front-end goes on to its back-ends on its own: they are what their policies say before it does.
        for each in (name, *self._relays.get(name, ())):
            self.enforce(each)
        number = self.channel.call(
            "reach",
            source=PREFIX + self._controllers[controller],
            address=str(self._hosts[name].addresses[0]),
            port=port,
            seconds=KNOCK_PATIENCE,
            patience=KNOCK_PATIENCE * 3,
        )
        return self._tunnels.near(number) if number else None

    def reaches(self, source: str, destination: str, port: int, seconds: float = PATIENCE) -> bool:
        """Tell whether a connection from one host to a port of another comes about; it is closed again."""
        for name in (source, destination):
            self.enforce(name)
        return bool(
            self.channel.call(
                "knock",
                source=PREFIX + source,
                address=str(self._hosts[destination].addresses[0]),
                port=port,
                seconds=seconds,
                patience=PATIENCE * 3,
            )
        )

    @property
    def network(self) -> Network:
        """What lies between the hosts; may be replaced at any time."""
        return self._wire.network

    @network.setter
    def network(self, network: Network) -> None:
        self._wire.network = network
        self.channel.call("execute", name=f"{PREFIX}inner", command=["nft", "-f", "-"], text=between(network))

    def begin(self, source: str, destination: str, port: int) -> Conversation:
        """Open a connection between two hosts, in their namespaces."""
        one = self._new(source, destination, port)
        for name in (source, destination):
            self.enforce(name)
        address = str(self._hosts[destination].addresses[0])
        number = self.channel.call(
            "open",
            source=PREFIX + source,
            target=PREFIX + destination,
            address=address,
            port=port,
            seconds=PATIENCE,
            patience=PATIENCE * 3,
        )
        one.through = bool(number)
        if number:
            self._tunnels.add(one.packet, number)
        self._judge(one)
        return one

    def cable(self, one: Conversation) -> tuple[socket.socket, socket.socket]:
        """Return both ends of the connection, as sockets."""
        return self._tunnels.ends(one.packet)

    def carry(self, one: Conversation, size: int, *, back: bool = False) -> bool:
        """Note data; it is in the kernel's hands whether it gets through."""
        one.bytes_there += 0 if back else size
        one.bytes_back += size if back else 0
        one.bytes_in_clear += 0 if one.algorithms else size
        return True

    def in_clear(self, controller: Address, name: str, port: int) -> bool:
        """Tell whether a controller's connection to a port of a host comes about."""
        loaded = self.enforce(name)
        key, now = (controller, name, port), time.monotonic()
        when, then, found = self._knocked.get(key, (0.0, None, False))
        if then is loaded and now - when < _REMEMBERED_SECONDS:
            return found
        found = bool(
            self.channel.call(
                "knock",
                source=PREFIX + self._controllers[controller],
                address=str(self._hosts[name].addresses[0]),
                port=port,
                seconds=KNOCK_PATIENCE,
                patience=KNOCK_PATIENCE * 3,
            )
        )
        self._knocked[key] = (time.monotonic(), loaded, found)
        return found

    def enforce(self, name: str) -> Enforcement | None:
        """Load what is in force on a host, if that is something else than what is loaded; return what is loaded."""
        end = self._ends[name]
        with end.guard:
            state = in_force(end.host)
            others = {other: each for other, each in self._hosts.items() if other != name}
            wanted = translate(
                state,
                identities=self._authorities.identities(name, state),
                closed=closed(end.host, others, self._controllers, self._services.get(name, ())),
                version_2=speak_version_2(others.values()),
            )
            late = not end.complete and time.monotonic() - end.since > _LOGON_AGAIN_SECONDS
            if wanted == end.loaded and not (late and self._logon(name, wanted)):
                return end.loaded
            for text in wanted.notes:
                self._tell(f"{name}: {text}")
            end.refused = "; ".join(wanted.refused)
            if end.refused:
                self._tell(f"{name} is cut off, its policy cannot be enforced: {end.refused}")
                lines = [line.format(way=way) for line in _ISOLATED for way in ("in", "out")]
                self.channel.call("unwatch", name=PREFIX + name)
                self.channel.call("stop_keying", name=PREFIX + name)
                self.channel.call("policies", name=PREFIX + name, lines=lines)
                end.complete = True
            else:
                end.complete = load(self.channel, PREFIX + name, wanted, logon=lambda: self._logon(name, wanted))
                if not end.complete:
                    self._say(f"{name}: no tickets from the domain controller, so it asks nobody by Kerberos")
            end.loaded, end.since = wanted, time.monotonic()
            return wanted

    def flush(self) -> None:
        """Have everything loaded anew when it is next needed: nothing that stands then is from before."""
        self._knocked.clear()
        for end in self._ends.values():
            with end.guard:
                end.loaded = None

    def look(self, name: str) -> None:
        """Bring a host's associations and counters up to what the daemon and the kernel have."""
        end, loaded = self._ends[name], self.enforce(name)
        if loaded is None:
            return
        with end.guard:
            space, state = PREFIX + name, in_force(end.host)
            told = self.channel.call("keying_associations", name=space)
            fallen = self.channel.call("fallen_back", name=space)
            standing = read_standing(told, fallen, state, loaded.policies, state.main_lifetime or 28800)
            note(end.host, end.standing, standing)
            end.standing = standing
            count(end.host, standing, self.channel.call("statistics", name=space), end.counted)

    def captured(self, back: str, *, begin: bool) -> bytes:
        """Begin or end a capture on the cable of a host at its firewall; the end returns it."""
        place: dict[str, Any] = {"name": f"{PREFIX}inner", "interface": f"to-{back}"}
        if begin:
            self.channel.call("start_capture", **place)
            return b""
        return base64.b64decode(self.channel.call("stop_capture", **place))

    def guard(self, pairs: Iterable[tuple[str, str]], ports: Iterable[int]) -> None:
        """Have both network firewalls drop all that nothing lets through, and count what passes between pairs of hosts.

        :param ports: what they let through in clear between the pairs; see `borders.guard`.
        """
        mine = {name: str(host.addresses[0]) for name, host in self._hosts.items()}
        rules = guard(((mine[one], mine[other]) for one, other in pairs), ports, map(str, self._controllers))
        for name in FIREWALLS:
            self.channel.call("execute", name=PREFIX + name, command=["nft", "-f", "-"], text=rules)

    def counted(self, firewall: str) -> dict[str, int]:
        """Return what a network firewall has counted between the pairs of `guard`, packets by kind."""
        found = self.channel.call("statistics", name=PREFIX + firewall)
        return {name.removeprefix("wire_"): number for name, number in found.items() if name.startswith("wire_")}

    def _logon(self, name: str, wanted: Enforcement) -> bool:
        """Get a host tickets for all that it asks by Kerberos; tell whether it has them."""
        asked = wanted.keying.kerberos
        others = {other: each.addresses[0] for other, each in self._hosts.items() if other != name}
        peers = [other for other, address in others.items() if any(address in each for each in asked)]
        self._ends[name].since = time.monotonic()
        return self.realm.ticket(name, peers)

    def _tell(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self._say(text)

    def _judge(self, one: Conversation) -> None:
        """Say what became of a connection, from what stands at the end that opened it; both ends hear of it."""
        for name in (one.source, one.destination):
            self.look(name)
        end = self._ends[one.source]
        peer = one.packet.destination
        over = covering(end.standing, peer, one.port)
        if not one.through:
            one.fate, one.sentence = str(Fate.NO_ANSWER), end.refused or "no connection came about in the kernel"
        elif over is not None:
            one.fate, one.algorithms = str(over.protection.fate), str(over.protection)
            one.sentence = f"protected by {one.algorithms} in the kernel"
        elif any(each.traffic.peer == peer for each in end.standing.soft):
            one.fate, one.sentence = str(Fate.SOFT_CLEAR), "the peer did not answer IKE: clear text"
        else:
            permitted = decide(in_force(end.host), one.packet).choice is Choice.PERMIT
            one.fate, one.sentence = str(Fate.PERMIT if permitted else Fate.CLEAR), "in clear through the kernel"


def over_the_kernel(
    channel: Channel, specs: Iterable[HostSpec], say: Callable[[str], None]
) -> Callable[[Mapping[str, Host], Locks], KernelCrossing]:
    """Return what makes the crossing of a lab with these hosts: the argument `crossing` of `Lab`."""
    placed = [each for each in specs if each.addresses]
    services = {
        each.name: (each.management_port, *(each.services.doors.values() if each.services else ())) for each in placed
    }
    outside = frozenset(each.name for each in placed if each.services and each.services.role == FRONTEND)
    controllers = tuple(dict.fromkeys(ip_address(each.controller) for each in placed))

    def make(hosts: Mapping[str, Host], locks: Locks) -> KernelCrossing:
        return KernelCrossing(
            hosts, locks, channel, services=services, outside=outside, controllers=controllers, say=say
        )

    return make
