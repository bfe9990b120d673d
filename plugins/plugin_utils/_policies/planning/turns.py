# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose turn it is on a host: one run at a time changes a store in several commands.

A run puts a mark on the host, an empty filter list with a name of its own, and reads the store again. If its mark is
the only one, it has the turn; if not, it takes its mark away and waits. Two runs that mark at once see each other,
whichever is first, so they never both have the turn. A mark has the ending of short-lived copies: one that is left
behind by a run that died hides from everybody and goes with the next change. Its description is the time in seconds
within which the run wants its change confirmed: meanwhile the run may live and not reach the host.

[ledger: host-turns]
"""

from __future__ import annotations

import re
from dataclasses import replace

from ..._common.packets import natural_number
from ..._windows.timer import LONGEST_TIMEOUT_SECONDS
from ..model import Store
from ..names import staging_name

_START = "winsec-ipsec-run-"
# Copies count from 1 on.
_ENDING = staging_name("", 0)
# Names come from the host and go into commands: nothing but a mark may look like one.
_MARK = re.compile(rf"{_START}[0-9a-f]{{8}}{re.escape(_ENDING)}")


def mark_of(nonce: str) -> str:
    """Return the name of the mark of one run; ``nonce`` is eight hexadecimal digits."""
    return f"{_START}{nonce}{_ENDING}"


def marks(store: Store) -> frozenset[str]:
    """Return the names of the marks of all runs."""
    return frozenset(item.name for item in store.filter_lists if _MARK.fullmatch(item.name) and not item.filters)


def without_mark(store: Store, mark: str) -> Store:
    """Return the store without one mark, as if its run had not begun."""
    return replace(store, filter_lists=tuple(item for item in store.filter_lists if item.name != mark))


def window(store: Store) -> int:
    """Return the longest time in seconds within which a run that has a mark wants its change confirmed, 0 for none."""
    found = (natural_number(item.description) for item in store.filter_lists if item.name in marks(store))
    return max((each for each in found if each is not None and each <= LONGEST_TIMEOUT_SECONDS), default=0)


def take_command(mark: str, seconds: int | None = None) -> str:
    """Return the command that puts a mark on the host; ``seconds`` is the time within which to confirm the change."""
    window = f" description={seconds}" if seconds else ""
    return f"netsh.exe ipsec static add filterlist name={mark}{window}"


def leave_command(mark: str) -> str:
    """Return the command that takes a mark away."""
    return f"netsh.exe ipsec static delete filterlist name={mark}"
