# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host is asked about its associations, by its version, and what may be concluded from the answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from .._windows.queries import Questions, Section
from .._windows.versions import WindowsVersion
from . import cim, events, values
from .clock import Clock, read_clock
from .model import DRIVER_COUNTERS, IKE_COUNTERS, Associations, Source, Unreadable, counted

# Asked together with what the host is, since most hosts understand it.
CIM = "associations"
FIRST = {CIM: cim.COMMAND}

_AUDIT = Questions(
    {
        "clock": values.CLOCK_COMMAND,
        # The counters last: what ends in between then makes the log look incomplete, not complete.
        "log": events.COMMAND,
        "driver_counters": values.DRIVER_COMMAND,
        "ike_counters": values.IKE_COMMAND,
    }
)
_CLOCK = Questions({"clock": values.CLOCK_COMMAND})

_MAIN = ("active_main_mode",)
_QUICK = ("active_quick_mode", "active_associations")

NOTHING_RECORDED = (
    "Windows Server 2003 shows its associations only in the words of its language, which are not read here: look with "
    "the snap-in IP Security Monitor."
)


def further_questions(version: WindowsVersion) -> Questions | None:
    """Return what a host must be asked beside ``FIRST``; None when its answer to that says everything.

    [ledger: sa-2003-text-only]
    """
    if version.association_classes:
        return None
    return _AUDIT if version.association_events else _CLOCK


def read_first(section: Section) -> Associations:
    """Return the associations of a host that has classes for them."""
    answer = cim.read_answer(section)
    if answer.trouble:
        reason = f"The host's management classes do not tell: {answer.trouble}."
        return Associations(reason=reason, source=Source.CIM, counters=answer.counters, clock=Clock(answer.clock))
    found = Associations(
        source=Source.CIM,
        main_mode=answer.main_mode,
        quick_mode=answer.quick_mode,
        counters=answer.counters,
        clock=Clock(answer.clock),
    )
    reason = "" if found.quick_mode else _doubt("quick-mode", found.counters, *_QUICK)
    if not found.main_mode:
        reason = reason or _doubt("main-mode", found.counters, *_MAIN)
    return replace(found, known=not reason, reason=reason)


def _doubt(mode: str, counters: Mapping[str, int | None], *names: str) -> str:
    """Return why an empty list is not believed; empty when all counters say that it is right.

    [ledger: sa-counter-classes]
    """
    told = {name: counters[name] for name in names}
    above = {name: value for name, value in told.items() if value}
    if above:
        name, value = next(iter(above.items()))
        return f"The list of {mode} associations is empty, but the counter {name} is {value}."
    if None in told.values():
        return f"The list of {mode} associations is empty, and no counter confirms that there are none."
    return ""


def read_further(version: WindowsVersion, sections: Mapping[str, Section]) -> Associations:
    """Return the associations of a host that has no classes for them, from the answers to its further questions."""
    clock = Clock(read_clock(values.read_values(sections["clock"])))
    if not version.association_events:
        return Associations(reason=NOTHING_RECORDED, clock=clock)
    told = {
        name: found[key]
        for section, names in (("driver_counters", DRIVER_COUNTERS), ("ike_counters", IKE_COUNTERS))
        for found in (values.read_values(sections[section]),)
        for name, key in names.items()
        if key in found
    }
    unknown = Associations(source=Source.EVENTS, counters=counted(told), clock=clock)
    try:
        answer = events.read_events(sections["log"])
    except Unreadable as error:
        if _none_at_all(unknown.counters):
            return replace(unknown, known=True)
        return replace(unknown, reason=f"The host's record does not tell: {error}.")
    main, main_reason = _agreed("main-mode", answer.main_mode, unknown.counters["active_main_mode"])
    quick, quick_reason = _agreed("quick-mode", answer.quick_mode, unknown.counters["active_quick_mode"])
    if not quick and not quick_reason:
        quick_reason = _doubt("quick-mode", unknown.counters, *_QUICK)
    reason = quick_reason or main_reason
    return replace(unknown, known=not reason, reason=reason, main_mode=tuple(main), quick_mode=tuple(quick))


def _none_at_all(counters: Mapping[str, int | None]) -> bool:
    return all(counters[name] == 0 for name in (*_MAIN, *_QUICK))


def _agreed(mode: str, found: Sequence[events.Found], count: int | None) -> tuple[Sequence[events.Found], str]:
    """Return what of the log is certain in the light of a counter, and why that may not be everything.

    [ledger: sa-counters-associations]
    """
    if count is None:
        # Without a counter the host may have restarted since.
        # [ledger: sa-events-every-end]
        return (), f"No counter confirms the {mode} associations of the security log."
    if count == 0 or len(found) == count:
        return (found if count else ()), ""
    if len(found) < count:
        more = "auditing was not on, or the log does not go back far enough"
        return found, f"The counter of {mode} associations says {count}, the security log has {len(found)}: {more}."
    gone = "some ended without a record, as in a restart"
    return (), f"The counter of {mode} associations says {count}, the security log has {len(found)}: {gone}."
