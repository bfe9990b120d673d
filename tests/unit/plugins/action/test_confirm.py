# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole confirmation run against simulated hosts of all versions, in both languages, and what it leaves there."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from dying import Death, DyingConnection
from lab_runner import LabConnection, run, tree

from ansible_collections.winsec.ipsec.plugins.plugin_utils._confirm.cleanup import KEY, TASK
from ansible_collections.winsec.ipsec.plugins.plugin_utils._confirm.groups import ASKED, NOT_ASKED
from winlab.host import Host
from winlab.netsh.talk import static

Data = dict[str, Any]
# What the lab refuses because nobody has documented that it is taken.
UNKNOWN_TO_THE_LAB = {"netsh-port-any-word", "netsh-address-prefix", "netsh-filter-short-tag"}
OTHERS = (
    "add filterlist name=Others",
    "add filter filterlist=Others srcaddr=me dstaddr=10.1.2.3",
    "add filteraction name=TheirAction action=permit",
    'add policy name=TheirPolicy description="of others"',
    "add rule name=TheirRule policy=TheirPolicy filterlist=Others filteraction=TheirAction psk=Their-Key",
)


def differing(result: Data) -> set[str]:
    return {
        name
        for check in result["checks"]
        for point in check["points"]
        if point["state"] == "differs"
        for name in point["about"]
    }


def left(host: Host) -> list[str]:
    """Return what a run has left, as the lab finds it."""
    found = [
        path for path, values in tree(host).items() if any("winsec-confirm" in str(v.data) for v in values.values())
    ]
    found += [KEY] if host.registry.exists(KEY) else []
    return found + [name for name in host.tasks if TASK in str(name)]


@pytest.mark.parametrize(
    ("version", "language"), [("2003", "de"), ("2008R2", "en"), ("2012R2", "de"), ("2016", "en"), ("2025", "de")]
)
def test_every_check_is_asked_or_explained_and_nothing_is_left(version: str, language: str) -> None:
    host = Host.create("host", version, language)
    static(host, *OTHERS)
    before = tree(host)
    result = run(host, "confirm", {})
    assert [each["check"] for each in result["checks"]] == [*ASKED, *NOT_ASKED]
    assert all(bool(each["reason"]) == (each["state"] == "not_asked") for each in result["checks"])
    assert differing(result) == UNKNOWN_TO_THE_LAB
    assert result["counts"]["confirmed"] >= 42
    assert not result["changed"] and result["store_as_before"] and not result["left_behind"]
    assert left(host) == []
    assert tree(host) == before


def test_a_host_with_a_policy_in_force_is_refused_unless_told() -> None:
    host = Host.create("host", "2016")
    static(host, *OTHERS, "set policy name=TheirPolicy assign=yes")
    before, connection = tree(host), LabConnection(host)
    with pytest.raises(AnsibleActionFail, match="TheirPolicy"):
        run(connection, "confirm", {})
    assert len(connection.sent) == 1 and tree(host) == before
    result = run(host, "confirm", {"allow_policy_in_force": True})
    assert tree(host) == before and result["store_as_before"]


@pytest.mark.parametrize("request_number", [4, 5, 9, 20, 38])
def test_a_run_that_was_killed_is_cleaned_up_by_the_next(request_number: int) -> None:
    host = Host.create("host", "2016")
    static(host, *OTHERS)
    before = tree(host)
    with pytest.raises(AnsibleConnectionFailure):
        run(DyingConnection(host, Death(request_number, 40)), "confirm", {})
    assert "assigned" not in str(left(host))
    result = run(host, "confirm", {})
    assert left(host) == [] and tree(host) == before
    assert bool(result["removed_first"]) == result["changed"]


def test_what_is_left_of_a_lost_connection_is_removed_over_a_new_one() -> None:
    class Recovering(LabConnection):
        lost = False

        def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> Any:
            if len(self.sent) == 10 and not self.lost:
                self.lost = True
                super().exec_command(cmd, in_data)
            if self.lost and not getattr(self, "back", False):
                raise AnsibleConnectionFailure("cut")
            return super().exec_command(cmd, in_data)

        def close(self) -> None:
            """Nothing is held."""

        def reset(self) -> None:
            self.back = True

    host = Host.create("host", "2016")
    before = copy.deepcopy(tree(host))
    with pytest.raises(AnsibleConnectionFailure):
        run(Recovering(host), "confirm", {})
    assert left(host) == []
    assert {path: values for path, values in tree(host).items() if values} == {p: v for p, v in before.items() if v}
