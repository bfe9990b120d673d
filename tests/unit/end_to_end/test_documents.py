# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole documents on simulated hosts: predicted, done, done again, read back and fed in again.

What is there afterwards is judged by the lab's own decoder and by a reading of the document that shares nothing with
the collection.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from documents import pairs
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from lab_runner import LabConnection, left_by, run, state_of
from meaning import differences, offered_by_default, offers_said, overridden, seen

from winlab.host import Host

pytestmark = pytest.mark.slow

Data = dict[str, Any]
VERSIONS = ("2003", "2008R2", "2016", "2025")
HOSTS = pytest.mark.parametrize(
    ("version", "language"), [(version, language) for version in VERSIONS for language in ("en", "de")]
)
READ = "cmd.exe /d /q"


def policies(target: Host | LabConnection, document: Data, state: str, **words: bool) -> Data:
    # Documents are made at random: some of them would cut the controller off.
    options = {"config": document, "state": state, "allow_lockout": ["management"]}
    return run(target, "policies", options, diff=True, **words)


def keys_of(document: Data) -> list[str]:
    found = []
    for policy in document["policies"]:
        for rule in [*policy.get("rules", []), policy.get("default_response", {})]:
            found += [one["preshared_key"] for one in rule.get("authentication", []) if "preshared_key" in one]
    return sorted(found, key=len, reverse=True)


def redacted(lines: list[str], keys: list[str]) -> list[str]:
    for key in keys:
        lines = [line.replace(f'psk="{key}"', 'psk="(hidden)"') for line in lines]
    return lines


@HOSTS
@settings(max_examples=8, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(data=st.data())
def test_a_document_on_a_host_that_has_another_one(version: str, language: str, data: st.DataObject) -> None:
    first, second = data.draw(pairs(modern=version != "2003"))
    host = Host.create("host", version, language)
    fresh = seen(host)
    policies(host, first, "overridden")
    expected = overridden(fresh, first, fresh)
    before = seen(host)
    assert differences(expected, before) == []
    assert not Counter(offers_said(first)) - Counter(offered_by_default(host))

    untouched = state_of(host)
    watched = LabConnection(host)
    predicted = policies(watched, second, "overridden", check_mode=True)
    assert state_of(host) == untouched
    assert [request.line for request in watched.sent] == [READ]
    assert not watched.netsh_lines()
    assert not watched.service_lines()

    connection = LabConnection(host)
    done = policies(connection, second, "overridden")
    assert (done["changed"], done["commands"]) == (predicted["changed"], predicted["commands"])
    assert left_by(done) == left_by(predicted)
    sent = [line.removesuffix(" <nul 2>&1") for line in connection.service_lines()]
    assert done["commands"] == sent + redacted(connection.netsh_lines(), keys_of(first) + keys_of(second))
    assert differences(overridden(before, second, fresh), seen(host)) == []
    assert not Counter(offers_said(second)) - Counter(offered_by_default(host))
    if second.get("assigned"):
        assert all(
            each.state == 4 and each.start_type == 2
            for name, each in host.services.items()
            if name not in ("BFE", "MpsSvc", "SharedAccess")
        )

    settled = state_of(host)
    again = LabConnection(host)
    assert policies(again, second, "overridden")["changed"] is False
    assert again.netsh_lines() == []
    assert state_of(host) == settled

    config = run(host, "policies_info", {})["config"]
    assert config == left_by(done)
    for state in ("merged", "replaced", "overridden"):
        fed = LabConnection(host)
        result = policies(fed, config, state)
        assert (state, result["changed"], result["commands"]) == (state, False, [])
        assert fed.netsh_lines() == []
    assert state_of(host) == settled


@HOSTS
@pytest.mark.parametrize("state", ["merged", "replaced", "overridden"])
def test_what_a_fresh_host_has_is_a_document_that_changes_nothing(version: str, language: str, state: str) -> None:
    host = Host.create("host", version, language)
    before = state_of(host)
    info = run(host, "policies_info", {})
    assert bool(info["config"]["policies"]) is (version == "2003")
    for check_mode in (True, False):
        connection = LabConnection(host)
        result = policies(connection, info["config"], state, check_mode=check_mode)
        assert (result["changed"], result["commands"], connection.netsh_lines()) == (False, [], [])
    assert state_of(host) == before


@pytest.mark.parametrize("version", VERSIONS)
def test_check_mode_shows_filters_in_the_order_that_the_host_will_have(version: str) -> None:
    host = Host.create("host", version)
    addresses = ["10.0.0.3", "10.0.0.1", "2001:db8::1" if version != "2003" else "10.0.0.5", "10.0.0.2"]
    document = {"filter_lists": [{"name": "L", "filters": [{"destination": each} for each in addresses]}]}
    predicted = policies(host, document, "overridden", check_mode=True)["after"]["filter_lists"][-1]
    assert policies(host, document, "overridden")["after"]["filter_lists"][-1] == predicted
    # Another order in the document means the same.
    document["filter_lists"][0]["filters"].reverse()
    again = policies(host, document, "overridden", check_mode=True)
    assert again["changed"] is False
    assert again["before"]["filter_lists"][-1] == predicted


@pytest.mark.parametrize("version", VERSIONS)
def test_check_mode_shows_the_default_response_that_the_host_will_have(version: str) -> None:
    host = Host.create("host", version)
    document = {"policies": [{"name": "P"}]}
    predicted = policies(host, document, "overridden", check_mode=True)["after"]["policies"][-1]
    assert policies(host, document, "overridden")["after"]["policies"][-1] == predicted


@HOSTS
@settings(max_examples=4, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(data=st.data())
def test_merged_replaced_and_deleted_are_predicted_and_settle(version: str, language: str, data: st.DataObject) -> None:
    first, second = data.draw(pairs(modern=version != "2003"))
    host = Host.create("host", version, language)
    policies(host, first, "overridden")
    # A merge keeps what is not said, also what only a negotiating action has.
    plain = {"security_methods": [], "accept_unsecured": False, "fallback_to_clear": False}
    plain["perfect_forward_secrecy"] = False
    actions = [item if item["action"] == "negotiate" else {**plain, **item} for item in second["filter_actions"]]
    second = {**second, "filter_actions": actions}
    for state in ("merged", "replaced"):
        predicted = policies(host, second, state, check_mode=True)
        connection = LabConnection(host)
        done = policies(connection, second, state)
        assert (done["changed"], done["commands"]) == (predicted["changed"], predicted["commands"])
        assert left_by(done) == left_by(predicted)
        again = LabConnection(host)
        assert policies(again, second, state)["commands"] == []
        assert again.netsh_lines() == []
    found = seen(host)
    for name in ("filter_lists", "filter_actions", "policies"):
        wanted = {item["name"].lower() for item in second[name]}
        assert wanted <= getattr(found, name).keys()
    everything = run(host, "policies_info", {})["config"]
    predefined = run(host, "policies_info", {})["predefined"]
    rules = [rule for name in predefined["policies"] for rule in found.rules[name.lower()].values()]
    kept = {
        "filter_lists": {name.lower() for name in predefined["filter_lists"]} | {rule[2] for rule in rules},
        "filter_actions": {name.lower() for name in predefined["filter_actions"]} | {rule[3] for rule in rules},
        "policies": {name.lower() for name in predefined["policies"]},
    }
    names = {
        kind: [{"name": item["name"]} for item in everything[kind] if item["name"].lower() not in kept[kind]]
        for kind in kept
    }
    done = policies(host, names, "deleted")
    assert done["changed"] is any(names.values())
    left = run(host, "policies_info", {})["config"]
    for kind, items in names.items():
        assert not {item["name"] for item in items} & {item["name"] for item in left[kind]}
