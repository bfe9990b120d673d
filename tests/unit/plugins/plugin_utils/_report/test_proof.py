# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module proof returns is what the module report takes, whole or with hosts that did not answer."""

from __future__ import annotations

import json

from proof_evidence import healthy

from ansible_collections.winsec.ipsec.plugins.plugin_utils._proof.evidence import read_evidence
from ansible_collections.winsec.ipsec.plugins.plugin_utils._proof.plain import plain
from ansible_collections.winsec.ipsec.plugins.plugin_utils._proof.proof import make_proof
from ansible_collections.winsec.ipsec.plugins.plugin_utils._proof.reading import read_proof
from ansible_collections.winsec.ipsec.plugins.plugin_utils._report.files import render

MADE = "2026-11-25T04:20:00Z"


def page(given):
    saved = json.loads(json.dumps(plain(make_proof(read_evidence(given), MADE))))
    return render(read_proof(saved)).files["index.html"]


def test_a_healthy_deployment_is_shown_as_proven():
    assert "none failed, none unproven" in page(healthy())


def test_a_host_that_did_not_answer_is_shown_with_its_cause():
    given = healthy()
    given["hosts"][1] = {key: given["hosts"][1][key] for key in ("name", "role", "address")}
    given["expect"] = []
    assert "be1 could not be read." in page(given)


def test_associations_that_are_not_told_are_shown_with_the_reason():
    given = healthy()
    given["hosts"][0]["associations"] = {"known": False, "reason": "Nothing is recorded.", "clock": {"utc": ""}}
    assert "Nothing is recorded." in page(given)
