# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module audit as a task: documents and waivers in, findings out, and no host asked."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from lab_runner import LabConnection, run

from winlab.host import Host

Data = dict[str, Any]
KEY = "Quiet-Harbour-41"


def config(encryption: str) -> Data:
    rule = {
        "name": "R",
        "filter_list": "L",
        "filter_action": "A",
        "authentication": [{"method": "preshared_key", "preshared_key": KEY}],
    }
    methods = [{"esp_encryption": encryption, "esp_integrity": "sha1"}]
    return {
        "filter_lists": [{"name": "L", "filters": [{"destination": "any"}]}],
        "filter_actions": [{"name": "A", "action": "negotiate", "security_methods": methods}],
        "policies": [{"name": "P", "rules": [rule]}],
        "assigned": "P",
    }


def audit(**options: Any) -> Data:
    connection = LabConnection(Host.create("unused", "2016"))
    result = run(connection, "audit", options)
    assert connection.sent == []
    return result


def test_findings_fail_the_task_from_a_severity_on() -> None:
    hosts = [{"name": "fe", "version": "2016", "config": config("des")}]
    found = audit(hosts=hosts)
    assert (found["changed"], found["failed"], found["passed"]) == (False, True, False)
    assert "high des at fe: filter_actions['A'].security_methods[0].esp_encryption." in found["msg"]
    assert "2 findings of severity high or worse are open" in found["msg"]
    assert found["open"]["high"] == 2
    assert KEY not in str(found)
    told = audit(hosts=hosts, fail_on="never")
    assert (told.get("failed", False), told["passed"], told["findings"]) == (False, True, found["findings"])


def test_waivers_count_until_their_day() -> None:
    hosts = [{"name": "fe", "config": config("3des")}]
    waiver = {"id": "preshared_key_reused", "reason": "replaced with the next release", "until": "2999-12-31"}
    found = audit(hosts=hosts, waivers=[waiver])
    assert (found["passed"], found["waived"], found["open"]["high"]) == (True, 1, 0)
    over = audit(hosts=hosts, waivers=[{**waiver, "until": "2026-01-01"}])
    assert (over["passed"], over["waived"]) == (False, 0)
    assert "waiver_expired" in {one["id"] for one in over["findings"]}


def test_no_key_in_a_refusal() -> None:
    wrong = config("3des")
    wrong["policies"][0]["rules"][0]["authentication"][0]["method"] = "kerberos"
    with pytest.raises(AnsibleActionFail) as refused:
        audit(hosts=[{"name": "fe", "config": wrong}])
    assert "hosts[0].config.policies[0].rules[0].authentication[0].preshared_key" in str(refused.value)
    assert KEY not in str(refused.value)
