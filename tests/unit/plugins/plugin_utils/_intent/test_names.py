# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of objects from names of the inventory."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._intent.names import free_name, plain_name
from ansible_collections.winsec.ipsec.plugins.plugin_utils._intent.targets import named_action
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import FilterAction, QuickModeMethod
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.names import check_object_name
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.words import ActionKind
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._policies import strategies

NAMES = st.text(min_size=1, max_size=90) | st.text("ab.-_~ Ä", min_size=1, max_size=12)


def test_usual_names_stay_what_they_are() -> None:
    for name in ("web1", "sql-02.example.com", "10.0.0.1", "all"):
        assert plain_name(name) == name


def test_odd_characters_do_not_make_two_hosts_one() -> None:
    names = [
        "web 1",
        "web-1",
        "web_1",
        "WEB-1",
        "web\t1",
        "wéb-1",
        "web-1 ",
        "2001:db8::1",
        "2001-db8--1",
        "\u017fql",
        "sql",
    ]
    made = [plain_name(name) for name in names]
    assert len({name.casefold() for name in made}) == len(names)
    assert all(name.isascii() for name in made)


@given(NAMES, NAMES)
def test_a_name_can_be_sent_and_is_nobody_elses(one: str, other: str) -> None:
    mine, its = plain_name(one), plain_name(other)
    assert check_object_name(f"IPsec with {mine}", "name")
    assert mine.isascii() and len(mine) <= 60
    assert (mine.casefold() == its.casefold()) is (one == other)


def test_a_taken_name_gets_a_number() -> None:
    assert free_name("A", set()) == "A"
    assert free_name("A", {"a", "a 2"}) == "A 3"


def test_a_long_name_is_cut_and_stays_its_own() -> None:
    usual, longer, odd = "x" * 60, "x" * 61, "X" * 200
    assert plain_name(usual) == usual
    assert [len(plain_name(name)) for name in (longer, odd)] == [60, 60]
    assert len({plain_name(name) for name in (usual, longer, odd)}) == 3


@given(strategies.filter_actions(), strategies.filter_actions())
def test_actions_that_do_something_else_have_other_names(one: FilterAction, other: FilterAction) -> None:
    one, other = (replace(each, name="", description="", action=ActionKind.NEGOTIATE) for each in (one, other))
    mine, its = named_action(one), named_action(other)
    assert (mine.name == its.name) is (replace(mine, name="") == replace(its, name=""))


@given(st.lists(strategies.quick_mode_methods(), min_size=1, max_size=6).map(tuple), st.booleans(), st.booleans())
def test_a_small_difference_gives_another_name(
    methods: tuple[QuickModeMethod, ...], longer: bool, perfect: bool
) -> None:
    """Only the first suites are spelt out in a name, and the usual lifetimes are not."""
    usual = tuple(replace(one, lifetime_kilobytes=100_000, lifetime_seconds=900) for one in methods)
    action = FilterAction(name="", methods=usual, perfect_forward_secrecy=perfect)
    difference = {"methods": (*usual, usual[0])} if longer else {"perfect_forward_secrecy": not perfect}
    assert named_action(action).name != named_action(replace(action, **difference)).name


def test_permit_and_block_keep_their_names() -> None:
    for kind in (ActionKind.PERMIT, ActionKind.BLOCK):
        assert named_action(FilterAction(name="Mine", description="kept", action=kind)).name == "Mine"
