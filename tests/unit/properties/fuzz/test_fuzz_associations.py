# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What hosts tell about associations, counters and the clock: read, or not believed, and never more than that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from built_ins import plain
from hypothesis import given
from hypothesis import strategies as st
from wounds import bounded, texts

from ansible_collections.winsec.ipsec.plugins.plugin_utils._associations.model import (
    Associations,
    MainModeAssociation,
    QuickModeAssociation,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._associations.read import read_first, read_further
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.queries import Section
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.versions import parse_version
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._associations import hosts

pytestmark = pytest.mark.slow

TIME = datetime(2026, 11, 25, 4, 20)
NOW = TIME.replace(tzinfo=UTC)
MAIN = MainModeAssociation(local="10.0.0.10", peer="10.0.1.20", encryption="3des", integrity="sha1", dh_group=2)
QUICK = QuickModeAssociation(local="10.0.0.10", peer="10.0.1.20", protocol="tcp", peer_port=80, esp_encryption="3des")
COUNTERS = {"active_main_mode": 1, "active_quick_mode": 1, "active_associations": 1, "bytes_sent": 12044}
CIM = [hosts.cim(TIME, [hosts.main_row(MAIN)], hosts.quick_rows(QUICK, 1), COUNTERS), hosts.cim(TIME, [], [], {})]
LOG = [
    hosts.newest_first(
        [
            hosts.main_begins(MAIN, 1, "2026-11-25T04:19:00.000000000Z"),
            hosts.quick_begins(QUICK, 2, "2026-11-25T04:19:01.000000000Z"),
            hosts.quick_ends(QUICK, 2, "2026-11-25T04:19:02.000000000Z"),
        ]
    )
]
WMIC = [
    hosts.wmic(hosts.clock_row(TIME)),
    hosts.wmic(hosts.counter_row(hosts.DRIVER, COUNTERS)),
    hosts.wmic(hosts.counter_row(hosts.IKE, COUNTERS)),
]
WORDS = [
    *("9", "²", "-", "\0", "\r", "\n", '"', '""', ",", "=", "@mm", "@end", "True", "10.0.0.1", "::1", "%1", "0x"),
    *(
        "<",
        "</Event>",
        "<Data Name='MMSAID'>1</Data>",
        "&",
        "<!DOCTYPE x>",
        "<?xml version='1.0' encoding='x'?>",
        "4650",
    ),
]
CODES = st.sampled_from([0, 0, 0, 1])


def sound(found: Associations) -> bool:
    """What was read can be told, and what is not known has a reason."""
    assert found.known or found.reason
    return plain(found.to_data()) and plain(found.clock.compared(NOW - timedelta(seconds=2), NOW).to_data())


@given(text=texts(CIM, WORDS), code=CODES)
def test_management_classes(text: str, code: int) -> None:
    with bounded():
        assert sound(read_first(Section(text, code)))


@given(log=texts(LOG, WORDS), wmic=st.lists(texts(WMIC, WORDS), min_size=3, max_size=3), code=CODES)
def test_the_security_log_and_counters(log: str, wmic: list[str], code: int) -> None:
    clock, driver, ike = (Section(text, 0) for text in wmic)
    sections = {"clock": clock, "log": Section(log, code), "driver_counters": driver, "ike_counters": ike}
    with bounded():
        assert sound(read_further(parse_version("2008 R2", "version"), sections))
        assert sound(read_further(parse_version("2003", "version"), sections))
