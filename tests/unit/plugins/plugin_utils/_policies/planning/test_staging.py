# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copies of what is in force, and what was there before them."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import (
    FilterAction,
    FilterList,
    Kerberos,
    Policy,
    Rule,
    Store,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.staging import settled, stage


def test_a_rule_that_netsh_cannot_be_told_comes_back_as_it_was() -> None:
    """Its copy has Kerberos where it has no authentication at all, and neither its name nor its description."""
    for authentication in ((), (Kerberos(),)):
        bare = Rule(name="", description="seen", filter_list="L", filter_action="A", authentication=authentication)
        original = Policy(name="P", rules=(bare,))
        store = Store(
            filter_lists=(FilterList(name="L"),), filter_actions=(FilterAction(name="A"),), policies=(original,)
        )
        copy = stage(store, "P", ()).policy
        assert copy.rules[0].authentication == (Kerberos(),)
        copy = replace(copy, rules=(replace(copy.rules[0], description=""),))
        under_way = replace(store, policies=(original, copy), assigned=copy.name)
        assert settled(under_way) == replace(store, assigned="P")
