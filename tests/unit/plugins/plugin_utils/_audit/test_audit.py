# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit of documents: each weakness is found at its place, keys are shown nowhere, waivers end on their day."""

from __future__ import annotations

import ast
import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._audit.check import read_audit
from ansible_collections.winsec.ipsec.plugins.plugin_utils._audit.rules import RULES, WAIVABLE
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.document import write_document
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import Store
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._policies.strategies import stores

Data = dict[str, Any]
TODAY = date(2026, 11, 25)
STRONG = {"esp_encryption": "3des", "esp_integrity": "sha1"}
BEST = {"encryption": "3des", "integrity": "sha1", "dh_group": "2048"}
KEY, OTHER_KEY = "Quiet-Harbour-41", "Loud-Meadow-17"


def document(
    *,
    action: Data | None = None,
    methods: list[Data] | None = None,
    main_mode: Data | None = None,
    authentication: list[Data] | None = None,
    peers: tuple[str, ...] = ("10.0.1.20",),
    assigned: bool = True,
    **policy: Any,
) -> Data:
    """Return a document without anything to find but that the store cannot do better, with these changes."""
    rule: Data = {"name": "R", "filter_list": "L", "filter_action": "A"}
    if authentication:
        rule["authentication"] = authentication
    return {
        "filter_lists": [{"name": "L", "filters": [{"source": "me", "destination": peer} for peer in peers]}],
        "filter_actions": [
            {"name": "A", "action": "negotiate", "security_methods": methods or [STRONG], **(action or {})}
        ],
        "policies": [
            {"name": "P", "main_mode": {"security_methods": [BEST], **(main_mode or {})}, "rules": [rule], **policy}
        ],
        "assigned": "P" if assigned else "",
    }


def host(name: str = "fe", version: str = "2016", **more: Any) -> Data:
    config = more.pop("config", None) or document(
        **{key: more.pop(key) for key in list(more) if key != "exemption_level"}
    )
    return {"name": name, "version": version, "config": config, **more}


def audit(*hosts: Data, today: date = TODAY, **options: Any) -> list[Data]:
    return [one.to_data() for one in read_audit({"hosts": list(hosts), **options}).findings(today)]


def found(*hosts: Data, **options: Any) -> list[tuple[str, str, str]]:
    """Return (id, severity, path) of all findings but what is said about every document."""
    findings = audit(*hosts, **options)
    return [(one["id"], one["severity"], one["path"]) for one in findings if one["id"] != "legacy_ceiling"]


def test_a_document_that_could_not_be_better() -> None:
    (only,) = audit(host())
    assert (only["id"], only["severity"], only["path"]) == ("legacy_ceiling", "info", "policies['P']")
    assert only["waiver"] is None
    assert audit({"name": "empty"}) == []
    permit = {"filter_actions": [{"name": "A", "action": "permit"}], "policies": [{"name": "P"}], "assigned": "P"}
    assert "legacy_ceiling" not in {one["id"] for one in audit(host(config=permit))}


def test_what_is_in_force_and_not_known_is_a_finding() -> None:
    guid = "{0a1b2c3d-4e5f-4a6b-8c7d-112233445566}"
    (only,) = audit(host(config={"assigned": guid}))
    assert (only["id"], only["severity"], only["path"]) == ("not_known", "high", "assigned")
    part = {"name": "R", "filter_list": guid, "filter_action": "A"}
    permit = {"filter_actions": [{"name": "A", "action": "permit"}], "policies": [{"name": "P", "rules": [part]}]}
    assert "not_known" not in {one["id"] for one in audit(host(config=permit))}
    (only,) = (one for one in audit(host(config={**permit, "assigned": "P"})) if one["id"] == "not_known")
    assert (only["id"], only["path"]) == ("not_known", "policies['P'].rules['R'].filter_list")


ACTION, MAIN, RULE = "filter_actions['A']", "policies['P'].main_mode", "policies['P'].rules['R'].authentication[0]"
WEAK = {**BEST, "encryption": "des"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"methods": [{**STRONG, "esp_encryption": "des"}]},
            [("des", "high", f"{ACTION}.security_methods[0].esp_encryption")],
        ),
        (
            {"methods": [STRONG, {"ah_integrity": "md5", **STRONG, "esp_integrity": "md5"}]},
            [
                ("md5", "medium", f"{ACTION}.security_methods[1].ah_integrity"),
                ("md5", "medium", f"{ACTION}.security_methods[1].esp_integrity"),
            ],
        ),
        (
            {"methods": [{**STRONG, "esp_encryption": "none"}]},
            [("no_encryption", "medium", f"{ACTION}.security_methods[0].esp_encryption")],
        ),
        (
            {"methods": [{"ah_integrity": "sha1"}]},
            [("no_encryption", "medium", f"{ACTION}.security_methods[0].ah_integrity")],
        ),
        (
            {"methods": [{**STRONG, "esp_integrity": "none"}]},
            [("no_integrity", "high", f"{ACTION}.security_methods[0].esp_integrity")],
        ),
        ({"methods": [{"ah_integrity": "sha1", **STRONG, "esp_integrity": "none"}]}, []),
        (
            {"methods": [{**STRONG, "lifetime_seconds": 86400}]},
            [("long_lifetime", "low", f"{ACTION}.security_methods[0].lifetime_seconds")],
        ),
        ({"methods": [{**STRONG, "lifetime_seconds": 28800}]}, []),
        ({"action": {"fallback_to_clear": True}}, [("fallback_to_clear", "medium", f"{ACTION}.fallback_to_clear")]),
        ({"action": {"accept_unsecured": True}}, [("accept_unsecured", "low", f"{ACTION}.accept_unsecured")]),
        (
            {"main_mode": {"security_methods": [WEAK]}},
            [("des", "high", f"{MAIN}.security_methods[0].encryption")],
        ),
        (
            {"main_mode": {"security_methods": [BEST, WEAK]}},
            [
                ("des", "high", f"{MAIN}.security_methods[1].encryption"),
                ("weak_beside_better", "medium", f"{MAIN}.security_methods"),
            ],
        ),
        (
            {"main_mode": {"security_methods": [{**BEST, "integrity": "md5", "dh_group": "768"}]}},
            [
                ("dh_group_1", "high", f"{MAIN}.security_methods[0].dh_group"),
                ("md5", "medium", f"{MAIN}.security_methods[0].integrity"),
            ],
        ),
        (
            {"main_mode": {"security_methods": [{**BEST, "dh_group": "1024"}]}},
            [("dh_group_2", "medium", f"{MAIN}.security_methods[0].dh_group")],
        ),
        ({"main_mode": {"lifetime_minutes": 1441}}, [("long_lifetime", "low", f"{MAIN}.lifetime_minutes")]),
        ({"authentication": [{"method": "preshared_key"}]}, [("preshared_key", "medium", RULE)]),
        (
            {"authentication": [{"method": "certificate", "authority": "CN=Corp CA", "map_to_account": True}]},
            [],
        ),
        (
            {"authentication": [{"method": "certificate", "authority": "O=VeriSign, Inc."}]},
            [
                ("broad_authority", "medium", f"{RULE}.authority"),
                ("any_certificate", "low", f"{RULE}.map_to_account"),
            ],
        ),
        (
            {"authentication": [{"method": "certificate", "authority": "C=US", "map_to_account": True}]},
            [("broad_authority", "medium", f"{RULE}.authority")],
        ),
        (
            {"default_response": {"enabled": True}},
            [("default_response_ignored", "low", "policies['P'].default_response.enabled"), *()],
        ),
        ({"exemption_level": 0}, [("exemptions", "high", "exemption_level")]),
        ({"exemption_level": 2}, [("exemptions", "high", "exemption_level")]),
        ({"exemption_level": 1}, []),
        # What is not in force is low at most.
        (
            {"methods": [{**STRONG, "esp_encryption": "des"}], "assigned": False},
            [("des", "low", f"{ACTION}.security_methods[0].esp_encryption")],
        ),
        ({"exemption_level": 0, "assigned": False}, []),
    ],
)
def test_each_weakness_is_found_at_its_place(changes: Data, expected: list[tuple[str, str, str]]) -> None:
    findings = found(host(**changes))
    if "default_response" in changes:
        # Its methods offer AH without encryption, which would not be in force.
        findings = [one for one in findings if one[0] != "no_encryption"]
    assert findings == expected


def test_the_default_response_rule_of_windows_server_2003_works() -> None:
    response = {"enabled": True, "authentication": [{"method": "preshared_key"}], "security_methods": [STRONG]}
    path = "policies['P'].default_response"
    assert found(host(version="2003", default_response=response)) == [
        ("preshared_key", "medium", f"{path}.authentication[0]")
    ]
    assert found(host(default_response=response)) == [
        ("preshared_key", "low", f"{path}.authentication[0]"),
        ("default_response_ignored", "low", f"{path}.enabled"),
    ]
    # No certificate mapping to miss, and another default of exemptions.
    old = host(version="5.1.2600", authentication=[{"method": "certificate", "authority": "CN=Corp CA"}])
    assert found(old) == [("exemptions", "high", "exemption_level")]


def test_what_is_not_in_force_can_be_left_out() -> None:
    weak = {"methods": [{"esp_encryption": "des", "esp_integrity": "sha1"}]}
    assert found(host(**weak), scope="in_force") == found(host(**weak))
    assert [severity for _id, severity, _path in found(host(**weak, assigned=False))] == ["low"]
    assert found(host(**weak, assigned=False), scope="in_force") == []


def with_key(name: str, key: str, *peers: str) -> Data:
    return host(name, authentication=[{"method": "preshared_key", "preshared_key": key}], peers=peers)


@pytest.mark.parametrize(
    ("hosts", "where"),
    [
        # The two ends of one pair.
        ([with_key("fe", KEY, "10.0.1.20"), with_key("be", KEY, "10.0.0.10")], []),
        ([with_key("fe", KEY, "10.0.1.20"), with_key("be", OTHER_KEY, "10.0.0.10")], []),
        (
            [with_key("a", KEY, "10.0.0.1"), with_key("b", KEY, "10.0.0.2"), with_key("c", KEY, "10.0.0.3")],
            ["a", "b", "c"],
        ),
        ([with_key("fe", KEY, "10.0.1.20", "10.0.1.21")], ["fe"]),
        ([with_key("fe", KEY, "10.0.1.0/24")], ["fe"]),
        ([with_key("fe", KEY, "any"), with_key("be", OTHER_KEY, "10.0.0.10")], ["fe"]),
        # A document as policies_info returns it has no keys, and so nothing is known about them.
        ([host(name, authentication=[{"method": "preshared_key"}], peers=("any",)) for name in ("a", "b", "c")], []),
    ],
)
def test_a_key_for_several_pairs(hosts: list[Data], where: list[str]) -> None:
    findings = audit(*hosts)
    reused = [one for one in findings if one["id"] == "preshared_key_reused"]
    assert [one["host"] for one in reused] == where
    assert {(one["severity"], one["path"]) for one in reused} <= {("high", RULE)}
    shown = json.dumps(findings)
    assert KEY not in shown
    assert OTHER_KEY not in shown


def step(node: Any, part: str) -> Any:
    """Follow one part of a path: an option, an index, or the name of an object."""
    if isinstance(node, dict):
        return node[part]
    key = ast.literal_eval(part)
    return node[key] if isinstance(key, int) else next(item for item in node if item["name"] == key)


@given(stores(), st.sampled_from(["2003", "2008 R2", "2025"]), st.integers(0, 3))
def test_every_path_leads_to_an_option_and_no_key_is_shown(store: Store, version: str, level: int) -> None:
    config = json.loads(json.dumps(write_document(store)))
    findings = audit({"name": "fe", "version": version, "config": config, "exemption_level": level})
    for one in findings:
        assert one["id"] in RULES
        assert one["reference"]
        node: Any = {**config, "exemption_level": level}
        for part in re.findall(r"\[((?:'[^']*'|\"[^\"]*\"|\d+))\]|(?:^|\.)(\w+)", one["path"]):
            node = step(node, part[0] or part[1])


WAIVED = {"id": "des", "reason": "until the old host goes", "until": "2026-12-31"}
DES = {"methods": [{**STRONG, "esp_encryption": "des"}]}


@pytest.mark.parametrize(
    ("waiver", "counts"),
    [
        ({}, True),
        ({"host": "fe"}, True),
        ({"path": "filter_actions['A'].security_methods[0].esp_encryption"}, True),
        ({"path": "filter_actions['A']"}, True),
        ({"path": "filter_actions['A'].security_methods[0]"}, True),
        ({"path": "filter_actions"}, True),
        ({"host": "be"}, False),
        ({"path": "filter_actions['B']"}, False),
        ({"path": "filter_act"}, False),
        ({"id": "md5"}, False),
    ],
)
def test_what_a_waiver_covers(waiver: Data, counts: bool) -> None:
    findings = audit(host(**DES), waivers=[{**WAIVED, **waiver}])
    (des,) = [one for one in findings if one["id"] == "des"]
    assert des["waiver"] == ({"reason": WAIVED["reason"], "until": "2026-12-31"} if counts else None)
    unused = [(one["severity"], one["host"], one["path"]) for one in findings if one["id"] == "waiver_unused"]
    assert unused == ([] if counts else [("info", "", "waivers[0]")])


@given(st.integers(-400, 400))
def test_a_waiver_ends_with_its_day(days: int) -> None:
    until = TODAY + timedelta(days=days)
    findings = audit(host(**DES), waivers=[{**WAIVED, "until": until.isoformat()}])
    (des,) = [one for one in findings if one["id"] == "des"]
    assert (des["waiver"] is not None) is (days >= 0)
    expired = [(one["severity"], one["path"]) for one in findings if one["id"] == "waiver_expired"]
    assert expired == ([] if days >= 0 else [("medium", "waivers[0].until")])


def test_a_later_waiver_helps_out() -> None:
    findings = audit(host(**DES), waivers=[{**WAIVED, "until": "2026-01-01"}, WAIVED])
    assert [one["id"] for one in findings if one["waiver"] is None and one["severity"] != "info"] == ["waiver_expired"]


@pytest.mark.parametrize(
    ("fail_on", "failing"),
    [("never", []), ("high", ["des"]), ("medium", ["des", "fallback_to_clear"])],
)
def test_what_fails(fail_on: str, failing: list[str]) -> None:
    one = read_audit({"hosts": [host(**DES, action={"fallback_to_clear": True})], "fail_on": fail_on})
    assert [each.id for each in one.failing(one.findings(TODAY))] == failing
    waived = read_audit({"hosts": [host(**DES)], "fail_on": fail_on, "waivers": [WAIVED]})
    assert waived.failing(waived.findings(TODAY)) == []


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({}, "hosts"),
        ({"hosts": [{}]}, "hosts[0].name"),
        ({"hosts": [{"name": ""}]}, "hosts[0].name"),
        ({"hosts": [{"name": "a"}, {"name": "a"}]}, "hosts[1].name"),
        ({"hosts": [{"name": "a", "version": "2004"}]}, "hosts[0].version"),
        ({"hosts": [{"name": "a", "exemption_level": 4}]}, "hosts[0].exemption_level"),
        ({"hosts": [{"name": "a", "config": {"policies": [{}]}}]}, "hosts[0].config.policies[0].name"),
        ({"hosts": [{"name": "a", "konfig": KEY}]}, "hosts[0].konfig"),
        ({"hosts": [], "fail_on": "bad"}, "fail_on"),
        *[
            ({"hosts": [], "waivers": [{**WAIVED, **change}]}, f"waivers[0].{next(iter(change))}")
            for change in (
                {"id": "dess"},
                {"id": "waiver_unused"},
                {"reason": " "},
                {"reason": None},
                {"until": None},
                {"until": "soon"},
                {"until": "2026-02-30"},
                {"until": "20261231"},
                {"hosts": "fe"},
            )
        ],
    ],
)
def test_bad_input_is_refused_with_its_path(options: Data, path: str) -> None:
    with pytest.raises(IpsecError) as refused:
        read_audit(options)
    assert refused.value.path == path
    assert KEY not in str(refused.value)


def test_a_day_may_be_a_date() -> None:
    assert audit(host(**DES), waivers=[{**WAIVED, "until": date(2026, 12, 31)}])[0]["waiver"] is not None
    assert set(WAIVABLE) < set(RULES)
