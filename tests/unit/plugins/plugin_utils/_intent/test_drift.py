# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report about drift: what counts as a failure, and that nothing passes which was not judged."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._intent.drift import drift_of, told

Data = dict[str, Any]
SERVICES = {"PolicyAgent": {"running": True}}
LOOK: Data = {"info": {"config": {}, "host": {"services": SERVICES}}}
PAIR = {"from": "a", "to": "b", "traffic": "tcp/80", "now": "required", "then": "required"}


def deployment(**more: Any) -> Data:
    hosts = {name: {"changes": False} for name in ("a", "b")}
    return {"hosts": hosts, "missing": {}, "pairs": [PAIR], "refusals": [], "left": [], **more}


def looks(**facts: Any) -> Data:
    return {"a": {**LOOK, "info": {"config": {}, "host": {"services": SERVICES, **facts}}}, "b": LOOK}


def test_as_declared() -> None:
    found = drift_of(deployment(), looks())
    assert found["passed"] is True
    assert told(found) == ["2 of 2 hosts are as declared."]
    json.dumps(found)


@pytest.mark.parametrize(
    ("more", "seen", "words"),
    [
        ({"hosts": {"a": {"changes": True}, "b": {}}}, {}, "a: Its policy is not as declared."),
        ({}, {"services": {"PolicyAgent": {"running": False}}}, "a: The service PolicyAgent does not run"),
        ({}, {"domain_policy": "Secure\x1b[2J"}, "a: Secure\\x1b[2J of the domain decides"),
        ({}, {"local_policy_counts": False}, "a: The domain lets no local policy work."),
        ({"missing": {"b": "unreachable"}}, {}, "b: There was no answer."),
        ({"left": ["No overlap."]}, {}, "Cannot be repaired: No overlap."),
        ({"refusals": ["Mistyped."], "hosts": {}}, {}, "Cannot be repaired: Mistyped."),
        ({"hosts": {}}, {}, "a: It was not judged"),
    ],
)
def test_what_is_a_failure(more: Data, seen: Data, words: str) -> None:
    found = drift_of(deployment(**more), looks(**seen))
    assert found["passed"] is False
    assert words in "\n".join(told(found))


def test_what_would_mend_it() -> None:
    seen = looks()
    seen["a"] |= {"policies": {"commands": ["one", "two"]}, "firewall": {"commands": ["three"]}}
    found = drift_of(deployment(hosts={"a": {"changes": True}, "b": {}}), seen)
    assert found["hosts"]["a"]["commands"] == ["one", "two", "three"]  # type: ignore[index]
    assert "a: Its policy is not as declared: 2 commands would mend it." in told(found)
    assert "a: Its firewall lacks openings for IPsec: 1 commands would make them." in told(found)


def test_a_pair_that_is_elsewhere_and_a_host_outside_of_the_limit() -> None:
    moved = {**PAIR, "now": "clear"}
    found = drift_of(deployment(pairs=[moved], missing={"c": "limit"}), {**looks(), "c": {}})
    assert "a -> b tcp/80 is clear, and should be required." in told(found)
    assert found["outside_of_the_limit"] == ["c"]
    assert "c" not in found["hosts"]  # type: ignore[operator]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5) | st.integers(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=6,
)


@given(ANYTHING, st.dictionaries(st.sampled_from(["a", "b"]), st.dictionaries(st.text(max_size=5), ANYTHING)))
def test_nothing_passes_that_was_not_judged(found: Any, seen: Data) -> None:
    report = drift_of(found, seen)
    assert report["passed"] is False
    told(report)
