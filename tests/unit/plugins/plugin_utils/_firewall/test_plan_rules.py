# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans arrive from any set of rules, close nothing in between, and leave the rules of others alone."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._firewall.openings import Direction, Opening, Protocol
from ansible_collections.winsec.ipsec.plugins.plugin_utils._firewall.plan import Plan, make_plan
from ansible_collections.winsec.ipsec.plugins.plugin_utils._firewall.rules import is_opening, our_rule, rule_name
from ansible_collections.winsec.ipsec.plugins.plugin_utils._firewall.state import Firewall
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.rule_string import parse_rule
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.versions import WindowsVersion
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._firewall.rule_registry import (
    PREFIX,
    RuleRegistry,
    openings,
    rule_text,
    wanted_openings,
)

Scene = tuple[dict[str, str], tuple[Opening, ...]]

ON = {"domain": True, "private": True, "public": True}
FOREIGN = {
    "WinRM": "v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=5985|Name=@FirewallAPI.dll,-30253|Later=1|",
    "theirs": "v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=17|LPort=500|RA4=10.9.0.1|Name=IKE of somebody|",
    "like ours": "v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=80|Name=winsec.ipsec web|",
}


def firewall(rules: dict[str, str], **facts: object) -> Firewall:
    parsed = [(key, found) for key, text in rules.items() if (found := parse_rule(text)) is not None]
    assert len(parsed) == len(rules)
    known: dict[str, object] = {"running": True, "on": ON, "local_counts": ON, "entries": {}} | facts
    return Firewall(version=WindowsVersion(10, 0, 14393), rules=tuple(parsed), **known)  # type: ignore[arg-type]


@st.composite
def scenes(draw: st.DrawFn) -> tuple[dict[str, str], tuple[Opening, ...]]:
    """Return rules and what is wanted: rules of others, and rules of ours that are right, wrong, disabled or double."""
    chance = Random(draw(st.integers(0, 2**32)))
    wanted = draw(wanted_openings())
    rules = dict(FOREIGN)
    kinds = st.one_of(openings, st.sampled_from(wanted)) if wanted else openings
    for index, opening in enumerate(draw(st.lists(kinds, max_size=5))):
        name = rule_name(PREFIX, opening.protocol, opening.direction, draw(st.integers(1, 3)))
        for number in range(draw(st.integers(1, 2))):
            active = draw(st.booleans()) or draw(st.booleans())
            rules[f"ours {index} {number}"] = rule_text(name, opening, chance, active=active)
    return rules, wanted


def opened(rules: dict[str, str], opening: Opening) -> bool:
    """Whether a rule of ours is exactly this opening."""
    found = [our_rule(rule, PREFIX) for text in rules.values() if (rule := parse_rule(text)) is not None]
    return any(item is not None and is_opening(item, opening) for item in found)


def carry_out(registry: RuleRegistry, plan: Plan) -> list[dict[str, str]]:
    """Apply the lines and return the rules after each."""
    states = []
    for line in (*plan.add, *plan.delete):
        registry.apply(line.clear())
        states.append(dict(registry.rules))
    return states


@given(scenes(), st.integers(0, 2**32))
def test_a_plan_arrives_and_predicts(scene: Scene, seed: int) -> None:
    rules, wanted = scene
    registry = RuleRegistry(dict(rules), Random(seed))
    plan = make_plan(firewall(rules), PREFIX, wanted)
    carry_out(registry, plan)
    again = make_plan(firewall(registry.rules), PREFIX, wanted)
    assert not again.changed
    assert again.before == again.after == plan.after
    assert all(opened(registry.rules, opening) for opening in wanted)
    assert len(again.before) == len(wanted)
    assert FOREIGN.items() <= registry.rules.items()


@given(scenes(), st.integers(0, 2**32))
def test_nothing_wanted_closes_in_between(scene: Scene, seed: int) -> None:
    rules, wanted = scene
    registry = RuleRegistry(dict(rules), Random(seed))
    had = {opening for opening in wanted if opened(rules, opening)}
    for state in carry_out(registry, make_plan(firewall(rules), PREFIX, wanted)):
        assert all(opened(state, opening) for opening in had)


@given(scenes(), st.integers(0, 2**32), st.integers(0, 12))
def test_interrupted_anywhere_the_next_run_arrives(scene: Scene, seed: int, stop: int) -> None:
    rules, wanted = scene
    registry = RuleRegistry(dict(rules), Random(seed))
    plan = make_plan(firewall(rules), PREFIX, wanted)
    for line in (*plan.add, *plan.delete)[:stop]:
        registry.apply(line.clear())
    carry_out(registry, make_plan(firewall(registry.rules), PREFIX, wanted))
    assert not make_plan(firewall(registry.rules), PREFIX, wanted).changed
    assert FOREIGN.items() <= registry.rules.items()


def one(address: str = "10.0.0.1", protocol: Protocol = Protocol.IKE) -> Opening:
    rule = parse_rule(f"v2.30|RA4={address}|")
    addresses = rule.addresses("RA") if rule is not None else None
    assert addresses is not None
    return Opening(protocol=protocol, direction=Direction.IN, peers=addresses.found)


OURS = "v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=17|LPort=500|RA4=10.0.0.1|Name=winsec.ipsec ike in|"


def test_lines_name_everything() -> None:
    plan = make_plan(firewall({}), PREFIX, (one(), one(protocol=Protocol.AH)))
    assert plan.commands == [
        'advfirewall firewall add rule name="winsec.ipsec ike in" dir=in action=allow protocol=udp localport=500 '
        "remoteip=10.0.0.1 localip=any profile=any",
        'advfirewall firewall add rule name="winsec.ipsec ah in" dir=in action=allow protocol=51 remoteip=10.0.0.1 '
        "localip=any profile=any",
    ]


def test_a_rule_is_replaced_under_another_name_before_it_goes() -> None:
    plan = make_plan(firewall({"a": OURS}), PREFIX, (one("10.0.0.2"),))
    assert [line.redacted().split(" dir=")[0] for line in (*plan.add, *plan.delete)] == [
        'advfirewall firewall add rule name="winsec.ipsec ike in 2"',
        'advfirewall firewall delete rule name="winsec.ipsec ike in"',
    ]


def test_two_rules_of_one_name_become_one() -> None:
    plan = make_plan(firewall({"a": OURS, "b": OURS}), PREFIX, (one(),))
    assert [line.redacted().split(" dir=")[0] for line in (*plan.add, *plan.delete)] == [
        'advfirewall firewall add rule name="winsec.ipsec ike in 2"',
        'advfirewall firewall delete rule name="winsec.ipsec ike in"',
    ]


def test_a_name_that_others_have_too_is_not_removed() -> None:
    theirs = OURS.replace("Action=Allow", "Action=Block").replace("10.0.0.1", "10.9.9.9")
    rules = {"a": OURS, "b": theirs}
    assert not make_plan(firewall(rules), PREFIX, (one(),)).changed
    with pytest.raises(IpsecError, match="removes rules by their name"):
        make_plan(firewall(rules), PREFIX, ())


def test_too_many_addresses_for_a_line() -> None:
    many = ",".join(f"10.{index // 100}.{index % 100}.1" for index in range(900))
    peers = [one(text).peers.intervals[0] for text in many.split(",")]
    opening = Opening(protocol=Protocol.IKE, direction=Direction.IN, peers=type(one().peers)(peers))
    with pytest.raises(IpsecError, match="Name networks or ranges"):
        make_plan(firewall({}), PREFIX, (opening,))


def test_remarks_and_foreign_rules() -> None:
    group = parse_rule(OURS.replace("winsec.ipsec ike in", "IKE by policy"))
    block = OURS.replace("Action=Allow", "Action=Block").replace("winsec.ipsec ike in", "No IKE")
    assert group is not None
    host = firewall(
        {**FOREIGN, "no": block},
        running=False,
        on=ON | {"public": False},
        local_counts=ON | {"domain": False},
        group_rules=(group,),
    )
    plan = make_plan(host, PREFIX, (one(),))
    said = " ".join(plan.warnings)
    assert all(words in said for words in ("does not run", "off in the profiles public", "profiles domain", "'No IKE'"))
    assert {item["name"] for item in plan.foreign} == {"winsec.ipsec web", "IKE by policy"}
    assert make_plan(firewall(FOREIGN, running=False), PREFIX, ()).warnings == ()
