# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Confirmation runs against simulated hosts, whole and killed, and what they leave there."""

from __future__ import annotations

import copy

from lab_runner import LabConnection, tree

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.said import readable
from ansible_collections.winsec.ipsec.plugins.plugin_utils._confirm import cleanup
from ansible_collections.winsec.ipsec.plugins.plugin_utils._confirm.cleanup import KEY, TASK
from ansible_collections.winsec.ipsec.plugins.plugin_utils._confirm.talk import Talk
from winlab import shell
from winlab.host import Host
from winlab.netsh.talk import static

POLICY = r"HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy"
RULES = (rf"{POLICY}\FirewallRules", rf"{POLICY}\ConSecRules")
OTHERS = (
    "add filterlist name=Others",
    "add filter filterlist=Others srcaddr=me dstaddr=10.1.2.3",
    "add filteraction name=TheirAction action=permit",
    'add policy name=TheirPolicy description="of others"',
    "add rule name=TheirRule policy=TheirPolicy filterlist=Others filteraction=TheirAction psk=Their-Key",
)


def prepared(version: str, language: str = "en") -> Host:
    """Return a host that has objects of others."""
    host = Host.create("host", version, language)
    static(host, *OTHERS)
    return host


class KilledEverywhere(LabConnection):
    """Carries a run to its end, and sees at every so many lines what one that is killed there leaves to the next.

    The next one is the part of it that removes what is left, on a copy of the host.
    """

    def __init__(self, host: Host, every: int) -> None:
        super().__init__(host)
        self.every = every
        self.before = tree(host)
        self.lines = self.points = 0
        self.left_behind: list[str] = []

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        """Look at the points in this script, then run it."""
        sent = (in_data or b"").splitlines(keepends=True)
        for place in range(len(sent)):
            self.lines += 1
            if self.lines % self.every == 0:
                self._kill(cmd, b"".join(sent[:place]))
        return super().exec_command(cmd, in_data)

    def _kill(self, cmd: str, script: bytes) -> None:
        copied = copy.deepcopy(self.host)
        shell.run(copied, cmd, script)
        cleanup.remove(Talk(lambda line, asked: readable(shell.run(copied, line, asked).stdout), "cafecafe"))
        self.points += 1
        same = tree(copied).items() >= self.before.items()
        self.left_behind += left(copied) if same else [f"another store at line {self.lines}"]


def left(host: Host) -> list[str]:
    """Return what a run has left, as the lab finds it."""
    found = [
        path for path, values in tree(host).items() if any("winsec-confirm" in str(v.data) for v in values.values())
    ]
    found += [
        name for path in RULES for name, value in host.registry.values(path) if "winsec-confirm" in str(value.data)
    ]
    found += [KEY] if host.registry.exists(KEY) else []
    return found + [name for name in host.tasks if TASK in str(name)]
