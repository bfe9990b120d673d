# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One finding about the flows of a host or of a pair."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .space import Packet


class FindingKind(StrEnum):
    """What a finding is about."""

    EQUAL_RANK_OVERLAP = "equal_rank_overlap"
    SHADOWED_FILTER = "shadowed_filter"
    NOT_MIRRORED = "not_mirrored"
    NO_ANSWER = "no_answer"
    NOT_KNOWN = "not_known"
    NOT_ENCRYPTED = "not_encrypted"


@dataclass(frozen=True, slots=True)
class LintFinding:
    """One finding: what, where, a packet that shows it (None where none can), and one sentence."""

    kind: FindingKind
    host: str
    rule: str
    packet: Packet | None
    sentence: str

    def to_data(self) -> dict[str, object]:
        """Return plain data."""
        return {
            "kind": self.kind.value,
            "host": self.host,
            "rule": self.rule,
            "packet": str(self.packet or ""),
            "sentence": self.sentence,
        }
