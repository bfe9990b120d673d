# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Associations of Windows Server 2003, 2008 and 2008 R2: the security log is believed as far as the counters go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._associations import events, values
from ansible_collections.winsec.ipsec.plugins.plugin_utils._associations.model import (
    Associations,
    MainModeAssociation,
    QuickModeAssociation,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._associations.read import further_questions, read_further
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.queries import Section
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.versions import WindowsVersion
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._associations import hosts

OLD, NEWER = WindowsVersion(5, 2, 3790), WindowsVersion(6, 1, 7601)
TIME = datetime(2026, 11, 25, 4, 20)
MAIN = MainModeAssociation(local="10.0.0.10", peer="10.0.1.20")
QUICK = QuickModeAssociation(local="10.0.0.10", peer="10.0.1.20", protocol="tcp", peer_port=80)
OTHER = QuickModeAssociation(local="10.0.0.10", peer="10.0.1.21", protocol="tcp", peer_port=80)


def at(second: int) -> str:
    return f"2026-11-25T04:19:{second:02}.123456700Z"


def counted(main: int = 0, quick: int = 0, driver: int | None = None) -> dict[str, int]:
    count = quick if driver is None else driver
    return {"active_main_mode": main, "active_quick_mode": quick, "active_associations": count}


def ask(log: Iterable[str], counters: Mapping[str, int], *, code: int = 0) -> Associations:
    """Return what is concluded from events, the oldest first, and counters."""
    return read_further(
        NEWER,
        {
            "clock": Section(hosts.wmic(hosts.clock_row(TIME)), 0),
            "log": Section(hosts.newest_first(log), code),
            "driver_counters": Section(hosts.wmic(hosts.counter_row(hosts.DRIVER, counters)), 0),
            "ike_counters": Section(hosts.wmic(hosts.counter_row(hosts.IKE, counters)), 0),
        },
    )


def begun(*quick: QuickModeAssociation) -> list[str]:
    rows = [hosts.quick_begins(one, number, at(number)) for number, one in enumerate(quick, 1)]
    return [hosts.main_begins(MAIN, 1, at(0)), *rows]


def test_who_is_asked_what() -> None:
    assert further_questions(WindowsVersion(6, 2, 9200)) is None
    old, newer = further_questions(OLD), further_questions(NEWER)
    assert old is not None
    assert newer is not None
    assert set(old.commands) == {"clock"}
    assert set(newer.commands) == {"clock", "log", "driver_counters", "ike_counters"}
    for command in (*newer.commands.values(), *old.commands.values()):
        assert not set("%<>^&") & set(command)


@given(st.lists(st.tuples(hosts.quick_modes(told=False), st.booleans()), max_size=5), st.integers(0, 6))
def test_what_began_and_did_not_end_is_there(seen: list[tuple[QuickModeAssociation, bool]], count: int) -> None:
    log = [hosts.quick_begins(one, number, at(number)) for number, (one, _ended) in enumerate(seen)]
    log += [hosts.quick_ends(one, number, at(20 + number)) for number, (one, ended) in enumerate(seen) if ended]
    living = sorted((one for one, ended in seen if not ended), key=repr)
    found = ask(log, counted(quick=count))
    assert found.known is (count in (0, len(living)))
    assert list(found.quick_mode) == (living if 0 < len(living) <= count else [])
    assert bool(found.reason) is not found.known


@given(st.lists(hosts.quick_modes(told=False), min_size=1, max_size=3), st.data())
def test_no_prefix_of_the_log_is_taken_for_less(seen: list[QuickModeAssociation], data: st.DataObject) -> None:
    log = [hosts.quick_begins(one, number, at(number)) for number, one in enumerate(seen)]
    whole = hosts.newest_first(log)
    counters = counted(quick=len(seen))
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    found = ask([cut], counters)
    assert found.known is (cut == whole)
    assert set(found.quick_mode) <= set(seen)


def test_both_modes() -> None:
    found = ask(begun(QUICK, OTHER), counted(1, 2))
    assert (found.known, found.source, found.reason) == (True, "events", "")
    assert found.main_mode == (MAIN,)
    assert found.quick_mode == (QUICK, OTHER)
    assert found.clock.utc == TIME.replace(tzinfo=UTC)
    assert found.to_data()["quick_mode"][0]["esp_encryption"] is None, "a number of an unknown table is no algorithm"


@pytest.mark.parametrize(
    ("log", "counters", "known", "words"),
    [
        ([], counted(), True, ""),
        ([], counted(1, 1), False, "auditing was not on"),
        ([], {}, False, "No counter"),
        ([], counted(0, 0, 1), False, "active_associations is 1"),
        (begun(QUICK), counted(1, 2), False, "quick-mode associations says 2, the security log has 1"),
        (begun(QUICK, OTHER), counted(1, 1), False, "ended without a record"),
        # A restart ends everything, and nothing says so but the counter.
        (begun(QUICK, OTHER), counted(), True, ""),
        (begun(QUICK), {**counted(1, 1), "active_main_mode": 3}, False, "main-mode"),
    ],
)
def test_log_and_counters(log: list[str], counters: dict[str, int], known: bool, words: str) -> None:
    found = ask(log, counters)
    assert found.known is known
    assert words in found.reason
    assert bool(found.reason) is not known


def test_an_identity_may_be_used_again() -> None:
    log = [hosts.quick_begins(QUICK, 1, at(1)), hosts.quick_ends(QUICK, 1, at(2)), hosts.quick_begins(OTHER, 1, at(3))]
    assert ask(log, counted(quick=1)).quick_mode == (OTHER,)
    ended = [hosts.main_begins(MAIN, 1, at(1)), hosts.main_ends(MAIN, 1, at(2))]
    assert ask(ended, counted()).known is True


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (hosts.newest_first(reversed(begun(QUICK))), "not in their order"),
        (begun(QUICK)[0] + "Zugriff verweigert" + begun(QUICK)[1], "text between"),
        (begun(QUICK)[0][:-9], "not well-formed"),
        (hosts.event(4624, at(1), {}), "another form"),
        (hosts.event(5451, "yesterday", {"QuickModeSaId": 1}), "another form"),
        (hosts.event(5451, at(1), {"QuickModeSaId": 1, "LocalAddress": "FE"}), "not an address"),
        (hosts.quick_begins(QUICK, 1, at(1)).replace("QuickModeSaId", "SaId"), "lacks QuickModeSaId"),
        (hosts.quick_begins(QUICK, 1, at(1)).replace(">80<", ">99999<"), "not a number"),
        ("<Event/>", "another form"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]>", "not well-formed"),
    ],
)
def test_another_form_is_refused(log: str, words: str) -> None:
    found = ask([log], counted(1, 1))
    assert (found.known, found.main_mode, found.quick_mode) == (False, (), ())
    assert words in found.reason


def test_a_log_that_cannot_be_read() -> None:
    found = ask(["Zugriff verweigert"], counted(1, 1), code=5)
    assert (found.known, found.reason) == (
        False,
        "The host's record does not tell: the security log cannot be read (code 5).",
    )
    # No log is needed to know that there is nothing.
    assert ask(["Zugriff verweigert"], counted(), code=5).known is True


def test_a_clock_that_was_set_back_does_not_confuse_the_order() -> None:
    def numbered(text: str, record: int) -> str:
        return text.replace("<Channel>", f"<EventRecordID>{record}</EventRecordID><Channel>")

    log = [numbered(hosts.quick_begins(QUICK, 1, at(30)), 8), numbered(hosts.quick_ends(QUICK, 1, at(10)), 9)]
    assert ask(log, counted()).known is True
    assert ask([log[0]], counted(0, 1)).quick_mode == (QUICK,)
    assert "not in their order" in ask(reversed(log), counted(0, 1)).reason


def test_names_beyond_the_code_page_do_no_harm() -> None:
    log = [hosts.main_begins(MAIN, 1, at(1)).replace("BE$", "b\udcfcro & ".replace("&", "&amp;"))]
    assert ask(log, counted(1, 0)).main_mode == (MAIN,)


@pytest.mark.parametrize(
    ("mask", "expected"),
    [("255.255.255.255", "10.0.0.10"), ("-", "10.0.0.10"), ("255.255.255.254", "10.0.0.10/31"), ("0.0.0.255", None)],
)
def test_masks(mask: str, expected: str | None) -> None:
    log = hosts.quick_begins(QUICK, 1, at(1)).replace(
        "'LocalAddressMask'>255.255.255.255", f"'LocalAddressMask'>{mask}"
    )
    assert [one.local for one in ask([log], counted(0, 1)).quick_mode] == ([expected] if expected else [])


def test_windows_server_2003_tells_its_time_only() -> None:
    found = read_further(OLD, {"clock": Section(hosts.wmic(hosts.clock_row(TIME)), 0)})
    assert (found.known, found.source, found.clock.utc) == (False, "none", TIME.replace(tzinfo=UTC))
    assert "Windows Server 2003" in found.reason


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        ("\r\r\n\r\r\nA=1\r\r\nB=\r\r\nC=18446744073709551615\r\r\n\r\r\n", 0, {"A": 1, "C": 2**64 - 1}),
        ("", 0, {}),
        ("Keine Instanzen verfügbar.\r\n", 0, {}),
        ("A=1\r\r\nA=2\r\r\n", 0, {}),
        ("A=1\r\r\nFehler:\r\r\nBeschreibung = Ungültige Klasse\r\r\n", 0, {}),
        ("A=eins\r\r\n", 0, {}),
        ("A=1\r\r\n", 44135, {}),
    ],
)
def test_values(text: str, code: int, expected: dict[str, int]) -> None:
    assert values.read_values(Section(text, code)) == expected


def test_the_lines_are_the_agreed_ones() -> None:
    assert values.CLOCK_COMMAND == "wmic.exe path Win32_UTCTime get Year,Month,Day,Hour,Minute,Second /value"
    query = "*[System[(EventID=4650 or EventID=4651 or EventID=4655 or EventID=5451 or EventID=5452)]]"
    command = f'wevtutil.exe qe Security "/q:{query}" /c:200 /rd:true /f:xml'
    assert command == events.COMMAND
