# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way back from a change: the one command with which the host itself restores what packets met before."""

from __future__ import annotations

import re

from ..._common.errors import StoreError
from ..model import Store, folded

# What a prediction shows in place of the GUID of a policy that is yet to be made.
_YET_UNKNOWN = "{yet-to-be-made}"
_GUID = re.compile(r"\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}", re.IGNORECASE | re.ASCII)


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

    ``staged`` says that a copy of what is in force stands in then, which the host is yet to make. What is ``asleep``
    is not brought back, copy or not.
    """
    copied = staged and not asleep
    known = None if copied else way_back(store, target, asleep=asleep)
    return known or f"netsh.exe ipsec static set policy guid={_YET_UNKNOWN} assign={'yes' if copied else 'no'}"


def _guid(identity: str) -> str:
    """Return an identity of the host's store if it is a GUID: the system account of the host will read it."""
    if not _GUID.fullmatch(identity):
        raise StoreError("policy store", identity, "a GUID as the identity of a policy", "Look at the host's registry.")
    return identity
