# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever is in force and whatever is asked for: a change that the guard accepts leaves the host within reach.

Documents are made of few words that all have to do with the controller, so that most of them touch its way. The judge
is the lab's own idea of packets.
"""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from cut_off import CONTROLLER, OWN, PORT, ObeyingConnection, alive, asleep, obeying, wait
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lab_runner import run

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.intent import Mode, read_request
from winlab.host import Host
from winlab.netsh.talk import static
from winlab.services import State
from winlab.store import policy_store

pytestmark = pytest.mark.slow

Data = dict[str, Any]

ESP = [{"esp_encryption": "3des", "esp_integrity": "sha1"}]
ACTIONS: list[Data] = [
    {"action": "permit"},
    {"action": "block"},
    {"action": "negotiate", "security_methods": ESP},
    {"action": "negotiate", "security_methods": ESP, "accept_unsecured": True},
    {"action": "negotiate", "security_methods": ESP, "fallback_to_clear": True},
    {"action": "negotiate", "security_methods": ESP, "accept_unsecured": True, "fallback_to_clear": True},
]
NEAR = ["any", "me", CONTROLLER, "10.0.0.0/24", "10.0.0.128/25", OWN]
FAR = ["dns", "wins", "dhcp", "gateway"]
PORTS = ["any", str(PORT), "53", "49152"]


@st.composite
def filters(draw: st.DrawFn) -> Data:
    """One filter, mostly one that meets packets of the controller."""
    role = draw(st.sampled_from([None, None, None, *FAR]))
    one, other = (role, "me") if role else (draw(st.sampled_from(NEAR)), draw(st.sampled_from(NEAR)))
    if draw(st.booleans()):
        one, other = other, one
    protocol = draw(st.sampled_from(["any", "tcp", "tcp", "udp"]))
    found: Data = {"source": one, "destination": other, "protocol": protocol, "mirrored": draw(st.booleans())}
    if protocol != "any":
        found |= {"source_port": draw(st.sampled_from(PORTS)), "destination_port": draw(st.sampled_from(PORTS))}
    return found


@st.composite
def documents(draw: st.DrawFn) -> Data:
    """A policy of up to three rules, in force or not."""
    rules = [
        (draw(st.sampled_from(ACTIONS)), draw(st.lists(filters(), min_size=1, max_size=2)))
        for _number in range(draw(st.integers(1, 3)))
    ]
    return {
        "filter_lists": [{"name": f"L{number}", "filters": each} for number, (_action, each) in enumerate(rules)],
        "filter_actions": [{"name": f"A{number}", **action} for number, (action, _each) in enumerate(rules)],
        "policies": [
            {
                "name": "P",
                "rules": [
                    {"name": f"R{number}", "filter_list": f"L{number}", "filter_action": f"A{number}"}
                    for number, _rule in enumerate(rules)
                ],
            }
        ],
        "assigned": draw(st.sampled_from(["P", "P", "P", ""])),
    }


def accepted(document: Data) -> bool:
    """Tell whether the readers take the document at all: some filters have the same host at both ends, say."""
    try:
        read_request(document, Mode.OVERRIDDEN)
    except IpsecError:
        return False
    return True


def overridden(document: Data, **words: Any) -> Data:
    return {"config": document, "state": "overridden", **words}


def told(host: Host, args: Data) -> str:
    """Try a change as it is meant, with time that passes on the host; return the refusal, empty for none."""
    patient = {"sleep": lambda seconds: wait(host, seconds), "clock": host.clock.now}
    try:
        run(ObeyingConnection(host), "policies", args, **patient)
    except AnsibleActionFail as error:
        assert error._result["commands"] == []
        return str(error)
    return ""


STATES = st.sampled_from(["awake", "awake", "asleep", "without key exchange"])


@settings(deadline=None)
@given(
    documents(), documents(), st.sampled_from(["2003", "2016"]), STATES, st.sampled_from([{}, {"confirm_timeout": 60}])
)
def test_what_the_guard_accepts_leaves_the_host_within_reach(
    before: Data, after: Data, version: str, state: str, window: Data
) -> None:
    assume(accepted(before) and accepted(after))
    host = asleep(version) if state == "asleep" else obeying(version)
    if "IKEEXT" in host.services and state == "without key exchange":
        host.services["IKEEXT"].state = State.STOPPED
    # What is in force before was put there by others, on hosts that still answer.
    run(Others(host), "policies", overridden({**before, "assigned": ""}, allow_lockout=["management"]))
    if before["assigned"]:
        static(host, "set policy name=P assign=yes")
    assume(alive(host))
    assume(state != "asleep" or host.services["PolicyAgent"].state is State.STOPPED)
    refused = told(host, overridden(after, **window))
    assert alive(host), refused
    if not refused:
        assert (policy_store(host).assigned_policy() or "") == after["assigned"]
        assert told(host, overridden(after, **window)) == ""
        assert alive(host)
    assert host.tasks == {}


class Others(ObeyingConnection):
    """Another way to the host, such as its console."""

    def _reach(self) -> None:
        """The console is always there."""
