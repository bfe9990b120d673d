# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys from a vault in wrong places, through a real ansible-playbook that shows and logs all that it can."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from ansible.parsing.vault import VaultLib, VaultSecret

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common import errors

# The tree that the collection was imported from: that of the checkout, or the one that ansible-test made.
COLLECTIONS = Path(errors.__file__).parents[6]
KEY, FILE_KEY = "CanaryKey-7f3a9Zq", "OtherBird-5d2b8Wk"
PIECES = ("canarykey", "7f3a9zq", "otherbird", "5d2b8wk")
Data = dict[str, Any]
RULE = {"name": "R", "filter_list": "L", "filter_action": "A"}


def mistakes(key: str) -> list[tuple[str, Data, str]]:
    """Return (module, options, words of the refusal) for keys in wrong places."""
    method = {"method": "preshared_key", "preshared_key": key}
    return [
        ("policy", {"name": "P", "rules": [{**RULE, "preshared_key": key}]}, "rules[0].preshared_key is a text"),
        ("policy", {"name": "P", "preshared_key": key}, "preshared_key is a text (not shown)"),
        ("policy", {"name": "P", "main_mode": {"preshared_key": key}}, "main_mode.preshared_key is a text"),
        ("policy", {"name": "P", "rules": {"authentication": [method]}}, "rules is a mapping (not shown)"),
        ("policy", {"name": "P", "rules": [{**RULE, "authentication": method}]}, "authentication is a mapping"),
        ("policy", {"name": "P", "rules": [{**RULE, "authentication": [key]}]}, "authentication[0] is a text"),
        ("policy", {"name": "P", "rules": [key]}, "rules[0] is a text (not shown)"),
        ("policy", {"name": "P", "default_response": [method]}, "default_response is a list (not shown)"),
        ("policies", {"config": {"policies": {"rules": {"a": [method]}}}}, "config.policies is a mapping"),
        ("policies", {"config": f"preshared_key: {key}"}, "config is a text (not shown)"),
        ("policies", {"config": {"policies": [[method]]}}, "config.policies[0] is a list (not shown)"),
        ("policies", {"config": {}, "preshared_key": key}, "preshared_key is a text (not shown)"),
        ("policies", {"config": {}, "state": [key]}, "state is a list (not shown)"),
        ("filter_action", {"name": "A", "action": "negotiate", "security_methods": key}, "security_methods is a text"),
        ("session_check", {"sessions": [{"name": "s", "protocol": "imap", "host": key + "/"}]}, "host is a text"),
        ("flow_check", {"hosts": [], "networks": {"dc": {"psk": key}}}, "networks['dc'] is a mapping (not shown)"),
        # The rest stands where a text may be shown, and does not since it comes from a vault.
        ("filter_list", {"name": "L", "state": key}, "state is a text (not shown): expected one of present"),
        ("filter_list", {"name": "L", "filters": [{"source": key}]}, "filters[0].source is a text (not shown)"),
        ("firewall", {"peers": [key]}, "peers[0] is a text (not shown)"),
        ("policies_info", {"query": key}, "query is a text (not shown)"),
    ]


def test_keys_from_a_vault_are_shown_nowhere(tmp_path: Path) -> None:
    vault = VaultLib([("default", VaultSecret(b"open"))])
    (tmp_path / "password").write_text("open")
    (tmp_path / "vaulted.yml").write_bytes(vault.encrypt(json.dumps({"file_key": FILE_KEY})))
    inline = "\n".join(f"      {line}" for line in vault.encrypt(KEY).decode().splitlines())
    cases = [*mistakes("{{ key }}"), *mistakes("{{ file_key }}")]
    tasks = "\n".join(
        f"    - winsec.ipsec.{module}: {json.dumps(options)}\n      register: result{number}\n      ignore_errors: true"
        for number, (module, options, _words) in enumerate(cases)
    )
    shows = "\n".join(
        f"    - ansible.builtin.debug: {{var: result{number}}}" for number, _case in enumerate(cases) if number % 4 == 0
    )
    (tmp_path / "play.yml").write_text(
        f"- hosts: localhost\n  gather_facts: false\n  vars_files: [vaulted.yml]\n"
        f"  vars:\n    key: !vault |\n{inline}\n  tasks:\n{tasks}\n{shows}\n"
    )
    environment = {
        **os.environ,
        "ANSIBLE_HOME": str(tmp_path / "home"),
        "ANSIBLE_LOCAL_TEMP": str(tmp_path / "temp"),
        "ANSIBLE_LOG_PATH": str(tmp_path / "ansible.log"),
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_VAULT_PASSWORD_FILE": str(tmp_path / "password"),
        "ANSIBLE_CALLBACKS_ENABLED": "ansible.builtin.tree,ansible.builtin.junit",
        "ANSIBLE_CALLBACK_TREE_DIR": str(tmp_path / "tree"),
        "JUNIT_OUTPUT_DIR": str(tmp_path / "junit"),
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
        "ANSIBLE_DISPLAY_TRACEBACK": "always",
        "ANSIBLE_NOCOLOR": "1",
    }
    command = [sys.executable, "-m", "ansible", "playbook", "-i", "localhost,", "-c", "local", "--diff", "-vvvvv"]
    done = subprocess.run(
        [*command, "play.yml"], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=180, check=False
    )
    output = done.stdout + done.stderr
    assert done.returncode == 0, output[-3000:]
    assert output.count("FAILED! =>") == len(cases)
    missing = [words for _module, _options, words in cases if words not in output]
    assert missing == []
    written = {path: path.read_bytes().decode(errors="replace") for path in tmp_path.rglob("*") if path.is_file()}
    assert {"ansible.log", "localhost"} <= {path.name for path in written}
    assert any(path.suffix == ".xml" for path in written)
    places = {"output": output, **written}
    assert [f"{place}: {piece}" for place, text in places.items() for piece in PIECES if piece in text.lower()] == []
