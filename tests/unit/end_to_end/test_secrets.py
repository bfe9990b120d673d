# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A pre-shared key on its way through a real ansible-playbook at its most talkative, and where it must not turn up."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common import errors
from winlab.lab import HostSpec, Lab, LabHost
from winlab.netsh.talk import static
from winlab.store import policy_store
from winlab.wsman import Effect, Fault

pytestmark = pytest.mark.slow

# The tree that the collection was imported from: that of the checkout, or the one that ansible-test made.
COLLECTIONS = Path(errors.__file__).parents[6]
KEY = "Quiet-Harbour-41"
NEXT_KEY = "Loud-Meadow-17"
FORMS = [form for key in (KEY, NEXT_KEY) for form in (key, key.encode("utf-16-le").hex(), key[:10])]
Data = dict[str, Any]
METHODS = [{"esp_encryption": "3des", "esp_integrity": "sha1"}]


def config(key: str) -> Data:
    rule: Data = {"name": "R", "filter_list": "L", "filter_action": "A"}
    rule["authentication"] = [{"method": "preshared_key", "preshared_key": key}]
    return {
        "filter_lists": [{"name": "L", "filters": [{"destination": "10.0.0.1"}]}],
        "filter_actions": [{"name": "A", "action": "negotiate", "security_methods": METHODS}],
        "policies": [{"name": "P", "rules": [rule]}],
        "assigned": "P",
    }


def play(lab: Lab, scratch: Path, tasks: list[Data], *, debug: bool = True) -> tuple[int, str]:
    """Run tasks with every option that makes Ansible talk; return the exit code and all that it said.

    Without ``debug`` it is what people use to look for trouble with a connection, -vvvv.
    """
    scratch.mkdir(exist_ok=True)
    lab.inventory(scratch / "inventory.yml")
    home = scratch / "home"
    home.mkdir(exist_ok=True)
    # The keys come from the environment, so that what is found below the folder was written by a task.
    plays = [
        {
            "hosts": "windows",
            "gather_facts": False,
            "vars": {"key": "{{ lookup('env', 'IPSEC_KEY') }}", "next_key": "{{ lookup('env', 'IPSEC_NEXT_KEY') }}"},
            "tasks": tasks,
        }
    ]
    (scratch / "play.yml").write_text(json.dumps(plays))
    environment = {name: value for name, value in os.environ.items() if name != "NTLM_USER_FILE"}
    environment |= {
        "HOME": str(home),
        "TMPDIR": str(home),
        "ANSIBLE_HOME": str(home / "ansible"),
        "ANSIBLE_LOCAL_TEMP": str(scratch / "temp"),
        "ANSIBLE_LOG_PATH": str(scratch / "ansible.log"),
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_KEEP_REMOTE_FILES": "1",
        "ANSIBLE_DEBUG": "1" if debug else "0",
        "ANSIBLE_NOCOLOR": "1",
        "IPSEC_KEY": KEY,
        "IPSEC_NEXT_KEY": NEXT_KEY,
    }
    command = [sys.executable, "-m", "ansible", "playbook", "-i", str(scratch / "inventory.yml")]
    command += [str(scratch / "play.yml"), "-vvvvvv" if debug else "-vvvv", "--diff"]
    done = subprocess.run(
        command, env=environment, cwd=scratch, capture_output=True, text=True, timeout=90, check=False
    )
    return done.returncode, done.stdout + done.stderr


def where_leaked(output: str, scratch: Path, host: LabHost) -> list[str]:
    """Return the places where a form of a key turned up."""
    places = {"output": output, "command lines": "\n".join(host.log.commands())}
    for path in scratch.rglob("*"):
        if path.is_file():
            places[str(path.relative_to(scratch))] = path.read_bytes().decode("utf-8", errors="replace")
    assert "ansible.log" in places
    return [f"{place}: {form}" for place, text in places.items() for form in FORMS if form.lower() in text.lower()]


def keys_on(host: LabHost) -> list[str]:
    """Return the keys that the lab finds in the registry."""
    rules = [rule for policy in policy_store(host.host).snapshot()["policies"] for rule in policy["rules"]]
    return [method["psk"] for rule in rules for method in rule["authentication"] if "psk" in method]


def document_task(key: str, **more: object) -> Data:
    return {"winsec.ipsec.policies": {"config": config(key), "state": "overridden"}, "register": "result", **more}


@pytest.mark.parametrize("debug", [False, True], ids=["vvvv", "vvvvvv and debug"])
@pytest.mark.parametrize("transport", ["basic", "ntlm"])
def test_keys_reach_the_host_and_nothing_else(tmp_path: Path, transport: str, debug: bool) -> None:
    show = {"ansible.builtin.debug": {"var": "result"}}
    rule = {"name": "R", "authentication": [{"method": "preshared_key", "preshared_key": "{{ next_key }}"}]}
    tasks: list[Data] = [
        document_task("{{ key }}", check_mode=True),
        show,
        document_task("{{ key }}"),
        show,
        {"winsec.ipsec.policy": {"name": "P", "rules": [rule]}, "register": "result"},
        show,
        {"winsec.ipsec.policies_info": {}, "register": "result"},
        show,
    ]
    with Lab([HostSpec(name="a", language="de")], transport=transport) as lab:
        host = lab.hosts["a"]
        code, output = play(lab, tmp_path / "scratch", tasks, debug=debug)
        assert code == 0, output[-3000:]
        assert keys_on(host) == [NEXT_KEY]
        assert KEY.encode() in host.log.stdin()
        assert "psk=" in output
        assert "(hidden)" in output
        assert where_leaked(output, tmp_path / "scratch", host) == []


def test_keys_stay_hidden_when_things_go_wrong(tmp_path: Path) -> None:
    tasks = [
        document_task("{{ key }}", ignore_errors=True),
        {"ansible.builtin.debug": {"var": "result"}},
        # Refused before anything is sent: a key that is none, beside one that is in the wrong place.
        document_task("{{ key }}é", ignore_errors=True),
        {
            "winsec.ipsec.policy": {
                "name": "P",
                "rules": [{"name": "R", "authentication": [{"method": "kerberos", "preshared_key": "{{ key }}"}]}],
            },
            "ignore_errors": True,
        },
        {
            "winsec.ipsec.policy": {
                "name": "P",
                "rules": [{"name": "R", "authentication": [{"method": "preshared_key", "preshared_kee": "{{ key }}"}]}],
            },
            "ignore_errors": True,
        },
        {
            "winsec.ipsec.policy": {"name": "P", "rules": [{"name": "R", "authentication": ["{{ key }}"]}]},
            "ignore_errors": True,
        },
        {
            "winsec.ipsec.policy": {"name": "P", "rules": [{"name": "R", "authentication": "{{ key }}"}]},
            "ignore_errors": True,
        },
    ]
    with Lab([HostSpec(name="a")], transport="basic") as lab:
        host = lab.hosts["a"]
        # After the read, the way of management, the services and the turn: the script of the change ends in its middle,
        # after the rule with the key.
        lab.faults.add(Fault(effect=Effect.HALF_SCRIPT, operation="Send", skip=4, lines=11))
        code, output = play(lab, tmp_path / "scratch", tasks)
        assert code == 0, output[-3000:]
        assert output.count("fatal: [a]") >= 6
        assert KEY.encode() in host.log.stdin()
        assert where_leaked(output, tmp_path / "scratch", host) == []


def test_passwords_of_sessions_reach_the_server_and_nothing_else(tmp_path: Path) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    heard: list[str] = []

    def serve() -> None:
        with suppress(OSError):
            while True:
                line, _address = listener.accept()
                with line, line.makefile("rwb") as stream, suppress(OSError):
                    stream.write(b"+OK ready\r\n")
                    stream.flush()
                    for raw in stream:
                        heard.append(raw.decode())
                        # Some servers repeat what they did not like.
                        stream.write(b"+OK\r\n" if raw.startswith(b"USER") else b"-ERR what is " + raw)
                        stream.flush()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    one = {"name": "POP3", "protocol": "pop3", "host": "127.0.0.1", "port": listener.getsockname()[1]}
    tasks: list[Data] = [
        {
            "winsec.ipsec.session_check": {"sessions": [{**one, "user": "anna", **password}], **more},
            "register": "result",
            "ignore_errors": True,
        }
        for password, more in (
            ({"password": "{{ key }}"}, {"fail": False}),
            ({"password": "{{ next_key }}"}, {}),
            # Refused before anything is held.
            ({"password": "{{ key }}\n"}, {}),
            ({"passwort": "{{ key }}"}, {}),
            ({"password": ["{{ key }}"]}, {}),
        )
    ]
    tasks.append({"ansible.builtin.debug": {"var": "result"}})
    try:
        with Lab([HostSpec(name="a")], transport="basic") as lab:
            code, output = play(lab, tmp_path / "scratch", tasks)
            leaked = where_leaked(output, tmp_path / "scratch", lab.hosts["a"])
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(30)
    assert code == 0, output[-3000:]
    assert output.count("fatal: [a]") >= 4
    assert {f"PASS {KEY}\r\n", f"PASS {NEXT_KEY}\r\n"} <= set(heard)
    assert leaked == []


def test_names_beyond_ascii_do_not_stop_a_real_run(tmp_path: Path) -> None:
    tasks = [
        {"winsec.ipsec.policies_info": {}, "register": "result"},
        {"ansible.builtin.debug": {"var": "result.unmanaged"}},
        {
            "ansible.builtin.copy": {"content": "{{ result | to_json }}", "dest": str(tmp_path / "saved.json")},
            "delegate_to": "localhost",
            "vars": {"ansible_connection": "local"},
        },
        document_task("{{ key }}"),
    ]
    with Lab([HostSpec(name="a", language="de")], transport="basic") as lab:
        host = lab.hosts["a"]
        policy_store(host.host).add_foreign("non_ascii_policy")
        static(host.host, 'add filterlist name="Listen für alle" description="Größe"')
        code, output = play(lab, tmp_path / "scratch", tasks)
        assert code == 0, output[-3000:]
        found = json.loads((tmp_path / "saved.json").read_text())["unmanaged"]
        assert {item["kind"] for item in found} == {"policy", "filter_list"}
        assert keys_on(host) == [KEY]
