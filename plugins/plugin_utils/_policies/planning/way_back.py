# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way back from a change: the one command with which the host itself restores what packets met before."""

from __future__ import annotations

from ..model import POLICY, Store
from ..names import checked_guid

# What a prediction shows in place of the GUID of a policy that is yet to be made.
_YET_UNKNOWN = "{yet-to-be-made}"


def way_back(store: Store, target: str | None, *, asleep: bool = False) -> str | None:
    """Return the command that restores what packets met before ``target`` is put in force.

    That is the policy in force of ``store``, or none: where there was none, and where what is assigned was ``asleep``
    because the services did not run. Policies are named by GUID; None when the host has not yet made the one that is
    needed.
    """
    if store.assigned and not asleep:
        before = store.identity(POLICY, store.assigned)
        return f"netsh.exe ipsec static set policy guid={checked_guid(before)} assign=yes" if before else None
    after = store.identity(POLICY, target or "")
    return f"netsh.exe ipsec static set policy guid={checked_guid(after)} assign=no" if after else None


def predicted_way_back(store: Store, target: str | None, *, staged: bool, asleep: bool) -> str:
    """Return the command of :func:`way_back` as far as it is known before anything is made.

    ``staged`` says that a copy of what is in force stands in then, which the host is yet to make. What is ``asleep``
    is not brought back, copy or not.
    """
    copied = staged and not asleep
    known = None if copied else way_back(store, target, asleep=asleep)
    return known or f"netsh.exe ipsec static set policy guid={_YET_UNKNOWN} assign={'yes' if copied else 'no'}"
