# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which version of the rule language a Windows speaks (MS-FASP 1.7, MS-GPFAS note 1)."""

from __future__ import annotations

import re
from typing import TypeAlias

from .._windows.versions import WindowsVersion

Schema: TypeAlias = tuple[int, int]

_BY_BUILD: tuple[tuple[int, Schema], ...] = (
    (26100, (2, 33)),
    (22621, (2, 32)),
    (20348, (2, 31)),
    (18362, (2, 30)),
    (17763, (2, 29)),
    (17134, (2, 28)),
    (15063, (2, 27)),
    (14393, (2, 26)),
    (10586, (2, 25)),
    (10240, (2, 24)),
    (9600, (2, 22)),
    (9200, (2, 20)),
    (7600, (2, 10)),
    (6001, (2, 1)),
    (6000, (2, 0)),
)
NEWEST = _BY_BUILD[0][1]
_TEXT = re.compile(r"([0-9]{1,5})\.([0-9]{1,5})", re.ASCII)


def schema_of(version: WindowsVersion) -> Schema | None:
    """Return the schema of a Windows; of one that is newer than all we know, the newest we know. None before Vista."""
    return next((schema for build, schema in _BY_BUILD if version.build >= build), None)


def parse_schema(text: str) -> Schema | None:
    """Return two numbers such as 2.10, which is later than 2.9; None for another text."""
    match = _TEXT.fullmatch(text)
    return (int(match[1]), int(match[2])) if match else None
