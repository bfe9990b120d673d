# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The timer of an earlier run that did not live to confirm its change, met by a later task."""

from __future__ import annotations

import cut_off
import lab_runner
import pytest

from winlab.host import Host
from winlab.store import policy_store

TIMER = "winsec-ipsec-revert"
ARM = f'schtasks.exe /create /f /tn {TIMER} /ru SYSTEM /sc MINUTE /mo 5 /tr "netsh.exe ipsec static show store" <nul'
POLICIES = ("Before", "After")
WANTED = {"config": {"policies": [{"name": "After"}], "assigned": "After"}}


class Racing(lab_runner.LabConnection):
    """A connection on which the host goes back to what it had just before its timer is taken away."""

    def exec_command(self, cmd, in_data=None, sudoable=True):
        if b"schtasks.exe /delete" in (in_data or b""):
            super().exec_command('netsh.exe ipsec static set policy name="Before" assign=yes')
        return super().exec_command(cmd, in_data, sudoable)


@pytest.fixture(name="host")
def host_with_a_stale_timer():
    host = Host.create("h")
    for name in POLICIES:
        lab_runner.run(host, "policies", {"config": {"policies": [{"name": name}], "assigned": name}})
    lab_runner.LabConnection(host).exec_command("cmd.exe /d /q", f"{ARM}\r\nexit 0\r\n".encode())
    assert TIMER in host.tasks
    return host


def test_a_task_without_a_change_confirms_what_is_there(host):
    result = lab_runner.run(host, "policies", WANTED)
    assert not result["changed"]
    assert not host.tasks
    assert policy_store(host).snapshot()["assigned"] == "After"


def test_a_host_that_goes_back_before_its_timer_is_gone_is_changed_again(host):
    result = lab_runner.run(Racing(host), "policies", WANTED)
    assert policy_store(host).snapshot()["assigned"] == "After"
    assert result["changed"]
    assert result["before"]["assigned"] == "Before"
    assert not host.tasks


def test_check_mode_leaves_the_timer_alone(host):
    lab_runner.run(host, "policies", WANTED, check_mode=True)
    assert TIMER in host.tasks


def test_a_change_of_what_the_timer_would_bring_back_takes_it_away_first():
    """What goes back later would meet the change that was made for what is in force now: nobody judged the two."""
    host = cut_off.obeying("2016", *cut_off.CLOSED, "add policy name=Open activatedefaultrule=no assign=yes")
    back = "netsh.exe ipsec static set policy name=Guarded assign=yes"
    arm = f'schtasks.exe /create /f /tn {TIMER} /ru SYSTEM /sc MINUTE /mo 5 /tr "{back}" <nul'
    lab_runner.LabConnection(host).exec_command("cmd.exe /d /q", f"{arm}\r\nexit 0\r\n".encode())
    assert TIMER in host.tasks
    emptied = {"name": "Mgmt", "filters": []}
    assert lab_runner.run(cut_off.ObeyingConnection(host), "filter_list", emptied, check_mode=True)["changed"]
    assert TIMER in host.tasks
    assert lab_runner.run(cut_off.ObeyingConnection(host), "filter_list", emptied)["changed"]
    for _minute in range(10):
        cut_off.wait(host, 60)
    assert cut_off.alive(host)
    assert policy_store(host).snapshot()["assigned"] == "Open"


def test_a_task_that_changes_nothing_and_puts_nothing_in_force_leaves_it(host):
    lab_runner.run(host, "filter_action", {"name": "No such", "state": "absent"})
    assert TIMER in host.tasks
