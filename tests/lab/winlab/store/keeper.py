# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a store needs of the host that keeps it."""

from __future__ import annotations

from typing import Protocol

from ..clock import Clock
from ..registry import Registry
from ..versions import WindowsVersion


class Keeper(Protocol):
    """It has the registry that the store lies in, writes as its version does, and dates changes by its clock."""

    registry: Registry
    version: WindowsVersion
    clock: Clock
