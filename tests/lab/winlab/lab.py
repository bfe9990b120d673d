# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab: simulated Windows hosts, each behind its own WinRM endpoint on loopback."""

from __future__ import annotations

import os
import ssl
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from io import BytesIO
from ipaddress import ip_address
from pathlib import Path
from typing import Self

import yaml

from . import netsh
from .certificates import Authority, Pair
from .clock import Clock
from .connections import managed
from .dataplane.hostfirewall import Filtering
from .dataplane.management import passes
from .dataplane.wire import Wire
from .exchange import Exchange, Place
from .exchange.crossing import Crossing, Locks
from .firewall import Profile, builtin, store
from .host import Host
from .inventory import kerberos_name, variables
from .ipsec.packet import Network
from .recording import Recording
from .requestlog import RequestLog
from .scheduler import Scheduler
from .shell.streams import discard
from .spec import DEFAULT_USERS, HostSpec
from .ssh import Door, write_client
from .wsman import Endpoint, FaultPlan, Server
from .wsman.auth import Basic, Certificate, CredSsp, Kerberos, Negotiate, Scheme, ntlm_user_file

__all__ = ["HostSpec", "Lab", "LabHost"]

_USER_FILE = "NTLM_USER_FILE"


@dataclass(frozen=True, slots=True)
class LabHost:
    """A running host: its state, its endpoint and where that listens."""

    spec: HostSpec
    host: Host
    endpoint: Endpoint
    port: int
    door: Door | None = None

    @property
    def url(self) -> str:
        """Where WinRM clients connect to."""
        return f"http{'s' if self.spec.tls else ''}://{self.spec.address}:{self.port}/wsman"

    @property
    def running(self) -> AbstractContextManager[object]:
        """The lock that commands hold one at a time."""
        return self.endpoint.operations.shells.running

    @property
    def log(self) -> RequestLog:
        """Every request so far."""
        return self.endpoint.log


class Lab:
    """Context manager that runs the hosts.

    NTLM accounts are a property of the process (environment variable NTLM_USER_FILE): two labs with different users
    cannot run side by side in one process.

    :param users: accounts of all hosts, name to password.
    :param connection: the connection plugin that the inventory names, one of `inventory.CONNECTIONS`.
    :param transport: how it authenticates, one of `inventory.TRANSPORTS`. Kerberos needs a `kdc.Kdc` around the lab.
    :param reachable: asked at each request; False cuts the host off. Without it a host obeys its policy in force, if it
        has addresses of its own: it is cut off while the policy does not let the controller through in clear.
    :param minute_seconds: how many real seconds a minute of the hosts' clocks takes; scheduled tasks go by it.
    :param crossing: makes what conversations and management go over; the lab's own model if it is not given.
    """

    def __init__(
        self,
        hosts: Iterable[HostSpec],
        users: Mapping[str, str] = DEFAULT_USERS,
        *,
        connection: str = "winrm",
        transport: str = "ntlm",
        reachable: Callable[[Host], bool] | None = None,
        minute_seconds: float = 60.0,
        crossing: Callable[[Mapping[str, Host], Locks], Crossing] | None = None,
    ) -> None:
        self._specs = tuple(hosts)
        self._users = dict(users)
        self._connection = connection
        self._transport = transport
        self._reachable = reachable
        self._minute_seconds = minute_seconds
        self._crossing = crossing
        # One moment for all clocks: at another pace than the real one they would drift apart otherwise.
        self._started = time.time()
        self._scheduler: Scheduler | None = None
        self._server: Server | None = None
        self._exchange: Exchange | None = None
        self._files: tempfile.TemporaryDirectory[str] | None = None
        self._earlier_user_file: str | None = None
        self._ssh: Path | None = None
        self._tls: ssl.SSLContext | None = None
        self.authority: Authority | None = None
        self.client: Pair | None = None
        self.faults = FaultPlan()
        self.hosts: dict[str, LabHost] = {}

    def __enter__(self) -> Self:
        self._files = tempfile.TemporaryDirectory(prefix="winlab-")
        accounts = Path(self._files.name, "users")
        accounts.touch(mode=0o600)
        accounts.write_text(ntlm_user_file(self._users), encoding="utf-8")
        self._earlier_user_file = os.environ.get(_USER_FILE)
        os.environ[_USER_FILE] = str(accounts)
        self._server = Server()
        try:
            self._equip(Path(self._files.name))
            for spec in self._specs:
                self.hosts[spec.name] = self._start(spec, self._server)
            places = {name: Place(each.spec, each.host, each.running) for name, each in self.hosts.items()}
            self._exchange = Exchange(places, Path(self._files.name), self._crossing or Crossing)
            self._scheduler = Scheduler({name: (each.host, each.running) for name, each in self.hosts.items()})
            self._scheduler.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._scheduler is not None:
            self._scheduler.close()
            self._scheduler = None
        if self._exchange is not None:
            self._exchange.close()
            self._exchange = None
        for each in self.hosts.values():
            if each.door is not None:
                each.door.close()
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._files is not None:
            self._files.cleanup()
            self._files = None
            if self._earlier_user_file is None:
                os.environ.pop(_USER_FILE, None)
            else:
                os.environ[_USER_FILE] = self._earlier_user_file

    def _equip(self, folder: Path) -> None:
        """Make the files that clients need: certificates for hosts with TLS, a program for those with sshd."""
        if any(spec.ssh for spec in self._specs):
            self._ssh = write_client(folder)
        addresses = {spec.address for spec in self._specs if spec.tls}
        if addresses:
            self.authority = Authority(folder)
            self._tls = self.authority.context(self.authority.server(sorted(addresses)))
            self.client = self.authority.client(next(iter(self._users)))

    def _schemes(self, spec: HostSpec) -> list[Scheme]:
        offered: dict[str, list[Scheme]] = {
            "negotiate": [Negotiate(spec.name)],
            "basic": [Basic(self._users)],
            "credssp": [CredSsp()],
            "kerberos": [Kerberos(spec.name), Kerberos(spec.name, "negotiate")],
            "certificate": [Certificate()],
        }
        return [scheme for name in spec.auth for scheme in offered[name]]

    def _start(self, spec: HostSpec, server: Server) -> LabHost:
        host = Host.create(
            spec.name,
            version=spec.version,
            language=spec.language,
            addresses=spec.addresses,
            interfaces=spec.interfaces,
        )
        host.clock = Clock(minute_seconds=self._minute_seconds, started=self._started, skew=spec.clock_skew_seconds)
        host.audit.enabled = spec.auditing
        host.recording = Recording.read(Path(spec.recording)) if spec.recording else None
        host.profile = Profile(spec.network_profile.capitalize())
        if spec.firewall is not None:
            store.switch(host, spec.firewall == "on")
        offered = [f"tcp/{port}" for port in spec.services.doors.values()] if spec.services else []
        for opening in (*spec.openings, *offered):
            builtin.open_up(host, opening)
        if spec.management_port not in builtin.MANAGEMENT_PORTS:
            builtin.open_up(host, f"tcp/{spec.management_port}")
        if spec.netsh:
            script = "".join(f"{line}\r\n" for line in spec.netsh).encode(host.oem_encoding)
            netsh.main(host, "", BytesIO(script), discard)
        endpoint = Endpoint(
            host,
            self._schemes(spec),
            limits=spec.limits,
            options=spec.shell,
            faults=self.faults,
            reachable=self._reachable or (_obeys(spec) if self._crossing is None else self._crosses(spec)),
        )
        port = server.serve(endpoint, spec.address, spec.port, self._tls if spec.tls else None)
        host.address = spec.address
        door = self._open_door(spec, endpoint) if spec.ssh else None
        if host.addresses:
            host.connections = managed(host.addresses[0], spec.management_port, spec.controller)
        else:
            # Nothing is translated on the way.
            ports = (port, door.port) if door else (port,)
            host.connections = tuple(each for one in ports for each in managed(ip_address(spec.address), one))
        return LabHost(spec, host, endpoint, port, door)

    def _open_door(self, spec: HostSpec, endpoint: Endpoint) -> Door:
        return Door(
            endpoint.host,
            spec.ssh or "cmd",
            endpoint.log,
            endpoint.operations.shells.running,
            options=spec.shell,
            faults=self.faults,
            reachable=self._reachable or _obeys(spec),
            address=spec.address,
            seen_port=spec.management_port if spec.addresses else None,
        )

    def _crosses(self, spec: HostSpec) -> Callable[[Host], bool]:
        """Return the question whether management gets through where conversations go over something else."""
        controller = ip_address(spec.controller)

        def asked(host: Host) -> bool:
            if not host.addresses or self._exchange is None:
                return True
            return self._exchange.crossing.in_clear(controller, host.name, spec.management_port)

        return asked

    def wire(self, network: Network | None = None, *, filtering: Filtering = Filtering.IPSEC) -> Wire:
        """Return the wire between the hosts that have addresses.

        The hosts' firewalls hold back IKE, ESP and AH unless they have openings for them; packets of applications are
        left alone unless `filtering` says so.
        """
        return Wire((each.host for each in self.hosts.values()), network, filtering=filtering)

    @property
    def exchange(self) -> Exchange:
        """The services of the hosts, and the conversations between them.

        :raises RuntimeError: when the lab does not run.
        """
        if self._exchange is None:
            raise RuntimeError("the lab does not run")
        return self._exchange

    def variables(self, name: str) -> dict[str, object]:
        """Return all Ansible variables with which a host is reached."""
        return self._common() | self._place(name)

    def _common(self) -> dict[str, object]:
        user, password = next(iter(self._users.items()))
        return variables(
            self._connection,
            self._transport,
            user,
            password,
            tls=self._tls is not None,
            authority=self.authority.file if self.authority else None,
            client=self.client,
            ssh=self._ssh,
        )

    def _place(self, name: str) -> dict[str, object]:
        """Return the variables that say where a host is and what it is called."""
        each = self.hosts[name]
        found: dict[str, object] = {"ansible_host": each.spec.address, "ansible_port": each.port}
        if self._connection == "ssh" and each.door is not None:
            found |= {"ansible_port": each.door.port, "ansible_shell_type": each.spec.ssh}
        if self._transport == "kerberos":
            found |= kerberos_name(self._connection, name)
        return found

    def inventory(self, path: str | os.PathLike[str]) -> None:
        """Write an Ansible inventory: all hosts in the group `windows`, and in the groups of their specifications.

        Hosts with services have `lab_services`, `lab_mailboxes` and, with TLS, `lab_certificate`.
        """
        hosts = {
            name: self._place(name) | self.exchange.variables(name) | dict(each.spec.vars)
            for name, each in self.hosts.items()
        }
        children: dict[str, dict[str, object]] = {"windows": {"hosts": hosts, "vars": self._common()}}
        for group in dict.fromkeys(group for each in self.hosts.values() for group in each.spec.groups):
            members = [name for name, each in self.hosts.items() if group in each.spec.groups]
            children[group] = {"hosts": {name: {} for name in members}}
        document = yaml.safe_dump({"all": {"children": children}}, sort_keys=False)
        Path(path).write_text(document, encoding="utf-8")


def _obeys(spec: HostSpec) -> Callable[[Host], bool]:
    """Return the question whether management gets through under the policy in force; what does is a clear packet."""
    controller = ip_address(spec.controller)

    def obeys(host: Host) -> bool:
        through = passes(controller, host, spec.management_port)
        if through:
            host.counters.inbound_packets_received += 1
            host.counters.plaintext_packets_received += 1
        return through

    return obeys
