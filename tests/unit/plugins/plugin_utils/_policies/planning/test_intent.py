# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What merged, present, replaced, overridden and deleted make of what a host has."""

from __future__ import annotations

from dataclasses import replace

import pytest
from store_simulator import meaning, run

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.secret import Secret
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.document import write_document
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.document.policy import read_policy
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import (
    FILTER_ACTION,
    FILTER_LIST,
    POLICY,
    DefaultResponse,
    Filter,
    FilterAction,
    FilterList,
    Kerberos,
    MainMode,
    Opaque,
    Policy,
    PresharedKey,
    QuickModeMethod,
    Rule,
    Store,
    Unmanaged,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.netsh import render
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.intent import (
    Mode,
    assigned_store,
    check_assignment,
    read_object,
    read_request,
    requested_store,
    store_with_object,
    without_object,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.plan import make_plan
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.words import ActionKind, Encryption, Integrity

ESP = QuickModeMethod(esp_encryption=Encryption.TRIPLE_DES, esp_integrity=Integrity.SHA1)
ANY = Filter(protocol=1)
DNS = Filter(protocol=17, destination_port=53, description="DNS")
KEY = Secret("the key")
KEPT = [{"method": "preshared_key"}]
PERMIT = {"name": "X", "action": "permit"}
STORE = Store(
    filter_lists=(
        FilterList(name="Spare"),
        FilterList(name="Web", description="old", filters=(ANY, DNS)),
    ),
    filter_actions=(
        FilterAction(name="ESP", methods=(ESP,), accept_unsecured=True),
        FilterAction(name="Let", action=ActionKind.PERMIT),
    ),
    policies=(
        Policy(
            name="P",
            description="mine",
            main_mode=MainMode(lifetime_minutes=60, quick_modes=4),
            default_response=DefaultResponse(
                enabled=True, authentication=(Kerberos(),), methods=(ESP,), perfect_forward_secrecy=False
            ),
            rules=(
                Rule(name="One", filter_list="Web", filter_action="ESP", authentication=(PresharedKey(KEY),)),
                Rule(name="Two", filter_list="Web", filter_action="Let", description="second"),
            ),
        ),
    ),
    assigned="P",
)


def want(data, mode, store=STORE):
    return requested_store(store, read_request(data, Mode(mode)))


def with_object(store, kind, data):
    return store_with_object(store, read_object(kind, data))


def lists(store):
    return {item.name: item for item in store.filter_lists}


def rules(store):
    return {rule.name: rule for policy in store.policies for rule in policy.rules}


@pytest.mark.parametrize("mode", ["merged", "replaced", "overridden"])
def test_what_a_host_has_is_what_it_shall_have(mode):
    assert make_plan(STORE, want(write_document(STORE), mode)) == ()


def test_merged_adds_filters_and_keeps_options():
    found = lists(want({"filter_lists": [{"name": "Web", "filters": [{"protocol": "tcp"}]}]}, "merged"))
    assert found["Web"].description == "old"
    assert {item.protocol for item in found["Web"].filters} == {1, 6, 17}


def test_merged_gives_a_filter_its_new_description():
    new = {"protocol": "udp", "destination_port": 53, "description": "names"}
    found = lists(want({"filter_lists": [{"name": "Web", "filters": [new]}]}, "merged"))
    assert [item.description for item in found["Web"].filters] == ["", "names"]


def test_replaced_makes_the_object_what_is_said():
    store = want({"filter_lists": [{"name": "Web", "filters": [{"protocol": "tcp"}]}]}, "replaced")
    assert lists(store)["Web"] == FilterList(name="Web", filters=(Filter(protocol=6),))
    assert "Spare" in lists(store)


def test_replaced_takes_defaults_where_merged_keeps():
    given = {"policies": [{"name": "P", "main_mode": {"lifetime_minutes": 90}}]}
    merged, replaced = want(given, "merged").policies[0], want(given, "replaced").policies[0]
    assert (merged.main_mode.lifetime_minutes, merged.main_mode.quick_modes) == (90, 4)
    assert (replaced.main_mode.lifetime_minutes, replaced.main_mode.quick_modes) == (90, 0)
    assert (len(merged.rules), len(replaced.rules)) == (2, 0)
    assert merged.default_response.enabled
    assert not replaced.default_response.enabled
    assert merged.default_response.methods == (ESP,)
    assert replaced.default_response == DefaultResponse()


def test_present_takes_lists_as_whole_lists():
    store = with_object(STORE, POLICY, {"name": "P", "rules": [{"name": "One", "enabled": False}]})
    assert set(rules(store)) == {"One"}
    assert rules(store)["One"].authentication == (PresharedKey(KEY),)
    assert rules(store)["One"].filter_list == "Web"
    assert not rules(store)["One"].enabled
    web = with_object(STORE, FILTER_LIST, {"name": "Web", "filters": []})
    assert lists(web)["Web"] == FilterList(name="Web", description="old")


def test_a_key_that_is_not_given_stays():
    again = {
        "name": "One",
        "filter_list": "Web",
        "filter_action": "ESP",
        "authentication": [{"method": "preshared_key"}],
    }
    store = want({"policies": [{"name": "P", "rules": [again]}]}, "replaced")
    assert rules(store)["One"].authentication == (PresharedKey(KEY),)


@pytest.mark.parametrize("name", ["Two", "Three"])
def test_a_key_that_nobody_has_is_refused(name):
    new = {"name": name, "filter_list": "Web", "filter_action": "ESP", "authentication": KEPT}
    with pytest.raises(IpsecError, match=rf"policies\['P'\]\.rules\['{name}'\]\.authentication"):
        want({"policies": [{"name": "P", "rules": [new]}]}, "merged")


def test_references_are_spelled_as_their_targets():
    new = {"name": "Three", "filter_list": "wEB", "filter_action": "esp"}
    found = rules(want({"policies": [{"name": "P", "rules": [new]}]}, "merged"))["Three"]
    assert (found.filter_list, found.filter_action) == ("Web", "ESP")


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"filter_lists": [{"name": "web"}]}, r"config\.filter_lists\[0\]\.name"),
        (
            {"filter_actions": [{"name": "X", "action": "permit"}, {"name": "LET"}]},
            r"config\.filter_actions\[1\]\.name",
        ),
        ({"policies": [{"name": "p"}]}, r"config\.policies\[0\]\.name"),
        ({"policies": [{"name": "P", "rules": [{"name": "ONE"}]}]}, r"config\.policies\['P'\]\.rules\['ONE'\]\.name"),
    ],
)
def test_names_that_differ_only_by_case_are_refused(data, path):
    with pytest.raises(IpsecError, match=path):
        want(data, "merged")


def test_overridden_removes_what_is_not_named():
    store = want({"filter_lists": [{"name": "Web"}]}, "overridden")
    assert (lists(store), store.filter_actions, store.policies) == ({"Web": FilterList(name="Web")}, (), ())
    assert store.assigned is None


def test_overridden_keeps_what_is_predefined_or_used_by_what_cannot_be_read():
    opaque = Opaque(kind=POLICY, name="Büro", identity="{1}", reason="x", uses=frozenset({(FILTER_LIST, "spare")}))
    store = Store(
        filter_lists=STORE.filter_lists,
        filter_actions=STORE.filter_actions,
        policies=STORE.policies,
        opaque=(opaque,),
        predefined=frozenset({(POLICY, "p")}),
    )
    found = want({}, "overridden", store)
    assert set(lists(found)) == {"Spare", "Web"}
    assert {item.name for item in found.filter_actions} == {"ESP", "Let"}
    assert found.policies == STORE.policies


def test_overridden_does_not_keep_what_a_predefined_policy_no_longer_uses():
    store = Store(
        filter_lists=STORE.filter_lists,
        filter_actions=STORE.filter_actions,
        policies=STORE.policies,
        predefined=frozenset({(POLICY, "p")}),
    )
    found = want({"policies": [{"name": "P"}]}, "overridden", store)
    assert (found.filter_lists, found.filter_actions, len(found.policies)) == ((), (), 1)


def test_deleted_unassigns_first():
    store = want({"policies": [{"name": "P"}], "filter_lists": [{"name": "Web"}]}, "deleted")
    assert (store.policies, store.assigned, set(lists(store))) == ((), None, {"Spare"})


@pytest.mark.parametrize("action", ["permit", "BLOCK"])
def test_a_negotiating_action_becomes_another_one(action):
    store = with_object(STORE, "filter_action", {"name": "ESP", "action": action})
    assert store.filter_actions[0] == FilterAction(name="ESP", action=ActionKind(action.lower()))
    with pytest.raises(IpsecError, match=r"^accept_unsecured is True"):
        with_object(STORE, "filter_action", {"name": "ESP", "action": action, "accept_unsecured": True})


def test_what_is_in_use_is_not_deleted():
    with pytest.raises(IpsecError, match=r"rule 'One' of policy 'P' uses it"):
        want({"filter_lists": [{"name": "Web"}]}, "deleted")
    with pytest.raises(IpsecError, match=r"^name is 'ESP': .* rule 'One' of policy 'P' uses it"):
        without_object(STORE, "filter_action", "ESP")


def test_what_is_not_there_is_already_deleted():
    assert make_plan(STORE, want({"policies": [{"name": "Q"}]}, "deleted")) == ()
    assert make_plan(STORE, without_object(STORE, POLICY, "Q")) == ()


def test_the_name_of_an_object_that_cannot_be_read_is_taken():
    opaque = Opaque(kind=FILTER_LIST, name="Ports", identity="{1}", reason="It has a range of ports.")
    with pytest.raises(IpsecError, match="range of ports"):
        want({"filter_lists": [{"name": "ports"}]}, "merged", Store(opaque=(opaque,)))


def test_assignment_by_document():
    assert want({}, "merged").assigned == "P"
    assert want({"assigned": ""}, "merged").assigned is None
    with pytest.raises(IpsecError, match=r"config\.assigned is 'Q'"):
        want({"assigned": "Q"}, "merged")
    with pytest.raises(IpsecError, match=r"config\.assigned"):
        want({"assigned": "P"}, "deleted")


def test_assignment_alone():
    assert assigned_store(STORE, "p", assign=True).assigned == "P"
    assert assigned_store(STORE, None, assign=False).assigned is None
    assert assigned_store(STORE, "P", assign=False).assigned is None
    assert assigned_store(STORE, "Q", assign=False).assigned == "P"
    with pytest.raises(IpsecError, match="name is 'Q'"):
        assigned_store(STORE, "Q", assign=True)


def test_an_assignment_needs_a_name_that_a_policy_can_have():
    check_assignment("P", "assigned")
    check_assignment("P", "unassigned")
    check_assignment(None, "unassigned")
    with pytest.raises(IpsecError, match="state: unassigned"):
        check_assignment(None, "assigned")
    with pytest.raises(IpsecError, match=r"^guid is 'P': expected a GUID"):
        check_assignment(None, "assigned", "P")
    with pytest.raises(IpsecError, match="not both"):
        check_assignment("P", "assigned", GUID)
    check_assignment(None, "assigned", GUID)


GUID = "{0000000a-0000-0000-0000-000000000001}"
ODD = Opaque(kind=POLICY, name="Büro", identity=GUID, reason="It has no data in its rule 'x'.")


def test_policies_of_any_name_are_assigned_and_unassigned_by_name_or_guid():
    nameless = Policy(name=GUID.replace("1}", "2}"))
    identities = {(POLICY, "büro"): GUID, (POLICY, nameless.name): nameless.name}
    marks = {(POLICY, nameless.name): Unmanaged(name="has no name")}
    store = Store(policies=(nameless,), opaque=(ODD,), identities=identities, unmanaged=marks)
    for name, guid, assigned in (
        ("büro", "", "Büro"),
        (None, GUID.upper(), "Büro"),
        (nameless.name, "", nameless.name),
        (None, nameless.name, nameless.name),
    ):
        wanted = assigned_store(store, name, assign=True, guid=guid)
        assert wanted.assigned == assigned
        (step,) = make_plan(store, wanted)
        identity = GUID if assigned == "Büro" else nameless.name
        assert render(step.operation).clear() == f"ipsec static set policy guid={identity} assign=yes"
        (step,) = make_plan(wanted, assigned_store(wanted, name, assign=False, guid=guid))
        assert render(step.operation).clear() == f"ipsec static set policy guid={identity} assign=no"
        assert make_plan(wanted, wanted) == ()
    with pytest.raises(IpsecError, match=r"^guid is '\{0000000b"):
        assigned_store(store, None, assign=True, guid=GUID.replace("a-", "b-"))


@pytest.mark.parametrize("kind", [FILTER_LIST, FILTER_ACTION, POLICY])
def test_an_object_of_any_name_is_renamed_by_its_guid_and_the_rules_follow(kind):
    old = {FILTER_LIST: "web", FILTER_ACTION: "esp", POLICY: "p"}[kind]
    store = replace(STORE, identities={(kind, old): GUID}, unmanaged={(kind, old): Unmanaged(name="has no name")})
    request = read_object(kind, {"name": "New", "guid": GUID.upper()})
    wanted = store_with_object(store, request)
    (step,) = make_plan(store, wanted)
    word = kind.replace("_", "")
    assert render(step.operation).clear() == f'ipsec static set {word} guid={GUID} newname="New"'
    assert meaning(run(store, step.operation)) == meaning(wanted)
    assert make_plan(wanted, store_with_object(wanted, request)) == ()
    # The old name is nobody's.
    assert old not in wanted.named(kind)
    taken = {FILTER_LIST: "Spare", FILTER_ACTION: "Let", POLICY: "New"}[kind]
    if kind != POLICY:
        with pytest.raises(IpsecError, match="a name that no other"):
            with_object(wanted, kind, {"name": taken, "guid": GUID})
    with pytest.raises(IpsecError, match=r"^guid is .*of the host"):
        with_object(store, kind, {"name": "X", "guid": GUID.replace("a-", "b-")})


def test_rules_without_a_name_are_shown_and_accepted_back():
    policy = read_policy({"name": "Q", "rules": [{"name": "", "filter_list": "Web", "filter_action": "Let"}]}, "p")
    store = Store(filter_lists=STORE.filter_lists, filter_actions=STORE.filter_actions, policies=(policy,))
    assert make_plan(store, want(write_document(store), "overridden", store)) == ()


def test_an_odd_name_beside_its_guid_stays_and_otherwise_says_what_to_do():
    mark = {(FILTER_LIST, "b\u00fcro"): Unmanaged(name="has a name that netsh cannot be given")}
    store = Store(
        filter_lists=(FilterList(name="B\u00fcro"),), identities={(FILTER_LIST, "b\u00fcro"): GUID}, unmanaged=mark
    )
    shown = {"name": "B\u00fcro", "guid": GUID}
    for mode in ("merged", "replaced", "overridden"):
        assert make_plan(store, want({"filter_lists": [shown]}, mode, store)) == ()
    with pytest.raises(IpsecError, match="the GUID beside it finds the object"):
        want({"filter_lists": [{**shown, "description": "new"}]}, "merged", store)
    renamed = want({"filter_lists": [{**shown, "name": "Office", "description": "new"}]}, "merged", store)
    assert [render(step.operation).clear() for step in make_plan(store, renamed)] == [
        f'ipsec static set filterlist guid={GUID} newname="Office"',
        'ipsec static set filterlist name="Office" description="new"',
    ]
    with pytest.raises(IpsecError, match="ASCII letters"):
        want({"filter_lists": [{"name": "B\u00fcro"}]}, "merged", store)
