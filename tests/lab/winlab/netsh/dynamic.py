# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`netsh ipsec dynamic`: its own `show` of all, mmsas, qmsas and stats, and the commands of `dynamic_entries`.

Known is one line of German statistics and its form, a label, blanks, a colon and a value; of associations no output
was ever recorded. All other words and their order are the lab's own: nothing may read them, and that is what they are
here for. What the other commands made is not shown.

[ledger: netsh-dynamic-show-texts]
"""

from __future__ import annotations

from collections.abc import Callable

from ..dataplane.wire import refresh
from ..ipsec.algorithms import main_mode_name
from ..ipsec.associations import MainModeAssociation, QuickModeAssociation, Way
from ..store import wording
from ..wmi.counters import active_quick_modes
from . import commands, dynamic_entries
from .context import Process
from .words import Word, pick

_WIDTH = 32


def run(process: Process, words: list[Word]) -> int | None:
    """Run a command of this context; None if it is not known."""
    if commands.knows(words, dynamic_entries.COMMANDS):
        return commands.run(process, words, dynamic_entries.COMMANDS)
    if len(words) != 2 or pick(words[0].text, ("show",)) is None:
        return None
    what = pick(words[1].text, _PARTS)
    if what is None:
        return None
    refresh(process.host)
    for part in _PARTS[what]:
        part(process)
    return 0


def _say(process: Process, label: str, value: object) -> None:
    process.say(f"{process.texts.dynamic[label].ljust(_WIDTH)}: {value}")


def _heading(process: Process, label: str) -> None:
    process.say("")
    process.say(process.texts.dynamic[label])
    process.say("-" * 60)


def _main_modes(process: Process) -> None:
    _heading(process, "main_modes")
    for one in process.host.associations.main_mode:
        _main_mode(process, one)
    _say(process, "count", len(process.host.associations.main_mode))


def _main_mode(process: Process, one: MainModeAssociation) -> None:
    _say(process, "source", one.local)
    _say(process, "destination", one.peer)
    method = one.method
    _say(process, "offer", main_mode_name(method.cipher, method.hash, method.group))
    process.say("")


def _quick_modes(process: Process) -> None:
    _heading(process, "quick_modes")
    outbound = [each for each in process.host.associations.quick_mode if each.way is Way.OUT]
    for one in outbound:
        _quick_mode(process, one)
    _say(process, "count", len(outbound))


def _quick_mode(process: Process, one: QuickModeAssociation) -> None:
    _say(process, "source", one.traffic.local)
    _say(process, "destination", one.traffic.peer)
    _say(process, "protocol", wording.protocol(one.traffic.protocol))
    _say(process, "source_port", one.traffic.local_port)
    _say(process, "destination_port", one.traffic.peer_port)
    _say(process, "offer", one.protection)
    process.say("")


def _statistics(process: Process) -> None:
    seen = process.host.counters
    _heading(process, "statistics")
    for label, value in (
        ("active", active_quick_modes(process.host)),
        ("pending", 0),
        ("incorrect_spi", 0),
        ("bytes_sent", seen.bytes_sent),
        ("bytes_received", seen.bytes_received),
        ("plaintext", seen.plaintext_packets_received),
        ("failures", seen.main_mode_failures),
    ):
        _say(process, label, value)


_PARTS: dict[str, tuple[Callable[[Process], None], ...]] = {
    "all": (_main_modes, _quick_modes, _statistics),
    "mmsas": (_main_modes,),
    "qmsas": (_quick_modes,),
    "stats": (_statistics,),
}
