# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules without a host: from the keys of a saved registry, and to a script of netsh."""

from __future__ import annotations

from .._windows.firewall_keys import GROUP_KEY, POLICY_KEY
from .._windows.netsh.line import Line
from .._windows.registry.query import Keys
from .model import Store
from .netsh import render
from .planning import make_plan
from .request import Request
from .schema import NEWEST
from .stock import Inventory
from .store import read_store
from .wanted import what_is_wanted


def stores_of(keys: Keys) -> tuple[Store, Store]:
    """Return the store of a host and that of its group policy, as the newest Windows that is known reads them."""
    return read_store(keys, POLICY_KEY, NEWEST), read_store(keys, GROUP_KEY, NEWEST)


def script_lines(request: Request) -> tuple[Line, ...]:
    """Return the lines that make a document on a host that has no rules."""
    return tuple(render(step.operation) for step in make_plan(what_is_wanted(Inventory(), request, NEWEST)))
