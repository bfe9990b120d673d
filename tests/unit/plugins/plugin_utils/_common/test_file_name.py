# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of hosts as names of files: one file each, in the folder that is meant."""

from __future__ import annotations

import re

import host_names
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.file_name import file_name

NAMES = [
    *host_names.texts(6000, "/tmp/canary"),
    *("", ".", "..", "../x", "/etc/passwd", "%2E", "%", "-rf", "a/b", "a\\b", "a" * 5000, "a" * 5001, "\0"),
]


def test_a_name_is_one_file_in_its_folder():
    for name in NAMES:
        found = file_name(name)
        assert re.fullmatch(r"[A-Za-z0-9_@%][A-Za-z0-9_.@%-]*", found, re.ASCII), (name, found)
        assert len(found) <= 180


def test_no_two_names_share_a_file():
    names = set(NAMES)
    assert len({file_name(name) for name in names}) == len(names)


@given(st.lists(st.text(alphabet="aA.-/%2EF\u00fc\ud800", max_size=70), unique=True))
def test_no_two_names_that_are_nearly_alike_share_a_file(names):
    assert len({file_name(name) for name in names}) == len(names)


@pytest.mark.parametrize("name", ["fe1", "fe1.example.com", "FE_1-a", "user@host", "10.0.0.10"])
def test_a_usual_name_stays_what_it_is(name):
    assert file_name(name) == name
