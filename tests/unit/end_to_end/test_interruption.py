# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A connection that dies at every request and after every line of every script: the next run finishes the work."""

from __future__ import annotations

import copy
import os
from contextlib import suppress
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from dying import Death, DyingConnection, deaths
from lab_runner import IPSEC, LabConnection, Tree, run, tree
from meaning import differences, in_force, said, seen

from winlab.host import Host
from winlab.store import policy_store

pytestmark = pytest.mark.slow

Data = dict[str, Any]
ESP = {"esp_encryption": "3des", "esp_integrity": "sha1"}
KEY = {"method": "preshared_key", "preshared_key": "Quiet-Harbour-41"}


def document(address: str, action: str, lists: int = 2, first: str = "", **rule: Any) -> Data:
    """Return a document whose lists end in ``address``, the first of them in ``first`` where that is given."""
    names = [f"List {number}" for number in range(lists)]
    actions = [{"name": "Act", "action": "negotiate", "security_methods": [ESP], "fallback_to_clear": action == "soft"}]
    return {
        "filter_lists": [
            {
                "name": name,
                "filters": [
                    {"destination": f"10.{number}.0.{last}"} for last in (1, 2, (not number and first) or address)
                ],
            }
            for number, name in enumerate(names)
        ],
        "filter_actions": actions,
        "policies": [
            {
                "name": "Front",
                "main_mode": {"lifetime_minutes": 60 if action == "soft" else 90},
                "rules": [
                    {"name": f"Rule {name}", "filter_list": name, "filter_action": "Act", **rule} for name in names
                ],
            },
            {"name": "Spare"},
        ],
        "assigned": "Front",
    }


OLD, NEW = document("3", "hard"), document("4", "soft", 3, authentication=[KEY])
KEYED = document("3", "hard", authentication=[KEY])
PLANS: dict[str, tuple[Data | None, Data]] = {
    "from nothing": (None, OLD),
    "staged change of the policy in force": (OLD, NEW),
    "staged change of authentication": (OLD, KEYED),
    "staged change back": (NEW, OLD),
    "switch to another policy": (OLD, {**OLD, "assigned": "Spare"}),
    "switch and change": (OLD, {**NEW, "assigned": "Spare"}),
    "filters in place": (OLD, document("3", "hard", first="9")),
    "everything goes": (NEW, {"assigned": ""}),
    "unassigned and changed": (OLD, {**NEW, "assigned": ""}),
}


def prepared(version: str, language: str, first: Data | None) -> tuple[Host, Tree]:
    host = Host.create("host", version, language)
    plain = tree(host).keys()
    for kind in ("non_ascii_policy", "unknown_authentication", "half_written_key", "orphan_rule"):
        policy_store(host).add_foreign(kind)
    planted = {path: values for path, values in tree(host).items() if path not in plain}
    if first is not None:
        run(host, "policies", {"config": first, "state": "overridden"})
    return host, {path: values for path, values in planted.items() if not path.endswith("Local") and path != IPSEC}


# Every point takes minutes; EVERY_FAULT=1 takes them all, a usual run each third one.
STRIDE = 1 if os.environ.get("EVERY_FAULT") else 3


@pytest.mark.parametrize(
    ("plan", "version", "language"),
    # Every plan on one of the two forms of store, the staged ones by turns.
    [(plan, *(("2003", "de") if number % 2 else ("2016", "en"))) for number, plan in enumerate(PLANS)],
)
def test_a_second_run_converges_wherever_the_first_one_died(
    plan: str, version: str, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = PLANS[plan]
    args = {"config": second, "state": "overridden"}
    start, planted = prepared(version, language, first)
    old = in_force(seen(start))
    points = list(deaths(start, "policies", args))[::STRIDE]
    finished = copy.deepcopy(start)
    run(finished, "policies", args)
    goal = seen(finished)
    new = in_force(goal)
    live = [] if plan == "filters in place" else [old, new]
    staged = 0
    for number, death in enumerate(points):
        host = copy.deepcopy(start)
        connection = DyingConnection(host, death)
        with suppress(AnsibleConnectionFailure):
            run(connection, "policies", args)
        assert connection.died
        half = seen(host)
        staged += any("~winsec~" in name for name in half.policies)
        if live:
            assert in_force(half) in live, death
        if number % 4 == 0:
            assert "~winsec~" not in str(run(host, "policies_info", {})["config"]), death
        run(host, "policies", args)
        found = seen(host)
        assert differences(goal, found) == [], death
        assert not [
            name
            for names in (found.policies, found.filter_lists, found.filter_actions)
            for name in names
            if "~winsec~" in name
        ], death
        after = tree(host)
        assert {path: after.get(path) for path in planted} == planted, death
        if number % 4 == 0:
            again = LabConnection(host)
            assert run(again, "policies", args)["changed"] is False, death
            assert again.netsh_lines() == []
    assert len(points) > 10
    assert bool(staged) is plan.startswith("staged")
    with capsys.disabled():
        print(f"\n{plan} on {version}: {len(points)} fault points, {staged} with copies left behind", end=" ")


def test_two_interruptions_in_a_row_still_end_well() -> None:
    first, second = PLANS["staged change of the policy in force"]
    args = {"config": second, "state": "overridden"}
    start, _planted = prepared("2016", "en", first)
    finished = copy.deepcopy(start)
    run(finished, "policies", args)
    goal = seen(finished)
    points = [point for point in deaths(start, "policies", args) if point.request][::4]
    for death in points:
        host = copy.deepcopy(start)
        with suppress(AnsibleConnectionFailure, AnsibleActionFail):
            run(DyingConnection(host, death), "policies", args)
        for other in (Death(1, 5), Death(2, 3), Death(1, None)):
            with suppress(AnsibleConnectionFailure):
                run(DyingConnection(host, other), "policies", args)
        run(host, "policies", args)
        assert differences(goal, seen(host)) == []
        assert "~winsec~" not in str(policy_store(host).snapshot())


def test_the_goal_is_what_the_document_says() -> None:
    host, _planted = prepared("2016", "en", OLD)
    found, wanted = seen(host), said(OLD)
    assert wanted.filter_lists.items() <= found.filter_lists.items()
    assert wanted.rules.items() <= found.rules.items()
    assert wanted.filter_actions.items() <= found.filter_actions.items()
