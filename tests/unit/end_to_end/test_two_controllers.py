# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several runs that change one host at once: it ends in one of their documents, and who lost says so.

Each run is a thread that goes on only when a schedule lets it: at every request, and whenever it waits. So every way in
which their requests can follow one another can be tried, and a failing one can be tried again.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from hypothesis import given, settings
from hypothesis import strategies as st
from lab_runner import LabConnection, run
from meaning import differences, seen

from winlab.host import Host
from winlab.netsh.talk import static
from winlab.store import policy_store

pytestmark = pytest.mark.slow

Data = dict[str, Any]
ESP = [{"esp_encryption": "3des", "esp_integrity": "sha1"}]
WEAK = [{"esp_encryption": "des", "esp_integrity": "md5"}]


def filters(*peers: str, port: int) -> list[Data]:
    return [{"destination": peer, "protocol": "tcp", "destination_port": port} for peer in peers]


def negotiating(methods: list[Data]) -> Data:
    return {"action": "negotiate", "security_methods": methods}


A: Data = {
    "filter_lists": [
        {"name": "Shared", "filters": filters("10.1.0.1", "10.1.0.2", "10.1.0.3", port=80)},
        {"name": "OnlyA", "filters": filters("10.1.0.9", port=25)},
    ],
    "filter_actions": [{"name": "Act", "action": "permit"}, {"name": "Req", **negotiating(ESP)}],
    "policies": [
        {
            "name": "P",
            "rules": [
                {"name": "R1", "filter_list": "Shared", "filter_action": "Req"},
                {"name": "R2", "filter_list": "OnlyA", "filter_action": "Act"},
            ],
        }
    ],
    "assigned": "P",
}
B: Data = {
    "filter_lists": [
        {"name": "Shared", "filters": filters("10.2.0.1", "10.2.0.2", port=443)},
        {"name": "OnlyB", "filters": filters("10.2.0.9", port=25)},
    ],
    "filter_actions": [{"name": "Act", "action": "block"}, {"name": "Req", **negotiating(WEAK)}],
    "policies": [
        {
            "name": "P",
            "rules": [
                {"name": "R1", "filter_list": "Shared", "filter_action": "Act"},
                {"name": "R3", "filter_list": "OnlyB", "filter_action": "Req"},
            ],
        }
    ],
    "assigned": "P",
}


class Baton:
    """Lets one of several threads go on at a time; ``schedule`` says which, and in turn once it has ended."""

    def __init__(self, count: int, schedule: Iterable[int]) -> None:
        self._running = set(range(count))
        self._schedule = iter(schedule)
        self._turn = threading.Condition()
        self._now = 0
        self.seconds = 0.0

    def pass_on(self, mine: int) -> None:
        """Let whoever is next go on, and return when it is this one's turn again."""
        with self._turn:
            self._choose()
            self._turn.wait_for(lambda: self._now == mine, timeout=60)

    def begin(self, mine: int) -> None:
        with self._turn:
            self._turn.wait_for(lambda: self._now == mine, timeout=60)

    def end(self, mine: int) -> None:
        with self._turn:
            self._running.discard(mine)
            self._choose()

    def _choose(self) -> None:
        ready = sorted(self._running)
        if ready:
            wanted = next(self._schedule, None)
            self._now = ready[wanted % len(ready)] if wanted is not None else random.choice(ready)
        self._turn.notify_all()


class TakingTurns(LabConnection):
    """A connection whose every request waits for its turn."""

    def __init__(self, host: Host, baton: Baton, mine: int) -> None:
        super().__init__(host)
        self._baton, self._mine = baton, mine

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        self._baton.pass_on(self._mine)
        return super().exec_command(cmd, in_data, sudoable)

    def close(self) -> None:
        """Nothing is held."""

    reset = close


def together(host: Host, schedule: Iterable[int], *tasks: tuple[str, Data]) -> list[Data | AnsibleActionFail]:
    """Run tasks on one host at once, and return their results or how they failed."""
    baton = Baton(len(tasks), schedule)
    results: list[Any] = [None] * len(tasks)

    def play(mine: int, module: str, args: Data) -> None:
        def sleep(seconds: float) -> None:
            baton.seconds += seconds
            baton.pass_on(mine)

        baton.begin(mine)
        try:
            connection = TakingTurns(host, baton, mine)
            results[mine] = run(connection, module, args, sleep=sleep, clock=lambda: baton.seconds)
        except BaseException as error:
            results[mine] = error
        finally:
            baton.end(mine)

    threads = [threading.Thread(target=play, args=(mine, *task), daemon=True) for mine, task in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not any(thread.is_alive() for thread in threads)
    return results


def overridden(document: Data, **words: Any) -> tuple[str, Data]:
    return "policies", {"config": document, "state": "overridden", **words}


def alone(version: str, document: Data) -> Any:
    host = Host.create("host", version)
    run(host, *overridden(document))
    return seen(host)


GOALS = {version: (alone(version, A), alone(version, B)) for version in ("2003", "2016")}


def check(host: Host, version: str, results: list[Any]) -> None:
    found = seen(host)
    assert any(differences(goal, found) == [] for goal in GOALS[version]), [str(each)[:300] for each in results]
    assert "~winsec~" not in str(policy_store(host).snapshot())
    assert host.tasks == {}
    for each in results:
        if isinstance(each, BaseException):
            assert isinstance(each, AnsibleActionFail)
            assert "The store changed under this task" in str(each)


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 1), max_size=60),
    st.sampled_from(["2003", "2016"]),
    st.sampled_from([{}, {"confirm_timeout": 60}]),
)
def test_it_ends_in_one_of_the_two_documents(schedule: list[int], version: str, window: Data) -> None:
    host = Host.create("host", version)
    check(host, version, together(host, schedule, overridden(A, **window), overridden(B, **window)))


@pytest.mark.parametrize("first", [A, B], ids=["A", "B"])
def test_neither_begins_before_the_other_has_ended(first: Data) -> None:
    """Turn and turn about, from every state: the worst that can be for who does not look."""
    for schedule in schedules():
        host = Host.create("host", "2003")
        run(host, *overridden(first))
        check(host, "2003", together(host, schedule, overridden(A), overridden(B)))


def schedules() -> Iterator[list[int]]:
    for length in range(1, 7):
        yield [index // length % 2 for index in range(80)]
    chance = random.Random(11)
    for _number in range(20):
        yield [chance.randrange(2) for _index in range(80)]


def test_three_runs_end_in_one_document_too() -> None:
    chance = random.Random(7)
    for _number in range(10):
        host = Host.create("host", "2016")
        schedule = [chance.randrange(3) for _index in range(120)]
        check(host, "2016", together(host, schedule, overridden(A), overridden(B), overridden(A)))


def test_tasks_of_one_run_that_speak_of_different_objects_all_succeed() -> None:
    """Hosts that are delegated to are changed by several tasks at once; each asks only for what it wants."""
    chance = random.Random(3)
    for _number in range(10):
        host = Host.create("host", "2016")
        run(host, *overridden(A))
        tasks = [
            ("filter_list", {"name": f"From {number}", "filters": filters(f"10.9.0.{number}", port=80)})
            for number in range(1, 5)
        ]
        results = together(host, [chance.randrange(4) for _index in range(150)], *tasks)
        assert all(isinstance(each, dict) and each["changed"] for each in results), [
            str(each)[:300] for each in results
        ]
        names = [item["name"] for item in policy_store(host).snapshot()["filter_lists"]]
        assert {f"From {number}" for number in range(1, 5)} <= set(names)
        assert "~winsec~" not in str(names)


def test_what_others_change_meanwhile_is_no_shortfall_of_this_task() -> None:
    """Somebody with another tool adds an object between two requests."""
    host = Host.create("host", "2016")

    class Meddled(LabConnection):
        def exec_command(
            self, cmd: str, in_data: bytes | None = None, sudoable: bool = True
        ) -> tuple[int, bytes, bytes]:
            answer = super().exec_command(cmd, in_data, sudoable)
            static(host, f'add filterlist name="Theirs {len(self.sent)}"')
            return answer

    done = run(Meddled(host), "filter_list", {"name": "Mine", "filters": filters("10.9.0.1", port=80)})
    assert done["changed"]


def test_a_run_that_was_taken_for_dead_notices_and_stops() -> None:
    """It had the turn, and nothing moved for so long that another run went on."""
    host = Host.create("host", "2016")
    run(host, *overridden(A))

    class Slow(LabConnection):
        """A connection on which another run does all of its work behind the third request."""

        busy = False

        def exec_command(
            self, cmd: str, in_data: bytes | None = None, sudoable: bool = True
        ) -> tuple[int, bytes, bytes]:
            answer = super().exec_command(cmd, in_data, sudoable)
            if not self.busy and b"winsec-ipsec-run-" in (in_data or b""):
                type(self).busy = True
                run(host, *overridden(A | {"assigned": ""}))
            return answer

    with pytest.raises(AnsibleActionFail, match="The store changed under this task: another run took over"):
        run(Slow(host), *overridden(B))
    # What it had built beside is hidden from everybody, and goes with the next run.
    assert run(host, "policies_info", {})["config"]["assigned"] == ""
    run(host, *overridden(A | {"assigned": ""}))
    assert differences(alone("2016", A | {"assigned": ""}), seen(host)) == []


def test_a_run_that_waits_for_its_confirmation_undoes_nothing_of_another_run() -> None:
    """Its change cut it off but not the other controller, which took it for dead and went on."""
    host = Host.create("host", "2016")
    run(host, *overridden(A))
    third = A | {"filter_lists": [*A["filter_lists"], {"name": "Third", "filters": filters("10.7.0.1", port=1)}]}

    class Late(LabConnection):
        """A connection that gets through for the confirmation when another run has done all of its work."""

        busy = False

        def exec_command(
            self, cmd: str, in_data: bytes | None = None, sudoable: bool = True
        ) -> tuple[int, bytes, bytes]:
            if not self.busy and b"schtasks.exe /delete" in (in_data or b""):
                type(self).busy = True
                assert run(host, *overridden(third | {"assigned": ""}))["changed"]
            return super().exec_command(cmd, in_data, sudoable)

        def close(self) -> None:
            """Nothing is held."""

        reset = close

    with pytest.raises(AnsibleActionFail, match="The store changed under this task: another run took over") as caught:
        run(Late(host), *overridden(B, confirm_timeout=120))
    assert not caught.value.result["reverted"]
    assert differences(alone("2016", third | {"assigned": ""}), seen(host)) == []


@pytest.mark.parametrize(("goes_back_after", "waits"), [(None, 120 + 90), (60, 60 + 20)], ids=["never", "by itself"])
def test_who_waits_for_a_confirmation_keeps_its_way_back(goes_back_after: int | None, waits: int) -> None:
    """Another run does not reach the host and its timer stands: it may live until the host must have gone back."""
    host = Host.create("host", "2003")
    run(host, *overridden(A))
    arm = (
        'schtasks.exe /create /f /tn winsec-ipsec-revert /ru SYSTEM /sc MINUTE /mo 2 /tr "netsh.exe ipsec static show"'
    )
    mark = "netsh.exe ipsec static add filterlist name=winsec-ipsec-run-0badf00d~winsec~0 description=120"
    LabConnection(host).exec_command("cmd.exe /d /q", f"{mark} <nul\r\n{arm} <nul\r\nexit 0\r\n".encode())
    assert host.tasks
    passed = [0.0]

    def sleep(seconds: float) -> None:
        passed[0] += seconds
        if goes_back_after is not None and passed[0] >= goes_back_after:
            static(host, "set policy name=P assign=no")

    task = {"name": "Mine", "filters": filters("10.9.0.1", port=80)}
    assert run(host, "filter_list", task, sleep=sleep, clock=lambda: passed[0])["changed"]
    assert waits <= passed[0] <= waits + 4
    assert "~winsec~" not in str(policy_store(host).snapshot())
