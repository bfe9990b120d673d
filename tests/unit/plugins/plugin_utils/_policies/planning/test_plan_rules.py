# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How rules are changed: in one command where netsh has a word for it, and made anew only to lose their tunnel."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import (
    FilterAction,
    FilterList,
    Policy,
    Rule,
    Store,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning import operations as op
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.plan import make_plan
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.words import ActionKind

RULE = Rule(name="R", filter_list="L", filter_action="A")
TUNNEL = ip_address("192.0.2.9")


def store(rule: Rule) -> Store:
    return Store(
        filter_lists=(FilterList(name="L"),),
        filter_actions=(FilterAction(name="A", action=ActionKind.BLOCK),),
        policies=(Policy(name="P", rules=(rule,)),),
    )


@pytest.mark.parametrize(
    ("have", "want", "kinds"),
    [
        (RULE, replace(RULE, description="new"), [op.ChangeRule]),
        (RULE, replace(RULE, tunnel_endpoint=TUNNEL), [op.ChangeRule]),
        (
            replace(RULE, tunnel_endpoint=TUNNEL),
            replace(RULE, tunnel_endpoint=ip_address("192.0.2.8")),
            [op.ChangeRule],
        ),
        (replace(RULE, tunnel_endpoint=TUNNEL), RULE, [op.DeleteRule, op.AddRule]),
        (RULE, RULE, []),
    ],
    ids=["without", "gains", "other", "loses", "same"],
)
def test_a_rule_is_made_anew_only_to_lose_its_tunnel(have: Rule, want: Rule, kinds: list[type]) -> None:
    assert [type(step.operation) for step in make_plan(store(have), store(want))] == kinds
