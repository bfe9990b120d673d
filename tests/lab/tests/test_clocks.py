# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clocks that differ, and what Kerberos makes of it."""

from __future__ import annotations

import time

import pytest

from winlab.clock import Clock
from winlab.ipsec.fate import Fate
from winlab.lab import HostSpec, Lab
from winlab.shell import run
from winlab.spec import LabSpec
from winlab.testing.pair import FE, KEY, REQUEST, REQUIRE, START, WEB, pair
from winlab.testing.policies import machine

KERBEROS = "kerberos=yes"


@pytest.mark.parametrize("skew", [300.0, -300.0, 0.0])
def test_kerberos_tolerates_five_minutes(skew: float) -> None:
    _fe, be, wire = pair(keys=(KERBEROS, KERBEROS))
    be.clock.set(START + skew)
    assert wire.send(WEB).fate is Fate.ESP


@pytest.mark.parametrize("skew", [301.0, -301.0])
@pytest.mark.parametrize("front", [REQUIRE, REQUEST])
def test_kerberos_fails_beyond_that_and_nothing_goes_in_clear(skew: float, front: str) -> None:
    fe, be, wire = pair(front, keys=(KERBEROS, KERBEROS))
    be.clock.set(START + skew)
    sent = wire.send(WEB)
    assert (sent.fate, sent.delivered) == (Fate.AUTH_MISMATCH, False)
    assert sent.sentence == "Kerberos fails: the clocks differ by 301 s"
    assert not fe.associations.main_mode
    assert (fe.counters.main_mode_failures, be.counters.main_mode_failures) == (1, 1)


def test_the_first_method_in_common_decides_and_others_need_no_clock() -> None:
    both = f"{KERBEROS} psk=Secret-1"
    _fe, be, wire = pair(keys=(both, both))
    be.clock.set(START + 1000)
    assert wire.send(WEB).fate is Fate.AUTH_MISMATCH
    _fe, be, wire = pair(keys=(KEY, KEY))
    be.clock.set(START + 1000)
    assert wire.send(WEB).fate is Fate.ESP


def test_a_wrong_key_at_one_end_fails_main_mode() -> None:
    _fe, _be, wire = pair(keys=(KEY, "kerberos=no psk=Secret-2"))
    sent = wire.send(WEB)
    assert (sent.fate, sent.sentence) == (Fate.AUTH_MISMATCH, "no authentication in common")


def test_a_standing_association_outlives_a_change_of_the_clock_until_its_end() -> None:
    _fe, be, wire = pair(keys=(KERBEROS, KERBEROS))
    wire.send(WEB)
    be.clock.advance(600)
    assert wire.send(WEB).fate is Fate.ESP
    be.clock.advance(300)
    assert wire.send(WEB).fate is Fate.AUTH_MISMATCH


def test_the_specification_sets_the_clock_and_the_host_shows_it() -> None:
    spec = LabSpec.from_plain({"hosts": [{"name": "a", "clock_skew_seconds": 86400 * 400}, {"name": "b"}]})
    with Lab(spec.hosts) as lab:
        ahead, right = lab.hosts["a"].host, lab.hosts["b"].host
        assert ahead.clock.now() - right.clock.now() == pytest.approx(86400 * 400, abs=60)
        assert right.clock.now() == pytest.approx(time.time(), abs=60)
        shown = run(ahead, "wmic path Win32_UTCTime get Year /value", None).stdout.decode()
        years = {time.gmtime(moment).tm_year for moment in (ahead.clock.now(), ahead.clock.now() - 60)}
        assert shown.split() in [[f"Year={year}"] for year in years]


def test_the_clocks_of_a_lab_agree_at_any_pace() -> None:
    with Lab([HostSpec(name="a"), HostSpec(name="b")], minute_seconds=0.0001) as lab:
        clocks = [each.host.clock for each in lab.hosts.values()]
        before, between, after = clocks[0].now(), clocks[1].now(), clocks[0].now()
        assert before <= between <= after


def test_setting_a_clock_ends_its_skew() -> None:
    clock = Clock(started=0.0, skew=500.0)
    clock.set(START)
    assert clock.now() == START
    assert machine("fe", FE).clock.now() == pytest.approx(time.time(), abs=60)


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("clock_skew_seconds", "much", "host a: clock_skew_seconds is a number"),
        ("clock_skew_seconds", True, "host a: clock_skew_seconds is a number"),
        ("auditing", "on", "host a: auditing is true or false"),
    ],
)
def test_specifications_that_do_not_fit(field: str, value: object, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        LabSpec.from_plain({"hosts": [{"name": "a", field: value}]})
