# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why some changes cannot be made by overlap, and what people can do instead (names-and-overlap B5, B6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .model import Swap

_SWAP = (
    "Or put {kind} into ipsec_allow_swap: both hosts then change at once, and the traffic stands still for some "
    "seconds."
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """The reason, and what to do."""

    reason: str
    recipe: str


RECIPES: Mapping[Swap, Recipe] = {
    Swap.KEY: Recipe(
        "Two hosts cannot have two pre-shared keys for each other, so one key cannot overlap with the next.",
        "Go over Kerberos or a certificate: run once with that, then with the new key. " + _SWAP.format(kind="key"),
    ),
    Swap.PFS: Recipe(
        "Perfect forward secrecy is on or off at both ends of a pair; there is nothing in between.",
        "Leave perfect_forward_secrecy as it is. " + _SWAP.format(kind="perfect_forward_secrecy"),
    ),
    Swap.ADDED_PORT: Recipe(
        "A pair that has IPsec already cannot get it for further traffic by overlap: who asks is answered, so nothing "
        "falls back to clear, and is refused until the other end knows the traffic too.",
        "If nothing uses that traffic yet, nothing stands still. " + _SWAP.format(kind="added_port"),
    ),
    Swap.REMOVED_PORT: Recipe(
        "A pair that keeps IPsec for some traffic cannot lose it for other traffic by overlap: whoever still asks is "
        "answered and refused.",
        "If nothing uses that traffic any more, nothing stands still. " + _SWAP.format(kind="removed_port"),
    ),
    Swap.OTHER: Recipe(
        "No overlap was found for this change.",
        "Make it in two runs, with a state in between that both ends can agree on. " + _SWAP.format(kind="other"),
    ),
}
