# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The associations of a host, as the module sa_info told them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .._common.errors import IpsecError, hidden
from .._common.fields import Fields
from .answers import text

_LISTS = ("quick_mode", "main_mode")
_TCP = ("tcp", "6", "any", "0", "None")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuickMode:
    """A quick-mode association; None for what the host does not tell."""

    local: str
    peer: str
    protocol: str
    local_port: int
    peer_port: int
    ah_integrity: str | None
    esp_encryption: str | None
    esp_integrity: str | None

    @property
    def algorithms(self) -> tuple[str, str, str] | None:
        """AH integrity, ESP encryption and ESP integrity ("none" for what is not used); None where one is not told."""
        found = (self.ah_integrity, self.esp_encryption, self.esp_integrity)
        return None if None in found else (str(found[0]), str(found[1]), str(found[2]))

    def covers(self, local: str, peer: str, *, local_port: int = 0, peer_port: int = 0) -> bool:
        """Tell whether TCP packets between the two addresses fall under it; ports as the host itself sees them.

        A port that is given must be the association's; one that is not stands for the ports of clients.
        """
        if (self.local, self.peer) != (local, peer) or self.protocol not in _TCP:
            return False
        pairs = ((self.local_port, local_port), (self.peer_port, peer_port))
        return all(its in (0, wanted) or not wanted for its, wanted in pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Associations:
    """What a host tells about its associations. Without ``known`` the lists mean nothing, and ``reason`` says why."""

    known: bool
    reason: str
    source: str
    quick_mode: tuple[QuickMode, ...]
    main_mode_peers: tuple[str, ...]
    counters: Mapping[str, int]
    skew_seconds: float | None
    data: Mapping[str, object]


def read_associations(found: Mapping[str, object], path: str) -> Associations:
    """Return the answer of sa_info. An answer that does not even say whether it is known is refused."""
    if not isinstance(found.get("known"), bool):
        raise IpsecError(f"{path}.known", found.get("known"), "the answer of sa_info", "Hand over its whole result.")
    counters = found.get("counters")
    clock = found.get("clock")
    skew = clock.get("skew_seconds") if isinstance(clock, Mapping) else None
    lists = Fields({key: found.get(key) for key in _LISTS}, path, _LISTS)
    quick, main = (lists.items(key) for key in _LISTS)
    return Associations(
        known=bool(found["known"]),
        reason=text(found.get("reason")),
        source=text(found.get("source")) or "none",
        quick_mode=tuple(_quick_mode(item, where) for where, item in quick),
        main_mode_peers=tuple(text(item.get("peer")) for _where, item in main if isinstance(item, Mapping)),
        counters={
            str(name): value
            for name, value in (counters.items() if isinstance(counters, Mapping) else ())
            if isinstance(value, int)
        },
        skew_seconds=float(skew) if isinstance(skew, (int, float)) else None,
        data=found,
    )


def _quick_mode(item: object, path: str) -> QuickMode:
    if not isinstance(item, Mapping):
        raise IpsecError(path, hidden(item), "an association as sa_info returns it", "Hand over its whole result.")

    def word(key: str) -> str | None:
        return None if item.get(key) is None else text(item[key])

    def port(key: str) -> int:
        value = item.get(key)
        return value if isinstance(value, int) else 0

    return QuickMode(
        local=text(item.get("local")),
        peer=text(item.get("peer")),
        protocol=text(item.get("protocol")),
        local_port=port("local_port"),
        peer_port=port("peer_port"),
        ah_integrity=word("ah_integrity"),
        esp_encryption=word("esp_encryption"),
        esp_integrity=word("esp_integrity"),
    )
