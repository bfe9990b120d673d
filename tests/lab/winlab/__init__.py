# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulated Windows hosts for tests: registry, services, the IPsec policy store and the console programs on it.

Everything here was written from published descriptions and from bytes of real stores. Where nothing is known, the
lab makes a choice and says so in a comment that contains the words "lab's choice". What is said of Windows has its
source in docs/ledger of the repository, under the names that such comments cite in brackets.
"""

from __future__ import annotations

from .clock import Clock
from .host import Host
from .registry import Kind, Registry, Value
from .versions import VERSIONS, WindowsVersion

__all__ = ["VERSIONS", "Clock", "Host", "Kind", "Registry", "Value", "WindowsVersion"]
