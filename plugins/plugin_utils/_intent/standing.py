# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a flow between two hosts stands at a stage, as far as their policies tell."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache

from .._flows.endpoint import Endpoint
from .._flows.negotiation import Agreement
from .._flows.outcome import PASSING_IN_CLEAR, SECURED, Network
from .._flows.pair import Pair
from .._flows.space import Space
from .._flows.traffic import parse_traffic
from .._policies.model import MainModeMethod


class Standing(StrEnum):
    """The worst that becomes of the packets of a flow, the worst first."""

    CUT_OFF = "cut_off"
    CLEAR = "clear"
    REQUESTED = "requested"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a flow stands, why, and what the two hosts would agree on."""

    standing: Standing
    why: str = ""
    agreements: tuple[Agreement, ...] = ()

    @property
    def authentication(self) -> tuple[str, ...]:
        """By which methods they would prove who they are."""
        return tuple(dict.fromkeys(one.authentication for one in self.agreements))

    @property
    def key_exchange(self) -> tuple[tuple[str, MainModeMethod], ...]:
        """What a main mode is made of: methods and how it is protected."""
        return tuple(dict.fromkeys((one.authentication, one.main_mode) for one in self.agreements))


@cache
def space_of(traffic: str) -> Space:
    """Return the packets of a flow from the ports of clients."""
    return parse_traffic(traffic, "traffic").space()


def stand(source: Endpoint, destination: Endpoint, traffic: str) -> Stand:
    """Return where the traffic stands: protected even where IKE gets no answer, only while it does, or not at all."""
    within = space_of(traffic)
    outcomes = [outcome for _space, outcome in Pair(source, destination).regions(within)]
    why = next((one.why for one in outcomes if one.kind not in SECURED | PASSING_IN_CLEAR), "")
    if why:
        return Stand(Standing.CUT_OFF, why)
    clear = next((one.why for one in outcomes if one.kind in PASSING_IN_CLEAR), "")
    if clear:
        return Stand(Standing.CLEAR, clear)
    found = (replace(one.agreement, key_assumed=False) for one in outcomes if isinstance(one.agreement, Agreement))
    agreements = tuple(dict.fromkeys(found))
    silent = Pair(source, destination, Network(ike=False)).regions(within)
    soft = next((outcome.why for _space, outcome in silent if outcome.kind in PASSING_IN_CLEAR), "")
    return Stand(Standing.REQUESTED if soft else Standing.REQUIRED, soft, agreements)
