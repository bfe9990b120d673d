# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ansible-core sends by itself, without the collection, and how many requests that takes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from winlab.lab import HostSpec, Lab

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("transport", "requests"), [("basic", 5), ("ntlm", 8)])
def test_raw_module_of_ansible(tmp_path: Path, transport: str, requests: int) -> None:
    inventory = tmp_path / "inventory.yml"
    with Lab([HostSpec(name="a"), HostSpec(name="b", version="2003")], transport=transport) as lab:
        lab.inventory(inventory)
        environment = {**os.environ, "ANSIBLE_LOCAL_TEMP": str(tmp_path), "ANSIBLE_NOCOLOR": "1"}
        # The accounts file is the server's; a client that found it could log in without its password.
        del environment["NTLM_USER_FILE"]
        arguments = ["windows", "-i", str(inventory), "-m", "raw", "-a", "sc.exe query PolicyAgent"]
        done = subprocess.run(
            [sys.executable, "-m", "ansible.cli.adhoc", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "a | CHANGED | rc=0" in done.stdout
        assert "STATE              : 4  RUNNING" in done.stdout
        for host in lab.hosts.values():
            assert len(host.log.entries()) == requests
            assert host.log.commands() == ["sc.exe query PolicyAgent"]
            assert all(entry.encrypted is (transport == "ntlm") for entry in host.log.entries()[-5:])
