# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policy store of a simulated host: blobs in the registry, the lab's own codec, and the wiring of the objects."""

from __future__ import annotations

from .errors import Code, StoreError
from .facade import PolicyStore
from .keeper import Keeper

__all__ = ["Code", "PolicyStore", "StoreError", "policy_store"]


def policy_store(host: Keeper) -> PolicyStore:
    """Return the local policy store of a host, read and written through its registry."""
    return PolicyStore(host)
