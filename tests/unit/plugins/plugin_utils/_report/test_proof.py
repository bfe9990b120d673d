# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module proof returns is what the module report takes, whole or with hosts that did not answer."""

from __future__ import annotations

import json
from dataclasses import replace

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


def test_a_host_that_did_not_answer_is_not_said_to_have_no_policy():
    given = healthy()
    given["hosts"] = [{key: one[key] for key in ("name", "role", "address")} for one in given["hosts"]]
    given["expect"] = []
    assert "No policy of the local store is assigned." not in page(given)


def test_a_document_that_cannot_be_judged_is_named_and_hinders_no_report():
    given = healthy()
    given["hosts"][0]["info"]["config"]["filter_lists"][0]["filters"][0]["protocol"] = "tpc"
    given["expect"] = []
    assert "protocol is &#39;tpc&#39;" in page(given)


def test_a_saved_proof_is_read_as_it_was():
    proof = make_proof(read_evidence(healthy()), MADE)
    # A port may also be a word, so that all of them are texts once they were saved.
    flows = tuple(replace(flow, port=str(flow.port)) for flow in proof.flows)
    assert read_proof(json.loads(json.dumps(plain(proof)))) == replace(proof, flows=flows)
