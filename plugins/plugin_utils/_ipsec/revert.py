# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The host's own way back: a scheduled task that restores the previous assignment unless it is taken away in time.

The task needs neither the controller nor the network. It names policies by GUID, so that nothing in its command
depends on what a name may contain, and repeats until it is deleted, which does no harm: it only assigns again.
Only /sc MINUTE is used, because dates follow the host's language (Microsoft's schtasks documentation).
"""

from __future__ import annotations

import re

from .errors import IpsecError, StoreError
from .host import TIMER
from .lines import cmd_line
from .model import Store, folded
from .values import natural_number

SECONDS_PER_MINUTE = 60
LONGEST_TIMEOUT_SECONDS = 24 * 60 * SECONDS_PER_MINUTE
SHORTEST_TIMEOUT_SECONDS = SECONDS_PER_MINUTE
# What a prediction shows in place of the GUID of a policy that is yet to be made.
_YET_UNKNOWN = "{yet-to-be-made}"

_GUID = re.compile(r"\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}", re.IGNORECASE | re.ASCII)


def check_timeout(value: object, path: str = "confirm_timeout") -> int | None:
    """Return the seconds within which a change must be confirmed; None for no confirmation."""
    if value is None:
        return None
    seconds = natural_number(str(value).strip())
    if isinstance(value, bool) or seconds is None or not SHORTEST_TIMEOUT_SECONDS <= seconds <= LONGEST_TIMEOUT_SECONDS:
        expected = f"a whole number of seconds from {SHORTEST_TIMEOUT_SECONDS} to {LONGEST_TIMEOUT_SECONDS}"
        remedy = "The host's scheduler counts in minutes: 120 to 300 seconds suit most networks."
        raise IpsecError(path, value, expected, remedy)
    return seconds


def minutes(seconds: int) -> int:
    """Return the whole minutes after which the host goes back: the scheduler knows no smaller unit."""
    return -(-seconds // SECONDS_PER_MINUTE)


def way_back(store: Store, target: str | None, *, asleep: bool = False) -> str | None:
    """Return the command that restores what packets met before ``target`` is put in force.

    That is the policy in force of ``store``, or none: where there was none, and where what is assigned was ``asleep``
    because the services did not run. Policies are named by GUID; None when the host has not yet made the one that is
    needed.
    """
    foreign = store.foreign_in_force
    if (store.assigned or foreign) and not asleep:
        before = foreign.identity if foreign else store.identities.get(folded(store.assigned or ""))
        return f"netsh.exe ipsec static set policy guid={_guid(before)} assign=yes" if before is not None else None
    after = store.identities.get(folded(target or ""))
    return f"netsh.exe ipsec static set policy guid={_guid(after)} assign=no" if after is not None else None


def predicted_way_back(store: Store, target: str | None, *, staged: bool, asleep: bool) -> str:
    """Return the command of :func:`way_back` as far as it is known before anything is made.

    ``staged`` says that a copy of what is in force stands in then, which the host is yet to make.
    """
    known = None if staged else way_back(store, target, asleep=asleep)
    return known or f"netsh.exe ipsec static set policy guid={_YET_UNKNOWN} assign={'yes' if staged else 'no'}"


def _guid(identity: str) -> str:
    """Return an identity of the host's store if it is a GUID: the system account of the host will read it."""
    if not _GUID.fullmatch(identity):
        raise StoreError("policy store", identity, "a GUID as the identity of a policy", "Look at the host's registry.")
    return identity


def arm_command(command: str, seconds: int) -> str:
    """Return the command that sets the timer: after the seconds, in whole minutes, the host runs ``command``."""
    return cmd_line(
        f'schtasks.exe /create /f /tn {TIMER} /ru SYSTEM /sc MINUTE /mo {minutes(seconds)} /tr "{cmd_line(command)}"'
    )


DISARM_COMMAND = f"schtasks.exe /delete /tn {TIMER} /f"
