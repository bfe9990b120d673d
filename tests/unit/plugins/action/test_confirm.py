# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole confirmation run against simulated hosts of all versions, in both languages, and what it leaves there."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from confirming import KilledEverywhere, left, prepared
from dying import Death, DyingConnection
from lab_runner import LabConnection, run, tree

from ansible_collections.winsec.ipsec.plugins.plugin_utils._confirm.groups import ASKED, NOT_ASKED
from winlab.host import Host
from winlab.netsh.talk import static

Data = dict[str, Any]
# What the lab refuses because nobody has documented that it is taken.
UNKNOWN_TO_THE_LAB = {"netsh-port-any-word", "netsh-address-prefix", "netsh-filter-short-tag"}


def differing(result: Data) -> set[str]:
    return {
        name
        for check in result["checks"]
        for point in check["points"]
        if point["state"] == "differs"
        for name in point["about"]
    }


@pytest.mark.parametrize(
    ("version", "language"), [("2003", "de"), ("2008R2", "en"), ("2012R2", "de"), ("2016", "en"), ("2025", "de")]
)
def test_every_check_is_asked_or_explained_and_nothing_is_left(version: str, language: str) -> None:
    host = prepared(version, language)
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
    host = prepared("2016")
    static(host, "set policy name=TheirPolicy assign=yes")
    before, connection = tree(host), LabConnection(host)
    with pytest.raises(AnsibleActionFail, match="TheirPolicy"):
        run(connection, "confirm", {})
    assert len(connection.sent) == 1 and tree(host) == before
    result = run(host, "confirm", {"allow_policy_in_force": True})
    assert tree(host) == before and result["store_as_before"]


def test_a_run_that_was_killed_is_cleaned_up_by_the_next() -> None:
    host = prepared("2016")
    before = tree(host)
    with pytest.raises(AnsibleConnectionFailure, match="the next run removes it first"):
        run(DyingConnection(host, Death(9, 40)), "confirm", {})
    assert left(host) != []
    result = run(host, "confirm", {})
    assert left(host) == [] and tree(host) == before
    assert result["removed_first"] and result["changed"]


@pytest.mark.parametrize(("version", "language"), [("2003", "en"), ("2016", "de")])
def test_nothing_is_left_at_points_where_a_run_may_be_killed(version: str, language: str) -> None:
    connection = KilledEverywhere(prepared(version, language), every=40)
    run(connection, "confirm", {})
    assert connection.points >= 8 and connection.left_behind == []


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


# Objects whose data gets another last byte on its way, and answers that become other ones: 30 in all.
SPOILED = (
    *(f"L plain {number}" for number in range(1, 9)),
    *(f"L role {number}" for number in range(4)),
    *(f"A offer {number}" for number in range(1, 4)),
    *(f"A flags {number}" for number in (1, 2, 4)),
    "P poll 180",
    "P poll 10000",
)
CHANGED = {
    "a second policy of a name": (b"05005", b"05905"),
    "a second filter list of a name": (b"05010", b"05910"),
    "a second filter action of a name": (b"05014", b"05914"),
    "a second rule of a name": (b"05020", b"05920"),
    "a list that is not there": (b"05049", b"05949"),
    "code of sc for a service that is not there": (b":none 1060", b":none 1061"),
    "exit code: again": (b":again 0", b":again 1"),
    "exit code: context": (b":context 1", b":context 0"),
    "the prompt stands in the answer": (b"netsh>", b""),
    "show rule prints the key": (b"Confirm-c", b"hidden-c"),
}


class Deviant(LabConnection):
    """A host that is not as we believe in 30 places."""

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        """Run a command; what it prints is spoiled."""
        code, out, err = super().exec_command(cmd, in_data)
        keys = re.split(rb"(?m)^(?=HKEY_)", out)
        out = b"".join(map(self._spoiled, keys))
        # The task is made twice as well, and made again without complaint.
        for old, new in CHANGED.values():
            if b"schtasks" not in (in_data or b"") or old != b":again 0":
                out = out.replace(old, new)
        return code, out, err

    @staticmethod
    def _spoiled(key: bytes) -> bytes:
        named = re.search(rb"ipsecName\s+REG_SZ\s+winsec-confirm-[0-9a-f]{8} (.*?)\r\n", key)
        if named is None or named[1].decode() not in SPOILED:
            return key
        return re.sub(rb"(ipsecData\s+REG_BINARY\s+[0-9A-F]+)[0-9A-F](?=\r\n)", rb"\g<1>F", key)


def test_all_of_30_deviations_are_reported_and_nothing_else() -> None:
    result = run(Deviant(prepared("2016")), "confirm", {})
    found = {
        point["what"]
        for check in result["checks"]
        for point in check["points"]
        if point["state"] == "differs" and not UNKNOWN_TO_THE_LAB & set(point["about"])
    }
    aggregate = "objects whose data is not as predicted"
    planted = {f"{name}: data" for name in SPOILED} | set(CHANGED)
    assert len(planted) == 30
    assert found - {aggregate} == planted
    assert any(line.startswith("    seen") for line in result["table"])
