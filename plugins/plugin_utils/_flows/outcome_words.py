# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The classes of outcomes in the few words that a proof and its report use: one table for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from .outcome import SECURED, OutcomeKind


class Fate(StrEnum):
    """What becomes of a flow, the worst first."""

    FAILS = "fails"
    FALLS_BACK = "falls back"
    UNKNOWN = "unknown"
    UPGRADED = "upgraded"
    BLOCKED = "blocked"
    CLEAR = "clear"
    PERMITTED = "permitted"
    PROTECTED = "protected"

    @property
    def rank(self) -> int:
        """The place in the order, 0 for the worst."""
        return _RANKS[self]

    @property
    def style(self) -> str:
        """The word as the name of a style, which gives the colour."""
        return self.value.replace(" ", "-")


@dataclass(frozen=True, slots=True, kw_only=True)
class FateWords:
    """What is said of a fate. Each has a ``sign`` of its own, so that nothing depends on colour.

    ``trouble`` is the verb for one flow and the one for several, where no policy asks for that fate.
    """

    sign: str
    meaning: str
    kinds: frozenset[OutcomeKind] = frozenset()
    trouble: tuple[str, str] | None = None


FATES: Mapping[Fate, FateWords] = {
    Fate.FAILS: FateWords(
        sign="\u2715",
        meaning="The ends do not come together; the packets do not arrive.",
        kinds=frozenset(
            {
                OutcomeKind.NO_ANSWER,
                OutcomeKind.AUTH_MISMATCH,
                OutcomeKind.MM_PROPOSAL_MISMATCH,
                OutcomeKind.QM_PROPOSAL_MISMATCH,
                OutcomeKind.FILTER_NOT_MIRRORED,
                OutcomeKind.TUNNEL,
            }
        ),
        trouble=("fails", "fail"),
    ),
    Fate.FALLS_BACK: FateWords(
        sign="\u25b2",
        meaning="IPsec was asked for, nobody answered, and the packets travel in clear text.",
        kinds=frozenset({OutcomeKind.SOFT_CLEAR}),
        trouble=("falls back to clear text", "fall back to clear text"),
    ),
    Fate.UNKNOWN: FateWords(
        sign="?",
        meaning="What becomes of the packets is not known.",
        kinds=frozenset({OutcomeKind.UNKNOWN}),
        trouble=("is unknown", "are unknown"),
    ),
    Fate.UPGRADED: FateWords(
        sign="\u25d0",
        meaning="The first packets travel in clear text, what follows is protected by AH or ESP.",
        kinds=frozenset({OutcomeKind.UPGRADED}),
        trouble=("begins in clear text", "begin in clear text"),
    ),
    Fate.BLOCKED: FateWords(
        sign="\u25a0",
        meaning="A policy drops the packets, as it says.",
        kinds=frozenset({OutcomeKind.BLOCKED_HERE, OutcomeKind.BLOCKED_THERE, OutcomeKind.ONE_SIDED_DROP}),
    ),
    Fate.CLEAR: FateWords(
        sign="\u25cb",
        meaning="No rule speaks of the packets; they travel in clear text.",
        kinds=frozenset({OutcomeKind.CLEAR}),
    ),
    Fate.PERMITTED: FateWords(
        sign="\u25c7",
        meaning="A rule lets the packets pass in clear text.",
        kinds=frozenset({OutcomeKind.PERMIT}),
    ),
    Fate.PROTECTED: FateWords(sign="\u25cf", meaning="The packets are protected by AH or ESP.", kinds=SECURED),
}
_RANKS = {fate: rank for rank, fate in enumerate(Fate)}
_OF_KIND = {kind: fate for fate, words in FATES.items() for kind in words.kinds}


def fate_of(kind: OutcomeKind) -> Fate:
    """Return the fate of a flow whose packets have outcomes of a class."""
    return _OF_KIND[kind]
