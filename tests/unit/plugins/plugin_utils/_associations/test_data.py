# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Associations as data: what was written is read again, and what nobody could have written is refused with its path."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._associations.clock import Clock
from ansible_collections.winsec.ipsec.plugins.plugin_utils._associations.data import read_associations
from ansible_collections.winsec.ipsec.plugins.plugin_utils._associations.model import Associations, Source, counted
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._associations import hosts

clocks = st.builds(
    Clock,
    utc=st.none() | hosts.times.map(lambda time: time.replace(tzinfo=UTC)) | st.just(datetime(1, 1, 1, tzinfo=UTC)),
    skew_seconds=st.none() | st.integers(-(10**9), 10**9),
)
answers = st.builds(
    Associations,
    known=st.booleans(),
    reason=st.text(),
    source=st.sampled_from(Source),
    main_mode=st.lists(hosts.main_modes, max_size=3).map(tuple),
    quick_mode=st.lists(hosts.quick_modes(), max_size=3).map(tuple),
    counters=hosts.counters.map(counted),
    clock=clocks,
)


@given(answers)
def test_what_was_written_is_read(found: Associations) -> None:
    assert read_associations(json.loads(json.dumps(found.to_data())), "sa") == found


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"colour": "red"}, "sa.colour"),
        ({"quick_mode": [{"local": "10.0.0.1", "peer": "10.0.0.2"}, {"local": "10.0.0.1"}]}, "sa.quick_mode[1].peer"),
        ({"main_mode": [{"local": "10.0.0.1", "peer": " "}]}, "sa.main_mode[0].peer"),
        ({"main_mode": "none"}, "sa.main_mode"),
        ({"counters": {"bytes_sent": -1}}, "sa.counters.bytes_sent"),
        ({"clock": {"utc": "2026-02-30T00:00:00Z"}}, "sa.clock.utc"),
        ({"clock": {"skew_seconds": "late"}}, "sa.clock.skew_seconds"),
    ],
    ids=lambda item: item if isinstance(item, str) else "",
)
def test_anything_else_is_refused_with_its_path(data: dict[str, Any], path: str) -> None:
    with pytest.raises(IpsecError) as refusal:
        read_associations(data, "sa")
    assert refusal.value.path == path
