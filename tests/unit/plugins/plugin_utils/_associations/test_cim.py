# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Associations of Windows Server 2012 and later: what is printed comes out, and nothing else ever does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._associations import cim
from ansible_collections.winsec.ipsec.plugins.plugin_utils._associations.model import (
    MainModeAssociation,
    QuickModeAssociation,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._associations.read import read_first
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.queries import Section
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._associations import hosts

TIME = datetime(2026, 11, 25, 4, 20)
ZERO = {"active_main_mode": 0, "active_quick_mode": 0, "active_associations": 0}
MAIN = MainModeAssociation(
    local="10.0.0.10", peer="10.0.1.20", encryption="3des", integrity="sha1", dh_group=2, key_module="ikev1"
)
QUICK = QuickModeAssociation(
    local="10.0.0.10",
    peer="10.0.1.20",
    protocol="tcp",
    peer_port=80,
    ah_integrity="none",
    esp_encryption="3des",
    esp_integrity="sha1",
    pfs=False,
)


def text(
    main: Sequence[MainModeAssociation] = (),
    quick: Sequence[QuickModeAssociation] = (),
    counters: Mapping[str, int] | None = None,
    numbering: str = "shared",
    **more: bool,
) -> str:
    rows = [row for number, one in enumerate(quick, 1) for row in hosts.quick_rows(one, number, numbering)]
    return hosts.cim(TIME, [hosts.main_row(one) for one in main], rows, ZERO if counters is None else counters, **more)


def answer(printed: str, code: int = 0) -> Section:
    return Section(printed, code)


def test_the_line_is_the_agreed_one() -> None:
    assert cim.COMMAND.startswith('powershell.exe -NoProfile -NonInteractive -Command "$ErrorActionPreference')
    assert cim.COMMAND.endswith("'@end'\"")
    assert not set("%<>^&") & set(cim.COMMAND)
    assert cim.COMMAND.count('"') == 2
    # cmd.exe takes no longer line.
    assert len(cim.COMMAND) < 8191


@given(
    st.lists(hosts.main_modes, max_size=4),
    st.lists(hosts.quick_modes(), max_size=4),
    hosts.counters,
    hosts.times,
    st.sampled_from(["shared", "own", "none"]),
)
def test_what_is_printed_is_read(
    main: list[MainModeAssociation],
    quick: list[QuickModeAssociation],
    counters: dict[str, int],
    time: datetime,
    numbering: str,
) -> None:
    rows = [row for number, one in enumerate(quick, 1) for row in hosts.quick_rows(one, number, numbering)]
    printed = hosts.cim(time, [hosts.main_row(one) for one in main], rows, counters)
    found = read_first(answer(printed))
    assert sorted(map(repr, found.main_mode)) == sorted(map(repr, main))
    assert sorted(map(repr, found.quick_mode)) == sorted(map(repr, quick))
    assert {name: value for name, value in found.counters.items() if value is not None} == counters
    assert found.clock.utc == time.replace(tzinfo=UTC)
    sure_main = bool(main) or counters.get("active_main_mode") == 0
    sure_quick = bool(quick) or (counters.get("active_quick_mode"), counters.get("active_associations")) == (0, 0)
    assert found.known is (sure_main and sure_quick)
    assert bool(found.reason) is not found.known


@given(st.lists(hosts.main_modes, max_size=2), st.lists(hosts.quick_modes(), max_size=2), st.data())
def test_no_prefix_of_an_answer_is_taken_for_less(
    main: list[MainModeAssociation], quick: list[QuickModeAssociation], data: st.DataObject
) -> None:
    printed = text(main, quick)
    whole = read_first(answer(printed))
    found = read_first(answer(printed[: data.draw(st.integers(0, len(printed)))]))
    assert found.known is False or found == whole
    assert not found.known or len(found.quick_mode) == len(quick)
    if found != whole:
        assert (found.main_mode, found.quick_mode) == ((), ())


@given(st.data())
def test_a_damaged_answer_never_turns_into_an_empty_list(data: st.DataObject) -> None:
    printed = text([MAIN], [QUICK], dict.fromkeys(ZERO, 1))
    start = data.draw(st.integers(0, len(printed)))
    end = data.draw(st.integers(start, len(printed)))
    damaged = printed[:start] + data.draw(st.text('",\r\n@0a', max_size=4)) + printed[end:]
    found = read_first(answer(damaged))
    assert not found.known or (found.main_mode and found.quick_mode)


@pytest.mark.parametrize(
    ("counters", "counted", "known", "words"),
    [
        (ZERO, True, True, ""),
        (ZERO, False, False, "no counter confirms"),
        ({}, True, False, "no counter confirms"),
        ({**ZERO, "active_quick_mode": 2}, True, False, "active_quick_mode is 2"),
        ({**ZERO, "active_associations": 1}, True, False, "active_associations is 1"),
        ({**ZERO, "active_main_mode": 1}, True, False, "active_main_mode is 1"),
    ],
)
def test_an_empty_list_needs_proof(counters: dict[str, int], counted: bool, known: bool, words: str) -> None:
    found = read_first(answer(text(counters=counters, counted=counted)))
    assert (found.known, found.quick_mode, found.source) == (known, (), "cim")
    assert words in found.reason
    assert bool(found.reason) is not known


def test_a_host_that_fails_in_the_middle() -> None:
    printed = text([MAIN], [QUICK])
    half = printed[: printed.index("@qm")] + "Get-CimInstance : Ungültige Klasse\r\n"
    found = read_first(answer(half, 1))
    assert (found.known, found.main_mode, found.clock.utc) == (False, (), TIME.replace(tzinfo=UTC))
    assert "code 1" in found.reason
    assert read_first(answer("'powershell.exe' is not recognized", 9009)).known is False
    # The code alone is not believed, nor is the text alone.
    assert read_first(answer(printed, 1)).known is False
    assert read_first(answer(half)).known is False


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"10.0.1.20"', '"be.example.org"'),
        ('"10.0.1.20"', ""),
        ('"LocalPort"', '"LocalPorts"'),
        ('"True"', '"Wahr"'),
        ('"80"', '"70000"'),
        ('"80"', '"-1"'),
        ('"6"', '"six"'),
        ("@qm\r\n", "@qm\r\n\r\n"),
        ("@clock\r\n", "WARNUNG: langsam\r\n@clock\r\n"),
        ("@end\r\n", "@end\r\nmore\r\n"),
        ("@driver\r\n", ""),
    ],
)
def test_another_form_is_refused(old: str, new: str) -> None:
    printed = text([MAIN], [QUICK])
    assert old in printed
    found = read_first(answer(printed.replace(old, new)))
    assert (found.known, found.main_mode, found.quick_mode) == (False, (), ())
    assert found.reason


def read_rows(*rows: Mapping[str, object]) -> list[QuickModeAssociation]:
    return list(read_first(answer(hosts.cim(TIME, [], rows, ZERO))).quick_mode)


def test_both_directions_are_one() -> None:
    inward, outward = hosts.quick_rows(QUICK, 7)
    assert read_rows(inward, outward) == [QUICK]
    assert read_rows(outward) == [QUICK], "one direction alone"
    assert len(read_rows(*hosts.quick_rows(QUICK, 7), *hosts.quick_rows(QUICK, 8))) == 2, "an old one and its successor"
    untold = [{**row, "InboundDirection": None} for row in (inward, outward)]
    assert read_rows(*untold) == [QUICK]


def test_rows_that_contradict_each_other_are_refused() -> None:
    inward, outward = hosts.quick_rows(QUICK, 7)
    found = read_first(answer(hosts.cim(TIME, [], [inward, {**outward, "RemotePort": 81}], ZERO)))
    assert (found.known, found.quick_mode) == (False, ())
    assert "do not agree" in found.reason
    found = read_first(answer(hosts.cim(TIME, [], [inward, {**outward, "QmSaId": None}], ZERO)))
    assert (found.known, found.quick_mode) == (False, ())


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((1, 3, 0), (0, 0, 0), ("sha1", "none", "none")),
        ((2, 2, 0), (0, 0, 0), ("none", "none", "md5")),
        ((3, 0, 2), (0, 0, 0), ("none", "des", "none")),
        ((4, 3, 6), (1, 2, 0), ("md5", "3des", "sha1")),
        ((4, 3, 6), (None, None, None), ("none", "3des", "sha1")),
        ((4, 3, 65001), (0, 0, 0), ("none", "aes", "sha1")),
        # Numbers that no document explains.
        ((4, 99, 98), (0, 0, 0), ("none", None, None)),
        ((4, 3, 0), (0, 0, 0), ("none", None, "sha1")),
        ((5, 3, 0), (0, 0, 0), (None, None, None)),
        ((4, 3, 6), (4, 3, 6), (None, None, None)),
        ((None, None, None), (0, 0, 0), (None, None, None)),
    ],
)
def test_transforms(first: Sequence[object], second: Sequence[object], expected: tuple[object, ...]) -> None:
    (row, _other) = hosts.quick_rows(QUICK, 7)
    changed = {
        **dict(zip(hosts.QUICK[5:8], first, strict=True)),
        **dict(zip(hosts.QUICK[8:11], second, strict=True)),
    }
    (found,) = read_rows({**row, **changed})
    assert (found.ah_integrity, found.esp_encryption, found.esp_integrity) == expected


def test_plain_data() -> None:
    data = read_first(answer(text([MAIN], [QUICK], {**ZERO, "bytes_sent": 5}))).to_data()
    assert data["quick_mode"] == [
        {
            "local": "10.0.0.10",
            "peer": "10.0.1.20",
            "protocol": "tcp",
            "local_port": 0,
            "peer_port": 80,
            "ah_integrity": "none",
            "esp_encryption": "3des",
            "esp_integrity": "sha1",
            "pfs": False,
            "identities": ["1"],
        }
    ]
    assert data["main_mode"] == [
        {
            "local": "10.0.0.10",
            "peer": "10.0.1.20",
            "encryption": "3des",
            "integrity": "sha1",
            "dh_group": 2,
            "key_module": "ikev1",
            "identities": [],
        }
    ]
    assert (data["counters"]["bytes_sent"], data["counters"]["bytes_received"]) == (5, None)


@pytest.mark.parametrize(
    ("numbering", "identities"),
    [("shared", [("1",), ("2",)]), ("own", [("2", "4"), ("3", "5")]), ("none", [(), ()])],
)
def test_what_tells_an_association_from_the_next(numbering: str, identities: list[tuple[str, ...]]) -> None:
    """Directions with numbers of their own are put together so that none seems new unless all of its numbers are."""
    rows = [row for number in (1, 2) for row in hosts.quick_rows(QUICK, number, numbering)]
    main = [{**hosts.main_row(MAIN), "InitiatorCookie": 7, "ResponderCookie": other} for other in (8, 0)]
    found = read_first(Section(hosts.cim(TIME, main, rows, {}), 0))
    assert [one.identities for one in found.quick_mode] == identities
    assert sorted(one.identities for one in found.main_mode) == [(), ("7-8",)]
