# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What protects the packets of a quick mode."""

from __future__ import annotations

from dataclasses import dataclass

from .algorithms import GMAC_OF, esp_cipher_name, hash_name
from .fate import Fate
from .packet import Network


@dataclass(frozen=True, slots=True)
class Protection:
    """The algorithms of a quick mode, by the numbers of the store and of `algorithms`; None: protocol not used."""

    ah_integrity: int | None = None
    esp_cipher: int | None = None
    esp_integrity: int | None = None

    @property
    def fate(self) -> Fate:
        """The fate of what this protects."""
        if self.ah_integrity is not None and self.esp_cipher is not None:
            return Fate.AH_ESP
        return Fate.AH if self.ah_integrity is not None else Fate.ESP

    def passes(self, network: Network) -> bool:
        """Tell whether the network lets packets of this kind through."""
        return (self.ah_integrity is None or network.ah) and (self.esp_cipher is None or network.esp)

    def dropper(self, network: Network) -> str:
        """Return who drops packets of this kind, in a network that does not let them through."""
        ah_passes = self.ah_integrity is None or network.ah
        return network.esp_dropped_by if ah_passes else network.ah_dropped_by

    def __str__(self) -> str:
        words = []
        if self.ah_integrity is not None:
            words.append(f"AH[{hash_name(self.ah_integrity)}]")
        if self.esp_cipher is not None and self.esp_integrity is not None:
            # A combined cipher has no hash of its own.
            digest = "" if self.esp_cipher in GMAC_OF else f",{hash_name(self.esp_integrity)}"
            words.append(f"ESP[{esp_cipher_name(self.esp_cipher)}{digest}]")
        return "+".join(words)
