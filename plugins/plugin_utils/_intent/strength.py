# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How strong what two ends may agree on is: numbers part by part, by the order of words of the policy store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from .._flows.negotiation import Agreement
from .._policies.model import MainModeMethod, QuickModeMethod
from .._policies.words import DhGroup, Encryption, Integrity

Strength = tuple[int, ...]
Offer = TypeVar("Offer")

_GROUPS, _CIPHERS, _HASHES = list(DhGroup), list(Encryption), list(Integrity)


def of_main_mode(method: MainModeMethod) -> Strength:
    """Return the strength of an offer of main mode."""
    return _GROUPS.index(method.dh_group), _CIPHERS.index(method.encryption), _HASHES.index(method.integrity)


def of_quick_mode(method: QuickModeMethod | Agreement) -> Strength:
    """Return the strength of an offer of quick mode, or of what was agreed there."""
    hashes = (method.ah_integrity, method.esp_integrity)
    cipher = _CIPHERS.index(method.esp_encryption or Encryption.NONE)
    return cipher, max(_HASHES.index(one or Integrity.NONE) for one in hashes)


def of_agreement(agreed: Agreement) -> Strength:
    """Return the strength of all that was agreed."""
    return of_main_mode(agreed.main_mode) + of_quick_mode(agreed)


def weaker(one: Strength, others: Sequence[Strength]) -> bool:
    """Tell whether any part is weaker than that part of all others."""
    return any(mine < min(its) for mine, *its in zip(one, *others, strict=True))


def both(old: Sequence[Offer], new: Sequence[Offer], strength: Callable[[Offer], Strength]) -> tuple[Offer, ...]:
    """Return the old offers and then the new ones.

    Lists may share a weak offer behind other ones, which would then be the first in common of old and new together and
    new alone; in such a case the strongest comes first.
    """
    usual = tuple(dict.fromkeys((*old, *new)))
    ends = [strength(one[0]) for one in (old, new) if one]
    for found in (usual, tuple(sorted(usual, key=strength, reverse=True))):
        meetings = [(found, side) for side in (old, new, found) if side]
        firsts = [next(one for one in a if one in b) for mine, its in meetings for a, b in ((mine, its), (its, mine))]
        if not any(weaker(strength(one), ends) for one in firsts):
            return found
    return usual
