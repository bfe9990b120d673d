# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts in this process that obey their policy: a connection that is cut off while it does not let management through.

Time passes on the host when a task waits, and what is due then happens: so a host that goes dark can come back by
itself.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

from ansible.errors import AnsibleConnectionFailure
from lab_runner import LabConnection

from winlab.connections import managed
from winlab.dataplane.management import passes
from winlab.host import Host
from winlab.netsh.talk import static
from winlab.scheduler import run_due
from winlab.services import StartType, State

OWN, CONTROLLER, PORT = "10.0.0.10", "10.0.0.250", 5985
# An attempt to reach a host that is dark takes its time as well.
_ATTEMPT_SECONDS = 10


class ObeyingConnection(LabConnection):
    """A connection to a host that is cut off, before and after a command, while management does not get through."""

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        """Run one command line, if the host can be reached, and return its answer, if that comes through."""
        self._reach()
        answer = super().exec_command(cmd, in_data, sudoable)
        self._reach()
        return answer

    def _reach(self) -> None:
        if not alive(self.host):
            raise AnsibleConnectionFailure("nothing came back")

    def close(self) -> None:
        """Nothing is held."""

    def reset(self) -> None:
        """Make a new connection, which a host that is cut off does not let in either."""
        self._reach()


def alive(host: Host) -> bool:
    """Tell whether the controller gets through to the host."""
    return passes(ip_address(CONTROLLER), host, PORT)


def wait(host: Host, seconds: float) -> None:
    """Let time pass on the host."""
    host.clock.advance(seconds + _ATTEMPT_SECONDS)
    run_due(host)


def obeying(version: str = "2016", *lines: str, language: str = "en") -> Host:
    """Return a host that obeys its policy, prepared by lines of ``netsh ipsec static``; its clock stands still."""
    host = Host.create("host", version, language, addresses=(OWN,))
    host.connections = managed(ip_address(OWN), PORT, CONTROLLER)
    host.clock.set(host.clock.now())
    for service in host.services.values():
        service.state, service.start_type = State.RUNNING, StartType.AUTO
    static(host, *lines)
    return host


def asleep(version: str, *lines: str) -> Host:
    """Return such a host whose policy agent does not run, so that what is assigned has no effect."""
    host = obeying(version, *lines)
    for name in ("PolicyAgent", "IKEEXT"):
        if name in host.services:
            host.services[name].state, host.services[name].start_type = State.STOPPED, StartType.DEMAND
    return host


CLOSED = (
    "add filterlist name=Every",
    "add filter filterlist=Every srcaddr=any dstaddr=me",
    "add filterlist name=Mgmt",
    f"add filter filterlist=Mgmt srcaddr={CONTROLLER} dstaddr=me protocol=TCP dstport={PORT}",
    "add filteraction name=Blk action=block",
    "add filteraction name=Prm action=permit",
    "add policy name=Guarded activatedefaultrule=no",
    "add rule name=RB policy=Guarded filterlist=Every filteraction=Blk",
    "add rule name=RP policy=Guarded filterlist=Mgmt filteraction=Prm",
    "add policy name=Closed activatedefaultrule=no",
    "add rule name=RB policy=Closed filterlist=Every filteraction=Blk",
)
"""A policy that lets nothing but management through, and one that lets nothing through at all."""

CUTS: dict[str, dict[str, Any]] = {
    "filter_list": {"name": "Mgmt", "filters": []},
    "filter_action": {"name": "Prm", "action": "block"},
    "policy": {"name": "Guarded", "rules": [{"name": "RB"}, {"name": "RP", "filter_action": "Blk"}]},
    "assignment": {"name": "Closed"},
    "policies": {"config": {"filter_lists": [{"name": "Mgmt", "filters": []}]}, "state": "replaced"},
}
"""For each module that changes hosts a task that cuts the controller off while ``Guarded`` is in force."""
