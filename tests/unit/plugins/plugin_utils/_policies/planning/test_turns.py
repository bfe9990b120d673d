# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Marks by which runs take turns: nothing else looks like one, and nobody else sees one."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import Filter, FilterList, Store
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.staging import settled
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.turns import (
    leave_command,
    mark_of,
    marks,
    take_command,
    window,
    without_mark,
)
from ansible_collections.winsec.ipsec.tests.unit.support.hostile import cmd_words, hostile

MARK = mark_of("0badf00d")
KEPT = FilterList(name="Kept")


def store(*names: str) -> Store:
    return Store(filter_lists=(KEPT, *(FilterList(name=name) for name in names)))


@given(st.integers(0, 2**32 - 1))
def test_a_mark_is_known_as_one_hides_and_goes(number: int) -> None:
    mark = mark_of(f"{number:08x}")
    marked = store(mark)
    assert marks(marked) == {mark}
    assert settled(marked) == store()
    assert without_mark(marked, mark) == store()
    for command in (take_command(mark), leave_command(mark)):
        assert cmd_words(command)[-1] == f"name={mark}"


@given(hostile(MARK))
def test_nothing_but_a_mark_is_one(name: str) -> None:
    """Names come from the host, and those of marks go into commands."""
    assert marks(store(name)) == ({name} if name == MARK else set())


@pytest.mark.parametrize("name", [f"{MARK}\n", MARK.upper(), f"x{MARK}", MARK.replace("~0", "~1"), "~winsec~0", ""])
def test_near_misses(name: str) -> None:
    assert marks(store(name)) == set()


def test_a_list_with_filters_is_somebodys_own() -> None:
    used = FilterList(name=MARK, filters=(Filter(destination=ip_network("10.0.0.1")),))
    assert marks(Store(filter_lists=(used,))) == set()


@pytest.mark.parametrize(
    ("description", "seconds"),
    [("120", 120), ("", 0), ("soon", 0), ("-1", 0), ("\u0661", 0), ("9" * 19, 0), ("86401", 0)],
)
def test_the_time_to_confirm_is_a_number_or_none(description: str, seconds: int) -> None:
    marked = Store(
        filter_lists=(FilterList(name=MARK, description=description), FilterList(name="x", description="999"))
    )
    assert window(marked) == seconds


def test_a_mark_says_its_time() -> None:
    assert cmd_words(take_command(MARK, 120))[-2:] == [f"name={MARK}", "description=120"]
