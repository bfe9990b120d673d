# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a worker needs is loaded before there are workers, and what cannot be loaded harms nobody."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import ansible_collections.winsec.ipsec as collection

TREE = str(Path(next(iter(collection.__path__))).parents[2])
PLUGIN = "ansible_collections.winsec.ipsec.plugins.connection.winrs"
LOOK_AT_THE_CLASS = """
import sys
sys.path.insert(0, {tree!r})
from ansible.plugins.loader import action_loader, init_plugin_loader
init_plugin_loader([{tree!r}])
{before}
assert action_loader.get("winsec.ipsec.{action}", class_only=True) is not None
wanted = ("winrm", "{plugin}")
print(*(name for name in wanted if sys.modules.get(name)))
"""


def loaded(action: str, before: str = "") -> str:
    text = LOOK_AT_THE_CLASS.format(tree=TREE, before=before, action=action, plugin=PLUGIN)
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("action", ["policies", "sa_info"])
def test_looking_at_an_action_loads_our_connection_and_its_library(action: str) -> None:
    assert loaded(action) == f"winrm {PLUGIN}"


def test_a_library_that_is_missing_stops_nothing() -> None:
    assert loaded("policies", "sys.modules['winrm'] = None") == PLUGIN


def test_what_ntlm_needs_is_there_before_workers_are_made() -> None:
    """OpenSSL loads a provider when a process uses RC4 for the first time; pyspnego makes such a cipher here."""
    watch = (
        "from spnego._ntlm_raw import crypto\ngenuine = crypto.rc4init\n"
        "crypto.rc4init = lambda key: (print('rc4', len(key)), genuine(key))[1]"
    )
    assert loaded("policies", watch).splitlines()[0] == "rc4 16"


def test_another_pyspnego_stops_nothing() -> None:
    assert loaded("policies", "import sys; sys.modules['spnego._ntlm_raw.crypto'] = None").endswith(PLUGIN)
