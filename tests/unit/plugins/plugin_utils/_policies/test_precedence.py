# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which policy works on a host, and why another one does not."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.host import Host
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import Opaque, Policy, Store
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.precedence import precedence
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.services import Service
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.versions import WindowsVersion

RUNS, STOPPED = Service(4, 2), Service(1, 2)
LOCAL = Store(policies=(Policy(name="P"),), assigned="P")
OPAQUE = Store(opaque=(Opaque(kind="policy", name="Größe", identity="{1}", reason=""),), assigned="Größe")


@pytest.mark.parametrize(
    ("facts", "store", "assigned", "words"),
    [
        ({}, "local", "P", []),
        ({"store": OPAQUE}, "local", "Größe", []),
        ({"store": Store()}, "none", "", ["No local policy"]),
        ({"domain_policy": "Corp"}, "domain", "P", ["The domain assigns 'Corp'"]),
        ({"local_policy_counts": False}, "none", "P", ["AllowLocalIPsecPolicyMerge"]),
        ({"services": {"IKEEXT": RUNS, "PolicyAgent": STOPPED}}, "local", "P", ["PolicyAgent does not run"]),
        ({"services": {"IKEEXT": STOPPED, "PolicyAgent": STOPPED}}, "local", "P", ["IKEEXT", "PolicyAgent"]),
        ({"store": Store(), "domain_policy": "Corp"}, "domain", "", ["No local policy", "Corp"]),
    ],
)
def test_precedence(facts: dict[str, Any], store: str, assigned: str, words: list[str]) -> None:
    services = {"IKEEXT": RUNS, "PolicyAgent": RUNS}
    default = {"version": WindowsVersion(10, 0, 14393), "store": LOCAL, "services": services, "domain_policy": None}
    data = precedence(Host(**{**default, **facts})).to_data()
    assert (data["store"], data["assigned"], data["effective"]) == (store, assigned, not words)
    assert bool(data["why_not"]) is bool(words)
    assert all(word in data["why_not"] for word in words)
