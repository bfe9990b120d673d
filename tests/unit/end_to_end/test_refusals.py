# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is refused, and how: the path of the option, the value, what was expected, what to do, and nothing sent."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from lab_runner import LabConnection, run, state_of
from refused_objects import ACTIONS, OBJECTS, POLICIES, RULES
from refused_values import FILTERS, KEYS, NAMES, Case

from winlab.host import Host
from winlab.netsh.talk import static
from winlab.store import policy_store

Data = dict[str, Any]
PRESENT = (
    'add filterlist name="Web"',
    'add filter filterlist="Web" srcaddr=me dstaddr=10.0.0.1 protocol=TCP srcport=0 dstport=80',
    'add filteraction name="Secure" action=negotiate qmsecmethods="ESP[3DES,SHA1]"',
    'add policy name="Front" assign=no',
    'add rule name="Web rule" policy="Front" filterlist="Web" filteraction="Secure" kerberos=yes',
)


CASES = [*NAMES, *FILTERS, *KEYS, *ACTIONS, *RULES, *POLICIES, *OBJECTS]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_refusal(case: Case) -> None:
    host = Host.create("host", case.version)
    static(host, *PRESENT)
    before = state_of(host)
    for check_mode in (True, False):
        connection = LabConnection(host)
        with pytest.raises(AnsibleActionFail) as caught:
            run(connection, case.module, case.args, check_mode=check_mode)
        message = str(caught.value)
        missing = [fragment for fragment in case.fragments if fragment not in message]
        assert not missing, message
        for secret in ("secret", "s3s3", "Schl", "12345678"):
            assert secret not in message.replace("the secret", "")
        assert connection.netsh_lines() == []
        assert connection.service_lines() == []
        assert len(connection.sent) == (1 if case.asks else 0), message
    assert state_of(host) == before


@pytest.mark.parametrize("module", ["assignment", "policies"])
def test_a_policy_of_the_domain_wins_unless_the_user_knows_better(module: str) -> None:
    host = Host.create("host")
    static(host, *PRESENT)
    policy_store(host).add_foreign("domain_policy", name="Corp")
    before = state_of(host)
    args: Data = {"name": "Front"} if module == "assignment" else {"config": {"assigned": "Front"}}
    for check_mode in (True, False):
        connection = LabConnection(host)
        with pytest.raises(AnsibleActionFail, match=r"the domain assigns Corp.*allow_domain_policy"):
            run(connection, module, args, check_mode=check_mode)
        assert [request.line for request in connection.sent] == ["cmd.exe /d /q"]
        assert connection.netsh_lines() == connection.service_lines() == []
    assert state_of(host) == before
    assert run(host, module, {**args, "allow_domain_policy": True})["changed"] is True
    assert policy_store(host).assigned_policy() == "Front"


def test_there_are_many() -> None:
    assert len({case.name for case in CASES}) == len(CASES) > 200
