# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The clock of a host beside ours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._associations.clock import (
    CLOCK_FIELDS,
    Clock,
    read_clock,
    skew_seconds,
)

BEFORE = datetime(2026, 11, 25, 4, 20, 0, 250_000, tzinfo=UTC)
AFTER = BEFORE + timedelta(seconds=2)


@pytest.mark.parametrize(
    ("second", "expected"),
    [(-10, -10), (-2, -2), (-1, -1), (0, 0), (1, 0), (2, 0), (3, 1), (63, 61)],
)
def test_skew(second: int, expected: int) -> None:
    found = BEFORE.replace(microsecond=0) + timedelta(seconds=second)
    assert skew_seconds(found, BEFORE, AFTER) == expected


@given(st.integers(-100_000, 100_000), st.floats(0, 30), st.floats(0, 1), st.floats(0, 0.999))
def test_a_skew_is_never_larger_than_it_is(skew: int, took: float, share: float, fraction: float) -> None:
    before = BEFORE + timedelta(seconds=fraction)
    moment = before + timedelta(seconds=took * share + skew)
    found = skew_seconds(moment.replace(microsecond=0), before, before + timedelta(seconds=took))
    assert abs(found) <= abs(skew)
    assert abs(found - skew) <= took + 1


def test_no_time_is_no_time() -> None:
    whole = dict(zip(CLOCK_FIELDS, (2026, 11, 25, 4, 20, 0), strict=True))
    assert read_clock(whole) == datetime(2026, 11, 25, 4, 20, tzinfo=UTC)
    assert read_clock({**whole, "Month": 13}) is None
    assert read_clock({name: value for name, value in whole.items() if name != "Second"}) is None
    assert Clock().compared(BEFORE, AFTER).to_data() == {"utc": None, "skew_seconds": None}
    data = Clock(read_clock(whole)).compared(BEFORE, AFTER).to_data()
    assert data == {"utc": "2026-11-25T04:20:00Z", "skew_seconds": 0}
