# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can become of a conversation."""

from __future__ import annotations

from enum import StrEnum


class Fate(StrEnum):
    """The outcome for a conversation's first packet and its answer.

    Only `clear`, `permit`, `soft_clear`, `esp`, `ah` and `ah_esp` let anybody talk.
    """

    CLEAR = "clear"
    PERMIT = "permit"
    BLOCKED_HERE = "blocked_here"
    BLOCKED_THERE = "blocked_there"
    ESP = "esp"
    AH = "ah"
    AH_ESP = "ah_esp"
    SOFT_CLEAR = "soft_clear"
    NO_ANSWER = "no_answer"
    AUTH_MISMATCH = "auth_mismatch"
    MM_PROPOSAL_MISMATCH = "mm_proposal_mismatch"
    QM_PROPOSAL_MISMATCH = "qm_proposal_mismatch"
    FILTER_NOT_MIRRORED = "filter_not_mirrored"
    ONE_SIDED_DROP = "one_sided_drop"
    TUNNEL = "tunnel"


SENTENCES = {
    Fate.MM_PROPOSAL_MISMATCH: "no main-mode method in common",
    Fate.AUTH_MISMATCH: "no authentication in common",
    Fate.QM_PROPOSAL_MISMATCH: "no quick-mode offer in common",
    Fate.FILTER_NOT_MIRRORED: "a negotiating filter lacks the opposite direction",
    Fate.TUNNEL: "a tunnel rule matches; tunnels are not modelled",
}
"""Sentences that do not depend on the case."""
