# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab as a whole: many hosts, inventory, control port, stand-alone process."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml
from winrm.protocol import Protocol

import winlab
from winlab.control import Control
from winlab.lab import HostSpec, Lab, LabHost
from winlab.spec import LabSpec


def hostname(host: LabHost) -> bytes:
    protocol = Protocol(host.url, transport="basic", username="Administrator", password="Lab-Passw0rd")
    shell = protocol.open_shell()
    command_id = protocol.run_command(shell, "hostname")
    out, _err, _code = protocol.get_command_output(shell, command_id)
    protocol.close_shell(shell)
    return bytes(out)


def test_two_hundred_hosts_at_once() -> None:
    begin = time.monotonic()
    with Lab([HostSpec(name=f"h{number:03}") for number in range(200)]) as lab:
        with ThreadPoolExecutor(32) as pool:
            names = list(pool.map(hostname, lab.hosts.values()))
        assert names == [f"{name}\r\n".encode() for name in lab.hosts]
        assert {tuple(each.log.operations()) for each in lab.hosts.values()} == {
            ("Create", "Command", "Receive", "Delete")
        }
    assert time.monotonic() - begin < 20


def test_the_user_file_of_the_process_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NTLM_USER_FILE", "elsewhere")
    with Lab([HostSpec(name="a")]):
        path = Path(os.environ["NTLM_USER_FILE"])
        assert path.stat().st_mode & 0o777 == 0o600
    assert os.environ["NTLM_USER_FILE"] == "elsewhere"
    assert not path.exists()


def test_ports_are_free_after_the_end_and_a_taken_one_is_an_error() -> None:
    with Lab([HostSpec(name="a")]) as lab:
        port = lab.hosts["a"].port
        with pytest.raises(OSError), Lab([HostSpec(name="b", port=port)]):
            pass
    with Lab([HostSpec(name="a", port=port)]) as lab:
        assert hostname(lab.hosts["a"]) == b"a\r\n"


def test_inventory(tmp_path: Path) -> None:
    hosts = [
        HostSpec(name="fe1", groups=("frontends",), vars={"site": "north"}),
        HostSpec(name="be1", groups=("backends", "old"), version="2003"),
    ]
    path = tmp_path / "inventory.yml"
    with Lab(hosts, users={"Operator": "x-1"}) as lab:
        lab.inventory(path)
        ports = {name: each.port for name, each in lab.hosts.items()}
    children = yaml.safe_load(path.read_text())["all"]["children"]
    assert children["windows"]["hosts"] == {
        "fe1": {"ansible_host": "127.0.0.1", "ansible_port": ports["fe1"], "site": "north"},
        "be1": {"ansible_host": "127.0.0.1", "ansible_port": ports["be1"]},
    }
    assert children["windows"]["vars"] == {
        "ansible_connection": "winrm",
        "ansible_user": "Operator",
        "ansible_password": "x-1",
        "ansible_winrm_scheme": "http",
        "ansible_winrm_transport": "ntlm",
        "ansible_winrm_message_encryption": "always",
    }
    assert {name: list(group["hosts"]) for name, group in children.items()} == {
        "windows": ["fe1", "be1"],
        "frontends": ["fe1"],
        "backends": ["be1"],
        "old": ["be1"],
    }


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({}, "a lab needs hosts"),
        ({"hosts": [{"name": "a"}, {"name": "A"}]}, "a name of its own"),
        ({"hosts": [{}]}, "a host needs a name"),
        ({"hosts": [{"name": "a", "colour": 1}]}, "host a: unknown field colour"),
        ({"hosts": [{"name": "a", "auth": ["digest"]}]}, "host a: unknown auth digest"),
        ({"hosts": [{"name": "a", "limits": {"x": 1}}]}, "limits of a: unknown field x"),
        ({"hosts": [{"name": "a", "shell": {"x": 1}}]}, "shell of a: unknown field x"),
        ({"colour": 1}, "lab: unknown field colour"),
    ],
)
def test_specifications_that_do_not_fit(data: dict[str, object], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        LabSpec.from_plain(data)


def test_a_specification() -> None:
    spec = LabSpec.from_plain(
        {
            "users": {"u": "p"},
            "transport": "basic",
            "hosts": [
                {"name": "a", "version": 2003, "limits": {"max_shells": 9}, "shell": {"long_lines": "truncate"}},
            ],
        }
    )
    host = spec.hosts[0]
    assert (host.version, spec.transport, spec.users) == ("2003", "basic", {"u": "p"})
    assert host.limits is not None
    assert (host.limits.max_shells, host.limits.envelope) == (9, 153_600)
    assert host.shell.long_lines == "truncate"


def test_the_examples_of_the_readme_are_specifications() -> None:
    blocks = re.findall(
        r"^```yaml\n(.*?)^```", (Path(__file__).parents[1] / "README.md").read_text(), re.MULTILINE | re.DOTALL
    )
    assert len(blocks) == 2
    for block in blocks:
        assert LabSpec.from_plain(yaml.safe_load(block)).hosts


def call(url: str, method: str = "GET", data: object = None) -> object:
    body = None if data is None else json.dumps(data).encode()
    with urllib.request.urlopen(urllib.request.Request(url, body, method=method), timeout=5) as answer:
        return json.load(answer)


def test_control_port() -> None:
    prepare = ("ipsec static add filterlist name=Prepared",)
    with Lab([HostSpec(name="a", netsh=prepare)]) as lab, Control(lab) as control:
        hostname(lab.hosts["a"])
        assert call(f"{control.url}/hosts") == {
            "a": {"version": "2016", "language": "en", "url": lab.hosts["a"].url},
        }
        assert "Prepared" in json.dumps(call(f"{control.url}/hosts/a/store"))
        requests = call(f"{control.url}/hosts/a/requests")
        assert isinstance(requests, list)
        assert [entry["operation"] for entry in requests] == ["Create", "Command", "Receive", "Delete"]
        assert "stdin" not in requests[0]
        call(f"{control.url}/hosts/a/requests", "DELETE")
        assert call(f"{control.url}/hosts/a/requests") == []
        services = call(f"{control.url}/hosts/a/services", "POST", {"BFE": "stopped"})
        assert isinstance(services, dict)
        assert services["BFE"] == {"state": "stopped", "start_type": "auto"}
        fault = {"effect": "delay", "operation": "Create", "seconds": 0.1}
        assert call(f"{control.url}/faults", "POST", fault) == {"planted": 1}
        assert len(lab.faults.pending()) == 1
        call(f"{control.url}/faults", "DELETE")
        assert call(f"{control.url}/faults") == []
        for url, method, data, status in (
            ("/hosts/b/store", "GET", None, 404),
            ("/nothing", "GET", None, 404),
            ("/faults", "POST", [1], 400),
            ("/hosts/a/services", "POST", {"BFE": "flying"}, 400),
            ("/hosts/a/services", "POST", [], 400),
        ):
            with pytest.raises(urllib.error.HTTPError) as caught:
                call(control.url + url, method, data)
            assert caught.value.code == status
            caught.value.close()


def start(tmp_path: Path, *options: str) -> subprocess.Popen[str]:
    spec = tmp_path / "lab.yml"
    spec.write_text(yaml.safe_dump({"hosts": [{"name": "a"}, {"name": "b", "version": "2003"}]}))
    arguments = ["--spec", str(spec), "--inventory", str(tmp_path / "inventory.yml"), "--state-dir", str(tmp_path)]
    return subprocess.Popen(
        [sys.executable, "-m", "winlab", *arguments, *options],
        # Where this process found the lab, the other one finds it as well.
        env={**os.environ, "PYTHONPATH": str(Path(winlab.__file__).parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_stand_alone_until_terminated(tmp_path: Path) -> None:
    process = start(tmp_path)
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("winlab: 2 hosts, control port http://127.0.0.1:")
        state = json.loads((tmp_path / "lab.json").read_text())
        assert state["pid"] == process.pid
        assert set(state["hosts"]) == {"a", "b"}
        assert isinstance(call(f"{state['control']}/hosts/b/services"), dict)
        assert "ansible_winrm_transport: ntlm" in (tmp_path / "inventory.yml").read_text()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    finally:
        process.kill()
        process.communicate()
    assert not (tmp_path / "lab.json").exists()
    with pytest.raises(urllib.error.URLError):
        call(f"{state['control']}/hosts")


def test_stand_alone_with_a_time_limit_and_a_bad_file(tmp_path: Path) -> None:
    process = start(tmp_path, "--max-seconds", "0.1")
    assert process.communicate(timeout=20)[0].startswith("winlab: 2 hosts")
    assert process.returncode == 0
    process = start(tmp_path, "--spec", str(tmp_path / "missing.yml"))
    assert "missing.yml" in process.communicate(timeout=20)[1]
    assert process.returncode == 2
