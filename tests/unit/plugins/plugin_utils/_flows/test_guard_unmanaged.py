# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guard while a policy is in force that netsh cannot be told about, and when one of ours replaces it."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.guard import read_guard
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.management import Approach, Connection, Listed
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.host import Host
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import (
    POLICY,
    FilterAction,
    FilterList,
    Opaque,
    Store,
    Unmanaged,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.references import uses
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.services import Service
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._flows.scenes import (
    BE,
    BLOCK,
    CONTROLLER,
    FE,
    PERMIT,
    SERVER_2016,
    Does,
    does,
    filter_of,
    store_of,
)

GUARD = read_guard({}, Approach(port=5985, controllers=(ip_address(CONTROLLER),)))
SEEN = Listed((Connection(ip_address(FE), 5985, ip_address(CONTROLLER)),))
CUT = does(BLOCK, filter_of(CONTROLLER, "me", "tcp"), name="cut")
NAME = "B\u00fcro"
HARMLESS = does(BLOCK, filter_of(BE, "me", "tcp"), name="harmless")


def odd_store(*rules: Does, known: bool = True) -> Store:
    """Return a store whose policy in force has a name that netsh cannot be given, or cannot even be read."""
    store = store_of(*rules)
    (policy,) = store.policies
    if known:
        mark = Unmanaged(name="has a name that netsh cannot be given: expected ASCII characters only")
        odd = replace(policy, name=NAME)
        return replace(store, policies=(odd,), assigned=NAME, unmanaged={(POLICY, NAME.casefold()): mark})
    reason = "It has unknown options in filter 1."
    opaque = Opaque(kind=POLICY, name=NAME, identity="{1}", reason=reason, uses=uses(policy))
    return replace(store, policies=(), assigned=NAME, opaque=(opaque,))


def changed(store: Store, action: FilterAction = BLOCK) -> Store:
    """Return the store with another filter action under the names of those that it has."""
    actions = tuple(replace(action, name=item.name) for item in store.filter_actions)
    return replace(store, filter_actions=actions)


def refusal(current: Store, desired: Store, *, running: bool = True, starts: bool = False) -> str:
    services = {"PolicyAgent": Service(4 if running else 1, 2)}
    host = Host(version=SERVER_2016, store=current, services=services, domain_policy=None)
    try:
        GUARD.check(host, desired, lambda: SEEN, starts=starts)
    except IpsecError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("running", [True, False])
def test_a_change_of_what_it_uses_is_judged(running: bool) -> None:
    permits = odd_store(does(PERMIT, filter_of(CONTROLLER, "me", "tcp")))
    assert "critical flow management" in refusal(permits, changed(permits), running=running)
    elsewhere = odd_store(does(PERMIT, filter_of(BE, "me", "tcp")))
    assert refusal(elsewhere, changed(elsewhere), running=running) == ""


def test_what_it_stops_cannot_be_what_carries_the_task() -> None:
    cut = odd_store(CUT)
    described = replace(cut, filter_lists=tuple(replace(item, description="x") for item in cut.filter_lists))
    assert refusal(cut, described) == ""
    assert "yet this task came through" in refusal(cut, changed(cut, PERMIT))
    # A policy that does not act stops nothing: ours will act.
    ours = replace(store_of(CUT), policies=(*store_of(CUT).policies, *cut.policies))
    assert "critical flow management" in refusal(cut, ours, running=False, starts=True)


def test_what_replaces_it_is_judged_whatever_is_known_of_it() -> None:
    for known in (True, False):
        before = odd_store(HARMLESS, known=known)
        for rule, harm in ((HARMLESS, False), (CUT, True)):
            desired = replace(store_of(rule), opaque=before.opaque)
            assert bool(refusal(before, desired)) == harm


def test_what_is_not_known_never_passes_and_stands_in_nobodys_way() -> None:
    before = odd_store(HARMLESS, known=False)
    said = refusal(before, changed(before, PERMIT))
    assert said == (
        "assigned is 'B\\xfcro': expected a policy that can be judged, but what it does is not known: It has unknown "
        "options in filter 1. Check what it does by hand. To go on all the same, name management in allow_lockout."
    )
    spare = FilterList(name="spare", filters=(filter_of(BE, "me", "udp"),))
    assert refusal(before, replace(before, filter_lists=(*before.filter_lists, spare))) == ""


def test_rules_are_told_by_their_names_or_said_to_have_none() -> None:
    for name, told in (("B\u00fcro\x1b", "rule 'B\\xfcro\\x1b'"), ("", "a rule without a name")):
        before = odd_store(does(PERMIT, filter_of(CONTROLLER, "me", "tcp")))
        (policy,) = before.policies
        rules = tuple(replace(each, name=name) for each in policy.rules)
        before = replace(before, policies=(replace(policy, rules=rules),))
        assert f"drops it (Block, {told})" in refusal(before, changed(before))
