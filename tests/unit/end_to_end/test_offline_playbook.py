# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""States that ask no host, in a playbook as users run it, for hosts that do not answer."""

from __future__ import annotations

from pathlib import Path

import pytest
import registry_files
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret
from playbook_runner import run

from winlab.host import Host
from winlab.netsh.talk import static

KEY = "Harbour-41-Canary"
TASKS = [
    {
        "name": "Read the export",
        "winsec.ipsec.policies": {"state": "parsed", "src": "fe.reg"},
        "register": "exported",
    },
    {
        "name": "Write the script",
        "winsec.ipsec.policies": {
            "state": "rendered",
            "config": "{{ exported.parsed }}",
            "dest": "{{ inventory_hostname }}.txt",
        },
    },
]
# Nobody answers at these addresses (RFC 5737).
HOSTS = {
    name: {"ansible_connection": name, "ansible_host": "192.0.2.1", "ansible_user": "u", "ansible_password": "p"}
    for name in ("winrm", "psrp", "ssh", "winsec.ipsec.winrs")
}


@pytest.mark.parametrize("verbosity", ["-v", "-vvvv"])
def test_hosts_that_are_down_are_not_asked(tmp_path: Path, verbosity: str) -> None:
    host = Host.create("fe", "2016")
    static(
        host,
        "add filterlist name=L",
        "add filter filterlist=L srcaddr=me dstaddr=10.0.1.20",
        "add filteraction name=A action=permit",
        "add policy name=P activatedefaultrule=no",
        f'add rule name=R policy=P filterlist=L filteraction=A psk="{KEY}"',
        "add policy name=Q activatedefaultrule=no",
        "set policy name=Q assign=yes",
    )
    export = registry_files.export_5(host)
    static(host, "delete rule name=R policy=P", "add rule name=R policy=P filterlist=L filteraction=A")
    (tmp_path / "files").mkdir()
    # An export holds keys, so it may well be encrypted; UTF-16 is no text to a vault.
    vault = VaultLib([("default", VaultSecret(b"open"))])
    (tmp_path / "files" / "fe.reg").write_bytes(vault.encrypt(registry_files.export_5(host)))
    (tmp_path / "files" / "keyed.reg").write_bytes(export)
    (tmp_path / "password").write_text("open")
    keyed = {"name": "Keys", "winsec.ipsec.policies": {"state": "parsed", "src": "keyed.reg"}}
    play = [{"hosts": "all", "gather_facts": False, "tasks": [*TASKS, keyed]}]
    (tmp_path / "play.yml").write_text(yaml.safe_dump(play, sort_keys=False))
    (tmp_path / "inventory.yml").write_text(yaml.safe_dump({"all": {"hosts": HOSTS}}))
    arguments = ("--vault-password-file", str(tmp_path / "password"), verbosity)
    done = run(tmp_path / "play.yml", tmp_path / "inventory.yml", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout + done.stderr
    assert KEY not in said
    assert KEY.encode("utf-16-le").hex() not in said
    assert KEY.encode("utf-16-le").hex(",") not in said
    for name in HOSTS:
        lines = (tmp_path / f"{name}.txt").read_text().splitlines()
        assert lines[0] == 'ipsec static add filterlist name="L" description=""'
        assert lines[-1] == 'ipsec static set policy name="Q" assign=yes'
