# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The security associations of a host. They are run time state: they end with the services and are stored nowhere.

Every record is seen from its own host: `local` and `local_port` are on this side. Times are Unix seconds of the host's
clock. Each one keeps the rule it was made for, because it ends when that rule changes.

[ledger: two-idle-end]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from ..store.model import MainModeMethod
from .connection import ConnectionRule, KeyModule
from .packet import Address
from .protection import Protection
from .rule import Rule

SOFT_SECONDS = 300
AnyRule = Rule | ConnectionRule


class Way(StrEnum):
    """The direction of a quick-mode association."""

    IN = "inbound"
    OUT = "outbound"


@dataclass(frozen=True, slots=True)
class Traffic:
    """What an association covers; protocol and ports 0 stand for any."""

    local: Address
    peer: Address
    protocol: int = 0
    local_port: int = 0
    peer_port: int = 0

    def covers(self, other: Traffic) -> bool:
        """Tell whether a packet, described the same way, falls under this."""
        return (
            (self.local, self.peer) == (other.local, other.peer)
            and self.protocol in (0, other.protocol)
            and self.local_port in (0, other.local_port)
            and self.peer_port in (0, other.peer_port)
        )

    def swapped(self) -> Traffic:
        """Return the same traffic as the peer sees it."""
        return Traffic(self.peer, self.local, self.protocol, self.peer_port, self.local_port)


@dataclass(frozen=True, slots=True)
class MainModeAssociation:
    """A main-mode association; `cookie` is the same at both ends.

    `authentication` is an AuthType, or the number of another method, see `negotiation.METHODS`.
    """

    cookie: int
    local: Address
    peer: Address
    initiator: bool
    method: MainModeMethod
    authentication: int
    created: float
    lifetime_seconds: int
    rule: AnyRule
    module: KeyModule = KeyModule.IKE_V1
    second: str = ""


@dataclass(slots=True)
class QuickModeAssociation:
    """One way of a quick-mode association. Its `spi` is that of the opposite way at the peer.

    `main` is the cookie of the main mode it came from, `pair` is the same number for both ways at both ends.
    """

    spi: int
    main: int
    pair: int
    way: Way
    traffic: Traffic
    protection: Protection
    pfs: bool
    created: float
    lifetime_seconds: int
    rule: AnyRule
    packets: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class SoftAssociation:
    """Traffic that goes in clear because the peer did not answer IKE."""

    traffic: Traffic
    created: float
    rule: Rule
    lifetime_seconds: int = SOFT_SECONDS


Hard = MainModeAssociation | QuickModeAssociation


@dataclass(slots=True)
class Associations:
    """Everything of one host. What removes records returns those that protected something."""

    main_mode: list[MainModeAssociation] = field(default_factory=list)
    quick_mode: list[QuickModeAssociation] = field(default_factory=list)
    soft: list[SoftAssociation] = field(default_factory=list)

    def clear(self, *, of_policies_only: bool = False) -> list[Hard]:
        """Forget all of them, as a restart of the services does, or those that the policy store asked for."""
        self.soft.clear()
        return self._keep(lambda each: of_policies_only and not isinstance(each.rule, Rule))

    def drop(self, meant: Callable[[Hard], bool]) -> list[Hard]:
        """Drop what somebody means; the quick modes of a main mode go with it."""
        cookies = {each.cookie for each in self.main_mode if meant(each)}
        return self._keep(
            lambda each: not meant(each) and not (isinstance(each, QuickModeAssociation) and each.main in cookies)
        )

    def expire(self, now: float, rules: tuple[AnyRule, ...]) -> list[Hard]:
        """Drop what is too old, and what was made for a rule that is not among `rules` any more."""

        def alive(each: Hard | SoftAssociation) -> bool:
            return now < each.created + each.lifetime_seconds and each.rule in rules

        self.soft[:] = filter(alive, self.soft)
        return self._keep(alive)

    def drop_widows(self, peer: Address, theirs: Associations) -> list[Hard]:
        """Drop what a peer with other associations than `theirs` would have to know about."""
        spis, cookies = {each.spi for each in theirs.quick_mode}, {each.cookie for each in theirs.main_mode}

        def known(each: Hard) -> bool:
            if isinstance(each, MainModeAssociation):
                return each.peer != peer or each.cookie in cookies
            return each.traffic.peer != peer or each.spi in spis

        return self._keep(known)

    def _keep(self, wanted: Callable[[Hard], bool]) -> list[Hard]:
        everything: list[Hard] = [*self.quick_mode, *self.main_mode]
        ended = [each for each in everything if not wanted(each)]
        self.main_mode[:] = filter(wanted, self.main_mode)
        self.quick_mode[:] = filter(wanted, self.quick_mode)
        return ended

    def quick(self, way: Way, traffic: Traffic) -> QuickModeAssociation | None:
        """Return the newest association of a direction that covers a packet."""
        found = (each for each in reversed(self.quick_mode) if each.way is way and each.traffic.covers(traffic))
        return next(found, None)
