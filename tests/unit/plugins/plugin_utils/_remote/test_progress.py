# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Long work is said to be going on: not at once, never often, and with what it is at."""

from __future__ import annotations

import threading

import pytest
from ansible.utils.display import Display
from hypothesis import given
from hypothesis import strategies as st
from winrm_runner import Controller

from ansible_collections.winsec.ipsec.plugins.plugin_utils._remote import progress
from ansible_collections.winsec.ipsec.plugins.plugin_utils._remote.progress import Progress
from winlab.lab import HostSpec, Lab
from winlab.wsman import Effect, Fault


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_short_work_says_nothing_and_long_work_says_what_it_is_at() -> None:
    said: list[str] = []
    clock = Clock()
    progress = Progress(said.append, clock)
    progress.note("first")
    clock.now += 14
    progress.note("second")
    assert said == []
    clock.now += 1
    progress.beat()
    clock.now += 10
    progress.note("third")
    assert said == ["second (15 s)"]
    clock.now += 5
    progress.beat()
    assert said == ["second (15 s)", "third (30 s)"]


@given(st.lists(st.floats(0.01, 60), max_size=200))
def test_however_much_is_noted_little_is_said(pauses: list[float]) -> None:
    said: list[str] = []
    clock = Clock()
    progress = Progress(said.append, clock)
    for pause in pauses:
        clock.now += pause
        progress.note("work")
    passed = clock.now - 100
    # At 15, 30, 60 seconds and so on at the earliest.
    assert len(said) <= sum(1 for power in range(40) if 15 * 2**power <= passed + 0.001)
    assert bool(said) == (passed >= 15)


def test_it_is_said_while_the_host_is_waited_for_and_not_afterwards() -> None:
    heard = threading.Event()
    progress = Progress(lambda _text: heard.set(), first_seconds=0.05)
    with progress.while_waiting():
        assert heard.wait(20)
    assert [thread.name for thread in threading.enumerate() if "_beat_until" in thread.name] == []


def test_a_wait_that_ends_at_once_ends_at_once_with_its_error() -> None:
    said: list[str] = []
    with pytest.raises(KeyError), Progress(said.append).while_waiting():
        raise KeyError
    assert said == []


def test_a_slow_host_is_told_of_at_the_default_verbosity(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(Display, "display", lambda _self, text, *_args, **_more: said.append(text))
    monkeypatch.setattr(progress, "FIRST_SECONDS", 0.3)
    with Lab([HostSpec(name="slow")], transport="ntlm") as lab:
        lab.faults.add(Fault(effect=Effect.SLOW, operation="Send", seconds=1.2, skip=2))
        config = {"filter_lists": [{"name": "L", "filters": [{"destination": "10.0.0.1"}]}]}
        assert Controller(lab.hosts["slow"]).run("policies", {"config": config})["changed"] is True
    told = [line for line in said if "(0 s)" in line or "(1 s)" in line]
    assert told, said
    assert all(line.startswith("winsec.ipsec.policies [slow]: ") for line in told)
    assert any("running commands: 2 of 2" in line for line in told)
