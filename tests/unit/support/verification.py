# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A front-end and a back-end of the lab under the policies of the article, and their verification in one process.

The real actions read the hosts and hold the sessions, as the playbook verify.yml makes them do, without a playbook.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import lab_runner

from winlab import shell
from winlab.exchange import BACKEND, FRONTEND, ServicesSpec
from winlab.lab import Lab
from winlab.spec import HostSpec

Data = dict[str, Any]

FE, BE, CONTROLLER = "10.0.0.10", "10.0.1.20", "10.0.0.250"
ADDRESSES = {"fe": FE, "be": BE}
PEERS = {"fe": BE, "be": FE}
ROLES = {"fe": "front-end", "be": "back-end"}
PASSWORD = "Lab-Mailbox-1"
# What a host of the lab has beside its registry.
_STATE = ("registry", "services", "associations", "counters", "tasks", "clock")


def documents(authentication: list[Data] | None = None) -> dict[str, Data]:
    """Return what both hosts should have, as the roles make it."""
    method = {"esp_encryption": "3des", "esp_integrity": "sha1", "lifetime_kilobytes": 100000, "lifetime_seconds": 900}
    common = {"action": "negotiate", "accept_unsecured": True, "security_methods": [method]}
    web = {"protocol": "tcp", "destination_port": "80", "mirrored": True}
    made = {
        "fe": ("Exchange front-end", {"source": "me", "destination": BE, **web}, {**common}),
        "be": (
            "Client (Respond Only)",
            {"source": FE, "destination": "me", **web},
            {**common, "fallback_to_clear": True},
        ),
    }
    found = {}
    for host, (name, item, action) in made.items():
        rule = {"name": "Rule", "filter_list": "List", "filter_action": "Action", "connection_type": "lan"}
        rule["authentication"] = authentication or [{"method": "kerberos"}]
        found[host] = {
            "filter_lists": [{"name": "List", "filters": [item]}],
            "filter_actions": [{"name": "Action", **action}],
            "policies": [{"name": name, "rules": [rule]}],
            "assigned": name,
        }
    return found


@dataclass(slots=True)
class Deployment:
    """The running pair. ``wanted`` is what verification compares the hosts with."""

    lab: Lab
    wanted: dict[str, Data]
    patience: int = 5

    def task(self, host: str, module: str, args: Data, *, check_mode: bool = False) -> Data:
        """Return the result of one task on a host."""
        return lab_runner.run(self.lab.hosts[host].host, module, args, check_mode=check_mode)

    def set_up(self) -> None:
        """Bring both hosts to what they should have, firewalls too."""
        for host, document in self.wanted.items():
            self.task(host, "policies", {"config": document, "state": "replaced"})
            self.task(host, "firewall", {"peers": [PEERS[host]]})

    def netsh(self, host: str, *lines: str) -> None:
        """Type lines into netsh on a host, as somebody who meddles does."""
        for line in lines:
            done = shell.run(self.lab.hosts[host].host, f"netsh.exe {line}", None)
            assert "ERR" not in done.stdout.decode("cp437"), (line, done.stdout)

    def command(self, host: str, line: str) -> None:
        """Run another program on a host."""
        done = shell.run(self.lab.hosts[host].host, line, None)
        assert done.code == 0, (line, done.stdout, done.stderr)

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Give both hosts back what they had when the block ends."""
        before = {
            name: {part: copy.deepcopy(getattr(each.host, part)) for part in _STATE}
            for name, each in self.lab.hosts.items()
        }
        wanted = copy.deepcopy(self.wanted)
        try:
            yield
        finally:
            self.wanted = wanted
            for name, parts in before.items():
                for part, value in parts.items():
                    setattr(self.lab.hosts[name].host, part, value)

    def sessions(self, ports: Mapping[str, int]) -> list[Data]:
        """Return what became of sessions through the front-end, and of clear text straight to the back-end."""
        doors = self.lab.exchange.doors
        asked: list[Data] = [
            {
                "name": protocol,
                "protocol": protocol,
                "host": doors["fe"][protocol].host,
                "port": doors["fe"][protocol].port,
                "frontend": "fe",
                "backend": "be",
                "service_port": port,
                **({"path": "/exchange/"} if protocol == "http" else {}),
                "user": "anna",
                "password": PASSWORD,
            }
            for protocol, port in ports.items()
        ]
        door = doors["be"]["http"]
        probe = {"name": "clear", "protocol": "tcp", "host": door.host, "port": door.port, "source": CONTROLLER}
        asked.append({**probe, "backend": "be", "service_port": 80})
        given = {"sessions": [{**one, "timeout": self.patience} for one in asked], "fail": False}
        found: list[Data] = self.task("fe", "session_check", given)["sessions"]
        return found

    def evidence(self, ports: Mapping[str, int] | None = None) -> Data:
        """Collect everything, as the playbook does."""
        found = {host: self._looked_at(host) for host in ADDRESSES}
        before = {host: self.task(host, "sa_info", {}) for host in ADDRESSES}
        sessions = self.sessions(ports or {"http": 80})
        for host, data in found.items():
            data |= {"associations_before": before[host], "associations": self.task(host, "sa_info", {})}
        return {
            "hosts": list(found.values()),
            "sessions": sessions,
            "networks": {"controller": CONTROLLER},
            "expect": [f"controller -> {host} tcp/5985: clear" for host in ADDRESSES],
            "fail": False,
        }

    def verify(self, ports: Mapping[str, int] | None = None) -> Data:
        """Return the result of the module proof."""
        return self.task("fe", "proof", self.evidence(ports))

    def _looked_at(self, host: str) -> Data:
        common = {"name": host, "role": ROLES[host], "address": ADDRESSES[host]}
        info = self.task(host, "policies_info", {})
        wanted = {"config": self.wanted[host], "state": "replaced", "allow_domain_policy": True}
        firewall = self.task(host, "firewall", {"peers": [PEERS[host]]}, check_mode=True)
        predicted = self.task(host, "policies", wanted, check_mode=True)
        services = [line for line in predicted["commands"] if line.startswith("sc.exe")]
        return {
            **common,
            "info": info,
            "wanted": predicted.get("after", info["config"]),
            "commands": [line for line in predicted["commands"] if line not in services],
            "openings": firewall["commands"],
        }


@contextmanager
def deployment(
    frontend: str = "2025",
    backend: str = "2016",
    over: Callable[[list[HostSpec]], Any] | None = None,
    patience: int = 5,
) -> Iterator[Deployment]:
    """Run a pair of the given versions; nothing is set up yet.

    ``over`` makes the data plane for the hosts, ``patience`` is how many seconds a session may take.
    """
    services = {
        "fe": ServicesSpec(role=FRONTEND, tls=False, timeout_seconds=0.5),
        "be": ServicesSpec(role=BACKEND, mailboxes={"anna": PASSWORD}, timeout_seconds=0.5),
    }
    specs = [
        HostSpec(
            name=name,
            version=version,
            addresses=(ADDRESSES[name],),
            controller=CONTROLLER,
            services=services[name],
        )
        for name, version in (("fe", frontend), ("be", backend))
    ]
    with Lab(specs, crossing=over(specs) if over else None) as lab:
        yield Deployment(lab, documents(), patience)
